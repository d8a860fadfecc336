package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// maxRound bounds one round of one candidate of ours: its tasks are cancelled then.
const maxRound = 2 * time.Minute

// play runs one contest: candidates take turns (A B C A B C …), so that whatever else the machine does meets all of them.
func (o *settings) play(c contest, workers int) (rows []Row, err error) {
	b := &bench{workers: workers, quick: o.quick}
	defer func() { err = errors.Join(err, b.close()) }()
	procs := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(procs)
	candidates, err := c.prepare(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	results := make([][][]figure, len(candidates)) // by candidate, round, figure
	for range o.rounds {
		for i, cand := range candidates {
			figs, err := cand.play(workers)
			if err != nil {
				return nil, fmt.Errorf("%s, %s, %d workers: %w", c.name, cand.name, workers, err)
			}
			results[i] = append(results[i], figs)
		}
	}
	for i, cand := range candidates {
		for j := range results[i][0] {
			got := figuresOf(results[i], j)
			ours := series{metric: got.metric}
			if candidates[0].name == oursName { // pingpong has no part for one worker
				ours = figuresLike(results[0], got.metric)
			}
			rows = append(rows, newRow(c, cand, workers, got, ours))
		}
	}
	return rows, nil
}

// play runs one round, on a clean heap: one candidate's garbage is not collected at the next one's cost.
func (c candidate) play(workers int) ([]figure, error) {
	procs := c.procs
	if procs == 0 {
		procs = workers
	}
	runtime.GOMAXPROCS(procs)
	runtime.GC()
	ctx, cancel := context.WithTimeout(context.Background(), maxRound)
	defer cancel()
	return c.round(ctx)
}

// figuresOf collects figure j of each round.
func figuresOf(rounds [][]figure, j int) (f series) {
	for _, figs := range rounds {
		f.metric = figs[j].metric
		f.values = append(f.values, figs[j].value)
	}
	return f
}

// figuresLike collects the figures of a metric; none if the candidate has no such metric.
func figuresLike(rounds [][]figure, metric string) series {
	for j, f := range rounds[0] {
		if f.metric == metric {
			return figuresOf(rounds, j)
		}
	}
	return series{metric: metric}
}
