package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

type sessionState uint8

const (
	stateNew     sessionState = iota // admissions are under way
	stateJoining                     // one of them is in the Joined callback; messages may be queued
	stateUp
	stateEnded // for good; the entry goes when Left has returned
)

// session is all there is between us and one peer, however many connections there are: a simultaneous dial gives two, with
// a control stream each. It exists once per peer; a peer that comes back gets a new one.
type session struct {
	e     *Endpoint
	peer  p2p.ID
	id    task.PeerID // the same, for callbacks
	local sessionID

	ctx    context.Context //nolint:containedctx // ends with the session; call handlers run under it, which is why it is a field
	cancel context.CancelFunc
	isUp   chan struct{}  // closed when the state becomes stateUp
	done   chan struct{}  // closed when Left has returned
	tasks  sync.WaitGroup // readers, the writer, bulk streams: what must have ended before Left
	bulkIn chan struct{}  // a token per bulk stream being served

	admissions int // under way; guarded by Endpoint.mu

	mu      sync.Mutex // guards what follows
	state   sessionState
	joining chan struct{} // closed when the state is no longer stateJoining
	opening *opening      // the Dial that is under way, or the last one
	remote  sessionID
	cause   error
	streams []*controlStream // attached ones
	keep    network.Conn     // finish must not close it: the peer's next session comes over it
	leaving bool             // this endpoint closes: bye is the last frame in the queue
	queue   queue
	bulkOut lanes[*bulkMessage]
	serving lanes[frame]
	calls   map[uint64]*call
	lastID  uint64 // of our calls
}

// opening lets Dials to one peer share one admission.
type opening struct {
	done chan struct{}
	err  error // valid once done is closed
}

func newSession(e *Endpoint, peer p2p.ID) *session {
	s := &session{
		e: e, peer: peer, id: task.PeerID(peer), local: newSessionID(), isUp: make(chan struct{}), done: make(chan struct{}),
		bulkIn: make(chan struct{}, maxBulkIn), calls: make(map[uint64]*call),
		queue:   queue{wake: make(chan struct{}, 1)},
		bulkOut: lanes[*bulkMessage]{width: maxBulkOut, maxItems: maxBulkQueued, maxBytes: maxBulkQueuedFactor * e.cfg.MaxMessage},
		serving: lanes[frame]{width: maxCallHandlers, maxItems: maxWaitingCalls, maxBytes: maxWaitingCallBytes},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func (s *session) is(state sessionState) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == state
}

func (s *session) up() bool     { return s.is(stateUp) }
func (s *session) ended() bool  { return s.is(stateEnded) }
func (s *session) unused() bool { return s.is(stateNew) }

// carriedBy reports whether one of the session's control streams is on the connection.
func (s *session) carriedBy(c network.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.streams, func(cs *controlStream) bool { return cs.stream.Conn() == c })
}

// beginOpening returns a channel that closes when the admission is over, and whether the caller is the one to make it.
func (s *session) beginOpening() (done chan struct{}, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opening != nil {
		select {
		case <-s.opening.done: // a former attempt
		default:
			return s.opening.done, false
		}
	}
	s.opening = &opening{done: make(chan struct{})}
	return s.opening.done, true
}

func (s *session) endOpening(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opening.err = err
	close(s.opening.done)
}

// opened returns what the last admission by a Dial came to. A newer attempt that is still under way counts as stale.
func (s *session) opened() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.opening.done:
		return s.opening.err
	default:
		return errStale
	}
}

// admit makes a proved peer a member. The first admission asks Joined; others of the same session wait for its answer. A
// session of which the peer no longer knows ends here, and the caller begins again with a new one.
func (s *session) admit(ctx context.Context, c card, conn network.Conn) (first bool, err error) {
	for {
		s.mu.Lock()
		state, joining, same, streams := s.state, s.joining, s.remote == c.session, len(s.streams)
		if state == stateNew {
			s.state, s.remote, s.joining = stateJoining, c.session, make(chan struct{})
		}
		s.mu.Unlock()
		switch {
		case state == stateNew:
			return true, s.join(c, conn)
		case state == stateJoining:
			select {
			case <-joining:
			case <-ctx.Done():
				return false, ctx.Err()
			}
		case state == stateUp && same && streams >= maxControlStreams:
			return false, refuse(refusedOverloaded, "%d control streams are enough", maxControlStreams)
		case state == stateUp && same:
			return false, nil
		default:
			s.mu.Lock()
			s.keep = conn
			s.mu.Unlock()
			s.end(errForgotten, false)
			return false, errStale
		}
	}
}

var errForgotten = errors.New("the peer came back without knowing of this session: it was restarted, or lost us")

// join asks the caller. Only one goroutine is here, in stateJoining.
func (s *session) join(c card, conn network.Conn) error {
	addrs := c.addrs
	if conn.Stat().Direction == network.DirOutbound && !slices.ContainsFunc(addrs, conn.RemoteMultiaddr().Equal) {
		addrs = append([]multiaddr.Multiaddr{conn.RemoteMultiaddr()}, addrs...)
	}
	refused := s.e.cfg.Joined(s.id, addrs, c.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.joining)
	if refused != nil {
		s.state = stateNew // the next admission asks again
		s.dropQueuedLocked(fmt.Errorf("%w: %w", ErrRefused, refused))
		return refuse(refusedByCaller, "%v", refused)
	}
	s.state = stateUp
	close(s.isUp)
	s.e.stats.joined.Add(1)
	s.tasks.Go(s.write)
	return nil
}

// attach puts an admitted control stream into service.
func (s *session) attach(a *admission) error {
	a.r.maxBody, a.r.timeout = maxControlBody, s.e.cfg.timing.frame
	if a.stream.SetDeadline(noDeadline) != nil {
		return errStale
	}
	c := &controlStream{stream: a.stream, r: a.r}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateUp || s.leaving {
		return errStale
	}
	s.streams = append(s.streams, c)
	s.queue.signal()
	s.tasks.Go(func() { s.read(c) })
	return nil
}

// end ends the session once. The finish runs on a goroutine of its own since readers and the writer, whom it waits for,
// call end. orderly closes the streams so that what was written arrives; otherwise the connections go down.
func (s *session) end(cause error, orderly bool) {
	s.mu.Lock()
	if s.state != stateUp {
		s.mu.Unlock()
		return
	}
	s.state, s.cause = stateEnded, cause
	streams, keep := s.streams, s.keep
	s.streams = nil
	s.dropQueuedLocked(lost(cause))
	s.mu.Unlock()
	s.cancel()
	go s.finish(streams, keep, cause, orderly)
}

// dropQueuedLocked fails the pending calls and forgets what waits.
func (s *session) dropQueuedLocked(err error) {
	for _, c := range s.calls {
		unsent := !c.bulk && c.number > s.queue.taken || c.bulk && !c.begun
		c.finish(nil, &opError{op: fmt.Sprintf("call kind %d to", c.kind), peer: s.peer, err: err, unsent: unsent})
	}
	clear(s.calls)
	s.bulkOut.clear()
	s.serving.clear()
	s.queue.clear()
}

// finish takes the session down and tells the caller. A connection that broke the session is closed first, which frees
// every goroutine that is stuck on it.
func (s *session) finish(streams []*controlStream, keep network.Conn, cause error, orderly bool) {
	for _, c := range streams {
		if orderly {
			_ = c.stream.Close()
			continue
		}
		if c.stream.Conn() != keep {
			_ = c.stream.Conn().Close()
		}
		_ = c.stream.Reset()
	}
	s.tasks.Wait()
	for _, c := range streams {
		if errors.Is(cause, ErrClosed) {
			_ = c.stream.Conn().Close()
		} else if orderly { // whoever says bye closes the connection, or it goes as a stranger's does
			s.e.watch.expect(s.e, c.stream.Conn())
		}
	}
	s.e.log.about(s.peer, slog.LevelDebug, "session ended", cause)
	s.e.stats.left.Add(1)
	s.e.cfg.Left(s.id, cause)
	s.e.forget(s)
	close(s.done)
}
