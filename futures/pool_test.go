package futures_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

const (
	// patience bounds every test that could hang: its tasks are cancelled then, and it fails.
	patience = 30 * time.Second
	// closeGrace is how long a pool may take to end.
	closeGrace = 10 * time.Second
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 picks one, which is printed")

// seeded returns a generator, and prints how to get the same again.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("replay with -seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// counts are the numbers of workers that most tests run with: alone, with a sibling, with more than this machine has cores.
var counts = []int{1, 2, 4}

// run runs fn as a task of a fresh peer, closes the peer, and sees that no goroutine is left.
func run(t *testing.T, workers int, fn func(ctx context.Context) error) {
	t.Helper()
	defer goleak.VerifyNone(t)
	runBubble(t, workers, fn)
}

// runBubble is run for synctest bubbles, which look for goroutines that are left themselves.
func runBubble(t *testing.T, workers int, fn func(ctx context.Context) error) {
	t.Helper()
	p := worker.New(context.Background(), worker.Config{Workers: workers})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.Run(ctx, fn); err != nil {
		t.Error(err)
	}
	if err := p.Close(futures.ErrClosed, closeGrace); err != nil {
		t.Error(err)
	}
}

// each runs fn as a subtest with each number of workers.
func each(t *testing.T, fn func(ctx context.Context) error) {
	t.Helper()
	for _, workers := range counts {
		t.Run(fmt.Sprintf("workers=%d", workers), func(t *testing.T) { run(t, workers, fn) })
	}
}

// outside runs fn with a context that is bound to a fresh peer and belongs to no task.
func outside(t *testing.T, workers int, fn func(ctx context.Context) error) {
	t.Helper()
	defer goleak.VerifyNone(t)
	p := worker.New(context.Background(), worker.Config{Workers: workers})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := fn(worker.NewContext(ctx, p)); err != nil {
		t.Error(err)
	}
	if err := p.Close(futures.ErrClosed, closeGrace); err != nil {
		t.Error(err)
	}
}

// local is what the examples run on: a peer of two workers that knows no others.
func local(run func(context.Context) error) {
	p := worker.New(context.Background(), worker.Config{Workers: 2})
	if err := p.Run(context.Background(), run); err != nil {
		fmt.Println("error:", err)
	}
	if err := p.Close(futures.ErrClosed, closeGrace); err != nil {
		fmt.Println("error:", err)
	}
}

// The functions of the tests. Do takes its work as a value, which only a peer without others can do.
var (
	Do     = futures.Declare[func(context.Context) (int, error), int]("test/do")
	Square = futures.Declare[int, int]("test/square")
	Add    = futures.Declare[[2]int, int]("test/add")
	Letter = futures.Declare[int, string]("test/letter")
	Join   = futures.Declare[[2]string, string]("test/join")
	Nobody = futures.Declare[int, int]("test/nobody")
	NoFold = futures.Declare[[2]int, int]("test/nobody folds")
)

var errNegative = futures.DeclareError("test/negative", errors.New("negative"))

// work is what Do runs.
type work = func(context.Context) (int, error)

func init() {
	Do.Handle(func(ctx context.Context, fn func(context.Context) (int, error)) (int, error) { return fn(ctx) })
	Square.Handle(square)
	Add.Handle(func(_ context.Context, p [2]int) (int, error) { return p[0] + p[1], nil })
	Letter.Handle(func(_ context.Context, n int) (string, error) { return letter(n), nil })
	Join.Handle(func(_ context.Context, p [2]string) (string, error) { return p[0] + p[1], nil })
}

func square(_ context.Context, x int) (int, error) {
	if x < 0 {
		return 0, fmt.Errorf("square of %d: %w", x, errNegative)
	}
	return x * x, nil
}

func letter(n int) string { return string(rune('a' + n%26)) }

// upTo yields 0, 1, …, n-1.
func upTo(n int) []int {
	xs := make([]int, n)
	for i := range xs {
		xs[i] = i
	}
	return xs
}

// squares is the sequential twin of Map with Square.
func squares(xs []int) []int {
	ys := make([]int, len(xs))
	for i, x := range xs {
		ys[i] = x * x
	}
	return ys
}

// same describes how got differs from want, nil if it does not.
func same[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// sameSlice is same for slices; it shows the first difference only.
func sameSlice[T comparable](what string, got, want []T) error {
	if slices.Equal(got, want) {
		return nil
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Errorf("%s: got %v at %d, want %v (lengths %d and %d)", what, got[i], i, want[i], len(got), len(want))
		}
	}
	return fmt.Errorf("%s: %d elements, want %d", what, len(got), len(want))
}

// is describes how err differs from want in the sense of errors.Is, nil if it does not.
func is(what string, err, want error) error {
	if !errors.Is(err, want) {
		return fmt.Errorf("%s: error %v, want %v", what, err, want)
	}
	return nil
}

// blockUntil waits for a channel without holding the worker.
func blockUntil(ctx context.Context, done <-chan struct{}) { futures.Blocking(ctx, func() { <-done }) }

// values is slices.Values, spelled for line length.
func values[T any](xs []T) func(yield func(T) bool) { return slices.Values(xs) }
