// Command recurse is a task that maps itself over two children, twelve levels deep: 2^12 leaves, 8190 tasks.
// A task that waits for its children holds no worker.
//
// After SCOOP's examples/recurse.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

var depth = flag.Int("depth", 12, "levels of recursion (0 to 30)")

// Leaves counts the leaves below a node of the given level.
var Leaves = futures.Declare[int, int]("recurse.leaves")

// leaves counts the leaves of a full binary tree the slow way.
func leaves(ctx context.Context, level int) (int, error) {
	if level == 0 {
		return 1, nil
	}
	sum := 0
	for n, err := range futures.Map(ctx, Leaves, slices.Values([]int{level - 1, level - 1})) {
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func run(ctx context.Context) error {
	if *depth < 0 || *depth > 30 {
		return fmt.Errorf("-depth %d is not within 0 to 30", *depth)
	}
	got, err := leaves(ctx, *depth)
	if err != nil {
		return err
	}
	fmt.Printf("2^%d = %d\n", *depth, got)
	if want := 1 << *depth; got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Leaves.Handle(leaves)
	futures.Main(run)
}
