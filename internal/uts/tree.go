// Package uts makes the trees of the Unbalanced Tree Search benchmark (Olivier et al., UTS: An Unbalanced Tree Search
// Benchmark, LCPC 2006), by which work stealers are judged: a node's children follow from a cryptographic hash, so nobody
// can know how large a branch is without walking it. It is pure; the programs that walk the trees in parallel bring their
// own tasks.
package uts

import (
	"crypto/sha1" //nolint:gosec // the benchmark's generator, not cryptography
	"encoding/binary"
	"math"
)

// Kind is the law for the number of children of a node.
type Kind int

// The laws.
const (
	Geometric Kind = iota // a geometric variable whose mean depends on the depth alone
	Binomial              // M with probability Q, otherwise none; the root has B
	Hybrid                // geometric in the upper half of the depth limit, binomial below
)

// Shape is the course of the mean of a geometric tree over the depth.
type Shape int

// The courses.
const (
	Linear Shape = iota // falls evenly to none at the limit
	Cyclic              // waxes and wanes; none beyond five times the limit
	Fixed               // the same at every depth above the limit, where it ends
)

const maxChildren = 100 // of a node of a geometric tree, by definition

// Tree has the parameters of one unbalanced tree, with the flags of the original program beside them.
type Tree struct {
	Kind  Kind    // -t
	Shape Shape   // -a
	B     float64 // -b, mean number of children of the root
	Limit int     // -d, depth
	Q     float64 // -q, probability that a node of a binomial tree has children
	M     int     // -m, number of these
	Seed  uint32  // -r
}

// Node is the state of the splittable random generator at one node: all there is to know of what lies below.
type Node struct {
	State [sha1.Size]byte
	Depth int32
}

// Count is what a walk brings up.
type Count struct {
	Nodes, Leaves int64
	Depth         int32 // of the deepest node
}

// Plus adds the counts of two disjoint parts of a tree.
func (c Count) Plus(d Count) Count {
	return Count{c.Nodes + d.Nodes, c.Leaves + d.Leaves, max(c.Depth, d.Depth)}
}

// Root seeds the generator.
func (t *Tree) Root() Node {
	var in [20]byte // sixteen zeros and the seed
	binary.BigEndian.PutUint32(in[16:], t.Seed)
	return Node{State: sha1.Sum(in[:])}
}

// Child is child number i of n.
func (n *Node) Child(i int) Node {
	var in [sha1.Size + 4]byte
	copy(in[:], n.State[:])
	binary.BigEndian.PutUint32(in[sha1.Size:], uint32(i))
	return Node{State: sha1.Sum(in[:]), Depth: n.Depth + 1}
}

// uniform is the node's random number, in [0, 1).
func (n *Node) uniform() float64 {
	return float64(binary.BigEndian.Uint32(n.State[16:])&math.MaxInt32) / (1 << 31)
}

// Children is the number of children of n.
func (t *Tree) Children(n *Node) int {
	switch {
	case t.Kind == Binomial && n.Depth == 0:
		return int(t.B)
	case t.Kind == Binomial, t.Kind == Hybrid && 2*int(n.Depth) >= t.Limit:
		if n.uniform() < t.Q {
			return t.M
		}
		return 0
	}
	mean := t.mean(int(n.Depth))
	if mean <= 0 {
		return 0
	}
	p := 1 / (1 + mean)
	return min(int(math.Floor(math.Log(1-n.uniform())/math.Log(1-p))), maxChildren)
}

// mean is the mean number of children of a node of a geometric tree.
func (t *Tree) mean(depth int) float64 {
	switch {
	case depth == 0:
		return t.B
	case t.Shape == Linear:
		return t.B * (1 - float64(depth)/float64(t.Limit))
	case t.Shape == Cyclic && depth <= 5*t.Limit:
		return math.Pow(t.B, math.Sin(2*math.Pi*float64(depth)/float64(t.Limit)))
	case t.Shape == Fixed && depth < t.Limit:
		return t.B
	}
	return 0
}

// Count walks the tree below n alone: the sequential twin of the parallel programs.
func (t *Tree) Count(n Node) Count {
	sum := Count{Nodes: 1, Depth: n.Depth}
	k := t.Children(&n)
	if k == 0 {
		sum.Leaves = 1
	}
	for i := range k {
		sum = sum.Plus(t.Count(n.Child(i)))
	}
	return sum
}
