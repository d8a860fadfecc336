package peer_test

import (
	"context"
	"errors"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// TestMapErrorNamesFunc: the error of an item of a map that ran on another peer names its function.
func TestMapErrorNamesFunc(t *testing.T) {
	c := start(t, 2, 1)
	c.occupy(0)
	item := do(t, func(context.Context, *peer.Peer, int) (int, error) { return 0, errKnown })
	_, err := futures.Collect(futures.Map(c.from(0), Act, until(newRoll(0), 10, item)))
	if e, ok := errors.AsType[*futures.RemoteError](err); !ok || e.Func != Act.Name() {
		t.Errorf("%v", err)
	}
}
