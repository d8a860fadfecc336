// Command mapdoc is the smallest complete program: one function, mapped over sixteen inputs, results in input order
// no matter where and in what order they were computed.
//
// After SCOOP's examples/map_doc.py. Its conditional_import.py, the same with a fallback to a serial map, needs no
// port: without the launcher this very program runs on one peer.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

// Hello makes the line of number i.
var Hello = futures.Declare[int, string]("mapdoc.hello")

func hello(_ context.Context, i int) (string, error) {
	return fmt.Sprintf("Hello World from Future #%d", i), nil
}

func run(ctx context.Context) error {
	inputs := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	next := 0
	for line, err := range futures.Map(ctx, Hello, slices.Values(inputs)) {
		if err != nil {
			return err
		}
		if want, _ := hello(ctx, inputs[next]); line != want {
			return fmt.Errorf("result %d is %q, want %q", next, line, want)
		}
		fmt.Println(line)
		next++
	}
	if next != len(inputs) {
		return fmt.Errorf("%d results for %d inputs", next, len(inputs))
	}
	return nil
}

func main() {
	flag.Parse()
	Hello.Handle(hello)
	futures.Main(run)
}
