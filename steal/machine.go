package steal

import (
	"math/rand/v2"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Machine is one peer's side of the stealing protocol: its thief and its victim. It does nothing by itself; a driver
// puts events and the time in and carries out the actions that come out. It is not safe for concurrent use.
type Machine struct {
	common *common
	thief  thief
	victim victim
}

// common is what the two roles share. It is written by the step under way only.
type common struct {
	config  Config
	random  *rand.Rand
	members members
	// idle is the number of idle local workers as the driver last gave it.
	idle int
	// meanRun is how long a task runs, 0 when unknown.
	meanRun time.Duration
	stats   Stats

	now     time.Duration
	actions []Action
}

func (c *common) do(a Action) { c.actions = append(c.actions, a) }

// Stats counts what happened since the start.
type Stats struct {
	// As a thief.
	Asked           uint64 // requests to random members
	Lifelines       uint64 // lifeline requests
	Declines        uint64 // empty replies to requests of either kind
	LootReplies     uint64 // replies with loot
	LootTasks       uint64 // tasks in them
	LateLoot        uint64 // replies with loot to requests that had been given up
	StaleReplies    uint64 // empty replies that no request was waiting for
	Unanswered      uint64 // requests given up after RequestTimeout
	LifelineReplies uint64 // replies with loot that came through a lifeline

	// As a victim.
	Requests         uint64 // requests from members
	Gifts            uint64 // replies with loot
	GiftTasks        uint64 // tasks in them
	Refusals         uint64 // empty replies
	StrangerRequests uint64 // dropped: not from a member
	StaleRequests    uint64 // dropped: another incarnation's, or seen before
}

// New returns a machine that knows no members and has no idle workers. It fails when config is not usable.
func New(config Config) (*Machine, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	c := &common{
		config:  config,
		random:  rand.New(rand.NewPCG(config.Seed, config.Incarnation)),
		members: newMembers(),
	}
	return &Machine{common: c, thief: newThief(c), victim: newVictim(c)}, nil
}

// Step takes one event at the time now, counted from the start and never falling, and returns what is to be done. The
// actions belong to the caller.
func (m *Machine) Step(now time.Duration, event Event) []Action {
	c := m.common
	assert(now >= c.now, "time does not run backwards")
	c.now, c.actions = now, nil
	switch e := event.(type) {
	case Joined:
		m.joined(e)
	case Left:
		m.left(e.Peer)
	case Broken:
		m.thief.broken(e.Peer)
	case Idle:
		m.thief.idled(max(e.Workers, 0))
	case Ran:
		c.meanRun = max(e.Mean, 0)
	case GotRequest:
		if m.victim.request(e) {
			m.thief.askedBy(e.From)
		}
	case GotReply:
		m.thief.reply(e)
	case Surplus:
		m.victim.surplus(e.Queued)
	case Gave:
		m.victim.gave(e)
	case Tick:
		m.thief.tick()
	}
	m.victim.tellDemand()
	return c.actions
}

func (m *Machine) joined(e Joined) {
	if e.Peer == m.common.config.Self {
		return
	}
	if known := m.common.members.get(e.Peer); known != nil && known.incarnation != e.Incarnation {
		m.left(e.Peer) // it restarted before anybody missed it
	}
	m.common.members.add(e)
	m.thief.joined(e.Peer)
}

func (m *Machine) left(peer task.PeerID) {
	m.common.members.remove(peer)
	m.victim.left(peer)
	m.thief.left(peer)
}

// Member says whether this incarnation of the peer is a member now.
func (m *Machine) Member(peer task.PeerID, incarnation uint64) bool {
	known := m.common.members.get(peer)
	return known != nil && known.incarnation == incarnation
}

// Stats returns the counters.
func (m *Machine) Stats() Stats { return m.common.stats }
