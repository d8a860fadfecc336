package steal

import (
	"cmp"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// lifeline is a request that a victim remembers until it has work. It ends with loot, never by being withdrawn.
type lifeline struct {
	id   uint64
	sent time.Duration
	// answered means that the victim has said "remembered"; from then on nothing is sent and no timer runs.
	answered bool
}

// lifelines are the ones that this peer has placed.
//
// Invariant: at most one request is outstanding on each lifeline, so a victim holds at most one for each thief.
type lifelines map[task.PeerID]*lifeline

func (ls lifelines) place(at task.PeerID, l *lifeline) {
	assert(ls[at] == nil, "at most one outstanding request per lifeline")
	ls[at] = l
}

// unanswered lists, in order, the members asked to hold a lifeline that have not said so yet.
func (ls lifelines) unanswered() []task.PeerID {
	var at []task.PeerID
	for id, l := range ls {
		if !l.answered {
			at = append(at, id)
		}
	}
	slices.Sort(at)
	return at
}

// fingers says on whom a peer hangs its lifelines: the members at distance 1, 2, 4, … behind it on the ring of sorted
// IDs. That is the cyclic hypercube of Saraswat et al. 2011 with radix 2: of degree and diameter log2 n, and each peer
// finds its own edges alone after any change. In a small swarm everybody is a finger, so that nobody starves because
// the few peers between it and the work are busy.
//
// others must be sorted and must not contain self.
func fingers(others []task.PeerID, self task.PeerID, small int) []task.PeerID {
	if len(others) <= small {
		return others
	}
	// The member at distance d ≥ 1 is others[(next+d-1) mod len(others)]: self is not in the list.
	next, _ := slices.BinarySearch(others, self)
	var at []task.PeerID
	for d := 1; d <= len(others); d *= 2 {
		at = append(at, others[(next+d-1)%len(others)])
	}
	return at
}

func compare(a, b task.PeerID) int { return cmp.Compare(a, b) }
