package steal

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// newMachine returns one called "A" that knows the given members.
func newMachine(t *testing.T, config Config, others ...task.PeerID) *Machine {
	t.Helper()
	config.Self = "A"
	m, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range others {
		m.Step(0, Joined{Peer: id, Incarnation: 1})
	}
	return m
}

func want(t *testing.T, got []Action, want ...Action) {
	t.Helper()
	if len(got) != 0 || len(want) != 0 {
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{Self: "A"}); err != nil {
		t.Errorf("the zero value does not work: %v", err)
	}
	_, err := New(Config{Tries: -1, RequestTimeout: -1, SmallSwarm: -1, MaxLootTasks: -1, MaxLootBytes: -1})
	for _, part := range []string{"Self", "tries", "request timeout", "small swarm", "loot tasks", "loot bytes"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not mention %q", err, part)
		}
	}
}

func TestVictimDropsStrangersAndOtherIncarnations(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	for _, e := range []GotRequest{
		{From: "X", Request: Request{ID: 1, Incarnation: 1, Hunger: 1}, Queued: 5},
		{From: "A", Request: Request{ID: 1, Incarnation: 1, Hunger: 1}, Queued: 5},
		{From: "B", Request: Request{ID: 1, Incarnation: 0, Hunger: 1}, Queued: 5},
		{From: "B", Request: Request{ID: 1, Incarnation: 2, Hunger: 1}, Queued: 5},
	} {
		want(t, m.Step(0, e))
	}
	if s := m.Stats(); s.StrangerRequests != 2 || s.StaleRequests != 2 || s.Requests != 0 {
		t.Errorf("stats %+v", s)
	}
	if m.Member("B", 2) || !m.Member("B", 1) || m.Member("X", 1) {
		t.Error("membership is by incarnation")
	}
}

func TestVictimLimitsWhatThievesClaim(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	m.Step(0, Ran{Mean: 1})
	got := m.Step(0, GotRequest{From: "B", Request: Request{ID: 1, Incarnation: 1, Hunger: math.MaxInt, MaxBytes: math.MaxInt}, Queued: 1})
	want(t, got, Give{
		To: "B", Incarnation: 1, RequestID: 1,
		AtLeast: DefaultMaxLootTasks, AtMost: DefaultMaxLootTasks, MaxBytes: DefaultMaxLootBytes,
	})
	got = m.Step(0, GotRequest{From: "B", Request: Request{ID: 2, Incarnation: 1, Hunger: -5, MaxBytes: -1}, Queued: 1})
	want(t, got, Give{To: "B", Incarnation: 1, RequestID: 2, AtLeast: 1, AtMost: DefaultMaxLootTasks, MaxBytes: DefaultMaxLootBytes})
	want(t, m.Step(0, GotRequest{From: "B", Request: Request{ID: 2, Incarnation: 1, Hunger: 1}, Queued: 1})) // seen
}

func TestVictimBoundsOpenOffers(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	for id := range uint64(maxOffers) {
		if _, ok := m.Step(0, GotRequest{From: "B", Request: Request{ID: id, Incarnation: 1}, Queued: 9})[0].(Give); !ok {
			t.Fatalf("request %d gets nothing", id)
		}
	}
	got := m.Step(0, GotRequest{From: "B", Request: Request{ID: maxOffers, Incarnation: 1}, Queued: 9})
	want(t, got, SendDecline{To: "B", RequestID: maxOffers, Hint: 9})
	m.Step(0, Left{Peer: "B"})
	want(t, m.Step(0, Gave{To: "B", RequestID: 3, N: 0})) // its thief is gone
	if n := len(m.victim.open); n != 0 {
		t.Errorf("%d offers to nobody", n)
	}
}

func TestVictimGiveThatFoundNothing(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	m.Step(0, GotRequest{From: "B", Request: Request{ID: 1, Incarnation: 1, Lifeline: true}, Queued: 2})
	want(t, m.Step(0, Gave{To: "B", RequestID: 1, N: 0, Left: 1}),
		SendDecline{To: "B", RequestID: 1, Hint: 1}, Demand{Thieves: 1})

	// A surplus while the driver is at it is not forgotten.
	give := Give{To: "B", Incarnation: 1, RequestID: 1, AtLeast: 1, AtMost: 1, MaxBytes: DefaultMaxLootBytes}
	want(t, m.Step(0, Surplus{Queued: 1}), give)
	want(t, m.Step(0, Surplus{Queued: 1}))
	want(t, m.Step(0, Gave{To: "B", RequestID: 1, N: 0, Left: 1}), give)
	want(t, m.Step(0, Gave{To: "B", RequestID: 1, N: 1, Left: 1}), Demand{Thieves: 0})
}

func TestVictimGoesOnWhenTheThiefLeaves(t *testing.T) {
	m := newMachine(t, Config{}, "B", "C")
	for _, id := range []task.PeerID{"B", "C"} {
		m.Step(0, GotRequest{From: id, Request: Request{ID: 1, Incarnation: 1, Hunger: 1, Lifeline: true}})
	}
	m.Step(0, Surplus{Queued: 1})
	want(t, m.Step(0, Left{Peer: "B"}), Demand{Thieves: 1})
	want(t, m.Step(0, Gave{To: "B", RequestID: 1, N: 0, Left: 1}),
		Give{To: "C", Incarnation: 1, RequestID: 1, AtLeast: 1, AtMost: 1, MaxBytes: DefaultMaxLootBytes})
}

// TestVictimRemembersTheNewestRequest lets two lifeline requests of one thief be turned down in either order.
func TestVictimRemembersTheNewestRequest(t *testing.T) {
	for _, order := range [][]uint64{{1, 2}, {2, 1}} {
		m := newMachine(t, Config{}, "B")
		for id := range uint64(2) {
			m.Step(0, GotRequest{From: "B", Request: Request{ID: id + 1, Incarnation: 1, Lifeline: true}, Queued: 1})
		}
		for _, id := range order {
			m.Step(0, Gave{To: "B", RequestID: id})
		}
		if w := m.victim.waiting; len(w) != 1 || w[0].id != 2 {
			t.Errorf("declined in the order %v: waiting %+v", order, w)
		}
	}
}

// TestVictimServesTheOldRequestAndKeepsTheNew has the thief place its lifeline again while it is being served.
func TestVictimServesTheOldRequestAndKeepsTheNew(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	m.Step(0, GotRequest{From: "B", Request: Request{ID: 1, Incarnation: 1, Lifeline: true}})
	m.Step(0, Surplus{Queued: 1})
	m.Step(0, GotRequest{From: "B", Request: Request{ID: 2, Incarnation: 1, Lifeline: true}})
	want(t, m.Step(0, Gave{To: "B", RequestID: 1, N: 1, Left: 0}))
	if w := m.victim.waiting; len(w) != 1 || w[0].id != 2 {
		t.Errorf("waiting %+v", w)
	}
}

func TestVictimKeepsWorkForItsOwnIdleWorkers(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	m.Step(0, Idle{Workers: 2})
	request := GotRequest{From: "B", Request: Request{ID: 1, Incarnation: 1, Hunger: 4}, Queued: 2}
	want(t, m.Step(0, request), SendDecline{To: "B", RequestID: 1, Hint: 0})
	request.Request.ID, request.Queued = 2, 3
	give := m.Step(0, request)[0].(Give)
	if n := give.Amount(3); n != 1 {
		t.Errorf("%d of 3 tasks given away with 2 workers idle", n)
	}
}

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		give         Give
		queued, want int
	}{
		{Give{AtLeast: 1, AtMost: 1}, 0, 0},
		{Give{AtLeast: 1, AtMost: 1}, 100, 1},
		{Give{AtLeast: 4, AtMost: 4}, 3, 3},
		{Give{AtLeast: 1, AtMost: 30}, 100, 30},
		{Give{AtLeast: 1, AtMost: 256}, 100, 50},
		{Give{AtLeast: 60, AtMost: 256}, 100, 60},
		{Give{AtLeast: 60, AtMost: 256, Keep: 50}, 100, 50},
		{Give{AtLeast: 1, AtMost: 1, Keep: 5}, 3, 0},
	} {
		if got := c.give.Amount(c.queued); got != c.want {
			t.Errorf("%+v of %d: %d, want %d", c.give, c.queued, got, c.want)
		}
	}
}

func TestAmountFollowsRoundTripAndRunTime(t *testing.T) {
	for _, c := range []struct {
		rtt, run time.Duration
		want     int
	}{
		{0, 0, 2},                                          // nothing known: one for each worker
		{0, time.Millisecond, 2 * 5},                       // the default round trip
		{time.Millisecond, 10 * time.Second, 2},            // long tasks
		{time.Millisecond, 3 * time.Millisecond, 2 * 4},    // ten round trips, rounded up
		{100 * time.Millisecond, time.Microsecond, 256},    // short ones, far away
		{math.MaxInt64, time.Nanosecond, 256},              // nonsense
		{time.Nanosecond, time.Duration(math.MaxInt64), 2}, // nonsense
	} {
		m := newMachine(t, Config{})
		m.Step(0, Joined{Peer: "B", Incarnation: 1, RTT: c.rtt})
		m.Step(0, Ran{Mean: c.run})
		got := m.Step(0, GotRequest{From: "B", Request: Request{ID: 1, Incarnation: 1, Hunger: 2}, Queued: 999})[0].(Give)
		if got.AtMost != c.want || got.AtLeast != 2 {
			t.Errorf("round trip %v, run time %v: %d to %d, want 2 to %d", c.rtt, c.run, got.AtLeast, got.AtMost, c.want)
		}
	}
}

func TestFingers(t *testing.T) {
	var ring []task.PeerID
	for i := range 20 {
		ring = append(ring, task.PeerID(fmt.Sprintf("p%02d", i)))
	}
	without := func(i int) []task.PeerID { return slices.Delete(slices.Clone(ring), i, i+1) }
	if got := fingers(without(0), "p00", 8); !slices.Equal(got, []task.PeerID{"p01", "p02", "p04", "p08", "p16"}) {
		t.Errorf("p00: %v", got)
	}
	if got := fingers(without(18), "p18", 8); !slices.Equal(got, []task.PeerID{"p19", "p00", "p02", "p06", "p14"}) {
		t.Errorf("p18: %v", got)
	}
	if got := fingers(ring[:8], "z", 8); len(got) != 8 {
		t.Errorf("small swarm: %v", got)
	}
	if got := fingers(nil, "z", 8); len(got) != 0 {
		t.Errorf("alone: %v", got)
	}
	// Work at any peer reaches any other along lifelines, and soon: at most log2 n hops.
	for from := range ring {
		reached := map[task.PeerID]bool{ring[from]: true}
		for range 5 {
			for i, id := range ring {
				if slices.ContainsFunc(fingers(without(i), id, 8), func(f task.PeerID) bool { return reached[f] }) {
					reached[id] = true
				}
			}
		}
		if len(reached) != len(ring) {
			t.Errorf("from %s only %d are reached", ring[from], len(reached))
		}
	}
}

// TestTargetOfTwo checks that hints are used but not followed blindly: the best member is chosen more often than one in
// n and less often than always.
func TestTargetOfTwo(t *testing.T) {
	m := newMachine(t, Config{Seed: 3}, "B", "C", "D", "E", "F")
	m.common.members.get("D").hint = 10
	m.common.members.get("E").hint = 0
	counts := map[task.PeerID]int{}
	const tries = 5000
	for range tries {
		counts[m.common.target(func(*member) bool { return true }).id]++
	}
	if share := float64(counts["D"]) / tries; share < 0.35 || share > 0.45 { // 2/5: whenever it is one of the two
		t.Errorf("the best of five is chosen in %.2f", share)
	}
	if counts["E"] != 0 {
		t.Errorf("the one known to be empty is chosen %d times", counts["E"])
	}
	if got := m.common.target(func(*member) bool { return false }); got != nil {
		t.Errorf("%v is not eligible", got.id)
	}
}

func TestNearerMemberWinsATie(t *testing.T) {
	near, far, unknown := &member{rtt: 1}, &member{rtt: 2}, &member{}
	if !near.better(far) || far.better(near) || unknown.better(near) || unknown.better(unknown) {
		t.Error("of equal hints the known nearer one is better")
	}
}

// TestLargeSwarm sees a thief among 100: three tries, then one lifeline for each finger, and one more for a finger that
// comes with churn.
func TestLargeSwarm(t *testing.T) {
	var others []task.PeerID
	for i := range 99 {
		others = append(others, task.PeerID(fmt.Sprintf("p%03d", i)))
	}
	m := newMachine(t, Config{Seed: 5}, others...)
	actions := m.Step(0, Idle{Workers: 1})
	asked, placed := 0, map[task.PeerID]bool{}
	for len(actions) > 0 {
		a := actions[0]
		actions = actions[1:]
		if r, ok := a.(SendRequest); ok {
			if r.Request.Lifeline {
				placed[r.To] = true
			} else {
				asked++
			}
			actions = append(actions, m.Step(time.Millisecond, GotReply{From: r.To, RequestID: r.Request.ID})...)
		}
	}
	if asked != DefaultTries || len(placed) != 7 || !placed["p000"] || !placed["p063"] {
		t.Fatalf("asked %d, lifelines %v", asked, placed)
	}
	got := m.Step(time.Second, Left{Peer: "p000"})
	var renewed []task.PeerID
	for _, a := range got {
		if r, ok := a.(SendRequest); ok && r.Request.Lifeline {
			renewed = append(renewed, r.To)
		}
	}
	if !slices.Contains(renewed, "p002") || slices.ContainsFunc(renewed, func(id task.PeerID) bool { return placed[id] }) {
		t.Errorf("after churn lifelines go to %v", renewed)
	}
}

// TestNewcomerThatAsksIsSkipped has two join while a request is out; the older one turns out to be hungry itself.
func TestNewcomerThatAsksIsSkipped(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	m.Step(0, Idle{Workers: 1})
	m.Step(0, Joined{Peer: "C", Incarnation: 1})
	m.Step(0, Joined{Peer: "D", Incarnation: 1})
	m.Step(0, GotRequest{From: "C", Request: Request{ID: 1, Incarnation: 1, Hunger: 1}})
	got := m.Step(0, GotReply{From: "B", RequestID: 1})
	if len(got) != 1 || got[0].(SendRequest).To != "D" {
		t.Errorf("%+v, want a request to D", got)
	}
}

func TestTickTooEarlyOrTooMany(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	m.Step(0, Idle{Workers: 1})
	want(t, m.Step(time.Second, Tick{}), WakeAt{At: DefaultRequestTimeout})
	m.Step(time.Second, GotReply{From: "B", RequestID: 1, Loot: 1})
	want(t, m.Step(DefaultRequestTimeout, Tick{}))
	want(t, m.Step(DefaultRequestTimeout, Tick{}))
}

func TestRestartUnnoticed(t *testing.T) {
	m := newMachine(t, Config{}, "B")
	m.Step(0, GotRequest{From: "B", Request: Request{ID: 1, Incarnation: 1, Lifeline: true}})
	want(t, m.Step(0, Joined{Peer: "B", Incarnation: 2}), Demand{Thieves: 0})
	if m.Member("B", 1) || !m.Member("B", 2) {
		t.Error("the new incarnation is the member")
	}
}
