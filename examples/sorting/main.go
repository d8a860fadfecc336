// Command sorting is merge sort with its first levels in parallel: the data themselves travel, there and back, so it
// shows what that costs rather than what it gains.
//
// After SCOOP's examples/sorting.py. Times go to standard error, the answer to standard output.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var (
	n      = flag.Int("n", 10_000, "numbers to sort")
	levels = flag.Int("levels", 3, "levels of merge sort that are tasks; below them one task sorts alone")
	seed   = flag.Uint64("seed", 1, "seed of the numbers")
)

// Part is what one task sorts.
type Part struct {
	Values []int64
	Levels int // levels of tasks still to come
}

// Sort sorts one part.
var Sort = futures.Declare[Part, []int64]("sorting.sort")

// mergesort leaves its input alone: on one peer it is the caller's own slice.
func mergesort(ctx context.Context, p Part) ([]int64, error) {
	if p.Levels <= 0 || len(p.Values) < 2 {
		return serial(p.Values), nil
	}
	middle := len(p.Values) / 2
	left := futures.Submit(ctx, Sort, Part{p.Values[:middle], p.Levels - 1})
	right, err := mergesort(ctx, Part{p.Values[middle:], p.Levels - 1})
	if err != nil {
		return nil, err
	}
	l, err := left.Result(ctx)
	if err != nil {
		return nil, err
	}
	return merge(l, right), nil
}

func serial(values []int64) []int64 {
	if len(values) < 2 {
		return slices.Clone(values)
	}
	middle := len(values) / 2
	return merge(serial(values[:middle]), serial(values[middle:]))
}

func merge(a, b []int64) []int64 {
	out := make([]int64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

func run(ctx context.Context) error {
	r := rand.New(rand.NewPCG(*seed, 0))
	values := make([]int64, *n)
	for i := range values {
		values[i] = int64(r.Uint64())
	}
	start := time.Now()
	got, err := mergesort(ctx, Part{values, *levels})
	if err != nil {
		return err
	}
	parallel := time.Since(start)

	start = time.Now()
	want := serial(values)
	fmt.Fprintf(os.Stderr, "in parallel: %v, serially: %v\n", parallel, time.Since(start))
	sum := crc32.NewIEEE()
	for _, v := range got {
		fmt.Fprintln(sum, v)
	}
	fmt.Printf("sorted %d numbers, checksum %08x\n", len(got), sum.Sum32())
	if !slices.IsSorted(got) || !slices.Equal(got, want) {
		return errors.New("the parallel and the serial order differ")
	}
	return nil
}

func main() {
	flag.Parse()
	Sort.Handle(mergesort)
	futures.Main(run)
}
