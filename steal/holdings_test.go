package steal

import (
	"slices"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func ownedBy(owner task.PeerID, seq uint64) task.ID {
	return task.ID{Owner: owner, Incarnation: 1, Seq: seq}
}

func TestHoldingsAccept(t *testing.T) {
	s := NewHoldings[string]()
	id := ownedBy("A", 1)
	if _, _, ok := s.Accept(id, 2, "second"); !ok {
		t.Fatal("a new task is refused")
	}
	for _, attempt := range []uint32{1, 2} {
		if _, _, ok := s.Accept(id, attempt, "again"); ok {
			t.Errorf("attempt %d is taken although attempt 2 is here", attempt)
		}
	}
	old, replaced, ok := s.Accept(id, 3, "third")
	if !ok || !replaced || old != "second" {
		t.Errorf("attempt 3: %q %v %v", old, replaced, ok)
	}
	if s.Done(id, 2) || !s.Done(id, 3) || s.Done(id, 3) {
		t.Error("only the attempt here can be done, once")
	}
	if st := s.Stats(); st.Duplicates != 2 || st.Replaced != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestHoldingsPassUntilConfirmed(t *testing.T) {
	s := NewHoldings[string]()
	id := ownedBy("A", 1)
	if _, ok := s.Pass(id, 1, "C", 4); ok {
		t.Fatal("a task not held was passed on")
	}
	s.Accept(id, 1, "x")
	m, ok := s.Pass(id, 1, "C", 4)
	if want := (Moved{ID: id, Attempt: 1, Serial: 1, Thief: "C", Incarnation: 4}); !ok || m != want {
		t.Fatalf("%+v, want %+v", m, want)
	}
	// It comes back and goes out again before the owner has confirmed the first time.
	s.Accept(id, 1, "x")
	again, _ := s.Pass(id, 1, "D", 1)
	if got := s.Unconfirmed("A"); !slices.Equal(got, []Moved{m, again}) {
		t.Fatalf("unconfirmed %+v", got)
	}
	if got := s.Lost("C"); !slices.Equal(got, []Moved{m}) {
		t.Fatalf("to be told again %+v", got)
	}
	if _, held, forward := s.Cancel(Cancel{ID: id, Attempt: 1}); held || forward != "D" {
		t.Errorf("cancel is forwarded to %q", forward)
	}
	if _, _, forward := s.Cancel(Cancel{ID: id, Attempt: 2}); forward != "" {
		t.Errorf("another attempt's cancel is forwarded to %q", forward)
	}
	s.Confirm(m.Confirm())
	s.Confirm(m.Confirm())
	if _, passed := s.Len(); passed != 1 {
		t.Errorf("%d moves unconfirmed, want the second", passed)
	}
	s.Confirm(again.Confirm())
	if held, passed := s.Len(); held+passed != 0 {
		t.Errorf("held %d, passed %d", held, passed)
	}
}

func TestHoldingsCancel(t *testing.T) {
	s := NewHoldings[string]()
	id := ownedBy("A", 1)
	s.Accept(id, 2, "x")
	if _, held, _ := s.Cancel(Cancel{ID: id, Attempt: 1}); held {
		t.Error("an old attempt's cancel hit a later attempt")
	}
	if h, held, _ := s.Cancel(Cancel{ID: id, Attempt: 2}); !held || h != "x" {
		t.Errorf("%q %v", h, held)
	}
	if s.Done(id, 2) {
		t.Error("a cancelled task was done")
	}
}

func TestHoldingsOwnerLost(t *testing.T) {
	s := NewHoldings[string]()
	for seq, name := range []string{"p", "q", "r"} {
		s.Accept(ownedBy("A", uint64(3-seq)), 1, name)
	}
	s.Accept(ownedBy("B", 1), 1, "other")
	s.Pass(ownedBy("A", 2), 1, "C", 1)
	if got := s.OwnerLost("A"); !slices.Equal(got, []string{"r", "p"}) {
		t.Errorf("dropped %v", got)
	}
	if held, passed := s.Len(); held != 1 || passed != 0 {
		t.Errorf("held %d, passed %d", held, passed)
	}
}

func TestHoldingsKeepTheNextIncarnationsTasks(t *testing.T) {
	s := NewHoldings[string]()
	for incarnation := range uint64(4) {
		s.Accept(task.ID{Owner: "A", Incarnation: incarnation, Seq: 1}, 1, string('0'+rune(incarnation)))
	}
	if got := s.IncarnationLost("A", 2); !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("dropped %v", got)
	}
	if held, _ := s.Len(); held != 1 {
		t.Errorf("held %d", held)
	}
}

func TestHoldingsBoundUnconfirmedMoves(t *testing.T) {
	s := NewHoldings[int]()
	id := ownedBy("A", 1)
	for i := range maxUnconfirmed {
		s.Accept(id, 1, i)
		if _, ok := s.Pass(id, 1, "C", 1); !ok {
			t.Fatalf("refused after %d", i)
		}
	}
	s.Accept(id, 1, 0)
	if _, ok := s.Pass(id, 1, "C", 1); ok {
		t.Error("the record grows without end")
	}
	if held, _ := s.Len(); held != 1 {
		t.Error("a task that could not be passed on was lost")
	}
}
