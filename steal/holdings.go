package steal

import (
	"cmp"
	"math"
	"slices"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Holdings is an executor's custody of other owners' tasks: those queued or running here, and those passed on to another
// thief whose owners have not confirmed it yet. T is the driver's handle of a task.
//
// Invariant: of each ID at most one attempt is held.
//
// It is not safe for concurrent use.
type Holdings[T any] struct {
	held map[task.ID]holding[T]
	// passed are the moves not yet confirmed, oldest first for each ID.
	passed map[task.ID][]Moved
	serial uint64 // of the newest Moved
	moves  int    // in passed
	stats  HoldingsStats
}

// HoldingsStats counts what was dropped.
type HoldingsStats struct {
	Duplicates uint64 // tasks that were here already, in this attempt or a later one
	Replaced   uint64 // tasks that gave way to a later attempt
	Unwanted   uint64 // tasks cancelled, or dropped with their owner
}

type holding[T any] struct {
	handle  T
	attempt uint32
}

// NewHoldings returns empty holdings.
func NewHoldings[T any]() *Holdings[T] {
	return &Holdings[T]{held: make(map[task.ID]holding[T]), passed: make(map[task.ID][]Moved)}
}

// Accept takes a task in. It returns false for a task that is here already, in this or a later attempt; the driver drops
// it. A later attempt replaces an earlier one: the earlier one's handle is returned with true, to be dropped by the
// driver. The driver must not offer tasks of this peer itself (those are [Ledger.Home]) or of an owner it knows to be
// gone.
func (s *Holdings[T]) Accept(id task.ID, attempt uint32, h T) (replaced T, hasReplaced, ok bool) {
	old, here := s.held[id]
	if here && attempt <= old.attempt {
		s.stats.Duplicates++
		return replaced, false, false
	}
	s.held[id] = holding[T]{h, attempt}
	if here {
		s.stats.Replaced++
		return old.handle, true, true
	}
	return replaced, false, true
}

// Pass notes that the thief, in that incarnation, has been given the task, and returns what to tell the owner. It
// returns false when the task is not held in that attempt, or when too many moves are unconfirmed; then the task stays.
//
// If the loot cannot be delivered after all although the thief stays a member, it must be sent to it again.
func (s *Holdings[T]) Pass(id task.ID, attempt uint32, thief task.PeerID, incarnation uint64) (Moved, bool) {
	if h, here := s.held[id]; !here || h.attempt != attempt || s.moves >= maxUnconfirmed {
		return Moved{}, false
	}
	delete(s.held, id)
	s.serial++
	m := Moved{ID: id, Attempt: attempt, Serial: s.serial, Thief: thief, Incarnation: incarnation}
	s.passed[id] = append(s.passed[id], m)
	s.moves++
	return m, true
}

// Confirm forgets a move: the owner answers for the task from here on.
func (s *Holdings[T]) Confirm(c Confirm) {
	s.forget(c.ID, func(m Moved) bool { return m.Serial == c.Serial && m.Attempt == c.Attempt })
}

// Done notes that the owner has the result of the task, or that the driver gave it up. It returns false when the task is
// not held in that attempt.
func (s *Holdings[T]) Done(id task.ID, attempt uint32) bool {
	if h, here := s.held[id]; !here || h.attempt != attempt {
		return false
	}
	delete(s.held, id)
	return true
}

// Cancel drops a task that its owner no longer wants. The handle of one held here is returned with held true; otherwise
// forward names the peer it was passed on to, empty when we know of none.
//
// A cancel that overtakes its task finds nothing. The task then runs for nothing and its result is a duplicate, which is
// cheaper than remembering all that was ever cancelled.
func (s *Holdings[T]) Cancel(c Cancel) (h T, held bool, forward task.PeerID) {
	if mine, here := s.held[c.ID]; here && mine.attempt <= c.Attempt {
		delete(s.held, c.ID)
		s.stats.Unwanted++
		return mine.handle, true, ""
	}
	for _, m := range s.passed[c.ID] {
		if m.Attempt == c.Attempt {
			forward = m.Thief // the last one
		}
	}
	return h, false, forward
}

// OwnerLost forgets everything of an owner that is gone for good, whatever the incarnation, and returns the handles to
// drop, in the order of their IDs. It is for owners whose ID is never used again; see [Holdings.IncarnationLost].
func (s *Holdings[T]) OwnerLost(owner task.PeerID) []T {
	return s.IncarnationLost(owner, math.MaxUint64)
}

// IncarnationLost is [Holdings.OwnerLost] for an owner that may come back: it forgets what belongs to this incarnation
// and earlier ones. Tasks of the next one may be here already, second-hand, before we hear that the last one is gone;
// they are wanted.
func (s *Holdings[T]) IncarnationLost(owner task.PeerID, incarnation uint64) []T {
	lost := func(id task.ID) bool { return id.Owner == owner && id.Incarnation <= incarnation }
	var ids []task.ID
	for id := range s.held {
		if lost(id) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, compareIDs)
	handles := make([]T, len(ids))
	for i, id := range ids {
		handles[i] = s.held[id].handle
		delete(s.held, id)
	}
	s.stats.Unwanted += uint64(len(ids))
	for id := range s.passed {
		if lost(id) {
			s.forget(id, func(Moved) bool { return true })
		}
	}
	return handles
}

// Lost returns what the owners (ID.Owner) must be told again because a thief is gone: the owner that never heard that
// it got the task would wait for it. The owner that did hear counts the message once.
func (s *Holdings[T]) Lost(thief task.PeerID) []Moved {
	return s.unconfirmed(func(m Moved) bool { return m.Thief == thief })
}

// Unconfirmed returns what must be sent to an owner again when messages to it may have been lost.
func (s *Holdings[T]) Unconfirmed(owner task.PeerID) []Moved {
	return s.unconfirmed(func(m Moved) bool { return m.ID.Owner == owner })
}

// Len returns how many tasks are held and how many moves are unconfirmed.
func (s *Holdings[T]) Len() (held, passed int) { return len(s.held), s.moves }

// Stats returns the counters.
func (s *Holdings[T]) Stats() HoldingsStats { return s.stats }

func (s *Holdings[T]) unconfirmed(which func(Moved) bool) []Moved {
	var ms []Moved
	for _, trail := range s.passed {
		for _, m := range trail {
			if which(m) {
				ms = append(ms, m)
			}
		}
	}
	slices.SortFunc(ms, func(a, b Moved) int { return cmp.Compare(a.Serial, b.Serial) })
	return ms
}

func (s *Holdings[T]) forget(id task.ID, which func(Moved) bool) {
	trail := s.passed[id]
	before := len(trail)
	trail = slices.DeleteFunc(trail, which)
	s.moves -= before - len(trail)
	assert(s.moves >= 0, "moves are counted")
	if len(trail) == 0 {
		delete(s.passed, id)
		return
	}
	s.passed[id] = trail
}

// compareIDs orders tasks by owner, and of one owner by age.
func compareIDs(a, b task.ID) int {
	return cmp.Or(compare(a.Owner, b.Owner), cmp.Compare(a.Incarnation, b.Incarnation), cmp.Compare(a.Seq, b.Seq))
}
