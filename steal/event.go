package steal

import (
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Event is what the driver tells a [Machine].
type Event interface{ event() }

// Joined says that a peer is now a member: it may be asked, and its requests are answered. The driver raises it before
// it hands on the first message of that incarnation.
type Joined struct {
	Peer        task.PeerID
	Incarnation uint64
	// RTT is the round trip measured so far, 0 when unknown.
	RTT time.Duration
}

// Left says that a member is gone for good: it left, was lost, or came back as another incarnation.
type Left struct{ Peer task.PeerID }

// Broken says that the connection to a member was lost and made again, so that messages under way, in either direction,
// may never arrive. The member is still a member.
type Broken struct{ Peer task.PeerID }

// Idle says how many local workers have nothing to do; 0 means fed. A driver that prefetches counts workers that will
// be idle within two round trips. The driver raises it when the number changes, and once more when the workers have
// settled after loot came in, even if the number is what it was.
type Idle struct{ Workers int }

// Ran says how long a task runs in the mean, over whatever window the driver finds right.
type Ran struct{ Mean time.Duration }

// GotRequest is a request from another peer. Queued is how many tasks are in the local queues now.
type GotRequest struct {
	From    task.PeerID
	Request Request
	Queued  int
}

// GotReply is a reply from another peer. The driver has already queued its loot, whatever the machine makes of the
// reply: loot is never dropped here.
type GotReply struct {
	From      task.PeerID
	RequestID uint64
	Loot      int
	Hint      int
}

// Surplus says that there is local work for remote thieves. While thieves wait (see [Demand]) the driver raises it
// whenever a change of the queues or of the idle workers leaves more tasks queued than workers idle.
type Surplus struct{ Queued int }

// Gave reports what came of a [Give]; there is exactly one for each. N is 0 when nothing could be taken or sent; Left
// is what remained in the queues.
type Gave struct {
	To        task.PeerID
	RequestID uint64
	N         int
	Left      int
}

// Tick says that the time asked for by [WakeAt] has come. One too many does nothing, one too early is asked for again.
type Tick struct{}

func (Joined) event()     {}
func (Left) event()       {}
func (Broken) event()     {}
func (Idle) event()       {}
func (Ran) event()        {}
func (GotRequest) event() {}
func (GotReply) event()   {}
func (Surplus) event()    {}
func (Gave) event()       {}
func (Tick) event()       {}
