package peer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

var (
	Number = futures.DeclareConst[int]("peer/number")
	Bulk   = futures.DeclareConst[[]byte]("peer/bulk")
	Broken = futures.DeclareConst[chan int]("peer/broken")
)

// read is an order to get Number.
func read(t testing.TB) order {
	return do(t, func(ctx context.Context, _ *peer.Peer, _ int) (int, error) { return Number.Get(ctx) })(0)
}

// TestConstantEverywhere: set at the origin, it can be read on all peers, also on one that joins later.
func TestConstantEverywhere(t *testing.T) {
	c := start(t, 3, 1)
	everywhere := func() {
		r := newRoll(len(c.nodes))
		item := do(t, func(ctx context.Context, at *peer.Peer, n int) (int, error) {
			r.sign(at)
			got, err := Number.Get(ctx)
			return got * work(workSize) / work(workSize), err
		})
		c.run(0, func(ctx context.Context) error {
			for got, err := range futures.Map(ctx, Act, until(r, 1, item)) {
				if got != 1234 || err != nil {
					return fmt.Errorf("%d, %w", got, err)
				}
			}
			return nil
		})
	}
	c.run(0, func(ctx context.Context) error { return Number.Set(ctx, 1234) })
	everywhere()
	c.add(peer.Config{Workers: 1})
	everywhere()
}

// TestConstantOnce: whoever is second hears of it, on whatever peer.
func TestConstantOnce(t *testing.T) {
	c := start(t, 3, 1)
	var won atomic.Int64
	set := do(t, func(ctx context.Context, at *peer.Peer, n int) (int, error) {
		err := Number.Set(ctx, n)
		switch {
		case err == nil && !won.CompareAndSwap(0, int64(n)):
			return 0, fmt.Errorf("%d and %d are set", n, won.Load())
		case err != nil && !errors.Is(err, futures.ErrConstSet):
			return 0, err
		}
		return Number.Get(ctx)
	})
	release := c.occupy(0)
	fs := []futures.Future[int]{futures.Submit(c.from(0), Act, set(1)), futures.Submit(c.from(0), Act, set(2)), futures.Submit(c.from(0), Act, set(3))}
	var read []int
	for _, f := range fs {
		got, err := f.Result(c.ctx)
		if err != nil {
			t.Error(err)
		}
		read = append(read, got)
	}
	if first := int(won.Load()); !slices.Equal(read, []int{first, first, first}) {
		t.Errorf("%d was set, and %v are read", first, read)
	}
	release()
	c.run(0, func(ctx context.Context) error {
		if err := Number.Set(ctx, 4); !errors.Is(err, futures.ErrConstSet) {
			return fmt.Errorf("at the origin: %w", err)
		}
		got, err := Number.Get(ctx)
		if got != int(won.Load()) {
			return fmt.Errorf("%d, %w", got, err)
		}
		return err
	})
}

// TestConstantLater: who asks too early waits, and does not hold its worker.
func TestConstantLater(t *testing.T) {
	for name, by := range map[string]int{"set by the origin": 0, "set by another": 1} {
		t.Run(name, func(t *testing.T) {
			c := start(t, 2, 1)
			release := c.occupy(0)
			begun := make(chan bool, 2)
			waits := do(t, func(ctx context.Context, _ *peer.Peer, _ int) (int, error) {
				begun <- true
				return Number.Get(ctx)
			})
			fs := []futures.Future[int]{futures.Submit(c.from(0), Act, waits(0)), futures.Submit(c.from(0), Act, waits(0))}
			for range fs { // both on the one worker of the other peer
				receive(t, "it has begun", begun)
			}
			set := do(t, func(ctx context.Context, _ *peer.Peer, n int) (int, error) { return n, Number.Set(ctx, n) })
			if by == 0 {
				release()
				c.run(0, func(ctx context.Context) error { return Number.Set(ctx, 99) })
			} else if _, err := futures.Submit(c.from(0), Act, set(99)).Result(c.ctx); err != nil {
				t.Error(err)
			}
			for _, f := range fs {
				if got, err := f.Result(c.ctx); got != 99 || err != nil {
					t.Errorf("%d, %v", got, err)
				}
			}
		})
	}
}

// TestConstantNever: the wait ends with its context, at the origin and elsewhere.
func TestConstantNever(t *testing.T) {
	c := start(t, 2, 1)
	ctx, cancel := context.WithTimeout(c.from(0), 50*time.Millisecond)
	defer cancel()
	if _, err := Number.Get(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("outside of tasks: %v", err)
	}
	c.occupy(0)
	begun, ended := make(chan bool, 1), make(chan error, 1)
	f := futures.Submit(c.from(0), Act, do(t, func(ctx context.Context, _ *peer.Peer, _ int) (int, error) {
		begun <- true
		_, err := Number.Get(ctx)
		ended <- err
		return 0, err
	})(0))
	receive(t, "it has begun", begun)
	f.Cancel()
	if err := receive(t, "the wait has ended", ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Number.Get(context.Background()); !errors.Is(err, futures.ErrNoPeer) {
		t.Errorf("without a peer: %v", err)
	}
	if err := Number.Set(context.Background(), 1); !errors.Is(err, futures.ErrNoPeer) {
		t.Errorf("without a peer: %v", err)
	}
	if err := Broken.Set(c.from(0), make(chan int)); !errors.Is(err, futures.ErrEncode) {
		t.Errorf("a channel: %v", err)
	}
}

// TestConstantLarge crosses twice: from the one who sets it to the origin, and on to the others.
func TestConstantLarge(t *testing.T) {
	c := start(t, 3, 1)
	value := bytes.Repeat([]byte("eight MB"), 1<<20)
	release := c.occupy(0)
	set := do(t, func(ctx context.Context, _ *peer.Peer, _ int) (int, error) { return 0, Bulk.Set(ctx, value) })
	if _, err := futures.Submit(c.from(0), Act, set(0)).Result(c.ctx); err != nil {
		t.Fatal(err)
	}
	release()
	r := newRoll(3)
	get := do(t, func(ctx context.Context, at *peer.Peer, _ int) (int, error) {
		r.sign(at)
		got, err := Bulk.Get(ctx)
		if !bytes.Equal(got, value) {
			return 0, fmt.Errorf("%d bytes: %w", len(got), err)
		}
		return 0, err
	})
	c.run(0, func(ctx context.Context) error {
		_, err := futures.Collect(futures.Map(ctx, Act, until(r, 1, get)))
		return err
	})
}

// TestConstantsOfTwoJobs: two origins in one swarm have nothing to do with each other.
func TestConstantsOfTwoJobs(t *testing.T) {
	for _, outside := range []bool{false, true} {
		t.Run(fmt.Sprintf("outside of tasks %v", outside), func(t *testing.T) {
			c := start(t, 3, 1)
			at := func(i int, fn func(context.Context) error) {
				t.Helper()
				if !outside {
					c.run(i, fn)
				} else if err := fn(c.from(i)); err != nil {
					t.Errorf("on peer %d: %v", i, err)
				}
			}
			for i := range 2 {
				at(i, func(ctx context.Context) error { return Number.Set(ctx, 100+i) })
			}
			for i := range 2 {
				release := c.occupy(i)
				other := c.occupy(1 - i)
				if got, err := futures.Submit(c.from(i), Act, read(t)).Result(c.ctx); got != 100+i || err != nil {
					t.Errorf("the third peer reads %d for job %d (%v)", got, i, err)
				}
				release()
				other()
				at(i, func(ctx context.Context) error {
					if got, err := Number.Get(ctx); got != 100+i {
						return fmt.Errorf("%d, %w", got, err)
					}
					return nil
				})
			}
		})
	}
}

// TestConstantOfTheNextPeer: what one peer of a process knew is not what the next one gets.
func TestConstantOfTheNextPeer(t *testing.T) {
	for i := range 3 {
		p, err := peer.Start(t.Context(), peer.Config{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		err = p.Run(t.Context(), func(ctx context.Context) error {
			if err := Number.Set(ctx, i); err != nil {
				return err
			}
			if got, err := Number.Get(ctx); got != i || err != nil {
				return fmt.Errorf("%d, want %d: %w", got, i, err)
			}
			return nil
		})
		if err := errors.Join(err, p.Close()); err != nil {
			t.Error(err)
		}
	}
}
