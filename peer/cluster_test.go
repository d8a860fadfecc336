package peer_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/peer"
)

const (
	// patience bounds every wait for something that should happen soon; only a failing test takes that long.
	patience = 20 * time.Second
	// soon is how long after its cause something must have happened that the documentation promises to be quick.
	soon = 2 * time.Second
	// lookEvery is the pause between two looks at a condition that nobody signals.
	lookEvery = 2 * time.Millisecond
	// loopback is where all peers of the tests listen.
	loopback = "/ip4/127.0.0.1/tcp/0"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

// eventually waits for a condition that nobody signals.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

// receive waits for a value.
func receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("not in %v: %s", patience, what)
		panic("unreachable")
	}
}

// loss is a call of Config.OnLost.
type loss struct {
	at    int // index of the peer that was told
	id    string
	rerun int
}

// node is one peer of a cluster.
type node struct {
	*peer.Peer
	log    *record
	killed bool
}

// cluster is a swarm within this process: real hosts that talk over loopback.
type cluster struct {
	t     testing.TB
	ctx   context.Context //nolint:containedctx // bounds the test
	nodes []*node

	mu     sync.Mutex
	losses []loss
	busy   []func() // end the occupations
}

// newCluster begins a cluster without peers. When the test ends it closes what is left, and nothing may be left behind:
// no goroutine, and of no peer that was not killed any record of a task.
func newCluster(t testing.TB) *cluster {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	c := &cluster{t: t, ctx: ctx}
	t.Cleanup(func() {
		defer c.close(cancel, ignore)
		if !t.Failed() {
			c.settled()
		}
	})
	return c
}

func (c *cluster) close(cancel context.CancelFunc, ignore goleak.Option) {
	defer cancel()
	for i, n := range c.nodes {
		if err := n.Close(); err != nil {
			c.t.Errorf("peer %d: %v", i, err)
		}
	}
	if c.t.Failed() {
		for i, n := range c.nodes {
			c.t.Logf("peer %d, %s, said:\n%s", i, n.ID(), n.log)
		}
	}
	goleak.VerifyNone(c.t, ignore)
}

// start starts a cluster in which everybody knows everybody.
func start(t testing.TB, n, workers int) *cluster {
	t.Helper()
	c := newCluster(t)
	for range n {
		c.add(peer.Config{Workers: workers})
	}
	return c
}

// add starts a further peer, joins it to the first, and waits until it knows all others and they know it.
func (c *cluster) add(cfg peer.Config) *node {
	c.t.Helper()
	if len(c.nodes) > 0 && cfg.Bootstrap == nil {
		cfg.Bootstrap = c.nodes[0].Addrs()
	}
	n, err := c.start(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	c.meshed()
	return n
}

// start starts a further peer.
func (c *cluster) start(cfg peer.Config) (*node, error) {
	index := len(c.nodes)
	if cfg.Listen == nil {
		cfg.Listen = []string{loopback}
	}
	if cfg.Secret == nil {
		cfg.Secret = secret
	}
	n := &node{log: new(record)}
	cfg.Logger = slog.New(slog.NewTextHandler(n.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	cfg.OnLost = func(id string, rerun int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.losses = append(c.losses, loss{index, id, rerun})
	}
	p, err := peer.Start(c.ctx, cfg)
	if err != nil {
		return nil, err
	}
	n.Peer = p
	c.nodes = append(c.nodes, n)
	return n, nil
}

// meshed waits until all living peers know each other.
func (c *cluster) meshed() {
	c.t.Helper()
	alive := c.alive()
	eventually(c.t, "everybody knows everybody", func() bool {
		return !slices.ContainsFunc(alive, func(n *node) bool { return n.Members() != len(alive)-1 })
	})
}

func (c *cluster) alive() []*node {
	var alive []*node
	for _, n := range c.nodes {
		if !n.killed {
			alive = append(alive, n)
		}
	}
	return alive
}

// kill takes the network away from under peers, all at the same time.
func (c *cluster) kill(indices ...int) {
	c.t.Helper()
	var dying sync.WaitGroup
	for _, i := range indices {
		c.nodes[i].killed = true
		dying.Go(func() {
			if err := c.nodes[i].Kill(); err != nil {
				c.t.Errorf("peer %d: %v", i, err)
			}
		})
	}
	dying.Wait()
}

// lost returns what peer at was told of the loss of another, once it was told.
func (c *cluster) lost(at, of int) loss {
	c.t.Helper()
	var found loss
	eventually(c.t, fmt.Sprintf("peer %d is told of the loss of peer %d", at, of), func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.IndexFunc(c.losses, func(l loss) bool { return l.at == at && l.id == c.nodes[of].ID() })
		if i >= 0 {
			found = c.losses[i]
		}
		return i >= 0
	})
	return found
}

// settled waits until the living peers have no task of anybody in their custody.
func (c *cluster) settled() {
	c.t.Helper()
	for i, n := range c.nodes {
		if n.killed || n.Context().Err() != nil {
			continue
		}
		eventually(c.t, fmt.Sprintf("peer %d has no task in custody", i), func() bool {
			h, err := n.Holding()
			if err != nil {
				c.t.Fatal(err)
			}
			return h == peer.Holding{}
		})
	}
}

// run runs fn as a task of the peer.
func (c *cluster) run(i int, fn func(context.Context) error) {
	c.t.Helper()
	if err := c.nodes[i].Run(c.ctx, fn); err != nil {
		c.t.Errorf("on peer %d: %v", i, err)
	}
}

// from returns a context to submit with at a peer, outside of its tasks.
func (c *cluster) from(i int) context.Context { return peer.NewContext(c.ctx, c.nodes[i].Peer) }

// occupy keeps all workers of a peer busy until release is called, or the test ends. What is submitted there meanwhile can
// be run by others only.
func (c *cluster) occupy(i int) (release func()) {
	c.t.Helper()
	n, free := c.nodes[i], make(chan struct{})
	release = sync.OnceFunc(func() { close(free) })
	busy := make(chan struct{})
	workers := n.Stats().Workers
	var runs sync.WaitGroup
	for range workers {
		runs.Go(func() {
			_ = n.Run(c.ctx, func(context.Context) error {
				busy <- struct{}{}
				<-free
				return nil
			})
		})
	}
	for range workers {
		receive(c.t, "a worker is busy", busy)
	}
	end := func() {
		release()
		runs.Wait()
	}
	c.mu.Lock()
	c.busy = append(c.busy, end)
	c.mu.Unlock()
	c.t.Cleanup(end) // before the peers are closed
	return release
}

// releaseAll ends all occupations.
func (c *cluster) releaseAll() {
	c.mu.Lock()
	ends := c.busy
	c.mu.Unlock()
	for _, end := range ends {
		end()
	}
}

// lifeline starts a cluster of two: the first is busy until released and has never been hungry; the second has a lifeline
// there. What is submitted at the first is given to the second even if that is busy by then.
func lifeline(t testing.TB, workers int) (c *cluster, release func()) {
	t.Helper()
	c = start(t, 1, workers)
	release = c.occupy(0)
	thief := c.add(peer.Config{Workers: workers})
	eventually(t, "the lifeline is placed", func() bool {
		s := thief.StealStats()
		return s.Lifelines == 1 && s.Declines == s.Asked+s.Lifelines
	})
	return c, release
}

// holds waits until a peer has so many tasks of others.
func (c *cluster) holds(i, tasks int) {
	c.t.Helper()
	eventually(c.t, fmt.Sprintf("peer %d holds %d tasks of others", i, tasks), func() bool {
		h, err := c.nodes[i].Holding()
		return err == nil && h.Held == tasks
	})
}

// record keeps what a peer logs.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// String returns all of it.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// lines returns the lines with all of the words.
func (r *record) lines(words ...string) []string {
	var found []string
	for line := range strings.Lines(r.String()) {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			found = append(found, line)
		}
	}
	return found
}
