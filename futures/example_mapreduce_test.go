package futures_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scoopp2p/scoopp2p/futures"
)

var (
	Count = futures.Declare[string, map[string]int]("example/count")
	Merge = futures.Declare[[2]map[string]int, map[string]int]("example/merge")
)

func init() {
	Count.Handle(func(_ context.Context, line string) (map[string]int, error) {
		counts := make(map[string]int)
		for _, word := range strings.Fields(line) {
			counts[word]++
		}
		return counts, nil
	})
	Merge.Handle(func(_ context.Context, p [2]map[string]int) (map[string]int, error) {
		sum := maps.Clone(p[0]) // inputs are not ours to change
		for word, n := range p[1] {
			sum[word] += n
		}
		return sum, nil
	})
}

// MapReduce combines where the parts are: what travels is sums, not items.
func ExampleMapReduce() {
	lines := slices.Values([]string{"a rose is a rose", "is a rose", "is a rose"})
	local(func(ctx context.Context) error {
		counts, err := futures.MapReduce(ctx, Count, Merge, lines)
		fmt.Println(counts, err)
		return nil
	})
	// Output: map[a:4 is:3 rose:4] <nil>
}
