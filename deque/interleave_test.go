package deque

import "testing"

// These tests stop a thief between the three steps of a steal (aim, claim, clear), where a real one is stopped once in a
// billion, and let the owner do the worst meanwhile. One goroutine; nothing is left to chance.

func mustAim(t *testing.T, d *Deque[item], want *item) attempt[item] {
	t.Helper()
	a, outcome := d.aim()
	if outcome != Stolen || a.x != want {
		t.Fatalf("aim = %v, %v, want %v", a.x, outcome, want)
	}
	return a
}

func mustClaim(t *testing.T, d *Deque[item], a attempt[item], want bool) {
	t.Helper()
	if got := d.claim(a); got != want {
		t.Fatalf("claim of item %d = %t, want %t", a.x.n, got, want)
	}
}

func mustPop(t *testing.T, d *Deque[item], want ...*item) {
	t.Helper()
	for _, w := range want {
		if got := d.Pop(); got != w {
			t.Fatalf("Pop = %v, want %v", got, w)
		}
	}
}

// A thief has won and not yet cleared; the owner comes round to its slot. The late store of nil must hit nothing.
func TestOwnerComesRoundToUnclearedSlot(t *testing.T) {
	d, xs := New[item](4), newItems(8)
	d.Push(xs[0])
	a := mustAim(t, d, xs[0])
	mustClaim(t, d, a, true)
	for _, x := range xs[1:5] { // item 4 wants slot 0
		d.Push(x)
	}
	if got := d.Len(); got != 4 {
		t.Fatalf("Len = %d, want 4", got)
	}
	a.clear()
	wantClean(t, d)
	mustPop(t, d, xs[4], xs[3], xs[2], xs[1], nil)
}

// One slow thief after another must not inflate a deque that is almost empty.
func TestSlowThievesDoNotInflate(t *testing.T) {
	d, xs := New[item](4), newItems(1000)
	for _, x := range xs {
		d.Push(x)
		mustClaim(t, d, mustAim(t, d, x), true) // and never clears
	}
	if got := len(d.slots); got != 4 {
		t.Fatalf("the ring has grown to %d slots for one element", got)
	}
}

// A thief has aimed in a ring that is then replaced; it wins nevertheless only if the element is still there for it.
func TestAimedBeforeReplacement(t *testing.T) {
	d, xs := New[item](4), newItems(3)
	for _, x := range xs {
		d.Push(x)
	}
	a := mustAim(t, d, xs[0])
	d.replaceRing(8)
	mustClaim(t, d, a, false) // or else the copy in the new ring would stay
	b := mustAim(t, d, xs[0])
	mustClaim(t, d, b, true)
	b.clear()
	wantClean(t, d)
	mustPop(t, d, xs[2], xs[1], nil)
}

// A thief has won in the old ring and clears there after the replacement.
func TestClaimedBeforeReplacement(t *testing.T) {
	d, xs := New[item](4), newItems(6)
	d.Push(xs[0])
	d.Push(xs[1])
	a := mustAim(t, d, xs[0])
	mustClaim(t, d, a, true)
	d.replaceRing(4)
	for _, x := range xs[2:5] {
		d.Push(x)
	}
	a.clear()
	wantClean(t, d)
	mustPop(t, d, xs[4], xs[3], xs[2], xs[1], nil)
}

// Two thieves win in the middle of a replacement, one out of either ring. The owner clears for both, and what they do late
// must not hit what the owner has pushed since.
func TestClaimedDuringReplacement(t *testing.T) {
	d, xs := New[item](4), newItems(8)
	for _, x := range xs[:3] {
		d.Push(x)
	}
	a := mustAim(t, d, xs[0]) // sees the old ring
	fresh, first := d.publishRing(4)
	mustClaim(t, d, a, true)
	b := mustAim(t, d, xs[1]) // sees the new ring under the old epoch
	mustClaim(t, d, b, true)
	d.adoptRing(fresh, first)
	wantClean(t, d)
	for _, x := range xs[3:6] { // items 4 and 5 come round to the slots of items 0 and 1
		d.Push(x)
	}
	if len(d.slots) != 4 {
		t.Fatalf("the ring has %d slots, so nothing has come round", len(d.slots))
	}
	a.clear()
	b.clear()
	wantClean(t, d)
	mustPop(t, d, xs[5], xs[4], xs[3], xs[2], nil)
}

// The owner and a thief want the last element; then another is in its place. An old aim must miss.
func TestLastElement(t *testing.T) {
	d, xs := New[item](1), newItems(3)
	d.Push(xs[0])
	a := mustAim(t, d, xs[0])
	mustPop(t, d, xs[0])
	d.Push(xs[1])
	mustClaim(t, d, a, false)
	b := mustAim(t, d, xs[1])
	mustClaim(t, d, b, true)
	mustPop(t, d, nil)
	d.Push(xs[2])
	b.clear()
	wantClean(t, d)
	mustPop(t, d, xs[2], nil)
}

// A ring that a burst has grown is given back after enough drains, and kept while bursts go on.
func TestShrink(t *testing.T) {
	d, x := New[item](0), &item{}
	burst := func() {
		for range 4 * keepCapacity {
			d.Push(x)
		}
		for d.Pop() != nil {
		}
	}
	burst()
	if got := len(d.slots); got != 4*keepCapacity {
		t.Fatalf("%d slots after a burst of %d", got, 4*keepCapacity)
	}
	for range shrinkAfter {
		d.Pop()
	}
	if got := len(d.slots); got != keepCapacity {
		t.Fatalf("%d slots after %d drains, want %d", got, shrinkAfter, keepCapacity)
	}
	wantClean(t, d)

	burst()                     // grows again, which starts the count anew
	for range shrinkAfter - 3 { // the end of the burst counted two
		d.Pop()
	}
	for range 5 * keepCapacity {
		d.Push(x)
	}
	for d.Pop() != nil {
	}
	if got := len(d.slots); got != 8*keepCapacity {
		t.Fatalf("%d slots right after a burst of %d", got, 5*keepCapacity)
	}
}

// A ring of no more than keepCapacity slots, or than the hint asked for, is never exchanged.
func TestKeep(t *testing.T) {
	for _, hint := range []int{1, keepCapacity, 8 * keepCapacity} {
		d := New[item](hint)
		r := d.ring.Load()
		for range 2 * shrinkAfter {
			d.Pop()
		}
		if d.ring.Load() != r {
			t.Errorf("hint %d: the ring was exchanged", hint)
		}
	}
}

// The epoch wraps; nothing but its own bits may change.
func TestTopWord(t *testing.T) {
	w := topWord(5<<epochBits | 255)
	if w.index() != 5 || w.epoch() != 255 {
		t.Fatalf("index %d, epoch %d", w.index(), w.epoch())
	}
	if n := w.next(); n.index() != 6 || n.epoch() != 255 {
		t.Fatalf("next: index %d, epoch %d", n.index(), n.epoch())
	}
	if n := w.withEpoch(w.epoch() + 1); n.index() != 5 || n.epoch() != 0 {
		t.Fatalf("withEpoch: index %d, epoch %d", n.index(), n.epoch())
	}
	d, xs := New[item](2), newItems(2)
	d.Push(xs[0])
	d.Push(xs[1])
	for range 600 {
		d.replaceRing(2)
		wantClean(t, d)
	}
	mustPop(t, d, xs[1], xs[0], nil)
}
