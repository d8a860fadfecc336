package futures

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"testing"
)

// piece is what a fold combines in these tests: the values [from, to), in a tree of that depth.
type piece struct{ from, to, depth int }

func combinePieces(calls *int) func(context.Context, [2]piece) (piece, error) {
	return func(_ context.Context, p [2]piece) (piece, error) {
		*calls++
		if p[0].to != p[1].from {
			return piece{}, fmt.Errorf("%v and %v are no neighbours", p[0], p[1])
		}
		return piece{p[0].from, p[1].to, 1 + max(p[0].depth, p[1].depth)}, nil
	}
}

// TestFoldIsABalancedTree: n values cost n-1 calls, in order, in a tree that is as low as can be; log n values are kept.
func TestFoldIsABalancedTree(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 1023, 1024, 1025, 10_000} {
		calls := 0
		f := fold[piece]{combine: combinePieces(&calls)}
		for i := range n {
			if err := f.add(t.Context(), piece{i, i + 1, 0}); err != nil {
				t.Fatal(err)
			}
			if kept := len(f.stack); kept > bits.Len(uint(n)) {
				t.Fatalf("%d values are kept after %d of %d", kept, i+1, n)
			}
		}
		if err := f.collapse(t.Context()); err != nil {
			t.Fatal(err)
		}
		log := bits.Len(uint(max(0, n-1))) // of n, rounded up
		if got := f.value(); got.from != 0 || got.to != n || got.depth > log || calls != max(0, n-1) {
			t.Errorf("%d values: %+v after %d calls; the depth should be at most %d", n, got, calls, log)
		}
	}
}

// TestFoldAppend adds what others have folded, as a span does with the halves that come back.
func TestFoldAppend(t *testing.T) {
	calls := 0
	f := fold[piece]{combine: combinePieces(&calls)}
	for i := range 5 {
		if err := f.add(t.Context(), piece{i, i + 1, 0}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.collapse(t.Context()), f.append(t.Context(), piece{5, 10, 3}), f.append(t.Context(), piece{10, 20, 4})); err != nil {
		t.Fatal(err)
	}
	if got := f.value(); got != (piece{0, 20, 5}) || calls != 6 {
		t.Errorf("%+v after %d calls", got, calls)
	}
	var empty fold[piece]
	empty.combine = f.combine
	if err := empty.append(t.Context(), piece{1, 2, 0}); err != nil || empty.value() != (piece{1, 2, 0}) {
		t.Errorf("appended to nothing: %+v, %v", empty.value(), err)
	}
}

func TestFoldErrors(t *testing.T) {
	boom := errors.New("boom")
	f := fold[int]{combine: func(context.Context, [2]int) (int, error) { return 0, boom }}
	if err := f.add(t.Context(), 1); err != nil {
		t.Error("one value needs no call:", err)
	}
	if err := f.add(t.Context(), 2); !errors.Is(err, boom) {
		t.Error("add:", err)
	}
	f.stack = []folded[int]{{1, 2}, {2, 0}}
	if err := f.collapse(t.Context()); !errors.Is(err, boom) {
		t.Error("collapse:", err)
	}
	f.stack = f.stack[:1]
	if err := f.append(t.Context(), 3); !errors.Is(err, boom) {
		t.Error("append:", err)
	}
}
