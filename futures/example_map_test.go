package futures_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/scoopp2p/scoopp2p/futures"
)

var Shout = futures.Declare[string, string]("example/shout")

func init() {
	Shout.Handle(func(_ context.Context, s string) (string, error) { return strings.ToUpper(s) + "!", nil })
}

// Map yields results in the order of the inputs.
func ExampleMap() {
	local(func(ctx context.Context) error {
		words := slices.Values([]string{"many", "hands", "make", "light", "work"})
		for loud, err := range futures.Map(ctx, Shout, words) {
			if err != nil {
				return err
			}
			fmt.Println(loud)
		}
		return nil
	})
	// Output:
	// MANY!
	// HANDS!
	// MAKE!
	// LIGHT!
	// WORK!
}

// The inputs may go on for ever: they are drawn as they are needed, and leaving the loop cancels what is under way.
func ExampleMap_endless() {
	local(func(ctx context.Context) error {
		naturals := func(yield func(int) bool) {
			for n := 0; yield(n); n++ {
			}
		}
		for moves, err := range futures.Map(ctx, Hanoi, func(yield func(int) bool) {
			for n := range naturals {
				if !yield(n % 10) {
					return
				}
			}
		}) {
			if err != nil {
				return err
			}
			fmt.Print(moves, " ")
			if moves == 511 {
				break
			}
		}
		return nil
	})
	// Output: 0 1 3 7 15 31 63 127 255 511
}

// Collect makes a slice of the results, up to the first error.
func ExampleCollect() {
	local(func(ctx context.Context) error {
		loud, err := futures.Collect(futures.Map(ctx, Shout, slices.Values([]string{"a", "b"})))
		fmt.Println(loud, err)
		return nil
	})
	// Output: [A! B!] <nil>
}
