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

// meeting lets n tasks through when all of them run at the same time. With as many workers in the swarm, each has one.
type meeting struct {
	n int

	mu   sync.Mutex
	at   []string // where they run
	full chan struct{}
}

func newMeeting(n int) *meeting { return &meeting{n: n, full: make(chan struct{})} }

func (m *meeting) attend(ctx context.Context, at *peer.Peer) error {
	m.mu.Lock()
	m.at = append(m.at, at.ID())
	if len(m.at) == m.n {
		close(m.full)
	}
	m.mu.Unlock()
	return wait(ctx, m.full)
}

// tree is a binary tree of tasks. The sum of the leaves is known, and the subtrees at some level wait for each other.
func tree(t testing.TB, height, level int, m *meeting) func(arg int) order {
	var self func(arg int) order
	self = do(t, func(ctx context.Context, at *peer.Peer, depth int) (int, error) {
		if depth == level {
			if err := m.attend(ctx, at); err != nil {
				return 0, err
			}
		}
		if depth == height {
			return 1, nil
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

// TestShare: the peers work on one tree, then on one map, and all of them take part in each.
func TestShare(t *testing.T) {
	for _, tc := range []struct{ peers, workers, level int }{{2, 1, 1}, {4, 1, 2}, {2, 2, 2}} {
		t.Run(fmt.Sprintf("peers=%d workers=%d", tc.peers, tc.workers), func(t *testing.T) {
			c := start(t, tc.peers, tc.workers)
			all := tc.peers * tc.workers
			branches, items := newMeeting(all), newMeeting(all)
			walk := tree(t, 10, tc.level, branches)
			square := do(t, func(ctx context.Context, at *peer.Peer, n int) (int, error) {
				if n%100 == 0 && n < all*100 {
					if err := items.attend(ctx, at); err != nil {
						return 0, err
					}
				}
				return n * n, nil
			})
			const size = 1000
			c.run(0, func(ctx context.Context) error {
				leaves, err := futures.Submit(ctx, Act, walk(0)).Result(ctx)
				if leaves != 1<<10 || err != nil {
					return fmt.Errorf("%d leaves, want %d: %w", leaves, 1<<10, err)
				}
				next := 0
				for got, err := range futures.Map(ctx, Act, orders(square, size)) {
					if err != nil || got != next*next {
						return fmt.Errorf("item %d is %d: %w", next, got, err)
					}
					next++
				}
				if next != size {
					return fmt.Errorf("%d items of %d", next, size)
				}
				return nil
			})
			for what, m := range map[string]*meeting{"tree": branches, "map": items} {
				for _, n := range c.nodes {
					if times := count(m.at, n.ID()); times != tc.workers {
						t.Errorf("the %s met %d times on peer %s, want %d", what, times, n.ID(), tc.workers)
					}
				}
			}
			for i, n := range c.nodes {
				if s := n.Stats(); s.Executed == 0 || i > 0 && s.Stolen == 0 || s.Rerun != 0 {
					t.Errorf("peer %d: %+v", i, s)
				}
			}
		})
	}
}

// orders are the inputs of a map.
func orders(of func(int) order, n int) func(yield func(order) bool) {
	return func(yield func(order) bool) {
		for i := range n {
			if !yield(of(i)) {
				return
			}
		}
	}
}

func count(list []string, what string) int {
	n := 0
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
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

// TestMapReduceAcross folds where the parts are; the order of the parts must not show.
func TestMapReduceAcross(t *testing.T) {
	c := start(t, 3, 1)
	m := newMeeting(3)
	value := do(t, func(ctx context.Context, at *peer.Peer, n int) (int, error) {
		if n%300 == 0 && n < 900 {
			if err := m.attend(ctx, at); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	c.run(0, func(ctx context.Context) error {
		got, err := futures.MapReduce(ctx, Act, Sum, orders(value, 1000))
		if got != 499500 || err != nil {
			return fmt.Errorf("the sum is %d: %w", got, err)
		}
		return nil
	})
}

// TestSecondHand: A lends to B, and C steals from B what B has not begun. C's results go to A, and B is relieved of its
// records.
func TestSecondHand(t *testing.T) {
	c := start(t, 2, 2)
	a, b := c.nodes[0], c.nodes[1]
	c.occupy(0)
	eventually(t, "the idle B has a lifeline at A", func() bool {
		return b.StealStats().Lifelines > 0 && a.StealStats().Refusals >= b.StealStats().Asked+b.StealStats().Lifelines
	})
	release := c.occupy(1) // the lifeline stays, although B is fed
	where := make(chan string, 2)
	f := do(t, func(_ context.Context, at *peer.Peer, n int) (int, error) {
		where <- at.ID()
		return n + 1, nil
	})
	fs := []futures.Future[int]{futures.Submit(c.from(0), Act, f(1)), futures.Submit(c.from(0), Act, f(2))}
	eventually(t, "B holds both tasks", func() bool {
		h, err := b.Holding()
		return err == nil && h.Held == 2
	})
	third := c.add(peer.Config{Workers: 2})
	for i, f := range fs {
		if got, err := f.Result(c.ctx); got != i+2 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
		if at := receive(t, "a task has run", where); at != third.ID() {
			t.Errorf("it ran on %s, want %s", at, third.ID())
		}
	}
	c.settled() // while B is still busy
	if s := a.LedgerStats(); s.Moves != 2 && s.Moves+s.Early < 2 || s.Losses != 0 {
		t.Errorf("the owner's ledger: %+v", s)
	}
	if s := b.Stats(); s.Stolen != 2 || s.Lent != 2 {
		t.Errorf("B: %+v", s)
	}
	release()
}

// TestSecondHandCancel: the owner's cancel finds a task that it has not lent to its present holder.
func TestSecondHandCancel(t *testing.T) {
	c := start(t, 2, 1)
	a, b := c.nodes[0], c.nodes[1]
	c.occupy(0)
	eventually(t, "the idle B has a lifeline at A", func() bool {
		return b.StealStats().Lifelines > 0 && a.StealStats().Refusals >= b.StealStats().Asked+b.StealStats().Lifelines
	})
	c.occupy(1)
	begun, ended := make(chan string, 1), make(chan error, 1)
	f := futures.Submit(c.from(0), Act, do(t, func(ctx context.Context, at *peer.Peer, _ int) (int, error) {
		begun <- at.ID()
		<-ctx.Done()
		ended <- ctx.Err()
		return 0, ctx.Err()
	})(0))
	eventually(t, "B holds the task", func() bool {
		h, err := b.Holding()
		return err == nil && h.Held == 1
	})
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
	c := start(t, 2, 1)
	a, b := c.nodes[0], c.nodes[1]
	release := c.occupy(0)
	eventually(t, "the idle B has a lifeline at A", func() bool {
		return b.StealStats().Lifelines > 0 && a.StealStats().Refusals >= b.StealStats().Asked+b.StealStats().Lifelines
	})
	c.occupy(1)
	where := make(chan string, 1)
	f := futures.Submit(c.from(0), Act, do(t, func(_ context.Context, at *peer.Peer, n int) (int, error) {
		where <- at.ID()
		return n, nil
	})(7))
	eventually(t, "B holds the task", func() bool {
		h, err := b.Holding()
		return err == nil && h.Held == 1
	})
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
	m := newMeeting(6)
	item := do(t, func(ctx context.Context, at *peer.Peer, _ int) (int, error) { return 0, m.attend(ctx, at) })
	c.run(0, func(ctx context.Context) error {
		_, err := futures.Collect(futures.Map(ctx, Act, orders(item, 6)))
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
	if stolen == 0 || stolen != lent {
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
