// Command mapreduce adds up the lists [a, a, ..., a] of length a for all a < 1000 and adds the sums, in a tree of
// tasks: parts are reduced where they are, and only sums travel.
//
// After SCOOP's examples/map_reduce.py. Each task pretends to work for -work; the serial run then takes a thousand
// times that. Times go to standard error, the answer to standard output.
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var (
	lists = flag.Int("lists", 1000, "number of lists")
	work  = flag.Duration("work", 10*time.Millisecond, "pretended work of each task")
)

// Sum adds up one list; Add reduces two sums to one.
var (
	Sum = futures.Declare[[]int, int]("mapreduce.sum")
	Add = futures.Declare[[2]int, int]("mapreduce.add")
)

func sum(_ context.Context, list []int) (int, error) {
	time.Sleep(*work) // stands for work, so it holds the worker; real waiting would use futures.Blocking
	s := 0
	for _, x := range list {
		s += x
	}
	return s, nil
}

func add(_ context.Context, p [2]int) (int, error) { return p[0] + p[1], nil }

// inputs yields [], [1], [2, 2], [3, 3, 3], ...
func inputs(n int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for a := 0; a < n && yield(slices.Repeat([]int{a}, a)); a++ {
		}
	}
}

func run(ctx context.Context) error {
	start := time.Now()
	got, err := futures.MapReduce(ctx, Sum, Add, inputs(*lists))
	if err != nil {
		return err
	}
	fmt.Println("in parallel:", got)
	fmt.Fprintln(os.Stderr, "in parallel:", time.Since(start).Round(time.Millisecond))

	start = time.Now()
	want := 0
	for list := range inputs(*lists) {
		s, _ := sum(ctx, list)
		want += s
	}
	fmt.Println("serially:   ", want)
	fmt.Fprintln(os.Stderr, "serially:   ", time.Since(start).Round(time.Millisecond))
	if got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Sum.Handle(sum)
	Add.Handle(add)
	futures.Main(run)
}
