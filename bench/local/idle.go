package main

import (
	"context"
	"fmt"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// burn returns the share of one CPU that this process uses while nothing happens.
func burn(d time.Duration) ([]figure, error) {
	before, err := cpuTime()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	time.Sleep(d)
	took := time.Since(start)
	after, err := cpuTime()
	return []figure{{"CPU %", 100 * float64(after-before) / float64(took)}}, err
}

// settle is the time after the last task before idleness is measured.
const settle = 50 * time.Millisecond

// idleContest has no sequential twin but a process that does nothing. Each candidate is started in its own round, so that
// no other idles beside it.
func idleContest(b *bench) ([]candidate, error) {
	d := time.Duration(b.pick(2000, 50)) * time.Millisecond
	const burst = 1000 // tasks before the idleness: what never worked is idle for nothing
	size := fmt.Sprintf("%v, after %d tasks", d, burst)
	return []candidate{
		{name: oursName, size: size, procs: b.workers + 1, round: func(ctx context.Context) (figs []figure, err error) {
			p, err := futures.Start(ctx, peer.Config{Workers: b.workers})
			if err != nil {
				return nil, err
			}
			defer func() {
				if closed := p.Close(); err == nil {
					err = closed
				}
			}()
			ctx = peer.NewContext(ctx, p)
			for i := range burst {
				if got, err := futures.Submit(ctx, noopTask, i).Result(ctx); err != nil || got != i {
					return nil, fmt.Errorf("task %d: %d, %w", i, got, err)
				}
			}
			time.Sleep(settle)
			return burn(d)
		}},
		{name: "nothing", size: d.String(), round: func(context.Context) ([]figure, error) {
			time.Sleep(settle)
			return burn(d)
		}},
		{name: "ants", size: size, round: func(context.Context) ([]figure, error) {
			b := &bench{}
			defer b.close() //nolint:errcheck // it has no peer that could fail
			p, err := b.ants(burst)
			for range burst {
				if err == nil {
					err = p.Submit(func() {})
				}
			}
			if err != nil {
				return nil, err
			}
			time.Sleep(settle)
			return burn(d)
		}},
		{name: "pond", size: size, round: func(context.Context) ([]figure, error) {
			b := &bench{}
			defer b.close() //nolint:errcheck // as above
			p := b.pond(burst)
			for range burst {
				if err := p.Go(func() {}); err != nil {
					return nil, err
				}
			}
			time.Sleep(settle)
			return burn(d)
		}},
	}, nil
}
