package steal

import (
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// hintUnknown is the queue length supposed of a member never heard of: better than known to be empty, worse than known
// to be long.
const hintUnknown = 1

// member is what this peer knows of another.
type member struct {
	id          task.PeerID
	incarnation uint64
	// hint is the length of its queues when it last said so, 0 when it last asked for work itself.
	hint int
	// rtt is the smoothed round trip, 0 when unknown.
	rtt time.Duration
	// unanswered counts the requests it left without an answer since it last said anything.
	unanswered int
	// round is the thief's round in which it was last asked.
	round uint64
}

// mute members are not asked: they take requests and do not answer. Whether they are dead is for others to find out.
func (m *member) mute() bool { return m.unanswered >= maxUnanswered }

func (m *member) heard() { m.unanswered = 0 }

// measured smooths the round trip as TCP does (RFC 6298).
func (m *member) measured(rtt time.Duration) {
	if m.rtt == 0 {
		m.rtt = rtt
		return
	}
	m.rtt += (rtt - m.rtt) / 8
}

// better compares two candidates by hint and, for equal hints, by distance.
func (m *member) better(other *member) bool {
	if m.hint != other.hint {
		return m.hint > other.hint
	}
	return m.rtt != 0 && m.rtt < other.rtt
}

// members is the swarm as this peer sees it, itself left out.
type members struct {
	sorted []*member // by ID
	byID   map[task.PeerID]*member
}

func newMembers() members { return members{byID: make(map[task.PeerID]*member)} }

func (ms *members) get(id task.PeerID) *member { return ms.byID[id] }

// add takes a member in. One already known is only heard of again.
func (ms *members) add(e Joined) {
	m := ms.byID[e.Peer]
	if m == nil {
		m = &member{id: e.Peer, incarnation: e.Incarnation, hint: hintUnknown}
		ms.byID[e.Peer] = m
		i, _ := ms.search(e.Peer)
		ms.sorted = slices.Insert(ms.sorted, i, m)
	}
	m.heard()
	if e.RTT > 0 {
		m.measured(e.RTT)
	}
}

func (ms *members) remove(id task.PeerID) {
	if ms.byID[id] == nil {
		return
	}
	delete(ms.byID, id)
	i, _ := ms.search(id)
	ms.sorted = slices.Delete(ms.sorted, i, i+1)
}

func (ms *members) search(id task.PeerID) (int, bool) {
	return slices.BinarySearchFunc(ms.sorted, id, func(m *member, id task.PeerID) int {
		return compare(m.id, id)
	})
}

// target picks whom to ask: of two random members that are eligible the better one, which finds long queues almost as
// well as knowing them all (Mitzenmacher 2001). It returns nil when nobody is eligible.
func (c *common) target(eligible func(*member) bool) *member {
	candidates := make([]*member, 0, len(c.members.sorted))
	for _, m := range c.members.sorted {
		if eligible(m) {
			candidates = append(candidates, m)
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	i := c.random.IntN(len(candidates))
	if len(candidates) == 1 {
		return candidates[i]
	}
	j := c.random.IntN(len(candidates) - 1)
	if j >= i {
		j++ // two different ones
	}
	if candidates[j].better(candidates[i]) {
		return candidates[j]
	}
	return candidates[i]
}
