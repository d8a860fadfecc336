// Command except sends errors up through levels of tasks: one level mends its children's errors, the next adds its
// own, the program at the top recognises them. Errors declared with DeclareError are recognised by errors.Is wherever
// they were made; a panic arrives as an error too.
//
// After SCOOP's examples/except_example.py, which ends in the traceback of "Exception: This exception is normal" and
// exit status 0. This one ends well because it checked the error; with -fail it returns it, and exits 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"

	"github.com/scoopp2p/scoopp2p/futures"
)

var fail = flag.Bool("fail", false, "return the error instead of checking it")

// The levels of tasks, from the top, and a faulty one.
var (
	Table  = futures.Declare[int, int]("except.table")
	Column = futures.Declare[int, int]("except.column")
	Cell   = futures.Declare[int, int]("except.cell")
	Crash  = futures.Declare[int, int]("except.crash")
)

// Declared errors are recognised on every peer; any other keeps only its text when it crosses the wire.
var (
	errNormal  = futures.DeclareError("except.normal", errors.New("This exception is normal")) //nolint:staticcheck // so SCOOP says
	errTooWide = futures.DeclareError("except.too-wide", errors.New("column too wide"))
	errTooBig  = futures.DeclareError("except.too-big", errors.New("cell too big"))
)

// table adds a meaning of its own to whatever error its columns end with.
func table(ctx context.Context, n int) (int, error) {
	sum, err := total(futures.Map(ctx, Column, upTo(n)))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNormal, err)
	}
	return sum, nil
}

// column leaves out the cells that failed and gives what it can.
func column(ctx context.Context, n int) (int, error) {
	if n > 10 {
		return 0, fmt.Errorf("%w: %d > 10", errTooWide, n)
	}
	var cells []futures.Future[int]
	for i := range upTo(n) {
		cells = append(cells, futures.Submit(ctx, Cell, i))
	}
	sum := 0
	for _, f := range cells {
		switch v, err := f.Result(ctx); {
		case errors.Is(err, errTooBig):
		case err != nil:
			return 0, err
		default:
			sum += v
		}
	}
	return sum, nil
}

func cell(_ context.Context, n int) (int, error) {
	if n*n > 20 {
		return 0, fmt.Errorf("%w: %d", errTooBig, n*n)
	}
	return n * n, nil
}

func crash(_ context.Context, n int) (int, error) { return []int{}[n], nil }

func run(ctx context.Context) error {
	// Ten columns are well: 1, 5, 14, and seven times 30, for no column has a cell above 4² left.
	switch sum, err := futures.Submit(ctx, Table, 10).Result(ctx); {
	case err != nil:
		return err
	case sum != 1+5+14+7*30:
		return fmt.Errorf("the table of 10 is %d, want 230", sum)
	}

	_, err := futures.Submit(ctx, Table, 20).Result(ctx)
	if *fail {
		return err
	}
	if !errors.Is(err, errNormal) || !errors.Is(err, errTooWide) || errors.Is(err, errTooBig) {
		return fmt.Errorf("the table of 20 should end with %q for %q, and ended with: %w", errNormal.Error(), errTooWide.Error(), err)
	}
	var panicked *futures.PanicError
	if _, err := futures.Submit(ctx, Crash, 1).Result(ctx); !errors.As(err, &panicked) {
		return fmt.Errorf("a panic should arrive as a *futures.PanicError, and arrived as: %w", err)
	}
	fmt.Println(errNormal)
	return nil
}

// upTo yields 1, 2, ..., n.
func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 1; i <= n && yield(i); i++ {
		}
	}
}

func total(results iter.Seq2[int, error]) (sum int, err error) {
	for n, err := range results {
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func main() {
	flag.Parse()
	Table.Handle(table)
	Column.Handle(column)
	Cell.Handle(cell)
	Crash.Handle(crash)
	futures.Main(run)
}
