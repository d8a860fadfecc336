package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/alitto/pond/v2"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc"

	"github.com/scoopp2p/scoopp2p/futures"
)

// Fib without a cut-off: every call but the leaves makes one future. Nobody should compute fib like this; that is the point,
// because nothing but spawn and join costs.
var fibTask = futures.Declare[int, int]("local/fib")

func fibFutures(ctx context.Context, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	left := futures.Submit(ctx, fibTask, n-1)
	right, err := fibFutures(ctx, n-2)
	if err != nil {
		return 0, err
	}
	l, err := left.Result(ctx)
	return l + right, err
}

// fibPlain is the sequential twin: the same recursion with plain calls, and an error as the tasks have it.
func fibPlain(n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	left, err := fibPlain(n - 1)
	if err != nil {
		return 0, err
	}
	right, err := fibPlain(n - 2)
	return left + right, err
}

// fibLoop reveals the joke, and checks the others.
func fibLoop(n int) int {
	a, b := 0, 1
	for range n {
		a, b = b, a+b
	}
	return a
}

// spawns is the number of futures that fib(n) makes, which is that of its calls with n of two and more.
func spawns(n int) int { return fibLoop(n+1) - 1 }

func fibChannels(n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	type outcome struct {
		v   int
		err error
	}
	left := make(chan outcome, 1)
	go func() {
		v, err := fibChannels(n - 1)
		left <- outcome{v, err}
	}()
	right, err := fibChannels(n - 2)
	if err != nil {
		return 0, err
	}
	l := <-left
	return l.v + right, l.err
}

func fibWaitGroup(n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	var left int
	var leftErr error
	var join sync.WaitGroup
	join.Go(func() { left, leftErr = fibWaitGroup(n - 1) })
	right, err := fibWaitGroup(n - 2)
	join.Wait()
	if err == nil {
		err = leftErr
	}
	return left + right, err
}

func fibConc(n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	var left int
	var leftErr error
	var join conc.WaitGroup
	join.Go(func() { left, leftErr = fibConc(n - 1) })
	right, err := fibConc(n - 2)
	join.Wait()
	if err == nil {
		err = leftErr
	}
	return left + right, err
}

func fibAnts(p *ants.Pool, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	var left int
	var leftErr error
	var join sync.WaitGroup
	join.Add(1)
	if err := p.Submit(func() {
		defer join.Done()
		left, leftErr = fibAnts(p, n-1)
	}); err != nil {
		return 0, err
	}
	right, err := fibAnts(p, n-2)
	join.Wait()
	if err == nil {
		err = leftErr
	}
	return left + right, err
}

func fibPond(p pond.ResultPool[int], n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	left := p.SubmitErr(func() (int, error) { return fibPond(p, n-1) })
	right, err := fibPond(p, n-2)
	if err != nil {
		return 0, err
	}
	l, err := left.Wait()
	return l + right, err
}

func fibContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	a, err := b.ants(unbounded)
	if err != nil {
		return nil, err
	}
	p := pondOf[int](b, unbounded)
	n, middle, small := b.pick(32, 18), b.pick(25, 12), b.pick(20, 10)
	measure := func(n int, fib func(int) (int, error)) ([]figure, error) {
		return per("spawn", spawns(n), func() error {
			got, err := fib(n)
			if err == nil && got != fibLoop(n) {
				err = fmt.Errorf("fib(%d) = %d, want %d", n, got, fibLoop(n))
			}
			return err
		})
	}
	rival := func(name string, n int, note string, fib func(int) (int, error)) candidate {
		return candidate{name: name, size: fmt.Sprintf("n = %d", n) + note, round: func(context.Context) ([]figure, error) {
			return measure(n, fib)
		}}
	}
	full := fmt.Sprintf("n = %d", n)
	return []candidate{
		b.ours(oursName, full, func(ctx context.Context) ([]figure, error) {
			return measure(n, func(n int) (int, error) { return fibFutures(ctx, n) })
		}),
		twin(full, func(context.Context) ([]figure, error) { return measure(n, fibPlain) }),
		rival(channels, middle, "", fibChannels),
		rival(waitGroups, middle, "", fibWaitGroup),
		rival("conc.WaitGroup", middle, "", fibConc),
		rival("ants", small, why, func(n int) (int, error) { return fibAnts(a, n) }),
		rival("pond", small, why, func(n int) (int, error) { return fibPond(p, n) }),
	}, nil
}
