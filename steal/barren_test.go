package steal_test

import (
	"testing"

	"github.com/scoopp2p/scoopp2p/steal"
)

// A thief that can use nothing of what is queued does not stand in the way of those behind it.
func TestBarrenGiveDoesNotStarveOthers(t *testing.T) {
	m, err := steal.New(steal.Config{Self: "a", Incarnation: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	m.Step(0, steal.Joined{Peer: "b", Incarnation: 1})
	m.Step(0, steal.Joined{Peer: "c", Incarnation: 1})
	m.Step(0, steal.GotRequest{From: "b", Request: steal.Request{ID: 1, Incarnation: 1, Hunger: 1, Lifeline: true}})
	m.Step(0, steal.GotRequest{From: "c", Request: steal.Request{ID: 1, Incarnation: 1, Hunger: 1, Lifeline: true}})
	gives := func(actions []steal.Action) (to []string) {
		for _, a := range actions {
			if g, ok := a.(steal.Give); ok {
				to = append(to, string(g.To))
			}
		}
		return to
	}
	if to := gives(m.Step(1, steal.Surplus{Queued: 1})); len(to) != 1 || to[0] != "b" {
		t.Fatalf("first to %v", to)
	}
	to := gives(m.Step(2, steal.Gave{To: "b", RequestID: 1, N: 0, Left: 1}))
	to = append(to, gives(m.Step(3, steal.Surplus{Queued: 1}))...)
	if len(to) == 0 || to[0] != "c" {
		t.Errorf("then to %v, want c", to)
	}
}
