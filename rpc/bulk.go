package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// bulkMessage is a message that is too large for the control stream.
type bulkMessage struct{ outgoing }

var errBulk = errors.New("bulk message failed")

// sendBulk is one of a session's lanes for bulk messages.
func (s *session) sendBulk() {
	for {
		s.mu.Lock()
		m, ok := s.bulkOut.nextLocked()
		s.queue.roomLocked()
		if ok && m.call != nil {
			m.call.begun = true
		}
		s.mu.Unlock()
		if !ok {
			return
		}
		err := s.transfer(m)
		switch {
		case err == nil:
			s.e.stats.bulkSent.Add(1)
			s.e.stats.messagesSent.Add(1)
			s.e.stats.bytesSent.Add(uint64(len(m.head) + len(m.body)))
		case m.call == nil: // nobody waits for it: the loss of a message is the loss of the session
			s.end(fmt.Errorf("%w: %w", errBulk, err), false)
		default:
			s.failCall(m.call, fmt.Errorf("%w: %w", errBulk, err))
		}
	}
}

// failCall fails a call that has not been answered.
func (s *session) failCall(c *call, err error) {
	s.mu.Lock()
	_, waiting := s.calls[c.id]
	delete(s.calls, c.id)
	s.mu.Unlock()
	if waiting {
		c.finish(nil, &opError{op: fmt.Sprintf("call kind %d to", c.kind), peer: s.peer, err: err})
	}
}

// transfer sends one message on a stream of its own. That the stream opened and took the bytes says nothing; the peer's
// close of its side says that it has them all.
func (s *session) transfer(m *bulkMessage) error {
	t := s.e.cfg.timing
	ctx, cancel := context.WithTimeout(s.ctx, t.write)
	defer cancel()
	stream, err := s.e.host.NewStream(network.WithNoDial(ctx, "rpc bulk stream"), s.peer, bulkProtocol)
	if err != nil {
		return fmt.Errorf("open %s: %w", bulkProtocol, err)
	}
	defer func() { _ = stream.Reset() }() // after Close it only frees what is left
	defer context.AfterFunc(s.ctx, func() { _ = stream.Reset() })()
	n := min(len(m.body), writeChunkBytes)
	first := appendHeader(make([]byte, 0, maxHeaderBytes+len(m.head)+n), m.kind, m.id, len(m.head)+len(m.body))
	first = append(append(first, m.head...), m.body[:n]...)
	if err := writeChunk(stream, first, t.write); err != nil {
		return err
	}
	for n < len(m.body) {
		end := min(len(m.body), n+writeChunkBytes)
		if err := writeChunk(stream, m.body[n:end], t.write); err != nil {
			return err
		}
		n = end
	}
	if err := stream.CloseWrite(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	if err := stream.SetReadDeadline(time.Now().Add(t.received)); err != nil {
		return err
	}
	var none [1]byte
	if _, err := stream.Read(none[:]); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the peer did not confirm: %w", err)
	}
	return stream.Close()
}

// acceptBulk serves a bulk stream: one message, then the close that confirms it.
func (e *Endpoint) acceptBulk(stream network.Stream) {
	s := e.member(stream)
	if s == nil {
		_ = stream.Reset()
		return
	}
	defer s.tasks.Done()
	defer context.AfterFunc(s.ctx, func() { _ = stream.Reset() })()
	select {
	case s.bulkIn <- struct{}{}:
		defer func() { <-s.bulkIn }()
	case <-s.ctx.Done():
		_ = stream.Reset()
		return
	}
	r := newFrameReader(stream, e.cfg.MaxMessage+1, stream.SetReadDeadline) // a response has its status byte
	r.timeout = e.cfg.timing.frame
	err := stream.SetReadDeadline(time.Now().Add(r.timeout))
	var f frame
	if err == nil {
		f, err = r.next()
	}
	if err != nil {
		_ = stream.Reset()
		if errors.Is(err, ErrProtocol) {
			s.violated(err)
		}
		return
	}
	e.stats.bulkReceived.Add(1)
	_ = stream.Close()
	switch {
	case f.kind == kindResponse:
	case f.kind >= FirstReservedKind:
		s.violated(fmt.Errorf("%w: kind %#x on a bulk stream", ErrProtocol, f.kind))
		return
	case len(f.body) > e.cfg.MaxMessage:
		s.violated(fmt.Errorf("%w: body of %d bytes, at most %d", ErrProtocol, len(f.body), e.cfg.MaxMessage))
		return
	}
	if err := s.dispatch(f); err != nil {
		s.violated(err)
	}
}

// member returns the session of a stream's peer and holds its tasks, nil when there is none. The peer may have heard of
// its welcome later than we sent it, so its opener waits here for an admission that is still under way.
func (e *Endpoint) member(stream network.Stream) *session {
	deadline := time.NewTimer(e.cfg.timing.admit)
	defer deadline.Stop()
	for {
		s := e.lookup(stream.Conn().RemotePeer())
		if s == nil {
			return nil
		}
		s.mu.Lock()
		state := s.state
		if state == stateUp {
			s.tasks.Add(1)
		}
		s.mu.Unlock()
		switch state {
		case stateUp:
			return s
		case stateEnded:
			return nil
		}
		select {
		case <-s.isUp:
		case <-deadline.C:
			return nil
		case <-e.stop.Done():
			return nil
		}
	}
}
