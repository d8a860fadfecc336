// Package worker is the in-process scheduler: a [Pool] of workers that run the tasks of package task, steal from each other,
// and let a task wait without holding a worker. It knows no network. Package peer moves tasks in and out through
// [Pool.Inject], [Pool.Export] and [Pool.Steal]; package futures submits and joins through the [Frame] of the running task.
//
// A [Worker] is an execution slot: a window of newest tasks that nobody else sees, and a public deque. A [Strand] is a
// goroutine; it runs tasks while it holds a worker, and waits without one. A [Frame] is a running task: its context and the
// owner of its children. A child that nobody has taken runs in place of its parent's call of Result, on the same stack.
//
// # Goroutines
//
//   - Strands. Each worker is held by exactly one strand at any time, or is on its way from one to the next. New starts one
//     per worker. A strand that waits inside a task (a join of a task that runs elsewhere, [Await], [Frame.Blocking], a
//     recursion deeper than maxInlineDepth) hands its worker to a resting strand, or to a new one: so there are as many
//     strands as workers, plus one per waiting task, plus at most maxIdleStrands per worker at rest. A strand ends when that
//     many rest already, when its task calls runtime.Goexit (another takes its worker first), or with the pool.
//   - The looker, one per pool, started by New. After a cancellation anywhere in the process it looks through the strands
//     that wait and wakes those whose task, or an ancestor of it, was cancelled. Close ends it after the last strand.
//   - Short ones: package context starts a goroutine for each function registered with a context that ends, and Close one
//     that waits for the strands.
//
// Whether the caller is the goroutine of a frame's strand is found out by [Frame.own]; everything that touches a window, the
// owner's end of a deque, a stack of frames or a free list asks first. Other goroutines may use a task's context freely: what
// they submit with it becomes a child of the task by [Frame.Adopt] and goes through the injector.
//
// # Locks
//
//   - Frame.treeMu: the part of a context that others watch. A child's before its parent's, also across contexts derived from
//     either, whose mutexes stand in the same order; before task.Task's mutex.
//   - parked.mu: the list of waiting strands. Before task.Task's mutex and those of the contexts that stand above a task and
//     are no tasks themselves: the looker asks them whether they have ended.
//   - sleepers.mu, Pool.resumable, Pool.spare, the injectors' and task.Task's own: leaves; nothing is acquired under them.
//
// No lock is held while a task runs, while a waiter or watcher of a task is told, or across a channel operation that can
// block. The tokens in Worker.wake and Strand.wake are sent after the lock is released; there is room for each, because a
// worker is taken off the list of sleepers, and a strand made ready, once per sleep or wait.
//
// How workers fall asleep and are woken is in idle.md, with the argument why no wake-up is lost.
//
// # Shutdown
//
// [Pool.Close] goes through these steps:
//
//  1. stopping is set. From now on Inject cancels what it is given. An Inject that did not see it has queued its task before,
//     and step 4 finds it.
//  2. The pool's context ends, with Close's cause. The looker wakes the tasks that wait for a result; tasks that run hear of
//     it when they look at their context; those in Blocking come back in their own time.
//  3. All sleepers are woken. Workers take what is queued and cancel it without running it.
//  4. A worker ends when it has found nothing, nothing is visible, and no strand waits: a strand that waits needs a worker
//     to come back to. It wakes the others, which may have gone to sleep while one still waited. The last one ends the
//     strands at rest.
//  5. When the last strand has ended the looker is ended, and Close returns nil. If that takes longer than the grace, Close
//     returns an error instead; the pool still ends by itself if those functions ever return.
//
// A task is done or cancelled in every case. A second Close does nothing and returns nil at once.
package worker
