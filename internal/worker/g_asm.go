//go:build amd64 || arm64

package worker

// getg returns a number that no other living goroutine has.
//
// Go gives no name to a goroutine, and a task's context can be handed to another goroutine by any line of user code
// (`go func() { futures.Submit(ctx, …) }()`). The owner's end of a deque must never be touched from there. The address
// of the runtime's g is the one cheap witness: it is compared, never followed. Rejected: runtime.Stack (1 µs), a lock or
// an atomic owner flag on each push and pop (three times the cost of the push), and a rule in the documentation (a data
// race for whoever did not read it).
func getg() uintptr
