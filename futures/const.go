package futures

import (
	"context"
	"fmt"
	"sync"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
	"github.com/scoopp2p/scoopp2p/peer"
)

// Const is a value that is set once in a job, by any of its tasks, and can then be read by all, wherever they run. It
// crosses the wire once for each peer that asks for it.
type Const[T any] struct {
	name string

	mu    sync.Mutex
	known map[task.PeerID]T // by the origin of the job
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
	return &Const[T]{name: name, known: make(map[task.PeerID]T)}
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
	if err := p.SetConst(ctx, c.name, data); err != nil {
		return fmt.Errorf("set %w", err)
	}
	c.keep(ctx, v)
	return nil
}

// Get returns the constant, and waits until it is set or ctx ends. Inside a task the worker does other work meanwhile.
// The value is shared by all tasks of this peer: treat it as immutable.
func (c *Const[T]) Get(ctx context.Context) (T, error) {
	origin := c.origin(ctx)
	c.mu.Lock()
	v, ok := c.known[origin]
	c.mu.Unlock()
	if ok {
		return v, nil
	}
	p, ok := peer.FromContext(ctx)
	if !ok {
		return v, fmt.Errorf("get constant %q: %w", c.name, ErrNoPeer)
	}
	data, err := p.Const(ctx, c.name)
	if err != nil {
		return v, fmt.Errorf("get %w", err)
	}
	if err := decode(data, &v); err != nil {
		return v, fmt.Errorf("get constant %q: it does not decode as %T: %w", c.name, v, err)
	}
	return c.keep(ctx, v), nil
}

// keep remembers v, unless somebody else has decoded it meanwhile: all tasks of a peer see one value.
func (c *Const[T]) keep(ctx context.Context, v T) T {
	origin := c.origin(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.known[origin]; ok {
		return old
	}
	c.known[origin] = v
	return v
}

// origin is the key of the job: two peers in one process must not see each other's constants.
func (c *Const[T]) origin(ctx context.Context) task.PeerID {
	if j := worker.JobOf(ctx); j != nil {
		return j.Origin
	}
	return ""
}
