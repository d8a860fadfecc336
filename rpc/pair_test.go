package rpc

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"

	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multiaddr"
	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that should happen at once; only a failing test takes that long.
const patience = 20 * time.Second

const (
	kindNote Kind = 1 + iota // one-way; the test's own handler
	kindEcho                 // call: gives the body back
	kindFail                 // call: gives an error with the body as text
	kindWait                 // call: waits until its context ends
	kindNobody
)

var (
	anyPort = multiaddr.StringCast("/ip4/127.0.0.1/tcp/0")
	jobKey  = []byte("0123456789abcdef0123456789abcdef")
)

// quick has deadlines for tests in which they must pass.
var quick = timing{
	admit: 300 * time.Millisecond, linger: 200 * time.Millisecond, write: 300 * time.Millisecond, frame: 300 * time.Millisecond,
	received: time.Second, call: time.Second, dial: 2 * time.Second, close: 500 * time.Millisecond,
}

// testPeer is an endpoint on a host of its own that records its callbacks.
type testPeer struct {
	*Endpoint
	t    testing.TB
	host host.Host

	mu     sync.Mutex
	events []string // "joined <peer>" and "left <peer>"
	causes []error  // of the latter
	change chan struct{}
}

func newTestHost(t testing.TB, listen ...multiaddr.Multiaddr) host.Host {
	t.Helper()
	h, err := NewHost(HostConfig{Listen: listen})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func newTestPeer(t testing.TB, cfg Config) *testPeer {
	t.Helper()
	p := &testPeer{t: t, change: make(chan struct{})}
	if cfg.Host == nil {
		cfg.Host = newTestHost(t)
	}
	if cfg.Secret == nil {
		cfg.Secret = jobKey
	}
	p.host = cfg.Host
	joined := cfg.Joined
	cfg.Joined = func(peer task.PeerID, addrs []multiaddr.Multiaddr, hello []byte) error {
		if joined != nil {
			if err := joined(peer, addrs, hello); err != nil {
				return err
			}
		}
		p.record("joined", peer, nil)
		return nil
	}
	left := cfg.Left
	cfg.Left = func(peer task.PeerID, err error) {
		p.record("left", peer, err)
		if left != nil {
			left(peer, err)
		}
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.Endpoint = e
	t.Cleanup(func() { _ = e.Close() })
	e.Handle(kindNote, func(task.PeerID, []byte) {})
	e.HandleCall(kindEcho, func(_ context.Context, _ task.PeerID, body []byte) ([]byte, error) { return body, nil })
	e.HandleCall(kindFail, func(_ context.Context, _ task.PeerID, body []byte) ([]byte, error) {
		return nil, fmt.Errorf("%s", body)
	})
	e.HandleCall(kindWait, func(ctx context.Context, _ task.PeerID, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if err := e.Listen(anyPort); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *testPeer) record(what string, peer task.PeerID, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, what+" "+string(peer))
	if what == "left" {
		p.causes = append(p.causes, err)
	}
	close(p.change)
	p.change = make(chan struct{})
}

func (p *testPeer) info() p2p.AddrInfo { return p2p.AddrInfo{ID: p.host.ID(), Addrs: p.Addrs()} }

func (p *testPeer) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

func (p *testPeer) count(event string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if e == event {
			n++
		}
	}
	return n
}

// await waits until the events contain one n times.
func (p *testPeer) await(what string, peer task.PeerID, n int) {
	p.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		p.mu.Lock()
		change, events := p.change, slices.Clone(p.events)
		p.mu.Unlock()
		if p.count(what+" "+string(peer)) >= n {
			return
		}
		select {
		case <-change:
		case <-timer.C:
			p.t.Fatalf("no %q for %x within %v; events: %q", what, peer, patience, events)
		}
	}
}

// lastCause is what the latest Left was given.
func (p *testPeer) lastCause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.causes) == 0 {
		p.t.Fatal("nobody has left")
	}
	return p.causes[len(p.causes)-1]
}

// newPair makes two peers that know each other; a has dialled b.
func newPair(t testing.TB, a, b Config) (*testPeer, *testPeer) {
	t.Helper()
	pa, pb := newTestPeer(t, a), newTestPeer(t, b)
	if err := pa.Dial(testContext(t), pb.info()); err != nil {
		t.Fatal(err)
	}
	pb.await("joined", pa.Self(), 1)
	return pa, pb
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// receive takes one value, or fails the test.
func receive[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v = <-from:
	case <-timer.C:
		t.Fatalf("nothing within %v", patience)
	}
	return v
}

// rawStream opens a stream of ours from a bare host, as a stranger would.
func rawStream(t testing.TB, from host.Host, to *testPeer, id string) network.Stream {
	t.Helper()
	ctx := testContext(t)
	if err := from.Connect(ctx, to.info()); err != nil {
		t.Fatal(err)
	}
	s, err := from.NewStream(ctx, to.host.ID(), protocol.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	_ = s.SetDeadline(time.Now().Add(patience))
	return s
}
