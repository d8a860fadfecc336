package deque

import "sync/atomic"

// ring is one circular array of a Deque. Index i of the deque lives in slot i mod len(slots) of the current ring.
//
// A slot is an atomic pointer because a thief with an outdated top may read it while the owner writes it. The thief then
// loses its compare-and-swap and drops what it read, but Go calls the unsynchronised pair a data race all the same.
type ring[T any] struct {
	slots []atomic.Pointer[T] // a power of two of them
	epoch uint8               // the ring's number modulo 256; see topWord
}

func newRing[T any](capacity int, epoch uint8) *ring[T] {
	return &ring[T]{slots: make([]atomic.Pointer[T], capacity), epoch: epoch}
}

// slot returns the slot of index i.
func (r *ring[T]) slot(i int64) *atomic.Pointer[T] { return slotOf(r.slots, i) }

// slotOf is for the owner, who keeps the slice at hand to save a hop through the ring.
func slotOf[T any](slots []atomic.Pointer[T], i int64) *atomic.Pointer[T] {
	return &slots[uint64(i)&uint64(len(slots)-1)]
}

// topWord is the word on which thieves compare and swap: the top index, which never decreases, in the upper 56 bits; in
// the lower 8 the epoch of the ring that was current when the owner last changed rings.
//
// The epoch decides who clears a slot when a steal meets a change of rings. Without it a thief could read an element from
// the outgrown ring, win it after the change, and leave the copy in the new ring behind; and it could not repair that,
// because a late store of nil might hit what the owner has pushed there since.
//
// 56 bits last 45 years at fifty million steals a second, so overflow is no concern. The epoch may wrap: 256 changes of
// ring during one call of Steal would let one element stay referenced until its slot is used again, and nothing worse.
type topWord uint64

const epochBits = 8

func (w topWord) index() int64 { return int64(w >> epochBits) }
func (w topWord) epoch() uint8 { return uint8(w) }
func (w topWord) next() topWord {
	return w + 1<<epochBits
}
func (w topWord) withEpoch(e uint8) topWord { return w>>epochBits<<epochBits | topWord(e) }

// replaceRing moves the owner to a ring of the given capacity, which must exceed the number of elements. Owner only.
//
// Thieves go on stealing meanwhile. Indices that they claim before the epoch changes were perhaps copied first, so the
// owner clears them in the new ring; whoever claims after it has seen the new epoch, therefore the new ring, and clears
// there itself. The old ring is not cleared: nothing refers to it but calls of Steal already under way, and those may
// still have to read it.
func (d *Deque[T]) replaceRing(capacity int) { d.adoptRing(d.publishRing(capacity)) }

// publishRing is the first half: copy the elements, the oldest of which has the returned index, and show the copy. (The
// halves are apart so that tests can let thieves in between.)
func (d *Deque[T]) publishRing(capacity int) (fresh *ring[T], first int64) {
	old, bottom := d.ring.Load(), d.bottom.Load()
	first = d.loadTop().index()
	fresh = newRing[T](capacity, old.epoch+1)
	for i := first; i < bottom; i++ {
		fresh.slot(i).Store(old.slot(i).Load())
	}
	d.ring.Store(fresh)
	d.slots = fresh.slots
	return fresh, first
}

// adoptRing is the second half: change the epoch, and clear what was claimed until then. The first loop ends, because each
// failure is an element stolen.
func (d *Deque[T]) adoptRing(fresh *ring[T], first int64) {
	top := d.loadTop()
	for !d.casTop(top, top.withEpoch(fresh.epoch)) {
		top = d.loadTop()
	}
	d.seen = top.withEpoch(fresh.epoch)
	for i := first; i < top.index(); i++ {
		fresh.slot(i).Store(nil)
	}
}

// makeRoom is for a Push that found its slot in use. Most often the ring is full. It may also be that the thief who won
// the slot's last element has not cleared it yet; then a ring of the same size does, or else one slow thief after another
// would inflate an almost empty deque. The capacity stays below four times the largest number of elements.
func (d *Deque[T]) makeRoom() {
	capacity := len(d.slots)
	if int(d.bottom.Load()-d.loadTop().index()) > capacity/2 {
		capacity = ceilPowerOfTwo(capacity + 1)
	}
	d.drains = 0
	d.replaceRing(capacity)
}

// drained is for a Pop that left or found the deque empty. It gives a large ring back, but not after every burst.
func (d *Deque[T]) drained() {
	if len(d.slots) <= d.keep {
		return
	}
	if d.drains++; d.drains >= shrinkAfter {
		d.drains = 0
		d.replaceRing(d.keep)
	}
}
