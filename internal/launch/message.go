package launch

import (
	"errors"
	"fmt"
	"log/slog"
)

// Message is a word of the launcher to a process: Spec, Interrupt, Gone or Leave.
type Message interface{ messageKind() string }

// Spec tells a process what it is in the job. It is the first message and comes once.
type Spec struct {
	// Rank numbers the processes of this launcher from 0. With an origin, rank 0 is the origin.
	Rank int `json:"rank"`
	// Origin says that this process runs the user's run function.
	Origin bool `json:"origin,omitempty"`
	// Workers is the number of workers of this peer, at least 1.
	Workers int `json:"workers"`
	// Peers is the number of processes that this launcher starts, this one included.
	Peers int `json:"peers"`
	// Secret is the key of the job or of the swarm, SecretBytes long. It must not be logged; its String hides it.
	Secret Secret `json:"secret"`
	// Listen holds the multiaddrs to listen on. Empty: nobody else takes part, the peer needs no network.
	Listen []string `json:"listen,omitempty"`
	// Bootstrap holds multiaddrs, each ending in /p2p/ID, of peers to join; all must be tried, one is enough.
	Bootstrap []string `json:"bootstrap,omitempty"`
	// Verbosity is -1 for quiet, 0, 1 for -v, 2 for -vv.
	Verbosity int `json:"verbosity,omitempty"`
}

// Interrupt says that the user asked for the Nth time to stop (Ctrl-C, SIGTERM): 1 means start nothing new and let what
// runs finish, 2 means cancel everything. Soon after 2 the process is sent SIGTERM, then killed.
type Interrupt struct {
	N int `json:"n"`
}

// Gone says that the process which was this peer has ended without taking leave: the launcher saw it die, so there is
// no need to wait for a grace period or to probe. It is answered with Lost, with Rerun 0 if that peer is unknown here.
type Gone struct {
	PeerID string `json:"peer"`
}

// Leave asks the process to hand over what it holds and exit with status 0.
type Leave struct{}

func (Spec) messageKind() string      { return "spec" }
func (Interrupt) messageKind() string { return "interrupt" }
func (Gone) messageKind() string      { return "gone" }
func (Leave) messageKind() string     { return "leave" }

// Secret is key material: it marshals to JSON as bytes do but prints as a placeholder, so that no %v of a Spec leaks it.
type Secret []byte

const hidden = "[secret]"

// String hides the key.
func (Secret) String() string { return hidden }

// GoString hides the key.
func (Secret) GoString() string { return hidden }

// LogValue hides the key.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// validate is used at both ends: a launcher must not send what a child would refuse.
func (s Spec) validate() error {
	switch {
	case s.Rank < 0:
		return fmt.Errorf("launch: rank %d is negative", s.Rank)
	case s.Workers < 1 || s.Workers > maxWorkers:
		return fmt.Errorf("launch: %d workers, want 1 to %d", s.Workers, maxWorkers)
	case s.Peers < 1 || s.Rank >= s.Peers:
		return fmt.Errorf("launch: rank %d of %d peers", s.Rank, s.Peers)
	case len(s.Secret) != SecretBytes:
		return fmt.Errorf("launch: the key has %d bytes, want %d", len(s.Secret), SecretBytes)
	}
	return errors.Join(checkAddrs("listen", s.Listen), checkAddrs("bootstrap", s.Bootstrap))
}

func checkAddrs(what string, addrs []string) error {
	if len(addrs) > MaxAddrs {
		return fmt.Errorf("launch: %d %s addresses, at most %d", len(addrs), what, MaxAddrs)
	}
	for _, a := range addrs {
		if a == "" || len(a) > maxNameBytes {
			return fmt.Errorf("launch: a %s address of %d bytes, want 1 to %d", what, len(a), maxNameBytes)
		}
	}
	return nil
}
