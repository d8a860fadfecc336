package launch

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrLong is returned for a line that would be longer than MaxLineBytes.
var ErrLong = errors.New("launch: the line is too long")

type envelope struct {
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body,omitempty"`
}

func encode(kind string, body any) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("launch: encode %s: %w", kind, err)
	}
	line, err := json.Marshal(envelope{kind, raw})
	if err != nil {
		return nil, fmt.Errorf("launch: encode %s: %w", kind, err)
	}
	if len(line)+1 > MaxLineBytes {
		return nil, fmt.Errorf("%w: %s of %d bytes", ErrLong, kind, len(line)+1)
	}
	return append(line, '\n'), nil
}

func encodeEvent(e Event) ([]byte, error) {
	if f, ok := e.(Fatal); ok && len(f.Msg) > maxTextBytes {
		f.Msg = f.Msg[:maxTextBytes] // a last word cut short is better than none
		e = f
	}
	return encode(e.eventKind(), e)
}

func encodeMessage(m Message) ([]byte, error) {
	return encode(m.messageKind(), m)
}

// decodeEvent returns nil without an error for a kind that this build does not know.
func decodeEvent(line []byte) (Event, error) {
	env, err := open(line)
	if err != nil {
		return nil, err
	}
	switch env.Kind {
	case "hello":
		return body(env, func(Hello) error { return nil })
	case "ready":
		return body(env, func(e Ready) error { return errors.Join(checkPeerID(e.PeerID), checkAddrs("listen", e.Addrs)) })
	case "joined":
		return body(env, func(e Joined) error { return checkPeerID(e.PeerID) })
	case "lost":
		return body(env, func(e Lost) error {
			if e.Rerun < 0 {
				return fmt.Errorf("launch: %d tasks run again", e.Rerun)
			}
			return checkPeerID(e.PeerID)
		})
	case "fatal":
		return body(env, func(Fatal) error { return nil })
	case "stats":
		return body(env, func(Stats) error { return nil })
	}
	return nil, nil
}

// decodeMessage returns nil without an error for a kind that this build does not know.
func decodeMessage(line []byte) (Message, error) {
	env, err := open(line)
	if err != nil {
		return nil, err
	}
	switch env.Kind {
	case "spec":
		return body(env, Spec.validate)
	case "interrupt":
		return body(env, func(m Interrupt) error {
			if m.N < 1 {
				return fmt.Errorf("launch: interrupt number %d", m.N)
			}
			return nil
		})
	case "gone":
		return body(env, func(m Gone) error { return checkPeerID(m.PeerID) })
	case "leave":
		return body(env, func(Leave) error { return nil })
	}
	return nil, nil
}

func open(line []byte) (envelope, error) {
	var env envelope
	if err := json.Unmarshal(line, &env); err != nil {
		return env, fmt.Errorf("launch: decode a line of %d bytes: %w", len(line), err)
	}
	return env, nil
}

// body decodes into T. It never returns a typed nil: on error the interface that the caller makes of it is discarded.
func body[T any](env envelope, check func(T) error) (T, error) {
	var v T
	if len(env.Body) > 0 {
		if err := json.Unmarshal(env.Body, &v); err != nil {
			return v, fmt.Errorf("launch: decode %s: %w", env.Kind, err)
		}
	}
	return v, check(v)
}
