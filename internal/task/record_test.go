package task_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// handle is what another goroutine knows of a future: the record, the generation, and the output it is to find there.
type handle struct {
	x   *outcome
	gen uint32
	out int
}

// The submitter runs and recycles one record over and over while another goroutine asks about the handles that it gave away:
// the handshake of which only the other pays for the barrier. A handle that was shared is good for ever, and its record
// then serves nobody else; a handle that was not is stale. No answer belongs to another future.
func TestRecyclingHandshake(t *testing.T) {
	var desk atomic.Pointer[handle]
	var shared, stale, recycled int
	enough := steps(4000)
	var tired atomic.Bool // how long a look takes hangs on what else the machine does
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for shared+stale < enough && (!tired.Load() || shared+stale == 0) {
			h := desk.Swap(nil)
			if h == nil {
				runtime.Gosched()
				continue
			}
			if !h.x.Share(h.gen) {
				stale++
				continue
			}
			shared++
			done := make(chan struct{})
			if h.x.OnDone(func() { close(done) }) {
				<-done
			}
			if !h.x.IsDone() || h.x.out != h.out {
				t.Errorf("generation %d: done %v, out %d, want %d", h.gen, h.x.IsDone(), h.x.out, h.out)
			}
		}
	}()
	x := &outcome{}
	start := time.Now()
	for i := 0; ; i++ {
		select {
		case <-finished:
			if recycled == 0 {
				t.Error("no record was ever recycled")
			}
			t.Logf("%d recycled, %d shared, %d stale", recycled, shared, stale)
			return
		default:
		}
		if i%1000 == 0 {
			tired.Store(time.Since(start) > time.Second)
			if time.Since(start) > patience {
				t.Fatal("nobody looks at the handles")
			}
		}
		if desk.Load() == nil {
			desk.Store(&handle{x, x.Gen(), i})
		}
		for range i % 32 {
			x.Gen() // lets the other come in at any point
		}
		x.out = i
		finish(&x.Task)
		if !x.IsDone() {
			t.Fatal("the submitter does not see its own task done")
		}
		if recycle(&x.Task) {
			recycled++
		} else {
			x = &outcome{}
		}
	}
}

// A cancellation races with the submitter that runs the task in place. If the canceller was told yes the task is cancelled, if
// no it is not; waiters are called once either way.
func TestCancelAgainstFinish(t *testing.T) {
	type race struct {
		x       outcome
		calls   atomic.Int32
		waiting bool
		yes     bool
		over    atomic.Bool
	}
	var desk atomic.Pointer[race]
	var stop atomic.Bool
	defer stop.Store(true)
	go func() {
		for !stop.Load() {
			if r := desk.Swap(nil); r != nil {
				r.waiting = r.x.OnDone(func() { r.calls.Add(1) })
				r.yes = r.x.Cancel(errWhy)
				r.over.Store(true)
			}
			runtime.Gosched()
		}
	}()
	won, lost := 0, 0
	for i := range steps(50_000) {
		r := &race{}
		desk.Store(r)
		for range i * 37 % 8192 {
			r.x.IsPending()
		}
		r.x.out = i
		finish(&r.x.Task)
		for !r.over.Load() {
			runtime.Gosched()
		}
		if want := map[bool]int32{true: 1}[r.waiting]; r.calls.Load() != want {
			t.Fatalf("trial %d: the waiter was called %d times, want %d", i, r.calls.Load(), want)
		}
		if r.yes != r.x.IsCancelled() || !r.x.IsDone() {
			t.Fatalf("trial %d: cancel said %v; cancelled %v, done %v", i, r.yes, r.x.IsCancelled(), r.x.IsDone())
		}
		if (r.x.Cause() != nil) != r.yes {
			t.Fatalf("trial %d: cancel said %v, because %v", i, r.yes, r.x.Cause())
		}
		if r.yes {
			won++
		} else {
			lost++
		}
	}
	t.Logf("%d cancelled, %d finished", won, lost)
}
