package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Errors that callers branch on; package futures exports them.
var (
	ErrNoPeer     = errors.New("the context is bound to no peer: use the context that futures.Main or a task was given, or peer.NewContext")
	ErrNotHandled = errors.New("the function is declared but not handled: call its Handle method before futures.Main or futures.Start")
	ErrSignature  = errors.New("the function has another signature on another peer: run the same program everywhere")
	ErrPeerLost   = errors.New("the peer that ran the task was lost")
	ErrClosed     = errors.New("the peer is closed")
	ErrStale      = errors.New("the future is stale: the task that submitted it has returned, or it was never submitted")
	ErrPoison     = errors.New("the task was running on several peers that died")
	ErrTooLarge   = errors.New("the value is larger than the limit for one value")
	ErrEncode     = errors.New("the value cannot be encoded")
	ErrGoexit     = errors.New("the function called runtime.Goexit")
)

// RemoteError is an error that happened to a task at another peer.
type RemoteError struct {
	Func     string // declared name of the function
	Executor string // peer ID
	Code     Code
	Msg      string

	causes []error
}

// Error implements error.
func (e *RemoteError) Error() string {
	if e.Code == CodeUnknown {
		return fmt.Sprintf("%s on peer %s: %s", e.Func, e.Executor, e.Msg)
	}
	return fmt.Sprintf("%s on peer %s: %s: %s", e.Func, e.Executor, e.Code, e.Msg)
}

// Unwrap gives what errors.Is and errors.As find: declared errors, context errors, a *PanicError.
func (e *RemoteError) Unwrap() []error { return e.causes }

// PanicError is the outcome of a task whose function panicked.
type PanicError struct {
	Func  string // declared name of the function
	Value any    // what was given to panic; its text if the task ran on another peer
	Stack string // of the goroutine that panicked
}

// Error implements error; the stack is in the Stack field.
func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.Func, e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// sentinels are the errors whose identity crosses the wire, by name.
var sentinels struct {
	sync.RWMutex
	byName map[string]error
}

// DeclareError gives err a name that crosses the wire. A mistake is remembered for [Registry.Err].
func DeclareError(name string, err error) {
	sentinels.Lock()
	defer sentinels.Unlock()
	switch {
	case name == "":
		Functions.Fail(errors.New("an error is declared without a name; give it one"))
	case err == nil:
		Functions.Fail(fmt.Errorf("the declared error %q is nil", name))
	case sentinels.byName[name] != nil:
		Functions.Fail(fmt.Errorf("two errors are declared under the name %q; rename one of them", name))
	case sentinels.byName == nil:
		sentinels.byName = map[string]error{name: err}
	default:
		sentinels.byName[name] = err
	}
}

// runtimeCodes pairs the runtime's own errors with their codes.
var runtimeCodes = []struct {
	err  error
	code Code
}{
	{context.Canceled, CodeCanceled},
	{context.DeadlineExceeded, CodeDeadline},
	{ErrNotHandled, CodeNotHandled},
	{ErrSignature, CodeSignature},
	{ErrEncode, CodeEncode},
	{ErrTooLarge, CodeTooLarge},
	{ErrClosed, CodeClosed},
	{ErrGoexit, CodeGoexit},
	{ErrPeerLost, CodePeerLost},
	{ErrPoison, CodePoison},
	{ErrStale, CodeStale},
	{ErrNoPeer, CodeNoPeer},
}

// Limits of an error on the wire, in bytes: an error must always arrive.
const (
	maxErrorText  = 16 << 10
	maxErrorStack = 64 << 10
)

// ToWire turns any error into a form that encodes. It returns nil for nil.
func ToWire(function string, err error) (w *WireError) {
	if err == nil {
		return nil
	}
	w = &WireError{Code: CodeUnknown, Func: clip(function, maxErrorText), Msg: clip(safeText(err), maxErrorText)}
	defer func() { _ = recover() }() // the error's Is, As or Unwrap panicked; its text is in w already
	classify(w, err)
	return w
}

// classify finds out what errors.Is and errors.As see in err. They call methods of the user's types.
func classify(w *WireError, err error) {
	var remote *RemoteError
	var panicked *PanicError
	switch {
	case errors.As(err, &panicked):
		w.Code, w.Stack = CodePanic, clip(panicked.Stack, maxErrorStack)
		w.Msg = clip(fmt.Sprint(panicked.Value), maxErrorText)
	case errors.As(err, &remote):
		w.Code = remote.Code
	}
	for _, c := range runtimeCodes {
		if w.Code == CodeUnknown && errors.Is(err, c.err) {
			w.Code = c.code
		}
	}
	sentinels.RLock()
	defer sentinels.RUnlock()
	for name, sentinel := range sentinels.byName {
		if errors.Is(err, sentinel) {
			w.Sentinels = append(w.Sentinels, name)
		}
	}
	slices.Sort(w.Sentinels) // the same error is the same bytes
}

// safeText is err.Error(), even if that panics: it is the user's code.
func safeText(err error) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprintf("%T, whose Error method panicked: %v", err, v)
		}
	}()
	return err.Error()
}

// clip makes s valid UTF-8, which decoders insist on, of n bytes and an ellipsis at most.
func clip(s string, n int) string {
	if s = strings.ToValidUTF8(s, "?"); len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// FromWire turns an error that came from executor into the error that the future's owner sees.
func FromWire(executor string, w *WireError) error {
	e := &RemoteError{Func: w.Func, Executor: executor, Code: w.Code, Msg: w.Msg}
	if w.Code == CodePanic {
		e.causes = append(e.causes, &PanicError{Func: w.Func, Value: w.Msg, Stack: w.Stack})
	}
	for _, c := range runtimeCodes {
		if w.Code == c.code {
			e.causes = append(e.causes, c.err)
		}
	}
	sentinels.RLock()
	defer sentinels.RUnlock()
	for _, name := range w.Sentinels {
		if err := sentinels.byName[name]; err != nil {
			e.causes = append(e.causes, err)
		}
	}
	return e
}
