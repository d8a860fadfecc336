package peer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// roll is a list of the peers that have taken part.
type roll struct {
	n int

	mu   sync.Mutex
	seen map[string]int // tasks by peer
	all  chan struct{}  // closed when n peers are on it
}

func newRoll(n int) *roll { return &roll{n: n, seen: make(map[string]int), all: make(chan struct{})} }

func (r *roll) sign(at *peer.Peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[at.ID()]++; r.seen[at.ID()] == 1 && len(r.seen) == r.n {
		close(r.all)
	}
}

func (r *roll) complete() bool {
	select {
	case <-r.all:
		return true
	default:
		return false
	}
}

// work is something to do for some ten microseconds.
func work(n int) int {
	if n < 2 {
		return n
	}
	return work(n-1) + work(n-2)
}

const workSize = 20

// tree is a binary tree of tasks, of a height for which the number of leaves is known. The one in the middle of the way to
// the last leaf goes on growing small subtrees until all peers are on the roll.
func tree(t testing.TB, height int, r *roll) func(arg int) order {
	var self func(arg int) order
	self = do(t, func(ctx context.Context, at *peer.Peer, depth int) (int, error) {
		r.sign(at)
		if depth == height {
			return ballast(), nil
		}
		left := futures.Submit(ctx, Act, self(depth+1))
		right, err := carryOut(ctx, self(depth+1))
		if err != nil {
			return 0, err
		}
		l, err := left.Result(ctx)
		return l + right, err
	})
	return self
}

// squares maps x to x*x and signs the roll.
func squares(t testing.TB, r *roll) func(arg int) order {
	return do(t, func(_ context.Context, at *peer.Peer, n int) (int, error) {
		r.sign(at)
		return n * n * ballast(), nil
	})
}

// until are orders 0, 1, 2 and so on, at least so many, until all peers are on the roll.
func until(r *roll, atLeast int, of func(int) order) func(yield func(order) bool) {
	return func(yield func(order) bool) {
		for i := 0; (i < atLeast || !r.complete()) && yield(of(i)); i++ {
		}
	}
}

// TestShare: the peers work on trees, then on one map, until all of them have taken part in each.
func TestShare(t *testing.T) {
	for _, tc := range []struct{ peers, workers int }{{2, 1}, {4, 1}, {2, 2}} {
		t.Run(fmt.Sprintf("peers=%d workers=%d", tc.peers, tc.workers), func(t *testing.T) {
			c := start(t, tc.peers, tc.workers)
			trees, items := newRoll(tc.peers), newRoll(tc.peers)
			walk, square := tree(t, 9, trees), squares(t, items)
			c.run(0, func(ctx context.Context) error {
				for !trees.complete() {
					leaves, err := futures.Submit(ctx, Act, walk(0)).Result(ctx)
					if leaves != 1<<9 || err != nil {
						return fmt.Errorf("%d leaves, want %d: %w", leaves, 1<<9, err)
					}
				}
				next := 0
				for got, err := range futures.Map(ctx, Act, until(items, 1000, square)) {
					if err != nil || got != next*next {
						return fmt.Errorf("item %d is %d: %w", next, got, err)
					}
					next++
				}
				if next < 1000 {
					return fmt.Errorf("%d items", next)
				}
				return nil
			})
			for i, n := range c.nodes {
				if s := n.Stats(); s.Executed == 0 || i > 0 && s.Stolen == 0 || s.Rerun != 0 {
					t.Errorf("peer %d: %+v", i, s)
				}
			}
		})
	}
}

// TestManyOwners: every peer is origin of a job of its own, all at once.
func TestManyOwners(t *testing.T) {
	c := start(t, 4, 1)
	var jobs sync.WaitGroup
	for i := range c.nodes {
		jobs.Go(func() {
			c.run(i, func(ctx context.Context) error {
				for range 3 {
					if got, err := futures.Submit(ctx, Fib, 19).Result(ctx); got != 4181 || err != nil {
						return fmt.Errorf("fib(19) = %d: %w", got, err)
					}
				}
				return nil
			})
		})
	}
	jobs.Wait()
}

// TestMapReduceAcross folds where the parts are. The order of the parts must not show, so what is folded are the ends of
// ranges, which only fit together in order.
func TestMapReduceAcross(t *testing.T) {
	c := start(t, 3, 1)
	r := newRoll(3)
	n := 0
	counted := func(yield func(int) bool) {
		for n = 0; (n < 1000 || !r.complete()) && yield(n); n++ {
		}
	}
	rangeRoll.Store(r)
	c.run(0, func(ctx context.Context) error {
		got, err := futures.MapReduce(ctx, Range, Concat, counted)
		if want := (stretch{0, n}); got != want || err != nil {
			return fmt.Errorf("%v, want %v: %w", got, want, err)
		}
		return nil
	})
}

// TestSecondHand: A lends to B, and C steals from B what B has not begun. C's result goes to A, and B is relieved of its
// records.
func TestSecondHand(t *testing.T) {
	c, _ := lifeline(t, 1)
	a, b := c.nodes[0], c.nodes[1]
	c.occupy(1)
	where := make(chan string, 1)
	f := futures.Submit(c.from(0), Act, do(t, func(_ context.Context, at *peer.Peer, n int) (int, error) {
		where <- at.ID()
		return n + 1, nil
	})(1))
	c.holds(1, 1)
	third := c.add(peer.Config{Workers: 1})
	if got, err := f.Result(c.ctx); got != 2 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	if at := receive(t, "the task has run", where); at != third.ID() {
		t.Errorf("it ran on %s, want %s", at, third.ID())
	}
	c.settled() // while A and B are still busy
	if s := a.LedgerStats(); s.Accepted != 1 || s.Moves+s.Early == 0 || s.Losses != 0 {
		t.Errorf("the owner's ledger: %+v", s)
	}
	for i, n := range []*node{b, third} {
		if s := n.Stats(); s.Stolen != 1 || int(s.Lent) != 1-i {
			t.Errorf("%+v", s)
		}
	}
}

// TestSecondHandCancel: the owner's cancel finds a task that it has not lent to its present holder.
func TestSecondHandCancel(t *testing.T) {
	c, _ := lifeline(t, 1)
	c.occupy(1)
	begun, ended := make(chan string, 1), make(chan error, 1)
	f := futures.Submit(c.from(0), Act, do(t, func(ctx context.Context, at *peer.Peer, _ int) (int, error) {
		begun <- at.ID()
		<-ctx.Done()
		ended <- ctx.Err()
		return 0, ctx.Err()
	})(0))
	c.holds(1, 1)
	third := c.add(peer.Config{Workers: 1})
	if at := receive(t, "the task has begun", begun); at != third.ID() {
		t.Errorf("it runs on %s, want %s", at, third.ID())
	}
	if !f.Cancel() {
		t.Error("not cancelled")
	}
	if err := receive(t, "its context has ended", ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestStolenBack: an owner that has nothing else to do takes its own task back from its holder.
func TestStolenBack(t *testing.T) {
	c, release := lifeline(t, 1)
	a := c.nodes[0]
	c.occupy(1)
	where := make(chan string, 1)
	f := futures.Submit(c.from(0), Act, do(t, func(_ context.Context, at *peer.Peer, n int) (int, error) {
		where <- at.ID()
		return n, nil
	})(7))
	c.holds(1, 1)
	release()
	if got, err := f.Result(c.ctx); got != 7 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	if at := receive(t, "the task has run", where); at != a.ID() {
		t.Errorf("it ran on %s, want its owner %s", at, a.ID())
	}
}

func TestCensus(t *testing.T) {
	c := start(t, 3, 2)
	r := newRoll(3)
	c.run(0, func(ctx context.Context) error {
		_, err := futures.Collect(futures.Map(ctx, Act, until(r, 1, squares(t, r))))
		return err
	})
	all, err := c.nodes[1].Census(c.ctx)
	if err != nil || len(all) != 3 || all[0].ID != c.nodes[1].ID() {
		t.Fatalf("%+v, %v", all, err)
	}
	var stolen, lent uint64
	for _, n := range c.nodes {
		i := slices.IndexFunc(all, func(s peer.Stats) bool { return s.ID == n.ID() })
		if i < 0 {
			t.Fatalf("%s is missing in %+v", n.ID(), all)
		}
		if s := all[i]; s.Workers != 2 || s.PID == 0 || s.Name == "" {
			t.Errorf("%+v", s)
		}
		stolen += all[i].Stolen
		lent += all[i].Lent
	}
	if stolen == 0 || stolen > lent { // what comes home is lent, and is not stolen
		t.Errorf("%d tasks stolen, %d lent", stolen, lent)
	}
	c.kill(2)
	c.lost(1, 2)
	if all, err := c.nodes[1].Census(c.ctx); err != nil || len(all) != 2 {
		t.Errorf("after a loss: %+v, %v", all, err)
	}
	alone, err := peer.Start(c.ctx, peer.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Close()
	if all, err := alone.Census(c.ctx); err != nil || len(all) != 1 || all[0].Workers != 1 {
		t.Errorf("alone: %+v, %v", all, err)
	}
}

// TestQuiet: a swarm without work sends nothing.
func TestQuiet(t *testing.T) {
	c := start(t, 3, 1)
	c.run(0, func(ctx context.Context) error {
		_, err := futures.Submit(ctx, Fib, 15).Result(ctx)
		return err
	})
	c.settled()
	sent := func() (n uint64) {
		for _, node := range c.nodes {
			s := node.StealStats()
			n += s.Asked + s.Lifelines + s.Requests + s.Refusals + s.Gifts
		}
		return n
	}
	eventually(t, "everybody sleeps", func() bool {
		return !slices.ContainsFunc(c.nodes, func(n *node) bool { return n.Idle() != 1 })
	})
	// Silence has to be watched for a while: it is what must not happen that is looked for.
	for quiet, before := 0, sent(); quiet < 50; {
		quiet++
		eventually(t, "a pause", pause())
		if now := sent(); now != before {
			quiet, before = 0, now
			if now > 10_000 {
				t.Fatalf("%d messages, and no end", now)
			}
		}
	}
}

// pause is a condition that holds when it is looked at a second time.
func pause() func() bool {
	looks := 0
	return func() bool { looks++; return looks > 1 }
}
