package rpc

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multiaddr"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// The protocol IDs, as libp2p negotiates them. A breaking change gets a new major version, and both are served for a while.
const (
	controlProtocol protocol.ID = "/scoopp2p/control/1.0.0"
	bulkProtocol    protocol.ID = "/scoopp2p/bulk/1.0.0"
)

// Config says what an Endpoint is. Only Host is needed.
type Config struct {
	// Host carries the streams. It stays the caller's: Endpoint.Close leaves it open.
	Host host.Host
	// Secret is the job key that both sides of every connection must hold. It needs the entropy of a key, for whoever
	// answers our dial can guess at a password off line. Empty: whoever else has none is admitted; for tests only.
	Secret []byte
	// Hello gives the caller's part of the hello, at most 64 KiB, asked for at each handshake. Nil: empty.
	Hello func() []byte
	// Joined is called once when a peer and we have proved the secret to each other, before any handler is called for that
	// peer. addrs are the addresses where the peer says it listens, and the one that was dialled. An error refuses the
	// peer, which is told its text. Send and Call to the peer work from within Joined; Dial and Close must not be called
	// there. It must return within the admission deadline (5 s). Nil: everyone with the secret joins.
	Joined func(peer task.PeerID, addrs []multiaddr.Multiaddr, hello []byte) error
	// Left is called once per successful Joined, when the session with the peer has ended, after the last one-way handler
	// for it returned and before it can join again. err is nil when the peer said goodbye, ErrClosed when this endpoint
	// closed, and otherwise the reason. Handlers of calls may still be running; their context is cancelled.
	Left func(peer task.PeerID, err error)
	// MaxMessage is the largest body in bytes, both ways. 0: 256 MiB. More costs memory when a peer sends that much, up
	// to 8 such bodies per peer.
	MaxMessage int
	// KeepStrangers leaves inbound connections open on which nobody says hello, for a host that serves other protocols
	// too, such as a rendezvous point. Such connections still reach no handler of this endpoint.
	KeepStrangers bool
	// Logger gets refusals and protocol violations (Warn) and joins and losses (Debug). Nil: nothing is logged.
	Logger *slog.Logger

	timing timing // zero: defaultTiming
}

// validate fills in the defaults and returns the first problem.
func (c *Config) validate() error {
	if c.Host == nil {
		return errors.New("rpc: config: Host is nil: make one with NewHost")
	}
	if c.MaxMessage < 0 {
		return fmt.Errorf("rpc: config: MaxMessage is %d, want 0 for the default or a positive number of bytes", c.MaxMessage)
	}
	if c.MaxMessage == 0 {
		c.MaxMessage = defaultMaxMessage
	}
	if c.Hello == nil {
		c.Hello = func() []byte { return nil }
	}
	if c.Joined == nil {
		c.Joined = func(task.PeerID, []multiaddr.Multiaddr, []byte) error { return nil }
	}
	if c.Left == nil {
		c.Left = func(task.PeerID, error) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.timing == (timing{}) {
		c.timing = defaultTiming
	}
	return nil
}
