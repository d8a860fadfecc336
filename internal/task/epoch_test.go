package task_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func TestEpochCountsCancellations(t *testing.T) {
	if task.Epoch() == 0 {
		t.Fatal("epoch 0 means not known and must never be the present one")
	}
	cases := []struct {
		name string
		do   func()
		up   uint64
	}{
		{"completion", func() { newTask().Complete() }, 0},
		{"cancellation", func() { newTask().Cancel(errWhy) }, 1},
		{"cancellation too late", func() { x := newTask(); x.Complete(); x.Cancel(errWhy) }, 0},
		{"second cancellation", func() { x := newTask(); x.Cancel(errWhy); x.Cancel(errWhy) }, 1},
		{"other contexts", task.Advance, 1},
	}
	for _, c := range cases {
		before := task.Epoch()
		c.do()
		if got := task.Epoch() - before; got != c.up {
			t.Errorf("%s raised the epoch by %d, want %d", c.name, got, c.up)
		}
	}
}

// A hook runs after the cancellation that it is told of can be seen, and once per cancellation; after stop, never.
func TestEpochHooks(t *testing.T) {
	x := newTask()
	var first, second int
	epoch := task.Epoch()
	stopFirst := task.OnEpoch(func() {
		first++
		if !x.IsCancelled() || task.Epoch() == epoch {
			t.Error("the hook was called before the cancellation could be seen")
		}
	})
	stopSecond := task.OnEpoch(func() { second++ })
	x.Cancel(errWhy)
	stopFirst()
	stopFirst() // stopping twice does no harm
	newTask().Cancel(errWhy)
	stopSecond()
	task.Advance()
	if first != 1 || second != 2 {
		t.Errorf("the hooks were called %d and %d times, want 1 and 2", first, second)
	}
}

// A hook may register and remove hooks, and others come and go meanwhile.
func TestEpochHooksConcurrently(t *testing.T) {
	var calls atomic.Int64
	defer task.OnEpoch(func() {
		task.OnEpoch(func() {})()
		calls.Add(1)
	})()
	const goroutines, rounds = 4, 200
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range rounds {
				stop := task.OnEpoch(func() {})
				newTask().Cancel(errWhy)
				stop()
			}
		})
	}
	all.Wait()
	if got := calls.Load(); got != goroutines*rounds {
		t.Errorf("the hook was called %d times, want %d", got, goroutines*rounds)
	}
}
