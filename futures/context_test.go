package futures_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

type valueKey struct{}

// TestDerivedContexts submits and waits with contexts made from a task's, in the task and on a goroutine that it started.
func TestDerivedContexts(t *testing.T) {
	derive := []struct {
		name string
		make func(context.Context) (context.Context, context.CancelFunc)
	}{
		{"itself", func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} }},
		{"WithCancel", context.WithCancel},
		{"WithTimeout", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Hour)
		}},
		{"WithValue", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithValue(ctx, valueKey{}, 1), func() {}
		}},
		{"WithoutCancel", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithoutCancel(ctx), func() {}
		}},
		{"three deep", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithTimeout(context.WithValue(ctx, valueKey{}, 1), time.Hour)
			inner, cancelInner := context.WithCancel(ctx)
			return inner, func() { cancelInner(); cancel() }
		}},
	}
	use := func(ctx context.Context) error {
		for i := range 50 {
			f, g := futures.Submit(ctx, Square, i), futures.Submit(ctx, Square, -1)
			v, err := f.Result(ctx)
			_, negative := g.Result(ctx)
			if err := errors.Join(err, same("value", v, i*i), is("failed one", negative, errNegative)); err != nil {
				return err
			}
		}
		ys, err := futures.Collect(futures.Map(ctx, Square, values(upTo(500))))
		return errors.Join(err, sameSlice("map", ys, squares(upTo(500))))
	}
	for _, d := range derive {
		t.Run(d.name, func(t *testing.T) {
			each(t, func(ctx context.Context) error {
				derived, cancel := d.make(ctx)
				defer cancel()
				if err := use(derived); err != nil {
					return fmt.Errorf("in the task: %w", err)
				}
				if err := onGoroutines(ctx, 4, func() error { return use(derived) }); err != nil {
					return fmt.Errorf("on goroutines: %w", err)
				}
				return nil
			})
		})
	}
}

// onGoroutines calls fn on n goroutines at once and waits for them without the worker.
func onGoroutines(ctx context.Context, n int, fn func() error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = fn() })
	}
	futures.Blocking(ctx, all.Wait)
	return errors.Join(errs...)
}

// TestUserValuesStayBehind: the values of the submitter's context do not reach the task, here as on another peer.
func TestUserValuesStayBehind(t *testing.T) {
	each(t, func(ctx context.Context) error {
		got := make(chan any, 1)
		_, err := futures.Submit(context.WithValue(ctx, valueKey{}, 1), Do, func(ctx context.Context) (int, error) {
			got <- ctx.Value(valueKey{})
			return 0, nil
		}).Result(ctx)
		return errors.Join(err, same("the value in the task", <-got, nil))
	})
}

// TestDeadlineReachesTheTask: what a task may still spend is what its submitter's context says.
func TestDeadlineReachesTheTask(t *testing.T) {
	each(t, func(ctx context.Context) error {
		short, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		want, _ := short.Deadline()
		_, err := futures.Submit(short, Do, func(ctx context.Context) (int, error) {
			return futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
				if got, ok := ctx.Deadline(); !ok || !got.Equal(want) {
					return 0, fmt.Errorf("the deadline is %v, %t; want %v", got, ok, want)
				}
				return 0, nil
			}).Result(ctx)
		}).Result(ctx)
		return err
	})
}

// TestTimeoutEndsTheTask: a task whose submitter's context times out finds its own context ended.
func TestTimeoutEndsTheTask(t *testing.T) {
	each(t, func(ctx context.Context) error {
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		f := futures.Submit(short, Do, func(ctx context.Context) (int, error) {
			blockUntil(ctx, ctx.Done())
			return 0, context.DeadlineExceeded
		})
		_, err := f.Result(ctx)
		return errors.Join(is("Result", err, context.DeadlineExceeded), is("the context", short.Err(), context.DeadlineExceeded))
	})
}

// TestUnboundContext: without a peer everything fails at once, and the error says what to do.
func TestUnboundContext(t *testing.T) {
	ctx := context.Background()
	f := futures.Submit(ctx, Square, 3)
	_, err := f.Result(ctx)
	if err := is("Submit", err, futures.ErrNoPeer); err != nil {
		t.Error(err)
	}
	for _, hint := range []string{"test/square", "futures.Main", "peer.NewContext"} {
		if !strings.Contains(err.Error(), hint) {
			t.Errorf("the error does not mention %s: %v", hint, err)
		}
	}
	if f.State() != futures.StateDone || f.Cancel() {
		t.Errorf("state %v; it could be cancelled", f.State())
	}
	if ys, err := futures.Collect(futures.Map(ctx, Square, values(upTo(3)))); len(ys) != 0 || !errors.Is(err, futures.ErrNoPeer) {
		t.Errorf("Map: %v, %v", ys, err)
	}
	if ys, err := futures.Collect(futures.MapUnordered(ctx, Square, values(upTo(3)))); len(ys) != 0 ||
		!errors.Is(err, futures.ErrNoPeer) {
		t.Errorf("MapUnordered: %v, %v", ys, err)
	}
	if v, err := futures.MapReduce(ctx, Square, Add, values(upTo(3))); v != 0 || !errors.Is(err, futures.ErrNoPeer) {
		t.Errorf("MapReduce: %v, %v", v, err)
	}
	done, pending, err := futures.Wait(ctx, []futures.Future[int]{f}, futures.AllCompleted)
	if len(done) != 1 || len(pending) != 0 || err != nil {
		t.Errorf("Wait: %v, %v, %v", done, pending, err)
	}
	called := false
	if futures.Blocking(ctx, func() { called = true }); !called {
		t.Error("Blocking does not call its function")
	}
}

// TestCancelledContext submits with a context that has ended already.
func TestCancelledContext(t *testing.T) {
	expired := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithDeadline(ctx, time.Unix(0, 0))
	}
	for name, c := range map[string]struct {
		make func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		"cancelled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, context.Canceled},
		"expired": {expired, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(ctx context.Context) error {
				dead, cancel := c.make(ctx)
				defer cancel()
				f := futures.Submit(dead, Do, func(context.Context) (int, error) { return 0, errors.New("it ran") })
				_, err := f.Result(ctx)
				_, errDead := f.Result(dead)
				ys, errMap := futures.Collect(futures.Map(dead, Square, values(upTo(10))))
				return errors.Join(is("Result", err, c.want), is("Result with it", errDead, c.want),
					same("state", f.State(), futures.StateCancelled), is("Map", errMap, c.want), same("mapped", len(ys), 0))
			})
		})
	}
}

// TestResultWithEndedContext: the future goes on when one who waits for it gives up.
func TestResultWithEndedContext(t *testing.T) {
	each(t, func(ctx context.Context) error {
		release := make(chan struct{})
		f := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) { blockUntil(ctx, release); return 6, nil })
		dead, cancel := context.WithCancel(ctx)
		cancel()
		_, err := f.Result(dead)
		if err := is("Result", err, context.Canceled); err != nil {
			return err
		}
		close(release)
		v, err := f.Result(ctx)
		return errors.Join(err, same("later", v, 6))
	})
}

// TestForeignGoroutines: futures are asked by, and submitted from, goroutines that belong to no task.
func TestForeignGoroutines(t *testing.T) {
	each(t, func(ctx context.Context) error {
		release := make(chan struct{})
		f := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) { blockUntil(ctx, release); return 8, nil })
		var once sync.Once
		return onGoroutines(ctx, 8, func() error {
			mine := futures.Submit(ctx, Square, 4)
			v, err := mine.Result(context.Background())
			once.Do(func() { close(release) })
			w, errShared := f.Result(ctx)
			return errors.Join(err, errShared, same("mine", v, 16), same("shared", w, 8))
		})
	})
}

// TestForeignChildrenEndWithTheTask: a goroutine that outlives its task gets its futures cancelled, and can make no more.
func TestForeignChildrenEndWithTheTask(t *testing.T) {
	outside(t, 2, func(ctx context.Context) error {
		started, submitted := make(chan struct{}), make(chan struct{})
		errs := make(chan error, 1)
		_, err := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
			go func() {
				f := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
					close(started)
					blockUntil(ctx, ctx.Done())
					return 0, nil
				})
				close(submitted)
				_, err := f.Result(context.Background())
				_, late := futures.Submit(ctx, Square, 2).Result(context.Background())
				errs <- errors.Join(is("unfinished", err, context.Canceled), is("late", late, context.Canceled),
					is("the context", ctx.Err(), context.Canceled))
			}()
			blockUntil(ctx, submitted)
			blockUntil(ctx, started)
			return 0, nil
		}).Result(ctx)
		return errors.Join(err, <-errs)
	})
}

// TestClosedPeer: what is submitted to a peer that has closed fails with ErrClosed, as does what it had not begun.
func TestClosedPeer(t *testing.T) {
	p := worker.New(context.Background(), worker.Config{Workers: 1})
	ctx := worker.NewContext(context.Background(), p)
	started := make(chan struct{})
	running := futures.Submit(p.Context(), Do, func(ctx context.Context) (int, error) {
		close(started)
		<-ctx.Done()
		return 0, context.Canceled
	})
	<-started
	queued := futures.Submit(ctx, Square, 2)
	if err := p.Close(futures.ErrClosed, closeGrace); err != nil {
		t.Fatal(err)
	}
	late := futures.Submit(ctx, Square, 3)
	_, errRunning := running.Result(context.Background())
	_, errQueued := queued.Result(context.Background())
	_, errLate := late.Result(context.Background())
	_, errMap := futures.Collect(futures.Map(ctx, Square, values(upTo(3))))
	if errors.Is(errRunning, futures.ErrClosed) { // the end of the peer was there before the function returned
		errRunning = context.Canceled
	}
	if err := errors.Join(is("running", errRunning, context.Canceled), is("queued", errQueued, futures.ErrClosed),
		is("late", errLate, futures.ErrClosed), is("map", errMap, futures.ErrClosed)); err != nil {
		t.Error(err)
	}
}

// TestBlockingLendsTheWorker: while one task blocks, another gets its only worker; nested calls and panics do no harm.
func TestBlockingLendsTheWorker(t *testing.T) {
	run(t, 1, func(ctx context.Context) error {
		done := make(chan struct{})
		f := futures.Submit(ctx, Do, func(context.Context) (int, error) { close(done); return 1, nil })
		futures.Blocking(ctx, func() { futures.Blocking(ctx, func() { <-done }) })
		inside := 0
		var err error
		futures.Blocking(ctx, func() { inside, err = futures.Submit(ctx, Square, 7).Result(ctx) })
		caught := func() (v any) {
			defer func() { v = recover() }()
			futures.Blocking(ctx, func() { panic("out of Blocking") })
			return nil
		}()
		v, err2 := f.Result(ctx)
		return errors.Join(err, err2, same("value", v, 1), same("inside", inside, 49),
			same("panic", caught, any("out of Blocking")))
	})
}
