// Command conditional decides at run time which function a future is for: a declared function is an ordinary value.
//
// After SCOOP's examples/conditional_execution.py, with a seed so that the coin falls the same way every time.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"

	"github.com/scoopp2p/scoopp2p/futures"
)

var seed = flag.Uint64("seed", 1, "seed of the coin")

// Two functions of one type.
var (
	World    = futures.Declare[string, string]("conditional.world")
	Parallel = futures.Declare[string, string]("conditional.parallel")
)

func run(ctx context.Context) error {
	greet, want := World, "Hello World"
	if rand.New(rand.NewPCG(*seed, 0)).IntN(2) == 1 {
		greet, want = Parallel, "Hello Parallel World"
	}
	got, err := futures.Submit(ctx, greet, "Hello").Result(ctx)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s answered %q, want %q", greet.Name(), got, want)
	}
	fmt.Println(got)
	return nil
}

func main() {
	flag.Parse()
	World.Handle(func(_ context.Context, s string) (string, error) { return s + " World", nil })
	Parallel.Handle(func(_ context.Context, s string) (string, error) { return s + " Parallel World", nil })
	futures.Main(run)
}
