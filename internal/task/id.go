package task

import "fmt"

// PeerID is the binary form of a libp2p peer ID. It is a string here so that the pure protocol code need not know libp2p.
type PeerID string

// ID names a task that has left its owner. It never names a task that stayed at home.
type ID struct {
	_ struct{} `cbor:",toarray"`

	// Owner is the peer where the future was submitted; it alone completes it.
	Owner PeerID
	// Incarnation is the owner's start number: a restarted owner never mistakes an old ID for a new one.
	Incarnation uint64
	// Seq counts the tasks that this incarnation of the owner has lent, from 1.
	Seq uint64
}

// String is for logs and transcripts.
func (id ID) String() string {
	return fmt.Sprintf("%x/%d/%d", string(id.Owner), id.Incarnation, id.Seq)
}
