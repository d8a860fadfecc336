package worker

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/scoopp2p/scoopp2p/deque"
	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Worker is one execution slot: a queue of tasks, free lists of records, counters. It belongs to the strand that holds
// it; only public, stats and wake are for others.
type Worker struct {
	_    [128]byte // keeps what the owner writes off its neighbours' lines
	pool *Pool
	id   int

	// window holds the newest tasks, window[:n], newest last. Nobody else sees it, so that the push and the pop of a
	// task that no thief ever hears of cost no atomic operation. Older tasks are in the public deque.
	window [windowSize]*task.Task
	n      int
	public *deque.Deque[task.Task]

	born    bool       // it has not looked for work yet, and counts as hungry
	records []freeList // by Function.Index
	rng     *rand.Rand

	executed, inlined, stolen uint64 // owner's counts; published in stats
	stats                     [3]atomic.Uint64

	wake chan struct{} // capacity 1: the token that ends this worker's sleep
	_    [128]byte
}

// freeList holds records of one function that wait for their next future. An array, not a list through the records: a
// pointer that is not written needs no write barrier.
type freeList []*task.Task

func newWorker(p *Pool, id int, seed uint64) *Worker {
	return &Worker{
		pool: p, id: id, public: deque.New[task.Task](0), wake: make(chan struct{}, 1),
		rng: rand.New(rand.NewPCG(seed, uint64(id)+1)),
	}
}

// push adds t as the newest task. The hunger check is one load of a line that changes only when a worker starves.
//
// The oldest task is always public, whether somebody hungers or not: the owner may go on to compute, or to wait for that
// very task by means that we do not know of, and never come here again. In a tree this costs the bottom of the stack only.
func (w *Worker) push(t *task.Task) {
	if w.n == windowSize {
		w.spill(windowSize / 2)
	}
	w.window[w.n] = t
	w.n++
	if w.public.Len() == 0 {
		w.spill(1)
	}
	if w.pool.hungry.Load() != 0 {
		w.feed()
	}
}

// spill moves the k oldest tasks of the window to the public deque.
func (w *Worker) spill(k int) {
	for _, t := range w.window[:k] {
		w.public.Push(t)
	}
	copy(w.window[:], w.window[k:w.n])
	clear(w.window[w.n-k : w.n])
	w.n -= k
}

// feed makes all tasks of the window public if more workers hunger than there are public tasks. All, not half: the owner may
// be about to run something long, and what is still private then is lost to the others for that long. And not while there
// is enough for everybody: a thief that the system does not run would keep the owner on the slow path for nothing. But what
// is public is announced in any case: a full window spills without regard to who sleeps.
func (w *Worker) feed() {
	if w.n > 0 && int(w.pool.hungry.Load()) > w.public.Len() {
		w.spill(w.n)
	}
	if w.public.Len() > 0 {
		w.pool.announce()
	}
}

// share feeds those who hunger, before the owner turns to something that may be long: nothing that others could do may wait
// for it.
func (w *Worker) share() {
	if w.n > 0 && w.pool.hungry.Load() != 0 {
		w.feed()
	}
}

// pop takes the newest task, or returns nil.
func (w *Worker) pop() *task.Task {
	if w.n > 0 {
		w.n--
		t := w.window[w.n]
		w.window[w.n] = nil
		return t
	}
	return w.public.Pop()
}

// popIf takes t if it is the newest task of the window. The place is not cleared: what stays there is at most windowSize
// records, and soon overwritten.
func (w *Worker) popIf(t *task.Task) bool {
	n := w.n - 1
	if uint(n) >= windowSize || w.window[n] != t {
		return false
	}
	w.n = n
	return true
}

// take removes t from the window, if it is there. The usual place is the newest or the second newest.
func (w *Worker) take(t *task.Task) bool {
	for i := w.n - 1; i >= 0; i-- {
		if w.window[i] == t {
			copy(w.window[i:], w.window[i+1:w.n])
			w.n--
			w.window[w.n] = nil
			return true
		}
	}
	return false
}

// find looks for a task, in this order: the own queue, newest first, because its data is in the cache and its parent
// waits; what was submitted from outside or came from another peer; the siblings' oldest, which are the biggest pieces.
func (w *Worker) find() *task.Task {
	for {
		t := w.pop()
		if t == nil {
			t = w.pool.take()
		}
		if t == nil {
			t = w.steal()
		}
		if t == nil || t.Claim() {
			return t
		}
	}
}

// steal takes the oldest task of a sibling, from a random start. A lost race is not an empty deque: look again.
func (w *Worker) steal() *task.Task {
	siblings := w.pool.workers
	if len(siblings) == 1 {
		return nil
	}
	start := w.rng.IntN(len(siblings))
	for again := true; again; {
		again = false
		for i := range siblings {
			victim := siblings[(start+i)%len(siblings)]
			if victim == w {
				continue
			}
			switch t, outcome := victim.public.Stealer().Steal(); outcome {
			case deque.Stolen:
				w.stolen++
				return t
			case deque.Lost:
				again = true
			case deque.Empty:
			}
		}
	}
	return nil
}

// Free returns a record of function index that is ready for use, or nil.
func (w *Worker) Free(index int) *task.Task {
	if index >= len(w.records) {
		return nil
	}
	l := &w.records[index]
	n := len(*l) - 1
	if n < 0 {
		return nil
	}
	t := (*l)[n]
	*l = (*l)[:n]
	return t
}

// keep puts a recycled record on its free list if that is quick. It is inlined; free is for the rest.
func (w *Worker) keep(t *task.Task) bool {
	if i := t.Fn.Index; i < len(w.records) && !t.Fn.Clears && t.Err == nil {
		l := &w.records[i]
		if n := len(*l); n < cap(*l) {
			*l = append(*l, t)
			return true
		}
	}
	return false
}

// free keeps a recycled record for the next future of its function.
func (w *Worker) free(t *task.Task) {
	index := t.Fn.Index
	if index >= len(w.records) {
		w.records = append(w.records, make([]freeList, index+1-len(w.records))...)
	}
	l := &w.records[index]
	if len(*l) >= maxFree {
		return
	}
	if t.Fn.Clears || t.Err != nil {
		t.Err = nil
		t.Body.Clear()
	}
	*l = append(*l, t)
}

// flush publishes the counters.
func (w *Worker) flush() {
	w.stats[0].Store(w.executed)
	w.stats[1].Store(w.inlined)
	w.stats[2].Store(w.stolen)
}
