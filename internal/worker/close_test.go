package worker_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/internal/worker"
)

func TestCloseIdle(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for range steps(300) {
			p := worker.New(context.Background(), worker.Config{Workers: workers})
			if err := p.Close(errEnd, grace); err != nil {
				t.Fatal(err)
			}
		}
	}
	goleak.VerifyNone(t)
}

// What is pending never begins and has the cause as its outcome; what runs finds its context ended; what waits, in a join or in
// Blocking, is waited for; what comes later is refused.
func TestClose(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		p := worker.New(context.Background(), worker.Config{Workers: workers})
		var running []handle
		began := make(chan struct{}, workers)
		for range workers {
			running = append(running, inject(p, func(ctx context.Context) (int, error) {
				began <- struct{}{}
				<-ctx.Done()
				return 5, ctx.Err()
			}))
			await(t, began, "a task to begin")
		}
		var pending []handle
		for range 100 {
			pending = append(pending, inject(p, func(context.Context) (int, error) { panic("begun after Close") }))
		}
		if err := p.Close(errEnd, grace); err != nil {
			t.Fatal(err)
		}
		for _, h := range pending {
			if !h.r.IsCancelled() || h.r.Cause() != errEnd {
				t.Fatalf("a pending task has the outcome %v", h.r.Outcome())
			}
		}
		for _, h := range running {
			if !h.r.IsDone() || !errors.Is(h.r.Outcome(), context.Canceled) {
				t.Fatalf("a running task has the outcome %v", h.r.Outcome())
			}
		}
		for _, pinned := range []bool{false, true} {
			late := newTask()
			late.Parent = p.Context()
			p.Inject(late, pinned)
			if !late.IsCancelled() || late.Cause() != errEnd {
				t.Errorf("a task that came too late has the outcome %v", late.Outcome())
			}
		}
		if err := p.Run(context.Background(), func(context.Context) error { return nil }); err != errEnd {
			t.Errorf("Run after Close returned %v", err)
		}
		if err := p.Close(errEnd, grace); err != nil {
			t.Errorf("the second Close: %v", err)
		}
	}
	goleak.VerifyNone(t)
}

// Tasks that wait when the pool is closed: for a child, for something that never comes, and in Blocking.
func TestCloseWakesWaitingTasks(t *testing.T) {
	for _, workers := range []int{1, 3} {
		p := worker.New(context.Background(), worker.Config{Workers: workers})
		never, release := newTask(), make(chan struct{})
		outcomes := make(chan error, 3)
		inject(p, func(ctx context.Context) (int, error) {
			_, err := handle{r: never.Body.(*record)}.result(ctx)
			outcomes <- err
			return 0, err
		})
		inject(p, func(ctx context.Context) (int, error) {
			derived, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			_, err := handle{r: never.Body.(*record)}.result(derived)
			outcomes <- err
			return 0, err
		})
		inject(p, func(ctx context.Context) (int, error) {
			worker.FrameOf(ctx).Blocking(func() { <-release })
			outcomes <- ctx.Err()
			return 0, ctx.Err()
		})
		until(t, "all to wait", func() bool { return p.Parked() == 3 && p.Idle() == workers })
		closed := make(chan error, 1)
		go func() { closed <- p.Close(errEnd, grace) }()
		for range 2 {
			if err := await(t, outcomes, "a waiting task to hear of Close"); err != context.Canceled {
				t.Error(err)
			}
		}
		close(release)
		if err := await(t, outcomes, "the blocked task"); err != context.Canceled {
			t.Error(err)
		}
		if err := await(t, closed, "Close"); err != nil {
			t.Error(err)
		}
	}
	goleak.VerifyNone(t)
}

// A function that ignores its context is reported after the grace, and left alone. When it returns at last, nothing remains.
func TestCloseReportsTheDeaf(t *testing.T) {
	p := worker.New(context.Background(), worker.Config{Workers: 1})
	began, release := make(chan struct{}), make(chan struct{})
	deaf := inject(p, func(context.Context) (int, error) { close(began); <-release; return 0, nil })
	await(t, began, "the task to begin")
	err := p.Close(errEnd, 20*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "1 workers") || !strings.Contains(err.Error(), "20ms") {
		t.Errorf("Close returned %v", err)
	}
	close(release)
	await(t, finished(&deaf.r.Task), "the task to return")
	goleak.VerifyNone(t)
}

// Tasks that are injected while the pool closes: each is done or cancelled in the end, and none runs twice.
func TestCloseAgainstInject(t *testing.T) {
	const producers, each = 3, 20
	for i := range steps(1000) {
		p := worker.New(context.Background(), worker.Config{Workers: 1 + i%3})
		var hs [producers][]handle
		var ran [producers][each]atomic.Int32
		var all sync.WaitGroup
		for g := range producers {
			all.Go(func() {
				for k := range each {
					h := handle{r: newRecord(func(context.Context) (int, error) { ran[g][k].Add(1); return 0, nil })}
					h.r.Parent = p.Context()
					p.Inject(&h.r.Task, k%4 == 0)
					hs[g] = append(hs[g], h)
				}
			})
		}
		for range i % 100 {
			p.Idle()
		}
		if err := p.Close(errEnd, grace); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		for g := range producers {
			for k, h := range hs[g] {
				if n := ran[g][k].Load(); !h.r.IsDone() || n > 1 || n == 0 && !h.r.IsCancelled() {
					t.Fatalf("round %d: a task is done: %v, cancelled: %v, and ran %d times", i, h.r.IsDone(), h.r.IsCancelled(), n)
				}
			}
		}
	}
	goleak.VerifyNone(t)
}

// The context that the pool was started with ends all tasks, and leaves the pool open.
func TestContextOfThePoolEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := worker.New(ctx, worker.Config{Workers: 2})
	defer func() {
		if err := p.Close(errEnd, grace); err != nil {
			t.Error(err)
		}
	}()
	never := newTask()
	h := inject(p, func(ctx context.Context) (int, error) { return handle{r: never.Body.(*record)}.result(ctx) })
	until(t, "the task to wait", func() bool { return p.Parked() == 1 })
	cancel()
	if _, err := h.result(context.Background()); err != context.Canceled {
		t.Error(err)
	}
}
