package futures

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// span is many inputs of one function as a single task. Whoever runs it keeps the upper half of what is left in its own
// deque, where a thief can take it, and works through the lower half: lazy binary splitting (Tzannes, Caragea, Barua,
// Vishkin 2010). So the cost is per steal and not per item, and there is no chunk size to tune.
type span[In, Out any] struct {
	// Items are the inputs, in order.
	Items []In
	// Reduce is the name of the function that folds the results; empty to keep them all.
	Reduce string

	// dst is where the results go when the span runs on the peer that made it: the array of the whole, of which this is
	// the part. Nil when the span came over the wire.
	dst []Out
}

// part is the outcome of a span. It is not an error when an item fails: the results before it are still wanted.
type part[Out any] struct {
	// Outs are the results up to the first failure, unless they went to dst, or are folded into Acc.
	Outs []Out
	// N counts the items that succeeded before the first failure.
	N   int
	Acc Out
	// Fail is the first failure, in input order.
	Fail *failure
	// Busy is the time spent in the function, summed over all who took part.
	Busy time.Duration
}

// failure is an error within a result.
type failure struct {
	err  error
	fn   string // declared name
	wire *task.WireError
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (f *failure) MarshalBinary() ([]byte, error) { return encMode.Marshal(task.ToWire(f.fn, f.err)) }

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (f *failure) UnmarshalBinary(data []byte) error {
	f.wire = new(task.WireError)
	f.err = errors.New("error without a place") // until locate
	return decMode.Unmarshal(data, f.wire)
}

func (p *part[Out]) locate(executor string) {
	if p.Fail != nil && p.Fail.wire != nil {
		p.Fail.err = task.FromWire(executor, p.Fail.wire)
	}
}

// half is an upper half that was put up for stealing: the items [from, to).
type half[Out any] struct {
	future   Future[part[Out]]
	from, to int
}

// Bounds of a block: the items that run between two looks at the deque and the clock. Blocks grow while they are quicker
// than blockShort and shrink when they are slower than blockLong, so that tiny items pay nothing for the looks and the
// split is never late by more than one long item.
const (
	maxBlock   = 1 << 10
	blockShort = 10 * time.Microsecond
	blockLong  = 40 * time.Microsecond
)

// runSpan is the body of the ranged twin of f.
func (f *Func[In, Out]) runSpan(ctx context.Context, s span[In, Out]) (part[Out], error) {
	frame, ok := ctx.(*worker.Frame)
	if !ok {
		return part[Out]{}, errors.New("a span runs as a task only")
	}
	run := spanRun[In, Out]{f: f, frame: frame, items: s.Items, dst: s.dst, reduce: s.Reduce}
	if s.Reduce != "" {
		fold, err := reducer[Out](s.Reduce)
		if err != nil {
			return part[Out]{}, err
		}
		run.fold.combine = fold
	} else if s.dst == nil {
		run.dst = make([]Out, len(s.Items))
	}
	p := run.all(ctx)
	if s.Reduce == "" && s.dst == nil {
		p.Outs = run.dst[:p.N]
	}
	return p, nil
}

// reducer finds the declared function that folds results of type Out.
func reducer[Out any](name string) (func(context.Context, [2]Out) (Out, error), error) {
	erased := task.Functions.Lookup(name)
	if erased == nil {
		return nil, fmt.Errorf("reduce %q: %w", name, ErrNotHandled)
	}
	f, ok := erased.Typed.(*core[[2]Out, Out])
	switch {
	case !ok:
		return nil, fmt.Errorf("reduce %q is %s: %w", name, erased.Signature, ErrSignature)
	case f.handler == nil:
		return nil, fmt.Errorf("reduce %q: %w", name, ErrNotHandled)
	}
	return func(ctx context.Context, pair [2]Out) (out Out, err error) {
		defer func() {
			if v := recover(); v != nil {
				err = &PanicError{Func: name, Value: v, Stack: string(debug.Stack())}
			}
		}()
		return f.handler(ctx, pair)
	}, nil
}

// spanRun is one execution of a span.
type spanRun[In, Out any] struct {
	f      *Func[In, Out]
	frame  *worker.Frame
	items  []In
	dst    []Out
	reduce string
	fold   fold[Out]
	next   int // items[:next] are done
	block  int
	halves []half[Out]
}

// all runs the lower part, item by item, and then gathers the halves that were put up for stealing.
func (r *spanRun[In, Out]) all(ctx context.Context) part[Out] {
	var p part[Out]
	end := len(r.items)
	r.block = 1
	start := time.Now()
	for r.next < end && p.Fail == nil {
		if end-r.next > 1 && r.frame.Starved() {
			end = r.split(ctx, end)
		}
		if err := ctx.Err(); err != nil {
			p.Fail = &failure{err: err, fn: r.f.Name()}
			break
		}
		begun := time.Now()
		if err := r.runBlock(min(end, r.next+r.block)); err != nil {
			p.Fail = &failure{err: err, fn: r.f.Name()}
		}
		switch took := time.Since(begun); {
		case took < blockShort && r.block < maxBlock:
			r.block *= 2
		case took > blockLong && r.block > 1:
			r.block /= 2
		}
	}
	p.N = r.next
	p.Busy = time.Since(start)
	if r.reduce != "" && p.Fail == nil {
		if err := r.fold.collapse(ctx); err != nil {
			p.Fail = &failure{err: err, fn: r.f.Name()}
		}
	}
	for i := len(r.halves) - 1; i >= 0; i-- { // the newest half is the nearest
		r.gather(ctx, &p, r.halves[i])
	}
	if r.reduce != "" && p.Fail == nil {
		p.Acc = r.fold.value()
	}
	return p
}

// split puts the upper half of [next, end) up for stealing and returns the new end.
func (r *spanRun[In, Out]) split(ctx context.Context, end int) int {
	mid := r.next + (end-r.next+1)/2
	upper := span[In, Out]{Items: r.items[mid:end], Reduce: r.reduce}
	if r.reduce == "" {
		upper.dst = r.dst[mid:end]
	}
	r.halves = append(r.halves, half[Out]{submit(ctx, r.f.ranged, upper), mid, end})
	return mid
}

// gather adds the outcome of h, which follows what p has so far.
func (r *spanRun[In, Out]) gather(ctx context.Context, p *part[Out], h half[Out]) {
	if p.Fail != nil {
		h.future.Cancel()
		return
	}
	q, err := h.future.Result(ctx)
	if err != nil {
		p.Fail = &failure{err: err, fn: r.f.Name()}
		return
	}
	p.N += q.N
	p.Busy += q.Busy
	p.Fail = q.Fail
	if r.reduce == "" {
		copy(r.dst[h.from:h.to], q.Outs) // empty if the half ran here
		return
	}
	if q.Fail == nil {
		if err := r.fold.append(ctx, q.Acc); err != nil {
			p.Fail = &failure{err: err, fn: r.f.Name()}
		}
	}
}

// runBlock runs the items up to end. Each has the context of a task of its own: what it leaves behind is cancelled.
func (r *spanRun[In, Out]) runBlock(end int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Func: r.f.Name(), Value: v, Stack: string(debug.Stack())}
		}
	}()
	nest := r.frame.Nest()
	defer nest.End()
	if r.reduce != "" {
		return r.foldBlock(&nest, end)
	}
	ctx, handler, hunger := nest.Context(), r.f.handler, r.frame.Hunger()
	for r.next < end {
		out, err := handler(ctx, r.items[r.next])
		if nest.Used() {
			nest.Next()
			ctx = nest.Context()
		}
		if err != nil {
			return err
		}
		r.dst[r.next] = out
		r.next++
		if hunger.Load() != 0 && r.frame.Starved() {
			return nil // somebody could have half of what is left
		}
	}
	return nil
}

// foldBlock is the rest of runBlock for a reduction.
func (r *spanRun[In, Out]) foldBlock(nest *worker.Nest, end int) error {
	hunger := r.frame.Hunger()
	for r.next < end {
		out, err := r.f.handler(nest.Context(), r.items[r.next])
		if err == nil {
			err = r.fold.add(nest.Context(), out)
		}
		if nest.Used() {
			nest.Next()
		}
		if err != nil {
			return err
		}
		r.next++
		if hunger.Load() != 0 && r.frame.Starved() {
			return nil
		}
	}
	return nil
}
