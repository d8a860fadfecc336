package main

import (
	"context"
	"fmt"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// stampTask returns the time of its first instruction, in nanoseconds since epoch.
var (
	stampTask = futures.Declare[int, int64]("local/stamp")
	epoch     = time.Now()
)

func stamp(context.Context, int) (int64, error) { return int64(time.Since(epoch)), nil }

// idling is how long everything is left alone before each wake-up: long enough for workers to sleep, and for the Go
// runtime to let their threads sleep too.
const idling = time.Millisecond

// wakeUps samples the time from a submission by this goroutine, which is no task, to the task's first instruction.
func wakeUps(n int, submit func() (int64, error)) ([]figure, error) {
	samples := make([]int64, n)
	for i := range samples {
		time.Sleep(idling)
		start := int64(time.Since(epoch))
		begun, err := submit()
		if err != nil {
			return nil, err
		}
		if samples[i] = begun - start; samples[i] < 0 {
			return nil, fmt.Errorf("a task began %d ns before it was submitted", -samples[i])
		}
	}
	return latencies(samples), nil
}

func wakeContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	a, err := b.ants(b.workers)
	if err != nil {
		return nil, err
	}
	p := pondOf[int64](b, b.workers)
	n := b.pick(1_000, 20)
	size := fmt.Sprintf("%d wake-ups", n)
	now := func() int64 { return int64(time.Since(epoch)) }
	begun := make(chan int64, 1)
	rival := func(name string, submit func() (int64, error)) candidate {
		return candidate{name: name, size: size, procs: b.workers + 1, round: func(context.Context) ([]figure, error) {
			return wakeUps(n, submit)
		}}
	}
	return []candidate{
		{name: oursName, size: size, procs: b.workers + 1, round: func(ctx context.Context) ([]figure, error) {
			ctx = peer.NewContext(ctx, b.peer)
			return wakeUps(n, func() (int64, error) { return futures.Submit(ctx, stampTask, 0).Result(ctx) })
		}},
		{name: channels, size: size, procs: b.workers + 1, round: func(context.Context) ([]figure, error) {
			work := make(chan struct{})
			defer close(work)
			go func() {
				for range work {
					begun <- now()
				}
			}()
			return wakeUps(n, func() (int64, error) { work <- struct{}{}; return <-begun, nil })
		}},
		rival("new goroutine", func() (int64, error) { go func() { begun <- now() }(); return <-begun, nil }),
		rival("ants", func() (int64, error) {
			if err := a.Submit(func() { begun <- now() }); err != nil {
				return 0, err
			}
			return <-begun, nil
		}),
		rival("pond", func() (int64, error) { return p.Submit(now).Wait() }),
	}, nil
}
