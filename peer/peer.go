package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
	"github.com/scoopp2p/scoopp2p/rpc"
)

// ErrUnreachable says that no bootstrap peer answered.
var ErrUnreachable = errors.New("no bootstrap peer answered")

// Peer is one process of a swarm: workers, and the network if it has one.
type Peer struct {
	cfg         Config
	log         *slog.Logger
	self        task.PeerID
	incarnation uint64
	start       time.Time
	ctx         context.Context //nolint:containedctx // ends with Close
	cancel      context.CancelCauseFunc
	pool        *worker.Pool

	host      host.Host     // nil without a network
	rpc       *rpc.Endpoint // nil without a network
	members   members
	constants constants
	custody   custody
	jobs      struct {
		mu       sync.Mutex
		byOrigin map[task.PeerID]context.Context
	}
	background sync.WaitGroup
	closing    sync.Once
	closeErr   error
}

type peerKey struct{}

// NewContext binds ctx to the peer, for package futures to submit with.
func NewContext(ctx context.Context, p *Peer) context.Context {
	return worker.NewContext(context.WithValue(ctx, peerKey{}, p), p.pool)
}

// FromContext returns the peer that ctx is bound to, as the contexts of tasks are.
func FromContext(ctx context.Context) (*Peer, bool) {
	p, ok := ctx.Value(peerKey{}).(*Peer)
	return p, ok
}

// Start starts a peer and joins the swarm. The caller must Close it. It returns when one of the bootstrap peers has
// admitted this one, or with ErrUnreachable, naming them, when none did in time. The functions are those declared in this
// process; package futures has a Start that checks them.
func Start(ctx context.Context, cfg Config) (*Peer, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	p := &Peer{cfg: cfg, log: cfg.Logger, start: time.Now(), incarnation: uint64(time.Now().UnixNano())}
	p.members.byID = make(map[task.PeerID]*member)
	p.members.dialing = make(map[task.PeerID]bool)
	p.members.gone = make(map[task.PeerID]bool)
	p.jobs.byOrigin = make(map[task.PeerID]context.Context)
	p.constants.known = make(map[constKey]*constant)
	if cfg.networked() {
		if err := p.openHost(); err != nil {
			return nil, err
		}
	}
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	p.ctx, p.cancel = base, cancel
	p.custody.init(p)
	base = worker.WithJob(context.WithValue(base, peerKey{}, p), &worker.Job{Origin: p.self})
	p.pool = worker.New(base, worker.Config{
		Workers: cfg.Workers, Seed: cfg.Seed,
		OnIdle: p.custody.nudge, OnSurplus: p.custody.nudge,
		CanExport: p.members.anyRuns,
	})
	if p.host == nil {
		return p, nil
	}
	p.custody.start()
	if err := p.openNetwork(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// openHost makes the libp2p host, which does not listen yet.
func (p *Peer) openHost() error {
	h, err := rpc.NewHost(rpc.HostConfig{Key: p.cfg.Key})
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	p.host, p.self = h, task.PeerID(h.ID())
	return nil
}

// openNetwork registers the handlers, then listens, then joins: no message can arrive before its handler is there.
func (p *Peer) openNetwork(ctx context.Context) error {
	endpoint, err := rpc.New(rpc.Config{
		Host: p.host, Secret: p.cfg.Secret, Hello: p.hello, Joined: p.joined, Left: p.left, Logger: p.log,
	})
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	p.rpc = endpoint
	p.handleMessages()
	if len(p.cfg.Listen) > 0 {
		addrs := make([]ma.Multiaddr, len(p.cfg.Listen))
		for i, text := range p.cfg.Listen {
			addrs[i] = must(ma.NewMultiaddr(text)) // validated
		}
		if err := p.host.Network().Listen(addrs...); err != nil {
			return fmt.Errorf("peer: listen on %v: %w; is the port taken?", p.cfg.Listen, err)
		}
	}
	return p.join(ctx)
}

// join dials the bootstrap peers side by side.
func (p *Peer) join(ctx context.Context) error {
	if len(p.cfg.Bootstrap) == 0 {
		return nil
	}
	answers := make(chan error, len(p.cfg.Bootstrap))
	for _, text := range p.cfg.Bootstrap {
		info := must(p2p.AddrInfoFromString(text)) // validated
		go func() {
			ctx, cancel := context.WithTimeout(ctx, joinTimeout)
			defer cancel()
			if err := p.rpc.Dial(ctx, *info); err != nil {
				answers <- fmt.Errorf("bootstrap address %s: %w", text, err)
				return
			}
			answers <- nil
		}()
	}
	var errs []error
	for range p.cfg.Bootstrap {
		if err := <-answers; err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == len(p.cfg.Bootstrap) {
		return fmt.Errorf("peer: %w, are they still running? %w", ErrUnreachable, errors.Join(errs...))
	}
	for _, err := range errs {
		p.log.Warn(err.Error())
	}
	return nil
}

// ID returns the libp2p peer ID in text; empty without a network.
func (p *Peer) ID() string {
	if p.host == nil {
		return ""
	}
	return p.host.ID().String()
}

// Addrs returns the multiaddrs at which other peers can reach this one, each ending in /p2p/ID.
func (p *Peer) Addrs() []string {
	if p.rpc == nil {
		return nil
	}
	var addrs []string
	for _, a := range p.rpc.Addrs() {
		addrs = append(addrs, a.String()+"/p2p/"+p.ID())
	}
	return addrs
}

// Run runs fn as a task of this peer, and returns when it has returned. Its context is bound to the peer.
func (p *Peer) Run(ctx context.Context, fn func(context.Context) error) error {
	return p.pool.Run(ctx, fn)
}

// Close leaves the swarm: all tasks of this peer are cancelled, what other peers lent it goes back to them, and no
// goroutine and no port is left. It may be called more than once. It reports functions that ignored their contexts.
func (p *Peer) Close() error {
	p.closing.Do(func() {
		p.members.mu.Lock() // with it, no dial begins after the cancellation
		p.cancel(task.ErrClosed)
		p.members.mu.Unlock()
		p.custody.stop()
		p.closeErr = p.pool.Close(task.ErrClosed, p.cfg.Grace)
		if p.rpc != nil {
			p.closeErr = errors.Join(p.closeErr, p.rpc.Close())
		}
		p.background.Wait()
		if p.host != nil {
			p.closeErr = errors.Join(p.closeErr, p.host.Close())
		}
	})
	return p.closeErr
}
