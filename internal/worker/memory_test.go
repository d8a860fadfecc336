package worker_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/worker"
)

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A task that submits and joins children in a loop stays bounded, however many they are, and whoever runs them.
func TestEndlessLoopStaysBounded(t *testing.T) {
	const limit = 8 << 20
	n := steps(1_000_000)
	p := newPool(t, worker.Config{Workers: 2})
	loops := map[string]func(ctx context.Context) error{
		"in place": func(ctx context.Context) error {
			_, err := submit(ctx, func(context.Context) (int, error) { return 0, nil }).result(ctx)
			return err
		},
		"foreign": func(ctx context.Context) error {
			var err error
			worker.FrameOf(ctx).Blocking(func() {
				_, err = submit(ctx, func(context.Context) (int, error) { return 0, nil }).result(ctx)
			})
			return err
		},
	}
	for name, loop := range loops {
		rounds := n
		if name != "in place" {
			rounds /= 20 // each is a change of goroutines
		}
		in(t, p, func(ctx context.Context) error {
			start := heap()
			for i := range rounds {
				if err := loop(ctx); err != nil {
					return err
				}
				if i%(rounds/4) == rounds/4-1 {
					if now := heap(); now > start+limit {
						return errWrong("%s: the heap grew from %d to %d bytes in %d rounds", name, start, now, i)
					}
				}
			}
			return nil
		})
	}
}

// The path that everything else is built around: submit and join of an own child, without allocation.
func TestSubmitAndJoinAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	in(t, newPool(t, worker.Config{Workers: 1}), func(ctx context.Context) error {
		leaf := func(context.Context) (int, error) { return 1, nil }
		twig := func(ctx context.Context) (int, error) {
			a, b := submit(ctx, leaf), submit(ctx, leaf)
			if _, err := b.result(ctx); err != nil {
				return 0, err
			}
			return a.result(ctx)
		}
		var err error
		// The twigs' own records are let go of while this task runs; the leaves' are used again.
		perTwig := testing.AllocsPerRun(5000, func() { _, err = submit(ctx, twig).result(ctx) })
		if err != nil {
			return err
		}
		if perTwig > 1.5 {
			return errWrong("a twig and two leaves cost %.2f allocations, want one", perTwig)
		}
		return nil
	})
}
