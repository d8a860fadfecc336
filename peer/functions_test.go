package peer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// order names what a task of the tests does: the peers of a cluster share a process, so it can be a closure.
type order struct {
	Act uint64
	Arg int
}

// act is what a task does on whatever peer it runs.
type act func(ctx context.Context, at *peer.Peer, arg int) (int, error)

// acts are the closures by number.
var acts struct {
	sync.Mutex
	last uint64
	byID map[uint64]act
}

// do returns orders to do fn, valid until the test ends.
func do(t testing.TB, fn act) func(arg int) order {
	acts.Lock()
	defer acts.Unlock()
	acts.last++
	id := acts.last
	if acts.byID == nil {
		acts.byID = make(map[uint64]act)
	}
	acts.byID[id] = fn
	t.Cleanup(func() {
		acts.Lock()
		defer acts.Unlock()
		delete(acts.byID, id)
	})
	return func(arg int) order { return order{id, arg} }
}

func carryOut(ctx context.Context, o order) (int, error) {
	acts.Lock()
	fn := acts.byID[o.Act]
	acts.Unlock()
	if fn == nil {
		return 0, errors.New("the test of this order has ended")
	}
	at, ok := peer.FromContext(ctx)
	if !ok {
		return 0, errors.New("a task without a peer")
	}
	return fn(ctx, at, o.Arg)
}

// The functions of the tests.
var (
	Act     = futures.Declare[order, int]("peer/act")
	ActOnce = futures.AtMostOnce(futures.Declare[order, int]("peer/act once"))
	Range   = futures.Declare[int, stretch]("peer/range")
	Concat  = futures.Declare[[2]stretch, stretch]("peer/concat")
	Fib     = futures.Declare[int, int]("peer/fib")
	Blob    = futures.Declare[int, []byte]("peer/blob")
	Mute    = futures.Declare[int, chan int]("peer/mute")
	Deaf    = futures.Declare[chan int, int]("peer/deaf")

	// Remote is handled by processes of the tests only, see process_test.go.
	Remote = futures.Declare[string, string]("peer/remote")
	// Differs is handled with another type there.
	Differs = futures.Declare[int, string]("peer/differs")
)

var errKnown = futures.DeclareError("peer/known", errors.New("a known error"))

// handle gives the functions that run in the process of the tests their bodies.
func handle() {
	Act.Handle(carryOut)
	ActOnce.Handle(carryOut)
	Range.Handle(func(ctx context.Context, n int) (stretch, error) {
		at, _ := peer.FromContext(ctx)
		rangeRoll.Load().sign(at)
		return stretch{n, n + ballast()}, nil
	})
	Concat.Handle(func(_ context.Context, p [2]stretch) (stretch, error) {
		if p[0].To != p[1].From {
			return stretch{}, fmt.Errorf("%v before %v", p[0], p[1])
		}
		return stretch{p[0].From, p[1].To}, nil
	})
	Fib.Handle(fib)
	Blob.Handle(func(_ context.Context, n int) ([]byte, error) { return make([]byte, n), nil })
	Mute.Handle(func(context.Context, int) (chan int, error) { return make(chan int), nil })
	Deaf.Handle(func(_ context.Context, c chan int) (int, error) { return cap(c), nil })
	Differs.Handle(func(_ context.Context, n int) (string, error) { return fmt.Sprint(n), nil })
}

// stretch is the numbers from From up to To.
type stretch struct{ From, To int }

// rangeRoll is where Range signs.
var rangeRoll atomic.Pointer[roll]

func fib(ctx context.Context, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	left := futures.Submit(ctx, Fib, n-1)
	right, err := fib(ctx, n-2)
	if err != nil {
		return 0, err
	}
	l, err := left.Result(ctx)
	return l + right, err
}

// ballast is 1, after some work.
func ballast() int {
	done := work(workSize)
	return done / max(done, 1)
}

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role))
	}
	handle()
	os.Exit(m.Run())
}
