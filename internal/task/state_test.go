package task_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

var errWhy = errors.New("nobody wants it")

// body is a task body that does nothing: these tests move records through their states by hand.
type body struct{}

func (body) Run(context.Context)            {}
func (body) Input() ([]byte, error)         { return nil, nil }
func (body) Output() ([]byte, error)        { return nil, nil }
func (body) SetOutput(string, []byte) error { return nil }
func (body) Clear()                         {}

func newTask() *task.Task { return &task.Task{Body: body{}} }

// finish is what the submitter does after it has run the task in place; false means that the task was cancelled meanwhile.
func finish(t *task.Task) bool { return t.Finish() || t.FinishSeen() }

// recycle is what the parent does when it returns.
func recycle(t *task.Task) bool { return t.Recycle() || t.RecycleDone() }

// ops are the transitions by name, each reporting whether it happened.
var ops = map[string]func(*task.Task) bool{
	"claim":      (*task.Task).Claim,
	"claimStray": (*task.Task).ClaimStray,
	"lend":       (*task.Task).Lend,
	"return":     (*task.Task).Return,
	"complete":   (*task.Task).Complete,
	"finish":     finish,
	"cancel":     func(t *task.Task) bool { return t.Cancel(errWhy) },
	"share":      func(t *task.Task) bool { return t.Share(t.Gen()) },
	"onDone":     func(t *task.Task) bool { return t.OnDone(func() {}) },
	"onCancel":   func(t *task.Task) bool { return t.OnCancel(func() {}) },
	"recycle":    recycle,
}

func TestTransitions(t *testing.T) {
	// A step that must fail has a "!" before it.
	cases := []struct {
		name      string
		steps     string
		phase     task.Phase
		cancelled bool
		gen       uint32
	}{
		{"new", "", task.Pending, false, 0},
		{"run in place", "finish", task.Done, false, 0},
		{"run in place, recycled", "finish recycle", task.Pending, false, 1},
		{"run in place, thrice", "finish recycle finish recycle finish recycle", task.Pending, false, 3},
		{"run by a sibling", "claim complete", task.Done, false, 0},
		{"run by a sibling, recycled", "claim complete recycle", task.Pending, false, 1},
		{"run in place after a sibling had it", "claim complete recycle finish", task.Done, false, 1},
		{"claimed once", "claim !claim !claimStray !lend", task.Running, false, 0},
		{"lent", "lend !claim !claimStray !lend", task.Away, false, 0},
		{"lent and done", "lend complete !return !cancel", task.Done, false, 0},
		{"lent, lost and run here", "lend return claim complete", task.Done, false, 0},
		{"lent twice", "lend return lend complete", task.Done, false, 0},
		{"returned only from away", "!return claim !return", task.Running, false, 0},
		{"done once", "claim complete !complete !cancel !claim !lend", task.Done, false, 0},
		{"finished once", "finish !cancel", task.Done, false, 0},
		{"cancelled while pending", "cancel !claim !claimStray !lend !complete !cancel", task.Done, true, 0},
		{"cancelled while running", "claim cancel !complete", task.Done, true, 0},
		{"cancelled while run in place", "cancel !finish", task.Done, true, 0},
		{"cancelled while away", "lend cancel !complete !return", task.Done, true, 0},
		{"stray done in place", "claimStray finish", task.Done, false, 0},
		{"stray is not recycled", "claimStray complete !recycle", task.Done, false, 0},
		{"lent is not recycled", "lend complete !recycle", task.Done, false, 0},
		{"returned is not recycled", "lend return claim complete !recycle", task.Done, false, 0},
		{"cancelled is not recycled", "cancel !recycle", task.Done, true, 0},
		{"running is not recycled", "claim !recycle", task.Running, false, 0},
		{"pending is not recycled", "!recycle", task.Pending, false, 0},
		{"shared and done", "share claim complete", task.Done, false, 0},
		{"shared and run in place", "share finish", task.Done, false, 0},
		{"shared when done in place", "finish share", task.Done, false, 0},
		{"shared is not recycled", "share claim complete !recycle", task.Done, false, 0},
		{"watched is not recycled", "onDone claim complete !recycle", task.Done, false, 0},
		{"nothing to wait for", "finish !onDone !onCancel", task.Done, false, 0},
		{"waited for and run in place", "onDone onCancel finish !onDone", task.Done, false, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			x := newTask()
			for step := range strings.FieldsSeq(c.steps) {
				name, fails := strings.CutPrefix(step, "!")
				if ops[name](x) == fails {
					t.Fatalf("%s: got %v", step, fails)
				}
			}
			wantState(t, x, c.phase, c.cancelled)
			if x.Gen() != c.gen || !x.Is(c.gen) || x.Is(c.gen+1) {
				t.Errorf("generation %d, want %d", x.Gen(), c.gen)
			}
		})
	}
}

func wantState(t *testing.T, x *task.Task, phase task.Phase, cancelled bool) {
	t.Helper()
	if x.Phase() != phase || x.IsDone() != (phase == task.Done) || x.IsPending() != (phase == task.Pending) {
		t.Errorf("phase %d (done %v, pending %v), want %d", x.Phase(), x.IsDone(), x.IsPending(), phase)
	}
	if x.IsCancelled() != cancelled {
		t.Errorf("cancelled is %v, want %v", !cancelled, cancelled)
	}
	want := error(nil)
	if cancelled {
		want = errWhy
	}
	if x.Cause() != want || x.Outcome() != want {
		t.Errorf("cause %v and outcome %v, want %v", x.Cause(), x.Outcome(), want)
	}
}

func TestOutcomeIsTheTasksOwnError(t *testing.T) {
	x := newTask()
	x.Claim()
	x.Err = errWhy
	x.Complete()
	if x.Outcome() != errWhy || x.Cause() != nil || x.IsCancelled() {
		t.Errorf("outcome %v, cause %v, cancelled %v", x.Outcome(), x.Cause(), x.IsCancelled())
	}
}

// A handle is a record and a generation. An old one must learn that it is old, and must not harm the present future.
func TestStaleGeneration(t *testing.T) {
	x := newTask()
	old := x.Gen()
	finish(x)
	if !recycle(x) {
		t.Fatal("a record that nobody knows was not recycled")
	}
	if x.Is(old) || x.Share(old) {
		t.Error("the stale handle was accepted")
	}
	if x.IsDone() || !x.Claim() || !x.Complete() || !x.Share(x.Gen()) {
		t.Error("the record does not serve its present future")
	}
}

func TestTicket(t *testing.T) {
	x := newTask()
	if x.Ticket() != nil {
		t.Error("a new task has a ticket")
	}
	x.Lend()
	x.SetTicket(7)
	x.Complete()
	if x.Ticket() != 7 {
		t.Errorf("ticket %v, want 7", x.Ticket())
	}
}

// Who is told of the end, and who of the cancellation only.
func TestWaitersAndWatchers(t *testing.T) {
	cases := []struct {
		end     string
		watched int32
	}{
		{"finish", 0}, {"complete", 0}, {"cancel", 1},
	}
	for _, c := range cases {
		for _, start := range []string{"", "claim", "lend"} {
			if start != "" && c.end == "finish" {
				continue // only a task that no queue has given away is finished
			}
			x := newTask()
			var waited, watched atomic.Int32
			x.OnDone(func() { waited.Add(1) })
			x.OnDone(func() { waited.Add(1) })
			x.OnCancel(func() { watched.Add(1) })
			if start != "" {
				ops[start](x)
			}
			ops[c.end](x)
			x.Cancel(errWhy)
			x.Complete()
			if waited.Load() != 2 || watched.Load() != c.watched {
				t.Errorf("%s %s: %d waiters and %d watchers were called, want 2 and %d",
					start, c.end, waited.Load(), watched.Load(), c.watched)
			}
		}
	}
}

// A waiter is called without locks held, when the task is done for everyone.
func TestWaiterSeesTheEnd(t *testing.T) {
	x := newTask()
	called := false
	x.OnDone(func() { called = x.IsDone() && x.IsCancelled() && x.Cause() == errWhy && !x.OnDone(func() {}) })
	x.Cancel(errWhy)
	if !called {
		t.Error("the waiter saw a task that was not done")
	}
}

func TestID(t *testing.T) {
	id := task.ID{Owner: "\x01\xff", Incarnation: 3, Seq: 9}
	if got := id.String(); got != "01ff/3/9" {
		t.Errorf("ID is written as %s", got)
	}
}
