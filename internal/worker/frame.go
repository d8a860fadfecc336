package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Frame is the running side of a task: the context that its function gets, and the owner of the children that it submits.
// It ends when the function returns; children that are unfinished then are cancelled.
//
// A frame belongs to the goroutine of its strand. Every context method may be called from anywhere. Frames are used
// again by later tasks of the strand, except those that another goroutine has seen or that left children behind.
type Frame struct {
	strand  *Strand
	t       *task.Task
	epoch   uint64 // the frame was alive at this epoch; strand's goroutine only
	level   int    // place on the strand's stack, from 0 for the bottom; never changes
	base    int    // the frame's children are strand.kids[base:] while it is on top
	sweepAt int    // at this number of children, finished ones are let go
	above   *Frame // the next one on the stack, perhaps left from an earlier task
	nested  bool   // the frame of an item within a task, see Nest
	loose   bool   // a child that was let go of may still run, or a descendant of it

	seen atomic.Bool // another goroutine has, or may have, the pointer: never use the frame again
	// alive is an epoch at which the frame was found alive, for walks that come from its descendants; 0 if not known. Only
	// the frames at the bottom of a stack keep it up: it bounds a walk to the tasks of one stack.
	alive atomic.Uint64

	// treeMu guards what follows. Lock order: a child's treeMu before its parent's; Task.mu is a leaf.
	treeMu  sync.Mutex
	tree    *tree        // what Done and AfterFunc need; made on demand
	foreign []*task.Task // children submitted by other goroutines with this context
	ended   bool
}

// tree is the part of a frame that takes part in context propagation.
type tree struct {
	done  chan struct{}
	err   error
	funcs map[*func()]func()
	stops []func() bool // end the registrations with the parent and the pool
}

type (
	frameKey struct{}
	poolKey  struct{}
)

// FrameOf returns the frame of the running task that ctx stems from, or nil outside of tasks.
func FrameOf(ctx context.Context) *Frame {
	if f, ok := ctx.(*Frame); ok {
		return f
	}
	f, _ := ctx.Value(frameKey{}).(*Frame)
	return f
}

// PoolOf returns the pool that ctx is bound to, or nil.
func PoolOf(ctx context.Context) *Pool {
	p, _ := ctx.Value(poolKey{}).(*Pool)
	return p
}

// NewContext binds ctx to the pool.
func NewContext(ctx context.Context, p *Pool) context.Context {
	return context.WithValue(ctx, poolKey{}, p)
}

// Value implements context.Context. A task's context carries the peer and the task, nothing of the submitter's values:
// they could not cross the wire, and a program should mean the same wherever its tasks run.
func (f *Frame) Value(key any) any {
	switch key {
	case frameKey{}:
		return f
	case jobKey{}:
		return f.strand.job.Load()
	}
	return f.strand.pool.base.Value(key)
}

// Deadline implements context.Context.
func (f *Frame) Deadline() (time.Time, bool) {
	if f.t.Parent == nil {
		return time.Time{}, false
	}
	return f.t.Parent.Deadline()
}

// Err implements context.Context.
func (f *Frame) Err() error {
	own := f.own()
	if !own {
		f.seen.Store(true)
	}
	if f.seen.Load() {
		if err := f.treeErr(); err != nil {
			return err
		}
	}
	if !own {
		return f.walk()
	}
	if e := task.Epoch(); e != f.epoch {
		if err := f.walk(); err != nil {
			return err
		}
		f.epoch = e
	}
	return nil
}

// treeErr is what those who watch the context have been told: Err must not lag behind Done.
func (f *Frame) treeErr() error {
	f.treeMu.Lock()
	defer f.treeMu.Unlock()
	switch {
	case f.tree != nil && f.tree.err != nil:
		return f.tree.err
	case f.ended:
		return context.Canceled
	}
	return nil
}

// walk asks the task and its ancestors, up to one that is known to be alive at this epoch. Each ancestor's frame serves the
// ancestor as long as the task is not cancelled, because a task that returns cancels its unfinished children first.
func (f *Frame) walk() error {
	epoch := task.Epoch()
	for {
		if f.t.IsCancelled() {
			return contextError(f.t.Cause())
		}
		if f.alive.Load() == epoch {
			return nil
		}
		parent, ok := f.t.Parent.(*Frame)
		if !ok {
			if f.t.Parent != nil {
				if err := f.t.Parent.Err(); err != nil {
					return err
				}
			}
			return f.strand.pool.base.Err() // the parent may come from outside, bound to the pool by a value only
		}
		f = parent
	}
}

// contextError reduces a cause to what Context.Err may return.
func contextError(cause error) error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return context.Canceled
}

// Done implements context.Context.
func (f *Frame) Done() <-chan struct{} {
	f.treeMu.Lock()
	defer f.treeMu.Unlock()
	t := f.treeLocked()
	if t.done == nil {
		t.done = make(chan struct{})
		if t.err != nil {
			close(t.done)
		}
	}
	return t.done
}

// AfterFunc lets package context hang derived contexts on the frame without a goroutine each.
func (f *Frame) AfterFunc(fn func()) (stop func() bool) {
	f.treeMu.Lock()
	defer f.treeMu.Unlock()
	t := f.treeLocked()
	if t.err != nil {
		go fn()
		return func() bool { return false }
	}
	key := &fn
	t.funcs[key] = fn
	return func() bool {
		f.treeMu.Lock()
		defer f.treeMu.Unlock()
		_, ok := t.funcs[key]
		delete(t.funcs, key)
		return ok
	}
}

// treeLocked makes the frame take part in context propagation: it will hear of its task's and its parent's cancellation.
func (f *Frame) treeLocked() *tree {
	f.seen.Store(true)
	if f.tree != nil {
		return f.tree
	}
	f.tree = &tree{funcs: make(map[*func()]func())}
	if f.ended {
		f.tree.err = context.Canceled
		return f.tree
	}
	t := f.t
	if !t.OnCancel(func() { f.cancel(contextError(t.Cause())) }) && t.IsCancelled() {
		f.tree.err = contextError(t.Cause())
		return f.tree
	}
	for _, parent := range []context.Context{t.Parent, f.strand.pool.base} {
		if parent == nil {
			continue
		}
		if err := parent.Err(); err != nil {
			f.tree.err = err
			break
		}
		f.tree.stops = append(f.tree.stops, context.AfterFunc(parent, func() { f.cancel(parent.Err()) }))
		if _, ok := parent.(*Frame); ok {
			break // it hears of the pool's end itself
		}
	}
	return f.tree
}

// cancel fires the tree once. It must not be called with treeMu held.
func (f *Frame) cancel(err error) {
	f.treeMu.Lock()
	t := f.tree
	if t == nil || t.err != nil {
		f.treeMu.Unlock()
		return
	}
	if err == nil {
		err = context.Canceled
	}
	t.err = err
	funcs := t.funcs
	t.funcs = nil
	if t.done != nil {
		close(t.done)
	}
	f.treeMu.Unlock()
	for _, fn := range funcs {
		go fn()
	}
}

// own reports whether the caller is the frame's own goroutine.
func (f *Frame) own() bool { return f.strand.g.Load() == getg() }

// end cancels the unfinished children and gives the records of the others back to the worker's free lists. It reports
// whether the frame may serve another task. The frame is on top.
func (f *Frame) end() bool {
	s, clean := f.strand, !f.loose
	kids := s.kids[f.base:]
	for i := len(kids) - 1; i >= 0; i-- { // newest first: what waits behind a running sibling is not begun for nothing
		c := kids[i]
		if c.Recycle() || c.RecycleDone() {
			if !s.w.keep(c) {
				s.w.free(c)
			}
			continue // what stays in kids beyond its length keeps nothing alive that the free list does not
		}
		kids[i] = nil
		if c.Cancel(context.Canceled) || c.IsLoose() {
			clean = false // from below, it may be looking at this frame right now
		}
	}
	s.kids = s.kids[:f.base]
	if f.sweepAt > sweepChildren {
		f.sweepAt = sweepChildren
		s.kids = slices.Clone(s.kids) // it has grown large
	}
	if f.seen.Load() {
		f.endSeen()
		clean = false
	}
	if !clean {
		f.t.Loosen() // the same holds for the frames of all ancestors
	}
	return clean
}

// endSeen tells whoever watches this context that its task has returned.
func (f *Frame) endSeen() {
	f.treeMu.Lock()
	f.ended = true
	foreign := f.foreign
	f.foreign = nil
	t := f.tree
	f.treeMu.Unlock()
	for _, c := range foreign {
		c.Cancel(context.Canceled)
	}
	if t != nil {
		for _, stop := range t.stops {
			stop()
		}
		f.cancel(context.Canceled)
	}
}

// sweep lets go of finished children, so that a task that submits for ever stays bounded in memory. Their records are not
// recycled, because the task may still hold their handles; the next sweep is due when the list has doubled.
func (f *Frame) sweep() {
	s := f.strand
	kids := slices.DeleteFunc(s.kids[f.base:], func(c *task.Task) bool {
		f.loose = f.loose || c.IsDone() && c.IsLoose()
		return c.IsDone()
	})
	s.kids = s.kids[:f.base+len(kids)]
	f.sweepAt = max(sweepChildren, 2*len(kids))
}

// Adopt makes t, which does not go through the frame's own worker, a child of the frame. It may be called from any
// goroutine. It reports false when the frame's task has returned.
func (f *Frame) Adopt(t *task.Task) bool {
	f.seen.Store(true)
	f.treeMu.Lock()
	defer f.treeMu.Unlock()
	if f.ended {
		return false
	}
	if len(f.foreign) > 0 && len(f.foreign)%sweepChildren == 0 {
		keep := f.foreign[:0]
		for _, c := range f.foreign {
			if !c.IsDone() {
				keep = append(keep, c)
			}
		}
		clear(f.foreign[len(keep):])
		f.foreign = keep
	}
	f.foreign = append(f.foreign, t)
	return true
}
