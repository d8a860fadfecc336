package deque

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

func TestSmoke(t *testing.T) {
	d := New[item](0)
	s, xs := d.Stealer(), newItems(4)
	wantPop := func(want *item) {
		t.Helper()
		if got := d.Pop(); got != want {
			t.Fatalf("Pop = %v, want %v", got, want)
		}
	}
	wantSteal := func(want *item, outcome Outcome) {
		t.Helper()
		if got, o := s.Steal(); got != want || o != outcome {
			t.Fatalf("Steal = %v, %v, want %v, %v", got, o, want, outcome)
		}
	}
	wantLen := func(want int) {
		t.Helper()
		if d.Len() != want || s.Len() != want || s.IsEmpty() != (want == 0) {
			t.Fatalf("Len = %d, %d, IsEmpty = %t, want %d", d.Len(), s.Len(), s.IsEmpty(), want)
		}
		wantClean(t, d)
	}

	wantLen(0)
	wantPop(nil)
	wantSteal(nil, Empty)
	for i, x := range xs {
		d.Push(x)
		wantLen(i + 1)
	}
	wantSteal(xs[0], Stolen) // oldest first
	wantPop(xs[3])           // newest first
	wantLen(2)
	wantPop(xs[2])
	wantSteal(xs[1], Stolen)
	wantLen(0)
	wantSteal(nil, Empty)
	wantPop(nil)
	wantPop(nil)
	d.Push(xs[0])
	wantPop(xs[0])
	d.Push(xs[1])
	d.Push(xs[1]) // twice the same is allowed
	wantSteal(xs[1], Stolen)
	wantPop(xs[1])
	wantLen(0)
}

func TestZeroStealer(t *testing.T) {
	var s Stealer[item]
	if x, outcome := s.Steal(); x != nil || outcome != Empty || s.Len() != 0 || !s.IsEmpty() {
		t.Fatalf("zero Stealer: %v, %v, Len %d", x, outcome, s.Len())
	}
}

func TestOutcomeString(t *testing.T) {
	for o, want := range map[Outcome]string{Empty: "empty", Stolen: "stolen", Lost: "lost", 9: "outcome(9)"} {
		if got := o.String(); got != want {
			t.Errorf("Outcome(%d) = %q, want %q", uint8(o), got, want)
		}
	}
}

func TestCapacity(t *testing.T) {
	for _, c := range []struct{ hint, want int }{
		{-1, 64}, {0, 64}, {1, 1}, {2, 2}, {3, 4}, {64, 64}, {65, 128}, {1000, 1024},
	} {
		if got := len(New[item](c.hint).slots); got != c.want {
			t.Errorf("New(%d) has %d slots, want %d", c.hint, got, c.want)
		}
	}
	if got := ceilPowerOfTwo(maxCapacity); got != maxCapacity {
		t.Errorf("ceilPowerOfTwo(maxCapacity) = %d", got)
	}
}

func TestPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"Push of nil": func() { New[item](0).Push(nil) },
		"above limit": func() { New[item](maxCapacity + 1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Fatal("no panic")
				}
			}()
			f()
		})
	}
}

// TestLayout holds that what thieves write, what the owner writes and the neighbours on the heap are on separate lines.
func TestLayout(t *testing.T) {
	var d Deque[item]
	if gap := unsafe.Offsetof(d.bottom) - unsafe.Offsetof(d.top); gap < cacheLine {
		t.Errorf("top and bottom are %d bytes apart, want at least %d", gap, cacheLine)
	}
	if size := unsafe.Sizeof(d); unsafe.Sizeof(uintptr(0)) == 8 && size != 2*cacheLine {
		t.Errorf("a Deque has %d bytes, want %d", size, 2*cacheLine)
	}
	var q Injector[item]
	if gap := unsafe.Offsetof(q.mu) - unsafe.Offsetof(q.length); gap < cacheLine {
		t.Errorf("length and mutex are %d bytes apart, want at least %d", gap, cacheLine)
	}
	if size := unsafe.Sizeof(q); unsafe.Sizeof(uintptr(0)) == 8 && size != 2*cacheLine {
		t.Errorf("an Injector has %d bytes, want %d", size, 2*cacheLine)
	}
}

// TestPushPopAllocatesNothing holds the price of an unstolen future once the ring is large enough.
func TestPushPopAllocatesNothing(t *testing.T) {
	d, x := New[item](0), &item{}
	s := d.Stealer()
	if n := testing.AllocsPerRun(1000, func() {
		for range 32 {
			d.Push(x)
		}
		for range 16 {
			d.Pop()
			s.Steal()
		}
	}); n != 0 {
		t.Errorf("%v allocations per run, want none", n)
	}
}

// TestSPSC: one owner that only pushes, one thief. Everything arrives, in order. In a ring that need not change, there is
// nobody to lose to.
func TestSPSC(t *testing.T) {
	n := steps(300_000)
	t.Run("roomy", func(t *testing.T) { spsc(t, New[item](n), n, false) })
	t.Run("growing", func(t *testing.T) { spsc(t, New[item](1), n, true) })
}

func spsc(t *testing.T, d *Deque[item], n int, mayLose bool) {
	xs := newItems(n)
	var thief sync.WaitGroup
	thief.Go(func() {
		s := d.Stealer()
		for next := 0; next < len(xs); {
			switch x, outcome := s.Steal(); outcome {
			case Stolen:
				if x != xs[next] {
					t.Errorf("stole item %d, want %d", x.n, next)
					return
				}
				next++
			case Lost:
				if !mayLose {
					t.Errorf("the only thief lost item %d to nobody", next)
					return
				}
			case Empty:
				runtime.Gosched()
			}
		}
		if x, outcome := s.Steal(); outcome != Empty {
			t.Errorf("at the end Steal = %v, %v, want empty", x, outcome)
		}
	})
	for _, x := range xs {
		d.Push(x)
	}
	thief.Wait()
	wantClean(t, d)
}

// TestStampede: a full deque, then everyone at once takes until nothing is left. Thieves must see rising order, the owner
// falling order.
func TestStampede(t *testing.T) {
	xs := newItems(steps(300_000))
	d := New[item](0)
	for _, x := range xs {
		d.Push(x)
	}
	var left atomic.Int64
	left.Store(int64(len(xs)))
	var all sync.WaitGroup
	for range thieves {
		all.Go(func() {
			s, last := d.Stealer(), -1
			for left.Load() > 0 {
				x, outcome := s.Steal()
				if outcome != Stolen {
					runtime.Gosched()
					continue
				}
				if x.n <= last {
					t.Errorf("thief took item %d after %d", x.n, last)
				}
				last = x.n
				x.taken.Add(1)
				left.Add(-1)
			}
		})
	}
	last := len(xs)
	for left.Load() > 0 {
		x := d.Pop()
		if x == nil {
			runtime.Gosched()
			continue
		}
		if x.n >= last {
			t.Errorf("owner took item %d after %d", x.n, last)
		}
		last = x.n
		x.taken.Add(1)
		left.Add(-1)
	}
	all.Wait()
	wantEachOnce(t, xs)
	wantClean(t, d)
}

// rob steals until stop is set and the deque was seen empty, and counts what it got.
func rob(s Stealer[item], stop *atomic.Bool, loot *atomic.Int64) {
	for {
		stopping := stop.Load() // before the look, or an element pushed between the two would be left
		switch x, outcome := s.Steal(); outcome {
		case Stolen:
			x.taken.Add(1)
			loot.Add(1)
		case Empty:
			if stopping {
				return
			}
			runtime.Gosched()
		case Lost:
		}
	}
}

// TestStress: the owner pushes and pops at random among thieves. Everything comes out once.
func TestStress(t *testing.T) {
	rnd, xs := newRand(t), newItems(steps(1_000_000))
	d := New[item](0)
	var stop atomic.Bool
	var loot atomic.Int64
	var all sync.WaitGroup
	for range thieves {
		all.Go(func() { rob(d.Stealer(), &stop, &loot) })
	}
	popped := 0
	for i := 0; i < len(xs); {
		if rnd.IntN(3) == 0 {
			if x := d.Pop(); x != nil {
				x.taken.Add(1)
				popped++
			}
			continue
		}
		d.Push(xs[i])
		i++
	}
	stop.Store(true)
	all.Wait()
	if got := popped + int(loot.Load()); got != len(xs) {
		t.Errorf("popped %d and stole %d, want %d together", popped, loot.Load(), len(xs))
	}
	wantEachOnce(t, xs)
	wantClean(t, d)
}

// TestExactlyOnce is the stress of everything that moves elements: a ring that starts at one slot, grows, is replaced at
// its size, and shrinks whenever it is drained, in bursts that outrun the thieves and lulls in which they catch up.
func TestExactlyOnce(t *testing.T) {
	rnd, xs := newRand(t), newItems(steps(1_000_000))
	d := New[item](1)
	d.keep = 1
	var stop atomic.Bool
	var loot atomic.Int64
	var all sync.WaitGroup
	for range thieves {
		all.Go(func() { rob(d.Stealer(), &stop, &loot) })
	}
	for i := 0; i < len(xs); {
		for range min(1+rnd.IntN(200), len(xs)-i) {
			d.Push(xs[i])
			i++
		}
		if rnd.IntN(4) == 0 {
			d.replaceRing(ceilPowerOfTwo(d.Len() + 1))
		}
		for range rnd.IntN(200) {
			if x := d.Pop(); x != nil {
				x.taken.Add(1)
			}
		}
		if rnd.IntN(16) == 0 {
			runtime.Gosched()
		}
	}
	stop.Store(true)
	all.Wait()
	wantEachOnce(t, xs)
	wantClean(t, d)
}

// TestNoStarvation: while the owner pushes and pops, each thief gets something again and again, and so does the owner.
func TestNoStarvation(t *testing.T) {
	const rounds = 10
	d := New[item](0)
	var stop atomic.Bool
	var loot [thieves]atomic.Int64
	var all sync.WaitGroup
	for i := range loot {
		all.Go(func() { rob(d.Stealer(), &stop, &loot[i]) })
	}
	for range rounds {
		var before [thieves]int64
		for i := range loot {
			before[i] = loot[i].Load()
		}
		for popped, served := 0, 0; popped == 0 || served < thieves; { // a starved one hangs the test: -timeout tells
			for range 8 {
				d.Push(&item{})
			}
			for range 4 {
				if d.Pop() != nil {
					popped++
				}
			}
			runtime.Gosched()
			served = 0
			for i := range loot {
				if loot[i].Load() > before[i] {
					served++
				}
			}
		}
	}
	stop.Store(true)
	all.Wait()
	wantClean(t, d)
}
