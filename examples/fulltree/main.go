// Command fulltree nests four levels of futures and shows a different way to wait on each: Submit and Wait, Map with
// Collect, AsCompleted, and a Map consumed as it comes. It adds up l² for all l <= j <= i <= n.
//
// After SCOOP's examples/full_tree.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"

	"github.com/scoopp2p/scoopp2p/futures"
)

var n = flag.Int("n", 20, "size of the tree")

// The levels of the tree, from the top.
var (
	Root   = futures.Declare[int, int]("fulltree.root")
	Plane  = futures.Declare[int, int]("fulltree.plane")
	Row    = futures.Declare[int, int]("fulltree.row")
	Square = futures.Declare[int, int]("fulltree.square")
)

// upTo yields 1, 2, ..., n.
func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 1; i <= n && yield(i); i++ {
		}
	}
}

// root wants all planes before it goes on.
func root(ctx context.Context, n int) (int, error) {
	planes, err := futures.Collect(futures.Map(ctx, Plane, upTo(n)))
	sum := 0
	for _, p := range planes {
		sum += p
	}
	return sum, err
}

// plane takes its rows in the order in which they are completed.
func plane(ctx context.Context, n int) (int, error) {
	var rows []futures.Future[int]
	for i := range upTo(n) {
		rows = append(rows, futures.Submit(ctx, Row, i))
	}
	sum := 0
	for row := range futures.AsCompleted(ctx, rows...) {
		s, err := row.Result(ctx)
		if err != nil {
			return 0, err
		}
		sum += s
	}
	return sum, nil
}

// row adds its squares as they come, in input order.
func row(ctx context.Context, n int) (int, error) {
	sum := 0
	for s, err := range futures.Map(ctx, Square, upTo(n)) {
		if err != nil {
			return 0, err
		}
		sum += s
	}
	return sum, nil
}

func run(ctx context.Context) error {
	task := futures.Submit(ctx, Root, *n)
	if _, _, err := futures.Wait(ctx, []futures.Future[int]{task}, futures.AllCompleted); err != nil {
		return err
	}
	got, err := task.Result(ctx)
	if err != nil {
		return err
	}
	fmt.Println(got)
	if want := serial(*n); got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}

func serial(n int) (sum int) {
	for i := range upTo(n) {
		for j := range upTo(i) {
			for l := range upTo(j) {
				sum += l * l
			}
		}
	}
	return sum
}

func main() {
	flag.Parse()
	Root.Handle(root)
	Plane.Handle(plane)
	Row.Handle(row)
	Square.Handle(func(_ context.Context, x int) (int, error) { return x * x, nil })
	futures.Main(run)
}
