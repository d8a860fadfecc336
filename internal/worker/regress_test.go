package worker_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// Each test here has found a mistake once.

// Several private tasks that become public at once wake one sleeper; whoever is woken and finds something must wake the next.
func TestWakeUpsSpread(t *testing.T) {
	const workers = 4
	p := newPool(t, worker.Config{Workers: workers})
	in(t, p, func(ctx context.Context) error {
		// Occupy all siblings, so that what follows stays in the window.
		until(t, "the siblings to sleep", func() bool { return p.Idle() == workers-1 })
		var busy sync.WaitGroup
		release := make(chan struct{})
		for range workers - 1 {
			busy.Add(1)
			submit(ctx, func(context.Context) (int, error) { busy.Done(); <-release; return 0, nil })
		}
		busy.Wait()
		submit(ctx, func(context.Context) (int, error) { return 0, nil }) // the oldest is public, whoever hungers
		var met atomic.Int32
		all := make(chan struct{})
		leaf := func(context.Context) (int, error) {
			if met.Add(1) == workers-1 {
				close(all)
			}
			<-all
			return 0, nil
		}
		for range 10 {
			submit(ctx, leaf) // private: nobody hungers
		}
		close(release)
		until(t, "the siblings to sleep", func() bool { return p.Idle() == workers-1 })
		submit(ctx, leaf) // publishes these eleven tasks; three workers sleep
		select {
		case <-all:
		case <-time.After(patience):
			idle, queued := p.Idle(), p.Queued()
			close(all)
			return errWrong("%d workers sleep while %d tasks are public", idle, queued)
		}
		return nil
	})
}

// A task whose parent context is bound to the pool by a value only hears of Close all the same.
func TestCloseReachesOutsideContexts(t *testing.T) {
	p := worker.New(context.Background(), worker.Config{Workers: 1})
	running := make(chan struct{})
	r := newRecord(func(ctx context.Context) (int, error) {
		close(running)
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
		return 0, nil
	})
	r.Parent = worker.NewContext(context.Background(), p)
	p.Inject(&r.Task, false)
	<-running
	if err := p.Close(errEnd, 2*time.Second); err != nil {
		t.Error(err)
	}
	<-finished(&r.Task)
}

// The context of a task that has returned, looked at by a later task of the same strand.
func TestErrKeepsUpWithDone(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	in(t, p, func(ctx context.Context) error {
		var leaked context.Context
		child := submit(ctx, func(ctx context.Context) (int, error) { leaked = ctx; ctx.Done(); return 0, nil })
		if _, err := child.result(ctx); err != nil {
			return err
		}
		select {
		case <-leaked.Done():
		default:
			return errWrong("Done is open")
		}
		if leaked.Err() == nil {
			return errWrong("Done is closed and Err is nil")
		}
		return nil
	})
}

// A cancelled child that goes on running looks at the frames of its ancestors, which must not be in use again by then.
func TestLooksAtReusedFrames(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	stop := make(chan struct{})
	in(t, p, func(ctx context.Context) error {
		defer close(stop)
		until(t, "the sibling to sleep", func() bool { return p.Idle() == 1 })
		begun, release := make(chan struct{}), make(chan struct{})
		submit(ctx, func(context.Context) (int, error) { close(begun); <-release; return 0, nil })
		<-begun // now nobody hungers, and parent stays on this stack
		started := make(chan struct{})
		parent := submit(ctx, func(ctx context.Context) (int, error) {
			close(release)
			until(t, "the sibling to sleep", func() bool { return p.Idle() == 1 })
			child := submit(ctx, func(ctx context.Context) (int, error) {
				close(started)
				for ctx.Err() == nil {
				}
				<-stop
				return 0, nil
			})
			<-started
			for range 3000 { // few: the race detector forgets after some ten thousand
				task.Advance() // makes the child look at its ancestors
			}
			child.cancel()
			return 0, nil
		})
		if _, err := parent.result(ctx); err != nil {
			return err
		}
		for i := range 1000 {
			h := submit(ctx, func(context.Context) (int, error) { return i, nil })
			if _, err := h.result(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// Another task asks for a future whose record serves other tasks by now, on another strand.
func TestStaleHandleOfAnotherTask(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	in(t, p, func(ctx context.Context) error {
		until(t, "the sibling to sleep", func() bool { return p.Idle() == 1 })
		stop := make(chan struct{})
		stale := make(chan handle, 1)
		reader := submit(ctx, func(ctx context.Context) (int, error) {
			h := <-stale
			for {
				select {
				case <-stop:
					return 0, nil
				default:
					h.result(ctx)
				}
			}
		})
		until(t, "the reader to be taken", func() bool { return reader.r.Phase() == task.Running })
		parent := submit(ctx, func(ctx context.Context) (int, error) {
			child := submit(ctx, func(context.Context) (int, error) { return 1, nil })
			child.result(ctx)
			stale <- child
			return 0, nil
		})
		parent.result(ctx)
		for range 100000 {
			h := submit(ctx, func(ctx context.Context) (int, error) {
				c := submit(ctx, func(context.Context) (int, error) { return 1, nil })
				return c.result(ctx)
			})
			if _, err := h.result(ctx); err != nil {
				return err
			}
		}
		close(stop)
		_, err := reader.result(ctx)
		return err
	})
}
