package futures_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

// The tests of this file hold what SCOOP, whose successor this is, got wrong: one test for each of its known mistakes.

// TestTimeoutsAreHonoured: result(timeout=0.1) of a 1 s task took 1 s, and map, as_completed and wait ignored theirs.
func TestTimeoutsAreHonoured(t *testing.T) {
	verbs := map[string]func(ctx context.Context, f futures.Future[int]) error{
		"Result": func(ctx context.Context, f futures.Future[int]) error {
			_, err := f.Result(ctx)
			return err
		},
		"Wait": func(ctx context.Context, f futures.Future[int]) error {
			_, pending, err := futures.Wait(ctx, []futures.Future[int]{f}, futures.AllCompleted)
			return errors.Join(err, same("pending", len(pending), 1))
		},
		"AsCompleted": func(ctx context.Context, f futures.Future[int]) error {
			for g := range futures.AsCompleted(ctx, f) {
				_, err := g.Result(ctx)
				return err
			}
			return errors.New("nothing was yielded")
		},
		"Map": func(ctx context.Context, _ futures.Future[int]) error {
			_, err := futures.Collect(futures.Map(ctx, Do, values([]work{func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, context.DeadlineExceeded
			}})))
			return err
		},
	}
	for name, verb := range verbs {
		try := func(ctx context.Context) error {
			f := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
				futures.Blocking(ctx, func() { time.Sleep(10 * time.Second) })
				return 1, nil
			})
			futures.Blocking(ctx, func() { time.Sleep(time.Second) }) // it has begun, elsewhere
			begun := time.Now()
			short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			if err := is(name, verb(short, f), context.DeadlineExceeded); err != nil {
				return err
			}
			if err := same("took", time.Since(begun), 100*time.Millisecond); err != nil {
				return err
			}
			v, err := f.Result(ctx) // it goes on
			return errors.Join(err, same("later", v, 1))
		}
		t.Run(name+" in a task", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runBubble(t, 2, try) })
		})
		t.Run(name+" outside", func(t *testing.T) { bubble(t, 2, try) })
	}
}

// TestMapScanIsRight: squares of 1..4 gave [1 5 9 30].
func TestMapScanIsRight(t *testing.T) {
	each(t, func(ctx context.Context) error {
		got, err := futures.Collect(futures.MapScan(ctx, Square, Add, values([]int{1, 2, 3, 4})))
		return errors.Join(err, sameSlice("scan", got, []int{1, 5, 14, 30}))
	})
}

// TestMapReduceOfNoneAndOne: both raised an exception.
func TestMapReduceOfNoneAndOne(t *testing.T) {
	each(t, func(ctx context.Context) error {
		none, err := futures.MapReduce(ctx, Square, Add, values([]int(nil)))
		one, errOne := futures.MapReduce(ctx, Square, Add, values([]int{7}))
		return errors.Join(err, errOne, same("none", none, 0), same("one", one, 49))
	})
}

// TestErrorsLandWhereTheyBelong: the exception of a future that nobody asked came out of another's result.
func TestErrorsLandWhereTheyBelong(t *testing.T) {
	each(t, func(ctx context.Context) error {
		bad := []int{-1, -2, -3}
		for range futures.AsCompleted(ctx, futures.Submit(ctx, Square, -1), futures.Submit(ctx, Square, -2)) {
			break
		}
		for range futures.Map(ctx, Square, values(append([]int{1}, bad...))) {
			break
		}
		fs := []futures.Future[int]{futures.Submit(ctx, Square, -4), futures.Submit(ctx, Square, 5)}
		if _, _, err := futures.Wait(ctx, fs, futures.AllCompleted); err != nil {
			return fmt.Errorf("Wait raises the error of a future: %w", err)
		}
		for i := range 200 {
			lost := futures.Submit(ctx, Square, -1)
			v, err := futures.Submit(ctx, Square, i).Result(ctx)
			if err := errors.Join(err, same("square", v, i*i)); err != nil {
				return err
			}
			_ = lost
		}
		_, errBad := fs[0].Result(ctx)
		v, err := fs[1].Result(ctx)
		return errors.Join(is("the one that failed", errBad, errNegative), err, same("the other", v, 25))
	})
}

// TestWaitWithoutDeadline: wait(timeout=None), the default of PEP 3148, raised a TypeError.
func TestWaitWithoutDeadline(t *testing.T) {
	bubble(t, 2, func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); ok {
			return errors.New("the context of this test has a deadline")
		}
		done, pending, err := futures.Wait(ctx, napping(ctx, 3600, 1800), futures.AllCompleted)
		return errors.Join(err, same("done", len(done), 2), same("pending", len(pending), 0))
	})
}

// TestAsCompletedYieldsFailed: the first failure was raised out of the loop, and ended it.
func TestAsCompletedYieldsFailed(t *testing.T) {
	each(t, func(ctx context.Context) error {
		var fs []futures.Future[int]
		for i := range 30 {
			fs = append(fs, futures.Submit(ctx, Square, i-10))
		}
		good, bad := 0, 0
		for f := range futures.AsCompleted(ctx, fs...) {
			if _, err := f.Result(ctx); errors.Is(err, errNegative) {
				bad++
			} else if err == nil {
				good++
			}
		}
		return errors.Join(same("good", good, 20), same("bad", bad, 10))
	})
}

// TestCancelQueuedEverywhere: of four fresh futures only the last could be cancelled. A queued future never runs after that,
// be it in the private window, in the public deque, or submitted from outside.
func TestCancelQueuedEverywhere(t *testing.T) {
	const n = 100 // more than a window holds
	ran := 0
	count := func(context.Context) (int, error) { ran++; return 0, nil }
	cancelAll := func(fs []futures.Future[int]) error {
		for i, f := range fs {
			if !f.Cancel() || f.State() != futures.StateCancelled {
				return fmt.Errorf("future %d cannot be cancelled", i)
			}
		}
		return nil
	}
	submit := func(ctx context.Context) (fs []futures.Future[int]) {
		for range n {
			fs = append(fs, futures.Submit(ctx, Do, count))
		}
		return fs
	}
	run(t, 1, func(ctx context.Context) error {
		fs := submit(ctx)
		derived, cancel := context.WithCancel(ctx)
		fs = append(fs, submit(derived)...)
		err := cancelAll(fs)
		cancel()
		v, errLast := futures.Submit(ctx, Square, 3).Result(ctx)
		futures.Blocking(ctx, func() {}) // the others on the worker get their turn
		return errors.Join(err, errLast, same("value", v, 9))
	})
	outside(t, 1, func(ctx context.Context) error {
		release := make(chan struct{})
		busy := futures.Submit(ctx, Do, func(context.Context) (int, error) { <-release; return 0, nil })
		err := cancelAll(submit(ctx))
		close(release)
		_, errBusy := busy.Result(ctx)
		_, errLast := futures.Submit(ctx, Square, 3).Result(ctx)
		return errors.Join(err, errBusy, errLast)
	})
	if ran != 0 {
		t.Errorf("%d cancelled futures ran", ran)
	}
}
