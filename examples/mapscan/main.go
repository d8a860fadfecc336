// Command mapscan gives the running totals of a mapped sequence: result i reduces the inputs 0 to i.
//
// After SCOOP's examples/map_scan.py, whose answer is wrong from the third element on (SCOOP prints
// [0 1 4 9 30 25 61 49 64 285]); the serial totals beside it tell.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

// Sum adds up one list; Add combines the total so far with the next sum.
var (
	Sum = futures.Declare[[]int, int]("mapscan.sum")
	Add = futures.Declare[[2]int, int]("mapscan.add")
)

func sum(_ context.Context, list []int) (int, error) {
	s := 0
	for _, x := range list {
		s += x
	}
	return s, nil
}

func run(ctx context.Context) error {
	var lists [][]int
	var want []int
	total := 0
	for a := range 10 {
		lists = append(lists, slices.Repeat([]int{a}, a))
		total += a * a
		want = append(want, total)
	}
	got, err := futures.Collect(futures.MapScan(ctx, Sum, Add, slices.Values(lists)))
	if err != nil {
		return err
	}
	fmt.Println(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Sum.Handle(sum)
	Add.Handle(func(_ context.Context, p [2]int) (int, error) { return p[0] + p[1], nil })
	futures.Main(run)
}
