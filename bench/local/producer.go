package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var noopTask = futures.Declare[int, int]("local/noop")

func noop(_ context.Context, n int) (int, error) { return n, nil }

// inUse returns the bytes of heap and stacks that are in use after a collection.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// production is the work of one producer: submit all, then await all. Handles are made room for beforehand.
type production struct {
	n      int
	submit func(i int) error
	open   func() // lets what was queued run, if it was held back
	await  func(i int) (int, error)
}

// figures runs it. Only with one worker, which the producer itself holds, is everything still queued when it is weighed.
func (p production) figures(workers int) ([]figure, error) {
	before := inUse()
	start := time.Now()
	for i := range p.n {
		if err := p.submit(i); err != nil {
			return nil, err
		}
	}
	took := time.Since(start)
	queued := inUse()
	start = time.Now()
	if p.open != nil {
		p.open()
	}
	for i := range p.n {
		if got, err := p.await(i); err != nil || got != i {
			return nil, fmt.Errorf("future %d: %d, %w", i, got, err)
		}
	}
	took += time.Since(start)
	figs := []figure{{"ns/future", perUnit(took, p.n)}}
	if workers == 1 {
		figs = append(figs, figure{"B/queued", max(0, float64(queued)-float64(before)) / float64(p.n)})
	}
	return figs, nil
}

func producerContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	n, small := b.pick(1_000_000, 20_000), b.pick(100_000, 2_000)
	pool := pondOf[int](b, b.workers)
	size := func(n int, note string) string { return fmt.Sprintf("%d futures", n) + note }
	return []candidate{
		b.ours(oursName, size(n, ""), func(ctx context.Context) ([]figure, error) {
			fs := make([]futures.Future[int], n)
			return production{
				n:      n,
				submit: func(i int) error { fs[i] = futures.Submit(ctx, noopTask, i); return nil },
				await:  func(i int) (int, error) { return fs[i].Result(ctx) },
			}.figures(b.workers)
		}),
		twin(size(n, ""), func(ctx context.Context) ([]figure, error) {
			return per("future", n, func() error {
				for i := range n {
					if got, err := noopPlain(ctx, i); err != nil || got != i {
						return fmt.Errorf("call %d: %d, %w", i, got, err)
					}
				}
				return nil
			})
		}),
		{name: channels, size: size(small, "; each is a stack"), round: func(context.Context) ([]figure, error) {
			open, results := make(chan struct{}), make([]chan int, small)
			return production{
				n: small,
				submit: func(i int) error {
					results[i] = make(chan int, 1)
					go func() { <-open; results[i] <- i }()
					return nil
				},
				open:  func() { close(open) },
				await: func(i int) (int, error) { return <-results[i], nil },
			}.figures(b.workers)
		}},
		{name: "pond", size: size(n, ""), round: func(context.Context) ([]figure, error) {
			open := make(chan struct{})
			for range b.workers {
				pool.Submit(func() int { <-open; return 0 })
			}
			waits := make([]func() (int, error), n)
			return production{
				n:      n,
				submit: func(i int) error { waits[i] = pool.Submit(func() int { return i }).Wait; return nil },
				open:   func() { close(open) },
				await:  func(i int) (int, error) { return waits[i]() },
			}.figures(b.workers)
		}},
	}, nil
}

// noopPlain is noop as a call that is not inlined.
//
//go:noinline
func noopPlain(ctx context.Context, n int) (int, error) { return noop(ctx, n) }
