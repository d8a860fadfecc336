// Command treetraversal finds the depth of a large random search tree. The tree is a constant: about two megabytes that
// reach each peer at most once, whereas a task is only the number of a node.
//
// After SCOOP's examples/tree_traversal.py (its tree, made by Python's generator, has depth 40). Times go to
// standard error, the answer to standard output.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var (
	nodes  = flag.Int("nodes", 128_000, "values inserted into the tree")
	levels = flag.Int("levels", 2, "levels whose branches are tasks; below them one task walks alone")
	seed   = flag.Uint64("seed", 314159265, "seed of the values")
)

// Tree is a binary search tree in flat arrays, which encode far better than pointers. Node 0 is the root and no
// node's child, so child 0 means none.
type Tree struct {
	Key         []int64
	Left, Right []int32
}

func (t *Tree) insert(key int64) {
	if len(t.Key) > 0 {
		link := t.link(0, key)
		for *link != 0 {
			link = t.link(*link, key)
		}
		*link = int32(len(t.Key))
	}
	t.Key, t.Left, t.Right = append(t.Key, key), append(t.Left, 0), append(t.Right, 0)
}

// link is where the child of node on the side of key hangs.
func (t *Tree) link(node int32, key int64) *int32 {
	if key <= t.Key[node] {
		return &t.Left[node]
	}
	return &t.Right[node]
}

// depth counts the edges on the longest way down from node.
func (t *Tree) depth(node int32) int {
	deepest := 0
	for _, child := range [...]int32{t.Left[node], t.Right[node]} {
		if child != 0 {
			deepest = max(deepest, 1+t.depth(child))
		}
	}
	return deepest
}

// Branch is what one task walks: the branch below a node.
type Branch struct {
	Node   int32
	Levels int // levels of tasks still to come
}

// Whole is the tree; Depth is the depth of one branch of it.
var (
	Whole = futures.DeclareConst[*Tree]("treetraversal.tree")
	Depth = futures.Declare[Branch, int]("treetraversal.depth")
)

func depth(ctx context.Context, b Branch) (int, error) {
	tree, err := Whole.Get(ctx)
	if err != nil {
		return 0, err
	}
	if b.Levels <= 0 {
		return tree.depth(b.Node), nil
	}
	branches := func(yield func(Branch) bool) {
		for _, child := range [...]int32{tree.Left[b.Node], tree.Right[b.Node]} {
			if child != 0 && !yield(Branch{child, b.Levels - 1}) {
				return
			}
		}
	}
	deepest := 0
	for d, err := range futures.Map(ctx, Depth, branches) {
		if err != nil {
			return 0, err
		}
		deepest = max(deepest, 1+d)
	}
	return deepest, nil
}

func run(ctx context.Context) error {
	r := rand.New(rand.NewPCG(*seed, 0))
	tree := new(Tree)
	for range max(*nodes, 1) {
		tree.insert(int64(r.Uint64()))
	}
	if err := Whole.Set(ctx, tree); err != nil {
		return err
	}
	start := time.Now()
	got, err := futures.Submit(ctx, Depth, Branch{0, *levels}).Result(ctx)
	if err != nil {
		return err
	}
	parallel := time.Since(start)
	start = time.Now()
	want := tree.depth(0)
	fmt.Fprintf(os.Stderr, "in parallel: %v, serially: %v\n", parallel, time.Since(start))
	fmt.Printf("Parallel result: %d\nSerial result:   %d\n", got, want)
	if got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Depth.Handle(depth)
	futures.Main(run)
}
