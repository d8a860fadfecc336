package task

import "time"

// Wire is a task on its way to a thief. The bytes of Input are made when a remote thief has won the task, never before.
type Wire struct {
	_ struct{} `cbor:",toarray"`

	ID ID
	// Job is the origin of the run that the task belongs to.
	Job PeerID
	// Attempt counts the executions that were begun for this ID, from 1; the owner raises it when it queues the task again.
	Attempt uint32
	// Func is the declared name; Signature must equal the executor's own for that name.
	Func      string
	Signature string
	Input     []byte
	// TimeLeft is what remains of the deadline, 0 for none: clocks differ between peers, durations do not.
	TimeLeft time.Duration
}

// Result is what an executor sends straight to the owner.
type Result struct {
	_ struct{} `cbor:",toarray"`

	ID      ID
	Attempt uint32
	Output  []byte     // empty when Err is set
	Err     *WireError // nil for success
}

// WireError is an error in a form that always encodes: whatever a task failed with, its text and code arrive.
type WireError struct {
	_ struct{} `cbor:",toarray"`

	Code Code
	Func string
	Msg  string
	// Sentinels are the names, given to DeclareError, of the declared errors that errors.Is found in the error.
	Sentinels []string
	// Stack is the executor's goroutine stack, set for CodePanic only.
	Stack string
}
