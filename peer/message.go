package peer

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/rpc"
)

// The kinds of messages between peers. Append-only: a number never changes its meaning.
const (
	kindRequest  rpc.Kind = iota + 16 // steal.Request
	kindReply                         // steal.Reply
	kindResult                        // task.Result
	kindMoved                         // steal.Moved
	kindConfirm                       // steal.Confirm
	kindCancel                        // steal.Cancel
	kindSetConst                      // call: setConst, answered by haveConst: whether it was the first
	kindGetConst                      // call: getConst, answered by haveConst
	kindConstSet                      // constSet, to peers that asked before it was there
	kindStats                         // call: nothing, answered by Stats
)

// hello is what peers tell each other when they meet.
type hello struct {
	_ struct{} `cbor:",toarray"`

	Incarnation uint64
	Workers     int
	PID         int
	Host        string
	// Functions maps the functions that are handled there to their signatures.
	Functions map[string]string
	// Members are the other peers that the speaker knows, so that a newcomer meets everybody.
	Members []contact
}

// contact is how to reach a peer.
type contact struct {
	_ struct{} `cbor:",toarray"`

	ID    task.PeerID
	Addrs [][]byte
}

type setConst struct {
	_ struct{} `cbor:",toarray"`

	Name string
	Data []byte
}

type getConst struct {
	_ struct{} `cbor:",toarray"`

	Name string
}

type haveConst struct {
	_ struct{} `cbor:",toarray"`

	Set  bool
	Data []byte
}

type constSet struct {
	_ struct{} `cbor:",toarray"`

	Name string
}

// Limits of control messages, inside the frame limits of package rpc. They are stricter than those for users' values.
const (
	maxArray   = 1 << 16
	maxPairs   = 1 << 14
	maxNesting = 8
)

var (
	controlEnc = must(cbor.EncOptions{}.EncMode())
	controlDec = must(cbor.DecOptions{
		MaxArrayElements: maxArray, MaxMapPairs: maxPairs, MaxNestedLevels: maxNesting,
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		ByteStringToString: cbor.ByteStringToStringAllowed, UTF8: cbor.UTF8DecodeInvalid,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// marshal encodes a control message. These are types of ours: that they encode is not a matter of luck.
func marshal(v any) []byte { return must(controlEnc.Marshal(v)) }

// unmarshal decodes a control message from another peer.
func unmarshal[T any](data []byte) (T, error) {
	var v T
	if err := controlDec.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("peer: a %T does not decode: %w", v, err)
	}
	return v, nil
}
