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

func TestLedgerLossOfTheGiver(t *testing.T) {
	l := newTestLedger()
	id, _ := l.Lend("a", "B")
	l.Moved("B", Moved{ID: id, Attempt: 1, Serial: 1, Thief: "C"}, true)
	if got := l.Lost("B"); !slices.Equal(got, []string{"a"}) || len(l.Losses("a")) != 0 {
		t.Errorf("%v queued again, losses %v: B may have died before the loot was out", got, l.Losses("a"))
	}
	id, _ = l.Lend("a", "B")
	l.Moved("B", Moved{ID: id, Attempt: 2, Serial: 2, Thief: "C"}, true)
	l.Moved("C", Moved{ID: id, Attempt: 2, Serial: 1, Thief: "D"}, true)
	if got := l.Lost("B"); len(got) != 0 {
		t.Errorf("%v queued again although C must have had it", got)
	}
	mustCheck(t, l)
}

// vainWorld has one task wander at random among five peers that die at random, while what they say to the owner comes in
// any order, some of it twice; what the dead have not got out is lost, loot and words alike.
type vainWorld struct {
	random  *rand.Rand
	ledger  *Ledger[string]
	id      task.ID
	names   []task.PeerID
	alive   map[task.PeerID]bool
	serials map[task.PeerID]uint64
	mail    []vainLetter
	holder  task.PeerID // or on its way there
	giver   task.PeerID // set while the loot is on its way
	vanish  bool        // the loot is gone with its giver
	quiet   bool        // nothing a peer said was lost
}

type vainLetter struct {
	from task.PeerID
	m    Moved
}

func newVainWorld(seed uint64) *vainWorld {
	w := &vainWorld{
		random: rand.New(rand.NewPCG(seed, 2)), ledger: newTestLedger(), quiet: true,
		alive: make(map[task.PeerID]bool), serials: make(map[task.PeerID]uint64),
	}
	for i := range 5 {
		w.names = append(w.names, task.PeerID('0'+rune(i)))
		w.alive[w.names[i]] = true
	}
	w.holder = w.names[0]
	w.id, _ = w.ledger.Lend("a", w.holder)
	return w
}

func (w *vainWorld) pass() {
	to := w.names[w.random.IntN(len(w.names))]
	if w.vanish || w.giver != "" || to == w.holder || !w.alive[to] || !w.alive[w.holder] {
		return
	}
	w.serials[w.holder]++
	m := Moved{ID: w.id, Attempt: 1, Serial: w.serials[w.holder], Thief: to}
	w.mail = append(w.mail, vainLetter{w.holder, m})
	w.giver, w.holder = w.holder, to
}

func (w *vainWorld) deliver() {
	if len(w.mail) == 0 {
		return
	}
	i := w.random.IntN(len(w.mail))
	d := w.mail[i]
	if w.random.IntN(4) != 0 { // else it comes again
		w.mail = slices.Delete(w.mail, i, i+1)
	}
	w.ledger.Moved(d.from, d.m, w.alive[d.m.Thief])
}

func (w *vainWorld) kill() {
	dead := w.names[w.random.IntN(len(w.names))]
	if !w.alive[dead] {
		return
	}
	w.alive[dead] = false
	w.vanish = w.vanish || w.giver == dead
	before := len(w.mail)
	w.mail = slices.DeleteFunc(w.mail, func(d vainLetter) bool { return d.from == dead })
	w.quiet = w.quiet && before == len(w.mail)
	w.ledger.Lost(dead)
}

// TestLedgerNeverWaitsInVain checks that, once all letters are in, the owner waits for nobody dead and for nothing that
// has vanished, and knows the holder if nothing was lost.
func TestLedgerNeverWaitsInVain(t *testing.T) {
	waited := 0
	for seed := range uint64(5000) {
		w := newVainWorld(seed)
		for range 40 {
			switch k := w.random.IntN(20); {
			case k < 6:
				w.pass()
			case k < 12:
				w.giver = "" // the loot arrives
			case k < 19:
				w.deliver()
			default:
				w.kill()
			}
			mustCheck(t, w.ledger)
		}
		for len(w.mail) > 0 {
			w.deliver()
		}
		if away, _ := w.ledger.Len(); away == 0 {
			continue
		}
		waited++
		_, holders := w.ledger.Settle("a")
		if w.vanish || !w.alive[w.holder] || slices.ContainsFunc(holders, func(p task.PeerID) bool { return !w.alive[p] }) {
			t.Fatalf("seed %d: waiting for %v, really with %v (vanished: %v), alive %v", seed, holders, w.holder, w.vanish, w.alive)
		}
		if w.quiet && !slices.Equal(holders, []task.PeerID{w.holder}) {
			t.Fatalf("seed %d: held by %v, on record %v", seed, w.holder, holders)
		}
	}
	if waited < 500 {
		t.Errorf("in only %d runs the task was away at the end", waited)
	}
}
