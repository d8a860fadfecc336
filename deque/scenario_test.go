package deque

import (
	"flag"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 takes one from the clock")

// newRand returns a generator whose seed is in the log of a failed test: replay it with -seed.
func newRand(t *testing.T) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// steps scales the length of a scenario to the patience at hand.
func steps(n int) int {
	if testing.Short() {
		n /= 10
	}
	if raceEnabled {
		n /= 10
	}
	return max(n, 1000)
}

// thieves is the number of goroutines that steal in the scenarios; more than cores, so that some are stopped anywhere.
const thieves = 4

// item is what the scenarios queue: it knows its place in the order and how often it came out.
type item struct {
	n     int
	taken atomic.Int32
}

func newItems(n int) []*item {
	xs := make([]*item, n)
	for i := range xs {
		xs[i] = &item{n: i}
	}
	return xs
}

// wantEachOnce fails the test unless each item came out exactly once.
func wantEachOnce(t *testing.T, xs []*item) {
	t.Helper()
	for _, x := range xs {
		if k := x.taken.Load(); k != 1 {
			t.Fatalf("item %d of %d came out %d times, want once", x.n, len(xs), k)
		}
	}
}

// wantClean fails the test unless the deque, at rest, is consistent: as many slots in use as it has elements.
func wantClean[T any](t *testing.T, d *Deque[T]) {
	t.Helper()
	r, top := d.ring.Load(), d.loadTop()
	if r.epoch != top.epoch() {
		t.Fatalf("ring of epoch %d under a top of epoch %d", r.epoch, top.epoch())
	}
	if &r.slots[0] != &d.slots[0] || len(r.slots) != len(d.slots) {
		t.Fatal("the owner's slots are not the thieves'")
	}
	inUse := 0
	for i := range r.slots {
		if r.slots[i].Load() != nil {
			inUse++
		}
	}
	if inUse != d.Len() {
		t.Fatalf("%d slots in use for %d elements", inUse, d.Len())
	}
}
