package deque

import (
	"fmt"
	"math/bits"
)

const (
	// defaultCapacity is the number of slots of a new ring: 512 bytes, enough for the spawn depth of ordinary recursion.
	defaultCapacity = 64

	// maxCapacity bounds every ring, in slots: 2 GiB of pointers. Reached only by a program that spawns without end.
	maxCapacity = 1 << 28

	// keepCapacity is the number of slots up to which a deque's ring is never made smaller: 8 KiB are not worth an
	// allocation that the next burst must repeat.
	keepCapacity = 1024

	// shrinkAfter is the number of times that the owner must find its deque drained, without growth in between, before
	// a ring larger than keepCapacity is given back. It spreads the cost of growing again over as many drains.
	shrinkAfter = 256

	// cacheLine is the distance in bytes that keeps two variables from sharing what a core fetches: 64-byte lines are
	// fetched in pairs on amd64, and arm64 machines with 128-byte lines exist.
	cacheLine = 128
)

// ceilPowerOfTwo rounds a number of slots up to a power of two, at least 1. It panics above maxCapacity.
func ceilPowerOfTwo(slots int) int {
	if slots > maxCapacity {
		panic(fmt.Sprintf("deque: %d elements exceed the limit of %d: tasks are spawned faster than they are run", slots, maxCapacity))
	}
	if slots <= 1 {
		return 1
	}
	return 1 << bits.Len(uint(slots-1))
}
