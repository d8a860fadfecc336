package worker

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// rootFunction stands for functions that were never declared, because they run on this peer only.
var rootFunction = task.Function{Name: "run", Handled: func() bool { return true }}

// root is the body of the task that Pool.Run makes.
type root struct {
	fn    func(context.Context) error
	begun atomic.Bool
	ended chan error // capacity 1
}

// Run implements task.Body.
func (r *root) Run(ctx context.Context) {
	if !r.begun.CompareAndSwap(false, true) {
		return
	}
	err := task.ErrGoexit
	defer func() {
		if v := recover(); v != nil {
			err = &task.PanicError{Func: rootFunction.Name, Value: v, Stack: string(debug.Stack())}
		}
		r.ended <- err
	}()
	err = r.fn(ctx)
}

// abandon ends the wait for a function that was cancelled before it began. One that has begun is waited for.
func (r *root) abandon(cause error) {
	if r.begun.CompareAndSwap(false, true) {
		r.ended <- cause
	}
}

var errLocal = errors.New("this task never leaves its peer")

// Input implements task.Body.
func (*root) Input() ([]byte, error) { return nil, errLocal }

// Output implements task.Body.
func (*root) Output() ([]byte, error) { return nil, errLocal }

// SetOutput implements task.Body.
func (*root) SetOutput(string, []byte) error { return errLocal }

// Clear implements task.Body.
func (*root) Clear() {}
