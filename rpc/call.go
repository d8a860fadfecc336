package rpc

import (
	"context"
	"fmt"

	p2p "github.com/libp2p/go-libp2p/core/peer"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// status is the first byte of a response's body. Codes are append-only.
const (
	statusOK        byte = iota // the result follows
	statusError                 // the handler's error text follows
	statusNotCalled             // no handler was called; the reason follows
)

// call is a Call that waits for its response. Its fields are guarded by session.mu.
type call struct {
	kind   Kind
	id     uint64
	number uint64      // in the session's queue
	bulk   bool        // it went to a bulk stream, and has no number
	begun  bool        // the bulk stream was opened
	answer chan answer // capacity 1: whoever takes the call out of session.calls sends one
}

type answer struct {
	body []byte
	err  error
}

func (c *call) finish(body []byte, err error) { c.answer <- answer{body, err} }

// Call sends a request and waits for the response, for the context's deadline or 30 s. It waits for room when the queue is
// full. The body must not be changed afterwards; the result belongs to the caller. An error that the peer answered is a
// *RemoteCallError; errors.Is(err, ErrPeerLost) says that the session ended meanwhile, and then, as after a deadline, the
// handler may or may not have run, unless SafeToRetry(err).
func (e *Endpoint) Call(ctx context.Context, to task.PeerID, kind Kind, body []byte) ([]byte, error) {
	checkKind(kind)
	fail := func(err error, unsent bool) error {
		return &opError{op: fmt.Sprintf("call kind %d to", kind), peer: p2p.ID(to), err: err, unsent: unsent}
	}
	s := e.lookup(p2p.ID(to))
	if s == nil {
		return nil, fail(ErrUnknownPeer, true)
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.timing.call)
		defer cancel()
	}
	c := &call{kind: kind, answer: make(chan answer, 1)}
	if err := s.putWait(ctx, outgoing{kind: kind, body: body, call: c}); err != nil {
		return nil, fail(err, true)
	}
	e.stats.calls.Add(1)
	select {
	case a := <-c.answer:
		return a.body, a.err
	case <-ctx.Done():
		s.mu.Lock()
		delete(s.calls, c.id)
		s.mu.Unlock()
		return nil, fail(ctx.Err(), false)
	}
}

// resolve hands a response to the call that waits for it.
func (s *session) resolve(f frame) error {
	if f.id == 0 || len(f.body) == 0 {
		return fmt.Errorf("%w: response without request ID or status", ErrProtocol)
	}
	s.mu.Lock()
	c := s.calls[f.id]
	delete(s.calls, f.id)
	s.mu.Unlock()
	if c == nil {
		s.e.stats.lateResponses.Add(1)
		return nil
	}
	status, body := f.body[0], f.body[1:]
	if status == statusOK {
		c.finish(body, nil)
		return nil
	}
	remote := &RemoteCallError{Kind: c.kind, Msg: shorten(string(body)), Handled: status == statusError}
	c.finish(nil, &opError{op: "call to", peer: s.peer, err: remote})
	return nil
}

// serve queues a call for its handler. It runs on the reader, so it never waits.
func (s *session) serve(f frame) {
	if s.e.calls[f.kind].Load() == nil {
		s.e.stats.unknownKinds.Add(1)
		s.respondNow(f.id, fmt.Sprintf("no handler for calls of kind %d", f.kind))
		return
	}
	s.mu.Lock()
	if s.state != stateUp {
		s.mu.Unlock()
		return
	}
	start, ok := s.serving.putLocked(f, len(f.body))
	if start {
		s.e.serving.Go(s.handleCalls)
	}
	s.mu.Unlock()
	if !ok {
		s.e.stats.callsRejected.Add(1)
		s.respondNow(f.id, fmt.Sprintf("overloaded: %d of your calls are waiting here", maxWaitingCalls))
	}
}

// respondNow tells the peer why no handler is called. It must not wait, since it runs on the reader: a peer that calls on
// while it reads no responses is cut off.
func (s *session) respondNow(id uint64, reason string) {
	if _, err := s.put(outgoing{kind: kindResponse, id: id, head: []byte{statusNotCalled}, body: []byte(reason)}); err != nil {
		s.end(err, false)
	}
}

// handleCalls is one of a peer's lanes for calls.
func (s *session) handleCalls() {
	for {
		s.mu.Lock()
		f, ok := s.serving.nextLocked()
		s.mu.Unlock()
		if !ok {
			return
		}
		s.e.stats.callsServed.Add(1)
		result, err := (*s.e.calls[f.kind].Load())(s.ctx, s.id, f.body)
		m := outgoing{kind: kindResponse, id: f.id, head: []byte{statusOK}, body: result}
		if err == nil && len(result) > s.e.cfg.MaxMessage {
			err = fmt.Errorf("%w: result of %d bytes, at most %d", ErrTooLarge, len(result), s.e.cfg.MaxMessage)
		}
		if err != nil {
			m.head, m.body = []byte{statusError}, []byte(shorten(err.Error()))
		}
		_ = s.putWait(s.ctx, m) // fails only when the session has ended, and then nobody waits for it
	}
}
