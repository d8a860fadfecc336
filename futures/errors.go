package futures

import "github.com/scoopp2p/scoopp2p/internal/task"

// Errors to branch on with errors.Is, wherever in the swarm they arose.
var (
	// ErrNoPeer: the context is bound to no peer. Use the context that Main or a task was given, or peer.NewContext.
	ErrNoPeer = task.ErrNoPeer
	// ErrNotHandled: no peer that was asked gave the declared function a body.
	ErrNotHandled = task.ErrNotHandled
	// ErrSignature: the function has other types on another peer; the programs differ.
	ErrSignature = task.ErrSignature
	// ErrPeerLost: the peer that ran the task was lost, and the function is marked AtMostOnce.
	ErrPeerLost = task.ErrPeerLost
	// ErrClosed: the peer is closed, or closing.
	ErrClosed = task.ErrClosed
	// ErrStale: the task that submitted the future has returned, or the Future is zero.
	ErrStale = task.ErrStale
	// ErrPoison: the task was running on several peers that died.
	ErrPoison = task.ErrPoison
	// ErrTooLarge: a value is larger than MaxValueBytes.
	ErrTooLarge = task.ErrTooLarge
	// ErrEncode: a result has a type, or content, that cannot be sent.
	ErrEncode = task.ErrEncode
	// ErrGoexit: the function ended its goroutine with runtime.Goexit. If the task ran in place, so did its parent's.
	ErrGoexit = task.ErrGoexit
)

// RemoteError is an error that a task met on another peer. It keeps the text, and errors.Is and errors.As find in it
// context.Canceled and DeadlineExceeded, errors that were declared with DeclareError, and a *PanicError.
type RemoteError = task.RemoteError

// PanicError is the error of a task whose function panicked, with the stack of the goroutine that did.
type PanicError = task.PanicError

// DeclareError gives a sentinel error a name under which it crosses the wire: errors.Is then holds on every peer. Call it
// in package variables or init; it returns err.
func DeclareError(name string, err error) error {
	task.DeclareError(name, err)
	return err
}
