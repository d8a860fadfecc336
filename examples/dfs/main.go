// Command dfs searches depth first for all knight's tours: ways to visit every square of a board once by knight's
// moves. Each of the first -depth moves is a task for every square it can lead to. A search tree is as uneven as trees
// get (most branches die at once, a few hold nearly all of the work), and nobody can tell beforehand which.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var (
	rows  = flag.Int("rows", 5, "rows of the board (rows*cols is 1 to 64; beyond 5x6 it takes long)")
	cols  = flag.Int("cols", 5, "columns of the board")
	depth = flag.Int("depth", 6, "moves that are tasks; below them one task searches alone")
)

// Tour is a path so far.
type Tour struct {
	Visited uint64 // set of squares, numbered row by row
	At      int
	Moves   int // squares visited
}

// Tours counts the complete tours that begin with a tour.
var Tours = futures.Declare[Tour, int]("dfs.tours")

func tours(ctx context.Context, t Tour) (int, error) {
	if t.Moves > *depth || t.Moves == *rows**cols {
		return serial(t), nil
	}
	sum := 0
	for s, err := range futures.Map(ctx, Tours, t.next) {
		if err != nil {
			return 0, err
		}
		sum += s
	}
	return sum, nil
}

func serial(t Tour) int {
	if t.Moves == *rows**cols {
		return 1
	}
	sum := 0
	for next := range t.next {
		sum += serial(next)
	}
	return sum
}

// next yields the tours that are one move longer. The first move may be to any square.
func (t Tour) next(yield func(Tour) bool) {
	if t.Moves == 0 {
		for square := 0; square < *rows**cols && yield(t.visit(square)); square++ {
		}
		return
	}
	row, col := t.At / *cols, t.At%*cols
	for _, by := range [8][2]int{{-2, -1}, {-2, 1}, {-1, -2}, {-1, 2}, {1, -2}, {1, 2}, {2, -1}, {2, 1}} {
		r, c := row+by[0], col+by[1]
		if r < 0 || r >= *rows || c < 0 || c >= *cols {
			continue
		}
		if square := r**cols + c; t.Visited>>square&1 == 0 && !yield(t.visit(square)) {
			return
		}
	}
}

func (t Tour) visit(square int) Tour { return Tour{t.Visited | 1<<square, square, t.Moves + 1} }

func run(ctx context.Context) error {
	if *rows < 1 || *cols < 1 || *rows > 64 || *cols > 64 || *rows**cols > 64 {
		return fmt.Errorf("a board of %d by %d is not within 1 to 64 squares", *rows, *cols)
	}
	start := time.Now()
	got, err := tours(ctx, Tour{})
	if err != nil {
		return err
	}
	parallel := time.Since(start)

	start = time.Now()
	want := serial(Tour{})
	fmt.Fprintf(os.Stderr, "in parallel: %v, serially: %v\n", parallel, time.Since(start))
	fmt.Printf("%d by %d: %d tours\n", *rows, *cols, got)
	if got != want {
		return fmt.Errorf("got %d tours, want %d", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Tours.Handle(tours)
	futures.Main(run)
}
