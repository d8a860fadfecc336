// Command object sends structs to tasks and gets changed ones back. A task owns neither its input nor its result:
// whether it ran here or elsewhere, the caller's originals stay as they were, provided the task changes a copy. A
// struct without pointers, as here, is a copy already.
//
// After SCOOP's examples/object.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

// Counter crosses the wire by its exported fields.
type Counter struct {
	Name  string
	Value int
}

// Increment returns a counter that is one further.
var Increment = futures.Declare[Counter, Counter]("object.increment")

func increment(_ context.Context, c Counter) (Counter, error) {
	c.Value++
	return c, nil
}

func run(ctx context.Context) error {
	var counters []Counter
	for i := range 20 {
		counters = append(counters, Counter{Name: fmt.Sprint("counter ", i), Value: 5})
	}
	changed, err := futures.Collect(futures.Map(ctx, Increment, slices.Values(counters)))
	if err != nil {
		return err
	}
	var values []int
	for _, c := range changed {
		values = append(values, c.Value)
	}
	fmt.Println(values)
	for i, c := range changed {
		if want := (Counter{fmt.Sprint("counter ", i), 6}); c != want {
			return fmt.Errorf("got %v, want %v", c, want)
		}
		if counters[i].Value != 5 {
			return fmt.Errorf("the original of %s changed to %d", c.Name, counters[i].Value)
		}
	}
	return nil
}

func main() {
	flag.Parse()
	Increment.Handle(increment)
	futures.Main(run)
}
