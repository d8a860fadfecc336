package rpc

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	p2p "github.com/libp2p/go-libp2p/core/peer"
)

// Errors to branch on with errors.Is.
var (
	// ErrPeerLost is in the error of every Call that was pending when its peer was lost.
	ErrPeerLost = errors.New("peer lost")
	// ErrUnknownPeer says that no session with the peer is up.
	ErrUnknownPeer = errors.New("no session with this peer: dial it first")
	// ErrQueueFull says that the peer reads more slowly than we send. Send again later, or send less.
	ErrQueueFull = errors.New("send queue full: the peer reads too slowly")
	// ErrTooLarge says that a body is above Config.MaxMessage.
	ErrTooLarge = errors.New("message too large")
	// ErrClosed says that this endpoint is closed or closing.
	ErrClosed = errors.New("endpoint closed")
	// ErrSecret says that the two sides do not hold the same job key.
	ErrSecret = errors.New("job keys differ: start both peers with the key of the same job")
	// ErrVersion says that the two sides speak different versions of the wire protocol.
	ErrVersion = errors.New("wire versions differ")
	// ErrRefused says that a Joined callback refused the peer, on this side or on the other.
	ErrRefused = errors.New("refused")
	// ErrProtocol says that the peer broke the wire protocol.
	ErrProtocol = errors.New("protocol violation")
)

// RemoteCallError is what the peer answered to a Call in place of a result.
type RemoteCallError struct {
	Kind Kind   // of the call
	Msg  string // the handler's error text, or the peer's reason for calling no handler; at most 4 KiB
	// Handled is true when a handler ran and returned the error, false when the peer called none (unknown kind, overload).
	Handled bool
}

func (e *RemoteCallError) Error() string {
	return fmt.Sprintf("peer answered kind %d: %s", e.Kind, e.Msg)
}

// FromPeer reports whether the peer itself said so, in answer to a Call; otherwise err was inferred here (loss, deadline,
// full queue), and the fate of the call is unknown unless SafeToRetry.
func FromPeer(err error) bool {
	var r *RemoteCallError
	return errors.As(err, &r)
}

// SafeToRetry reports whether certainly nothing of the message that failed with err has been sent, so that sending it
// again, to this peer or another, cannot make two of it. It follows pgconn's function of the same name.
func SafeToRetry(err error) bool {
	var o *opError
	return errors.As(err, &o) && o.unsent
}

// opError puts the package's one prefix on an error that crosses its border.
type opError struct {
	op     string
	peer   p2p.ID
	err    error
	unsent bool
}

func (e *opError) Error() string { return fmt.Sprintf("rpc: %s %s: %v", e.op, e.peer, e.err) }
func (e *opError) Unwrap() error { return e.err }

// lost makes the error of something that the end of a session cut short.
func lost(cause error) error {
	if cause == nil {
		return fmt.Errorf("%w: it said goodbye", ErrPeerLost)
	}
	return fmt.Errorf("%w: %w", ErrPeerLost, cause)
}

// shorten makes any text fit for the wire and for one log line.
func shorten(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= maxText {
		return text
	}
	n := maxText
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
