package futures_test

import (
	"context"
	"fmt"

	"github.com/scoopp2p/scoopp2p/futures"
)

// AsCompleted yields each future once when it is done, those that failed too: nothing is lost, and nothing ends the loop.
func ExampleAsCompleted() {
	local(func(ctx context.Context) error {
		var fs []futures.Future[float64]
		for _, x := range []float64{4, 9, -1, 16} {
			fs = append(fs, futures.Submit(ctx, Root, x))
		}
		sum, failed := 0.0, 0
		for f := range futures.AsCompleted(ctx, fs...) {
			if root, err := f.Result(ctx); err != nil {
				failed++
			} else {
				sum += root
			}
		}
		fmt.Println("sum:", sum, "failed:", failed)
		return nil
	})
	// Output: sum: 9 failed: 1
}
