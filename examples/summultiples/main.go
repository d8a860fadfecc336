// Command summultiples adds the numbers below a million that are multiples of 3 or of 5. The parts are sets, each
// listed by one task; the reduction is the union of two sets: results far larger than their inputs.
//
// After SCOOP's examples/sum_multiples.py. Times go to standard error, the answer to standard output.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var below = flag.Int("below", 1_000_000, "the numbers are smaller than this")

// Multiples lists one set; Union reduces two sets to one.
var (
	Multiples = futures.Declare[int, []int]("summultiples.multiples")
	Union     = futures.Declare[[2][]int, []int]("summultiples.union")
)

// multiples lists the multiples of k, ascending.
func multiples(_ context.Context, k int) ([]int, error) {
	if k < 1 {
		return nil, fmt.Errorf("multiples of %d have no end", k)
	}
	var ms []int
	for m := 0; m < *below; m += k {
		ms = append(ms, m)
	}
	return ms, nil
}

// union merges two ascending lists without repeating what they share.
func union(_ context.Context, sets [2][]int) ([]int, error) {
	a, b := sets[0], sets[1]
	out := make([]int, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		x, y := a[0], b[0]
		if x <= y {
			a = a[1:]
		}
		if y <= x {
			b = b[1:]
		}
		out = append(out, min(x, y))
	}
	return append(append(out, a...), b...), nil
}

func run(ctx context.Context) error {
	start := time.Now()
	set, err := futures.MapReduce(ctx, Multiples, Union, slices.Values([]int{3, 5}))
	if err != nil {
		return err
	}
	got := 0
	for _, m := range set {
		got += m
	}
	parallel := time.Since(start)

	start = time.Now()
	want := 0
	for m := range *below {
		if m%3 == 0 || m%5 == 0 {
			want += m
		}
	}
	fmt.Fprintf(os.Stderr, "in parallel: %v, serially: %v\n", parallel, time.Since(start))
	fmt.Println(got)
	if got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Multiples.Handle(multiples)
	Union.Handle(union)
	futures.Main(run)
}
