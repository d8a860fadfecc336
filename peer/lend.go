package peer

import (
	"errors"
	"fmt"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
	"github.com/scoopp2p/scoopp2p/rpc"
	"github.com/scoopp2p/scoopp2p/steal"
)

// foreign is the ticket of a task that another peer owns: the form in which it came, to be passed on if need be.
type foreign struct{ wire task.Wire }

// traveller is the ticket of a task of ours that has been away.
type traveller struct{}

// parcel is a task on its way out.
type parcel struct {
	t       *task.Task
	wire    task.Wire
	foreign bool
}

// give takes the oldest tasks for a thief, and only now makes bytes of them.
func (c *custody) give(g steal.Give) {
	queued := c.queued()
	var parcels []parcel
	if m := c.p.members.get(g.To); m != nil {
		parcels = c.pack(g, m, c.p.pool.Steal(g.Amount(queued)))
	}
	parcels = c.lend(g, parcels)
	loot := make([]task.Wire, len(parcels))
	for i, b := range parcels {
		loot[i] = b.wire
	}
	left := c.queued()
	if len(loot) > 0 {
		reply := marshal(steal.Reply{RequestID: g.RequestID, Loot: loot, Hint: left})
		if err := c.p.rpc.Send(g.To, kindReply, reply); err != nil {
			c.unpack(parcels, err)
			parcels = nil
		}
	}
	for _, b := range parcels {
		c.sent(g, b)
	}
	c.step(steal.Gave{To: g.To, RequestID: g.RequestID, N: len(parcels), Left: left})
}

// pack encodes the inputs. What cannot be encoded stays at home for good; what the thief cannot run, or what is more than
// the reply may hold, goes back.
func (c *custody) pack(g steal.Give, m *member, tasks []*task.Task) []parcel {
	var parcels []parcel
	size := 0
	for _, t := range tasks {
		if !m.runs(t.Fn) {
			c.barren.Store(true)
			c.putBack(t, false)
			continue
		}
		if size > 0 && size >= g.MaxBytes {
			c.putBack(t, false)
			continue
		}
		b := parcel{t: t}
		if f, ok := t.Ticket().(*foreign); ok {
			b.foreign, b.wire = true, f.wire
			if at, ok := t.Parent.Deadline(); ok { // some of it has passed here
				b.wire.TimeLeft = max(time.Until(at), 1)
			}
		} else {
			input, err := t.Body.Input()
			if err != nil {
				c.keep(t, err)
				continue
			}
			b.wire = task.Wire{Func: t.Fn.Name, Signature: t.Fn.Signature, Input: input, Job: c.p.self}
			if j := worker.JobOf(t.Parent); j != nil {
				b.wire.Job = j.Origin
			}
			if at, ok := t.Parent.Deadline(); ok {
				b.wire.TimeLeft = max(time.Until(at), 1)
			}
		}
		if size += len(b.wire.Input); size > g.MaxBytes && len(parcels) > 0 {
			c.putBack(t, false)
			continue
		}
		parcels = append(parcels, b)
	}
	return parcels
}

// keep runs a task here that cannot travel.
func (c *custody) keep(t *task.Task, err error) {
	if t.Fn.WarnOnce() {
		c.p.log.Warn(fmt.Sprintf("tasks of %q stay on this peer: %v", t.Fn.Name, err))
	}
	c.putBack(t, true)
}

// putBack queues a task again that was taken for a thief and not given. Pinned ones stay on this peer.
func (c *custody) putBack(t *task.Task, pinned bool) {
	switch {
	case !t.Return(): // cancelled meanwhile
	case pinned:
		c.p.pool.Inject(t, true)
	default:
		c.p.requeue(t)
	}
}

// lend notes, under one lock with the loss of peers, that the thief has the tasks of ours among the parcels. Parcels of
// others are noted when they are sent.
func (c *custody) lend(g steal.Give, parcels []parcel) []parcel {
	c.mu.Lock()
	member := c.machine.Member(g.To, g.Incarnation)
	if member {
		for i := range parcels {
			if b := &parcels[i]; !b.foreign {
				b.wire.ID, b.wire.Attempt = c.ledger.Lend(b.t, g.To)
			}
		}
	}
	c.mu.Unlock()
	if !member {
		for _, b := range parcels {
			c.putBack(b.t, false)
		}
		return nil
	}
	return parcels
}

// unpack takes parcels back that could not be sent. One that is too large for any reply stays at home for good.
func (c *custody) unpack(parcels []parcel, err error) {
	for _, b := range parcels {
		if !b.foreign {
			c.settleWhenDone(b.t)
			c.mu.Lock()
			_, ok := c.ledger.Home(b.wire.ID, b.wire.Attempt)
			c.mu.Unlock()
			if !ok {
				continue // the thief was lost at the same time, and the task queued again
			}
		}
		if errors.Is(err, rpc.ErrTooLarge) {
			c.keep(b.t, err)
		} else {
			c.putBack(b.t, false)
		}
	}
}

// sent takes care of the parcel from here on.
func (c *custody) sent(g steal.Give, b parcel) {
	c.lent.Add(1)
	if b.foreign {
		c.mu.Lock()
		m, ok := c.holdings.Pass(b.wire.ID, b.wire.Attempt, g.To, g.Incarnation)
		c.mu.Unlock()
		if ok {
			c.p.tell(m.ID.Owner, kindMoved, marshal(m))
		}
		return
	}
	c.settleWhenDone(b.t)
}

// settleWhenDone makes sure that a task of ours which was entered in the ledger leaves it. It comes after the loot is
// sent, so that a cancel cannot overtake it.
func (c *custody) settleWhenDone(t *task.Task) {
	if t.Ticket() != nil {
		return // lent before
	}
	t.SetTicket(traveller{})
	settle := func() { c.settle(t) }
	if !t.OnDone(settle) {
		settle()
	}
}

// settle ends the custody of a task of ours that is done, and tells whoever still has it.
func (c *custody) settle(t *task.Task) {
	c.mu.Lock()
	cancel, holders := c.ledger.Settle(t)
	c.mu.Unlock()
	for _, id := range holders {
		c.p.tell(id, kindCancel, marshal(cancel))
	}
}

// result completes a future of ours.
func (c *custody) result(from task.PeerID, body []byte) {
	r, err := unmarshal[task.Result](body)
	if err != nil {
		c.p.garbage(from, err)
		return
	}
	c.mu.Lock()
	t, verdict := c.ledger.Result(from, r.ID, r.Attempt)
	c.mu.Unlock()
	if verdict != steal.Accept {
		c.p.log.Debug("a result was dropped", "peer", idText(from), "task", r.ID.Seq, "attempt", r.Attempt, "verdict", verdict.String())
		return
	}
	if t.IsDone() {
		return // cancelled; nobody reads the record's output
	}
	if r.Err != nil {
		t.Err = task.FromWire(idText(from), r.Err)
	} else if err := t.Body.SetOutput(idText(from), r.Output); err != nil {
		t.Err = err
	}
	t.Complete()
}

// moved notes that a task of ours has a new holder. If we have not met that one yet, we give it time.
func (c *custody) moved(from task.PeerID, body []byte) {
	m, err := unmarshal[steal.Moved](body)
	if err != nil {
		c.p.garbage(from, err)
		return
	}
	c.mu.Lock()
	met := c.machine.Member(m.Thief, m.Incarnation)
	t, requeue := c.ledger.Moved(from, m, met || !c.p.members.isGone(m.Thief))
	c.mu.Unlock()
	if requeue {
		c.requeue(t)
	} else if !met {
		c.expect(m.Thief)
	}
	c.p.tell(from, kindConfirm, marshal(m.Confirm()))
}

// expect takes a peer that has a task of ours for lost if it is not a member in time.
func (c *custody) expect(id task.PeerID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.expected[id] {
		return
	}
	c.expected[id] = true
	time.AfterFunc(meetTimeout, func() {
		c.mu.Lock()
		delete(c.expected, id)
		c.mu.Unlock()
		if !c.stopped.Load() && c.p.members.get(id) == nil {
			c.left(id, 0) // it never was one: nothing of its own is here
		}
	})
}

// send sends a message, soon. It may be lost together with the peer, but not otherwise, unless it is too large for any:
// that is in the error.
func (p *Peer) send(to task.PeerID, kind rpc.Kind, body []byte) error {
	err := p.rpc.Send(to, kind, body)
	if err == nil || p.ctx.Err() != nil || !p.worthRetrying(to, err) {
		return err // or the peer is lost, which is dealt with where that is noticed
	}
	p.background.Go(func() { p.sendLater(to, kind, body) })
	return nil
}

// tell sends one of our own small messages.
func (p *Peer) tell(to task.PeerID, kind rpc.Kind, body []byte) { _ = p.send(to, kind, body) }

// worthRetrying: a peer whose queue is full reads again or is cut off by rpc, and one that we have not met may come.
func (p *Peer) worthRetrying(to task.PeerID, err error) bool {
	return errors.Is(err, rpc.ErrQueueFull) || errors.Is(err, rpc.ErrUnknownPeer) && !p.members.isGone(to)
}

// sendLater tries again until the message is sent, or the peer is lost or does not come.
func (p *Peer) sendLater(to task.PeerID, kind rpc.Kind, body []byte) {
	ticker := time.NewTicker(retryPause)
	defer ticker.Stop()
	deadline := time.Now().Add(meetTimeout)
	for {
		select {
		case <-p.ctx.Done():
			return
		case now := <-ticker.C:
			err := p.rpc.Send(to, kind, body)
			if err == nil || !p.worthRetrying(to, err) || errors.Is(err, rpc.ErrUnknownPeer) && now.After(deadline) {
				return
			}
		}
	}
}

const (
	// meetTimeout is how long a peer that others know may take to become a member here: a dial and a bit.
	meetTimeout = 2 * joinTimeout
	// retryPause is between two tries to send to a peer whose queue is full.
	retryPause = 5 * time.Millisecond
)
