package futures

import (
	"context"
	"fmt"
	"reflect"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Func is a declared function: a name that means the same in every process, and the types that belong to it.
type Func[In, Out any] struct {
	*core[In, Out]
	// ranged runs the function over many inputs as one task, see span.
	ranged *core[span[In, Out], part[Out]]
}

// core is a declared function without its ranged twin.
type core[In, Out any] struct {
	handler func(context.Context, In) (Out, error)
	erased  *task.Function
}

// Declare names a function. Use it in package variables; the body is given by [Func.Handle]. The two steps let a function
// submit itself, and let a process submit what only others can run. Two declarations under one name are reported by [Main]
// and [Start].
func Declare[In, Out any](name string) *Func[In, Out] {
	f := &Func[In, Out]{core: declare[In, Out](name, false), ranged: declare[span[In, Out], part[Out]](name+rangeSuffix, true)}
	f.ranged.erased.Signature = f.erased.Signature + rangeSuffix
	return f
}

// rangeSuffix marks the name under which peers know a function's ranged twin.
const rangeSuffix = "[...]"

func declare[In, Out any](name string, twin bool) *core[In, Out] {
	f := &core[In, Out]{}
	f.erased = &task.Function{
		Name:      name,
		Twin:      twin,
		Signature: signature[In, Out](),
		Clears:    hasPointers(reflect.TypeFor[In]()) || hasPointers(reflect.TypeFor[Out]()),
		Handled:   func() bool { return f.handler != nil },
		Decode:    f.decode,
		Typed:     f,
	}
	task.Functions.Add(f.erased)
	return f
}

// Name returns the declared name.
func (f *Func[In, Out]) Name() string { return f.erased.Name }

// Handle gives the function its body. Call it once, before [Main] or [Start]; a second call is reported there.
//
// fn runs on whatever peer has a free worker. It must treat its input as immutable: on its own peer the input is handed
// over as it is, and only another peer gets a copy. Its context ends when it returns, and is the one to submit with.
func (f *Func[In, Out]) Handle(fn func(context.Context, In) (Out, error)) {
	switch {
	case fn == nil:
		task.Functions.Fail(fmt.Errorf("the function %q is handled by nil", f.Name()))
	case f.handler != nil:
		task.Functions.Fail(fmt.Errorf("the function %q is handled twice; remove one call of Handle", f.Name()))
	default:
		f.handler = fn
		f.ranged.handler = f.runSpan
	}
}

// AtMostOnce marks a function that must not be begun twice. If the peer that runs one of its tasks is lost, the future
// fails with [ErrPeerLost], where other tasks would be run again. It returns f, so that it can wrap a declaration.
func AtMostOnce[In, Out any](f *Func[In, Out]) *Func[In, Out] {
	f.erased.AtMostOnce = true
	f.ranged.erased.AtMostOnce = true
	return f
}

// decode makes a task from what came over the wire.
func (f *core[In, Out]) decode(input []byte) (*task.Task, error) {
	r := f.newRecord()
	if err := decode(input, &r.in); err != nil {
		return nil, fmt.Errorf("the input of %q does not decode as %T: %w", f.erased.Name, r.in, err)
	}
	return &r.Task, nil
}

func (f *core[In, Out]) newRecord() *record[In, Out] {
	r := &record[In, Out]{f: f}
	r.Fn, r.Body = f.erased, r
	return r
}
