package worker_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// Children are joined newest first, oldest first and inside out, few and more than the window holds.
func TestJoinOrders(t *testing.T) {
	orders := map[string]func(i, n int) int{
		"newest first": func(i, n int) int { return n - 1 - i },
		"oldest first": func(i, _ int) int { return i },
		"inside out":   func(i, n int) int { return (n/2 + i*(n-1)) % n },
	}
	for name, order := range orders {
		for _, workers := range []int{1, 2, 4} {
			for _, n := range []int{1, 7, worker.WindowSize + 3, 5 * worker.WindowSize, 2*worker.SweepChildren + 1} {
				t.Run(fmt.Sprintf("%s/%d/%d", name, workers, n), func(t *testing.T) {
					in(t, newPool(t, worker.Config{Workers: workers}), func(ctx context.Context) error {
						hs := make([]handle, n)
						for i := range hs {
							hs[i] = submit(ctx, func(ctx context.Context) (int, error) { _, err := tree(ctx, 3); return i, err })
						}
						for i := range hs {
							k := order(i, n)
							if v, err := hs[k].result(ctx); v != k || err != nil {
								return errWrong("child %d gave %d (%v)", k, v, err)
							}
							if v, err := hs[k].result(ctx); v != k || err != nil {
								return errWrong("asked again, child %d gave %d (%v)", k, v, err)
							}
						}
						return nil
					})
				})
			}
		}
	}
}

func TestNestedJoins(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		in(t, newPool(t, worker.Config{Workers: workers}), func(ctx context.Context) error {
			const depth = 14
			if n, err := tree(ctx, depth); n != 1<<depth || err != nil {
				return errWrong("%d workers count %d leaves (%v)", workers, n, err)
			}
			return nil
		})
	}
}

func chain(ctx context.Context, n int) (int, error) {
	if n == 0 {
		return 0, nil
	}
	v, err := submit(ctx, func(ctx context.Context) (int, error) { return chain(ctx, n-1) }).result(ctx)
	return v + 1, err
}

// A recursion of any depth continues on fresh stacks. The depth is far beyond what is run in place on one.
func TestDeepChain(t *testing.T) {
	depth := 1_000_000
	if testing.Short() || raceEnabled {
		depth = 10 * worker.MaxInlineDepth
	}
	for _, workers := range []int{1, 2} {
		in(t, newPool(t, worker.Config{Workers: workers}), func(ctx context.Context) error {
			if n, err := chain(ctx, depth); n != depth || err != nil {
				return errWrong("depth %d (%v), want %d", n, err, depth)
			}
			return nil
		})
	}
}

// A failure passes through every join of a chain, also those where the recursion changes stacks.
func TestErrorsPassThroughJoins(t *testing.T) {
	bottom := errors.New("bottom")
	var sink func(ctx context.Context, n int) (int, error)
	sink = func(ctx context.Context, n int) (int, error) {
		if n == 0 {
			return 0, bottom
		}
		return submit(ctx, func(ctx context.Context) (int, error) { return sink(ctx, n-1) }).result(ctx)
	}
	in(t, newPool(t, worker.Config{Workers: 2}), func(ctx context.Context) error {
		if _, err := sink(ctx, 2*worker.MaxInlineDepth+1); err != bottom {
			return errWrong("%v arrived, want %v", err, bottom)
		}
		return nil
	})
}

// A task that waits gives its worker away: on one worker a thousand tasks wait, each for the next, and all get through.
func TestWaitingTaskGivesItsWorkerAway(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	rs := make([]*record, 1000)
	for i := range rs {
		rs[i] = newRecord(func(ctx context.Context) (int, error) {
			if i == len(rs)-1 {
				return 1, nil
			}
			v, err := handle{r: rs[i+1]}.result(ctx)
			return v + 1, err
		})
		rs[i].Parent = p.Context()
	}
	for _, r := range rs {
		p.Inject(&r.Task, false)
	}
	if v, err := (handle{r: rs[0]}).result(context.Background()); v != len(rs) || err != nil {
		t.Errorf("%d tasks got through (%v), want %d", v, err, len(rs))
	}
}

// The child occupies the sibling until a task has run that only the parent's own worker can run.
func TestJoinOfStolenChild(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	in(t, p, func(ctx context.Context) error {
		until(t, "the sibling to sleep", func() bool { return p.Idle() == 1 })
		begun, release := make(chan struct{}), make(chan struct{})
		child := submit(ctx, func(context.Context) (int, error) { close(begun); <-release; return 3, nil })
		await(t, begun, "the child to be stolen")
		submit(ctx, func(context.Context) (int, error) { close(release); return 0, nil })
		if v, err := child.result(ctx); v != 3 || err != nil {
			return errWrong("%d (%v)", v, err)
		}
		return nil
	})
	if p.Counters().Stolen == 0 {
		t.Error("nothing was stolen")
	}
}

// holdAndWait is a task that holds a lock while it waits, which is its right. Its name is looked for on strangers' stacks.
func holdAndWait(ctx context.Context, mu *sync.Mutex, h handle) (int, error) {
	mu.Lock()
	defer mu.Unlock()
	return h.result(ctx)
}

// A stranger that wants the same lock must not be run on the waiter's stack: it would deadlock (rayon-rs/rayon#592).
func TestNoStrangerOnTheStack(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	for range steps(2000) {
		var mu sync.Mutex
		awaited := newRecord(func(context.Context) (int, error) { return 5, nil })
		awaited.Parent = p.Context()
		holder := inject(p, func(ctx context.Context) (int, error) { return holdAndWait(ctx, &mu, handle{r: awaited}) })
		until(t, "the holder to wait", func() bool { return p.Parked() == 1 })
		stranger := inject(p, func(context.Context) (int, error) {
			buf := make([]byte, 1<<14)
			stack := string(buf[:runtime.Stack(buf, false)])
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(stack, "holdAndWait") {
				return 0, errWrong("a stranger on the stack of a waiting task:\n%s", stack)
			}
			return 0, nil
		})
		p.Inject(&awaited.Task, false)
		for _, h := range []handle{holder, stranger} {
			await(t, finished(&h.r.Task), "the lock to be released")
			if err := h.r.Outcome(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Inside of Blocking the task has no worker: the only one serves others, and what the task submits goes the long way.
func TestBlockingLendsTheWorker(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	in(t, p, func(ctx context.Context) error {
		frame := worker.FrameOf(ctx)
		release := make(chan struct{})
		inject(p, func(context.Context) (int, error) { close(release); return 0, nil })
		var v int
		var err error
		frame.Blocking(func() {
			if frame.Worker() != nil {
				err = errWrong("a blocked task has a worker")
			}
			<-release
			if err == nil {
				v, err = submit(ctx, func(context.Context) (int, error) { return 4, nil }).result(ctx)
			}
		})
		if v != 4 || err != nil || frame.Worker() == nil {
			return errWrong("%d (%v), worker %p", v, err, frame.Worker())
		}
		return nil
	})
}

func TestAwaitFromOutside(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	release := make(chan struct{})
	h := inject(p, func(context.Context) (int, error) { <-release; return 6, nil })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.result(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the error of the waiter's context", err)
	}
	answer := make(chan int)
	go func() {
		v, _ := h.result(context.Background())
		answer <- v
	}()
	close(release)
	if v := await(t, answer, "the result"); v != 6 {
		t.Errorf("result %d, want 6", v)
	}
	if v, err := h.result(context.Background()); v != 6 || err != nil {
		t.Errorf("asked again: %d (%v)", v, err)
	}
}

// A handle is good until the task that submitted it returns; then the record serves other futures, and the handle is stale.
func TestStaleHandle(t *testing.T) {
	in(t, newPool(t, worker.Config{Workers: 1}), func(ctx context.Context) error {
		var old []handle
		parent := submit(ctx, func(ctx context.Context) (int, error) {
			for i := range worker.MaxFree + 100 { // more than a worker keeps
				old = append(old, submit(ctx, func(context.Context) (int, error) { return i, nil }))
			}
			for _, h := range old {
				if _, err := h.result(ctx); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		if _, err := parent.result(ctx); err != nil {
			return err
		}
		var reused int
		for i := range 100 {
			h := submit(ctx, func(context.Context) (int, error) { return -i, nil })
			for _, o := range old {
				if o.r == h.r {
					reused++
				}
			}
			if v, err := h.result(ctx); v != -i || err != nil {
				return errWrong("%d (%v) from a recycled record", v, err)
			}
		}
		if reused == 0 {
			return errWrong("no record was used again")
		}
		stale := 0
		for i, o := range old {
			switch v, err := o.result(ctx); {
			case err == task.ErrStale:
				stale++
			case v != i || err != nil:
				return errWrong("an old handle of %d gave another task's %d (%v)", i, v, err)
			}
			if o.r.Gen() != o.gen && o.cancel() {
				return errWrong("an old handle cancelled another task")
			}
		}
		if stale == 0 {
			return errWrong("no handle became stale")
		}
		return nil
	})
}
