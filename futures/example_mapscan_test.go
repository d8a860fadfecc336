package futures_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

var Plus = futures.Declare[[2]int, int]("example/plus")

func init() {
	Plus.Handle(func(_ context.Context, p [2]int) (int, error) { return p[0] + p[1], nil })
}

// MapScan yields the running combination: here, the sums of the moves of all towers so far.
func ExampleMapScan() {
	local(func(ctx context.Context) error {
		sums, err := futures.Collect(futures.MapScan(ctx, Hanoi, Plus, slices.Values([]int{1, 2, 3, 4, 5})))
		fmt.Println(sums, err)
		return nil
	})
	// Output: [1 4 11 26 57] <nil>
}
