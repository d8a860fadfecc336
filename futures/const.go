package futures

import (
	"context"
	"fmt"
	"sync"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/peer"
)

// ErrConstSet is what Set gives when the constant was set before in this job, by whatever peer.
var ErrConstSet = peer.ErrConstSet

// Const is a value that is set once in a job, by any of its tasks, and can then be read by all, wherever they run. It
// crosses the wire once for each peer that asks for it.
type Const[T any] struct {
	name string // all else is with the peers: several may live in one process, and belong to several jobs
}

// constNames are the declared names.
var constNames struct {
	sync.Mutex
	taken map[string]bool
}

// DeclareConst names a constant. Use it in package variables. Two declarations under one name are reported by [Main] and
// [Start].
func DeclareConst[T any](name string) *Const[T] {
	constNames.Lock()
	defer constNames.Unlock()
	switch {
	case name == "":
		task.Functions.Fail(fmt.Errorf("a constant is declared without a name; give it one"))
	case constNames.taken[name]:
		task.Functions.Fail(fmt.Errorf("two constants are declared under the name %q; rename one of them", name))
	case constNames.taken == nil:
		constNames.taken = map[string]bool{name: true}
	default:
		constNames.taken[name] = true
	}
	return &Const[T]{name: name}
}

// Name returns the declared name.
func (c *Const[T]) Name() string { return c.name }

// Set sets the constant, once per job; a second call gives [ErrConstSet], on whatever peer it is made. The value must not
// be changed afterwards.
func (c *Const[T]) Set(ctx context.Context, v T) error {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return fmt.Errorf("set constant %q: %w", c.name, ErrNoPeer)
	}
	data, err := encode(&v)
	if err != nil {
		return fmt.Errorf("set constant %q: %w", c.name, err)
	}
	if err := p.SetConst(ctx, c.name, data, &v); err != nil {
		return fmt.Errorf("set %w", err)
	}
	return nil
}

// Get returns the constant, and waits until it is set or ctx ends. Inside a task the worker does other work meanwhile.
// The value is shared by all tasks of this peer: treat it as immutable.
func (c *Const[T]) Get(ctx context.Context) (T, error) {
	var none T
	p, ok := peer.FromContext(ctx)
	if !ok {
		return none, fmt.Errorf("get constant %q: %w", c.name, ErrNoPeer)
	}
	v, err := p.Const(ctx, c.name, func(data []byte) (any, error) {
		v := new(T)
		if err := decode(data, v); err != nil {
			return nil, fmt.Errorf("it does not decode as %T: %w", *v, err)
		}
		return v, nil
	})
	if err != nil {
		return none, fmt.Errorf("get %w", err)
	}
	return *v.(*T), nil
}
