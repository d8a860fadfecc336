// Command nqueens counts the ways to place n queens on an n by n board so that none attacks another: fork-join with
// one future for every safe square of a row, down to -depth rows, and plain recursion below. With -depth 12 every one
// of the 856,000 nodes is a task, which is the way to see what a future costs.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

var (
	n     = flag.Int("n", 12, "size of the board (1 to 20)")
	depth = flag.Int("depth", 4, "rows whose squares are tasks")
)

// solutions are the known counts by size of the board (OEIS A000170).
var solutions = [...]int{
	1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2_680, 14_200, 73_712, 365_596, 2_279_184,
	14_772_512, 95_815_104, 666_090_624, 4_968_057_848, 39_029_188_884,
}

// Board has one queen in each of its first Row rows; the sets are the columns that these attack in row Row.
type Board struct {
	Row                 int
	Column, Left, Right uint32 // straight down, down to the left, down to the right
}

// free is the set of safe columns in row Row.
func (b Board) free() uint32 { return ^(b.Column | b.Left | b.Right) & (1<<*n - 1) }

// place puts a queen in column q (a set of one) of row Row.
func (b Board) place(q uint32) Board {
	return Board{b.Row + 1, b.Column | q, (b.Left | q) >> 1, (b.Right | q) << 1}
}

// Count counts the solutions that begin with a board.
var Count = futures.Declare[Board, int]("nqueens.count")

func count(ctx context.Context, b Board) (int, error) {
	if b.Row >= *depth || b.Row == *n {
		return serial(b), nil
	}
	branches := make([]futures.Future[int], 0, 20)
	for free := b.free(); free != 0; free &= free - 1 {
		branches = append(branches, futures.Submit(ctx, Count, b.place(free&-free)))
	}
	sum := 0
	for _, branch := range slices.Backward(branches) { // the newest is the one that nobody has stolen yet
		s, err := branch.Result(ctx)
		if err != nil {
			return 0, err
		}
		sum += s
	}
	return sum, nil
}

func serial(b Board) int {
	switch *n - b.Row {
	case 0:
		return 1
	case 1:
		return bits.OnesCount32(b.free())
	}
	sum := 0
	for free := b.free(); free != 0; free &= free - 1 {
		sum += serial(b.place(free & -free))
	}
	return sum
}

func run(ctx context.Context) error {
	if *n < 1 || *n >= len(solutions) {
		return fmt.Errorf("-n %d is not within 1 to %d", *n, len(solutions)-1)
	}
	start := time.Now()
	got, err := futures.Submit(ctx, Count, Board{}).Result(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "total time:", time.Since(start).Round(time.Millisecond))
	fmt.Printf("%d queens: %d solutions\n", *n, got)
	if want := solutions[*n]; got != want {
		return fmt.Errorf("got %d solutions, want %d", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	Count.Handle(count)
	futures.Main(run)
}
