package futures_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// napping makes futures that end after the given numbers of seconds; negative ones fail.
func napping(ctx context.Context, seconds ...int) []futures.Future[int] {
	fs := make([]futures.Future[int], len(seconds))
	for i, s := range seconds {
		fs[i] = futures.Submit(ctx, Do, func(context.Context) (int, error) {
			time.Sleep(time.Duration(max(s, -s)) * time.Second)
			if s < 0 {
				return 0, errOwn
			}
			return s, nil
		})
	}
	return fs
}

// bubble runs fn in virtual time with a context from outside of tasks.
func bubble(t *testing.T, workers int, fn func(ctx context.Context) error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := worker.New(context.Background(), worker.Config{Workers: workers})
		if err := fn(worker.NewContext(context.Background(), p)); err != nil {
			t.Error(err)
		}
		if err := p.Close(futures.ErrClosed, time.Hour); err != nil {
			t.Error(err)
		}
	})
}

// TestWait holds each condition against futures that end at known times.
func TestWait(t *testing.T) {
	tests := []struct {
		name    string
		when    futures.When
		seconds []int
		timeout int // seconds, 0 for none
		took    int
		done    int // bits
		err     error
	}{
		{"all", futures.AllCompleted, []int{3, 1, 2}, 0, 3, 0b111, nil},
		{"all, one fails", futures.AllCompleted, []int{3, -1, 2}, 0, 3, 0b111, nil},
		{"all of one", futures.AllCompleted, []int{3}, 0, 3, 0b1, nil},
		{"all of none", futures.AllCompleted, nil, 0, 0, 0, nil},
		{"first", futures.FirstCompleted, []int{3, 1, 2}, 0, 1, 0b010, nil},
		{"first is a failure", futures.FirstCompleted, []int{3, 2, -1}, 0, 1, 0b100, nil},
		{"first of none", futures.FirstCompleted, nil, 0, 0, 0, nil},
		{"first error", futures.FirstError, []int{3, 1, -2}, 0, 2, 0b110, nil},
		{"first error, but none fails", futures.FirstError, []int{3, 1, 2}, 0, 3, 0b111, nil},
		{"first error of none", futures.FirstError, nil, 0, 0, 0, nil},
		{"all, in time", futures.AllCompleted, []int{3, 1}, 10, 3, 0b11, nil},
		{"all, too late", futures.AllCompleted, []int{30, 1}, 10, 10, 0b10, context.DeadlineExceeded},
		{"first, too late", futures.FirstCompleted, []int{30, 20}, 10, 10, 0, context.DeadlineExceeded},
		{"first error, too late", futures.FirstError, []int{30, 1}, 10, 10, 0b10, context.DeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 4, func(ctx context.Context) error {
				fs := napping(ctx, tt.seconds...)
				begun := time.Now()
				waiting, cancel := ctx, func() {}
				if tt.timeout > 0 {
					waiting, cancel = context.WithTimeout(ctx, time.Duration(tt.timeout)*time.Second)
				}
				defer cancel()
				done, pending, err := futures.Wait(waiting, fs, tt.when)
				took := time.Since(begun)
				var wantDone, wantPending []futures.Future[int]
				for i, f := range fs {
					if tt.done>>i&1 == 1 {
						wantDone = append(wantDone, f)
					} else {
						wantPending = append(wantPending, f)
					}
				}
				return errors.Join(same("took", took, time.Duration(tt.took)*time.Second), is("err", err, tt.err),
					sameSlice("done", done, wantDone), sameSlice("pending", pending, wantPending))
			})
		})
	}
}

// TestWaitInTask waits for own children, begun or not, with each number of workers.
func TestWaitInTask(t *testing.T) {
	each(t, func(ctx context.Context) error {
		for n := range 40 {
			fs := make([]futures.Future[int], n)
			for i := range fs {
				fs[i] = futures.Submit(ctx, Square, i-1) // the first fails
			}
			done, pending, err := futures.Wait(ctx, fs, futures.AllCompleted)
			if err := errors.Join(err, sameSlice("done", done, fs), same("pending", len(pending), 0)); err != nil {
				return err
			}
			for i, f := range fs {
				fs[i] = futures.Submit(ctx, Square, i)
				_ = f
			}
			done, pending, err = futures.Wait(ctx, fs, futures.FirstCompleted)
			if err != nil || n > 0 && len(done) == 0 || len(done)+len(pending) != n {
				return fmt.Errorf("first of %d: %d done, %d pending, %w", n, len(done), len(pending), err)
			}
			for _, f := range done {
				if _, err, ok := f.TryResult(); !ok || err != nil {
					return fmt.Errorf("done, but TryResult gives %w, %t", err, ok)
				}
			}
		}
		return nil
	})
}

// TestWaitCancelled counts a cancelled future as an error, and a cancelled context as the end of the wait.
func TestWaitCancelled(t *testing.T) {
	each(t, func(ctx context.Context) error {
		block := func(ctx context.Context) (int, error) { blockUntil(ctx, ctx.Done()); return 0, ctx.Err() }
		fs := []futures.Future[int]{futures.Submit(ctx, Do, block), futures.Submit(ctx, Do, block)}
		fs[1].Cancel()
		dead, cancel := context.WithCancel(ctx)
		cancel()
		_, _, errDead := futures.Wait(dead, fs[:1], futures.AllCompleted)
		fs[0].Cancel()
		done, _, err := futures.Wait(ctx, fs, futures.FirstError)
		return errors.Join(is("a cancelled wait", errDead, context.Canceled), err, same("done", len(done), 2))
	})
}

// TestAsCompletedOrder yields in the order of completion, the failed ones too.
func TestAsCompletedOrder(t *testing.T) {
	bubble(t, 4, func(ctx context.Context) error {
		fs := napping(ctx, 4, -2, 1, 3)
		var order []int
		begun := time.Now()
		for f := range futures.AsCompleted(ctx, fs...) {
			order = append(order, slices.Index(fs, f))
			if took := time.Since(begun); took != time.Duration(len(order))*time.Second {
				return fmt.Errorf("number %d comes after %v", len(order), took)
			}
		}
		return sameSlice("order", order, []int{2, 1, 3, 0})
	})
}

// TestAsCompletedEachOnce yields every future exactly once, whoever ran it, and however often the sequence is ranged over.
func TestAsCompletedEachOnce(t *testing.T) {
	check := func(ctx context.Context) error {
		for _, n := range []int{0, 1, 2, 17, 1000} {
			fs := make([]futures.Future[int], n)
			for i := range fs {
				fs[i] = futures.Submit(ctx, Square, i-n/2)
			}
			seq := futures.AsCompleted(ctx, fs...)
			for range 2 {
				seen := make(map[futures.Future[int]]bool)
				failed := 0
				for f := range seq {
					if seen[f] {
						return errors.New("one future comes twice")
					}
					seen[f] = true
					if _, err, ok := f.TryResult(); !ok {
						return errors.New("one future comes before it is done")
					} else if errors.Is(err, errNegative) {
						failed++
					}
				}
				if err := errors.Join(same("futures", len(seen), n), same("failed", failed, n/2)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	each(t, check)
	outside(t, 2, check)
}

// TestAsCompletedContextEnds: the rest comes at once, and says why.
func TestAsCompletedContextEnds(t *testing.T) {
	bubble(t, 4, func(ctx context.Context) error {
		fs := napping(ctx, 1, 20, 30)
		short, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		begun := time.Now()
		var got []futures.Future[int]
		late := 0
		for f := range futures.AsCompleted(short, fs...) {
			got = append(got, f)
			if _, err := f.Result(short); errors.Is(err, context.DeadlineExceeded) {
				late++
			}
		}
		return errors.Join(sameSlice("order", got, fs), same("late", late, 2), same("took", time.Since(begun), 10*time.Second))
	})
}

// TestAsCompletedBreak leaves the loop: the futures themselves go on.
func TestAsCompletedBreak(t *testing.T) {
	each(t, func(ctx context.Context) error {
		fs := []futures.Future[int]{futures.Submit(ctx, Square, 1), futures.Submit(ctx, Square, 2)}
		for range futures.AsCompleted(ctx, fs...) {
			break
		}
		a, errA := fs[0].Result(ctx)
		b, errB := fs[1].Result(ctx)
		return errors.Join(errA, errB, same("sum", a+b, 5))
	})
}
