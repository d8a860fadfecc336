// Command funcs maps three small functions over the same inputs: a function literal, one from the standard library,
// and one made by another function. What may be a task is any function of the one signature; what it is called across
// the swarm is its declared name, so closures need no shipping of code.
//
// After SCOOP's examples/lambda.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

// Three functions, handled in main by three kinds of function value.
var (
	Double = futures.Declare[int, int]("funcs.double")
	Cosine = futures.Declare[float64, float64]("funcs.cosine")
	AddOne = futures.Declare[int, int]("funcs.add-one")
)

// adder returns a function that adds k: a closure is a task like any other as long as every process makes the same.
func adder(k int) func(context.Context, int) (int, error) {
	return func(_ context.Context, x int) (int, error) { return x + k, nil }
}

// show maps f over inputs, prints the results and compares them with the same done serially.
func show[In, Out comparable](ctx context.Context, f *futures.Func[In, Out], inputs []In, serial func(In) Out) error {
	got, err := futures.Collect(futures.Map(ctx, f, slices.Values(inputs)))
	if err != nil {
		return err
	}
	fmt.Println(got)
	var want []Out
	for _, in := range inputs {
		want = append(want, serial(in))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s gave %v, want %v", f.Name(), got, want)
	}
	return nil
}

func run(ctx context.Context) error {
	ints, floats := make([]int, 10), make([]float64, 10)
	for i := range ints {
		ints[i], floats[i] = i, float64(i)
	}
	if err := show(ctx, Double, ints, func(x int) int { return 2 * x }); err != nil {
		return err
	}
	if err := show(ctx, Cosine, floats, math.Cos); err != nil {
		return err
	}
	return show(ctx, AddOne, ints, func(x int) int { return x + 1 })
}

func main() {
	flag.Parse()
	Double.Handle(func(_ context.Context, x int) (int, error) { return 2 * x, nil })
	Cosine.Handle(func(_ context.Context, x float64) (float64, error) { return math.Cos(x), nil })
	AddOne.Handle(adder(1))
	futures.Main(run)
}
