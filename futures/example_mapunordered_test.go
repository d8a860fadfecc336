package futures_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

// MapUnordered yields results as they come, so their order is not known.
func ExampleMapUnordered() {
	local(func(ctx context.Context) error {
		sum := 0
		for moves, err := range futures.MapUnordered(ctx, Hanoi, slices.Values([]int{1, 2, 3, 4, 5})) {
			if err != nil {
				return err
			}
			sum += moves
		}
		fmt.Println(sum)
		return nil
	})
	// Output: 57
}
