package rpc

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	p2p "github.com/libp2p/go-libp2p/core/peer"
)

// logger adds who is meant to each line.
type logger struct{ *slog.Logger }

func (l logger) about(peer p2p.ID, level slog.Level, msg string, err error) {
	attrs := []slog.Attr{slog.String("peer", peer.String())}
	if err != nil {
		attrs = append(attrs, slog.String("err", err.Error()))
	}
	l.LogAttrs(context.Background(), level, msg, attrs...)
}

// watch cuts off whoever connects and does not prove the secret in time, and tells sessions of lost connections. Its own
// timer per connection is needed because a stranger who opens no stream gives us nothing else to wait on.
type watch struct {
	notifiee *network.NotifyBundle
	mu       sync.Mutex // guards timers; a leaf
	timers   map[network.Conn]*time.Timer
	ended    bool
}

func (w *watch) start(e *Endpoint) {
	w.timers = make(map[network.Conn]*time.Timer)
	w.notifiee = &network.NotifyBundle{
		ConnectedF:    func(_ network.Network, c network.Conn) { w.arrived(e, c) },
		DisconnectedF: func(_ network.Network, c network.Conn) { w.gone(e, c) },
	}
	e.host.Network().Notify(w.notifiee)
	for _, c := range e.host.Network().Conns() {
		w.arrived(e, c)
	}
}

// end stops the timers. One that has fired holds e.arriving, which Close waits for.
func (w *watch) end(e *Endpoint) {
	e.host.Network().StopNotify(w.notifiee)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for c, t := range w.timers {
		t.Stop()
		delete(w.timers, c)
	}
}

// arrived watches inbound connections. Outbound ones were somebody's wish on this side: whoever dials through Dial cuts
// them off itself, and whoever dials through the host may want another protocol.
func (w *watch) arrived(e *Endpoint, c network.Conn) {
	if c.Stat().Direction == network.DirInbound {
		w.expect(e, c)
	}
}

// expect gives the peer at c the admission deadline to come (back) to a session.
func (w *watch) expect(e *Endpoint, c network.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.cfg.KeepStrangers || w.ended || w.timers[c] != nil || c.IsClosed() {
		return
	}
	w.timers[c] = time.AfterFunc(e.cfg.timing.admit, func() { w.expired(e, c) })
}

func (w *watch) expired(e *Endpoint, c network.Conn) {
	w.mu.Lock()
	delete(w.timers, c)
	w.mu.Unlock()
	if !e.enter() {
		return
	}
	defer e.arriving.Done()
	if s := e.lookup(c.RemotePeer()); s != nil && s.up() {
		return
	}
	e.stats.strangers.Add(1)
	e.log.about(c.RemotePeer(), slog.LevelWarn, "stranger cut off: it did not prove the job key in time", nil)
	_ = c.Close()
}

func (w *watch) gone(e *Endpoint, c network.Conn) {
	w.mu.Lock()
	if t := w.timers[c]; t != nil {
		t.Stop()
		delete(w.timers, c)
	}
	w.mu.Unlock()
	if e.host.Network().Connectedness(c.RemotePeer()) != network.NotConnected {
		return
	}
	if s := e.lookup(c.RemotePeer()); s != nil && s.carriedBy(c) { // not a newer session over a connection not yet counted
		s.end(errConnClosed, false)
	}
}

var errConnClosed = errors.New("connection closed")
