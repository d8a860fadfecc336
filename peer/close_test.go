package peer_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// hang is a task that begins, tells where, waits for the end of its context, and tells its error.
type hang struct {
	begun chan *peer.Peer
	ended chan error
	order order
}

// hanging makes such an order. The first times it is begun it hangs, later it gives back 42.
func hanging(t testing.TB, times int) *hang {
	h := &hang{begun: make(chan *peer.Peer, 64), ended: make(chan error, 64)}
	var mu sync.Mutex
	h.order = do(t, func(ctx context.Context, at *peer.Peer, _ int) (int, error) {
		mu.Lock()
		times--
		last := times < 0
		mu.Unlock()
		h.begun <- at
		if last {
			return 42, nil
		}
		<-ctx.Done()
		h.ended <- ctx.Err()
		return 0, ctx.Err()
	})(0)
	return h
}

// TestCloseLeavesNothing: no goroutine, no port, and a second Close says what the first one said.
func TestCloseLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	before := sockets(t)
	c := start(t, 3, 1)
	c.run(0, func(ctx context.Context) error {
		_, err := futures.Submit(ctx, Fib, 15).Result(ctx)
		return err
	})
	var closing sync.WaitGroup
	for _, n := range c.nodes {
		for range 3 {
			closing.Go(func() {
				if err := n.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	closing.Wait()
	if now := sockets(t); len(now) != len(before) {
		t.Errorf("%d sockets, before %d", len(now), len(before))
	}
	if err := c.nodes[0].Run(c.ctx, func(context.Context) error { return nil }); !errors.Is(err, futures.ErrClosed) {
		t.Errorf("Run afterwards: %v", err)
	}
	if _, err := futures.Submit(c.from(0), Fib, 3).Result(c.ctx); !errors.Is(err, futures.ErrClosed) {
		t.Errorf("Submit afterwards: %v", err)
	}
}

// TestCloseCancels: what runs is told, what waits fails, wherever it is.
func TestCloseCancels(t *testing.T) {
	c := start(t, 1, 1)
	running, queued := hanging(t, 1), hanging(t, 1)
	first := futures.Submit(c.from(0), Act, running.order)
	receive(t, "the task has begun", running.begun)
	second := futures.Submit(c.from(0), Act, queued.order)
	ran := make(chan error, 1)
	go func() { ran <- c.nodes[0].Run(c.ctx, func(context.Context) error { return nil }) }()
	begin := time.Now()
	if err := c.nodes[0].Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > soon {
		t.Errorf("Close took %v", took)
	}
	if err := receive(t, "the context has ended", running.ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := first.Result(c.ctx); err == nil {
		t.Errorf("the running one: %v", err)
	}
	// Whether the contexts end first or the queues are emptied first decides which of the two it is.
	closed := func(err error) bool { return errors.Is(err, futures.ErrClosed) || errors.Is(err, context.Canceled) }
	if _, err := second.Result(c.ctx); !closed(err) {
		t.Errorf("the waiting one: %v", err)
	}
	if err := receive(t, "Run returns", ran); !closed(err) {
		t.Errorf("Run: %v", err)
	}
	if len(queued.begun) != 0 {
		t.Error("the waiting one was begun")
	}
}

// TestCloseGrace: a function that ignores its context is left behind, and reported.
func TestCloseGrace(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	p, err := peer.Start(context.Background(), peer.Config{Workers: 2, Listen: []string{loopback}, Grace: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	begun, free, ran := make(chan bool), make(chan bool), make(chan error)
	go func() {
		ran <- p.Run(context.Background(), func(context.Context) error {
			begun <- true
			<-free
			return nil
		})
	}()
	receive(t, "it has begun", begun)
	first := p.Close()
	if first == nil || !strings.Contains(first.Error(), "1 workers are still busy") {
		t.Errorf("Close reports %v", first)
	}
	if again := p.Close(); again == nil || again.Error() != first.Error() {
		t.Errorf("a second Close reports %v", again)
	}
	close(free)
	receive(t, "Run returns", ran)
}

// TestCloseWithTasksAway: the others stop working for a peer that has closed.
func TestCloseWithTasksAway(t *testing.T) {
	c := start(t, 3, 1)
	c.occupy(0)
	h := hanging(t, 2)
	fs := []futures.Future[int]{futures.Submit(c.from(0), Act, h.order), futures.Submit(c.from(0), Act, h.order)}
	for range fs {
		if at := receive(t, "a task has begun", h.begun); at == c.nodes[0].Peer {
			t.Error("it runs on its busy owner")
		}
	}
	c.releaseAll()
	closed := make(chan error, 1)
	go func() { closed <- c.nodes[0].Close() }()
	for range fs {
		if err := receive(t, "its context has ended", h.ended); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	for _, f := range fs {
		if _, err := f.Result(c.ctx); err == nil {
			t.Error("a result after Close")
		}
	}
	if err := receive(t, "Close returns", closed); err != nil {
		t.Error(err)
	}
	c.settled() // the other two
	c.run(1, func(ctx context.Context) error {
		_, err := futures.Submit(ctx, Fib, 12).Result(ctx)
		return err
	})
}

// TestLeave: peers that leave in good order in the middle of the work give back what they have.
func TestLeave(t *testing.T) {
	c := start(t, 4, 1)
	release := c.occupy(0)
	h := hanging(t, 3)
	var fs []futures.Future[int]
	for range 3 {
		fs = append(fs, futures.Submit(c.from(0), Act, h.order))
	}
	for range fs {
		receive(t, "a task has begun", h.begun)
	}
	for i := 1; i < 4; i++ { // one by one: whoever is left may get what the one before has given back
		if err := c.nodes[i].Close(); err != nil {
			t.Errorf("peer %d: %v", i, err)
		}
	}
	if s := c.nodes[0].Stats(); s.Rerun < 3 {
		t.Errorf("the peers that left had three tasks: %+v", s)
	}
	release()
	for _, f := range fs {
		if got, err := f.Result(c.ctx); got != 42 || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	}
}

// TestLeaveUnderLoad: peers come and go while all of them work, one after the other.
func TestLeaveUnderLoad(t *testing.T) {
	c := loaded(t, 3)
	l := c.load(0)
	for range 4 {
		l.until(len(c.alive()))
		for i := len(c.nodes) - 2; i < len(c.nodes); i++ {
			c.nodes[i].killed = true // it is not looked at any more
			if err := c.nodes[i].Close(); err != nil {
				t.Error(err)
			}
		}
		c.add(peer.Config{Workers: 1})
		c.add(peer.Config{Workers: 1})
	}
	l.until(len(c.alive()))
	l.stop()
}
