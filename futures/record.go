package futures

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// slot is the part of a record that a Future sees.
type slot[Out any] struct {
	task.Task
	out Out
}

// record is a task with its types: the body of a task.Task, allocated together with it. It is written by the submitter
// until it is queued and by the executor until it is done; see task.Task for who may read it when.
type record[In, Out any] struct {
	slot[Out]
	f  *core[In, Out]
	in In
}

// Run implements task.Body.
func (r *record[In, Out]) Run(ctx context.Context) {
	if r.f.handler == nil {
		r.Err = fmt.Errorf("%q: %w", r.f.erased.Name, ErrNotHandled)
		return
	}
	returned := false
	defer func() {
		if !returned {
			r.guard(recover())
		}
	}()
	out, err := r.f.handler(ctx, r.in)
	r.out = out
	if err != nil { // it is nil in a record that begins: a write barrier saved
		r.Err = err
	}
	returned = true
}

// guard turns a panic of the user's function into the task's error. A runtime.Goexit passes; the worker notices it.
func (r *record[In, Out]) guard(v any) {
	if v != nil {
		r.Err = &PanicError{Func: r.f.erased.Name, Value: v, Stack: string(debug.Stack())}
	}
}

// Input implements task.Body.
func (r *record[In, Out]) Input() ([]byte, error) { return encode(&r.in) }

// Output implements task.Body.
func (r *record[In, Out]) Output() ([]byte, error) { return encode(&r.out) }

// located is for results that carry errors within them, and want to know from which peer they came.
type located interface{ locate(executor string) }

// SetOutput implements task.Body.
func (r *record[In, Out]) SetOutput(executor string, data []byte) error {
	var out Out // not r.out: a result that does not decode must leave the record as it was
	if err := decode(data, &out); err != nil {
		return fmt.Errorf("the result of %q from peer %s does not decode as %T: %w", r.f.erased.Name, executor, out, err)
	}
	if l, ok := any(&out).(located); ok {
		l.locate(executor)
	}
	r.out = out
	return nil
}

// Clear implements task.Body.
func (r *record[In, Out]) Clear() {
	var in In
	var out Out
	r.in, r.out = in, out
}
