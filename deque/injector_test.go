package deque

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestInjectorSmoke(t *testing.T) {
	var q Injector[item]
	xs := newItems(5)
	wantTake := func(want *item, left int) {
		t.Helper()
		if got := q.Take(); got != want || q.Len() != left {
			t.Fatalf("Take = %v, leaves %d, want %v, %d", got, q.Len(), want, left)
		}
	}
	wantTake(nil, 0)
	q.Push(xs[0])
	q.PushAll(xs[1:4])
	q.PushAll(nil)
	q.Push(xs[4])
	for i, x := range xs {
		wantTake(x, 4-i)
	}
	wantTake(nil, 0)
}

func TestInjectorPanics(t *testing.T) {
	var q Injector[item]
	for name, f := range map[string]func(){
		"Push of nil":    func() { q.Push(nil) },
		"PushAll of nil": func() { q.PushAll([]*item{{}, nil}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil || q.Len() != 0 {
					t.Fatalf("no panic, or %d elements pushed", q.Len())
				}
			}()
			f()
		})
	}
}

// TestInjectorWraps plays random operations against the oracle, so that the ring wraps, grows and shrinks in every phase.
func TestInjectorWraps(t *testing.T) {
	rnd := newRand(t)
	var q Injector[item]
	var want oracle[item]
	xs, pushed := newItems(steps(300_000)), 0
	for pushed < len(xs) || want.Len() > 0 {
		// Long rises and falls: the ring must see both ends.
		rising := (pushed/5000)%2 == 0
		switch k := rnd.IntN(10); {
		case pushed < len(xs) && (k < 4 || rising && k < 7):
			batch := xs[pushed:min(len(xs), pushed+rnd.IntN(4))]
			pushed += len(batch)
			q.PushAll(batch)
			for _, x := range batch {
				want.Push(x)
			}
		default:
			for range 1 + rnd.IntN(4) {
				w, _ := want.steal()
				if got := q.Take(); got != w {
					t.Fatalf("Take = %v, want %v", got, w)
				}
			}
		}
		if q.Len() != want.Len() {
			t.Fatalf("Len = %d, want %d", q.Len(), want.Len())
		}
	}
}

func TestInjectorShrinks(t *testing.T) {
	const burst = 1 << 16
	var q Injector[item]
	x := &item{}
	for range burst {
		q.Push(x)
	}
	if got := len(q.slots); got != burst {
		t.Fatalf("%d slots for %d elements", got, burst)
	}
	for q.Take() != nil {
	}
	if got := len(q.slots); got != defaultCapacity {
		t.Errorf("%d slots after the burst, want %d", got, defaultCapacity)
	}
	if n := testing.AllocsPerRun(100, func() { q.Push(x); q.Take() }); n != 0 {
		t.Errorf("%v allocations for a push and a take, want none", n)
	}
}

// TestInjectorSPSC: one in, one out, in order.
func TestInjectorSPSC(t *testing.T) {
	var q Injector[item]
	xs := newItems(steps(300_000))
	var taker sync.WaitGroup
	taker.Go(func() {
		for next := 0; next < len(xs); {
			x := q.Take()
			if x == nil {
				runtime.Gosched()
				continue
			}
			if x != xs[next] {
				t.Errorf("took item %d, want %d", x.n, next)
				return
			}
			next++
		}
	})
	for _, x := range xs {
		q.Push(x)
	}
	taker.Wait()
}

// takeAll takes until all items are out; each taker must see them in rising order.
func takeAll(t *testing.T, q *Injector[item], left *atomic.Int64) {
	for last := -1; left.Load() > 0; {
		x := q.Take()
		if x == nil {
			runtime.Gosched()
			continue
		}
		if x.n <= last {
			t.Errorf("took item %d after %d", x.n, last)
		}
		last = x.n
		x.taken.Add(1)
		left.Add(-1)
	}
}

// TestInjectorStampede: a full queue, then everyone takes at once.
func TestInjectorStampede(t *testing.T) {
	var q Injector[item]
	var left atomic.Int64
	var takers sync.WaitGroup
	xs := newItems(steps(300_000))
	q.PushAll(xs)
	left.Store(int64(len(xs)))
	for range thieves {
		takers.Go(func() { takeAll(t, &q, &left) })
	}
	takers.Wait()
	wantEachOnce(t, xs)
	if q.Len() != 0 {
		t.Errorf("%d elements left", q.Len())
	}
}

// TestInjectorStress: many push, singly and in batches, and many take. Everything comes out once, each batch unbroken.
func TestInjectorStress(t *testing.T) {
	const pushers = 4
	var q Injector[item]
	var left atomic.Int64
	var all sync.WaitGroup
	xs := newItems(steps(300_000) / pushers * pushers)
	left.Store(int64(len(xs)))
	seed := newRand(t).Uint64()
	for i := range pushers {
		mine := xs[i*len(xs)/pushers : (i+1)*len(xs)/pushers]
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(i)))
			for len(mine) > 0 {
				n := min(len(mine), 1+rnd.IntN(20))
				if n == 1 {
					q.Push(mine[0])
				} else {
					q.PushAll(mine[:n])
				}
				mine = mine[n:]
			}
		})
	}
	for range thieves {
		all.Go(func() {
			var last [pushers]int
			for left.Load() > 0 {
				x := q.Take()
				if x == nil {
					runtime.Gosched()
					continue
				}
				from := x.n * pushers / len(xs)
				if x.n < last[from] {
					t.Errorf("took item %d of pusher %d after %d", x.n, from, last[from])
				}
				last[from] = x.n
				x.taken.Add(1)
				left.Add(-1)
			}
		})
	}
	all.Wait()
	wantEachOnce(t, xs)
}

// TestInjectorNoStarvation: while one pushes, each taker gets something.
func TestInjectorNoStarvation(t *testing.T) {
	var q Injector[item]
	var stop atomic.Bool
	var got [thieves]atomic.Int64
	var takers sync.WaitGroup
	for i := range got {
		takers.Go(func() {
			for !stop.Load() {
				if q.Take() != nil {
					got[i].Add(1)
				}
				runtime.Gosched()
			}
		})
	}
	for served := 0; served < thieves; { // a starved one hangs the test: -timeout tells
		q.PushAll(newItems(8))
		runtime.Gosched()
		served = 0
		for i := range got {
			if got[i].Load() > 0 {
				served++
			}
		}
	}
	stop.Store(true)
	takers.Wait()
}
