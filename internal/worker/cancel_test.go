package worker_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// A task that returns cancels what it did not wait for: running children find their context ended, and so does whatever was
// derived from it; pending ones never begin.
func TestParentReturnsFirst(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	for range steps(500) {
		begun, ended, afterFunc := make(chan struct{}), make(chan error, 1), make(chan struct{})
		var running, pending handle
		in(t, p, func(ctx context.Context) error {
			until(t, "the sibling to sleep", func() bool { return p.Idle() == 1 })
			running = submit(ctx, func(ctx context.Context) (int, error) {
				context.AfterFunc(ctx, func() { close(afterFunc) })
				derived, cancel := context.WithTimeout(ctx, time.Hour)
				defer cancel()
				close(begun)
				<-derived.Done()
				<-ctx.Done()
				ended <- errors.Join(ctx.Err(), derived.Err())
				return 9, nil
			})
			await(t, begun, "the child to be stolen")
			pending = submit(ctx, func(context.Context) (int, error) { panic("begun after the parent had returned") })
			return nil
		})
		if err := await(t, ended, "the child to hear of it"); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		await(t, afterFunc, "the function registered with the child's context")
		for _, h := range []handle{running, pending} {
			if _, err := h.result(context.Background()); err != context.Canceled {
				t.Fatalf("a child that was left has the outcome %v", err)
			}
		}
	}
}

// A cancelled child ends the wait of its parent at once, though its function goes on for a while.
func TestCancelEndsTheWait(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	release := make(chan struct{})
	in(t, p, func(ctx context.Context) error {
		until(t, "the sibling to sleep", func() bool { return p.Idle() == 1 })
		begun := make(chan struct{})
		child := submit(ctx, func(context.Context) (int, error) { close(begun); <-release; return 1, nil })
		await(t, begun, "the child to be stolen")
		child.r.Share(child.gen)
		go func() {
			until(t, "the parent to wait", func() bool { return p.Parked() == 1 })
			if !child.cancel() || child.cancel() {
				t.Error("Cancel did not succeed exactly once")
			}
		}()
		if _, err := child.result(ctx); err != context.Canceled {
			return errWrong("%v", err)
		}
		return nil
	})
	close(release)
}

// A child that was cancelled while it was pending is never begun, wherever it lies.
func TestCancelledBeforeItBegan(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	in(t, p, func(ctx context.Context) error {
		var hs []handle
		for range 3 * worker.WindowSize { // some in the window, some in the public deque
			hs = append(hs, submit(ctx, func(context.Context) (int, error) { panic("begun after it was cancelled") }))
		}
		for _, h := range hs {
			if !h.cancel() {
				return errWrong("a pending child was not cancelled")
			}
		}
		for _, h := range hs {
			if _, err := h.result(ctx); err != context.Canceled {
				return errWrong("%v", err)
			}
		}
		return ctx.Err() // its own context lives on
	})
}

// relay builds a line of tasks, each on another strand than its parent, and calls last in the deepest.
func relay(t *testing.T, p *worker.Pool, ctx context.Context, depth int, last fn) (int, error) { //nolint:revive // t first
	if depth == 0 {
		return last(ctx)
	}
	until(t, "the sibling to sleep", func() bool { return p.Idle() == 1 })
	h := submit(ctx, func(ctx context.Context) (int, error) { return relay(t, p, ctx, depth-1, last) })
	until(t, "the child to be stolen", func() bool { return h.r.Phase() == task.Running })
	return h.result(ctx)
}

// A cancellation far above reaches a task that waits for something else, within a second.
func TestCancelReachesAWaitingDescendant(t *testing.T) {
	const depth = 5
	p := newPool(t, worker.Config{Workers: 2})
	never := newTask()
	waiters := map[string]fn{
		"join": func(ctx context.Context) (int, error) { return handle{r: never.Body.(*record)}.result(ctx) },
		"derived": func(ctx context.Context) (int, error) {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			return handle{r: never.Body.(*record)}.result(derived)
		},
	}
	for name, wait := range waiters {
		ended := make(chan error, 1)
		top := inject(p, func(ctx context.Context) (int, error) {
			return relay(t, p, ctx, depth, func(ctx context.Context) (int, error) {
				v, err := wait(ctx)
				ended <- err
				return v, err
			})
		})
		until(t, "everyone to wait", func() bool { return p.Parked() == depth+1 && p.Idle() == 2 })
		start := time.Now()
		top.cancel()
		if err := await(t, ended, "the deepest task to hear of it"); err != context.Canceled {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
		until(t, "all to return", func() bool { return p.Parked() == 0 })
	}
}

// A task that computes hears of a cancellation far above when it looks at its context.
func TestCancelReachesABusyDescendant(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	begun, ended := make(chan struct{}), make(chan error, 1)
	top := inject(p, func(ctx context.Context) (int, error) {
		return relay(t, p, ctx, 4, func(ctx context.Context) (int, error) {
			close(begun)
			until(t, "the cancellation", func() bool { return ctx.Err() != nil })
			ended <- ctx.Err()
			return 0, nil
		})
	})
	await(t, begun, "the deepest task to begin")
	top.cancel()
	if err := await(t, ended, "the deepest task to hear of it"); err != context.Canceled {
		t.Error(err)
	}
}

// Goroutines of the user submit with a task's context while the task itself submits and joins: each child runs exactly once.
func TestForeignGoroutinesSubmit(t *testing.T) {
	const goroutines = 4
	each := steps(2000)
	p := newPool(t, worker.Config{Workers: 2})
	ran := make([]atomic.Int32, goroutines*each)
	in(t, p, func(ctx context.Context) error {
		var all sync.WaitGroup
		errs := make(chan error, goroutines)
		for g := range goroutines {
			all.Go(func() {
				for i := range each {
					k := g*each + i
					h := submit(ctx, func(context.Context) (int, error) { ran[k].Add(1); return k, nil })
					if i%8 != 0 {
						continue // the others are waited for by the task, or not at all
					}
					if v, err := h.result(ctx); v != k || err != nil {
						errs <- errWrong("child %d gave %d (%v)", k, v, err)
						return
					}
				}
			})
		}
		if n, err := tree(ctx, 12); n != 1<<12 || err != nil {
			return errWrong("%d (%v)", n, err)
		}
		worker.FrameOf(ctx).Blocking(all.Wait)
		close(errs)
		for err := range errs {
			return err
		}
		until(t, "the queue to drain", func() bool { return p.Queued() == 0 })
		return nil
	})
	for k := range ran {
		if n := ran[k].Load(); n > 1 || n == 0 && k%each%8 == 0 {
			t.Fatalf("child %d ran %d times", k, n)
		}
	}
}

// A derived context: its children are the task's, and they end with either.
func TestDerivedContexts(t *testing.T) {
	in(t, newPool(t, worker.Config{Workers: 2}), func(ctx context.Context) error {
		derived, cancel := context.WithCancel(ctx)
		defer cancel()
		h := submit(derived, func(context.Context) (int, error) { return 8, nil })
		if v, err := h.result(derived); v != 8 || err != nil {
			return errWrong("%d (%v)", v, err)
		}
		left := submit(derived, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
		cancel()
		if _, err := left.result(ctx); !errors.Is(err, context.Canceled) {
			return errWrong("%v", err)
		}
		if _, err := submit(derived, nil).result(ctx); !errors.Is(err, context.Canceled) {
			return errWrong("submitted with a context that had ended: %v", err)
		}
		runtime.Gosched()
		return ctx.Err()
	})
}
