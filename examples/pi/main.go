// Command pi estimates π by throwing darts: 3000 tasks of 5000 tries. Each task seeds a generator of its own with its
// number, so the estimate is the same on one worker and on a thousand; a generator shared by the tasks of a process
// would make it depend on who ran what.
//
// After SCOOP's examples/pi_calc.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var (
	tasks = flag.Int("tasks", 3000, "number of tasks")
	tries = flag.Int("tries", 5000, "darts thrown by each task")
	seed  = flag.Uint64("seed", 1, "seed of the whole run")
)

// Throw is one task of that number.
var Throw = futures.Declare[int, int]("pi.throw")

// throw counts the darts of one task that land in the quarter circle.
func throw(_ context.Context, task int) (int, error) {
	r := rand.New(rand.NewPCG(*seed, uint64(task)))
	hits := 0
	for range *tries {
		x, y := r.Float64(), r.Float64()
		if float64(x*x)+float64(y*y) < 1 { // rounded twice on purpose: a fused multiply-add differs by processor
			hits++
		}
	}
	return hits, nil
}

func run(ctx context.Context) error {
	start := time.Now()
	hits := 0
	for h, err := range futures.MapUnordered(ctx, Throw, numbers(*tasks)) {
		if err != nil {
			return err
		}
		hits += h
	}
	n := float64(*tasks) * float64(*tries)
	got := 4 * float64(hits) / n
	fmt.Printf("pi = %.6f\n", got)
	fmt.Fprintln(os.Stderr, "total time:", time.Since(start).Round(time.Millisecond))

	// Six standard errors: less than two seeds in a thousand million stray further.
	if off, bound := math.Abs(got-math.Pi), 6*math.Sqrt(math.Pi*(4-math.Pi)/n); !(off <= bound) {
		return fmt.Errorf("%v is off by %v, more than %v", got, off, bound)
	}
	return nil
}

// numbers yields 0, 1, ..., n-1.
func numbers(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

func main() {
	flag.Parse()
	Throw.Handle(throw)
	futures.Main(run)
}
