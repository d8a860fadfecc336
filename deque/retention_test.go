package deque

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"weak"
)

// burden is large enough not to share an allocation with others, so that it is collected as soon as it is unreachable.
type burden struct{ _ [64]byte }

// watched makes n elements, hands each to put, and returns weak pointers to them.
func watched(n int, put func(*burden)) []weak.Pointer[burden] {
	ws := make([]weak.Pointer[burden], n)
	for i := range ws {
		x := new(burden)
		ws[i] = weak.Make(x)
		put(x)
	}
	return ws
}

// retained counts the elements that are still reachable.
func retained(ws []weak.Pointer[burden]) (n int) {
	runtime.GC()
	for _, w := range ws {
		if w.Value() != nil {
			n++
		}
	}
	return n
}

// TestRetention: a live queue keeps what is in it and nothing else, after growth and however its elements left.
func TestRetention(t *testing.T) {
	const n = 300 // not a power of two, and several growths from 64
	d, q := New[burden](0), new(Injector[burden])
	s := d.Stealer()
	for _, c := range []struct {
		name string
		put  func(*burden)
		take func() bool
	}{
		{"popped", d.Push, func() bool { return d.Pop() != nil }},
		{"stolen", d.Push, func() bool { _, o := s.Steal(); return o == Stolen }},
		{"injected", q.Push, func() bool { return q.Take() != nil }},
		{"injected together", func(x *burden) { q.PushAll([]*burden{x}) }, func() bool { return q.Take() != nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			ws := watched(n, c.put)
			if got := retained(ws); got != n {
				t.Fatalf("%d of %d elements are reachable while queued", got, n)
			}
			for i := range n / 2 {
				if !c.take() {
					t.Fatalf("nothing to take after %d", i)
				}
			}
			if got := retained(ws); got != n/2 {
				t.Errorf("%d elements are reachable after half were taken, want %d", got, n/2)
			}
			for c.take() {
			}
			if got := retained(ws); got != 0 {
				t.Errorf("%d elements are reachable in an empty queue", got)
			}
		})
	}
	runtime.KeepAlive(d)
	runtime.KeepAlive(q)
}

// TestRetentionAmongThieves: the same when owner and thieves race each other and the ring is replaced all the time.
func TestRetentionAmongThieves(t *testing.T) {
	d := New[burden](1)
	var stop atomic.Bool
	var all sync.WaitGroup
	for range thieves {
		all.Go(func() {
			for s := d.Stealer(); !stop.Load() || !s.IsEmpty(); {
				if _, outcome := s.Steal(); outcome == Empty {
					runtime.Gosched()
				}
			}
		})
	}
	i := 0
	ws := watched(steps(100_000), func(x *burden) {
		d.Push(x)
		if i++; i%5 == 0 {
			d.replaceRing(ceilPowerOfTwo(d.Len() + 1))
		}
		if i%3 == 0 {
			d.Pop()
		}
	})
	stop.Store(true)
	all.Wait()
	if got := retained(ws); got != 0 {
		t.Errorf("%d of %d elements are reachable in an empty deque", got, len(ws))
	}
	wantClean(t, d)
}
