package steal

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func newTestLedger() *Ledger[string] { return NewLedger[string]("owner", 7) }

func mustCheck[T comparable](t *testing.T, l *Ledger[T]) {
	t.Helper()
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestLedgerKeepsTheIDAndRaisesTheAttempt(t *testing.T) {
	l := newTestLedger()
	id, attempt := l.Lend("a", "B")
	if want := (task.ID{Owner: "owner", Incarnation: 7, Seq: 1}); id != want || attempt != 1 {
		t.Fatalf("lent as %v#%d, want %v#1", id, attempt, want)
	}
	if got := l.Lost("B"); !slices.Equal(got, []string{"a"}) {
		t.Fatalf("lost %v", got)
	}
	again, attempt := l.Lend("a", "C")
	if again != id || attempt != 2 {
		t.Fatalf("lent again as %v#%d, want %v#2", again, attempt, id)
	}
	if other, _ := l.Lend("b", "C"); other.Seq != 2 {
		t.Fatalf("the second task is %v", other)
	}
	if got := l.Losses("a"); !slices.Equal(got, []task.PeerID{"B"}) {
		t.Fatalf("losses of a: %v", got)
	}
	mustCheck(t, l)
}

func TestLedgerVerdicts(t *testing.T) {
	l := newTestLedger()
	id, _ := l.Lend("a", "B")
	l.Lost("B")
	home := id
	l.Lend("b", "B") // Seq 2, away with attempt 1
	second := task.ID{Owner: "owner", Incarnation: 7, Seq: 2}
	for _, c := range []struct {
		name    string
		id      task.ID
		attempt uint32
		want    Verdict
	}{
		{"a written-off attempt while the task is home", home, 1, Stale},
		{"an attempt not yet made", second, 2, Stale},
		{"never lent", task.ID{Owner: "owner", Incarnation: 7, Seq: 3}, 1, Unknown},
		{"no such number", task.ID{Owner: "owner", Incarnation: 7}, 1, Unknown},
		{"an old incarnation", task.ID{Owner: "owner", Incarnation: 6, Seq: 2}, 1, Unknown},
		{"another owner", task.ID{Owner: "B", Incarnation: 7, Seq: 2}, 1, Unknown},
		{"the current attempt", second, 1, Accept},
		{"once more", second, 1, Duplicate},
	} {
		h, got := l.Result("B", c.id, c.attempt)
		if got != c.want || (got == Accept) != (h == "b") {
			t.Errorf("%s: %v %q, want %v", c.name, got, h, c.want)
		}
		mustCheck(t, l)
	}
	if s := l.Stats(); s.Accepted != 1 || s.Stale != 2 || s.Unknown != 4 || s.Duplicates != 1 || s.Early != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestLedgerResultOfASecondHandHolder(t *testing.T) {
	l := newTestLedger()
	id, attempt := l.Lend("a", "B")
	if _, v := l.Result("C", id, attempt); v != Accept || l.Stats().Early != 1 {
		t.Fatalf("%v, %+v", v, l.Stats())
	}
	if _, requeue := l.Moved("B", Moved{ID: id, Attempt: attempt, Serial: 1, Thief: "C"}, false); requeue {
		t.Fatal("a settled task was queued again")
	}
	mustCheck(t, l)
}

func TestLedgerSettle(t *testing.T) {
	l := newTestLedger()
	if _, holders := l.Settle("never lent"); holders != nil {
		t.Fatalf("cancel goes to %v", holders)
	}
	id, _ := l.Lend("away", "B")
	l.Moved("B", Moved{ID: id, Attempt: 1, Serial: 1, Thief: "C"}, true)
	if c, holders := l.Settle("away"); c != (Cancel{ID: id, Attempt: 1}) || !slices.Equal(holders, []task.PeerID{"C"}) {
		t.Fatalf("%v to %v", c, holders)
	}
	l.Lend("home", "B")
	l.Lost("B")
	if _, holders := l.Settle("home"); len(holders) != 0 {
		t.Fatalf("cancel of a task at home goes to %v", holders)
	}
	if away, home := l.Len(); away+home != 0 {
		t.Fatalf("away %d, home %d", away, home)
	}
	mustCheck(t, l)
}

func TestLedgerHome(t *testing.T) {
	l := newTestLedger()
	id, _ := l.Lend("a", "B")
	if _, ok := l.Home(id, 2); ok {
		t.Error("a wrong attempt came home")
	}
	if h, ok := l.Home(id, 1); !ok || h != "a" {
		t.Errorf("%q, %v", h, ok)
	}
	if _, ok := l.Home(id, 1); ok {
		t.Error("it came home twice")
	}
	if losses := l.Losses("a"); len(losses) != 0 {
		t.Errorf("a planned return counts as a loss: %v", losses)
	}
	mustCheck(t, l)
}

func TestLedgerMoved(t *testing.T) {
	type told struct {
		from, thief task.PeerID
		serial      uint64
		member      bool
		requeue     bool
	}
	for _, c := range []struct {
		name    string
		told    []told
		holders []task.PeerID // nil: home
	}{
		{"in order", []told{{"B", "C", 1, true, false}, {"C", "D", 1, true, false}}, []task.PeerID{"D"}},
		{"out of order", []told{{"C", "D", 1, true, false}, {"B", "C", 1, true, false}}, []task.PeerID{"D"}},
		{"first message still under way", []told{{"C", "D", 1, true, false}}, []task.PeerID{"B", "D"}},
		{"there and back", []told{{"C", "B", 1, true, false}, {"B", "C", 1, true, false}, {"B", "D", 2, true, false}}, []task.PeerID{"D"}},
		{"sent twice", []told{{"B", "C", 1, true, false}, {"B", "C", 1, true, false}}, []task.PeerID{"C"}},
		{"sent twice around a loop", []told{{"B", "C", 1, true, false}, {"C", "B", 1, true, false}, {"B", "C", 1, true, false}}, []task.PeerID{"B"}},
		{"to a dead thief", []told{{"B", "C", 1, false, true}}, nil},
		{"through a dead one", []told{{"C", "D", 1, true, false}, {"B", "C", 1, false, false}}, []task.PeerID{"D"}},
		{"to the owner", []told{{"B", "owner", 1, false, true}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestLedger()
			id, _ := l.Lend("a", "B")
			for _, m := range c.told {
				_, requeue := l.Moved(m.from, Moved{ID: id, Attempt: 1, Serial: m.serial, Thief: m.thief}, m.member)
				if requeue != m.requeue {
					t.Errorf("%s to %s: queued again is %v", m.from, m.thief, requeue)
				}
				mustCheck(t, l)
			}
			if c.name == "to the owner" && len(l.Losses("a")) != 0 {
				t.Errorf("coming home counts as a loss")
			}
			if _, holders := l.Settle("a"); !slices.Equal(holders, c.holders) {
				t.Errorf("held by %v, want %v", holders, c.holders)
			}
		})
	}
}

func TestLedgerTakesBackWhatIsPassedOnForEver(t *testing.T) {
	l := newTestLedger()
	id, _ := l.Lend("a", "B")
	for serial := uint64(1); serial < maxMoves; serial++ {
		if _, requeue := l.Moved("B", Moved{ID: id, Attempt: 1, Serial: serial, Thief: "C"}, true); requeue {
			t.Fatalf("queued again after %d moves", serial)
		}
	}
	if _, requeue := l.Moved("B", Moved{ID: id, Attempt: 1, Serial: maxMoves, Thief: "C"}, true); !requeue {
		t.Fatal("the record grows without end")
	}
	mustCheck(t, l)
}

func TestLedgerLostIsSortedAndEvidenceBounded(t *testing.T) {
	l := newTestLedger()
	var want []int
	ints := NewLedger[int]("owner", 1)
	for i := range 50 {
		ints.Lend(i, "B")
		want = append(want, i)
	}
	if got := ints.Lost("B"); !slices.Equal(got, want) {
		t.Errorf("lost %v", got)
	}
	for range 3 * maxLossesKept {
		l.Lend("a", "B")
		l.Lost("B")
	}
	if n := len(l.Losses("a")); n != maxLossesKept {
		t.Errorf("%d losses kept", n)
	}
}

func TestLedgerLendsNothingTwice(t *testing.T) {
	l := newTestLedger()
	l.Lend("a", "B")
	defer func() {
		if recover() == nil {
			t.Error("a task was lent while away")
		}
	}()
	l.Lend("a", "C")
}

// TestLedgerNeverWaitsInVain moves one task around at random, lets peers die at random, and delivers what they said in
// any order, some of it twice, some of the dead ones' never. Whenever the last message is in, the real holder must be on
// record alone, or the task be home; it may never be away with nobody alive to hold it.
func TestLedgerNeverWaitsInVain(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 2))
		l := newTestLedger()
		id, _ := l.Lend("a", "0")
		alive := map[task.PeerID]bool{}
		var names []task.PeerID
		for i := range 5 {
			names = append(names, task.PeerID('0'+rune(i)))
			alive[names[i]] = true
		}
		type message struct {
			from task.PeerID
			m    Moved
		}
		var mail []message
		holder, serials, lossless := names[0], map[task.PeerID]uint64{}, true
		deliver := func(i int) {
			d := mail[i]
			if random.IntN(4) != 0 { // else it comes again
				mail = slices.Delete(mail, i, i+1)
			}
			l.Moved(d.from, d.m, alive[d.m.Thief])
			mustCheck(t, l)
		}
		for range 30 {
			switch k := random.IntN(10); {
			case k < 5 && alive[holder]:
				to := names[random.IntN(len(names))]
				if to != holder && alive[to] {
					serials[holder]++
					mail = append(mail, message{holder, Moved{ID: id, Attempt: 1, Serial: serials[holder], Thief: to}})
					holder = to
				}
			case k < 9 && len(mail) > 0:
				deliver(random.IntN(len(mail)))
			case k == 9 && random.IntN(3) == 0:
				dead := names[random.IntN(len(names))]
				if alive[dead] {
					alive[dead] = false
					before := len(mail)
					mail = slices.DeleteFunc(mail, func(d message) bool { return d.from == dead && random.IntN(2) == 0 })
					lossless = lossless && before == len(mail)
					l.Lost(dead)
					mustCheck(t, l)
				}
			}
		}
		for len(mail) > 0 {
			deliver(random.IntN(len(mail)))
		}
		away, _ := l.Len()
		if away == 0 {
			continue
		}
		_, holders := l.Settle("a")
		if lossless && !slices.Equal(holders, []task.PeerID{holder}) {
			t.Fatalf("seed %d: held by %v, on record %v", seed, holder, holders)
		}
		if !alive[holder] || slices.ContainsFunc(holders, func(p task.PeerID) bool { return !alive[p] }) {
			t.Fatalf("seed %d: waiting for %v, really with %v, alive %v", seed, holders, holder, alive)
		}
	}
}
