package deque_test

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/scoopp2p/scoopp2p/deque"
)

// task counts the even numbers of [lo, hi) by halving the range.
type task struct{ lo, hi int }

// worker is one goroutine of a small scheduler.
type worker struct {
	deque    *deque.Deque[task]
	siblings []deque.Stealer[task] // of all the others, from our own right neighbour on
}

// find returns the next task to run, or nil if every queue was seen empty. The order is that of price.
func (w *worker) find(injector *deque.Injector[task]) *task {
	if t := w.deque.Pop(); t != nil {
		return t
	}
	if t := injector.Take(); t != nil {
		return t
	}
	for retry := true; retry; {
		retry = false
		for _, s := range w.siblings {
			switch t, outcome := s.Steal(); outcome {
			case deque.Stolen:
				return t
			case deque.Lost:
				retry = true
			}
		}
	}
	return nil
}

// Example is the scheduler of the package comment in full: four workers count the even numbers below one thousand.
func Example() {
	var (
		injector deque.Injector[task]
		evens    atomic.Int64
		pending  atomic.Int64 // tasks that are queued or running
		workers  [4]*worker
		running  sync.WaitGroup
	)
	for i := range workers {
		workers[i] = &worker{deque: deque.New[task](0)}
	}
	for i, w := range workers {
		for k := 1; k < len(workers); k++ {
			w.siblings = append(w.siblings, workers[(i+k)%len(workers)].deque.Stealer())
		}
	}

	pending.Store(1)
	injector.Push(&task{0, 1000})
	for _, w := range workers {
		running.Go(func() {
			for pending.Load() > 0 {
				t := w.find(&injector)
				if t == nil {
					continue // a real scheduler parks here
				}
				for t.hi-t.lo > 1 { // keep the lower half, offer the upper
					mid := (t.lo + t.hi) / 2
					pending.Add(1)
					w.deque.Push(&task{mid, t.hi})
					t.hi = mid
				}
				if t.lo%2 == 0 {
					evens.Add(1)
				}
				pending.Add(-1)
			}
		})
	}
	running.Wait()
	fmt.Println(evens.Load())
	// Output: 500
}

// The owner takes the newest, a thief the oldest.
func ExampleDeque() {
	d := deque.New[string](0)
	for _, s := range []string{"oldest", "older", "newest"} {
		d.Push(&s)
	}
	fmt.Println(*d.Pop())
	thief := d.Stealer()
	x, outcome := thief.Steal()
	fmt.Println(*x, outcome)
	fmt.Println(d.Len(), "left")
	// Output:
	// newest
	// oldest stolen
	// 1 left
}

// To find nothing is an outcome of its own.
func ExampleStealer_Steal() {
	x, outcome := deque.New[string](0).Stealer().Steal()
	fmt.Println(x == nil, outcome)
	// Output: true empty
}

// First in, first out.
func ExampleInjector() {
	var q deque.Injector[string]
	a, b, c := "first", "second", "third"
	q.Push(&a)
	q.PushAll([]*string{&b, &c})
	for q.Len() > 0 {
		fmt.Println(*q.Take())
	}
	fmt.Println(q.Take() == nil)
	// Output:
	// first
	// second
	// third
	// true
}
