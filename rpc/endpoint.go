package rpc

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/host"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

type (
	messageHandler func(from task.PeerID, body []byte)
	callHandler    func(ctx context.Context, from task.PeerID, body []byte) ([]byte, error)
)

// Endpoint exchanges messages with the peers that have proved the job's secret. Its methods may be called from any
// goroutine.
type Endpoint struct {
	cfg   Config
	host  host.Host
	log   logger
	stats counters
	watch watch

	messages [FirstReservedKind]atomic.Pointer[messageHandler]
	calls    [FirstReservedKind]atomic.Pointer[callHandler]

	stop     context.Context //nolint:containedctx // ends when Close begins: admissions and dials give up, sessions say goodbye
	cancel   context.CancelFunc
	done     chan struct{}  // closed when Close is through
	serving  sync.WaitGroup // running call handlers
	mu       sync.RWMutex   // guards what follows
	closed   bool
	arriving sync.WaitGroup // admissions, dials, strangers being cut off: whatever may make a session or end a connection
	sessions map[p2p.ID]*session
}

// New makes an Endpoint on cfg.Host. Messages of a kind whose handler is not set yet are dropped, so begin with a host
// that listens nowhere: NewHost, New, Handle and HandleCall for each kind, then Listen and Dial.
func New(cfg Config) (*Endpoint, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	e := &Endpoint{
		cfg: cfg, host: cfg.Host, log: logger{cfg.Logger}, done: make(chan struct{}), sessions: make(map[p2p.ID]*session),
	}
	e.stop, e.cancel = context.WithCancel(context.Background())
	e.host.SetStreamHandler(controlProtocol, e.acceptControl)
	e.host.SetStreamHandler(bulkProtocol, e.acceptBulk)
	e.watch.start(e)
	return e, nil
}

// Self returns the ID of this endpoint's host.
func (e *Endpoint) Self() task.PeerID { return task.PeerID(e.host.ID()) }

// Addrs returns the addresses where the host listens, without the /p2p part; none when it only dials.
func (e *Endpoint) Addrs() []multiaddr.Multiaddr {
	addrs, err := e.host.Network().InterfaceListenAddresses() // at once after Listen, unlike host.Addrs
	if err != nil {
		addrs = nil
	}
	for _, a := range e.host.Addrs() {
		if !slices.ContainsFunc(addrs, a.Equal) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// Listen makes the host listen on further addresses.
func (e *Endpoint) Listen(addrs ...multiaddr.Multiaddr) error {
	if err := e.host.Network().Listen(addrs...); err != nil {
		return fmt.Errorf("rpc: listen on %v: %w", addrs, err)
	}
	return nil
}

// Handle sets the handler for one-way messages of a kind. It is called for one message of a peer after the other, in the
// order they were sent, on the goroutine that reads from that peer, so it must return soon. Messages of more than
// 256 KiB come on goroutines of their own, beside the order. The body belongs to f.
func (e *Endpoint) Handle(kind Kind, f func(from task.PeerID, body []byte)) {
	checkKind(kind)
	h := messageHandler(f)
	e.messages[kind].Store(&h)
}

// HandleCall sets the handler for calls of a kind. Each call runs on its own goroutine, at most 256 per peer at a time.
// ctx ends when the peer is lost or the endpoint closes. The body belongs to f, the result to this package. An error
// reaches the caller as *RemoteCallError with its text, shortened to 4 KiB.
func (e *Endpoint) HandleCall(kind Kind, f func(ctx context.Context, from task.PeerID, body []byte) ([]byte, error)) {
	checkKind(kind)
	h := callHandler(f)
	e.calls[kind].Store(&h)
}

// checkKind panics, since kinds are constants of the program.
func checkKind(kind Kind) {
	if kind == 0 || kind >= FirstReservedKind {
		panic(fmt.Sprintf("rpc: kind %d is reserved: use 1 to %d", kind, FirstReservedKind-1))
	}
}

// Peers returns the peers with which a session is up, in no order.
func (e *Endpoint) Peers() []task.PeerID {
	e.mu.RLock()
	sessions := make([]*session, 0, len(e.sessions))
	for _, s := range e.sessions {
		sessions = append(sessions, s)
	}
	e.mu.RUnlock()
	var peers []task.PeerID
	for _, s := range sessions {
		if s.up() {
			peers = append(peers, s.id)
		}
	}
	return peers
}

// Cut ends the session with a peer that the caller wants no more, without a goodbye; Left gets the reason.
func (e *Endpoint) Cut(peer task.PeerID, reason error) {
	if s := e.lookup(p2p.ID(peer)); s != nil {
		s.end(reason, false)
	}
}

// Close says goodbye to every peer, waits until what was sent before has been taken (2 s at most), closes the streams
// and the peers' connections, and waits for this endpoint's goroutines. It must not be called from a handler or callback.
// The host stays open. A second Close waits for the first.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		<-e.done
		return nil
	}
	e.closed = true
	e.mu.Unlock()
	e.cancel()
	e.watch.end(e)
	e.host.RemoveStreamHandler(controlProtocol)
	e.arriving.Wait() // from here on no session comes up
	e.mu.RLock()
	var leaving sync.WaitGroup
	for _, s := range e.sessions {
		leaving.Go(s.leave)
	}
	e.mu.RUnlock()
	leaving.Wait()
	e.host.RemoveStreamHandler(bulkProtocol)
	e.serving.Wait()
	close(e.done)
	return nil
}

// enter keeps Close waiting until the caller calls e.arriving.Done; false when Close has begun.
func (e *Endpoint) enter() bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if !e.closed {
		e.arriving.Add(1)
	}
	return !e.closed
}

// lookup returns the entry for a peer, in whatever state, or nil.
func (e *Endpoint) lookup(peer p2p.ID) *session {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.sessions[peer]
}

// claim returns the peer's entry for an admission, a fresh one if need be, once a former session's Left has returned.
// The entry stays until release.
func (e *Endpoint) claim(ctx context.Context, peer p2p.ID) (*session, error) {
	for {
		e.mu.Lock()
		s := e.sessions[peer]
		if s == nil {
			s = newSession(e, peer)
			e.sessions[peer] = s
		}
		if !s.ended() {
			s.admissions++
			e.mu.Unlock()
			return s, nil
		}
		e.mu.Unlock()
		select {
		case <-s.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// release drops an entry that no admission made a session of.
func (e *Endpoint) release(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.admissions--
	if s.admissions == 0 && s.unused() {
		delete(e.sessions, s.peer)
	}
}

// forget drops the entry of a session that has ended.
func (e *Endpoint) forget(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s.peer)
}
