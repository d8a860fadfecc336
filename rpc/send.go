package rpc

import (
	"context"
	"errors"
	"fmt"

	p2p "github.com/libp2p/go-libp2p/core/peer"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Send queues a one-way message and never waits for the network. What it accepted arrives once, and in the order of the
// calls, unless the session ends, which Left tells; messages of more than 256 KiB arrive beside the order. The body must
// not be changed after Send. Errors: ErrUnknownPeer, ErrQueueFull, ErrTooLarge; all of them are SafeToRetry.
func (e *Endpoint) Send(to task.PeerID, kind Kind, body []byte) error {
	checkKind(kind)
	s := e.lookup(p2p.ID(to))
	if s == nil {
		return &opError{op: "send to", peer: p2p.ID(to), err: ErrUnknownPeer, unsent: true}
	}
	if _, err := s.put(outgoing{kind: kind, body: body}); err != nil {
		return &opError{op: fmt.Sprintf("send kind %d to", kind), peer: s.peer, err: err, unsent: true}
	}
	return nil
}

// outgoing is a message on its way into a queue; its body on the wire is head followed by body.
type outgoing struct {
	kind       Kind
	id         uint64
	head, body []byte
	call       *call // for a call: what waits for the response
}

// put queues a message for the writer, or for a bulk stream of its own. With ErrQueueFull comes a channel that closes when
// there is room again.
func (s *session) put(m outgoing) (room <-chan struct{}, err error) {
	size := len(m.head) + len(m.body)
	if len(m.body) > s.e.cfg.MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(m.body), s.e.cfg.MaxMessage)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.leaving:
		return nil, ErrClosed
	case s.state == stateNew:
		return nil, ErrUnknownPeer
	case s.state == stateEnded:
		return nil, lost(s.cause)
	}
	if m.call != nil {
		s.lastID++
		m.id = s.lastID
	}
	if size > maxControlBody {
		start, ok := s.bulkOut.putLocked(&bulkMessage{outgoing: m}, size)
		if !ok {
			return s.queue.fullLocked(), ErrQueueFull
		}
		if start {
			s.tasks.Go(s.sendBulk)
		}
	} else {
		number := s.queue.putLocked(m.kind, m.id, m.head, m.body)
		if number == 0 {
			return s.queue.fullLocked(), ErrQueueFull
		}
		if m.call != nil {
			m.call.number = number
		}
	}
	if m.call != nil {
		m.call.id, m.call.bulk = m.id, size > maxControlBody
		s.calls[m.id] = m.call
	}
	return nil, nil
}

// putWait is put for goroutines that may wait for room.
func (s *session) putWait(ctx context.Context, m outgoing) error {
	for {
		room, err := s.put(m)
		if !errors.Is(err, ErrQueueFull) {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", err, ctx.Err())
		}
	}
}
