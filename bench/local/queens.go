package main

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/scoopp2p/scoopp2p/futures"
)

// A Board of size N has one queen in each of its first Row rows; the sets are the columns that these attack in row Row.
type Board struct {
	N, Row, Column, Left, Right uint32
}

// free is the set of safe columns in row Row.
func (b Board) free() uint32 { return ^(b.Column | b.Left | b.Right) & (1<<b.N - 1) }

// place puts a queen in column q (a set of one) of row Row.
func (b Board) place(q uint32) Board {
	return Board{b.N, b.Row + 1, b.Column | q, (b.Left | q) >> 1, (b.Right | q) << 1}
}

// maxQueens bounds the children of a board.
const maxQueens = 16

// solutions by size of the board (OEIS A000170).
var solutions = [...]int{1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2_680, 14_200}

var queensTask = futures.Declare[Board, int]("local/queens")

// queensFutures makes a task of every node, down to the last row.
func queensFutures(ctx context.Context, b Board) (int, error) {
	if b.Row == b.N {
		return 1, nil
	}
	var space [maxQueens]futures.Future[int]
	children := space[:0]
	for free := b.free(); free != 0; free &= free - 1 {
		children = append(children, futures.Submit(ctx, queensTask, b.place(free&-free)))
	}
	sum := 0
	for _, child := range slices.Backward(children) { // newest first: what nobody has stolen runs in place
		s, err := child.Result(ctx)
		if err != nil {
			return 0, err
		}
		sum += s
	}
	return sum, nil
}

// queensPlain is the sequential twin.
func queensPlain(b Board) int {
	if b.Row == b.N {
		return 1
	}
	sum := 0
	for free := b.free(); free != 0; free &= free - 1 {
		sum += queensPlain(b.place(free & -free))
	}
	return sum
}

// queensNodes counts the tasks below and with b.
func queensNodes(b Board) int {
	n := 1
	if b.Row < b.N {
		for free := b.free(); free != 0; free &= free - 1 {
			n += queensNodes(b.place(free & -free))
		}
	}
	return n
}

func queensChannels(b Board) int {
	if b.Row == b.N {
		return 1
	}
	results := make(chan int, bits.OnesCount32(b.free()))
	for free := b.free(); free != 0; free &= free - 1 {
		child := b.place(free & -free)
		go func() { results <- queensChannels(child) }()
	}
	sum := 0
	for range cap(results) {
		sum += <-results
	}
	return sum
}

func queensWaitGroup(b Board) int {
	if b.Row == b.N {
		return 1
	}
	var sums [maxQueens]int
	var join sync.WaitGroup
	for free := b.free(); free != 0; free &= free - 1 {
		child := b.place(free & -free)
		join.Go(func() { sums[bits.TrailingZeros32(free)] = queensWaitGroup(child) })
	}
	join.Wait()
	sum := 0
	for _, s := range sums {
		sum += s
	}
	return sum
}

// queensTuned is what a Go programmer does by hand: goroutines for the first rows only.
func queensTuned(b Board, rows uint32, workers int) (int, error) {
	var boards []Board
	var expand func(Board)
	expand = func(b Board) {
		if b.Row == min(rows, b.N) {
			boards = append(boards, b)
			return
		}
		for free := b.free(); free != 0; free &= free - 1 {
			expand(b.place(free & -free))
		}
	}
	expand(b)
	return sumChunks(boards, 1, workers, queensPlain)
}

func queensContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	n, small := uint32(b.pick(12, 8)), uint32(b.pick(10, 6))
	measure := func(n uint32, count func(Board) (int, error)) func(context.Context) ([]figure, error) {
		nodes := queensNodes(Board{N: n})
		return func(context.Context) ([]figure, error) {
			return per("task", nodes, func() error {
				got, err := count(Board{N: n})
				if err == nil && got != solutions[n] {
					err = fmt.Errorf("%d queens: %d solutions, want %d", n, got, solutions[n])
				}
				return err
			})
		}
	}
	size := func(n uint32) string { return fmt.Sprintf("n = %d, %d tasks", n, queensNodes(Board{N: n})) }
	sure := func(count func(Board) int) func(Board) (int, error) {
		return func(b Board) (int, error) { return count(b), nil }
	}
	const rows = 3
	return []candidate{
		b.ours(oursName, size(n), func(ctx context.Context) ([]figure, error) {
			return measure(n, func(b Board) (int, error) { return futures.Submit(ctx, queensTask, b).Result(ctx) })(ctx)
		}),
		twin(size(n), measure(n, sure(queensPlain))),
		{
			name: "errgroup, by hand", size: fmt.Sprintf("%s; goroutines for %d rows only", size(n), rows),
			round: measure(n, func(board Board) (int, error) { return queensTuned(board, rows, b.workers) }),
		},
		{name: channels, size: size(small), round: measure(small, sure(queensChannels))},
		{name: waitGroups, size: size(small), round: measure(small, sure(queensWaitGroup))},
	}, nil
}
