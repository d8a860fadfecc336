package futures_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
)

var errOwn = errors.New("an error of the user")

// outcomes are the ways in which a function can end. Goexit has a test of its own: in place, it ends the caller too.
var outcomes = []struct {
	name  string
	fn    work
	value int
	check func(error) error
}{
	{"value", func(context.Context) (int, error) { return 42, nil }, 42, func(err error) error { return err }},
	{"zero value", func(context.Context) (int, error) { return 0, nil }, 0, func(err error) error { return err }},
	{
		"error", func(context.Context) (int, error) { return 0, errOwn }, 0,
		func(err error) error { return is("own error", err, errOwn) },
	},
	{
		"value and error", func(context.Context) (int, error) { return 7, errOwn }, 7,
		func(err error) error { return is("own error", err, errOwn) },
	},
	{"panic", func(context.Context) (int, error) { panic("boom") }, 0, func(err error) error {
		var p *futures.PanicError
		if !errors.As(err, &p) || p.Value != "boom" || p.Func != "test/do" {
			return fmt.Errorf("not the panic: %v", err)
		}
		return nil
	}},
	{
		"context error", func(context.Context) (int, error) { return 0, context.DeadlineExceeded }, 0,
		func(err error) error { return is("context error", err, context.DeadlineExceeded) },
	},
}

// TestOutcome asks each kind of outcome by each verb, of futures that ran in each place.
func TestOutcome(t *testing.T) {
	places := []struct {
		name   string
		submit func(ctx context.Context, fn work) futures.Future[int]
	}{
		{"in place", func(ctx context.Context, fn work) futures.Future[int] {
			f := futures.Submit(ctx, Do, fn)
			_, _ = f.Result(ctx)
			return f
		}},
		{"on another strand", func(ctx context.Context, fn work) futures.Future[int] {
			f := futures.Submit(ctx, Do, fn)
			blockUntil(ctx, f.Done())
			return f
		}},
		{"on a derived context", func(ctx context.Context, fn work) futures.Future[int] {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			f := futures.Submit(ctx, Do, fn)
			_, _ = f.Result(ctx)
			return f
		}},
	}
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			each(t, func(ctx context.Context) error {
				for _, o := range outcomes {
					f := place.submit(ctx, o.fn)
					if err := settled(ctx, f, o.value, o.check); err != nil {
						return fmt.Errorf("%s: %w", o.name, err)
					}
				}
				return nil
			})
		})
	}
	t.Run("outside of tasks", func(t *testing.T) {
		outside(t, 2, func(ctx context.Context) error {
			for _, o := range outcomes {
				f := futures.Submit(ctx, Do, o.fn)
				if v, err := f.Result(ctx); v != o.value || o.check(err) != nil {
					return fmt.Errorf("%s: %d, %w", o.name, v, err)
				}
				if err := settled(ctx, f, o.value, o.check); err != nil {
					return fmt.Errorf("%s: %w", o.name, err)
				}
			}
			return nil
		})
	})
}

// settled checks everything that can be asked of a future that is done: all answers agree, and do so again and again.
func settled(ctx context.Context, f futures.Future[int], value int, check func(error) error) error {
	for range 2 {
		if v, err := f.Result(ctx); v != value || check(err) != nil {
			return fmt.Errorf("Result gives %d, %w", v, errors.Join(err, check(err)))
		}
		if v, err, ok := f.TryResult(); !ok || v != value || check(err) != nil {
			return fmt.Errorf("TryResult gives %d, %w, %t", v, errors.Join(err, check(err)), ok)
		}
	}
	select {
	case <-f.Done():
	default:
		return errors.New("the channel of Done is open")
	}
	heard := make(chan futures.Future[int])
	f.OnDone(func(g futures.Future[int]) { heard <- g })
	g := <-heard
	if v, _, ok := g.TryResult(); !ok || v != value {
		return fmt.Errorf("the future that OnDone gives has %d, %t", v, ok)
	}
	return errors.Join(
		same("Cancel afterwards", f.Cancel(), false),
		same("State", f.State(), futures.StateDone),
	)
}

// TestStates follows one future through its life, as a goroutine beside it sees it.
func TestStates(t *testing.T) {
	outside(t, 1, func(ctx context.Context) error {
		started, release := make(chan struct{}), make(chan struct{})
		running := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
			close(started)
			<-release // holds the only worker
			return 1, nil
		})
		<-started
		queued := futures.Submit(ctx, Square, 3)
		_, _, ok := queued.TryResult()
		err := errors.Join(
			same("running", running.State(), futures.StateRunning),
			same("queued", queued.State(), futures.StatePending),
			same("TryResult of a queued one", ok, false),
		)
		select {
		case <-queued.Done():
			err = errors.Join(err, errors.New("a queued future is done"))
		default:
		}
		close(release)
		v, e := queued.Result(ctx)
		return errors.Join(err, e, same("value", v, 9), same("state", queued.State(), futures.StateDone),
			same("the first", running.State(), futures.StateDone))
	})
}

func TestStateNames(t *testing.T) {
	for state, name := range map[futures.State]string{
		futures.StatePending: "pending", futures.StateRunning: "running",
		futures.StateDone: "done", futures.StateCancelled: "cancelled",
	} {
		if state.String() != name {
			t.Errorf("%d is %q, want %q", state, state, name)
		}
	}
}

// TestOnDoneBeforeDone registers watchers on a future that is not done yet: each hears of it once.
func TestOnDoneBeforeDone(t *testing.T) {
	outside(t, 2, func(ctx context.Context) error {
		release := make(chan struct{})
		f := futures.Submit(ctx, Do, func(context.Context) (int, error) { <-release; return 5, nil })
		var heard atomic.Int32
		var all sync.WaitGroup
		for range 10 {
			all.Add(1)
			f.OnDone(func(g futures.Future[int]) {
				if v, err, ok := g.TryResult(); ok && err == nil && v == 5 {
					heard.Add(1)
				}
				all.Done()
			})
		}
		done := f.Done()
		if n := heard.Load(); n != 0 {
			return fmt.Errorf("%d watchers heard of it too early", n)
		}
		close(release)
		all.Wait()
		<-done
		return same("watchers", heard.Load(), 10)
	})
}

// TestCancel cancels futures in each state of their life.
func TestCancel(t *testing.T) {
	each(t, func(ctx context.Context) error {
		cause := func(f futures.Future[int]) error {
			_, err := f.Result(ctx)
			return errors.Join(is("Result", err, context.Canceled), same("State", f.State(), futures.StateCancelled),
				same("Cancel again", f.Cancel(), false))
		}
		queued := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
			blockUntil(ctx, ctx.Done()) // a sibling may have begun it
			return 0, nil
		})
		if !queued.Cancel() {
			return errors.New("a queued future cannot be cancelled")
		}
		if err := cause(queued); err != nil {
			return fmt.Errorf("queued: %w", err)
		}

		started, ended := make(chan struct{}), make(chan error, 1)
		running := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
			close(started)
			blockUntil(ctx, ctx.Done())
			ended <- ctx.Err()
			return 1, nil
		})
		blockUntil(ctx, started)
		if !running.Cancel() {
			return errors.New("a running future cannot be cancelled")
		}
		var inner error
		futures.Blocking(ctx, func() { inner = <-ended })
		if err := errors.Join(cause(running), is("its own context", inner, context.Canceled)); err != nil {
			return fmt.Errorf("running: %w", err)
		}
		return nil
	})
}

// TestCancelReachesGrandchildren cancels a task that waits for a task that waits.
func TestCancelReachesGrandchildren(t *testing.T) {
	each(t, func(ctx context.Context) error {
		started, ended := make(chan struct{}), make(chan error, 1)
		wait := func(ctx context.Context) (int, error) {
			close(started)
			blockUntil(ctx, ctx.Done())
			ended <- ctx.Err()
			return 0, nil
		}
		nested := wait
		for range 5 {
			inner := nested
			nested = func(ctx context.Context) (int, error) { return futures.Submit(ctx, Do, inner).Result(ctx) }
		}
		f := futures.Submit(ctx, Do, nested)
		blockUntil(ctx, started)
		f.Cancel()
		var err error
		futures.Blocking(ctx, func() { err = <-ended })
		return is("the innermost context", err, context.Canceled)
	})
}

// TestChildrenEndWithTheirParent: what a task has submitted and not waited for is cancelled when it returns.
func TestChildrenEndWithTheirParent(t *testing.T) {
	each(t, func(ctx context.Context) error {
		started, ended := make(chan struct{}), make(chan error, 1)
		var left, queued futures.Future[int]
		parent := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
			left = futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
				close(started)
				blockUntil(ctx, ctx.Done())
				ended <- ctx.Err()
				return 1, nil
			})
			blockUntil(ctx, started)
			queued = futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
				blockUntil(ctx, ctx.Done())
				return 2, nil
			})
			return 3, nil
		})
		v, err := parent.Result(ctx)
		if v != 3 || err != nil {
			return fmt.Errorf("parent: %d, %w", v, err)
		}
		var inner error
		futures.Blocking(ctx, func() { inner = <-ended })
		_, errLeft := left.Result(ctx)
		_, errQueued := queued.Result(ctx)
		return errors.Join(is("the child's context", inner, context.Canceled),
			is("the running child", errLeft, context.Canceled), is("the queued child", errQueued, context.Canceled))
	})
}

// TestGoexit: a function that ends its goroutine fails its future, and the peer lives on.
func TestGoexit(t *testing.T) {
	outside(t, 2, func(ctx context.Context) error {
		for range 20 {
			_, err := futures.Submit(ctx, Do, func(context.Context) (int, error) {
				runtime.Goexit()
				return 0, nil
			}).Result(ctx)
			if err := is("Goexit", err, futures.ErrGoexit); err != nil {
				return err
			}
		}
		v, err := futures.Submit(ctx, Square, 5).Result(ctx)
		return errors.Join(err, same("afterwards", v, 25))
	})
}

// TestPanicStack: the stack names the function that panicked, wherever it ran; an error as the panic's value is found.
func TestPanicStack(t *testing.T) {
	each(t, func(ctx context.Context) error {
		f := futures.Submit(ctx, Do, func(context.Context) (int, error) { panicDeepInside(3); return 0, nil })
		_, err := f.Result(ctx)
		var p *futures.PanicError
		if !errors.As(err, &p) {
			return fmt.Errorf("no PanicError: %w", err)
		}
		if !strings.Contains(p.Stack, "panicDeepInside") {
			return fmt.Errorf("the stack does not name the function that panicked:\n%s", p.Stack)
		}
		return errors.Join(is("value", err, errOwn), same("text", err.Error(), "test/do panicked: an error of the user"))
	})
}

//go:noinline
func panicDeepInside(n int) {
	if n == 0 {
		panic(errOwn)
	}
	panicDeepInside(n - 1)
}

// TestDeepRecursion waits on far more levels than one stack holds.
func TestDeepRecursion(t *testing.T) {
	depth := 200_000
	if testing.Short() {
		depth = 20_000
	}
	each(t, func(ctx context.Context) error {
		var down func(n int) work
		down = func(n int) work {
			return func(ctx context.Context) (int, error) {
				if n == 0 {
					return 0, nil
				}
				v, err := futures.Submit(ctx, Do, down(n-1)).Result(ctx)
				return v + 1, err
			}
		}
		v, err := futures.Submit(ctx, Do, down(depth)).Result(ctx)
		return errors.Join(err, same("depth", v, depth))
	})
}

// TestManyChildren submits more children than a frame keeps records of, and asks them in another order.
func TestManyChildren(t *testing.T) {
	each(t, func(ctx context.Context) error {
		const n = 20_000
		fs := make([]futures.Future[int], n)
		for i := range fs {
			fs[i] = futures.Submit(ctx, Square, i)
		}
		for _, i := range append(upTo(n), 0, n/2, n-1) {
			if v, err := fs[i].Result(ctx); err != nil || v != i*i {
				return fmt.Errorf("child %d: %d, %w", i, v, err)
			}
		}
		return nil
	})
}
