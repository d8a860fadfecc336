package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
	"github.com/scoopp2p/scoopp2p/rpc"
	"github.com/scoopp2p/scoopp2p/steal"
)

// reply takes loot in.
func (c *custody) reply(from task.PeerID, body []byte) {
	r, err := unmarshal[steal.Reply](body)
	if err != nil {
		c.p.garbage(from, err)
		return
	}
	for _, w := range r.Loot {
		c.accept(w)
	}
	c.step(steal.GotReply{From: from, RequestID: r.RequestID, Loot: len(r.Loot), Hint: r.Hint})
	if len(r.Loot) > 0 {
		// The machine takes us for fed. If nothing of the loot was of use, no worker wakes, and none tells that it is idle
		// again: so say it here.
		c.nudge()
	}
}

// accept queues a task that we have stolen.
func (c *custody) accept(w task.Wire) {
	if w.ID.Owner == c.p.self {
		c.comeHome(w)
		return
	}
	if c.p.members.isGone(w.ID.Owner) {
		return // and with it whoever waits
	}
	t, err := decodeTask(w)
	if err != nil {
		c.answer(w, nil, err)
		return
	}
	t.Parent = c.p.jobContext(w.Job)
	if w.TimeLeft > 0 {
		t.Parent = limited{t.Parent, time.Now().Add(w.TimeLeft)}
	}
	t.SetTicket(&foreign{wire: w})
	c.mu.Lock()
	if c.p.members.isGone(w.ID.Owner) { // under the lock under which the tasks of lost owners are dropped: a last look
		c.mu.Unlock()
		return
	}
	replaced, hasReplaced, ok := c.holdings.Accept(w.ID, w.Attempt, t)
	c.mu.Unlock()
	if hasReplaced {
		replaced.Cancel(task.ErrPeerLost)
	}
	if !ok {
		return
	}
	c.stolen.Add(1)
	if w.TimeLeft > 0 {
		timer := time.AfterFunc(w.TimeLeft, func() { t.Cancel(errDeadline) })
		t.OnDone(func() { timer.Stop() })
	}
	t.OnDone(func() { c.finished(t, w) })
	c.p.pool.Inject(t, false)
}

// limited is a context that tells the submitter's deadline. It does not end by it: a timer cancels the task, because a
// worker looks at its tasks after cancellations only.
type limited struct {
	context.Context //nolint:containedctx // this is a context
	at              time.Time
}

// Deadline implements context.Context.
func (l limited) Deadline() (time.Time, bool) { return l.at, true }

// errDeadline is the cause of the cancellation of a task that ran out of time.
var errDeadline = fmt.Errorf("the deadline of the submitter has passed: %w", context.DeadlineExceeded)

// comeHome takes back a task of ours that we have stolen from its holder.
func (c *custody) comeHome(w task.Wire) {
	c.mu.Lock()
	t, ok := c.ledger.Home(w.ID, w.Attempt)
	c.mu.Unlock()
	if ok {
		c.putBack(t, false)
	}
}

// decodeTask makes a record of what came over the wire.
func decodeTask(w task.Wire) (*task.Task, error) {
	f := task.Functions.Lookup(w.Func)
	switch {
	case f == nil || !f.Handled():
		return nil, task.ErrNotHandled
	case f.Signature != w.Signature:
		return nil, fmt.Errorf("%s here, %s at the owner: %w", f.Signature, w.Signature, task.ErrSignature)
	}
	return f.Decode(w.Input)
}

// finished is called when a task of another peer is done here.
func (c *custody) finished(t *task.Task, w task.Wire) {
	c.mu.Lock()
	wanted := c.holdings.Done(w.ID, w.Attempt)
	c.mu.Unlock()
	if !wanted {
		return // the owner has given it up
	}
	if errors.Is(t.Cause(), task.ErrClosed) || c.p.ctx.Err() != nil && !t.Fn.AtMostOnce {
		return // the owner will run it again when we are gone: what ends because its context has ended is no result
	}
	if err := t.Outcome(); err != nil {
		c.answer(w, nil, err)
		return
	}
	output, err := t.Body.Output()
	c.answer(w, output, err)
}

// answer sends the outcome straight to the owner.
func (c *custody) answer(w task.Wire, output []byte, err error) {
	r := task.Result{ID: w.ID, Attempt: w.Attempt, Output: output}
	if err != nil {
		r.Output, r.Err = nil, task.ToWire(w.Func, err)
	}
	if sent := c.p.send(w.ID.Owner, kindResult, marshal(r)); errors.Is(sent, rpc.ErrTooLarge) {
		c.answer(w, nil, fmt.Errorf("%w: %w", task.ErrTooLarge, sent))
	}
}

// confirm forgets a task that we have passed on.
func (c *custody) confirm(from task.PeerID, body []byte) {
	m, err := unmarshal[steal.Confirm](body)
	if err != nil {
		c.p.garbage(from, err)
		return
	}
	c.mu.Lock()
	c.holdings.Confirm(m)
	c.mu.Unlock()
}

// cancelled stops a task that its owner wants no more.
func (c *custody) cancelled(from task.PeerID, body []byte) {
	m, err := unmarshal[steal.Cancel](body)
	if err != nil {
		c.p.garbage(from, err)
		return
	}
	c.mu.Lock()
	t, held, forward := c.holdings.Cancel(m)
	c.mu.Unlock()
	if held {
		t.Cancel(context.Canceled)
	} else if forward != "" && forward != c.p.self {
		c.p.tell(forward, kindCancel, body)
	}
}

// jobContext is the parent of the contexts of a job's stolen tasks.
func (p *Peer) jobContext(origin task.PeerID) context.Context {
	p.jobs.mu.Lock()
	defer p.jobs.mu.Unlock()
	ctx, ok := p.jobs.byOrigin[origin]
	if !ok {
		ctx = worker.WithJob(p.pool.Context(), &worker.Job{Origin: origin})
		p.jobs.byOrigin[origin] = ctx
	}
	return ctx
}

// forgetJob drops what is kept for the jobs of an origin that is lost.
func (p *Peer) forgetJob(origin task.PeerID) {
	p.jobs.mu.Lock()
	delete(p.jobs.byOrigin, origin)
	p.jobs.mu.Unlock()
	p.constants.drop(origin)
}
