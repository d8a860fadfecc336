package peer_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/peer"
)

// clumsy is an error whose text cannot be had.
type clumsy struct{}

func (clumsy) Error() string { panic("no text") }

// explode is looked for in the stack of the remote goroutine.
//
//go:noinline
func explode(v any) { panic(v) }

// TestErrorsAcross: what a task fails with at another peer, and what its owner sees of it.
func TestErrorsAcross(t *testing.T) {
	c := start(t, 2, 1)
	c.occupy(0)
	for name, tc := range map[string]struct {
		fail func() error
		code task.Code
		text string // in the error's text
		is   error
	}{
		"plain":              {func() error { return errors.New("plain text") }, task.CodeUnknown, "plain text", nil},
		"declared":           {func() error { return fmt.Errorf("wrapped: %w", errKnown) }, task.CodeUnknown, "wrapped: a known error", errKnown},
		"cancelled":          {func() error { return fmt.Errorf("mine: %w", context.Canceled) }, task.CodeCanceled, "mine", context.Canceled},
		"too late":           {func() error { return context.DeadlineExceeded }, task.CodeDeadline, "deadline", context.DeadlineExceeded},
		"two":                {func() error { return errors.Join(errKnown, context.Canceled) }, task.CodeCanceled, "a known error", errKnown},
		"not text":           {func() error { return errors.New("bad \xff byte") }, task.CodeUnknown, "bad ? byte", nil},
		"long":               {func() error { return errors.New(strings.Repeat("long ", 1<<18)) }, task.CodeUnknown, "long long", nil},
		"clumsy":             {func() error { return clumsy{} }, task.CodeUnknown, "Error method panicked", nil},
		"panic":              {func() error { explode("boom"); return nil }, task.CodePanic, "boom", nil},
		"panic with nothing": {func() error { panic(nil) }, task.CodePanic, "nil", nil},
		"nil pointer":        {func() error { var p *order; p.Arg++; return nil }, task.CodePanic, "nil pointer", nil},
		"goexit":             {func() error { runtime.Goexit(); return nil }, 0, "Goexit", nil},
		"from further away": {
			func() error { return task.FromWire("elsewhere", task.ToWire("g", errKnown)) }, task.CodeUnknown, "g on peer elsewhere", errKnown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			fails := do(t, func(context.Context, *peer.Peer, int) (int, error) { return 5, tc.fail() })
			got, err := futures.Submit(c.from(0), Act, fails(0)).Result(c.ctx)
			remote, ok := errors.AsType[*futures.RemoteError](err)
			if !ok || got != 0 {
				t.Fatalf("%d, %v", got, err)
			}
			if remote.Func != Act.Name() || remote.Executor != c.nodes[1].ID() || tc.code != 0 && remote.Code != tc.code {
				t.Errorf("%+v", remote)
			}
			for _, want := range []string{tc.text, Act.Name(), c.nodes[1].ID()} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %.200s", want, err)
				}
			}
			if tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("%v is not %v", err, tc.is)
			}
			if len(err.Error()) > 1<<15 {
				t.Errorf("%d bytes of text", len(err.Error()))
			}
		})
	}
}

// TestPanicAcross: the stack of the remote goroutine names the function that panicked.
func TestPanicAcross(t *testing.T) {
	c := start(t, 2, 1)
	c.occupy(0)
	f := do(t, func(context.Context, *peer.Peer, int) (int, error) { explode(errKnown); return 0, nil })
	_, err := futures.Submit(c.from(0), Act, f(0)).Result(c.ctx)
	p, ok := errors.AsType[*futures.PanicError](err)
	if !ok {
		t.Fatal(err)
	}
	if p.Func != Act.Name() || fmt.Sprint(p.Value) != errKnown.Error() || !strings.Contains(p.Stack, "peer_test.explode") {
		t.Errorf("%s: %v\n%s", p.Func, p.Value, p.Stack)
	}
	if !errors.Is(err, errKnown) {
		t.Errorf("%v is not what was given to panic", err)
	}
}

// TestResultCannotTravel: that is the error of the task, at once.
func TestResultCannotTravel(t *testing.T) {
	c := start(t, 2, 1)
	release := c.occupy(0)
	_, err := futures.Submit(c.from(0), Mute, 1).Result(c.ctx)
	remote, ok := errors.AsType[*futures.RemoteError](err)
	if !ok || !errors.Is(err, futures.ErrEncode) || remote.Code != task.CodeEncode || remote.Func != Mute.Name() || remote.Executor != c.nodes[1].ID() {
		t.Errorf("%v", err)
	}
	release()
	c.occupy(1) // at home it is no error
	if got, err := futures.Submit(c.from(0), Mute, 1).Result(c.ctx); got == nil || err != nil {
		t.Errorf("at home: %v", err)
	}
}

// TestArgumentCannotTravel: the task stays, and works; a warning says so, once.
func TestArgumentCannotTravel(t *testing.T) {
	c, release := lifeline(t, 1)
	var fs []futures.Future[int]
	for i := range 5 {
		fs = append(fs, futures.Submit(c.from(0), Deaf, make(chan int, i)))
	}
	warnings := func() []string { return c.nodes[0].log.lines("level=WARN", Deaf.Name(), "stay on this peer") }
	eventually(t, "a warning", func() bool { return len(warnings()) > 0 })
	for _, f := range fs {
		if f.State() != futures.StatePending {
			t.Errorf("one is %v while its peer is busy", f.State())
		}
	}
	release()
	for i, f := range fs {
		if got, err := f.Result(c.ctx); got != i || err != nil {
			t.Errorf("%d: %d, %v", i, got, err)
		}
	}
	if w := warnings(); len(w) != 1 {
		t.Errorf("%d warnings:\n%s", len(w), c.nodes[0].log)
	}
	if s := c.nodes[1].Stats(); s.Stolen != 0 {
		t.Errorf("%d tasks were taken", s.Stolen)
	}
}

// TestLargeResults: near the limit, at it, and above.
func TestLargeResults(t *testing.T) {
	sizes := []int{1 << 10, 300 << 10, 20 << 20}
	if !testing.Short() && !raceEnabled { // under the race detector they take ten seconds
		const head = 5 // bytes that CBOR puts before so many
		sizes = append(sizes, futures.MaxValueBytes-head, futures.MaxValueBytes)
	}
	c := start(t, 2, 1)
	c.occupy(0)
	for _, size := range sizes {
		got, err := futures.Submit(c.from(0), Blob, size).Result(c.ctx)
		switch {
		case size > 256<<20-64 && errors.Is(err, futures.ErrTooLarge) && strings.Contains(err.Error(), c.nodes[1].ID()):
		case err != nil || len(got) != size || size >= futures.MaxValueBytes:
			t.Errorf("%d bytes: %d came, %v", size, len(got), err)
		}
	}
}

// TestMapErrorAcross: the error of one item names the function and the peer, as that of a future does.
func TestMapErrorAcross(t *testing.T) {
	c := start(t, 2, 1)
	c.occupy(0)
	item := do(t, func(_ context.Context, _ *peer.Peer, n int) (int, error) {
		if n == 3 {
			return 0, errKnown
		}
		return n, nil
	})
	got, err := futures.Collect(futures.Map(c.from(0), Act, until(newRoll(0), 10, item)))
	if !errors.Is(err, errKnown) || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
}
