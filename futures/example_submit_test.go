package futures_test

import (
	"context"
	"fmt"

	"github.com/scoopp2p/scoopp2p/futures"
)

var Hanoi = futures.Declare[int, int]("example/hanoi")

func init() { Hanoi.Handle(hanoi) }

// hanoi counts the moves that a tower of n discs takes. The body submits itself, so it is given after the declaration.
func hanoi(ctx context.Context, n int) (int, error) {
	if n == 0 {
		return 0, nil
	}
	above := futures.Submit(ctx, Hanoi, n-1) // run by this worker, unless another has nothing to do
	below, err := hanoi(ctx, n-1)
	if err != nil {
		return 0, err
	}
	moves, err := above.Result(ctx)
	return moves + 1 + below, err
}

// Submit makes a future; Result waits for it.
func ExampleSubmit() {
	local(func(ctx context.Context) error {
		moves, err := futures.Submit(ctx, Hanoi, 10).Result(ctx)
		fmt.Println(moves, err)
		return nil
	})
	// Output: 1023 <nil>
}

// A future that nobody needs any more is cancelled, wherever it is.
func ExampleFuture_Cancel() {
	local(func(ctx context.Context) error {
		f := futures.Submit(ctx, Hanoi, 60) // would take years
		fmt.Println(f.Cancel(), f.State())
		_, err := f.Result(ctx)
		fmt.Println(err)
		return nil
	})
	// Output:
	// true cancelled
	// context canceled
}

// TryResult looks without waiting.
func ExampleFuture_TryResult() {
	local(func(ctx context.Context) error {
		f := futures.Submit(ctx, Hanoi, 4)
		futures.Blocking(ctx, func() { <-f.Done() }) // waits as a channel does, and lends the worker meanwhile
		moves, err, ok := f.TryResult()
		fmt.Println(moves, err, ok)
		return nil
	})
	// Output: 15 <nil> true
}
