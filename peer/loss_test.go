package peer_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// load is work without end at one peer, in which everything that comes out is checked: a map, and trees beside it. The
// peer has two workers, as the trees never leave theirs.
type load struct {
	c    *cluster
	at   int
	done atomic.Bool
	runs sync.WaitGroup
	roll atomic.Pointer[roll]
}

// loaded starts a cluster in which the first peer can have a load.
func loaded(t testing.TB, n int) *cluster {
	t.Helper()
	c := start(t, 1, 2)
	for range n - 1 {
		c.add(peer.Config{Workers: 1})
	}
	return c
}

// load begins it.
func (c *cluster) load(at int) *load {
	c.t.Helper()
	l := &load{c: c, at: at}
	l.roll.Store(newRoll(0))
	item := do(c.t, func(_ context.Context, at *peer.Peer, n int) (int, error) {
		l.roll.Load().sign(at)
		return n * n * work(workSize) / work(workSize), nil
	})
	endless := func(yield func(order) bool) {
		for i := 0; !l.done.Load() && yield(item(i)); i++ {
		}
	}
	l.runs.Go(func() {
		c.run(at, func(ctx context.Context) error {
			next := 0
			for got, err := range futures.Map(ctx, Act, endless) {
				if err != nil || got != next*next {
					return fmt.Errorf("item %d is %d: %w", next, got, err)
				}
				next++
			}
			return nil
		})
	})
	l.runs.Go(func() {
		c.run(at, func(ctx context.Context) error {
			for !l.done.Load() {
				if got, err := futures.Submit(ctx, Fib, 16).Result(ctx); got != 987 || err != nil {
					return fmt.Errorf("fib(16) is %d: %w", got, err)
				}
			}
			return nil
		})
	})
	return l
}

// until waits until so many peers have taken part since the last call.
func (l *load) until(peers int) {
	l.c.t.Helper()
	r := newRoll(peers)
	l.roll.Store(r)
	receive(l.c.t, fmt.Sprintf("%d peers take part", peers), r.all)
}

// stop ends the load, and waits for the results of all that was begun.
func (l *load) stop() {
	l.done.Store(true)
	l.runs.Wait()
}

// TestKilled: a task whose executor dies is run again.
func TestKilled(t *testing.T) {
	c := start(t, 3, 1)
	release := c.occupy(0)
	h := hanging(t, 2)
	fs := []futures.Future[int]{futures.Submit(c.from(0), Act, h.order), futures.Submit(c.from(0), Act, h.order)}
	for range fs {
		receive(t, "a task has begun", h.begun)
	}
	c.kill(1)
	again := c.lost(0, 1).rerun
	if l := c.lost(2, 1); l.rerun != 0 {
		t.Errorf("peer 2 runs %d tasks again, and owned none", l.rerun)
	}
	c.kill(2)
	// One may have had both tasks for a moment, and the owner did not hear any more that it had passed one on.
	if again += c.lost(0, 2).rerun; again < 2 {
		t.Errorf("%d tasks are run again, of two", again)
	}
	release()
	for _, f := range fs {
		if got, err := f.Result(c.ctx); got != 42 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	}
	for range fs { // those who were cut off have noticed, too
		if err := receive(t, "the context at the dead has ended", h.ended); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if s, l := c.nodes[0].Stats(), c.nodes[0].LedgerStats(); s.Rerun != uint64(again) || l.Losses == 0 || l.Losses > s.Rerun {
		t.Errorf("%d tasks are run again, but %+v, %+v", again, s, l)
	}
}

// TestKilledUnderLoad: two at once, again and again, with fresh ones in their place.
func TestKilledUnderLoad(t *testing.T) {
	c := loaded(t, 5)
	l := c.load(0)
	for round := range 3 {
		l.until(len(c.alive()))
		dead := []int{len(c.nodes) - 2, len(c.nodes) - 1}
		c.kill(dead...)
		for _, i := range dead {
			c.lost(0, i)
		}
		c.add(peer.Config{Workers: 1})
		c.add(peer.Config{Workers: 1})
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	l.until(len(c.alive()))
	var rest []int
	for i := 1; i < len(c.nodes); i++ {
		if !c.nodes[i].killed {
			rest = append(rest, i)
		}
	}
	c.kill(rest...) // everybody but the origin
	for _, i := range rest {
		c.lost(0, i)
	}
	l.until(1)
	l.stop()
}

// TestOwnersUnderLoad: peers that own tasks of their own die; what the others hold of them is dropped.
func TestOwnersUnderLoad(t *testing.T) {
	c := loaded(t, 4)
	l := c.load(0)
	h := hanging(t, 1<<30)
	for i := 2; i < 4; i++ { // with nobody idle, these wait in queues, here or there
		for range 8 {
			futures.Submit(c.from(i), Act, h.order)
		}
	}
	receive(t, "one of them has begun", h.begun)
	c.kill(2, 3)
	c.lost(0, 2)
	c.lost(0, 3)
	l.until(2)
	l.stop()
	c.settled()
}

// TestOwnerLost: the executor drops what belonged to a lost owner, begun or not.
func TestOwnerLost(t *testing.T) {
	c := start(t, 2, 2)
	c.occupy(0)
	h := hanging(t, 100)
	for range 2 {
		futures.Submit(c.from(0), Act, h.order)
	}
	for range 2 {
		receive(t, "a task has begun", h.begun)
	}
	c.kill(0)
	if l := c.lost(1, 0); l.rerun != 0 {
		t.Errorf("%d tasks are run again", l.rerun)
	}
	for range 2 {
		if err := receive(t, "its context has ended", h.ended); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	c.settled()
	c.run(1, func(ctx context.Context) error {
		if got, err := futures.Submit(ctx, Fib, 12).Result(ctx); got != 144 || err != nil {
			return fmt.Errorf("fib(12) = %d: %w", got, err)
		}
		return nil
	})
	if jobs, constants := c.nodes[1].Kept(); jobs != 0 || constants != 0 {
		t.Errorf("%d jobs and %d constants of others are kept", jobs, constants)
	}
}

// TestAtMostOnce: a task that must not be begun twice fails with its executor.
func TestAtMostOnce(t *testing.T) {
	c := start(t, 2, 1)
	release := c.occupy(0)
	h := hanging(t, 1)
	f := futures.Submit(c.from(0), ActOnce, h.order)
	receive(t, "it has begun", h.begun)
	c.kill(1)
	if _, err := f.Result(c.ctx); !errors.Is(err, futures.ErrPeerLost) {
		t.Error(err)
	}
	if l := c.lost(0, 1); l.rerun != 0 {
		t.Errorf("%d tasks are run again", l.rerun)
	}
	release()
	c.settled()
	if len(h.begun) != 0 {
		t.Error("it was begun again")
	}
	if got, err := futures.Submit(c.from(0), ActOnce, h.order).Result(c.ctx); got != 42 || err != nil {
		t.Errorf("another one: %d, %v", got, err)
	}
}

// TestSecondHandLost: the owner hears that the third peer has its task, and that this one is lost.
func TestSecondHandLost(t *testing.T) {
	c, _ := lifeline(t, 1)
	c.occupy(1)
	h := hanging(t, 1)
	f := futures.Submit(c.from(0), Act, h.order)
	c.holds(1, 1)
	third := c.add(peer.Config{Workers: 1})
	if at := receive(t, "it has begun", h.begun); at != third.Peer {
		t.Fatalf("it runs on %s, want %s", at.ID(), third.ID())
	}
	c.kill(2)
	if l := c.lost(0, 2); l.rerun != 1 {
		t.Errorf("%d tasks are run again, want one", l.rerun)
	}
	c.releaseAll()
	if got, err := f.Result(c.ctx); got != 42 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
}

// TestGone: to be told that a process has ended is as good as to notice.
func TestGone(t *testing.T) {
	c := start(t, 2, 1)
	if c.nodes[0].Gone("no ID") || c.nodes[0].Gone(stranger) {
		t.Error("strangers are gone")
	}
	if !c.nodes[0].Gone(c.nodes[1].ID()) {
		t.Error("a member was not known")
	}
	c.lost(0, 1)
	if c.nodes[0].Gone(c.nodes[1].ID()) {
		t.Error("it is gone twice")
	}
	c.nodes[1].killed = true
}

// TestCancel: a cancelled future's function hears of it where it runs.
func TestCancel(t *testing.T) {
	c := start(t, 2, 1)
	c.occupy(0)
	h := hanging(t, 1)
	f := futures.Submit(c.from(0), Act, h.order)
	receive(t, "it has begun", h.begun)
	begin := time.Now()
	if !f.Cancel() {
		t.Error("not cancelled")
	}
	if _, err := f.Result(c.ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := receive(t, "its context has ended", h.ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if took := time.Since(begin); took > soon {
		t.Errorf("it took %v", took)
	}
}

// TestParentEnds: what a task leaves behind on other peers is cancelled there.
func TestParentEnds(t *testing.T) {
	c := start(t, 2, 1)
	h := hanging(t, 1)
	c.run(0, func(ctx context.Context) error {
		futures.Submit(ctx, Act, h.order)
		for len(h.begun) == 0 { // each look offers it to whoever hungers
			if _, err := futures.Submit(ctx, Fib, 10).Result(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if at := receive(t, "it has begun", h.begun); at != c.nodes[1].Peer {
		t.Skip("it began at home")
	}
	receive(t, "its context has ended", h.ended)
}

// TestDeadline: the executor knows of the submitter's deadline, and so do the tasks below.
func TestDeadline(t *testing.T) {
	c := start(t, 2, 1)
	c.occupy(0)
	const limit = 400 * time.Millisecond
	left, ended := make(chan time.Duration, 2), make(chan error, 1)
	look := func(ctx context.Context) {
		at, ok := ctx.Deadline()
		if !ok {
			at = time.Time{}
		}
		left <- time.Until(at)
	}
	inner := do(t, func(ctx context.Context, _ *peer.Peer, _ int) (int, error) {
		look(ctx)
		<-ctx.Done()
		ended <- ctx.Err()
		return 0, ctx.Err()
	})
	outer := do(t, func(ctx context.Context, _ *peer.Peer, _ int) (int, error) {
		look(ctx)
		return futures.Submit(ctx, Act, inner(0)).Result(ctx)
	})
	ctx, cancel := context.WithTimeout(c.from(0), limit)
	defer cancel()
	f := futures.Submit(ctx, Act, outer(0))
	for _, who := range []string{"task", "child"} {
		if d := receive(t, "it has begun", left); d <= 0 || d > limit {
			t.Errorf("the %s has %v left, of %v", who, d, limit)
		}
	}
	if err := receive(t, "its context has ended", ended); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := f.Result(c.ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
