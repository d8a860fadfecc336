package worker_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

func TestSmoke(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 2})
	if p.Workers() != 2 || p.Scale() != 2 {
		t.Errorf("%d workers, scale %d", p.Workers(), p.Scale())
	}
	if p.SetScale(16); p.Scale() != 16 {
		t.Errorf("scale %d, want 16", p.Scale())
	}
	in(t, p, func(ctx context.Context) error {
		if worker.PoolOf(ctx) != p || worker.FrameOf(ctx) == nil {
			return errWrong("a task's context knows pool %p and frame %p", worker.PoolOf(ctx), worker.FrameOf(ctx))
		}
		if n, err := tree(ctx, 10); n != 1<<10 || err != nil {
			return errWrong("%d leaves (%v), want %d", n, err, 1<<10)
		}
		return nil
	})
	until(t, "all workers to sleep", func() bool { return p.Idle() == 2 })
	if c := p.Counters(); c.Executed < 1<<10 {
		t.Errorf("%d tasks were executed, want at least %d", c.Executed, 1<<10)
	}
}

// Run hands on whatever becomes of the function.
func TestRun(t *testing.T) {
	p := newPool(t, worker.Config{}) // the zero Config works
	mine := errors.New("mine")
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(mine)
	var panicked *task.PanicError
	cases := []struct {
		name string
		ctx  context.Context
		fn   action
		ok   func(error) bool
	}{
		{"success", context.Background(), func(context.Context) error { return nil }, func(err error) bool { return err == nil }},
		{"failure", context.Background(), func(context.Context) error { return mine }, func(err error) bool { return err == mine }},
		{
			"panic", context.Background(), func(context.Context) error { panic(mine) },
			func(err error) bool { return errors.As(err, &panicked) && errors.Is(err, mine) && panicked.Stack != "" },
		},
		{
			"cancelled before", cancelled, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			func(err error) bool { return errors.Is(err, context.Canceled) },
		},
	}
	for _, c := range cases {
		if err := p.Run(c.ctx, c.fn); !c.ok(err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	running, stop := context.WithCancel(context.Background())
	if err := p.Run(running, func(ctx context.Context) error { stop(); <-ctx.Done(); return mine }); err != mine {
		t.Errorf("cancelled meanwhile: %v, want what the function returned", err)
	}
}

// One producer, one worker: everything comes out, once, in the order in which it went in.
func TestSPSC(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	n := steps(20_000)
	order := make(chan int, n)
	var last handle
	for i := range n {
		last = inject(p, func(context.Context) (int, error) { order <- i; return i, nil })
	}
	await(t, finished(&last.r.Task), "the last task")
	for want := range n {
		if got := <-order; got != want {
			t.Fatalf("task %d ran as number %d", got, want)
		}
	}
}

// Very many wait for one task, inside and outside of the pool.
func TestStampede(t *testing.T) {
	const inside, outside = 300, 50
	for _, workers := range []int{1, 2, 4} {
		p := newPool(t, worker.Config{Workers: workers})
		gate := newRecord(func(context.Context) (int, error) { return 7, nil })
		gate.Parent = p.Context()
		h := handle{r: gate}
		answers := make(chan int, inside+outside)
		ask := func(ctx context.Context) (int, error) {
			v, err := h.result(ctx)
			if err != nil {
				v = -1
			}
			answers <- v
			return v, err
		}
		for range inside {
			inject(p, ask)
		}
		for range outside {
			go ask(context.Background())
		}
		until(t, "everyone inside to wait", func() bool { return p.Parked() == inside })
		p.Inject(&gate.Task, false)
		for range inside + outside {
			if v := await(t, answers, "an answer"); v != 7 {
				t.Fatalf("somebody was told %d", v)
			}
		}
	}
}

// plan is a random tree of tasks: what each does with its children is decided beforehand, so that the oracle knows the sum.
type plan struct {
	value int
	kids  []*plan
	fate  []fate
	ran   atomic.Int32
}

type fate int

const (
	joined   fate = iota
	foreign       // submitted and awaited by another goroutine with the task's context
	blocked       // submitted and awaited while the task lends its worker
	dropped       // never waited for
	revoked       // cancelled by its parent
	fates         // how many there are
	maxKids  = 5
	maxDepth = 6
)

func newPlan(rng *rand.Rand, depth int) *plan {
	x := &plan{value: rng.IntN(100)}
	if depth == 0 {
		return x
	}
	for range rng.IntN(maxKids) {
		x.kids = append(x.kids, newPlan(rng, depth-1))
		f := fate(rng.IntN(int(fates)))
		if rng.IntN(2) == 0 {
			f = joined
		}
		x.fate = append(x.fate, f)
	}
	return x
}

// oracle is the slow and obvious scheduler: one lock, no tasks.
type oracle struct {
	mu  sync.Mutex
	sum int
}

func (o *oracle) play(x *plan) int {
	o.mu.Lock()
	o.sum += x.value
	o.mu.Unlock()
	for i, kid := range x.kids {
		if x.fate[i] < dropped {
			o.play(kid)
		}
	}
	return o.sum
}

func (x *plan) run(ctx context.Context) (int, error) {
	x.ran.Add(1)
	sum := x.value
	hs := make([]handle, len(x.kids))
	for i, kid := range x.kids {
		if x.fate[i] != foreign && x.fate[i] != blocked {
			hs[i] = submit(ctx, kid.run)
		}
	}
	for i, kid := range x.kids {
		var v int
		var err error
		switch x.fate[i] {
		case joined:
			v, err = hs[i].result(ctx)
		case foreign:
			answer := make(chan struct{})
			go func() {
				defer close(answer)
				v, err = submit(ctx, kid.run).result(ctx)
			}()
			worker.FrameOf(ctx).Blocking(func() { <-answer })
		case blocked:
			worker.FrameOf(ctx).Blocking(func() { v, err = submit(ctx, kid.run).result(ctx) })
		case revoked:
			hs[i].cancel()
		}
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

// check counts how often each task ran: those that were waited for once, all others at most once.
func (x *plan) check(t *testing.T, wanted bool) {
	if n := x.ran.Load(); n > 1 || wanted && n != 1 {
		t.Fatalf("a task ran %d times (waited for: %v)", n, wanted)
	}
	for i, kid := range x.kids {
		kid.check(t, wanted && x.fate[i] < dropped)
	}
}

func TestStress(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		rng := newRand(t)
		p := newPool(t, worker.Config{Workers: workers, Seed: rng.Uint64()})
		for range steps(1000) {
			x := newPlan(rng, maxDepth)
			want := new(oracle).play(x)
			in(t, p, func(ctx context.Context) error {
				if got, err := x.run(ctx); got != want || err != nil {
					return errWrong("%d workers: sum %d (%v), want %d", workers, got, err, want)
				}
				return nil
			})
			x.check(t, true)
		}
	}
}

// No worker goes without work while there is some, and nothing from outside waits for ever behind a task that keeps spawning.
func TestNoStarvation(t *testing.T) {
	const workers, outside = 4, 20
	p := newPool(t, worker.Config{Workers: workers})
	in(t, p, func(ctx context.Context) error {
		until(t, "the siblings to sleep", func() bool { return p.Idle() == workers-1 })
		release := make(chan struct{})
		var hs []handle
		for range workers - 1 {
			begun := make(chan struct{})
			hs = append(hs, submit(ctx, func(context.Context) (int, error) { close(begun); <-release; return 0, nil }))
			await(t, begun, "a sibling to take what lies there")
		}
		close(release)
		for _, h := range hs {
			if _, err := h.result(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	in(t, p, func(ctx context.Context) error {
		var served atomic.Int32
		for range outside {
			inject(p, func(context.Context) (int, error) { served.Add(1); return 0, nil })
		}
		until(t, "what was injected to run beside a task that spawns all the time", func() bool {
			_, err := tree(ctx, 4)
			return err != nil || served.Load() == outside
		})
		return ctx.Err()
	})
}
