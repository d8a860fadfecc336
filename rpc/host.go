package rpc

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/gologshim"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
)

const (
	// initialStreamWindow is what a stream may receive, in bytes, before its reader has read anything. yamux's own
	// 256 KiB make the first MiB over a 20 ms link cost four round trips; more would be memory that a peer which we do
	// not read from can make us hold on each stream.
	initialStreamWindow = 1 << 20
	// userAgent is what identify tells about us; it carries no state.
	userAgent = "scoopp2p/1"
)

// HostConfig says what NewHost makes. The zero value is a host with a fresh key that only dials.
type HostConfig struct {
	// Key is the host's identity; its public half makes the peer ID. Nil: a fresh ed25519 key.
	Key crypto.PrivKey
	// Listen are the addresses to listen on, such as /ip4/127.0.0.1/tcp/0. Empty: nowhere, until Endpoint.Listen.
	Listen []multiaddr.Multiaddr
}

// NewHost makes a libp2p host with TCP, noise, yamux and identify, and nothing else: no relay, no NAT mapping, no metrics
// in global registries. It is put together by hand because libp2p.New links every transport there is (34 MB of binary
// against 21) and takes ten times as long to start. The caller closes the host, after the Endpoint on it.
//
// libp2p logs nothing, unless GOLOG_LOG_LEVEL asks for it: what fails comes back to us as errors, and standard error
// belongs to the user's program (a host that closes while it begins to listen, say, calls that an error).
func NewHost(cfg HostConfig) (host.Host, error) {
	if os.Getenv("GOLOG_LOG_LEVEL") == "" {
		gologshim.SetDefaultHandler(slog.DiscardHandler)
	}
	key := cfg.Key
	if key == nil {
		var err error
		if key, _, err = crypto.GenerateEd25519Key(rand.Reader); err != nil {
			return nil, fmt.Errorf("rpc: new host: key: %w", err)
		}
	}
	limits, err := newResourceManager()
	if err != nil {
		return nil, fmt.Errorf("rpc: new host: limits: %w", err)
	}
	h, err := assemble(key, limits)
	if err != nil {
		return nil, fmt.Errorf("rpc: new host: %w", err)
	}
	if len(cfg.Listen) > 0 {
		if err := h.Network().Listen(cfg.Listen...); err != nil {
			_ = h.Close()
			return nil, fmt.Errorf("rpc: new host: listen on %v: %w", cfg.Listen, err)
		}
	}
	return h, nil
}

// assemble stacks the layers from the inside out; what was already made is closed when a later layer fails.
func assemble(key crypto.PrivKey, limits network.ResourceManager) (_ host.Host, err error) {
	undo := []func() error{limits.Close}
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			_ = undo[i]()
		}
	}()
	id, err := p2p.IDFromPrivateKey(key)
	if err != nil {
		return nil, err
	}
	known, err := pstoremem.NewPeerstore()
	if err != nil {
		return nil, err
	}
	undo = append(undo, known.Close)
	if err = known.AddPrivKey(id, key); err != nil {
		return nil, err
	}
	if err = known.AddPubKey(id, key.GetPublic()); err != nil {
		return nil, err
	}
	bus := eventbus.NewBus()
	net, err := swarm.NewSwarm(id, known, bus, swarm.WithResourceManager(limits))
	if err != nil {
		return nil, err
	}
	undo = append(undo, net.Close)
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: newMuxer()}}
	security, err := noise.New(noise.ID, key, muxers)
	if err != nil {
		return nil, err
	}
	up, err := upgrader.New([]sec.SecureTransport{security}, muxers, nil, limits, nil)
	if err != nil {
		return nil, err
	}
	// Dialling from the listening port would turn two simultaneous dials into one TCP simultaneous open, in which both
	// sides believe to be the client and the handshake fails. It helps hole punching only, which this host does not do.
	transport, err := tcp.NewTCPTransport(up, limits, nil, tcp.DisableReuseport())
	if err != nil {
		return nil, err
	}
	if err = net.AddTransport(transport); err != nil {
		return nil, err
	}
	h, err := basichost.NewHost(net, &basichost.HostOpts{EventBus: bus, UserAgent: userAgent})
	if err != nil {
		return nil, err
	}
	h.Start()
	return h, nil
}

func newMuxer() *yamux.Transport {
	config := *yamux.DefaultTransport.Config()
	config.InitialStreamWindowSize = initialStreamWindow
	return (*yamux.Transport)(&config)
}
