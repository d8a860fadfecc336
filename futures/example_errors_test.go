package futures_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

// ErrNoRoot keeps its identity on the way from another peer, because it is declared.
var ErrNoRoot = futures.DeclareError("example/no root", errors.New("no real root"))

var (
	Root   = futures.Declare[float64, float64]("example/root")
	Divide = futures.Declare[[2]int, int]("example/divide")
)

func init() {
	Root.Handle(func(_ context.Context, x float64) (float64, error) {
		if x < 0 {
			return 0, fmt.Errorf("root of %v: %w", x, ErrNoRoot)
		}
		return math.Sqrt(x), nil
	})
	Divide.Handle(func(_ context.Context, p [2]int) (int, error) { return p[0] / p[1], nil })
}

// A mapping has at most one error, and it is the last that it yields.
func ExampleDeclareError() {
	local(func(ctx context.Context) error {
		for root, err := range futures.Map(ctx, Root, slices.Values([]float64{4, 9, -1, 16})) {
			fmt.Println(root, err, errors.Is(err, ErrNoRoot))
		}
		return nil
	})
	// Output:
	// 2 <nil> false
	// 3 <nil> false
	// 0 root of -1: no real root true
}

// A panic becomes the error of its future, with the stack; the peer lives on.
func ExamplePanicError() {
	local(func(ctx context.Context) error {
		_, err := futures.Submit(ctx, Divide, [2]int{1, 0}).Result(ctx)
		var p *futures.PanicError
		fmt.Println(errors.As(err, &p), err)
		return nil
	})
	// Output: true example/divide panicked: runtime error: integer divide by zero
}
