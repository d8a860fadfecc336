package rpc

import "time"

// leave says goodbye: bulk messages first, then bye as the last control frame, then the peer's own close, which says that
// it has read everything. All within timing.close.
func (s *session) leave() {
	timer := time.NewTimer(s.e.cfg.timing.close)
	defer timer.Stop()
	late := s.drainBulk(timer.C)
	s.mu.Lock()
	s.leaving = true
	s.queue.putLocked(kindBye, 0, nil, nil)
	s.mu.Unlock()
	if !late {
		select {
		case <-s.ctx.Done():
		case <-timer.C:
		}
	}
	s.end(ErrClosed, false) // no more than a backstop when the peer has answered
	if s.ctx.Err() != nil {
		<-s.done
	}
}

// drainBulk waits until no bulk message is under way; true when that took too long.
func (s *session) drainBulk(late <-chan time.Time) bool {
	for {
		s.mu.Lock()
		busy, room := s.bulkOut.busyLocked(), s.queue.fullLocked()
		s.mu.Unlock()
		if !busy {
			return false
		}
		select {
		case <-room:
		case <-s.ctx.Done():
			return false
		case <-late:
			return true
		}
	}
}
