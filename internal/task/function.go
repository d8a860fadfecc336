package task

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
)

// Function is a declared function without its types: what the packages below futures know of it.
type Function struct {
	// Name is chosen by the user and is the same in every process that speaks of it.
	Name string
	// Signature describes the types, for comparison between peers.
	Signature string
	// Index is the number of the function in this process, from 0; workers use it to find their free lists.
	Index int
	// Clears says that records hold pointers and must be cleared before they wait on a free list.
	Clears bool
	// Twin says that the function was declared together with another, to run it over many inputs.
	Twin bool
	// AtMostOnce says that a task of the function must not be begun twice: if its executor is lost, so is the task.
	AtMostOnce bool
	// Handled reports whether a body was given here.
	Handled func() bool
	// Decode makes a task from the wire; its Parent is still to be set.
	Decode func(input []byte) (*Task, error)

	// Typed is the declaration with its types, as package futures knows it.
	Typed any

	warned atomic.Bool
}

// WarnOnce reports true the first time: for notes that are worth one line per function.
func (f *Function) WarnOnce() bool { return f.warned.CompareAndSwap(false, true) }

// Registry is the set of functions declared in a process. Declarations are made while a program starts, usually in
// package variables, and are as global as the names themselves; nothing that runs hangs on the registry.
type Registry struct {
	mu     sync.RWMutex
	byName map[string]*Function
	order  []*Function
	errs   []error
}

// Functions is the registry of this process.
var Functions Registry

// Add declares f and sets its index. A name that is empty or taken is remembered for [Registry.Err]: declarations stand in
// package variables, where nobody can look at an error.
func (r *Registry) Add(f *Function) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.Index = len(r.order)
	r.order = append(r.order, f)
	switch old := r.byName[f.Name]; {
	case f.Name == "":
		r.errs = append(r.errs, errors.New("a function is declared without a name; give it one"))
	case old != nil && f.Twin:
		// the function itself is reported
	case old != nil:
		r.errs = append(r.errs, fmt.Errorf("two functions are declared under the name %q: %s and %s; rename one of them",
			f.Name, old.Signature, f.Signature))
	default:
		if r.byName == nil {
			r.byName = make(map[string]*Function)
		}
		r.byName[f.Name] = f
	}
}

// Fail remembers a mistake in the declarations for [Registry.Err].
func (r *Registry) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// Err returns the mistakes made in declarations so far, or nil. Nothing should be started while there are any.
func (r *Registry) Err() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return errors.Join(r.errs...)
}

// Lookup returns the function of that name, or nil.
func (r *Registry) Lookup(name string) *Function {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byName[name]
}

// Manifest maps the name of each function that is handled here to its signature. Peers compare manifests when they meet.
func (r *Registry) Manifest() map[string]string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m := make(map[string]string, len(r.order))
	for _, f := range r.order {
		if f.Handled() {
			m[f.Name] = f.Signature
		}
	}
	return m
}

// Names lists the declared names, sorted.
func (r *Registry) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.order))
	for _, f := range r.order {
		names = append(names, f.Name)
	}
	sort.Strings(names)
	return names
}
