package worker_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// No test of this package is parallel to another: some run in a synctest bubble, and the cancellations of one pool reach
// the hooks of all.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 takes one from the clock")

// newRand returns a generator whose seed is in the log of a failed test: replay it with -seed.
func newRand(t *testing.T) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// steps scales the length of a scenario to the patience at hand.
func steps(n int) int {
	if testing.Short() {
		n /= 10
	}
	if raceEnabled {
		n /= 10
	}
	return max(n, 100)
}

const (
	// patience is how long a test waits for what must happen; it is long because it is only ever used up by a failure.
	patience = 30 * time.Second
	// grace is what tests give Close. A pool whose tasks listen needs none of it.
	grace = 10 * time.Second
)

var (
	errEnd  = errors.New("the test is over")
	errWire = errors.New("test tasks stay at home")
)

// errWrong is the outcome of a test task that saw something it should not have seen.
func errWrong(format string, args ...any) error { return fmt.Errorf(format, args...) }

type (
	fn     = func(context.Context) (int, error)
	action = func(context.Context) error
)

// record is the shape of what package futures submits, with a function in place of declared types. Like there, records come
// from the free lists of the workers, and a handle is a record and its generation.
type record struct {
	task.Task
	fn  fn
	out int
}

var plain = task.Function{Name: "plain", Clears: true, Handled: func() bool { return true }}

func newRecord(fn fn) *record {
	r := &record{fn: fn}
	r.Fn, r.Body = &plain, r
	return r
}

func (r *record) Run(ctx context.Context) {
	defer func() {
		if v := recover(); v != nil {
			r.Err = &task.PanicError{Func: plain.Name, Value: v}
		}
	}()
	r.out, r.Err = r.fn(ctx)
}

func (*record) Input() ([]byte, error)         { return nil, errWire }
func (*record) Output() ([]byte, error)        { return nil, errWire }
func (*record) SetOutput(string, []byte) error { return errWire }
func (r *record) Clear()                       { r.fn, r.out = nil, 0 }

// handle is the future of a record.
type handle struct {
	r   *record
	gen uint32
	by  *worker.Frame // which put it on its worker's queue; nil if it went another way
}

// submit is futures.Submit.
func submit(ctx context.Context, fn fn) handle {
	frame := worker.FrameOf(ctx)
	if frame != nil && ctx == context.Context(frame) && frame.Worker() != nil {
		w := frame.Worker()
		var r *record
		if t := w.Free(plain.Index); t != nil {
			r = t.Body.(*record)
			r.fn = fn
		} else {
			r = newRecord(fn)
		}
		r.Parent = ctx
		gen := r.Gen()
		frame.Spawn(w, &r.Task)
		return handle{r, gen, frame}
	}
	r := newRecord(fn)
	r.Parent = ctx
	h := handle{r: r}
	if ctx.Err() != nil {
		r.Cancel(ctx.Err())
		return h
	}
	if ctx != context.Context(frame) && ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { r.Cancel(ctx.Err()) })
		r.OnDone(func() { stop() })
	}
	switch {
	case frame == nil:
		worker.PoolOf(ctx).Inject(&r.Task, false)
	case frame.Worker() != nil:
		frame.Spawn(frame.Worker(), &r.Task)
	case frame.Adopt(&r.Task):
		worker.PoolOf(ctx).Inject(&r.Task, false)
	default:
		r.Cancel(context.Canceled)
	}
	return h
}

// result is futures.Future.Result.
func (h handle) result(ctx context.Context) (int, error) {
	if frame, ok := ctx.(*worker.Frame); ok && frame == h.by && frame.Join(&h.r.Task, h.gen) {
		return h.r.out, h.r.Err
	}
	if !h.r.Share(h.gen) {
		return 0, task.ErrStale
	}
	if frame := worker.FrameOf(ctx); frame != nil && !h.r.IsDone() && ctx.Err() == nil {
		frame.Assist(&h.r.Task)
	}
	for !h.r.IsDone() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		worker.Await(ctx, h.r.OnDone)
	}
	if err := h.r.Outcome(); err != nil {
		return 0, err
	}
	return h.r.out, nil
}

// cancel is futures.Future.Cancel.
func (h handle) cancel() bool { return h.r.Share(h.gen) && h.r.Cancel(context.Canceled) }

// finished returns a channel that is closed when the task is done.
func finished(t *task.Task) <-chan struct{} {
	done := make(chan struct{})
	if !t.OnDone(func() { close(done) }) {
		close(done)
	}
	return done
}

// await fails the test if nothing comes through c in time.
func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v := <-c:
		return v
	case <-timer.C:
		t.Fatalf("waited %v in vain for %s\n%s", patience, what, stacks())
		panic("unreachable")
	}
}

func stacks() string {
	buf := make([]byte, 1<<16)
	return string(buf[:runtime.Stack(buf, true)])
}

// newPool starts a pool that ends with the test.
func newPool(t testing.TB, cfg worker.Config) *worker.Pool {
	t.Helper()
	p := worker.New(context.Background(), cfg)
	t.Cleanup(func() {
		if err := p.Close(errEnd, grace); err != nil {
			t.Error(err)
		}
	})
	return p
}

// in runs f as a task of p and fails the test unless it returns nil in time.
func in(t testing.TB, p *worker.Pool, f action) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(context.Background(), f) }()
	if err := await(t, ended, "the task to return"); err != nil {
		t.Fatal(err)
	}
}

// inject submits fn from outside of tasks.
func inject(p *worker.Pool, fn fn) handle {
	r := newRecord(fn)
	r.Parent = p.Context()
	p.Inject(&r.Task, false)
	return handle{r: r}
}

// until polls cond, on the caller's goroutine, until it holds. It is for conditions that nothing announces.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s\n%s", patience, what, stacks())
		}
	}
}

// tree is the work of the scenarios: it counts the leaves of a binary tree, with a future for every left half.
func tree(ctx context.Context, depth int) (int, error) {
	if depth == 0 {
		return 1, nil
	}
	left := submit(ctx, func(ctx context.Context) (int, error) { return tree(ctx, depth-1) })
	right, err := tree(ctx, depth-1)
	if err != nil {
		return 0, err
	}
	n, err := left.result(ctx)
	return n + right, err
}
