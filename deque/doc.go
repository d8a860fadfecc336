// Package deque holds the three queues of a work-stealing scheduler: a [Deque] for each worker, a [Stealer] for everyone
// who may take from it, and an [Injector] for work that no worker has spawned. It depends on the standard library only.
//
// # The three nouns
//
// A worker owns one Deque. It pushes what it spawns at the bottom and pops the newest first, which keeps the working set
// small and the caches warm. A Stealer is the other end: a small value, copied to whoever may rob the worker, that can do
// nothing but take the oldest element from the top. The oldest task is the one nearest the root of the computation, so one
// steal moves much work. The Injector is the shared way in: submissions from outside the scheduler go through it, first
// in, first out. The roles are types: a thief cannot push, because a Stealer has no Push.
//
// Together they make a scheduler in one readable chain, each step dearer than the one before:
//
//	func (w *worker) find() *Task {
//		if t := w.deque.Pop(); t != nil { // our own newest: no lock, no shared line
//			return t
//		}
//		if t := injector.Take(); t != nil { // nobody is busy with it yet
//			return t
//		}
//		for retry := true; retry; { // from siblings, the oldest first
//			retry = false
//			for _, s := range w.siblings() { // from a random start
//				switch t, outcome := s.Steal(); outcome {
//				case deque.Stolen:
//					return t
//				case deque.Lost:
//					retry = true // there was work a moment ago
//				}
//			}
//		}
//		return nil // every queue was seen empty: now it is right to park
//	}
//
// The package example is this program in full. To lose a race ([Lost]) and to find nothing ([Empty]) are different facts
// and stay different outcomes: only the second allows a worker to go to sleep.
//
// # Ownership
//
// Elements are pointers, never nil, and the queue never looks behind them. What happened before Push(x) happens before
// the call of Pop, Steal or Take that returns x, as if through a channel. The same pointer may be queued more than once;
// it then comes out as often. Taken elements are forgotten at once: no slot, and no outgrown ring that is still
// reachable, keeps one from the garbage collector. A test holds this.
//
// Push and Pop of a Deque belong to its owner. The owner is a role, not a goroutine: it may pass to another goroutine if
// something (a channel, a mutex) orders the last call of the one before the first call of the other.
//
// # Limits
//
// No queue grows beyond 1<<28 elements; a push that would exceed this panics, because a program with a quarter of a
// billion spawned and unstarted tasks has a bug that only gets worse.
package deque
