package futures

import "context"

// fold combines neighbouring values in order, in the shape of a balanced tree: a carry chain like that of a binary counter,
// so that combining n equal pieces costs what a tree costs (a merge sort stays n log n), with log n values in memory.
type fold[T any] struct {
	combine func(context.Context, [2]T) (T, error)
	stack   []folded[T] // sizes fall from bottom to top
}

type folded[T any] struct {
	value T
	rank  int // it stands for about 2^rank added values
}

// add appends one more value.
func (f *fold[T]) add(ctx context.Context, v T) error {
	rank := 0
	for n := len(f.stack); n > 0 && f.stack[n-1].rank == rank; n-- {
		combined, err := f.combine(ctx, [2]T{f.stack[n-1].value, v})
		if err != nil {
			return err
		}
		v, f.stack, rank = combined, f.stack[:n-1], rank+1
	}
	f.stack = append(f.stack, folded[T]{v, rank})
	return nil
}

// collapse combines everything into one value.
func (f *fold[T]) collapse(ctx context.Context) error {
	for n := len(f.stack); n > 1; n-- {
		combined, err := f.combine(ctx, [2]T{f.stack[n-2].value, f.stack[n-1].value})
		if err != nil {
			return err
		}
		f.stack = append(f.stack[:n-2], folded[T]{combined, f.stack[n-2].rank + 1})
	}
	return nil
}

// append adds a value that stands for about as many as all so far, after a collapse.
func (f *fold[T]) append(ctx context.Context, v T) error {
	f.stack = append(f.stack, folded[T]{value: v})
	return f.collapse(ctx)
}

func (f *fold[T]) value() (v T) {
	if len(f.stack) == 0 {
		return v
	}
	return f.stack[0].value
}
