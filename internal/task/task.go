package task

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Body is the typed half of a task, written by package futures: it holds input and output as the user's own types.
type Body interface {
	// Run calls the user's function with ctx and keeps its outcome in the record. It returns normally even when the
	// function panics; only runtime.Goexit passes through it.
	Run(ctx context.Context)
	// Input encodes the input. It is called only once a remote thief has won the task.
	Input() ([]byte, error)
	// SetOutput decodes the result that executor, a peer ID, has sent into the record.
	SetOutput(executor string, data []byte) error
	// Output encodes the result for the owner.
	Output() ([]byte, error)
	// Clear drops what the record refers to, before it waits on a free list.
	Clear()
}

// Task is the record of one future: what waits in a deque, what a thief takes, where the result lands.
//
// # Who may touch what
//
// Fn and Body never change. Parent and the input are written by the submitting goroutine before the task is published, and
// belong to the submitting task's goroutine again once the task is done. Err and the output are written by whoever runs the task, before
// it calls [Task.Complete], and are read by others only after they have seen the task done. Everything else is the state
// word, or behind mu.
//
// # Recycling
//
// A record is used again for another future after its parent returned, with a higher generation. That is safe only while
// nobody else can hold the pointer, so each way of letting it escape leaves a mark in the state word (see the flags), and
// a marked record is left to the garbage collector instead.
//
// # Two ways to be done
//
// Most tasks are run in place by the goroutine that submitted them, and nobody else ever looks. For them two locked
// instructions, one to be done and one to be recycled, would be most of the cost. So the submitter only stores, with
// release order: gen+1 to ran when it has run the task in place, and the next generation to gen when it recycles the
// record; and looks at the state word after each. Everybody else first engages the record: sets a flag in the state word,
// then has every running thread of the process pass a memory barrier (see barrier), and then looks at ran and gen. Either
// the submitter sees the flag and takes the slow way, or the other sees its store: this is Dekker's handshake with all of
// the cost on the side that comes rarely, as in liburcu and folly's hazard pointers.
type Task struct {
	state atomic.Uint32
	gen   atomic.Uint32 // written by the submitter's goroutine
	ran   atomic.Uint32 // gen+1 when this generation has been run in place; written by the submitter's goroutine

	Fn     *Function
	Body   Body
	Parent context.Context //nolint:containedctx // the record is the link between the submitting and the running context
	Err    error

	mu   sync.Mutex
	slow *slow // guarded by mu
}

// slow is what few tasks need: those that are waited for, cancelled, watched, or lent to another peer.
type slow struct {
	waiters  []*Notice // told once, when the task is done
	watchers []func()  // called once, when the task is cancelled
	cause    error     // why it was cancelled
	ticket   any       // package peer's custody record
}

// The state word: flags and phase. It is zero for a task that nobody but its submitter knows.
const (
	phaseMask = uint32(0b11)

	flagShared    = uint32(1 << 2) // a goroutine other than the submitter's has looked: its pointer may be used at any time
	flagSlow      = uint32(1 << 3) // waiters or watchers exist: completion must take mu
	flagCancelled = uint32(1 << 4) // done without a result
	flagStray     = uint32(1 << 5) // a queue or a thief may still hold the pointer
	flagLook      = uint32(1 << 6) // somebody is about to pass the barrier
	flagLoose     = uint32(1 << 8) // a descendant may still run: it was cancelled and does not know yet
	flagEngaged   = uint32(1 << 7) // somebody has: the submitter sees, at the latest from now on, that the word is not zero
)

// Phase is where a task is in its life. Phases only go up, except that a task whose thief was lost is pending again.
type Phase uint8

// The phases.
const (
	Pending Phase = iota // in a queue
	Running              // claimed by a worker of this peer
	Away                 // lent to another peer
	Done                 // its outcome is final
)

// Gen returns the generation of the record.
func (t *Task) Gen() uint32 { return t.gen.Load() }

// Is reports whether the record still serves generation gen.
func (t *Task) Is(gen uint32) bool { return t.gen.Load() == gen }

// Phase returns a snapshot of the phase. A child that its own parent runs in place counts as pending until it is done:
// the fast path makes no note of the start.
func (t *Task) Phase() Phase {
	s := t.state.Load()
	if t.done(s) {
		return Done
	}
	return Phase(s & phaseMask)
}

// ranHere reports whether the submitter has run this generation in place.
func (t *Task) ranHere() bool { return t.ran.Load() == t.gen.Load()+1 }

// done reports whether the task is done, given its state word: what ran says counts until somebody has engaged the record.
func (t *Task) done(s uint32) bool {
	return Phase(s&phaseMask) == Done || s&flagEngaged == 0 && t.ranHere()
}

// Unknown reports whether the task waits in its submitter's window and nobody else knows of it.
func (t *Task) Unknown() bool { return t.state.Load() == 0 && !t.ranHere() }

// IsDone reports whether the outcome is final.
func (t *Task) IsDone() bool { return t.done(t.state.Load()) }

// IsPending reports whether the task waits in a queue (or runs in place of its parent, see [Task.Phase]).
func (t *Task) IsPending() bool { return t.Phase() == Pending }

// IsCancelled reports whether the task is done without a result of its own.
func (t *Task) IsCancelled() bool { return t.state.Load()&flagCancelled != 0 }

// Claim moves the task from pending to running. It fails when the task was claimed or cancelled before. Whoever takes a
// task from a queue must claim it, except the parent that takes its own newest child: nobody else can.
func (t *Task) Claim() bool { return t.move(Pending, Running, 0) }

// ClaimStray is Claim for a parent that runs its own child while a queue still holds the pointer.
func (t *Task) ClaimStray() bool { return t.move(Pending, Running, flagStray) }

// Lend moves the task from pending to away.
func (t *Task) Lend() bool { return t.move(Pending, Away, flagStray) }

// Return moves the task from away or running to pending: the thief was lost, or the task could not be sent.
func (t *Task) Return() bool { return t.move(Away, Pending, flagStray) }

func (t *Task) move(from, to Phase, flags uint32) bool {
	for {
		s := t.state.Load()
		if Phase(s&phaseMask) != from {
			return false
		}
		if t.state.CompareAndSwap(s, s&^phaseMask|uint32(to)|flags) {
			return true
		}
	}
}

// engage sets flags and makes the state word tell all about the task. Every function below that does not come from the
// submitter's own path begins with it.
func (t *Task) engage(flags uint32) {
	s := t.set(flags | flagLook)
	if s&flagEngaged != 0 || Phase(s&phaseMask) != Pending {
		return // a task that a queue has given away is never run in place
	}
	barrier()
	if t.ranHere() {
		t.settle(0, nil) // on behalf of the submitter, which may not have seen us
	}
	t.set(flagEngaged)
}

// set sets flags and returns the state word as it was.
func (t *Task) set(flags uint32) uint32 {
	for {
		s := t.state.Load()
		if s&flags == flags || t.state.CompareAndSwap(s, s|flags) {
			return s
		}
	}
}

// Share marks the record as known to a goroutine other than the submitter's, so that it will not be recycled. It fails
// when the record no longer serves generation gen. After it the caller may use the record without limit of time.
func (t *Task) Share(gen uint32) bool {
	if t.gen.Load() != gen {
		return false
	}
	t.engage(flagShared)
	return t.gen.Load() == gen
}

// Finish publishes the outcome of a task that its submitter has run in place. It reports false when somebody looks, or has
// cancelled it: then FinishSeen must follow. The two are apart so that the usual one is inlined.
func (t *Task) Finish() bool {
	if t.state.Load() != 0 {
		return false // whoever knows the record believes the state word; ran would be done before the state word is
	}
	storeRelease(&t.ran, t.gen.Load()+1)
	return t.state.Load() == 0
}

// FinishSeen is the rest of Finish. It reports false when the task was cancelled.
func (t *Task) FinishSeen() bool {
	t.Complete()
	return !t.IsCancelled()
}

// Loosen notes, before the task is done, that a descendant may still run: it was cancelled and does not know yet.
func (t *Task) Loosen() { t.set(flagLoose) }

// IsLoose reports whether the task is done while its function, or that of a descendant, may still run.
func (t *Task) IsLoose() bool { return t.state.Load()&(flagLoose|flagCancelled) != 0 }

// Complete publishes the outcome that the caller has written to the record. It reports false when the task was
// cancelled, or completed by somebody else, in the meantime; the outcome is then dropped.
func (t *Task) Complete() bool {
	s := t.state.Load()
	if s&(phaseMask|flagSlow) <= uint32(Running) && t.state.CompareAndSwap(s, s|uint32(Done)) {
		return true
	}
	return t.settle(0, nil)
}

// Cancel makes the task done without a result, wherever it is, and reports whether it did: false means that the outcome
// was final already. A function that is running keeps running until it looks at its context; its result is dropped.
func (t *Task) Cancel(cause error) bool {
	if t.engage(0); t.IsDone() {
		return false
	}
	return t.settle(flagCancelled, cause)
}

// settle makes the task done once, then tells the waiters, and the watchers if it was cancelled. No lock is held then.
func (t *Task) settle(flags uint32, cause error) bool {
	t.mu.Lock()
	for {
		s := t.state.Load()
		if Phase(s&phaseMask) == Done {
			t.mu.Unlock()
			return false
		}
		if t.state.CompareAndSwap(s, s|uint32(Done)|flags) {
			break
		}
	}
	if flags&flagCancelled != 0 {
		t.needLocked().cause = cause // whoever has seen the flag already waits for mu
	}
	var waiters []*Notice
	var watchers []func()
	if t.slow != nil {
		waiters, watchers = t.slow.waiters, t.slow.watchers
		t.slow.waiters, t.slow.watchers = nil, nil
	}
	t.mu.Unlock()
	if flags&flagCancelled != 0 {
		nextEpoch()
		for _, f := range watchers {
			f()
		}
	}
	for _, n := range waiters {
		n.F()
	}
	return true
}

func (t *Task) needLocked() *slow {
	if t.slow == nil {
		t.slow = new(slow)
	}
	return t.slow
}

// OnDone has f called once when the task is done, on the goroutine that finishes it: f must be short and must not block.
// It reports false, and does not call f, when the task is done already.
func (t *Task) OnDone(f func()) bool { return t.Notify(&Notice{F: f}) }

// Notice is a registration that can be taken back.
type Notice struct{ F func() }

// Notify is OnDone for a registration that [Task.Forget] may take back: a wait that gave up must leave nothing behind.
func (t *Task) Notify(n *Notice) bool {
	return t.register(func(s *slow) { s.waiters = append(s.waiters, n) })
}

// Forget takes n back, if the task is not done.
func (t *Task) Forget(n *Notice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.slow != nil {
		if i := slices.Index(t.slow.waiters, n); i >= 0 {
			t.slow.waiters = slices.Delete(t.slow.waiters, i, i+1)
		}
	}
}

// OnCancel has f called once if the task is cancelled before it is done, under the rules of [Task.OnDone].
func (t *Task) OnCancel(f func()) bool {
	return t.register(func(s *slow) { s.watchers = append(s.watchers, f) })
}

func (t *Task) register(add func(*slow)) bool {
	t.engage(0)
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		s := t.state.Load()
		if Phase(s&phaseMask) == Done {
			return false
		}
		if s&flagSlow != 0 || t.state.CompareAndSwap(s, s|flagSlow) {
			add(t.needLocked())
			return true
		}
	}
}

// Cause returns why the task was cancelled; nil if it was not.
func (t *Task) Cause() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.slow == nil {
		return nil
	}
	return t.slow.cause
}

// Outcome returns the error of a done task: its own, or why it was cancelled.
func (t *Task) Outcome() error {
	if t.IsCancelled() {
		return t.Cause()
	}
	return t.Err
}

// Ticket returns what [Task.SetTicket] kept: package peer's note of where the task is.
func (t *Task) Ticket() any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.slow == nil {
		return nil
	}
	return t.slow.ticket
}

// SetTicket keeps v with the task.
func (t *Task) SetTicket(v any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.needLocked().ticket = v
}

// Recycle readies the record of a task that was run in place for another future: it raises the generation, so that old
// handles are stale. It reports false when that is not the case, or somebody may still hold the pointer: then ask
// RecycleDone. Only the submitter's goroutine may call these two.
func (t *Task) Recycle() bool {
	gen := t.gen.Load()
	if t.state.Load() != 0 || t.ran.Load() != gen+1 {
		return false
	}
	storeRelease(&t.gen, gen+1)
	return t.state.Load() == 0
}

// RecycleDone is Recycle for a task that somebody else has run. When it reports false the record must be left alone.
func (t *Task) RecycleDone() bool {
	if t.state.Load() != uint32(Done) {
		return false
	}
	storeRelease(&t.gen, t.gen.Load()+1)
	return t.state.CompareAndSwap(uint32(Done), 0)
}
