package worker

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// sleepers are the workers that found nothing to do. The protocol is in idle.md, beside this file.
type sleepers struct {
	n  atomic.Int32 // length of list
	mu sync.Mutex
	// list holds the sleeping workers; last in, first out, so that the same few stay warm.
	list  []*Worker
	alive int // workers that have not ended
}

// wakeOne wakes a sleeper, if there is one. The caller has made its work visible before.
func (l *sleepers) wakeOne() {
	if l.n.Load() == 0 {
		return
	}
	l.mu.Lock()
	var w *Worker
	if k := len(l.list); k > 0 {
		w = l.list[k-1]
		l.list = l.list[:k-1]
		l.n.Store(int32(k - 1))
	}
	l.mu.Unlock()
	if w != nil {
		w.wake <- struct{}{}
	}
}

func (l *sleepers) wakeAll() {
	for l.n.Load() > 0 {
		l.wakeOne()
	}
}

func (l *sleepers) add(w *Worker) {
	l.mu.Lock()
	l.list = append(l.list, w)
	l.n.Store(int32(len(l.list)))
	l.mu.Unlock()
}

// remove takes w off the list; false means that somebody has taken it off already, and its token is on the way.
func (l *sleepers) remove(w *Worker) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, other := range l.list {
		if other == w {
			l.list = append(l.list[:i], l.list[i+1:]...)
			l.n.Store(int32(len(l.list)))
			return true
		}
	}
	return false
}

func (l *sleepers) living() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.alive
}

// wake makes sure that somebody looks for the work that the caller has just made visible.
func (p *Pool) wake() {
	if p.searching.Load() == 0 {
		p.sleep.wakeOne()
	}
}

// idle is for a worker that found nothing: it looks again a few times, then sleeps. It returns a claimed task; or none,
// when the worker should look around as usual; or false, when the pool ends.
func (p *Pool) idle(w *Worker) (*task.Task, bool) {
	w.flush()
	p.hungry.Add(1)
	defer p.hungry.Add(-1)
	for {
		p.searching.Add(1)
		if t, more, decided := p.search(w); decided {
			p.found()
			return t, more
		}
		p.sleep.add(w)
		p.searching.Add(-1)
		// From here on, whoever makes work visible sees us. What was made visible before, we must see now.
		if p.visible() || p.stopping.Load() != nil && p.parked.n.Load() == 0 {
			if !p.sleep.remove(w) {
				<-w.wake
			}
			continue
		}
		if p.cfg.OnIdle != nil {
			p.cfg.OnIdle()
		}
		// Whoever wakes us wakes nobody else. We wake the next, as a searcher that has found something, see found.
		<-w.wake
	}
}

// search looks everywhere a few times. decided is false when there was nothing and w may sleep.
func (p *Pool) search(w *Worker) (t *task.Task, more, decided bool) {
	for range idleRounds {
		runtime.Gosched() // lets a goroutine that has something for us run first
		if p.readyN.Load() != 0 {
			return nil, true, true
		}
		if t := w.find(); t != nil {
			return t, true, true
		}
	}
	return nil, false, p.ended(w)
}

// visible reports whether there is anything that a worker of this pool could do.
func (p *Pool) visible() bool { return p.readyN.Load() != 0 || p.Queued() > 0 || p.pinned.Len() > 0 }

// found ends a search. The last searcher wakes another if there is more: those who made work visible while it searched
// relied on it.
func (p *Pool) found() {
	if p.searching.Add(-1) == 0 && p.visible() {
		p.sleep.wakeOne()
	}
}

// ended reports whether w, which has nothing to do, may end: the pool stops, and no strand waits for a worker.
func (p *Pool) ended(w *Worker) bool {
	if p.stopping.Load() == nil || p.parked.n.Load() != 0 || p.visible() {
		return false // visible: pushed after our last look, by an Inject that did not see the pool stop
	}
	p.sleep.mu.Lock()
	p.sleep.alive--
	last := p.sleep.alive == 0
	p.sleep.mu.Unlock()
	if !last {
		p.sleep.wakeAll() // they may have gone to sleep while a strand was parked
		return true
	}
	p.spare.Lock()
	p.spare.closed = true
	spare := p.spare.strands
	p.spare.strands = nil
	p.spare.Unlock()
	for _, s := range spare {
		s.resume(nil)
	}
	return true
}
