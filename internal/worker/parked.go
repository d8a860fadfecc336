package worker

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// parked is the list of strands that wait inside a task, and the goroutine that wakes those whose task was cancelled.
//
// A cancellation must reach a waiting task from any of its ancestors. To hang each wait on the whole chain would cost
// every wait as many registrations as the recursion is deep, and would keep all those frames from being used again.
// Instead one goroutine looks through the parked strands after cancellations: these are rare, and any number of them that
// happen during one look share the next.
type parked struct {
	n      atomic.Int32
	mu     sync.Mutex
	head   *Strand
	signal chan struct{} // capacity 1
	quit   chan struct{}
	unhook func()
	looker sync.WaitGroup
}

func (l *parked) start(p *Pool) {
	l.signal = make(chan struct{}, 1)
	l.quit = make(chan struct{})
	nudge := func() {
		select {
		case l.signal <- struct{}{}:
		default:
		}
	}
	l.unhook = task.OnEpoch(nudge)
	stop := context.AfterFunc(p.base, nudge)
	l.looker.Go(func() {
		defer stop()
		for {
			select {
			case <-l.signal:
				l.look()
			case <-l.quit:
				return
			}
		}
	})
}

func (l *parked) end() {
	l.unhook()
	close(l.quit)
	l.looker.Wait()
}

// add enters s; f is the frame that waits (nil: it does not hear of cancellations), and wake makes s ready.
func (l *parked) add(s *Strand, f *Frame, wake func()) {
	l.mu.Lock()
	s.waiting, s.notify = f, wake
	s.prev, s.next = nil, l.head
	if l.head != nil {
		l.head.prev = s
	}
	l.head = s
	l.n.Add(1)
	l.mu.Unlock()
}

func (l *parked) remove(s *Strand) {
	l.mu.Lock()
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		l.head = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.prev, s.next, s.waiting, s.notify = nil, nil, nil, nil
	l.n.Add(-1)
	l.mu.Unlock()
}

// look wakes the strands whose task is cancelled. Lock order: parked.mu, then Task.mu; wakes come after the lock.
func (l *parked) look() {
	var wakes []func()
	l.mu.Lock()
	for s := l.head; s != nil; s = s.next {
		if s.waiting != nil && s.waiting.walk() != nil {
			wakes = append(wakes, s.notify)
		}
	}
	l.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}
