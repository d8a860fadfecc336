package main

import "golang.org/x/sync/errgroup"

// chunked is the candidate that splits a slice by hand.
const chunked = "errgroup, chunks by hand"

// sumChunks sums f over xs, in chunks of a size that somebody has chosen for this very f and machine.
func sumChunks[X any, S int | uint64](xs []X, size, workers int, f func(X) S) (S, error) {
	sums := make([]S, (len(xs)+size-1)/size)
	var g errgroup.Group
	g.SetLimit(workers)
	for i := range sums {
		g.Go(func() error {
			var sum S
			for _, x := range xs[i*size : min((i+1)*size, len(xs))] {
				sum += f(x)
			}
			sums[i] = sum
			return nil
		})
	}
	err := g.Wait()
	var sum S
	for _, s := range sums {
		sum += s
	}
	return sum, err
}
