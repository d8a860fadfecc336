package worker

import (
	"context"
	"sync/atomic"
)

// Nest gives the items of a range a context of their own each, without a task of their own: what an item submitted and did
// not wait for is cancelled when it returns, as if it were a task. Items that leave nothing behind share one frame.
type Nest struct {
	outer *Frame
	inner *Frame
	depth int
}

// Nest begins a nest inside of f, on f's own goroutine.
func (f *Frame) Nest() Nest {
	n := Nest{outer: f, depth: f.strand.depth}
	n.inner = f.strand.push(f, f.t, f.epoch)
	n.inner.nested = true
	return n
}

// Context is the context of the present item.
func (n *Nest) Context() context.Context { return n.inner }

// Used reports whether the present item has submitted anything or shown its context to anybody: then Next must follow.
func (n *Nest) Used() bool {
	f := n.inner
	return len(f.strand.kids) != f.base || f.seen.Load()
}

// Next gives the next item a context of its own.
func (n *Nest) Next() {
	n.End()
	*n = n.outer.Nest()
}

// End ends the nest. It may be called while the goroutine unwinds.
func (n *Nest) End() { n.outer.strand.unwind(n.depth) }

// Starved reports whether the frame's worker has nothing queued that a thief could take. The caller is the frame's own
// goroutine.
func (f *Frame) Starved() bool {
	w := f.strand.w
	if w == nil {
		return false
	}
	w.share() // what was put up while nobody hungered
	return w.n == 0 && w.public.Len() == 0
}

// Hunger is not 0 while somebody looks for work. It is for those who run many items between two looks at anything else.
func (f *Frame) Hunger() *atomic.Int32 { return &f.strand.pool.hungry }
