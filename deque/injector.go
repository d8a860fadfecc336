package deque

import (
	"sync"
	"sync/atomic"
)

// Injector is the shared way in for work that does not come from a worker: a queue, first in, first out, into which any
// goroutine pushes and from which any goroutine takes. The zero value is ready; do not copy it after first use.
//
// A mutex and a ring suffice, because a submission from outside costs far more than a lock and workers come here only
// when their own deque is empty. What they do all the time is look, so looking takes no lock. The mutex is a leaf: no
// other lock is taken under it, no user code runs under it. Rejected: crossbeam's linked blocks, whose lock-free push is
// of no use when the garbage collector, not the caller, would pay for the blocks.
type Injector[T any] struct {
	// length is written under mu and read without. It has its own lines, or else each look would fetch the mutex that
	// someone is fighting for.
	length atomic.Int64
	_      [cacheLine - 8]byte

	mu    sync.Mutex
	slots []*T // a ring; a power of two, or none before the first push
	head  int  // slot of the oldest element
	_     [cacheLine - 40]byte
}

// Push puts x at the end of the queue. It panics if x is nil.
func (q *Injector[T]) Push(x *T) {
	if x == nil {
		panic("deque: Push of nil")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := int(q.length.Load())
	q.fitLocked(n, n+1)
	q.slots[q.at(n)] = x
	q.length.Store(int64(n + 1))
}

// PushAll puts the elements at the end of the queue in their order, with nothing in between and all visible at once. The
// slice stays the caller's. It panics if one is nil, and then has pushed none.
func (q *Injector[T]) PushAll(xs []*T) {
	for _, x := range xs {
		if x == nil {
			panic("deque: PushAll of nil")
		}
	}
	if len(xs) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := int(q.length.Load())
	q.fitLocked(n, n+len(xs))
	for i, x := range xs {
		q.slots[q.at(n+i)] = x
	}
	q.length.Store(int64(n + len(xs)))
}

// Take removes and returns the oldest element, or returns nil if there is none. It takes no lock to find out the latter.
func (q *Injector[T]) Take() *T {
	if q.length.Load() == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := int(q.length.Load())
	if n == 0 {
		return nil // others were faster
	}
	x := q.slots[q.head]
	q.slots[q.head] = nil
	q.head = q.at(1)
	q.length.Store(int64(n - 1))
	if n-1 <= len(q.slots)/8 && len(q.slots) > defaultCapacity {
		q.moveLocked(n-1, len(q.slots)/2) // a quarter full afterwards: neither the next push nor the next take moves again
	}
	return x
}

// Len returns the number of elements, without the lock. After a push has returned, no Len misses it.
func (q *Injector[T]) Len() int { return int(q.length.Load()) }

// at returns the slot of the i-th oldest element.
func (q *Injector[T]) at(i int) int { return (q.head + i) & (len(q.slots) - 1) }

// fitLocked makes room for want elements where there are n.
func (q *Injector[T]) fitLocked(n, want int) {
	if want > len(q.slots) {
		q.moveLocked(n, max(defaultCapacity, ceilPowerOfTwo(want)))
	}
}

// moveLocked puts the n elements into a ring of the given capacity. The old ring is garbage.
func (q *Injector[T]) moveLocked(n, capacity int) {
	slots := make([]*T, capacity)
	if n > 0 {
		k := copy(slots[:n], q.slots[q.head:])
		copy(slots[k:n], q.slots)
	}
	q.slots, q.head = slots, 0
}
