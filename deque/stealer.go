package deque

import "fmt"

// Outcome says how a call of Steal ended.
type Outcome uint8

const (
	// Empty: at some moment during the call there was nothing to steal, or just the last element, in the owner's grasp.
	Empty Outcome = iota
	// Stolen: the element is the caller's.
	Stolen
	// Lost: there was something, but another thief or the owner was faster, or the owner was changing rings (it grew). To
	// try again is worth it; to sleep is not.
	Lost
)

// String returns the name in lower case, for logs and tests.
func (o Outcome) String() string {
	switch o {
	case Empty:
		return "empty"
	case Stolen:
		return "stolen"
	case Lost:
		return "lost"
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// Stealer is the thieves' end of a Deque: a small value, to be copied freely and used from any goroutine. A Stealer keeps
// its deque reachable. The zero Stealer belongs to a deque that is always empty.
type Stealer[T any] struct {
	d *Deque[T]
}

// Steal takes the oldest element. It neither blocks nor retries: losing a race is reported as Lost, and then
// some other call has made progress. The pointer is nil unless the outcome is Stolen.
func (s Stealer[T]) Steal() (*T, Outcome) {
	if s.d == nil {
		return nil, Empty
	}
	a, outcome := s.d.aim()
	if outcome != Stolen {
		return nil, outcome
	}
	if !s.d.claim(a) {
		return nil, Lost
	}
	a.clear()
	return a.x, Stolen
}

// Len returns the number of elements, with the caveat of [Deque.Len].
func (s Stealer[T]) Len() int {
	if s.d == nil {
		return 0
	}
	return s.d.Len()
}

// IsEmpty reports whether Len is zero. (The name Empty is the outcome's.)
func (s Stealer[T]) IsEmpty() bool { return s.Len() == 0 }

// attempt is a steal under way: the element that a thief has seen but perhaps not won. Its three steps are apart so that
// tests can stop a thief between any two of them.
type attempt[T any] struct {
	top  topWord
	ring *ring[T]
	x    *T
}

// aim looks at the oldest element. The outcome is Stolen if there is one to claim.
//
// The order of the loads is the algorithm: top before bottom (see Pop); top before ring, so that a ring is never older
// than the epoch in top; the slot before the claim, because afterwards it may be the owner's again.
func (d *Deque[T]) aim() (a attempt[T], outcome Outcome) {
	a.top = d.loadTop()
	t := a.top.index()
	if t >= d.bottom.Load() {
		return a, Empty
	}
	a.ring = d.ring.Load()
	if a.x = a.ring.slot(t).Load(); a.x == nil {
		return a, Lost // cleared by whoever won it since we looked at top
	}
	return a, Stolen
}

// claim wins the element or loses it for good. While top has not changed, the element at top has not either, in whatever
// ring it was seen: the owner itself takes the last one by changing top.
func (d *Deque[T]) claim(a attempt[T]) bool { return d.casTop(a.top, a.top.next()) }

// clear forgets a claimed element. If the ring is newer than the epoch, the claim fell into a change of rings: then the
// slot is the owner's to clear (replaceRing), and may be in use again already.
func (a attempt[T]) clear() {
	if a.ring.epoch == a.top.epoch() {
		a.ring.slot(a.top.index()).Store(nil)
	}
}
