package steal

import (
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// thief finds work for the idle local workers. Its states, by what is set:
//
//	fed        hunger() is 0; lifelines may still be out, and their loot is welcome
//	asking     hungry, one request to a random member is out
//	waiting    hungry, no such request is out, lifelines are: silence
type thief struct {
	*common

	// fed counts tasks that came in since the driver last spoke of idle workers: each has one of them busy soon.
	fed int
	// asked is the outstanding request to a random member, nil for none.
	//
	// Invariant: at most one for each peer.
	asked *question
	// lastID is the newest request ID, of requests of either kind.
	lastID uint64
	// round begins when hunger begins or loot comes in; no member is asked twice in a round.
	round uint64
	// failures counts the tries of this round that brought nothing.
	failures int
	// newcomers joined while we were hungry and are asked before others, oldest first.
	newcomers []task.PeerID
	lifelines lifelines
	// wakeAt is the time asked for in the one WakeAt still to come, 0 for none.
	wakeAt time.Duration
}

type question struct {
	id   uint64
	to   task.PeerID
	sent time.Duration
}

func newThief(c *common) thief { return thief{common: c, lifelines: make(lifelines), round: 1} }

// hunger is the number of idle workers that no task is on its way to.
func (t *thief) hunger() int { return max(t.idle-t.fed, 0) }

func (t *thief) idled(workers int) {
	before := t.hunger()
	t.idle, t.fed = workers, 0
	if before == 0 {
		t.newRound()
	}
	t.seek()
}

func (t *thief) newRound() {
	t.round++
	t.failures = 0
}

// seek does the next thing for a hungry peer: ask one more member, or place the lifelines that are missing.
func (t *thief) seek() {
	if t.hunger() == 0 || t.asked != nil {
		return
	}
	if m := t.next(); m != nil {
		t.ask(m)
		return
	}
	t.placeLifelines()
}

func (t *thief) next() *member {
	for len(t.newcomers) > 0 {
		m := t.members.get(t.newcomers[0])
		t.newcomers = t.newcomers[1:]
		if m != nil && t.eligible(m) {
			return m
		}
	}
	if t.failures >= t.config.Tries {
		return nil
	}
	return t.target(t.eligible)
}

// eligible leaves out the holders of our lifelines: they know that we are hungry.
func (t *thief) eligible(m *member) bool {
	return m.round != t.round && t.lifelines[m.id] == nil && !m.mute()
}

func (t *thief) ask(m *member) {
	assert(t.asked == nil, "at most one outstanding request to a random member")
	m.round = t.round
	t.asked = &question{id: t.request(m.id, false), to: m.id, sent: t.now}
	t.stats.Asked++
}

func (t *thief) placeLifelines() {
	ring := make([]task.PeerID, 0, len(t.members.sorted))
	for _, m := range t.members.sorted {
		if !m.mute() {
			ring = append(ring, m.id)
		}
	}
	for _, at := range fingers(ring, t.config.Self, t.config.SmallSwarm) {
		if t.lifelines[at] == nil {
			t.lifelines.place(at, &lifeline{id: t.request(at, true), sent: t.now})
			t.stats.Lifelines++
		}
	}
}

// request sends one and returns its ID.
func (t *thief) request(to task.PeerID, onLifeline bool) uint64 {
	t.lastID++
	t.do(SendRequest{To: to, Request: Request{
		ID: t.lastID, Incarnation: t.config.Incarnation, Hunger: t.hunger(), MaxBytes: t.config.MaxLootBytes, Lifeline: onLifeline,
	}})
	t.wake(t.now + t.config.RequestTimeout)
	return t.lastID
}

func (t *thief) reply(e GotReply) {
	m := t.members.get(e.From)
	if m != nil {
		m.heard()
		m.hint = min(max(e.Hint, 0), maxHint)
	}
	t.match(e, m)
	if e.Loot > 0 {
		t.stats.LootReplies++
		t.stats.LootTasks += uint64(e.Loot)
		t.fed += e.Loot
		t.newRound()
	}
	t.seek()
}

// match finds the request that a reply answers. Replies to requests given up, and to none we know of, change nothing.
func (t *thief) match(e GotReply, m *member) {
	l := t.lifelines[e.From]
	var sent time.Duration
	switch {
	case t.asked != nil && t.asked.to == e.From && t.asked.id == e.RequestID:
		sent, t.asked = t.asked.sent, nil
		t.failures++ // loot forgives it
	case l != nil && l.id == e.RequestID && e.Loot > 0:
		delete(t.lifelines, e.From)
		t.stats.LifelineReplies++
		return // it waited for work, which is no measure of distance
	case l != nil && l.id == e.RequestID && !l.answered:
		sent, l.answered = l.sent, true
	case e.Loot > 0:
		t.stats.LateLoot++
		return
	default:
		t.stats.StaleReplies++
		return
	}
	if e.Loot == 0 {
		t.stats.Declines++
	}
	if m != nil {
		m.measured(t.now - sent)
	}
}

// askedBy drops a newcomer that asks us: it has nothing itself. One that was mute until now may get a lifeline again.
func (t *thief) askedBy(peer task.PeerID) {
	t.newcomers = slices.DeleteFunc(t.newcomers, func(id task.PeerID) bool { return id == peer })
	t.seek()
}

func (t *thief) joined(peer task.PeerID) {
	if t.hunger() == 0 {
		return
	}
	if len(t.newcomers) < maxNewcomers {
		t.newcomers = append(t.newcomers, peer)
	}
	t.seek()
}

func (t *thief) left(peer task.PeerID) { t.broken(peer) }

// broken gives up what was out at the peer. If we are still hungry it is asked or hung upon again in its turn.
func (t *thief) broken(peer task.PeerID) {
	if m := t.members.get(peer); m != nil {
		m.heard()
	}
	if t.asked != nil && t.asked.to == peer {
		t.asked = nil
		t.failures++
	}
	delete(t.lifelines, peer)
	t.seek()
}

// wake asks for a tick unless one is to come, in which case that one sees to the rest: deadlines only ever grow.
func (t *thief) wake(at time.Duration) {
	if t.wakeAt == 0 {
		t.wakeAt = at
		t.do(WakeAt{At: at})
	}
}

// tick gives up requests without an answer and asks for another tick only if one is still out.
func (t *thief) tick() {
	if t.wakeAt == 0 {
		return
	}
	if t.now < t.wakeAt {
		t.do(WakeAt{At: t.wakeAt}) // or no tick may ever come
		return
	}
	t.wakeAt = 0
	var deadline time.Duration // of the oldest request still out
	expired := func(to task.PeerID, sent time.Duration) bool {
		if at := sent + t.config.RequestTimeout; at > t.now {
			if deadline == 0 || at < deadline {
				deadline = at
			}
			return false
		}
		t.stats.Unanswered++
		if m := t.members.get(to); m != nil {
			m.unanswered++
		}
		return true
	}
	if t.asked != nil && expired(t.asked.to, t.asked.sent) {
		t.asked = nil
		t.failures++
	}
	for _, at := range t.lifelines.unanswered() {
		if expired(at, t.lifelines[at].sent) {
			delete(t.lifelines, at)
		}
	}
	if deadline != 0 {
		t.wake(deadline)
	}
	t.seek()
}
