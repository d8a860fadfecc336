package steal

import (
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Action is what a [Machine] wants its driver to do, in the order given.
type Action interface{ action() }

// SendRequest asks a peer for work.
type SendRequest struct {
	To      task.PeerID
	Request Request
}

// Give lets a thief have work: the driver takes [Give.Amount] of its oldest tasks, at most MaxBytes encoded, sends them
// in a [Reply] and reports [Gave]. If the thief is no longer a member it takes nothing and reports that.
type Give struct {
	To task.PeerID
	// Incarnation is the thief's, for [Ledger.Lend] and [Holdings.Pass].
	Incarnation uint64
	RequestID   uint64
	AtLeast     int // the thief's idle workers
	AtMost      int // what keeps them busy for some round trips
	Keep        int // tasks spoken for by our own idle workers
	MaxBytes    int
}

// SendDecline sends a reply without loot.
type SendDecline struct {
	To        task.PeerID
	RequestID uint64
	Hint      int
}

// Demand says how many remote thieves wait on our lifelines now; it is sent when the number changes. The worker pool
// keeps work where thieves can take it, and [Surplus] is raised, while it is above 0.
type Demand struct{ Thieves int }

// WakeAt asks for a [Tick] at the given time. One timer is enough: there is never more than one tick to come.
type WakeAt struct{ At time.Duration }

func (SendRequest) action() {}
func (Give) action()        {}
func (SendDecline) action() {}
func (Demand) action()      {}
func (WakeAt) action()      {}
