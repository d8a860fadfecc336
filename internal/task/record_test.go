package task_test

import (
	"sync/atomic"
	"testing"
)

// The submitter runs and recycles one record over and over while others ask about the handles that it gave them: this is the
// handshake of which only the others pay for the barrier. A handle that was shared is good for ever, and the record then
// serves nobody else; a handle that was not is stale. No answer belongs to another future.
func TestRecyclingHandshake(t *testing.T) {
	type handle struct {
		x   *outcome
		gen uint32
		out int
	}
	handles := make(chan handle, 1)
	var shared, stale atomic.Int64
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for h := range handles {
			if !h.x.Share(h.gen) {
				stale.Add(1)
				continue
			}
			shared.Add(1)
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
	recycled := 0
	for i := range steps(300_000) {
		gen := x.Gen()
		select {
		case handles <- handle{x, gen, i}:
		default:
		}
		x.out = i
		x.Finish()
		if !x.IsDone() {
			t.Fatal("the submitter does not see its own task done")
		}
		if x.Recycle() {
			recycled++
		} else {
			x = &outcome{}
		}
	}
	close(handles)
	await(t, finished, "the other side")
	if recycled == 0 {
		t.Error("no record was ever recycled")
	}
	t.Logf("%d recycled, %d shared, %d stale", recycled, shared.Load(), stale.Load())
}

// A cancellation races with the submitter that runs the task in place. Exactly one outcome is final: if the canceller was told
// yes the task is cancelled, if no it is not, and waiters are called once either way.
func TestCancelAgainstFinish(t *testing.T) {
	type race struct {
		x      *outcome
		calls  atomic.Int32
		answer chan bool
	}
	races := make(chan *race, 1)
	defer close(races)
	go func() {
		for r := range races {
			r.x.OnDone(func() { r.calls.Add(1) })
			r.answer <- r.x.Cancel(errWhy)
		}
	}()
	won, lost := 0, 0
	for i := range steps(100_000) {
		r := &race{x: &outcome{}, answer: make(chan bool, 1)}
		races <- r
		for range i % 64 {
			r.x.IsPending()
		}
		r.x.out = i
		r.x.Finish()
		yes := <-r.answer
		if yes != r.x.IsCancelled() || !r.x.IsDone() || r.calls.Load() > 1 {
			t.Fatalf("trial %d: cancel said %v; cancelled %v, done %v, %d calls",
				i, yes, r.x.IsCancelled(), r.x.IsDone(), r.calls.Load())
		}
		if yes {
			won++
		} else {
			lost++
		}
	}
	t.Logf("%d cancelled, %d finished", won, lost)
}
