package launch

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is returned for a line offered after Close, or after the other end has gone.
var ErrClosed = errors.New("launch: the pipe is closed")

// ErrStalled is returned when the other end does not read: it is stopped, or drowned. The line may arrive yet.
var ErrStalled = errors.New("launch: the other end does not read")

// sender writes lines to a pipe from one goroutine, so that no caller ever hangs on a reader that is stopped. A deadline
// on the file alone would do that too, but not on Windows, and it could cut a line in two.
type sender struct {
	file    io.WriteCloser
	queue   chan outgoing
	stop    chan struct{} // closed by close: write what is queued, then end
	done    chan struct{} // closed by the goroutine at its end
	once    sync.Once
	stalled atomic.Bool // the last line waited for was not written in time; cleared by the next one that is
}

type outgoing struct {
	line    []byte
	written chan error // capacity 1: the goroutine never waits for the caller
}

func newSender(file io.WriteCloser) *sender {
	s := &sender{
		file:  file,
		queue: make(chan outgoing, sendQueue),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	go s.run()
	return s
}

func (s *sender) run() {
	defer close(s.done)
	defer s.file.Close()
	for {
		select {
		case o := <-s.queue:
			if !s.write(o) {
				return
			}
			continue
		case <-s.stop:
		}
		for {
			select {
			case o := <-s.queue:
				if !s.write(o) {
					return
				}
			default:
				return
			}
		}
	}
}

func (s *sender) write(o outgoing) bool {
	_, err := s.file.Write(o.line)
	o.written <- err
	s.stalled.Store(false)
	return err == nil
}

// offer queues a line and does not wait.
func (s *sender) offer(line []byte) (chan error, error) {
	select {
	case <-s.stop:
		return nil, ErrClosed
	case <-s.done:
		return nil, ErrClosed
	default:
	}
	o := outgoing{line, make(chan error, 1)}
	select {
	case s.queue <- o:
		return o.written, nil
	default:
		return nil, ErrStalled
	}
}

// send queues a line and waits at most the given time until the kernel has it. After one time-out it does not wait again
// before something got through: a stopped launcher must cost a peer two seconds once, not two seconds an event.
func (s *sender) send(line []byte, wait time.Duration) error {
	written, err := s.offer(line)
	if err != nil {
		return err
	}
	if s.stalled.Load() {
		return ErrStalled
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case err := <-written:
		if err != nil {
			return ErrClosed
		}
		return nil
	case <-s.done:
		return s.verdict(written)
	case <-timer.C:
		s.stalled.Store(true)
		return ErrStalled
	}
}

// verdict decides for a line whose writing raced with the end of the goroutine.
func (s *sender) verdict(written chan error) error {
	select {
	case err := <-written:
		if err == nil {
			return nil
		}
	default:
	}
	return ErrClosed
}

// close lets the goroutine write what is queued, for at most flushTimeout where files have deadlines, and close the file.
// It does not wait; done tells.
func (s *sender) close() {
	s.once.Do(func() {
		if f, ok := s.file.(interface{ SetWriteDeadline(time.Time) error }); ok {
			_ = f.SetWriteDeadline(time.Now().Add(flushTimeout)) // no deadlines on Windows pipes: then done may come late
		}
		close(s.stop)
	})
}

// flush closes and waits, bounded.
func (s *sender) flush() error {
	s.close()
	timer := time.NewTimer(flushTimeout + flushTimeout/2)
	defer timer.Stop()
	select {
	case <-s.done:
		return nil
	case <-timer.C:
		return ErrStalled
	}
}
