package task_test

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 takes one from the clock")

// newRand returns a generator whose seed is in the log of a failed test: replay it with -seed.
func newRand(t *testing.T) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// steps scales the length of a scenario to the patience at hand.
func steps(n int) int {
	if testing.Short() {
		n /= 10
	}
	if raceEnabled {
		n /= 10
	}
	return max(n, 100)
}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func await(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
		t.Fatalf("waited %v in vain for %s", patience, what)
	}
}

// outcome is a task with the output that its executor writes without any lock of its own: the race detector judges whether
// the record publishes it.
type outcome struct {
	task.Task
	out int
}

func TestSmoke(t *testing.T) {
	x := &outcome{}
	done := make(chan struct{})
	if !x.OnDone(func() { close(done) }) {
		t.Fatal("a new task is done")
	}
	go func() {
		x.Claim()
		x.out = 42
		x.Complete()
	}()
	await(t, done, "the waiter")
	if x.out != 42 || !x.IsDone() {
		t.Errorf("out %d, done %v", x.out, x.IsDone())
	}
}

// One goroutine waits and one completes, in every way to complete, again and again.
func TestSPSC(t *testing.T) {
	tasks := make(chan *outcome)
	go func() {
		defer close(tasks)
		for i := range steps(100_000) {
			x := &outcome{}
			tasks <- x
			x.out = i
			if i%2 == 0 && x.Claim() {
				x.Complete()
			} else {
				finish(&x.Task)
			}
		}
	}()
	want := 0
	for x := range tasks {
		if want%4 < 2 { // by waiting, or by polling
			done := make(chan struct{})
			if x.OnDone(func() { close(done) }) {
				await(t, done, "the end of the task")
			}
		} else {
			x.Share(0)
			for !x.IsDone() {
				runtime.Gosched()
			}
		}
		if x.out != want {
			t.Fatalf("out %d, want %d", x.out, want)
		}
		want++
	}
}

// Many wait for one task, and several complete and cancel it: one of them succeeds, and each waiter is called once.
func TestStampede(t *testing.T) {
	const waiters, enders = 16, 4
	for range steps(3000) {
		x := &outcome{}
		calls := make([]atomic.Int32, waiters)
		var late, watched, ended atomic.Int32
		var all, registered sync.WaitGroup
		for i := range waiters {
			all.Add(1)
			registered.Add(1)
			go func() {
				defer registered.Done()
				x.OnCancel(func() { watched.Add(1) })
				if !x.OnDone(func() { calls[i].Add(1); all.Done() }) {
					late.Add(1)
					calls[i].Add(1)
					all.Done()
				}
			}()
		}
		for i := range enders {
			registered.Go(func() {
				if i%2 == 0 && x.Complete() || i%2 == 1 && x.Cancel(errWhy) {
					ended.Add(1)
				}
			})
		}
		all.Wait()
		registered.Wait()
		if ended.Load() != 1 {
			t.Fatalf("the task ended %d times", ended.Load())
		}
		for i := range calls {
			if n := calls[i].Load(); n != 1 {
				t.Fatalf("waiter %d was called %d times", i, n)
			}
		}
		if !x.IsCancelled() && watched.Load() != 0 {
			t.Fatalf("%d watchers of a task that was not cancelled", watched.Load())
		}
	}
}

// oracle is the slow and obvious record: one mutex, plain fields. The fast one must agree with it, step by step.
type oracle struct {
	mu        sync.Mutex
	gen       uint32
	phase     task.Phase
	marked    bool // somebody else may hold the pointer
	cancelled bool
	waiters   int
	watchers  int
	waited    int // calls
	watched   int
}

// do plays one operation and says what it must return.
func (o *oracle) do(op string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	move := func(from, to task.Phase, mark bool) bool {
		if o.phase != from {
			return false
		}
		o.phase, o.marked = to, o.marked || mark
		return true
	}
	end := func(cancelled bool) bool {
		if o.phase == task.Done {
			return false
		}
		o.phase, o.cancelled = task.Done, cancelled
		o.waited += o.waiters
		if cancelled {
			o.watched += o.watchers
			o.marked = true
		}
		o.waiters, o.watchers = 0, 0
		return true
	}
	switch op {
	case "claim":
		return move(task.Pending, task.Running, false)
	case "claimStray":
		return move(task.Pending, task.Running, true)
	case "lend":
		return move(task.Pending, task.Away, true)
	case "return":
		return move(task.Away, task.Pending, true)
	case "complete":
		return end(false)
	case "cancel":
		return end(true)
	case "share":
		o.marked = true
		return true
	case "stale":
		return false
	case "onDone", "onCancel":
		if o.phase == task.Done {
			o.marked = true // the question leaves a mark too
			return false
		}
		o.marked = true
		if op == "onDone" {
			o.waiters++
		} else {
			o.watchers++
		}
		return true
	case "recycle":
		if o.phase != task.Done || o.marked {
			return false
		}
		o.gen++
		o.phase = task.Pending
		return true
	}
	panic(op)
}

// Random operations against the oracle. Marks left by questions may keep a record from being recycled where the oracle
// would: recycling is the one operation that may say no more often, and never yes more often.
func TestStress(t *testing.T) {
	names := []string{
		"claim", "claim", "claimStray", "lend", "return", "complete", "complete", "cancel", "share", "stale",
		"onDone", "onCancel", "recycle", "recycle",
	}
	rng := newRand(t)
	for range steps(20_000) {
		x, o := &outcome{}, &oracle{}
		var waited, watched int
		var trace []string
		for range 12 {
			op := names[rng.IntN(len(names))]
			trace = append(trace, op)
			want := o.do(op)
			var got bool
			switch op {
			case "stale":
				got = x.Share(x.Gen() + 1 + rng.Uint32N(1<<31))
			case "onDone":
				got = x.OnDone(func() { waited++ })
			case "onCancel":
				got = x.OnCancel(func() { watched++ })
			default:
				got = ops[op](&x.Task)
			}
			if got != want && op == "recycle" && want {
				break // what follows would be played on two different records
			}
			if got != want {
				t.Fatalf("%v: the last said %v", trace, got)
			}
			if x.Phase() != o.phase || x.IsCancelled() != o.cancelled || x.Gen() != o.gen || waited != o.waited || watched != o.watched {
				t.Fatalf("%v: phase %d, cancelled %v, generation %d, %d waiters, %d watchers; want %+v",
					trace, x.Phase(), x.IsCancelled(), x.Gen(), waited, watched, o)
			}
		}
	}
}

// No goroutine that wants a task is kept from one for ever: four claim from a common supply until each has had its share.
func TestNoStarvation(t *testing.T) {
	const claimers = 4
	var had [claimers]atomic.Int32
	var current atomic.Pointer[outcome]
	current.Store(&outcome{})
	enough := func() bool {
		for i := range had {
			if had[i].Load() < 3 {
				return false
			}
		}
		return true
	}
	deadline := time.Now().Add(patience)
	var all sync.WaitGroup
	for i := range claimers {
		all.Go(func() {
			for !enough() && time.Now().Before(deadline) {
				if x := current.Load(); x.Claim() {
					had[i].Add(1)
					x.Complete()
					current.Store(&outcome{})
				}
				runtime.Gosched()
			}
		})
	}
	all.Wait()
	if !enough() {
		t.Errorf("after %v the claimers have had %d, %d, %d and %d tasks",
			patience, had[0].Load(), had[1].Load(), had[2].Load(), had[3].Load())
	}
}
