package futures

import (
	"context"
	"sync"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// arrivals is a queue of what is done, in the order of completion. Any goroutine adds; one takes.
type arrivals[T any] struct {
	mu   sync.Mutex
	list []T
	wake func() // of the taker, while it waits
}

func (a *arrivals[T]) add(v T) {
	a.mu.Lock()
	a.list = append(a.list, v)
	wake := a.wake
	a.wake = nil
	a.mu.Unlock()
	if wake != nil {
		wake()
	}
}

func (a *arrivals[T]) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.list)
}

func (a *arrivals[T]) pop() (v T, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.list) == 0 {
		return v, false
	}
	v = a.list[0]
	var none T
	a.list[0] = none
	a.list = a.list[1:]
	return v, true
}

// take returns the next arrival; false if ctx ends first. The caller does not run what it waits for in place: it would be
// stuck in a slow one while others arrive.
func (a *arrivals[T]) take(ctx context.Context) (T, bool) {
	for {
		v, ok := a.pop()
		if ok || ctx.Err() != nil {
			return v, ok
		}
		worker.Await(ctx, func(wake func()) bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			if len(a.list) > 0 {
				return false
			}
			a.wake = wake
			return true
		})
	}
}

// whenDone has n called when the future is done, on the goroutine that finishes it; at once if it is done or stale.
func (f Future[Out]) whenDone(n *task.Notice) {
	if !f.share() || !f.s.Notify(n) {
		n.F()
	}
}
