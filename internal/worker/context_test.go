package worker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// view is what can be seen of a context, and of others made from it, at one moment.
type view struct {
	err        error
	done       bool
	derived    error // of a child made by WithCancel
	timed      error // of a child made by WithTimeout
	called     int   // how often the registered AfterFunc has been called
	stopped    int   // the same for one that was stopped in time
	late       int   // the same for one registered after the end
	hasTimeout bool  // has a deadline
}

// subject is a context under observation.
type subject struct {
	ctx, derived, timed context.Context
	called, stopped     chan struct{}
}

const timeout = time.Hour // of what is derived from a subject; nothing waits as long

func observe(ctx context.Context) (s *subject, release func()) {
	s = &subject{ctx: ctx, called: make(chan struct{}, 9), stopped: make(chan struct{}, 9)}
	var cancelDerived, cancelTimed context.CancelFunc
	s.derived, cancelDerived = context.WithCancel(ctx)
	s.timed, cancelTimed = context.WithTimeout(ctx, timeout)
	stop := context.AfterFunc(ctx, func() { s.called <- struct{}{} })
	context.AfterFunc(ctx, func() { s.stopped <- struct{}{} })() // the call stops it
	return s, func() { cancelDerived(); cancelTimed(); stop() }
}

// look returns what can be seen once everything has settled. It is called in a bubble.
func (s *subject) look() view {
	synctest.Wait()
	v := view{err: s.ctx.Err(), derived: s.derived.Err(), timed: s.timed.Err(), called: len(s.called), stopped: len(s.stopped)}
	select {
	case <-s.ctx.Done():
		v.done = true
	default:
	}
	if v.done {
		late := make(chan struct{}, 9)
		if context.AfterFunc(s.ctx, func() { late <- struct{}{} })() {
			v.late = -1 // stop must say that the function has been started
		}
		synctest.Wait()
		v.late += len(late)
	}
	_, v.hasTimeout = s.ctx.Deadline()
	return v
}

// ending is one way in which a context ends: done to a standard one, and to the task h that runs until leave is called.
type ending struct {
	name     string
	standard func(parent, cancel context.CancelFunc)
	ours     func(parent context.CancelFunc, h handle, leave func())
	timeout  time.Duration // of the parent; 0 for none
}

var endings = []ending{
	{
		name:     "running",
		standard: func(_, _ context.CancelFunc) {},
		ours:     func(_ context.CancelFunc, _ handle, _ func()) {},
	},
	{
		name:     "returned",
		standard: func(_, cancel context.CancelFunc) { cancel() },
		ours:     func(_ context.CancelFunc, _ handle, leave func()) { leave() },
	},
	{
		name:     "cancelled",
		standard: func(_, cancel context.CancelFunc) { cancel() },
		ours:     func(_ context.CancelFunc, h handle, _ func()) { h.cancel() },
	},
	{
		name:     "cancelled, then returned",
		standard: func(_, cancel context.CancelFunc) { cancel(); cancel() },
		ours:     func(_ context.CancelFunc, h handle, leave func()) { h.cancel(); leave() },
	},
	{
		name:     "parent cancelled",
		standard: func(parent, _ context.CancelFunc) { parent() },
		ours:     func(parent context.CancelFunc, _ handle, _ func()) { parent() },
	},
	{
		name:     "before the deadline",
		standard: func(_, _ context.CancelFunc) {},
		ours:     func(_ context.CancelFunc, _ handle, _ func()) {},
		timeout:  10 * time.Minute,
	},
	{
		name:     "after the deadline",
		standard: func(_, _ context.CancelFunc) { <-time.After(time.Minute) },
		ours:     func(_ context.CancelFunc, _ handle, _ func()) { <-time.After(time.Minute) },
		timeout:  30 * time.Second,
	},
}

func under(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return context.WithCancel(ctx)
}

// The context of a task behaves as context.WithCancel would, whatever ends it. The same is done to both, and the views that a
// stranger's goroutine has of them are compared.
func TestContextLikeTheStandardOne(t *testing.T) {
	for _, c := range endings {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parent, cancelParent := under(context.Background(), c.timeout)
				defer cancelParent()
				ctx, cancel := context.WithCancel(parent)
				defer cancel()
				s, release := observe(ctx)
				defer release()
				before := s.look()
				c.standard(cancelParent, cancel)
				after := s.look()

				p := worker.New(context.Background(), worker.Config{Workers: 2})
				parent, cancelParent = under(p.Context(), c.timeout)
				defer cancelParent()
				begun, leave := make(chan context.Context), make(chan struct{})
				h := submit(parent, func(ctx context.Context) (int, error) { begun <- ctx; <-leave; return 0, nil })
				s, release = observe(<-begun)
				defer release()
				if got := s.look(); got != before {
					t.Errorf("before: %+v, want %+v", got, before)
				}
				left := false
				c.ours(cancelParent, h, func() { left = true; close(leave) })
				if got := s.look(); got != after {
					t.Errorf("after: %+v, want %+v", got, after)
				}
				if !left {
					close(leave)
				}
				if err := p.Close(errEnd, grace); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The task's own goroutine takes a shorter way to the same answers.
func TestContextSeenFromWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := worker.New(context.Background(), worker.Config{Workers: 1})
		start, ranOut := time.Now(), make(chan struct{})
		ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
		defer cancel()
		h := submit(ctx, func(ctx context.Context) (int, error) {
			if d, ok := ctx.Deadline(); !ok || !d.Equal(start.Add(time.Minute)) || ctx.Err() != nil {
				return 0, errWrong("deadline %v (%v), error %v", d, ok, ctx.Err())
			}
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			<-short.Done()
			if ctx.Err() != nil || !errors.Is(short.Err(), context.DeadlineExceeded) {
				return 0, errWrong("the shorter deadline: %v and %v", ctx.Err(), short.Err())
			}
			<-ctx.Done()
			synctest.Wait()
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) || time.Since(start) != time.Minute {
				return 0, errWrong("%v after %v", ctx.Err(), time.Since(start))
			}
			close(ranOut)
			return 0, nil
		})
		<-finished(&h.r.Task)
		if err := h.r.Outcome(); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		<-ranOut
		if err := p.Close(errEnd, grace); err != nil {
			t.Error(err)
		}
	})
}

// Values: the pool, the task and the job; nothing that a submitter put there, because it could not cross the wire.
func TestContextValues(t *testing.T) {
	type key struct{}
	p := newPool(t, worker.Config{Workers: 2})
	job := &worker.Job{Origin: "me"}
	ctx := context.WithValue(worker.WithJob(p.Context(), job), key{}, 1)
	if worker.JobOf(ctx) != job || worker.JobOf(p.Context()) != nil || worker.JobOf(nil) != nil { //nolint:staticcheck // nil is allowed
		t.Error("the job is not where it was put")
	}
	if outside := worker.NewContext(context.Background(), p); worker.PoolOf(outside) != p || worker.FrameOf(outside) != nil {
		t.Error("NewContext does not bind to the pool alone")
	}
	var check func(ctx context.Context, depth int) (int, error)
	check = func(ctx context.Context, depth int) (int, error) {
		if worker.JobOf(ctx) != job || worker.PoolOf(ctx) != p || ctx.Value(key{}) != nil {
			return 0, errWrong("depth %d: job %v, pool %v, value %v", depth, worker.JobOf(ctx), worker.PoolOf(ctx), ctx.Value(key{}))
		}
		if derived := context.WithValue(ctx, key{}, 2); worker.JobOf(derived) != job || worker.FrameOf(derived) != worker.FrameOf(ctx) {
			return 0, errWrong("depth %d: a derived context belongs to another task", depth)
		}
		if depth == 0 {
			return 0, nil
		}
		left := submit(ctx, func(ctx context.Context) (int, error) { return check(ctx, depth-1) })
		if _, err := check(ctx, depth-1); err != nil {
			return 0, err
		}
		return left.result(ctx)
	}
	h := submit(ctx, func(ctx context.Context) (int, error) { return check(ctx, 8) })
	if _, err := h.result(context.Background()); err != nil {
		t.Error(err)
	}
	other := inject(p, func(ctx context.Context) (int, error) {
		if worker.JobOf(ctx) != nil {
			return 0, errWrong("a task of no job has one")
		}
		return 0, nil
	})
	if _, err := other.result(context.Background()); err != nil {
		t.Error(err)
	}
}

// A goroutine that looked at a context in time learns that its task has returned, and can submit nothing with it any more.
func TestContextOutlivesItsTask(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	for range steps(500) {
		looked, returned, seen := make(chan struct{}), make(chan struct{}), make(chan error)
		h := inject(p, func(ctx context.Context) (int, error) {
			go func() {
				done := ctx.Done()
				close(looked)
				<-done
				<-returned
				late := submit(ctx, func(context.Context) (int, error) { panic("a child of nobody") })
				_, err := late.result(context.Background())
				if !errors.Is(err, context.Canceled) || !errors.Is(ctx.Err(), context.Canceled) {
					seen <- errWrong("a child of a task that has returned: %v; its context: %v", err, ctx.Err())
					return
				}
				if worker.FrameOf(ctx).Adopt(newTask()) {
					seen <- errWrong("a task that has returned adopts a child")
					return
				}
				seen <- nil
			}()
			<-looked
			return 1, nil
		})
		<-finished(&h.r.Task)
		// Later tasks of the same strand must not be taken for the one that has returned.
		if _, err := inject(p, func(ctx context.Context) (int, error) { return tree(ctx, 3) }).result(context.Background()); err != nil {
			t.Fatal(err)
		}
		close(returned)
		if err := await(t, seen, "the goroutine that was left behind"); err != nil {
			t.Fatal(err)
		}
	}
}

func newTask() *task.Task {
	return &newRecord(func(context.Context) (int, error) { return 0, nil }).Task
}
