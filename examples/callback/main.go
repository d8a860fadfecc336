// Command callback calls a function as each future finishes, whoever is or is not waiting for it.
//
// The five tasks only sleep. A sleeping task would hold its worker for nothing, so it lends the slot out with
// futures.Blocking: all five sleep at once even on one worker, and therefore finish in order of length.
//
// After SCOOP's examples/callback.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

const naps = 5

var unit = flag.Duration("unit", 200*time.Millisecond, "the k-th task sleeps k times this long")

// Nap sleeps n units and returns n.
var Nap = futures.Declare[int, int]("callback.nap")

func nap(ctx context.Context, n int) (int, error) {
	futures.Blocking(ctx, func() {
		select {
		case <-time.After(time.Duration(n) * *unit):
		case <-ctx.Done():
		}
	})
	return n, ctx.Err()
}

func run(ctx context.Context) error {
	var sum atomic.Int64
	var called sync.WaitGroup
	fs := make([]futures.Future[int], naps)
	for i := range fs {
		fs[i] = futures.Submit(ctx, Nap, i+1)
		called.Add(1)
		fs[i].OnDone(func(f futures.Future[int]) {
			defer called.Done()
			n, err := f.Result(ctx) // at once: the future is done
			if err != nil {
				return // run meets the same error below
			}
			fmt.Println("Done:", n)
			sum.Add(int64(n))
		})
	}
	for f := range futures.AsCompleted(ctx, fs...) {
		if _, err := f.Result(ctx); err != nil {
			return err
		}
	}
	called.Wait() // a future can be done a moment before its callback has returned
	if want := int64(naps * (naps + 1) / 2); sum.Load() != want {
		return fmt.Errorf("the callbacks saw a sum of %d, want %d", sum.Load(), want)
	}
	return nil
}

func main() {
	flag.Parse()
	Nap.Handle(nap)
	futures.Main(run)
}
