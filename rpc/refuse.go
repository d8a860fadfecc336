package rpc

import (
	"errors"
	"fmt"
)

// refusalCode says in one byte why a peer is not admitted. Codes are append-only.
type refusalCode uint8

const (
	refusedByCaller   refusalCode = iota + 1 // the Joined callback said no
	refusedSecret                            // the proof is wrong
	refusedVersion                           // another wire version
	refusedProtocol                          // not a hello of the specification
	refusedOverloaded                        // too many control streams
)

var refusalErrors = map[refusalCode]error{
	refusedByCaller: ErrRefused, refusedSecret: ErrSecret, refusedVersion: ErrVersion, refusedProtocol: ErrProtocol,
	refusedOverloaded: ErrRefused,
}

// refusal is why one side turned the other away. The text is for people, on both sides.
type refusal struct {
	code   refusalCode
	text   string
	remote bool // the other side said it
}

func refuse(code refusalCode, format string, args ...any) *refusal {
	return &refusal{code: code, text: shorten(fmt.Sprintf(format, args...))}
}

func (r *refusal) Error() string {
	if r.remote {
		return "the peer refused us: " + r.text
	}
	return "we refused the peer: " + r.text
}

// Is ties a refusal to the exported error of its code.
func (r *refusal) Is(target error) bool { return refusalErrors[r.code] == target }

func (r *refusal) append(dst []byte) []byte { return append(append(dst, byte(r.code)), r.text...) }

func parseRefusal(b []byte) *refusal {
	if len(b) == 0 {
		return &refusal{code: refusedProtocol, text: "no reason given", remote: true}
	}
	return &refusal{code: refusalCode(b[0]), text: shorten(string(b[1:])), remote: true}
}

// asRefusal turns a failed admission into what the other side is told, nil when it need not be: it said so itself, or the
// stream is gone.
func asRefusal(err error) *refusal {
	var r *refusal
	switch {
	case errors.As(err, &r) && r.remote:
		return nil
	case errors.As(err, &r):
		return r
	case errors.Is(err, ErrProtocol):
		return refuse(refusedProtocol, "%v", err)
	}
	return nil
}
