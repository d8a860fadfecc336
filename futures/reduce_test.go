package futures_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
)

// Whole is a fold that fails on a word that contains a marker.
var (
	Mark  = futures.Declare[int, string]("test/mark")
	Whole = futures.Declare[[2]string, string]("test/whole")
)

var errMarked = errors.New("a marked word")

func init() {
	Mark.Handle(func(_ context.Context, n int) (string, error) {
		if n < 0 {
			return "!", nil
		}
		return letter(n), nil
	})
	Whole.Handle(func(_ context.Context, p [2]string) (string, error) {
		if strings.Contains(p[0]+p[1], "!") {
			return "", errMarked
		}
		return p[0] + p[1], nil
	})
}

func letters(n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteString(letter(i))
	}
	return s.String()
}

// TestMapReduce compares with the sequential twin; concatenation shows the order.
func TestMapReduce(t *testing.T) {
	check := func(ctx context.Context) error {
		for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33, 1000, 1023, 1025, 20_000} {
			sum, err := futures.MapReduce(ctx, Square, Add, values(upTo(n)))
			if err := errors.Join(err, same(fmt.Sprint("sum of ", n), sum, (n-1)*n*(2*n-1)/6)); err != nil {
				return err
			}
			text, err := futures.MapReduce(ctx, Letter, Join, values(upTo(n)))
			if err != nil || text != letters(n) {
				return fmt.Errorf("the concatenation of %d letters is wrong: %w", n, err)
			}
		}
		return nil
	}
	each(t, check)
	outside(t, 2, check)
}

// TestMapReduceErrors: the first error of either function comes back, with the zero value.
func TestMapReduceErrors(t *testing.T) {
	xs := func(n, bad int) []int {
		xs := upTo(n)
		xs[bad] = -1
		return xs
	}
	each(t, func(ctx context.Context) error {
		for _, n := range []int{1, 2, 3, 1000, 20_000} {
			for _, bad := range []int{0, n / 2, n - 1} {
				sum, err := futures.MapReduce(ctx, Square, Add, values(xs(n, bad)))
				if err := errors.Join(is("in f", err, errNegative), same("value", sum, 0)); err != nil {
					return fmt.Errorf("%d of %d: %w", bad, n, err)
				}
				text, err := futures.MapReduce(ctx, Mark, Whole, values(xs(n, bad)))
				if n == 1 { // nothing to reduce
					err = errors.Join(err, same("one", text, "!"))
				} else {
					err = errors.Join(is("in reduce", err, errMarked), same("value", text, ""))
				}
				if err != nil {
					return fmt.Errorf("%d of %d: %w", bad, n, err)
				}
			}
		}
		return nil
	})
}

// TestReducerNotHandled: reducers must have a body here; the error names them, even if there is nothing to reduce.
func TestReducerNotHandled(t *testing.T) {
	each(t, func(ctx context.Context) error {
		for _, n := range []int{0, 1, 10} {
			_, err := futures.MapReduce(ctx, Square, NoFold, values(upTo(n)))
			_, errScan := futures.Collect(futures.MapScan(ctx, Square, NoFold, values(upTo(n))))
			_, errF := futures.MapReduce(ctx, Nobody, Add, values(upTo(n+1)))
			if err := errors.Join(is("reduce", err, futures.ErrNotHandled), is("scan", errScan, futures.ErrNotHandled),
				is("f", errF, futures.ErrNotHandled)); err != nil {
				return err
			}
			if !strings.Contains(err.Error(), "test/nobody folds") {
				return fmt.Errorf("the error does not name the reducer: %w", err)
			}
		}
		return nil
	})
}

// scan is the sequential twin of MapScan.
func scan(n int) []string {
	var out []string
	for i := range n {
		out = append(out, letters(i+1))
	}
	return out
}

// TestMapScan compares with the serial scan for every small length and some larger ones.
func TestMapScan(t *testing.T) {
	each(t, func(ctx context.Context) error {
		for n := range 70 {
			got, err := futures.Collect(futures.MapScan(ctx, Letter, Join, values(upTo(n))))
			if err := errors.Join(err, sameSlice(fmt.Sprint(n, " letters"), got, scan(n))); err != nil {
				return err
			}
		}
		for _, n := range []int{1000, 4097, 30_000} {
			got, err := futures.Collect(futures.MapScan(ctx, Square, Add, values(upTo(n))))
			sum := 0
			for i := range got {
				if sum += i * i; got[i] != sum {
					return fmt.Errorf("%d of %d: %d, want %d", i, n, got[i], sum)
				}
			}
			if err := errors.Join(err, same("length", len(got), n)); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestMapScanErrors: as for Map, one error at most, and last; what comes before it is right.
func TestMapScanErrors(t *testing.T) {
	each(t, func(ctx context.Context) error {
		for _, bad := range []int{0, 1, 2, 20} {
			xs := upTo(50)
			xs[bad] = -1
			sums, err := futures.Collect(futures.MapScan(ctx, Square, Add, values(xs)))
			if err := errors.Join(is("in f", err, errNegative), same("before", len(sums), bad)); err != nil {
				return err
			}
			words, err := futures.Collect(futures.MapScan(ctx, Mark, Whole, values(xs)))
			if bad == 0 { // the first is yielded as it is, and every combination with it fails
				err = errors.Join(is("in scan", err, errMarked), sameSlice("before", words, []string{"!"}))
			} else {
				err = errors.Join(is("in scan", err, errMarked), sameSlice("before", words, scan(bad)))
			}
			if err != nil {
				return err
			}
		}
		for v, err := range futures.MapScan(ctx, Square, Add, values(upTo(1000))) {
			return errors.Join(err, same("first, then left", v, 0))
		}
		return errors.New("nothing was yielded")
	})
}
