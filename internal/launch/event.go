package launch

import "fmt"

// Event is a word of a process to the launcher: Hello, Ready, Joined, Lost, Fatal or Stats.
type Event interface{ eventKind() string }

// Hello says that the process is a scoopp2p program. FromEnv sends it.
type Hello struct {
	// PID is the process that speaks, which is not the one that was started when a wrapper script stands between.
	PID int `json:"pid,omitempty"`
}

// Ready says that the peer listens and, if it had bootstrap addresses, has joined.
type Ready struct {
	// PeerID is the libp2p peer ID in text.
	PeerID string `json:"peer"`
	// Addrs holds the multiaddrs it can be reached at, each ending in /p2p/ID. Empty if it does not listen.
	Addrs []string `json:"addrs,omitempty"`
}

// Joined says that another peer became a member.
type Joined struct {
	PeerID string `json:"peer"`
}

// Lost says that this process holds another peer for lost and has queued Rerun tasks again that the lost peer had.
// Each surviving peer says so once for each lost peer, also when Rerun is 0.
type Lost struct {
	PeerID string `json:"peer"`
	Rerun  int    `json:"rerun"`
}

// Fatal says that the process cannot take part and is about to exit: no bootstrap address answered, say. The launcher
// prints Msg, which is one line and says what to do, and exits with Code (0 means 125).
type Fatal struct {
	Code int    `json:"code,omitempty"`
	Msg  string `json:"msg"`
}

// Stats are the counts of one peer at its end.
type Stats struct {
	// Executed counts tasks that ran here, Stolen those among them that came from other peers, Rerun those that were
	// queued again here because their executor was lost.
	Executed int64 `json:"executed"`
	Stolen   int64 `json:"stolen,omitempty"`
	Rerun    int64 `json:"rerun,omitempty"`
}

func (Hello) eventKind() string  { return "hello" }
func (Ready) eventKind() string  { return "ready" }
func (Joined) eventKind() string { return "joined" }
func (Lost) eventKind() string   { return "lost" }
func (Fatal) eventKind() string  { return "fatal" }
func (Stats) eventKind() string  { return "stats" }

func checkPeerID(id string) error {
	if id == "" || len(id) > maxNameBytes {
		return fmt.Errorf("launch: a peer ID of %d bytes, want 1 to %d", len(id), maxNameBytes)
	}
	return nil
}
