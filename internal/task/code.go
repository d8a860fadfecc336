package task

// Code classifies an error that crossed the wire. Codes are append-only: a number never changes its meaning.
type Code uint8

const (
	// CodeUnknown is an error returned by the user's function, of no kind known here.
	CodeUnknown Code = iota + 1
	// CodeCanceled is context.Canceled.
	CodeCanceled
	// CodeDeadline is context.DeadlineExceeded.
	CodeDeadline
	// CodePanic is a panic in the user's function; the stack travels with it.
	CodePanic
	// CodeNotHandled says that the executor declares the function but nobody gave it a body there.
	CodeNotHandled
	// CodeSignature says that the executor knows the function with other types.
	CodeSignature
	// CodeDecode says that the input did not decode at the executor.
	CodeDecode
	// CodeEncode says that the result could not be encoded.
	CodeEncode
	// CodeTooLarge says that the encoded result is above the value limit.
	CodeTooLarge
	// CodeClosed says that the executor was closing down.
	CodeClosed
	// CodeGoexit says that the function ended its goroutine with runtime.Goexit.
	CodeGoexit
	// CodePeerLost says that a task which must not be run twice was lost with its executor.
	CodePeerLost
	// CodePoison says that several peers died while they ran the task.
	CodePoison
	// CodeStale says that the function used a future after the task that submitted it had returned.
	CodeStale
	// CodeNoPeer says that the function used a context that is bound to no peer.
	CodeNoPeer
)

var codeNames = [...]string{
	CodeUnknown: "error", CodeCanceled: "canceled", CodeDeadline: "deadline exceeded", CodePanic: "panic",
	CodeNotHandled: "not handled", CodeSignature: "signature mismatch", CodeDecode: "input not decodable",
	CodeEncode: "result not encodable", CodeTooLarge: "result too large", CodeClosed: "executor closed",
	CodeGoexit: "goroutine exited", CodePeerLost: "peer lost", CodePoison: "poison", CodeStale: "stale future",
	CodeNoPeer: "no peer",
}

// String names the code in a word or two.
func (c Code) String() string {
	if int(c) < len(codeNames) && codeNames[c] != "" {
		return codeNames[c]
	}
	return "unknown code"
}
