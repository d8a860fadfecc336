package worker_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// wantAllWorkers fails the test unless the pool still has all of its workers: as many tasks as there are meet.
func wantAllWorkers(t *testing.T, p *worker.Pool) {
	t.Helper()
	var met atomic.Int32
	all := make(chan struct{})
	for i := range p.Workers() {
		inject(p, func(context.Context) (int, error) {
			if met.Add(1) == int32(p.Workers()) {
				close(all)
			}
			<-all
			return 0, nil
		})
		until(t, "a worker to take the task", func() bool { return met.Load() > int32(i) })
	}
	await(t, all, "all workers to meet")
}

// Goexit in a task that a worker took from a queue: the goroutine ends, the task is settled, and the worker lives on.
func TestGoexit(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	if err := p.Run(context.Background(), func(context.Context) error { runtime.Goexit(); return nil }); err != task.ErrGoexit {
		t.Errorf("Run returned %v", err)
	}
	for range steps(1000) {
		h := inject(p, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
		if _, err := h.result(context.Background()); err != task.ErrGoexit {
			t.Fatalf("outcome %v", err)
		}
	}
	wantAllWorkers(t, p)
}

// Goexit in a child that runs in place takes the tasks below it on the same stack along, and all of them are settled. Deferred
// functions run meanwhile, and may use their context.
func TestGoexitInNestedChild(t *testing.T) {
	const depth = 5
	p := newPool(t, worker.Config{Workers: 1})
	var deferred atomic.Int32
	handles := make([]handle, depth+1)
	var sink func(ctx context.Context, n int) (int, error)
	sink = func(ctx context.Context, n int) (int, error) {
		defer func() {
			v, err := submit(ctx, func(context.Context) (int, error) { return n, nil }).result(ctx)
			if v == n && err == nil {
				deferred.Add(1)
			}
		}()
		if n == 0 {
			runtime.Goexit()
		}
		handles[n-1] = submit(ctx, func(ctx context.Context) (int, error) { return sink(ctx, n-1) })
		handles[n-1].r.Share(handles[n-1].gen)
		return handles[n-1].result(ctx)
	}
	handles[depth] = inject(p, func(ctx context.Context) (int, error) { return sink(ctx, depth) })
	await(t, finished(&handles[depth].r.Task), "the bottom of the stack to be settled")
	for n, h := range handles {
		if _, err := h.result(context.Background()); !errors.Is(err, task.ErrGoexit) {
			t.Errorf("task %d: %v", n, err)
		}
	}
	if deferred.Load() != depth+1 {
		t.Errorf("%d deferred functions could use their context, want %d", deferred.Load(), depth+1)
	}
	wantAllWorkers(t, p)
}

// Goexit cancels what the task left behind, as a return would.
func TestGoexitCancelsChildren(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	until(t, "the workers to sleep", func() bool { return p.Idle() == 2 })
	begun, ended := make(chan struct{}), make(chan error, 1)
	inject(p, func(ctx context.Context) (int, error) {
		submit(ctx, func(ctx context.Context) (int, error) {
			close(begun)
			<-ctx.Done()
			ended <- ctx.Err()
			return 0, nil
		})
		<-begun
		runtime.Goexit()
		return 0, nil
	})
	if err := await(t, ended, "the child to be cancelled"); err != context.Canceled {
		t.Error(err)
	}
}

// A panic or a Goexit inside of Blocking comes out of it with the worker back in place.
func TestUnwindThroughBlocking(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	cases := []struct {
		name string
		fn   func()
		ok   func(error) bool
	}{
		{"panic", func() { panic("boom") }, func(err error) bool {
			var panicked *task.PanicError
			return errors.As(err, &panicked) && panicked.Value == "boom"
		}},
		{"goexit", runtime.Goexit, func(err error) bool { return err == task.ErrGoexit }},
	}
	for _, c := range cases {
		held := false
		h := inject(p, func(ctx context.Context) (int, error) {
			frame := worker.FrameOf(ctx)
			defer func() { held = frame.Worker() != nil }()
			frame.Blocking(c.fn)
			return 0, nil
		})
		if _, err := h.result(context.Background()); !c.ok(err) || !held {
			t.Errorf("%s: %v, worker back: %v", c.name, err, held)
		}
	}
	wantAllWorkers(t, p)
}

// A panic in a child is the child's outcome; its parent decides.
func TestPanicInChildren(t *testing.T) {
	in(t, newPool(t, worker.Config{Workers: 2}), func(ctx context.Context) error {
		for range steps(1000) {
			var panicked *task.PanicError
			h := submit(ctx, func(ctx context.Context) (int, error) {
				submit(ctx, func(context.Context) (int, error) { return 0, nil })
				panic(errEnd)
			})
			if _, err := h.result(ctx); !errors.As(err, &panicked) || !errors.Is(err, errEnd) {
				return errWrong("%v", err)
			}
		}
		return ctx.Err()
	})
}

// The items of a nest have contexts of their own, without being tasks: what an item leaves is cancelled when it ends, and an
// unwinding goroutine ends the nest.
func TestNest(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	in(t, p, func(ctx context.Context) error {
		frame := worker.FrameOf(ctx)
		var left []handle
		nest := frame.Nest()
		for i := range 10 {
			item := nest.Context()
			if i%2 == 1 {
				left = append(left, submit(item, func(context.Context) (int, error) { panic("begun after its item had ended") }))
			}
			if v, err := submit(item, func(context.Context) (int, error) { return i, nil }).result(item); v != i || err != nil {
				return errWrong("item %d: %d (%v)", i, v, err)
			}
			nest.Next()
		}
		nest.End()
		for _, h := range left {
			if _, err := h.result(ctx); err != context.Canceled {
				return errWrong("a child of an item that has ended: %v", err)
			}
		}
		if v, err := submit(ctx, func(context.Context) (int, error) { return 1, nil }).result(ctx); v != 1 || err != nil {
			return errWrong("after the nest: %d (%v)", v, err)
		}
		return ctx.Err()
	})
}

func TestNestUnwinds(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	for _, c := range []struct {
		name string
		fn   func()
	}{{"panic", func() { panic("boom") }}, {"goexit", runtime.Goexit}} {
		h := inject(p, func(ctx context.Context) (int, error) {
			nest := worker.FrameOf(ctx).Nest()
			defer nest.End()
			item := nest.Context()
			return submit(item, func(context.Context) (int, error) { c.fn(); return 0, nil }).result(item)
		})
		if _, err := h.result(context.Background()); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
	wantAllWorkers(t, p)
}
