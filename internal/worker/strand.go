package worker

import (
	"context"
	"sync/atomic"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Strand is a goroutine that runs tasks while it holds a worker, and waits without one. A task that must wait gives the
// worker to another strand, as the Go runtime hands a P on when a thread blocks: so the slot never stands still and no
// strange task ever runs on the waiter's stack (a caller that holds a mutex would deadlock: rayon-rs/rayon#592).
type Strand struct {
	pool *Pool
	w    *Worker        // nil while the strand waits
	g    atomic.Uintptr // 0 once the goroutine has ended: the runtime gives its g to others
	// wake is given a token after w was set, by whoever hands a worker to this strand.
	wake chan struct{}
	// bottom is a frame that serves no task; above it are the frames of the depth tasks on this stack.
	bottom *Frame
	depth  int
	// kids are the children of all frames on the stack, those of the one on top last.
	kids []*task.Task
	// job is the job of the tasks on this stack: all of them descend from the one at the bottom.
	job atomic.Pointer[Job]
	// armed holds turn while wait number turn is on; whoever sets it to 0 makes the strand ready, once.
	armed atomic.Uint64
	turn  uint64
	// prev, next, waiting and notify link the strand into the pool's list of parked ones; guarded by its lock.
	prev, next *Strand
	waiting    *Frame
	notify     func()
}

// main is the strand's goroutine.
func (s *Strand) main() {
	s.g.Store(getg())
	returned := false
	defer func() {
		if !returned {
			s.exited()
		}
		s.g.Store(0)
		s.pool.strands.Done()
	}()
	for s.loop() && s.pool.rest(s) {
	}
	returned = true
}

// loop runs tasks until the strand has handed its worker on (true) or the pool ends (false).
func (s *Strand) loop() bool {
	p := s.pool
	for {
		if p.readyN.Load() != 0 {
			if r := p.takeReady(); r != nil {
				w := s.w
				w.flush()
				s.w = nil
				r.resume(w)
				return true
			}
		}
		t := s.w.find()
		if s.w.born {
			s.w.born = false
			p.hungry.Add(-1)
		}
		if t == nil {
			var more bool
			if t, more = p.idle(s.w); !more {
				s.w = nil
				return false
			} else if t == nil {
				continue
			}
		}
		s.w.share()
		s.run(t)
		s.w.executed++
	}
}

// run runs a claimed task from a queue.
func (s *Strand) run(t *task.Task) {
	if err := s.pool.stopping.Load(); err != nil {
		t.Cancel(*err)
		return
	}
	if job := JobOf(t.Parent); job != s.job.Load() {
		s.job.Store(job)
	}
	epoch := task.Epoch()
	f := s.push(s.bottom, t, epoch)
	if err := f.walk(); err != nil {
		t.Cancel(err)
	} else {
		f.alive.Store(epoch)
		t.Body.Run(f)
	}
	f.alive.Store(0)
	s.pop(s.bottom, f)
	t.Complete()
}

// push puts a frame for t on the stack, above top.
func (s *Strand) push(top *Frame, t *task.Task, epoch uint64) *Frame {
	f := top.above
	if f == nil {
		f = &Frame{strand: s, level: top.level + 1, sweepAt: sweepChildren}
		top.above = f
	}
	s.depth = f.level
	f.t, f.epoch, f.base = t, epoch, len(s.kids)
	return f
}

// pop ends the frame f of the task that has just returned, which was above below.
func (s *Strand) pop(below, f *Frame) {
	if (len(s.kids) != f.base || f.loose || f.seen.Load()) && !f.end() {
		below.above = nil
	}
	s.depth = below.level
}

// inline runs t, a child that no queue holds any more, on top of the caller, whose frame is top.
func (s *Strand) inline(top *Frame, t *task.Task, epoch uint64) bool {
	f := s.push(top, t, epoch)
	t.Body.Run(f)
	s.pop(top, f)
	s.w.inlined++
	return t.Finish() || t.FinishSeen()
}

// top finds the frame that is on top.
func (s *Strand) top() *Frame {
	f := s.bottom
	for f.level < s.depth {
		f = f.above
	}
	return f
}

// resume gives w to the waiting strand.
func (s *Strand) resume(w *Worker) {
	s.w = w
	s.wake <- struct{}{}
}

// wait hands the worker on, and returns when the strand has one again: after wake was called, or after ctx ended. register
// is given wake, which any number of goroutines may call any number of times; it reports false when there is nothing to
// wait for. ctx is f or stems from it, and f is the frame of the task that waits.
func (s *Strand) wait(ctx context.Context, f *Frame, register func(wake func()) bool) {
	p, w := s.pool, s.w
	w.flush()
	s.w = nil // before register: from then on somebody may hand us another
	s.turn++
	turn := s.turn
	s.armed.Store(turn)
	wake := func() {
		if s.armed.CompareAndSwap(turn, 0) {
			p.ready(s)
		}
	}
	p.parked.add(s, f, wake)
	if !register(wake) && s.armed.CompareAndSwap(turn, 0) {
		p.parked.remove(s)
		s.w = w
		return
	}
	stop := func() bool { return true }
	if ctx != context.Context(f) {
		stop = context.AfterFunc(ctx, wake)
	} else if f.walk() != nil {
		wake() // cancelled before the pool could see us among the parked
	}
	w.share()
	p.handOff(w)
	<-s.wake
	p.parked.remove(s)
	stop()
}

// unwind ends the frames above depth. Their tasks, if any are there, were left by a goroutine that is ending.
func (s *Strand) unwind(depth int) {
	for s.depth > depth {
		f := s.top()
		t, nested := f.t, f.nested
		f.nested = false
		s.depth-- // for top
		s.pop(s.top(), f)
		if !nested {
			t.Err = task.ErrGoexit
			t.Complete()
		}
	}
}

// exited settles the tasks that were on the stack of a goroutine that ended under them, and replaces the goroutine.
func (s *Strand) exited() {
	s.unwind(0)
	if w := s.w; w != nil {
		s.w = nil
		s.pool.handOff(w)
	}
}
