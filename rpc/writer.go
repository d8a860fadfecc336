package rpc

import (
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// write is the goroutine that writes all of a session's control messages: whatever has gathered while the last write was
// under way, in one write. It uses one stream for the session's whole life, which keeps the order.
func (s *session) write() {
	var out *controlStream
	for {
		s.mu.Lock()
		if out == nil && len(s.streams) > 0 {
			out = s.streams[0]
		}
		ready := out != nil && s.queue.count > 0
		if s.state != stateUp || !ready {
			up, bye := s.state == stateUp, s.leaving && out != nil
			s.queue.idle = true
			s.mu.Unlock()
			if bye && up && !out.closed {
				out.closed = true
				_ = out.stream.CloseWrite()
			}
			out = s.unwritten(out)
			select {
			case <-s.queue.wake:
				continue
			case <-s.ctx.Done():
				return
			}
		}
		out.used.Store(true) // before the lock goes, see down
		buf, count := s.queue.takeLocked()
		s.mu.Unlock()
		if err := s.flush(out, buf); err != nil {
			s.end(err, false)
			return
		}
		s.e.stats.bytesSent.Add(uint64(len(buf)))
		s.e.stats.messagesSent.Add(uint64(count))
		s.mu.Lock()
		s.queue.recycleLocked(buf)
		s.mu.Unlock()
	}
}

// unwritten keeps the writer from holding on to a stream that it never used and that may break meanwhile.
func (s *session) unwritten(c *controlStream) *controlStream {
	if c != nil && !c.used.Load() {
		return nil
	}
	return c
}

// flush writes in chunks that have a deadline each, so that a slow link is not mistaken for a dead peer.
func (s *session) flush(c *controlStream, buf []byte) error {
	for len(buf) > 0 {
		n := min(len(buf), writeChunkBytes)
		if err := writeChunk(c.stream, buf[:n], s.e.cfg.timing.write); err != nil {
			return err
		}
		s.e.stats.writes.Add(1)
		buf = buf[n:]
	}
	return nil
}

func writeChunk(stream network.Stream, chunk []byte, within time.Duration) error {
	if err := stream.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if _, err := stream.Write(chunk); err != nil {
		var timeout interface{ Timeout() bool }
		if errors.As(err, &timeout) && timeout.Timeout() {
			return fmt.Errorf("the peer took less than %d bytes in %v: %w", len(chunk), within, err)
		}
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
