package futures

import (
	"context"
	"iter"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// AsCompleted yields each of the futures once, in the order of completion, failed ones too. If ctx ends first, the rest
// come at once, and their Result says why: the loop never ends early in silence.
func AsCompleted[Out any](ctx context.Context, fs ...Future[Out]) iter.Seq[Future[Out]] {
	return func(yield func(Future[Out]) bool) {
		w := newWaiter(fs)
		defer w.forget()
		for range fs {
			i, ok := w.next(ctx)
			if !ok {
				break
			}
			if !yield(fs[i]) {
				return
			}
		}
		for i, f := range fs {
			if !w.seen[i] && !yield(f) {
				return
			}
		}
	}
}

// When says how much [Wait] waits for.
type When uint8

// The conditions.
const (
	AllCompleted   When = iota // all are done, failed or cancelled
	FirstCompleted             // one is
	FirstError                 // one has failed or was cancelled, or all are done
)

// Wait returns when the condition holds, with the futures that are done and those that are not, each in the order given.
// err is that of ctx, if it ended first. It never returns the error of a future: ask Result.
func Wait[Out any](ctx context.Context, fs []Future[Out], when When) (done, pending []Future[Out], err error) {
	w := newWaiter(fs)
	defer w.forget()
	for range fs {
		i, ok := w.next(ctx)
		if !ok {
			err = ctx.Err()
			break
		}
		if when == FirstCompleted || when == FirstError && fs[i].failed() {
			break
		}
	}
	for w.drain() { // what is done by now is done
	}
	for i, f := range fs {
		if w.seen[i] {
			done = append(done, f)
		} else {
			pending = append(pending, f)
		}
	}
	return done, pending, err
}

func (f Future[Out]) failed() bool {
	_, err, ok := f.TryResult()
	return ok && err != nil
}

// waiter hears of the completion of each of several futures.
type waiter[Out any] struct {
	fs       []Future[Out]
	notices  []task.Notice
	arrivals arrivals[int]
	seen     []bool
}

func newWaiter[Out any](fs []Future[Out]) *waiter[Out] {
	w := &waiter[Out]{fs: fs, notices: make([]task.Notice, len(fs)), seen: make([]bool, len(fs))}
	for i, f := range fs {
		w.notices[i].F = func() { w.arrivals.add(i) }
		f.whenDone(&w.notices[i])
	}
	return w
}

// forget takes back what still waits: a program may wait for the first of many again and again.
func (w *waiter[Out]) forget() {
	for i, f := range w.fs {
		if !w.seen[i] && f.share() {
			f.s.Forget(&w.notices[i])
		}
	}
}

// next returns the next future that is done, by its index; false if ctx ended first.
func (w *waiter[Out]) next(ctx context.Context) (int, bool) {
	i, ok := w.arrivals.take(ctx)
	if ok {
		w.seen[i] = true
	}
	return i, ok
}

func (w *waiter[Out]) drain() bool {
	i, ok := w.arrivals.pop()
	if ok {
		w.seen[i] = true
	}
	return ok
}
