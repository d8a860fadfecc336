package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/network"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
)

// Dial connects to a peer and returns when both sides have admitted each other, at once when they have already. A context
// without a deadline gets 15 s. The error names the addresses and can be told apart by ErrSecret, ErrVersion, ErrRefused.
func (e *Endpoint) Dial(ctx context.Context, info p2p.AddrInfo) error {
	fail := func(err error) error {
		return &opError{op: fmt.Sprintf("dial %v of", info.Addrs), peer: info.ID, err: err, unsent: true}
	}
	if info.ID == e.host.ID() || info.ID == "" {
		return fail(errors.New("not the ID of another peer"))
	}
	if !e.enter() {
		return fail(ErrClosed)
	}
	defer e.arriving.Done()
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.timing.dial)
		defer cancel()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(e.stop, func() { cancel(ErrClosed) })()
	var err error
	for range maxDialAttempts {
		if err = e.dialOnce(ctx, info); !errors.Is(err, errStale) {
			break
		}
	}
	switch {
	case err == nil:
		return nil
	case context.Cause(ctx) != nil:
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return fail(err)
}

// dialOnce joins an admission that another Dial has under way, or makes its own.
func (e *Endpoint) dialOnce(ctx context.Context, info p2p.AddrInfo) error {
	s, err := e.claim(ctx, info.ID)
	if err != nil {
		return err
	}
	defer e.release(s)
	opened, mine := s.beginOpening()
	if !mine {
		select {
		case <-opened:
			return s.opened()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if !s.up() {
		// The caller knows better than libp2p's memory of former failures whether now is the time.
		if n, ok := e.host.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
			n.Backoff().Clear(info.ID)
		}
		reused := e.host.Network().Connectedness(info.ID) == network.Connected
		if err = e.host.Connect(ctx, info); err != nil {
			err = errors.New(strings.Join(strings.Fields(err.Error()), " ")) // libp2p's text has a line per address
		} else {
			err = e.open(ctx, s)
		}
		var refused *refusal
		if err != nil && reused && !errors.As(err, &refused) { // the peer may have closed that connection already
			err = fmt.Errorf("%w: %w", errStale, err)
		}
	}
	if s.up() {
		err = nil // the peer's own dial may have come first
	}
	s.endOpening(err)
	return err
}
