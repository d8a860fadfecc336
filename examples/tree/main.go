// Command tree walks a random tree with a nested Map at every node. Each node is a task of random length (Weibull
// distributed: many short ones, few long ones) with a random number of children, so no division of the work made
// beforehand would be even.
//
// After SCOOP's examples/tree (TreeGen.py, Tree.py, scoop_tree.py), which keeps the tree in a file that every process
// loads; here every process grows the same tree from the seed, and a task is one node's number.
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

// Sum is what a walk brings up.
type Sum struct {
	Leaves int
	Work   uint64 // digest of the work of all nodes: shows that each was done, once
}

// Walk does the work of a node and of all below it.
var Walk = futures.Declare[int, Sum]("tree.walk")

func walk(ctx context.Context, id int) (Sum, error) {
	node := grown()[id]
	sum := Sum{Work: node.work()}
	if len(node.children) == 0 {
		sum.Leaves = 1
	}
	for s, err := range futures.Map(ctx, Walk, slices.Values(node.children)) {
		if err != nil {
			return Sum{}, err
		}
		sum = sum.plus(s)
	}
	return sum, nil
}

func (s Sum) plus(t Sum) Sum { return Sum{s.Leaves + t.Leaves, s.Work + t.Work} }

func run(ctx context.Context) error {
	tree := grown()
	start := time.Now()
	got, err := walk(ctx, 0)
	if err != nil {
		return err
	}
	parallel := time.Since(start)

	start = time.Now()
	var want Sum
	for _, node := range tree {
		leaf := 0
		if len(node.children) == 0 {
			leaf = 1
		}
		want = want.plus(Sum{leaf, node.work()})
	}
	fmt.Fprintf(os.Stderr, "in parallel: %v, serially: %v\n", parallel, time.Since(start))
	fmt.Printf("nodes: %d\nleaves: %d\ndigest: %016x\n", len(tree), got.Leaves, got.Work)
	if got != want {
		return fmt.Errorf("got %+v, want %+v", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Walk.Handle(walk)
	futures.Main(run)
}
