package main

import (
	"math"
	"runtime"
	"time"
)

// spin computes for a while that neither the compiler nor the processor can shorten: each step needs the one before.
func spin(x uint64, steps int) uint64 {
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

// stepsFor is how many steps make a call take about that long, at least one. It times calls one after the other, as a map
// makes them: the processor overlaps the end of one with the beginning of the next, so that a single one takes longer.
func stepsFor(d time.Duration) int {
	const tries, window = 6, 2 * time.Millisecond
	calls := max(1, int(window/d))
	steps := max(1, int(d.Nanoseconds()))
	for range tries {
		best := math.Inf(1) // the least of some: what else runs can only make it longer
		for range 3 {
			var sum uint64
			start := time.Now()
			for i := range calls {
				sum += spin(uint64(i), steps)
			}
			best = min(best, perUnit(time.Since(start), calls))
			runtime.KeepAlive(sum)
		}
		steps = max(1, int(math.Round(float64(steps)*float64(d.Nanoseconds())/best)))
	}
	return steps
}
