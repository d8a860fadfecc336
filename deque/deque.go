package deque

import "sync/atomic"

// Deque is the owner's end of a work-stealing deque of pointers to T. Make one with [New]; do not copy it. Push and Pop
// are the owner's alone; Len and Stealer are for any goroutine.
//
// The algorithm is that of Chase and Lev, "Dynamic Circular Work-Stealing Deque" (SPAA 2005), in the form of Lê, Pop,
// Cohen and Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory Models" (PPoPP 2013). Elements have
// consecutive indices; those in [top, bottom) are in the deque. Only the owner writes bottom; top grows by
// compare-and-swap, once for each element that leaves by the top. What we changed for Go:
//
//   - Go's atomics are sequentially consistent, so the fences of the 2013 paper are gone: the one that matters, between
//     the owner's store of bottom and its load of top in Pop, is implied.
//   - Slots are atomic, and cleared when their element leaves: for the garbage collector, and because it saves work. A
//     slot is nil if and only if the owner may fill it, so Push looks at its own slot and never at the thieves' line.
//   - The top carries the epoch of the ring, so that each slot is cleared exactly once even while rings change (topWord).
//
// Who may write a slot of the current ring, and when:
//
//   - Only the owner turns nil into an element (Push).
//   - Whoever wins an index clears its slot: the owner in Pop, a thief in Steal after its compare-and-swap. The slot stays
//     non-nil until then, and the owner, come round, waits for no one: it takes another ring (makeRoom). So the thief's
//     late store of nil cannot hit a newer element.
//   - An index won while the owner was changing rings is cleared by the owner (replaceRing).
//
// Rejected: thieves that clear by compare-and-swap from x to nil (loses a task if x has been pushed again); the owner
// clearing what thieves took when it next looks at top (an owner that sleeps keeps its stolen tasks alive).
type Deque[T any] struct {
	// The thieves' line: they compare and swap here, the owner only when one element is left.
	top atomic.Uint64 // a topWord
	_   [cacheLine - 8]byte

	// The owner's lines: written by the owner only.
	bottom atomic.Int64            // index of the next Push
	ring   atomic.Pointer[ring[T]] // the current ring; its array is never written by anyone but as described above

	// For the owner's eyes only.
	slots  []atomic.Pointer[T] // of the current ring
	seen   topWord             // top as last seen: the epoch is right, the index perhaps too low
	keep   int                 // rings up to this many slots are kept for good
	drains int                 // how often Pop has met an empty deque since a ring larger than keep was last needed
	_      [cacheLine - 64]byte
}

// New makes an empty deque. The capacity is a hint, in elements: it is rounded up to a power of two; zero or less means
// 64. The deque grows as needed, and after a burst shrinks again, but not below the hint. New panics above 1<<28.
func New[T any](capacity int) *Deque[T] {
	if capacity <= 0 {
		capacity = defaultCapacity
	}
	r := newRing[T](ceilPowerOfTwo(capacity), 0)
	d := &Deque[T]{slots: r.slots, keep: max(len(r.slots), keepCapacity)}
	d.ring.Store(r)
	return d
}

// Push puts x at the bottom of the deque, from where the next Pop takes it. Owner only. It panics if x is nil.
func (d *Deque[T]) Push(x *T) {
	if x == nil {
		panic("deque: Push of nil")
	}
	b := d.bottom.Load()
	slot := slotOf(d.slots, b)
	if slot.Load() != nil {
		d.makeRoom()
		slot = slotOf(d.slots, b)
	}
	slot.Store(x)
	d.bottom.Store(b + 1) // publishes: a thief that sees this sees x
}

// Pop takes the newest element, or returns nil if there is none. Owner only.
func (d *Deque[T]) Pop() *T {
	b := d.bottom.Load() - 1
	if b > d.seen.index() {
		// Announce first, look second. A thief looks in the opposite order (top, then bottom), so of an owner and a thief
		// that want the same element at least one notices the other.
		d.bottom.Store(b)
		d.seen = d.loadTop()
		if b > d.seen.index() {
			return slotOf(d.slots, b).Swap(nil) // other elements lie between us and the thieves
		}
		d.bottom.Store(b + 1)
	}
	// One element is left at most. It goes to whoever moves top over it, and bottom can stay where it is: if we fail, a
	// thief has not.
	var x *T
	if b == d.seen.index() {
		if d.casTop(d.seen, d.seen.next()) {
			x = slotOf(d.slots, b).Swap(nil)
		}
		d.seen = d.seen.next()
	}
	d.drained()
	return x
}

// Len returns the number of elements. Any goroutine. While others are at work it is an estimate: too high by what was
// stolen during the call, or too low by the one element that the owner is about to pop. Once everyone is still it is exact.
func (d *Deque[T]) Len() int {
	t := d.loadTop().index()
	return int(max(0, d.bottom.Load()-t))
}

// Stealer returns the thieves' end. Any goroutine.
func (d *Deque[T]) Stealer() Stealer[T] { return Stealer[T]{d} }

func (d *Deque[T]) loadTop() topWord { return topWord(d.top.Load()) }

func (d *Deque[T]) casTop(from, to topWord) bool {
	return d.top.CompareAndSwap(uint64(from), uint64(to))
}
