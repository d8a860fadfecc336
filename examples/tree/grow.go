package main

import (
	"flag"
	"math"
	"math/rand/v2"
	"sync"
)

var (
	height   = flag.Int("height", 5, "height of the tree at most")
	children = flag.Int("children", 8, "children of a node at most")
	alpha    = flag.Float64("alpha", 1, "shape of the Weibull distribution of task lengths: smaller is more uneven")
	mean     = flag.Float64("mean", 100_000, "scale of the task lengths, in steps of about a nanosecond")
	seed     = flag.Uint64("seed", 7, "seed of the tree")
)

type node struct {
	steps    int
	children []int // numbers of nodes
}

// grown is the tree by node number, root first; each process of the job grows it once.
var grown = sync.OnceValue(func() []node {
	r := rand.New(rand.NewPCG(*seed, 0))
	var tree []node
	var grow func(height int) int
	grow = func(height int) int {
		id := len(tree)
		tree = append(tree, node{steps: int(*mean * math.Pow(r.ExpFloat64(), 1 / *alpha))})
		if height <= 0 {
			return id
		}
		for range r.IntN(*children + 1) {
			child := grow(height - 1)
			tree[id].children = append(tree[id].children, child)
		}
		return id
	}
	grow(*height)
	return tree
})

// work runs a chain of multiplications that nothing can shorten.
func (n node) work() uint64 {
	x := uint64(n.steps)
	for range n.steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}
