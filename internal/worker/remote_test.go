package worker_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// A remote thief takes the older half of a deque, rounded up, and no more than it asked for.
func TestStealHalf(t *testing.T) {
	cases := []struct {
		public, limit int
		want          []int // loot of successive steals
	}{
		{0, 10, []int{0}},
		{1, 10, []int{1, 0}},
		{2, 10, []int{1, 1, 0}},
		{10, 100, []int{5, 3, 1, 1, 0}},
		{10, 3, []int{3, 3, 2, 1, 1, 0}},
		{100, 0, []int{0}},
	}
	for _, c := range cases {
		p := newPool(t, worker.Config{Workers: 1})
		p.Demand(1)
		in(t, p, func(ctx context.Context) error {
			var hs []handle
			for range c.public {
				hs = append(hs, submit(ctx, func(context.Context) (int, error) { return 1, nil }))
			}
			if p.Queued() != c.public || p.Stealable() != c.public {
				return errWrong("%d tasks are public, %d stealable, want %d", p.Queued(), p.Stealable(), c.public)
			}
			next := 0
			for i, want := range c.want {
				loot := p.Steal(c.limit)
				if len(loot) != want {
					return errWrong("%d public, limit %d: steal %d took %d, want %d", c.public, c.limit, i, len(loot), want)
				}
				for _, x := range loot {
					if x != &hs[next].r.Task || x.Phase() != task.Away {
						return errWrong("loot is task %p in phase %d, want the oldest, %p", x, x.Phase(), hs[next].r)
					}
					next++
					x.Complete() // the result came from the thief
				}
			}
			return nil
		})
	}
}

// What the thief brings back completes the join of a parent that waits; what it loses runs here after all.
func TestLendAndReturn(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	p.Demand(1)
	var ran atomic.Int32
	loot := make(chan *task.Task, 2)
	thief := make(chan struct{})
	go func() {
		defer close(thief)
		first, second := <-loot, <-loot
		until(t, "the parent to wait", func() bool { return p.Parked() == 1 })
		first.Body.(*record).out = 11
		if !first.Complete() || first.Complete() {
			t.Error("a result was not accepted exactly once")
		}
		if !second.Return() {
			t.Error("a lost task could not be returned")
		}
		p.Inject(second, false)
	}()
	in(t, p, func(ctx context.Context) error {
		a := submit(ctx, func(context.Context) (int, error) { ran.Add(1); return 1, nil })
		b := submit(ctx, func(context.Context) (int, error) { ran.Add(1); return 22, nil })
		for range 2 {
			for _, x := range p.Steal(1) {
				loot <- x
			}
		}
		if v, err := a.result(ctx); v != 11 || err != nil {
			return errWrong("the thief's result: %d (%v)", v, err)
		}
		if v, err := b.result(ctx); v != 22 || err != nil {
			return errWrong("the lost task's result: %d (%v)", v, err)
		}
		return nil
	})
	await(t, thief, "the thief")
	if ran.Load() != 1 {
		t.Errorf("%d of the two tasks ran here, want 1", ran.Load())
	}
}

// Injected tasks are open to remote thieves, oldest first and all of them; pinned ones are not.
func TestStealInjected(t *testing.T) {
	p := newPool(t, worker.Config{Workers: 1})
	in(t, p, func(context.Context) error {
		var hs []handle
		for i := range 6 {
			h := handle{r: newRecord(func(context.Context) (int, error) { return i, nil })}
			h.r.Parent = p.Context()
			p.Inject(&h.r.Task, i%2 == 1)
			hs = append(hs, h)
		}
		loot := p.Steal(100)
		if len(loot) != 3 {
			return errWrong("%d tasks were stolen, want the 3 that are not pinned", len(loot))
		}
		for i, x := range loot {
			if x != &hs[2*i].r.Task {
				return errWrong("loot %d is not the oldest", i)
			}
			x.Complete()
		}
		return nil
	})
}

// A function that nobody handles here is kept for peers that do; a worker never touches it.
func TestExport(t *testing.T) {
	var surplus atomic.Int32
	p := newPool(t, worker.Config{
		Workers: 1, OnSurplus: func() { surplus.Add(1) },
		CanExport: func(f *task.Function) bool { return f.Name == "elsewhere" },
	})
	elsewhere := task.Function{Name: "elsewhere", Handled: func() bool { return false }}
	x, y := newTask(), newTask()
	x.Fn, x.Parent, y.Parent = &elsewhere, p.Context(), p.Context()
	if p.Export(y) {
		t.Error("a function that no peer can run was exported")
	}
	if !p.Export(x) || surplus.Load() != 0 {
		t.Error("a function that a peer can run was not exported quietly")
	}
	until(t, "the worker to sleep", func() bool { return p.Idle() == 1 })
	if p.Stealable() != 1 || p.Queued() != 0 {
		t.Errorf("%d tasks are stealable and %d queued, want 1 and 0", p.Stealable(), p.Queued())
	}
	p.Demand(1)
	z := newTask()
	z.Fn, z.Parent = &elsewhere, p.Context()
	if !p.Export(z) || surplus.Load() == 0 {
		t.Error("a thief that waits was not told")
	}
	if loot := p.Steal(9); len(loot) != 2 || loot[0] != x || loot[1] != z {
		t.Errorf("loot %v", loot)
	}
	if loot := newPool(t, worker.Config{}); loot.Export(newTask()) {
		t.Error("without peers there is nowhere to export to")
	}
}

// An owner that is busy publishes what it pushes while a remote thief waits, and says so; when none waits, it keeps quiet.
func TestDemand(t *testing.T) {
	var surplus atomic.Int32
	p := newPool(t, worker.Config{Workers: 1, OnSurplus: func() { surplus.Add(1) }})
	in(t, p, func(ctx context.Context) error {
		push := func() int {
			before := surplus.Load()
			submit(ctx, func(context.Context) (int, error) { return 0, nil })
			return int(surplus.Load() - before)
		}
		if n := push() + push(); n != 0 || p.Queued() != 1 {
			return errWrong("nobody hungers, and %d tasks are public, want the oldest (told %d times)", p.Queued(), n)
		}
		p.Demand(2)
		if n := push(); n == 0 || p.Queued() != 3 {
			return errWrong("a thief waits, and %d of 3 tasks are public (told %d times)", p.Queued(), n)
		}
		p.Demand(1)
		if n := push(); n == 0 || p.Queued() != 4 {
			return errWrong("one thief still waits, and %d of 4 tasks are public (told %d times)", p.Queued(), n)
		}
		p.Demand(0)
		if n := push(); n != 0 || p.Queued() != 4 {
			return errWrong("no thief waits any more, and %d tasks are public, want 4 (told %d times)", p.Queued(), n)
		}
		return nil
	})
}

// What is injected while a thief waits is announced too.
func TestDemandAndInject(t *testing.T) {
	told := make(chan struct{}, 1)
	p := newPool(t, worker.Config{Workers: 1, OnSurplus: func() {
		select {
		case told <- struct{}{}:
		default:
		}
	}})
	p.Demand(1)
	in(t, p, func(context.Context) error {
		inject(p, func(context.Context) (int, error) { return 0, nil })
		await(t, told, "the thief to be told")
		return nil
	})
}

// A worker that is about to sleep says so: that is when package peer begins to steal.
func TestOnIdle(t *testing.T) {
	idle := make(chan struct{}, 1)
	p := newPool(t, worker.Config{Workers: 1, OnIdle: func() {
		select {
		case idle <- struct{}{}:
		default:
		}
	}})
	await(t, idle, "the new pool to be idle")
	for range 100 {
		inject(p, func(context.Context) (int, error) { return 0, nil })
		await(t, idle, "the pool to be idle again")
	}
}
