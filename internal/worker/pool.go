package worker

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scoopp2p/scoopp2p/deque"
	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Config is what a pool needs to know. The zero value works: one worker, no peers.
type Config struct {
	// Workers is the number of execution slots; 0 means 1.
	Workers int
	// Seed seeds the choice of victims among siblings.
	Seed uint64
	// OnIdle is called when a worker has found nothing anywhere and is about to sleep. It must not block.
	OnIdle func()
	// OnSurplus is called when there is public work while remote thieves wait (see Demand). It must not block.
	OnSurplus func()
	// CanExport reports whether another peer can run the function. Nil means no.
	CanExport func(*task.Function) bool
}

// Pool is the in-process scheduler: workers that steal from each other, and the ways in and out.
type Pool struct {
	cfg     Config
	base    context.Context //nolint:containedctx // the parent of contexts of tasks that have no local submitter
	cancel  context.CancelCauseFunc
	workers []*Worker

	injector deque.Injector[task.Task] // from outside: oldest first, open to remote thieves
	pinned   deque.Injector[task.Task] // the same, for tasks that must stay on this peer
	exports  deque.Injector[task.Task] // the same, for tasks that no worker here can run

	_ [128]byte
	// hungry counts the workers that look for work or sleep, plus the remote thieves that wait. Owners of queues read it
	// at every push: it must change rarely.
	hungry    atomic.Int32
	searching atomic.Int32 // workers that are awake and look for work
	readyN    atomic.Int32
	_         [116]byte

	sleep  sleepers
	scale  atomic.Int32
	demand atomic.Int32 // remote thieves that wait
	parked parked

	resumable struct {
		sync.Mutex
		queue []*Strand
	}
	spare struct {
		sync.Mutex
		strands []*Strand
		closed  bool
	}
	strands  sync.WaitGroup
	stopping atomic.Pointer[error]
}

// New starts a pool. It ends with Close.
func New(ctx context.Context, cfg Config) *Pool {
	if cfg.Workers < 1 {
		cfg.Workers = 1
	}
	p := &Pool{cfg: cfg}
	ctx, p.cancel = context.WithCancelCause(ctx)
	p.base = NewContext(ctx, p)
	context.AfterFunc(p.base, task.Advance)
	for i := range cfg.Workers {
		p.workers = append(p.workers, newWorker(p, i, cfg.Seed))
	}
	p.sleep.alive = cfg.Workers
	p.parked.start(p)
	p.hungry.Store(int32(cfg.Workers)) // until each has looked around once: work may be there before they are
	for _, w := range p.workers {
		w.born = true
		p.handOff(w)
	}
	return p
}

// Context is the parent for tasks that were not submitted by a task of this peer.
func (p *Pool) Context() context.Context { return p.base }

// Workers returns the number of slots.
func (p *Pool) Workers() int { return len(p.workers) }

// Scale is the number of workers of the whole swarm, as far as this peer knows; at least its own.
func (p *Pool) Scale() int { return max(len(p.workers), int(p.scale.Load())) }

// SetScale sets what Scale returns.
func (p *Pool) SetScale(workers int) { p.scale.Store(int32(workers)) }

// Inject queues a task from outside the pool's own tasks. Pinned tasks are not offered to remote thieves.
func (p *Pool) Inject(t *task.Task, pinned bool) {
	if err := p.stopping.Load(); err != nil {
		t.Cancel(*err)
		return
	}
	if pinned {
		p.pinned.Push(t)
	} else {
		p.injector.Push(t)
	}
	if err := p.stopping.Load(); err != nil {
		t.Cancel(*err) // Close may have emptied the queues before our push
		return
	}
	if p.hungry.Load() != 0 {
		p.announce()
	}
}

// Export queues a task that only other peers can run. It reports false when there is no such peer.
func (p *Pool) Export(t *task.Task) bool {
	if p.cfg.CanExport == nil || !p.cfg.CanExport(t.Fn) {
		return false
	}
	p.exports.Push(t)
	if err := p.stopping.Load(); err != nil {
		t.Cancel(*err)
	}
	if p.demand.Load() > 0 && p.cfg.OnSurplus != nil {
		p.cfg.OnSurplus()
	}
	return true
}

// take returns a task from the injectors, or nil.
func (p *Pool) take() *task.Task {
	if t := p.pinned.Take(); t != nil {
		return t
	}
	return p.injector.Take()
}

// announce tells sleepers, and remote thieves if any wait, that there is public work.
func (p *Pool) announce() {
	p.wake()
	if p.demand.Load() > 0 && p.cfg.OnSurplus != nil {
		p.cfg.OnSurplus()
	}
}

// Demand says how many remote thieves wait for work here. While any does, workers publish all they have.
func (p *Pool) Demand(thieves int) {
	old := p.demand.Swap(int32(thieves))
	switch {
	case old == 0 && thieves > 0:
		p.hungry.Add(remoteHunger)
	case old > 0 && thieves == 0:
		p.hungry.Add(-remoteHunger)
	}
}

// Idle returns the number of workers that sleep.
func (p *Pool) Idle() int { return int(p.sleep.n.Load()) }

// Stealable returns the number of tasks that a remote thief could take now, a snapshot.
func (p *Pool) Stealable() int { return p.exports.Len() + p.Queued() }

// Queued returns the number of public tasks that the workers here could take now, a snapshot.
func (p *Pool) Queued() int {
	n := p.injector.Len()
	for _, w := range p.workers {
		n += w.public.Len()
	}
	return n
}

// Steal takes the oldest public tasks for another peer, at most limit, and makes them away. From a worker's deque it takes
// at most half, so that the victim is not left as hungry as the thief was.
func (p *Pool) Steal(limit int) []*task.Task {
	var loot []*task.Task
	lend := func(t *task.Task) {
		if t != nil && t.Lend() {
			loot = append(loot, t)
		}
	}
	for n := p.exports.Len(); n > 0 && len(loot) < limit; n-- {
		lend(p.exports.Take())
	}
	for n := p.injector.Len(); n > 0 && len(loot) < limit; n-- {
		lend(p.injector.Take())
	}
	for _, w := range p.workers {
		s := w.public.Stealer()
		for n := (s.Len() + 1) / 2; n > 0 && len(loot) < limit; {
			t, outcome := s.Steal()
			if outcome == deque.Empty {
				break
			} else if outcome == deque.Stolen {
				lend(t)
				n--
			}
		}
	}
	return loot
}

// ready makes a waiting strand runnable: the next worker that is between two tasks is handed to it.
func (p *Pool) ready(s *Strand) {
	p.resumable.Lock()
	p.resumable.queue = append(p.resumable.queue, s)
	p.readyN.Store(int32(len(p.resumable.queue)))
	p.resumable.Unlock()
	p.wake()
}

// takeReady returns the strand that became ready last: it is the deepest in a recursion, and its data is warm.
func (p *Pool) takeReady() *Strand {
	p.resumable.Lock()
	defer p.resumable.Unlock()
	n := len(p.resumable.queue)
	if n == 0 {
		return nil
	}
	s := p.resumable.queue[n-1]
	p.resumable.queue[n-1] = nil
	p.resumable.queue = p.resumable.queue[:n-1]
	p.readyN.Store(int32(n - 1))
	return s
}

// handOff gives w to a resting strand, or to a new one.
func (p *Pool) handOff(w *Worker) {
	p.spare.Lock()
	if n := len(p.spare.strands); n > 0 {
		s := p.spare.strands[n-1]
		p.spare.strands[n-1] = nil
		p.spare.strands = p.spare.strands[:n-1]
		p.spare.Unlock()
		s.resume(w)
		return
	}
	p.spare.Unlock()
	p.strands.Add(1)
	s := &Strand{pool: p, w: w, wake: make(chan struct{}, 1)}
	s.bottom = &Frame{strand: s}
	go s.main()
}

// rest keeps a strand that has handed its worker on, until it is given another; false tells it to end.
func (p *Pool) rest(s *Strand) bool {
	p.spare.Lock()
	if p.spare.closed || len(p.spare.strands) >= maxIdleStrands*len(p.workers) {
		p.spare.Unlock()
		return false
	}
	p.spare.strands = append(p.spare.strands, s)
	p.spare.Unlock()
	<-s.wake
	return s.w != nil
}

// Counters is what a pool has done so far. Counts of running workers lag by a few tasks.
type Counters struct {
	Executed uint64 // tasks run here, in place or from a queue
	Stolen   uint64 // taken from a sibling worker
}

// Counters returns a snapshot.
func (p *Pool) Counters() Counters {
	var c Counters
	for _, w := range p.workers {
		c.Executed += w.stats[0].Load() + w.stats[1].Load()
		c.Stolen += w.stats[2].Load()
	}
	return c
}

// Run runs fn as a task, on a worker, and returns when fn has returned. When ctx ends, the task is cancelled.
func (p *Pool) Run(ctx context.Context, fn func(context.Context) error) error {
	r := &root{fn: fn, ended: make(chan error, 1)}
	t := &task.Task{Fn: &rootFunction, Body: r, Parent: p.base}
	defer context.AfterFunc(ctx, func() { t.Cancel(ctx.Err()) })()
	if !t.OnCancel(func() { r.abandon(t.Cause()) }) {
		return t.Cause()
	}
	p.Inject(t, true)
	return <-r.ended
}

// Close cancels every task with cause and waits until the workers have ended. A function that ignores its context keeps
// its worker: after the grace period Close reports it and leaves it behind.
func (p *Pool) Close(cause error, grace time.Duration) error {
	if !p.stopping.CompareAndSwap(nil, &cause) {
		return nil
	}
	p.cancel(cause)
	p.sleep.wakeAll()
	ended := make(chan struct{})
	go func() {
		p.strands.Wait()
		p.parked.end()
		close(ended)
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		return fmt.Errorf("%d workers are still busy %v after their tasks were cancelled: those functions ignore their context",
			p.sleep.living(), grace)
	}
}
