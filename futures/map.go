package futures

import (
	"context"
	"iter"
)

// Map yields f(x) for each x of seq, in input order. After the first failure it yields that error and ends: there is at most
// one error, and it is last. Leaving the loop cancels what is not done.
//
// Inputs are drawn on the caller's goroutine, through a bounded window, so that seq may be endless; results that are ready
// are yielded between two inputs.
func Map[In, Out any](ctx context.Context, f *Func[In, Out], seq iter.Seq[In]) iter.Seq2[Out, error] {
	return mapping(ctx, f, seq, false)
}

// MapUnordered is Map in the order of completion: a slow input holds up only those few that are in one batch with it. Batches
// are sized to run for about two milliseconds, so that inputs as long as that travel alone.
func MapUnordered[In, Out any](ctx context.Context, f *Func[In, Out], seq iter.Seq[In]) iter.Seq2[Out, error] {
	return mapping(ctx, f, seq, true)
}

func mapping[In, Out any](ctx context.Context, f *Func[In, Out], seq iter.Seq[In], unordered bool) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		m := newMapper(ctx, f, "")
		m.unordered = unordered
		defer m.cancel()
		m.run(seq, func(p part[Out]) bool {
			for _, out := range p.Outs {
				if !yield(out, nil) {
					return false
				}
			}
			return true
		})
		if m.err != nil {
			var none Out
			yield(none, m.err)
		}
	}
}

// Collect gathers what Map and its relatives yield, up to the first error, which it returns with the results before it.
func Collect[Out any](seq iter.Seq2[Out, error]) ([]Out, error) {
	var outs []Out
	for out, err := range seq {
		if err != nil {
			return outs, err
		}
		outs = append(outs, out)
	}
	return outs, nil
}

// MapReduce combines f(x) for all x of seq with reduce, in a balanced tree, where the parts are. Neighbours are combined in
// input order, so reduce must be associative and need not be commutative. One input gives its own f(x); none gives the zero
// value.
func MapReduce[In, Mid any](
	ctx context.Context, f *Func[In, Mid], reduce *Func[[2]Mid, Mid], seq iter.Seq[In],
) (Mid, error) {
	var none Mid
	combine, err := reducer[Mid](reduce.Name())
	if err != nil {
		return none, err
	}
	m := newMapper(ctx, f, reduce.Name())
	defer m.cancel()
	total := fold[Mid]{combine: combine}
	m.run(seq, func(p part[Mid]) bool {
		if p.N > 0 && p.Fail == nil {
			m.err = total.add(ctx, p.Acc)
		}
		return m.err == nil
	})
	if m.err == nil {
		m.err = total.collapse(ctx)
	}
	if m.err != nil {
		return none, m.err
	}
	return total.value(), nil
}

// MapScan yields the running combination of f(x) over seq: f(x1), then scan(f(x1), f(x2)), and so on, under the rules of
// [Map]. The calls of f run like those of Map; scan runs between them, on the caller's goroutine.
func MapScan[In, Mid any](
	ctx context.Context, f *Func[In, Mid], scan *Func[[2]Mid, Mid], seq iter.Seq[In],
) iter.Seq2[Mid, error] {
	return func(yield func(Mid, error) bool) {
		var acc Mid
		combine, err := reducer[Mid](scan.Name())
		if err != nil {
			yield(acc, err)
			return
		}
		first := true
		for mid, err := range Map(ctx, f, seq) {
			if err == nil && first {
				acc, first = mid, false
			} else if err == nil {
				acc, err = combine(ctx, [2]Mid{acc, mid})
			}
			if err != nil {
				var none Mid
				yield(none, err)
				return
			}
			if !yield(acc, nil) {
				return
			}
		}
	}
}
