package steal

import "github.com/scoopp2p/scoopp2p/internal/task"

// Request asks one peer for work. The sender is the thief.
type Request struct {
	_ struct{} `cbor:",toarray"`

	// ID counts the requests of this incarnation of the thief, from 1. Every reply names it.
	ID uint64
	// Incarnation is the thief's start number; a victim drops requests of any other than the one it knows.
	Incarnation uint64
	// Hunger is how many workers are idle at the thief.
	Hunger int
	// MaxBytes is the most loot, in encoded bytes, that the thief accepts in one reply; 0 leaves it to the victim.
	MaxBytes int
	// Lifeline asks the victim to remember the request when it has nothing to give.
	Lifeline bool
}

// Reply answers a [Request]. One without loot is a decline; for a lifeline request it also says "remembered", and the
// loot follows, whenever there is some, in a second reply with the same request ID.
type Reply struct {
	_ struct{} `cbor:",toarray"`

	RequestID uint64
	Loot      []task.Wire
	// Hint is how many tasks were left in the victim's queues.
	Hint int
}

// Moved tells an owner that its task has a new holder. The sender has just given it to Thief, second-hand.
type Moved struct {
	_ struct{} `cbor:",toarray"`

	ID      task.ID
	Attempt uint32
	// Serial counts the Moved messages of the sender's incarnation, from 1. A message that is sent again, because nobody
	// knows whether it arrived, keeps its serial: the owner counts each passing-on once.
	Serial uint64
	Thief  task.PeerID
	// Incarnation is the thief's: a peer that died and came back no longer has the task.
	Incarnation uint64
}

// Confirm is the answer that every Moved message gets, also when the owner has no more use for it.
func (m Moved) Confirm() Confirm { return Confirm{ID: m.ID, Attempt: m.Attempt, Serial: m.Serial} }

// Confirm tells the sender of a [Moved] that the owner has noted the new holder, so that its record may go.
type Confirm struct {
	_ struct{} `cbor:",toarray"`

	ID      task.ID
	Attempt uint32
	Serial  uint64
}

// Cancel tells a holder that the owner no longer wants the task. A holder that has passed it on forwards the message.
type Cancel struct {
	_ struct{} `cbor:",toarray"`

	ID      task.ID
	Attempt uint32
}
