package launch

import (
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// gate is a pipe whose reader is stopped until it is opened.
type gate struct {
	mu      sync.Mutex
	opened  chan struct{}
	written int
	closed  bool
}

func newGate() *gate { return &gate{opened: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	<-g.opened
	g.mu.Lock()
	defer g.mu.Unlock()
	g.written += len(p)
	return len(p), nil
}

func (g *gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	return nil
}

func TestSendIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		s := newSender(g)
		start := time.Now()
		for i := range 3 * sendQueue {
			if err := s.send([]byte("x"), sendTimeout); !errors.Is(err, ErrStalled) {
				t.Fatalf("send %d: %v", i, err)
			}
		}
		if took := time.Since(start); took != sendTimeout {
			t.Errorf("a stopped reader cost %s, want %s once", took, sendTimeout)
		}
		close(g.opened)
		synctest.Wait()
		if err := s.send([]byte("y"), sendTimeout); err != nil {
			t.Errorf("after the reader woke: %v", err)
		}
		if err := s.flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
		if want := sendQueue + 2; g.written != want || !g.closed { // one was in the writer's hands
			t.Errorf("%d bytes written, want %d; closed: %v", g.written, want, g.closed)
		}
		if err := s.send([]byte("z"), sendTimeout); !errors.Is(err, ErrClosed) {
			t.Errorf("after close: %v", err)
		}
	})
}

func TestFlushIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		s := newSender(g)
		if _, err := s.offer([]byte("x")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := s.flush(); !errors.Is(err, ErrStalled) {
			t.Errorf("flush: %v", err)
		}
		if took := time.Since(start); took > 2*flushTimeout {
			t.Errorf("flush took %s", took)
		}
		close(g.opened)
		<-s.done
	})
}

type broken struct{ io.Closer }

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestSendToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSender(broken{newGate()})
		for range 2 {
			if err := s.send([]byte("x"), sendTimeout); !errors.Is(err, ErrClosed) {
				t.Errorf("send: %v", err)
			}
		}
		<-s.done
	})
}
