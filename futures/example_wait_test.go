package futures_test

import (
	"context"
	"fmt"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var Until = futures.Declare[time.Duration, string]("example/until")

func init() {
	Until.Handle(func(ctx context.Context, d time.Duration) (string, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		var err error
		futures.Blocking(ctx, func() { // lends the worker to others
			select {
			case <-timer.C:
			case <-ctx.Done():
				err = ctx.Err()
			}
		})
		return fmt.Sprint("after ", d), err
	})
}

// Wait returns when the condition holds, or when its context ends; what is not done goes on.
func ExampleWait() {
	local(func(ctx context.Context) error {
		fs := []futures.Future[string]{
			futures.Submit(ctx, Until, time.Hour),
			futures.Submit(ctx, Until, time.Millisecond),
		}
		// The wait lends its worker, too: the two need it.
		var done, pending []futures.Future[string]
		var err error
		futures.Blocking(ctx, func() { done, pending, err = futures.Wait(ctx, fs, futures.FirstCompleted) })
		fmt.Println(len(done), len(pending), err)
		first, err := done[0].Result(ctx)
		fmt.Println(first, err)
		fmt.Println(pending[0].Cancel())
		return nil
	})
	// Output:
	// 1 1 <nil>
	// after 1ms <nil>
	// true
}
