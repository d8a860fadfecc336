package worker_test

import (
	"context"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// The producer gives sleeping workers one task at a time. A wake-up that is lost once is a task that never runs.
func TestNoLostWakeup(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		lostWakeups(t, workers, steps(50_000))
	}
}

func lostWakeups(t *testing.T, workers, rounds int) {
	rng := newRand(t)
	p := newPool(t, worker.Config{Workers: workers})
	ran := make(chan int, 1)
	for i := range rounds {
		inject(p, func(context.Context) (int, error) { ran <- i; return 0, nil })
		if got := await(t, ran, "a task that was given to sleeping workers"); got != i {
			t.Fatalf("round %d ran the task of round %d", i, got)
		}
		for range rng.IntN(64) { // meets the workers at any point of their way to sleep
			p.Idle()
		}
	}
}

// The same with strands that become ready, which are woken for by another way: two tasks pass a token to and fro.
func TestNoLostResumption(t *testing.T) {
	for _, workers := range []int{1, 2} {
		p := newPool(t, worker.Config{Workers: workers})
		n := steps(20_000)
		rs := make([]*record, n)
		for i := range rs {
			rs[i] = newRecord(nil)
			rs[i].Parent = p.Context()
		}
		player := func(first int) fn {
			return func(ctx context.Context) (int, error) {
				for i := first; i < n; i += 2 {
					if i > 0 {
						if _, err := (handle{r: rs[i-1]}).result(ctx); err != nil {
							return 0, err
						}
					}
					rs[i].Complete()
				}
				return 0, nil
			}
		}
		even, odd := inject(p, player(0)), inject(p, player(1))
		for _, h := range []handle{even, odd} {
			await(t, finished(&h.r.Task), "the token to come back")
			if err := h.r.Outcome(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
