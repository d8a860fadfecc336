package futures

import (
	"context"
	"fmt"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// Future names a result that may not exist yet. It is a small value; copy it freely. It is valid until the task that
// submitted it returns, and for ever if that was not a task; afterwards its methods give ErrStale.
type Future[Out any] struct {
	s *slot[Out]
	// frame is the submitting task's, if it may join the future on the fast path. It is compared, never followed: the
	// record itself must not be touched before it is known to be still this future's.
	frame *worker.Frame
	gen   uint32
}

// State is where a future is in its life.
type State uint8

// The states. A child that its own parent runs in place, inside of Result, is still reported as pending.
const (
	StatePending State = iota
	StateRunning
	StateDone
	StateCancelled
)

// String names the state.
func (s State) String() string {
	names := [...]string{"pending", "running", "done", "cancelled"}
	if int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// Submit makes a future of f(in). Inside a task it goes onto the present worker's deque: it is run here unless somebody
// idle steals it. It never blocks. If it cannot be submitted, the future has failed already, and Result says why.
//
// The future belongs to the context: when the task that ctx was given to returns, or ctx is cancelled, it is cancelled.
func Submit[In, Out any](ctx context.Context, f *Func[In, Out], in In) Future[Out] {
	return submit(ctx, f.core, in)
}

func submit[In, Out any](ctx context.Context, f *core[In, Out], in In) Future[Out] {
	if frame, ok := ctx.(*worker.Frame); ok {
		if w := frame.Worker(); w != nil && f.handler != nil {
			var r *record[In, Out]
			if t := w.Free(f.erased.Index); t != nil {
				r = t.Body.(*record[In, Out])
			} else {
				r = f.newRecord()
			}
			r.in = in
			r.Parent = ctx
			gen := r.Gen() // before it is queued: a thief may be done with it at once
			frame.Spawn(w, &r.Task)
			return Future[Out]{s: &r.slot, frame: frame, gen: gen}
		}
	}
	return submitElsewhere(ctx, f, in)
}

// submitElsewhere is Submit with a derived context, from a goroutine that the user started, or from outside of tasks.
func submitElsewhere[In, Out any](ctx context.Context, f *core[In, Out], in In) Future[Out] {
	r := f.newRecord()
	r.in = in
	r.Parent = ctx
	t, future := &r.Task, Future[Out]{s: &r.slot}
	if ctx.Err() != nil {
		t.Cancel(ctx.Err())
		return future
	}
	frame, pool := worker.FrameOf(ctx), worker.PoolOf(ctx)
	if pool == nil {
		r.Err = fmt.Errorf("submit %q: %w", f.erased.Name, ErrNoPeer)
		t.Complete()
		return future
	}
	watch(ctx, t)
	if frame == nil { // ctx need not descend from the pool's: Close must reach the task all the same
		base := pool.Context()
		stop := context.AfterFunc(base, func() { t.Cancel(context.Cause(base)) })
		t.OnDone(func() { stop() })
	}
	switch {
	case frame != nil && frame.Worker() != nil && f.handler != nil:
		frame.Spawn(frame.Worker(), t)
	case frame != nil && !frame.Adopt(t):
		t.Cancel(context.Canceled)
	case f.handler == nil && pool.Export(t):
	default: // also a function that nobody handles: running it says so
		pool.Inject(t, false)
	}
	return future
}

// watch cancels t when ctx ends.
func watch(ctx context.Context, t *task.Task) {
	if _, ok := ctx.(*worker.Frame); ok || ctx.Done() == nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { t.Cancel(ctx.Err()) })
	t.OnDone(func() { stop() })
}

// Result waits for the outcome and returns it: any number of times, from any goroutine. If ctx ends first, its error is
// returned and the future goes on. Inside a task the worker is never blocked: a child that nobody has taken runs in place,
// and otherwise the worker does other work until the result is there.
func (f Future[Out]) Result(ctx context.Context) (Out, error) {
	if frame, ok := ctx.(*worker.Frame); ok && frame == f.frame && frame.Join(&f.s.Task, f.gen) {
		return f.s.out, f.s.Err
	}
	return f.await(ctx)
}

// await is Result for every case that Join leaves.
func (f Future[Out]) await(ctx context.Context) (Out, error) {
	var none Out
	if !f.share() {
		return none, ErrStale
	}
	t := &f.s.Task
	if frame, ok := ctx.(*worker.Frame); ok && !t.IsDone() && ctx.Err() == nil { // a derived context may end before t does
		frame.Assist(t)
	}
	for !t.IsDone() {
		if err := ctx.Err(); err != nil {
			return none, err
		}
		var n task.Notice
		worker.Await(ctx, func(wake func()) bool {
			n.F = wake
			return t.Notify(&n)
		})
		t.Forget(&n)
	}
	return f.outcome()
}

// share makes sure that the record stays this future's for good; false means that the future is stale.
func (f Future[Out]) share() bool { return f.s != nil && f.s.Share(f.gen) }

// outcome reads a shared record that is done.
func (f Future[Out]) outcome() (Out, error) {
	if f.s.IsCancelled() {
		var none Out
		return none, f.s.Cause()
	}
	return f.s.out, f.s.Err
}

// TryResult returns the outcome if it is there: ok says whether it is.
func (f Future[Out]) TryResult() (out Out, err error, ok bool) { //nolint:revive,staticcheck // ok last, as in a map look-up
	switch {
	case !f.share():
		return out, ErrStale, true
	case !f.s.IsDone():
		return out, nil, false
	}
	out, err = f.outcome()
	return out, err, true
}

// Done returns a channel that is closed when the future is done, failed or cancelled; at once if it is stale.
func (f Future[Out]) Done() <-chan struct{} {
	done := make(chan struct{})
	if !f.share() || !f.s.OnDone(func() { close(done) }) {
		close(done)
	}
	return done
}

// OnDone has fn called, on a goroutine of its own, when the future is done, failed or cancelled; at once if it is already.
// The Future that fn gets stays valid.
func (f Future[Out]) OnDone(fn func(Future[Out])) {
	if !f.share() || !f.s.OnDone(func() { go fn(f) }) {
		go fn(f)
	}
}

// Cancel gives the future up, wherever it is, and reports whether it did: false means that its outcome was there before.
// Result then gives context.Canceled. A function that is running finds its context cancelled, here or on another peer.
func (f Future[Out]) Cancel() bool { return f.share() && f.s.Cancel(context.Canceled) }

// State returns a snapshot. A stale future counts as cancelled.
func (f Future[Out]) State() State {
	switch {
	case !f.share() || f.s.IsCancelled():
		return StateCancelled
	case f.s.IsDone():
		return StateDone
	case f.s.IsPending():
		return StatePending
	default:
		return StateRunning
	}
}

// Blocking runs fn, which may block in I/O or on a lock, while another task uses this task's worker. Outside of tasks it
// just calls fn.
func Blocking(ctx context.Context, fn func()) {
	if frame := worker.FrameOf(ctx); frame != nil && frame.Worker() != nil {
		frame.Blocking(fn)
		return
	}
	fn()
}
