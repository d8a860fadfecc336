package main

import (
	"math"
	"sync"
	"time"
)

// spin computes for a while that neither the compiler nor the processor can shorten: each step needs the one before.
func spin(x uint64, steps int) uint64 {
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

// calibrated is the time of one step in nanoseconds, the least of some tries: what else runs can only make it longer.
var calibrated = sync.OnceValue(func() float64 {
	const tries, steps = 20, 1 << 18
	best := math.Inf(1)
	for i := range tries {
		start := time.Now()
		sink = spin(uint64(i), steps)
		best = min(best, perUnit(time.Since(start), steps))
	}
	return best
})

// sink keeps results alive that nobody wants.
var sink uint64

// stepsFor is how many steps take about that long, at least one.
func stepsFor(d time.Duration) int {
	return max(1, int(math.Round(float64(d.Nanoseconds())/calibrated())))
}
