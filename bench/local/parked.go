package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

// A gate is what a crowd of tasks waits for at once.
type gate struct {
	open, full chan struct{}
	waiting    atomic.Int64 // tasks that are about to join
	crowd      int64
}

func newGate(crowd int) *gate {
	return &gate{open: make(chan struct{}), full: make(chan struct{}), crowd: int64(crowd)}
}

// arrive counts one task that is about to join.
func (g *gate) arrive() {
	if g.waiting.Add(1) == g.crowd {
		close(g.full)
	}
}

// A waiter is one of the crowd.
type waiter struct {
	gate   *gate
	opened futures.Future[int]
}

var (
	gateTask   = futures.Declare[*gate, int]("local/gate")
	waiterTask = futures.Declare[waiter, int]("local/waiter")
)

// waitForGate runs until the gate is opened, without a worker: it has begun, so that no join can run it in place.
func waitForGate(ctx context.Context, g *gate) (int, error) {
	futures.Blocking(ctx, func() { <-g.open })
	return 1, nil
}

func waitForOther(ctx context.Context, w waiter) (int, error) {
	w.gate.arrive()
	return w.opened.Result(ctx)
}

// gather has n tasks park in a join, weighs them, opens the gate and joins them.
func gather(ctx context.Context, n int) ([]figure, error) {
	g := newGate(n)
	fs := make([]futures.Future[int], n)
	before := inUse()
	start := time.Now()
	opened := futures.Submit(ctx, gateTask, g)
	for i := range fs {
		fs[i] = futures.Submit(ctx, waiterTask, waiter{g, opened})
	}
	futures.Blocking(ctx, func() { <-g.full })
	took := time.Since(start)
	parked := inUse()
	start = time.Now()
	close(g.open)
	sum := 0
	for _, f := range fs {
		v, err := f.Result(ctx)
		if err != nil {
			return nil, err
		}
		sum += v
	}
	return crowd(n, sum, took+time.Since(start), before, parked)
}

// gatherGoroutines is the same with a goroutine for each, which waits for a closed channel.
func gatherGoroutines(n int) ([]figure, error) {
	g := newGate(n)
	var sum atomic.Int64
	var join sync.WaitGroup
	before := inUse()
	start := time.Now()
	for range n {
		join.Go(func() {
			g.arrive()
			<-g.open
			sum.Add(1)
		})
	}
	<-g.full
	took := time.Since(start)
	parked := inUse()
	start = time.Now()
	close(g.open)
	join.Wait()
	return crowd(n, int(sum.Load()), took+time.Since(start), before, parked)
}

// crowd checks the answer and makes the figures.
func crowd(n, sum int, took time.Duration, before, parked uint64) ([]figure, error) {
	if sum != n {
		return nil, fmt.Errorf("%d waiters saw the gate open, want %d", sum, n)
	}
	return []figure{
		{"ns/join", perUnit(took, n)},
		{"B/parked", max(0, float64(parked)-float64(before)) / float64(n)},
	}, nil
}

func parkedContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	n := b.pick(1_000_000, 2_000)
	size := fmt.Sprintf("%d at once", n)
	return []candidate{
		b.ours(oursName, size, func(ctx context.Context) ([]figure, error) { return gather(ctx, n) }),
		{name: channels, size: size + "; no results", round: func(context.Context) ([]figure, error) { return gatherGoroutines(n) }},
	}, nil
}
