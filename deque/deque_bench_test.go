package deque

import (
	"fmt"
	"sync"
	"testing"
)

// ends is what a benchmark needs of a deque, so that each runs over the oracle too: the price of a lock beside ours.
type ends interface {
	Push(*item)
	Pop() *item
	steal() (*item, Outcome)
}

type chaseLev struct{ *Deque[item] }

func (d chaseLev) steal() (*item, Outcome) { return d.Stealer().Steal() }

func overBoth(b *testing.B, bench func(b *testing.B, d ends)) {
	b.Run("ChaseLev", func(b *testing.B) { bench(b, chaseLev{New[item](0)}) })
	b.Run("Oracle", func(b *testing.B) { bench(b, &oracle[item]{}) })
}

// BenchmarkPushPop is the owner alone, one element deep: the slow path of Pop, which must win against no one.
func BenchmarkPushPop(b *testing.B) {
	d, x := New[item](0), &item{}
	b.ReportAllocs()
	for b.Loop() {
		d.Push(x)
		d.Pop()
	}
}

// BenchmarkPushPopDepth is the owner alone at the depth of ordinary recursion: what an unstolen future pays.
func BenchmarkPushPopDepth(b *testing.B) {
	for _, depth := range []int{8, 32, 1024} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			d, x := New[item](0), &item{}
			b.ReportAllocs()
			for b.Loop() {
				for range depth {
					d.Push(x)
				}
				for range depth {
					d.Pop()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(depth), "ns/pair")
		})
	}
}

// BenchmarkPopEmpty is a worker that looks again and again into its drained deque.
func BenchmarkPopEmpty(b *testing.B) {
	d := New[item](0)
	for b.Loop() {
		d.Pop()
	}
}

// BenchmarkPushSteal is push and steal on one goroutine: their own price, without the traffic between cores.
func BenchmarkPushSteal(b *testing.B) {
	overBoth(b, func(b *testing.B, d ends) {
		x := &item{}
		b.ReportAllocs()
		for b.Loop() {
			d.Push(x)
			d.steal()
		}
	})
}

// BenchmarkContended is the owner's push and pop, eight deep, while a thief never stops stealing.
func BenchmarkContended(b *testing.B) {
	overBoth(b, func(b *testing.B, d ends) {
		stop := make(chan struct{})
		var thief sync.WaitGroup
		stolen := 0
		thief.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for range 64 {
					if _, outcome := d.steal(); outcome == Stolen {
						stolen++
					}
				}
			}
		})
		x := &item{}
		for b.Loop() {
			for range 8 {
				d.Push(x)
			}
			for range 8 {
				d.Pop()
			}
		}
		close(stop)
		thief.Wait()
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8, "ns/pair")
		b.ReportMetric(float64(stolen)/float64(b.N)/8, "stolen/push")
	})
}

// BenchmarkInjector is one goroutine's push and take.
func BenchmarkInjector(b *testing.B) {
	var q Injector[item]
	x := &item{}
	b.ReportAllocs()
	for b.Loop() {
		q.Push(x)
		q.Take()
	}
}

// BenchmarkInjectorEmpty is what every hungry worker does first.
func BenchmarkInjectorEmpty(b *testing.B) {
	var q Injector[item]
	for b.Loop() {
		q.Take()
	}
}
