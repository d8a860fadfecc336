package futures

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// nap is an item of a span in these tests: it takes some time and gives a number, or fails.
type nap struct {
	For   time.Duration
	Index int
	Fail  bool
}

var (
	naps     = Declare[nap, string]("span/nap")
	napJoin  = Declare[[2]string, string]("span/join")
	errNap   = errors.New("a nightmare")
	onceOnly = AtMostOnce(Declare[int, int]("span/once"))
)

func init() {
	naps.Handle(func(_ context.Context, n nap) (string, error) {
		if n.For > 0 {
			time.Sleep(n.For)
		}
		if n.Fail {
			return "", fmt.Errorf("item %d: %w", n.Index, errNap)
		}
		return fmt.Sprintf("%d,", n.Index), nil
	})
	napJoin.Handle(func(_ context.Context, p [2]string) (string, error) { return p[0] + p[1], nil })
}

// runSpans runs a span as a task of a peer, in virtual time.
func runSpans(t *testing.T, workers int, s span[nap, string]) (p part[string]) {
	t.Helper()
	pool := worker.New(context.Background(), worker.Config{Workers: workers})
	err := pool.Run(context.Background(), func(ctx context.Context) (err error) {
		p, err = submit(ctx, naps.ranged, s).Result(ctx)
		return err
	})
	if err := errors.Join(err, pool.Close(ErrClosed, time.Hour)); err != nil {
		t.Error(err)
	}
	return p
}

// TestSpanIsRightWhateverIsStolen: random lengths, durations and failures; the results up to the first failure in input
// order are there, whether they go to an array of the submitter, into an own one, or through a fold.
func TestSpanIsRightWhateverIsStolen(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for _, workers := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("workers=%d", workers), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, uint64(workers)))
			for range 60 {
				synctest.Test(t, func(t *testing.T) { trySpan(t, r, workers) })
			}
		})
	}
}

func trySpan(t *testing.T, r *rand.Rand, workers int) {
	items := make([]nap, r.IntN(600))
	pace := 1 + r.IntN(20)
	for i := range items {
		items[i].Index = i
		if r.IntN(pace) == 0 {
			items[i].For = time.Duration(r.IntN(200)) * time.Microsecond
		}
	}
	want := len(items) // items before the first failure
	for range r.IntN(3) {
		if len(items) > 0 {
			bad := r.IntN(len(items))
			items[bad].Fail = true
			want = min(want, bad)
		}
	}
	s := span[nap, string]{Items: items}
	switch r.IntN(3) {
	case 0:
		s.dst = make([]string, len(items))
	case 1:
		s.Reduce = napJoin.Name()
	}
	p := runSpans(t, workers, s)
	if p.N != want || (p.Fail != nil) != (want < len(items)) {
		t.Fatalf("%d of %d items succeeded before %v; want %d", p.N, len(items), p.Fail, want)
	}
	if p.Fail != nil && (!errors.Is(p.Fail.err, errNap) || p.Fail.err.Error() != fmt.Sprintf("item %d: %v", want, errNap)) {
		t.Fatalf("item %d failed first, and not with %v", want, p.Fail.err)
	}
	checkOuts(t, s, p, want)
}

func checkOuts(t *testing.T, s span[nap, string], p part[string], n int) {
	t.Helper()
	outs, all := s.dst, ""
	if s.dst == nil {
		outs = p.Outs
	}
	for i := range n {
		text := fmt.Sprintf("%d,", i)
		all += text
		if s.Reduce == "" && outs[i] != text {
			t.Fatalf("item %d gives %q", i, outs[i])
		}
	}
	if s.Reduce != "" && p.Fail == nil && p.Acc != all {
		t.Fatalf("the fold gives %q, want %q", p.Acc, all)
	}
}

// TestSpanIsShared: slow items are spread over the workers.
func TestSpanIsShared(t *testing.T) {
	for _, workers := range []int{2, 4} {
		synctest.Test(t, func(t *testing.T) {
			items := make([]nap, 400)
			for i := range items {
				items[i] = nap{For: time.Millisecond, Index: i}
			}
			begun := time.Now()
			runSpans(t, workers, span[nap, string]{Items: items})
			serial := time.Duration(len(items)) * time.Millisecond
			if took := time.Since(begun); took < serial/time.Duration(workers) || took > serial*4/5 {
				t.Errorf("%d workers took %v, one takes %v", workers, took, serial)
			}
		})
	}
}

// TestSpanOverTheWire encodes a span and its outcome as they travel: what is private to a peer stays there, and an error
// within the outcome learns from where it came.
func TestSpanOverTheWire(t *testing.T) {
	s := span[nap, string]{Items: []nap{{Index: 7}, {Index: 8, For: time.Second}}, Reduce: "span/join", dst: make([]string, 2)}
	data, err := encode(&s)
	if err != nil {
		t.Fatal(err)
	}
	made, err := naps.ranged.erased.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	got := made.Body.(*record[span[nap, string], part[string]])
	if len(got.in.Items) != 2 || got.in.Items[1] != s.Items[1] || got.in.Reduce != s.Reduce || got.in.dst != nil {
		t.Errorf("%+v", got.in)
	}
	got.out = part[string]{Outs: []string{"7,"}, N: 1, Busy: time.Second, Fail: &failure{err: fmt.Errorf("far away: %w", context.Canceled)}}
	if data, err = got.Output(); err != nil {
		t.Fatal(err)
	}
	home := naps.ranged.newRecord()
	if err := home.SetOutput("the executor", data); err != nil {
		t.Fatal(err)
	}
	var remote *RemoteError
	out := home.out
	if len(out.Outs) != 1 || out.N != 1 || out.Busy != time.Second || !errors.As(out.Fail.err, &remote) ||
		remote.Executor != "the executor" || !errors.Is(out.Fail.err, context.Canceled) {
		t.Errorf("%+v, %v", out, out.Fail)
	}
	if err := home.SetOutput("liar", []byte{0xff}); err == nil || home.out.N != 1 {
		t.Errorf("a result that does not decode: %v, and the record has %+v", err, home.out)
	}
	if _, err := naps.erased.Decode([]byte{0x9f}); err == nil {
		t.Error("an input that does not decode is taken")
	}
}

// TestReducerOfAnotherType: names meet types at run time, and do not match.
func TestReducerOfAnotherType(t *testing.T) {
	if _, err := reducer[int](napJoin.Name()); !errors.Is(err, ErrSignature) {
		t.Errorf("the fold of strings as one of numbers: %v", err)
	}
	if _, err := reducer[string](naps.Name()); !errors.Is(err, ErrSignature) {
		t.Errorf("a function that is no fold: %v", err)
	}
	if _, err := reducer[string]("span/never declared"); !errors.Is(err, ErrNotHandled) {
		t.Errorf("a name that nobody declared: %v", err)
	}
}

// TestAtMostOnceIsMarked on the function and its ranged twin, and on no other.
func TestAtMostOnceIsMarked(t *testing.T) {
	if !onceOnly.erased.AtMostOnce || !onceOnly.ranged.erased.AtMostOnce {
		t.Error("the mark is missing")
	}
	if naps.erased.AtMostOnce || naps.ranged.erased.AtMostOnce {
		t.Error("an unmarked function is marked")
	}
	if f := task.Functions.Lookup("span/once"); f == nil || !f.AtMostOnce {
		t.Errorf("the registry has %+v", f)
	}
}
