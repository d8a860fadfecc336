package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/uts"
)

var walkTask = futures.Declare[uts.Node, uts.Count]("local/walk")

// forest is the tree of the present contest. It changes between contests only, while no task runs.
var forest *uts.Tree

// nearChildren is how many handles fit on the stack of a walk; nodes with more are rare.
const nearChildren = 16

func walkFutures(ctx context.Context, n uts.Node) (uts.Count, error) {
	sum := uts.Count{Nodes: 1, Depth: n.Depth}
	k := forest.Children(&n)
	if k == 0 {
		sum.Leaves = 1
		return sum, nil
	}
	var near [nearChildren]futures.Future[uts.Count]
	children := near[:0]
	for i := range k {
		children = append(children, futures.Submit(ctx, walkTask, n.Child(i)))
	}
	for _, child := range slices.Backward(children) { // newest first: what nobody has stolen runs in place
		c, err := child.Result(ctx)
		if err != nil {
			return uts.Count{}, err
		}
		sum = sum.Plus(c)
	}
	return sum, nil
}

// walkWaitGroup is a goroutine for each node.
func walkWaitGroup(n uts.Node) uts.Count {
	sum := uts.Count{Nodes: 1, Depth: n.Depth}
	k := forest.Children(&n)
	if k == 0 {
		sum.Leaves = 1
		return sum
	}
	counts := make([]uts.Count, k)
	var join sync.WaitGroup
	for i := range k {
		join.Go(func() { counts[i] = walkWaitGroup(n.Child(i)) })
	}
	join.Wait()
	for _, c := range counts {
		sum = sum.Plus(c)
	}
	return sum
}

// byHand is the walk of a Go programmer who cares: a subtree becomes a goroutine only while a processor is free, and sums
// are kept per goroutine, so that nobody joins before the end.
type byHand struct {
	group   errgroup.Group
	workers int32
	running atomic.Int32
	mu      sync.Mutex
	total   uts.Count
}

func walkByHand(root uts.Node, workers int) (uts.Count, error) {
	h := &byHand{workers: int32(workers)}
	h.group.SetLimit(workers)
	h.spawn(root)
	err := h.group.Wait()
	return h.total, err
}

// spawn walks a subtree in a goroutine of its own, if one is free.
func (h *byHand) spawn(n uts.Node) bool {
	return h.group.TryGo(func() error {
		h.running.Add(1)
		var sum uts.Count
		h.walk(n, &sum)
		h.running.Add(-1)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.total = h.total.Plus(sum)
		return nil
	})
}

func (h *byHand) walk(n uts.Node, sum *uts.Count) {
	k := forest.Children(&n)
	if k == 0 {
		*sum = sum.Plus(uts.Count{Nodes: 1, Leaves: 1, Depth: n.Depth})
		return
	}
	*sum = sum.Plus(uts.Count{Nodes: 1, Depth: n.Depth})
	for i := range k {
		if child := n.Child(i); h.running.Load() >= h.workers || !h.spawn(child) {
			h.walk(child, sum)
		}
	}
}

// prune gives a tree of the same law that is small enough for a goroutine each, and for -quick: a binomial one with fewer
// children at the root, whose branches are as unbalanced as ever, or the named one.
func prune(full uts.Sample, small string) uts.Sample {
	if s, ok := uts.Samples[small]; ok {
		return s
	}
	const branches = 20
	full.B = branches
	full.Want = full.Count(full.Root())
	return full
}

// utsContest walks a sample, and for what explodes on it or is in a hurry, a small one.
func utsContest(name, small string) func(*bench) ([]candidate, error) {
	return func(b *bench) ([]candidate, error) {
		if err := b.start(); err != nil {
			return nil, err
		}
		full := uts.Samples[name]
		pruned := prune(full, small)
		if b.quick {
			full = pruned
		}
		return walkers(b, full, pruned), nil
	}
}

func walkers(b *bench, full, pruned uts.Sample) []candidate {
	measure := func(s uts.Sample, walk func(uts.Node) (uts.Count, error)) func(context.Context) ([]figure, error) {
		return func(context.Context) ([]figure, error) {
			forest = &s.Tree
			return per("node", int(s.Want.Nodes), func() error {
				got, err := walk(s.Root())
				if err == nil && !s.Want.Agrees(got) {
					err = fmt.Errorf("counted %+v, want %+v", got, s.Want)
				}
				return err
			})
		}
	}
	size := func(s uts.Sample) string { return fmt.Sprintf("%d nodes", s.Want.Nodes) }
	return []candidate{
		b.ours(oursName, size(full), func(ctx context.Context) ([]figure, error) {
			return measure(full, func(n uts.Node) (uts.Count, error) { return futures.Submit(ctx, walkTask, n).Result(ctx) })(ctx)
		}),
		twin(size(full), measure(full, func(n uts.Node) (uts.Count, error) { return full.Count(n), nil })),
		{
			name: "errgroup, by hand", size: size(full) + "; a goroutine per free processor",
			round: measure(full, func(n uts.Node) (uts.Count, error) { return walkByHand(n, b.workers) }),
		},
		{
			name: waitGroups, size: size(pruned),
			round: measure(pruned, func(n uts.Node) (uts.Count, error) { return walkWaitGroup(n), nil }),
		},
	}
}
