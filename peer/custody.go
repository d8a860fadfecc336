package peer

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/steal"
)

// custody drives the stealing protocol of package steal over rpc, and knows which tasks are where: the ledger has those of
// ours that other peers hold, and the holdings those of other peers that we hold.
//
// One mutex guards the three. It is never held during encoding, sending, or a call into the pool other than for a count.
type custody struct {
	p *Peer

	mu       sync.Mutex
	machine  *steal.Machine
	ledger   *steal.Ledger[*task.Task]
	holdings *steal.Holdings[*task.Task]
	idle     int                  // as the machine knows it
	timer    *time.Timer          // for the machine's WakeAt
	actions  []steal.Action       // still to be carried out
	acting   bool                 // somebody carries them out
	expected map[task.PeerID]bool // holders of our tasks that we have not met
	clock    time.Duration        // of the machine; it never goes back
	ranAt    time.Duration        // when the machine last heard how long tasks run
	ran      uint64               // tasks executed until then

	kick    chan struct{} // capacity 1: the pool has news of idle workers or of work
	quit    chan struct{}
	driver  sync.WaitGroup
	stopped atomic.Bool
	barren  atomic.Bool // a thief could use nothing of what is queued

	stolen atomic.Uint64 // tasks taken from other peers
	lent   atomic.Uint64 // tasks given to other peers, first or second hand
	rerun  atomic.Uint64 // tasks queued again because their executor was lost
}

func (c *custody) init(p *Peer) {
	c.p = p
	c.kick = make(chan struct{}, 1)
	c.quit = make(chan struct{})
	c.expected = make(map[task.PeerID]bool)
	if p.host == nil {
		return // nothing is ever lent
	}
	c.machine = must(steal.New(steal.Config{Self: p.self, Incarnation: p.incarnation, Seed: p.cfg.Seed}))
	c.ledger = steal.NewLedger[*task.Task](p.self, p.incarnation)
	c.holdings = steal.NewHoldings[*task.Task]()
}

// start begins to drive the machine. Without a network it is never called, and nudges fall on nobody.
func (c *custody) start() {
	c.driver.Go(func() {
		for {
			select {
			case <-c.quit:
				return
			case <-c.kick:
				c.news()
				if c.barren.Swap(false) {
					c.pause()
				}
			}
		}
	})
}

// pause keeps the driver from running in circles: what a thief could not use goes back to the queue, which is news.
func (c *custody) pause() {
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.quit:
	}
}

func (c *custody) stop() {
	if !c.stopped.CompareAndSwap(false, true) {
		return
	}
	close(c.quit)
	c.driver.Wait()
	c.mu.Lock()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
}

// nudge is called by workers: it must not block.
func (c *custody) nudge() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// unheard is a number of idle workers that differs from all others.
const unheard = -1

// news tells the machine how the pool is, also when that is as it was: the workers may have worked in between.
func (c *custody) news() {
	c.mu.Lock()
	c.idle = unheard
	c.mu.Unlock()
	c.step()
	if queued := c.queued(); queued > 0 {
		c.step(steal.Surplus{Queued: queued})
	}
}

// queued is how many tasks wait, as the machine is told. The machine leaves one to each idle worker of this peer; but what
// only others can run waits for no worker here, so it comes on top of what they are left.
func (c *custody) queued() int {
	local := c.p.pool.Queued()
	exports := c.p.pool.Stealable() - local
	if exports <= 0 {
		return local
	}
	return exports + max(local, c.p.pool.Idle())
}

// step puts events in and carries the actions out. The machine first hears how many workers are idle, if that has changed.
func (c *custody) step(events ...steal.Event) {
	if c.stopped.Load() {
		return
	}
	var actions []steal.Action
	c.mu.Lock()
	before := c.idle
	c.idle = c.p.pool.Idle() // under the lock: an older count must not replace a newer one
	now := c.clockLocked()
	if c.idle != before {
		actions = c.machine.Step(now, steal.Idle{Workers: c.idle})
	}
	for _, e := range events {
		actions = append(actions, c.machine.Step(now, e)...)
	}
	c.carryOutLocked(actions)
	c.mu.Unlock()
}

// carryOutLocked carries actions out in the order in which the machine gave them, whichever goroutine brought the event: two
// demands that change places would leave a thief to starve. One goroutine at a time does it, and takes what others add
// meanwhile. The lock is free while an action is carried out.
func (c *custody) carryOutLocked(actions []steal.Action) {
	c.actions = append(c.actions, actions...)
	if c.acting {
		return
	}
	c.acting = true
	for len(c.actions) > 0 {
		a := c.actions[0]
		c.actions[0] = nil
		c.actions = c.actions[1:]
		c.mu.Unlock()
		c.do(a)
		c.mu.Lock()
	}
	c.actions, c.acting = nil, false
}

// ranWindow is over how long the mean run time of tasks is taken.
const ranWindow = 10 * time.Millisecond

// clockLocked returns the time for the machine, which must not run back although goroutines look at the clock before they
// have the lock; and now and then it tells the machine how long a task runs in the mean.
func (c *custody) clockLocked() time.Duration {
	c.clock = max(c.clock, time.Since(c.p.start))
	if c.clock-c.ranAt < ranWindow {
		return c.clock
	}
	ran := c.p.pool.Counters().Executed
	if n := ran - c.ran; n > 0 {
		busy := time.Duration(max(1, c.p.cfg.Workers-c.idle))
		c.machine.Step(c.clock, steal.Ran{Mean: max(1, (c.clock-c.ranAt)*busy/time.Duration(n))})
	}
	c.ranAt, c.ran = c.clock, ran
	return c.clock
}

// do carries an action out.
func (c *custody) do(a steal.Action) {
	switch a := a.(type) {
	case steal.SendRequest:
		c.p.tell(a.To, kindRequest, marshal(a.Request))
	case steal.SendDecline:
		c.p.tell(a.To, kindReply, marshal(steal.Reply{RequestID: a.RequestID, Hint: a.Hint}))
	case steal.Give:
		c.give(a)
	case steal.Demand:
		c.p.pool.Demand(a.Thieves)
		if a.Thieves > 0 {
			c.nudge() // what is public already serves them
		}
	case steal.WakeAt:
		c.wakeAt(a.At)
	}
}

func (c *custody) wakeAt(at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(at-time.Since(c.p.start), func() { c.step(steal.Tick{}) })
}

// request serves a thief.
func (c *custody) request(from task.PeerID, body []byte) {
	r, err := unmarshal[steal.Request](body)
	if err != nil {
		c.p.garbage(from, err)
		return
	}
	c.step(steal.GotRequest{From: from, Request: r, Queued: c.queued()})
}

// joined and left are called in turn for each peer.
func (c *custody) joined(m *member) {
	c.step(steal.Joined{Peer: m.id, Incarnation: m.hello.Incarnation})
}

// left gives back what the lost peer had of ours, and drops what we had of its. It returns how many tasks are queued again.
func (c *custody) left(id task.PeerID, incarnation uint64) (rerun int) {
	c.mu.Lock()
	var actions []steal.Action
	if !c.stopped.Load() {
		actions = c.machine.Step(c.clockLocked(), steal.Left{Peer: id})
	}
	back := c.ledger.Lost(id)
	dropped := c.holdings.IncarnationLost(id, incarnation)
	moved := c.holdings.Lost(id)
	c.carryOutLocked(actions)
	c.mu.Unlock()
	for _, t := range dropped {
		t.Cancel(task.ErrPeerLost)
	}
	for _, m := range moved {
		c.p.tell(m.ID.Owner, kindMoved, marshal(m))
	}
	for _, t := range back {
		if c.requeue(t) {
			rerun++
		}
	}
	c.recall()
	return rerun
}

// recall takes another look at the tasks that wait for a peer which can run them: that may have been the one that is lost,
// and then they fail instead of waiting for ever. The pool gives such tasks away before others.
func (c *custody) recall() {
	for _, t := range c.p.pool.Steal(c.p.pool.Stealable() - c.p.pool.Queued()) {
		c.putBack(t, false)
	}
}

// requeue runs a task again whose holder was lost, unless that must not be.
func (c *custody) requeue(t *task.Task) bool {
	if t.Fn.AtMostOnce {
		t.Cancel(fmt.Errorf("%s, which is marked AtMostOnce: %w", t.Fn.Name, task.ErrPeerLost))
		return false
	}
	if !t.Return() {
		return false // cancelled meanwhile
	}
	c.rerun.Add(1)
	c.p.requeue(t)
	return true
}
