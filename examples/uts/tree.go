package main

import (
	"crypto/sha1" //nolint:gosec // the benchmark's generator, not cryptography
	"encoding/binary"
	"math"
)

// kind is the law for the number of children of a node.
type kind int

const (
	geometric kind = iota // a geometric variable whose mean depends on the depth alone
	binomial              // m with probability q, otherwise none; the root has b
	hybrid                // geometric in the upper half of the depth limit, binomial below
)

// shape is the course of the mean of a geometric tree over the depth.
type shape int

const (
	linear shape = iota // falls evenly to none at the limit
	cyclic              // waxes and wanes; none beyond five times the limit
	fixed               // the same at every depth above the limit, where it ends
)

const maxChildren = 100 // of a node of a geometric tree, by definition

// tree has the parameters of one unbalanced tree, by the letters of the original program's flags.
type tree struct {
	kind  kind    // -t
	shape shape   // -a
	b     float64 // mean number of children of the root
	limit int     // -d, depth
	q     float64 // probability that a node of a binomial tree has children
	m     int     // number of these
	seed  uint32  // -r
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

func (c Count) plus(d Count) Count {
	return Count{c.Nodes + d.Nodes, c.Leaves + d.Leaves, max(c.Depth, d.Depth)}
}

// root seeds the generator.
func (t *tree) root() Node {
	var in [20]byte // sixteen zeros and the seed
	binary.BigEndian.PutUint32(in[16:], t.seed)
	return Node{State: sha1.Sum(in[:])}
}

// child is child number i of n.
func (n *Node) child(i int) Node {
	var in [sha1.Size + 4]byte
	copy(in[:], n.State[:])
	binary.BigEndian.PutUint32(in[sha1.Size:], uint32(i))
	return Node{State: sha1.Sum(in[:]), Depth: n.Depth + 1}
}

// uniform is the node's random number, in [0, 1).
func (n *Node) uniform() float64 {
	return float64(binary.BigEndian.Uint32(n.State[16:])&math.MaxInt32) / (1 << 31)
}

// children is the number of children of n.
func (t *tree) children(n *Node) int {
	switch {
	case t.kind == binomial && n.Depth == 0:
		return int(t.b)
	case t.kind == binomial, t.kind == hybrid && 2*int(n.Depth) >= t.limit:
		if n.uniform() < t.q {
			return t.m
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
func (t *tree) mean(depth int) float64 {
	switch {
	case depth == 0:
		return t.b
	case t.shape == linear:
		return t.b * (1 - float64(depth)/float64(t.limit))
	case t.shape == cyclic && depth <= 5*t.limit:
		return math.Pow(t.b, math.Sin(2*math.Pi*float64(depth)/float64(t.limit)))
	case t.shape == fixed && depth < t.limit:
		return t.b
	}
	return 0
}

// count walks the tree below n alone: the sequential twin of the parallel program.
func (t *tree) count(n Node) Count {
	sum := Count{Nodes: 1, Depth: n.Depth}
	k := t.children(&n)
	if k == 0 {
		sum.Leaves = 1
	}
	for i := range k {
		sum = sum.plus(t.count(n.child(i)))
	}
	return sum
}
