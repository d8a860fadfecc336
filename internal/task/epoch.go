package task

import (
	"sync"
	"sync/atomic"
)

// epoch counts the cancellations in this process. A context that was found alive at the present epoch is still alive: so
// the check on the path of every future is one load and one comparison, instead of a walk up its ancestors.
var epoch atomic.Uint64

// epochHooks are the functions that want to hear of each cancellation; the slice is replaced, never changed.
var epochHooks struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*func()]
}

func init() { epoch.Store(1) }

// Epoch returns the count of cancellations in this process so far, from 1.
func Epoch() uint64 { return epoch.Load() }

// OnEpoch has f called after each cancellation, until stop is called. f must not block.
func OnEpoch(f func()) (stop func()) {
	key := &f
	change := func(edit func([]*func()) []*func()) {
		epochHooks.mu.Lock()
		defer epochHooks.mu.Unlock()
		var old []*func()
		if l := epochHooks.list.Load(); l != nil {
			old = *l
		}
		list := edit(old)
		epochHooks.list.Store(&list)
	}
	change(func(old []*func()) []*func() { return append(old[:len(old):len(old)], key) })
	return func() {
		change(func(old []*func()) []*func() {
			var list []*func()
			for _, g := range old {
				if g != key {
					list = append(list, g)
				}
			}
			return list
		})
	}
}

func nextEpoch() {
	epoch.Add(1)
	if l := epochHooks.list.Load(); l != nil {
		for _, f := range *l {
			(*f)()
		}
	}
}

// Advance is for contexts that are ancestors of tasks without being tasks: call it after such a context has ended.
func Advance() { nextEpoch() }
