package main

import (
	"context"
	"fmt"

	"github.com/scoopp2p/scoopp2p/futures"
)

var chainTask = futures.Declare[int, int]("local/chain")

// chainFutures nests n futures: each has one child and waits for it.
func chainFutures(ctx context.Context, n int) (int, error) {
	if n == 0 {
		return 0, nil
	}
	below, err := futures.Submit(ctx, chainTask, n-1).Result(ctx)
	return below + 1, err
}

// chainPlain is the sequential twin: one stack, which grows by copying.
func chainPlain(n int) (int, error) {
	if n == 0 {
		return 0, nil
	}
	below, err := chainPlain(n - 1)
	return below + 1, err
}

func chainChannels(n int) (int, error) {
	if n == 0 {
		return 0, nil
	}
	type outcome struct {
		v   int
		err error
	}
	below := make(chan outcome, 1)
	go func() {
		v, err := chainChannels(n - 1)
		below <- outcome{v, err}
	}()
	o := <-below
	return o.v + 1, o.err
}

func chainContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	n, small := b.pick(1_000_000, 20_000), b.pick(100_000, 2_000)
	measure := func(n int, chain func(int) (int, error)) ([]figure, error) {
		return per("future", n, func() error {
			got, err := chain(n)
			if err == nil && got != n {
				err = fmt.Errorf("a chain of %d counts %d", n, got)
			}
			return err
		})
	}
	size := func(n int) string { return fmt.Sprintf("depth %d", n) }
	return []candidate{
		b.ours(oursName, size(n), func(ctx context.Context) ([]figure, error) {
			return measure(n, func(n int) (int, error) { return chainFutures(ctx, n) })
		}),
		twin(size(n), func(context.Context) ([]figure, error) { return measure(n, chainPlain) }),
		{name: channels, size: size(small), round: func(context.Context) ([]figure, error) { return measure(small, chainChannels) }},
	}, nil
}
