// Command mapascompleted maps one function twice: in input order, then in the order of completion, which lets the
// consumer start on whatever is ready. The second ten lines come in any order.
//
// After SCOOP's examples/map_as_completed.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

// Identity returns its argument.
var Identity = futures.Declare[int, int]("mapascompleted.identity")

func run(ctx context.Context) error {
	inputs := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}

	var ordered []int
	for i, err := range futures.Map(ctx, Identity, slices.Values(inputs)) {
		if err != nil {
			return err
		}
		fmt.Printf("Hello from #%d!\n", i)
		ordered = append(ordered, i)
	}
	if !slices.Equal(ordered, inputs) {
		return fmt.Errorf("got %v from Map, want %v", ordered, inputs)
	}

	var unordered []int
	for i, err := range futures.MapUnordered(ctx, Identity, slices.Values(inputs)) {
		if err != nil {
			return err
		}
		fmt.Printf("Hello from #%d!\n", i)
		unordered = append(unordered, i)
	}
	if slices.Sort(unordered); !slices.Equal(unordered, inputs) {
		return fmt.Errorf("got %v from MapUnordered, sorted, want %v", unordered, inputs)
	}
	return nil
}

func main() {
	flag.Parse()
	Identity.Handle(func(_ context.Context, i int) (int, error) { return i, nil })
	futures.Main(run)
}
