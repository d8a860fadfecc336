package steal

import (
	"fmt"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// job is what the test driver's handles point to. A foreign job is the executor's own copy.
type job struct {
	name    string
	run     time.Duration
	foreign bool
	id      task.ID // of a foreign job
	attempt uint32  // of a foreign job
	running bool
	dropped bool // cancelled, or the owner is gone: its result is not sent
	settled bool // at its owner
}

// node is a driver: one machine, ledger and holdings, with a queue, over whatever carries its messages. Transcripts and
// the random network share it, so what they check is what a driver of a few lines gets.
type node struct {
	id          task.PeerID
	incarnation uint64
	machine     *Machine
	ledger      *Ledger[*job]
	holdings    *Holdings[*job]
	queue       []*job // oldest first
	demand      int
	gone        map[task.PeerID]uint64 // the newest incarnation known to be gone

	now  func() time.Duration
	send func(to task.PeerID, msg any)
	wake func(at time.Duration)
	note func(format string, args ...any)
	// settle hears of each of the node's own jobs once, when its result was accepted.
	settle func(*job)

	todo    []Action
	looping bool
}

func (n *node) init(config Config) {
	config.Self, config.Incarnation = n.id, n.incarnation
	machine, err := New(config)
	if err != nil {
		panic(err)
	}
	n.machine, n.ledger, n.holdings = machine, NewLedger[*job](n.id, n.incarnation), NewHoldings[*job]()
	n.gone = make(map[task.PeerID]uint64)
}

// step keeps the rule that all actions of one step are carried out before those of the next.
func (n *node) step(e Event) {
	n.todo = append(n.todo, n.machine.Step(n.now(), e)...)
	if n.looping {
		return
	}
	n.looping = true
	for len(n.todo) > 0 {
		a := n.todo[0]
		n.todo = n.todo[1:]
		n.perform(a)
	}
	n.looping = false
}

func (n *node) perform(a Action) {
	switch a := a.(type) {
	case SendRequest:
		n.send(a.To, a.Request)
	case SendDecline:
		n.send(a.To, Reply{RequestID: a.RequestID, Hint: a.Hint})
	case WakeAt:
		n.wake(a.At)
	case Demand:
		n.demand = a.Thieves
		n.note("%s demand %d", n.id, a.Thieves)
	case Give:
		n.give(a)
	default:
		panic(fmt.Sprintf("unknown action %T", a))
	}
}

func (n *node) give(g Give) {
	var loot []task.Wire
	var moves []Moved
	if n.machine.Member(g.To, g.Incarnation) {
		for range g.Amount(len(n.queue)) {
			j := n.queue[0]
			n.queue = n.queue[1:]
			w := task.Wire{ID: j.id, Attempt: j.attempt, Func: j.name, TimeLeft: j.run}
			if j.foreign {
				m, ok := n.holdings.Pass(j.id, j.attempt, g.To, g.Incarnation)
				if !ok {
					panic("a queued foreign job is not held: " + j.name)
				}
				moves = append(moves, m)
			} else {
				w.ID, w.Attempt = n.ledger.Lend(j, g.To)
			}
			loot = append(loot, w)
		}
	}
	if len(loot) > 0 {
		n.send(g.To, Reply{RequestID: g.RequestID, Loot: loot, Hint: len(n.queue)})
	}
	for _, m := range moves {
		n.tellMoved(m)
	}
	n.step(Gave{To: g.To, RequestID: g.RequestID, N: len(loot), Left: len(n.queue)})
}

// tellMoved also serves the case that the owner stole its own task back.
func (n *node) tellMoved(m Moved) { n.send(m.ID.Owner, m) }

func (n *node) receive(from task.PeerID, msg any) {
	switch m := msg.(type) {
	case Request:
		n.step(GotRequest{From: from, Request: m, Queued: len(n.queue)})
	case Reply:
		for _, w := range m.Loot {
			n.accept(w)
		}
		n.step(GotReply{From: from, RequestID: m.RequestID, Loot: len(m.Loot), Hint: m.Hint})
	case Moved:
		if j, again := n.ledger.Moved(from, m, n.machine.Member(m.Thief, m.Incarnation)); again {
			n.requeue(j)
		}
		n.send(from, m.Confirm())
	case Confirm:
		n.holdings.Confirm(m)
	case Cancel:
		n.cancelled(m)
	case task.Result:
		j, verdict := n.ledger.Result(from, m.ID, m.Attempt)
		n.note("%s result of %s from %s: %v", n.id, m.Output, from, verdict)
		if verdict == Accept {
			n.settled(j)
		}
	default:
		panic(fmt.Sprintf("unknown message %T", msg))
	}
}

func (n *node) accept(w task.Wire) {
	if w.ID.Owner == n.id {
		if j, ok := n.ledger.Home(w.ID, w.Attempt); ok {
			n.requeue(j)
		}
		return
	}
	if w.ID.Incarnation <= n.gone[w.ID.Owner] {
		return
	}
	j := &job{name: w.Func, run: w.TimeLeft, foreign: true, id: w.ID, attempt: w.Attempt}
	old, replaced, ok := n.holdings.Accept(w.ID, w.Attempt, j)
	if replaced {
		n.drop(old)
	}
	if !ok {
		n.note("%s has %s already", n.id, w.Func)
		return
	}
	n.queue = append(n.queue, j)
}

func (n *node) requeue(j *job) {
	n.note("%s queues %s again", n.id, j.name)
	j.running = false
	n.queue = append(n.queue, j)
}

func (n *node) settled(j *job) {
	if j.settled {
		panic("settled twice: " + j.name)
	}
	j.settled = true
	n.settle(j)
}

// complete ends a run here.
func (n *node) complete(j *job) {
	switch {
	case j.dropped:
	case j.foreign:
		n.send(j.id.Owner, task.Result{ID: j.id, Attempt: j.attempt, Output: []byte(j.name)})
		n.holdings.Done(j.id, j.attempt)
	default:
		n.end(j)
	}
}

// end completes or cancels an own job at home, wherever it is.
func (n *node) end(j *job) {
	c, holders := n.ledger.Settle(j)
	for _, to := range holders {
		n.send(to, c)
	}
	n.drop(j)
	n.settled(j)
}

func (n *node) cancelled(c Cancel) {
	j, held, forward := n.holdings.Cancel(c)
	if held {
		n.note("%s drops %s", n.id, j.name)
		n.drop(j)
	} else if forward != "" {
		n.send(forward, c)
	}
}

func (n *node) drop(j *job) {
	j.dropped = true
	n.queue = slices.DeleteFunc(n.queue, func(q *job) bool { return q == j })
}

func (n *node) joined(peer task.PeerID, incarnation uint64) {
	n.step(Joined{Peer: peer, Incarnation: incarnation})
}

func (n *node) left(peer task.PeerID, incarnation uint64) {
	n.gone[peer] = incarnation
	for _, j := range n.ledger.Lost(peer) {
		n.requeue(j)
	}
	for _, j := range n.holdings.IncarnationLost(peer, incarnation) {
		n.note("%s drops %s", n.id, j.name)
		n.drop(j)
	}
	for _, m := range n.holdings.Lost(peer) {
		n.tellMoved(m)
	}
	n.step(Left{Peer: peer})
}

func (n *node) broken(peer task.PeerID) {
	for _, m := range n.holdings.Unconfirmed(peer) {
		n.tellMoved(m)
	}
	n.step(Broken{Peer: peer})
}

// describe renders a message for transcripts.
func describe(msg any) string {
	switch m := msg.(type) {
	case Request:
		kind := "request"
		if m.Lifeline {
			kind = "lifeline request"
		}
		return fmt.Sprintf("%s %d, hunger %d", kind, m.ID, m.Hunger)
	case Reply:
		if len(m.Loot) == 0 {
			return fmt.Sprintf("decline %d, hint %d", m.RequestID, m.Hint)
		}
		s := fmt.Sprintf("loot %d:", m.RequestID)
		for _, w := range m.Loot {
			s += fmt.Sprintf(" %s#%d", w.Func, w.Attempt)
		}
		return s + fmt.Sprintf(", hint %d", m.Hint)
	case Moved:
		return fmt.Sprintf("moved %s to %s, serial %d", describeID(m.ID, m.Attempt), m.Thief, m.Serial)
	case Confirm:
		return fmt.Sprintf("confirm %s, serial %d", describeID(m.ID, m.Attempt), m.Serial)
	case Cancel:
		return "cancel " + describeID(m.ID, m.Attempt)
	case task.Result:
		return fmt.Sprintf("result %s of %s", m.Output, describeID(m.ID, m.Attempt))
	}
	return fmt.Sprintf("%T", msg)
}

func describeID(id task.ID, attempt uint32) string {
	return fmt.Sprintf("%s/%d#%d", string(id.Owner), id.Seq, attempt)
}
