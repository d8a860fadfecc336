package worker

import (
	"context"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Worker returns the worker that runs the frame, if the caller is the frame's own goroutine and holds a worker; else nil.
func (f *Frame) Worker() *Worker {
	if f.own() {
		return f.strand.w
	}
	return nil
}

// Spawn makes t a child of the frame and the newest task of w, the frame's worker.
func (f *Frame) Spawn(w *Worker, t *task.Task) {
	s := f.strand
	if s.depth == f.level {
		s.kids = append(s.kids, t)
		if len(s.kids)-f.base >= f.sweepAt {
			f.sweep()
		}
	} else {
		f.Adopt(t) // an ancestor's context, from a task that runs in place of its parent
	}
	if n := w.n; uint(n) < windowSize && w.pool.hungry.Load() == 0 && w.public.Len() != 0 { // push, in line
		w.window[n] = t
		w.n = n + 1
		return
	}
	w.push(t)
}

// Join waits for t, generation gen, which this frame has submitted, if the caller is the frame's own goroutine: then no
// record can be recycled under it. It reports true when t is done and its outcome may be read; false when the caller must
// take the way that is open to everybody, see [Await].
//
// The usual case is the newest task of the window, which nobody else knows: it is run in place, without an atomic
// read-modify-write, a lock or a channel.
func (f *Frame) Join(t *task.Task, gen uint32) bool {
	s := f.strand
	if s.g.Load() != getg() {
		return false
	}
	if !t.Is(gen) {
		return false
	}
	w := s.w
	epoch := f.epoch
	if w == nil || epoch != task.Epoch() || s.depth != f.level || f.level >= maxInlineDepth || !t.Unknown() || !w.popIf(t) {
		return f.joinSlowly(t)
	}
	w.share()
	// Strand.inline, in line: this is the path of every future that stays at home.
	top := s.push(f, t, epoch)
	t.Body.Run(top)
	if (len(s.kids) != top.base || top.loose || top.seen.Load()) && !top.end() {
		f.above = nil
	}
	s.depth = f.level
	if w = s.w; w.inlined&(flushRuns-1) == 0 { // another worker, if the task has waited
		w.flush()
	}
	w.inlined++
	return t.Finish() || t.FinishSeen()
}

// joinSlowly is Join for all other cases: a child that somebody else knows, that is not the newest, that was taken.
func (f *Frame) joinSlowly(t *task.Task) bool {
	s := f.strand
	if t.IsDone() {
		return !t.IsCancelled()
	}
	w := s.w
	if w == nil || f.Err() != nil || t.IsCancelled() {
		return false // cancelled between IsDone and the epoch that Err has seen: t's frame would take it for old news
	}
	switch {
	case s.depth >= maxInlineDepth:
		return f.joinDeep(t)
	case !w.take(t):
		return f.joinPublic(t)
	}
	w.share()
	return s.inline(s.top(), t, f.epoch)
}

// joinPublic joins a child that is not in the window: it is in a public deque, or a thief has it.
func (f *Frame) joinPublic(t *task.Task) bool {
	if w := f.strand.w; w.n == 0 {
		switch newest := w.public.Pop(); {
		case newest == t && t.Claim():
			return f.strand.inline(f.strand.top(), t, f.epoch)
		case newest != nil && newest != t:
			w.public.Push(newest)
		}
	}
	if t.Fn.Handled() && t.ClaimStray() { // what nobody here can run waits for another peer
		return f.strand.inline(f.strand.top(), t, f.epoch)
	}
	return f.park(t)
}

// joinDeep continues on a fresh stack: the child becomes the newest task of the worker, which the next strand runs first.
func (f *Frame) joinDeep(t *task.Task) bool {
	if w := f.strand.w; w.take(t) {
		w.push(t)
	}
	return f.park(t)
}

// park waits without a worker until t is done or the frame is cancelled.
func (f *Frame) park(t *task.Task) bool {
	f.strand.wait(f, f, t.OnDone)
	return t.IsDone() && !t.IsCancelled()
}

// Await returns when wake was called or ctx has ended; it may return early. register is given wake and reports false when
// there is nothing to wait for. Inside a task the worker is lent to others meanwhile.
func Await(ctx context.Context, register func(wake func()) bool) {
	if f := FrameOf(ctx); f != nil && f.own() && f.strand.w != nil {
		f.strand.wait(ctx, f, register)
		return
	}
	done := make(chan struct{}, 1)
	wake := func() {
		select {
		case done <- struct{}{}:
		default:
		}
	}
	if !register(wake) {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Blocking runs fn, which may block, without the worker. The worker is back when it returns or panics.
func (f *Frame) Blocking(fn func()) {
	s := f.strand
	p, w := s.pool, s.w
	w.flush()
	s.w = nil
	p.parked.add(s, nil, nil)
	w.share()
	p.handOff(w)
	defer func() {
		p.ready(s)
		<-s.wake
		p.parked.remove(s)
	}()
	fn()
}

// Assist runs t in place if the caller is the frame's own goroutine and nobody has taken t yet. The caller waits for t, so
// it is no stranger on this stack. The caller has shared t.
func (f *Frame) Assist(t *task.Task) {
	if !f.own() || f.strand.w == nil || f.strand.depth >= maxInlineDepth || !t.Fn.Handled() {
		return
	}
	s := f.strand
	mine := t.Parent != nil && FrameOf(t.Parent) == f
	// Only a parent may claim what a queue still holds: its own pop of its newest child relies on that.
	if s.w.take(t) && t.Claim() || mine && t.ClaimStray() {
		s.inline(s.top(), t, 0)
	}
}
