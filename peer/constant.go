package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
	"github.com/scoopp2p/scoopp2p/rpc"
)

// ErrConstSet says that a constant was set before.
var ErrConstSet = errors.New("the constant is set already")

// constants are the shared values that this peer knows, per job. The origin of a job decides who set a constant first and
// keeps its value; the others fetch it once, when a task of theirs asks for it.
type constants struct {
	mu    sync.Mutex
	known map[constKey]*constant
}

type constKey struct {
	origin task.PeerID
	name   string
}

// constant is one constant of one job.
type constant struct {
	data    []byte // as it crosses the wire; only the origin keeps it once it is decoded
	value   any    // what all tasks of this peer share; nil until one asks for it
	set     bool
	nudged  bool                 // it was set elsewhere since the last look
	waiting []func()             // told when it is set, or when a fetch should be tried again
	asked   map[task.PeerID]bool // peers that asked the origin too early
}

func (c *constants) entryLocked(k constKey) *constant {
	e := c.known[k]
	if e == nil {
		e = &constant{asked: make(map[task.PeerID]bool)}
		c.known[k] = e
	}
	return e
}

// put keeps a value, with its decoded form if that is at hand. It reports false when there is one already; at the origin
// this settles who was first.
func (c *constants) put(k constKey, data []byte, value any) (first bool, asked []task.PeerID) {
	c.mu.Lock()
	e := c.entryLocked(k)
	if e.set {
		c.mu.Unlock()
		return false, nil
	}
	e.data, e.value, e.set = data, value, true
	waiting := e.waiting
	e.waiting = nil
	for id := range e.asked {
		asked = append(asked, id)
	}
	e.asked = nil
	c.mu.Unlock()
	for _, wake := range waiting {
		wake()
	}
	return true, asked
}

// get returns the encoded value if it is there. Otherwise it notes who asked.
func (c *constants) get(k constKey, asker task.PeerID) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entryLocked(k)
	if !e.set {
		e.asked[asker] = true
	}
	return e.data, e.set
}

// shared returns the decoded value if there is one. Tasks that find it encoded at the same time decode it side by side,
// and the first result is everybody's.
func (c *constants) shared(k constKey, keepData bool, decode func([]byte) (any, error)) (value any, ok bool, err error) {
	c.mu.Lock()
	e := c.entryLocked(k)
	data, value, set := e.data, e.value, e.set
	c.mu.Unlock()
	if !set || value != nil {
		return value, set, nil
	}
	if value, err = decode(data); err != nil {
		return nil, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.value == nil {
		e.value = value
	}
	if !keepData {
		e.data = nil
	}
	return e.value, true, nil
}

// drop forgets the constants of an origin that is lost.
func (c *constants) drop(origin task.PeerID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.known {
		if k.origin == origin {
			delete(c.known, k)
		}
	}
}

// await has wake called when the constant is worth another look; false means that it is now.
func (c *constants) await(k constKey, wake func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entryLocked(k)
	if e.set || e.nudged {
		e.nudged = false
		return false
	}
	e.waiting = append(e.waiting, wake)
	return true
}

// nudge wakes those who wait for a constant that was set elsewhere.
func (c *constants) nudge(k constKey) {
	c.mu.Lock()
	e := c.entryLocked(k)
	e.nudged = true
	waiting := e.waiting
	e.waiting = nil
	c.mu.Unlock()
	for _, wake := range waiting {
		wake()
	}
}

// originOf returns the origin of the job that ctx belongs to.
func (p *Peer) originOf(ctx context.Context) task.PeerID {
	if j := worker.JobOf(ctx); j != nil {
		return j.Origin
	}
	return p.self
}

// SetConst sets a constant of the job that ctx belongs to: data is its encoded form, and value, not nil, what [Peer.Const]
// gives back on this peer. It returns when the job's origin has accepted it; ErrConstSet if it was set before. Package
// futures gives constants their types.
func (p *Peer) SetConst(ctx context.Context, name string, data []byte, value any) error {
	origin := p.originOf(ctx)
	if origin == p.self {
		return p.acceptConst(name, data, value)
	}
	answer, err := p.call(ctx, origin, kindSetConst, marshal(setConst{Name: name, Data: data}))
	if err != nil {
		return fmt.Errorf("constant %q: %w", name, err)
	}
	if have, err := unmarshal[haveConst](answer); err != nil || !have.Set {
		return fmt.Errorf("constant %q: %w", name, errors.Join(ErrConstSet, err))
	}
	p.constants.put(constKey{origin, name}, nil, value)
	return nil
}

// acceptConst is SetConst at the origin.
func (p *Peer) acceptConst(name string, data []byte, value any) error {
	first, asked := p.constants.put(constKey{p.self, name}, data, value)
	if !first {
		return fmt.Errorf("constant %q: %w", name, ErrConstSet)
	}
	for _, id := range asked {
		p.tell(id, kindConstSet, marshal(constSet{Name: name}))
	}
	return nil
}

// Const returns a constant of the job that ctx belongs to, and waits until it is set. Inside a task the worker does other
// work meanwhile. decode makes the value, never nil, of its encoded form; all callers on this peer get the same one.
func (p *Peer) Const(ctx context.Context, name string, decode func([]byte) (any, error)) (any, error) {
	k := constKey{p.originOf(ctx), name}
	for {
		value, ok, err := p.constants.shared(k, k.origin == p.self, decode)
		if ok {
			return value, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		fetched := false
		if err == nil && k.origin != p.self {
			fetched, err = p.fetchConst(ctx, k)
		}
		if err != nil {
			return nil, fmt.Errorf("constant %q: %w", name, err)
		}
		if !fetched {
			worker.Await(ctx, func(wake func()) bool { return p.constants.await(k, wake) })
		}
	}
}

// fetchConst asks the origin, and reports whether the constant is here now.
func (p *Peer) fetchConst(ctx context.Context, k constKey) (bool, error) {
	body, err := p.call(ctx, k.origin, kindGetConst, marshal(getConst{Name: k.name}))
	if err != nil {
		return false, err
	}
	have, err := unmarshal[haveConst](body)
	if err != nil || !have.Set {
		return false, err
	}
	p.constants.put(k, have.Data, nil)
	return true, nil
}

// call is an rpc call that lends the worker while it waits, if ctx is a task's.
func (p *Peer) call(ctx context.Context, to task.PeerID, kind rpc.Kind, body []byte) (answer []byte, err error) {
	if p.rpc == nil {
		return nil, fmt.Errorf("peer %s: %w", idText(to), task.ErrPeerLost)
	}
	do := func() { answer, err = p.rpc.Call(ctx, to, kind, body) }
	if f := worker.FrameOf(ctx); f != nil && f.Worker() != nil {
		f.Blocking(do)
	} else {
		do()
	}
	return answer, err
}

// The handlers of constants, at the origin and at those who asked it.

func (p *Peer) onSetConst(_ context.Context, _ task.PeerID, body []byte) ([]byte, error) {
	m, err := unmarshal[setConst](body)
	if err != nil {
		return nil, err
	}
	return marshal(haveConst{Set: p.acceptConst(m.Name, m.Data, nil) == nil}), nil
}

func (p *Peer) onGetConst(_ context.Context, from task.PeerID, body []byte) ([]byte, error) {
	m, err := unmarshal[getConst](body)
	if err != nil {
		return nil, err
	}
	data, ok := p.constants.get(constKey{p.self, m.Name}, from)
	return marshal(haveConst{Set: ok, Data: data}), nil
}

func (p *Peer) onConstSet(from task.PeerID, body []byte) {
	if m, err := unmarshal[constSet](body); err == nil {
		p.constants.nudge(constKey{from, m.Name})
	}
}
