package rpc

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/network"
)

// controlStream carries a session's small messages, both ways. Usually there is one per session.
type controlStream struct {
	stream network.Stream
	r      *frameReader
	// used is set before the first application frame goes either way. When a used stream breaks, a message may be lost, and
	// so the session ends: what Send accepted arrives in order, or Left is called. An unused twin may go without notice.
	used   atomic.Bool
	closed bool // for writing; the writer's
}

// read is the goroutine that takes frames off one control stream, until the session ends.
func (s *session) read(c *controlStream) {
	for {
		f, err := c.r.next()
		if err != nil {
			s.down(c, err)
			return
		}
		c.used.Store(true)
		if err := s.dispatch(f); err != nil {
			s.violated(err)
			return
		}
	}
}

// down takes a stream that broke out of service.
func (s *session) down(c *controlStream, err error) {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, ErrProtocol):
		s.violated(err)
		return
	case errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded):
		s.end(fmt.Errorf("a frame that had begun did not end within %v", s.e.cfg.timing.frame), false)
		return
	case errors.Is(err, io.EOF):
		err = errors.New("the peer closed the stream without a goodbye")
	}
	s.mu.Lock()
	s.streams = slices.DeleteFunc(s.streams, func(x *controlStream) bool { return x == c })
	alone, leaving, up := len(s.streams) == 0, s.leaving, s.state == stateUp
	if up && (alone || leaving || c.used.Load()) {
		s.streams = append(s.streams, c) // so that end closes it, and its connection
	}
	s.mu.Unlock()
	switch {
	case !up:
	case leaving:
		s.end(ErrClosed, true)
	case alone || c.used.Load():
		s.end(err, false)
	default:
		_ = c.stream.Reset()
	}
}

// violated cuts off a peer that does not speak the protocol.
func (s *session) violated(err error) {
	s.e.stats.malformed.Add(1)
	s.e.log.about(s.peer, slog.LevelWarn, "cut off", err)
	s.end(err, false)
}

// dispatch handles one frame of a proved peer, on the goroutine that read it.
func (s *session) dispatch(f frame) error {
	e := s.e
	switch {
	case f.kind == kindResponse:
		s.count(f)
		return s.resolve(f)
	case f.kind == kindBye:
		s.end(nil, true)
	case f.kind == kindRefuse:
		s.end(parseRefusal(f.body), false)
	case f.kind >= kindHello && f.kind <= kindWelcome:
		return fmt.Errorf("%w: kind %#x inside a session", ErrProtocol, f.kind)
	case f.kind >= FirstReservedKind:
		e.stats.unknownKinds.Add(1) // of a newer minor version
	case f.id != 0:
		s.count(f)
		s.serve(f)
	default:
		s.count(f)
		if h := e.messages[f.kind].Load(); h != nil {
			(*h)(s.id, f.body)
		} else {
			e.stats.unknownKinds.Add(1)
		}
	}
	return nil
}

func (s *session) count(f frame) {
	s.e.stats.messagesReceived.Add(1)
	s.e.stats.bytesReceived.Add(uint64(f.wire))
}
