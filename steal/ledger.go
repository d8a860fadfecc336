package steal

import (
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Ledger is an owner's custody of its own tasks that have been lent to thieves. T is the driver's handle of a task, say
// a pointer to its record. A task is in the ledger from its first lending until it is settled, also while it is queued
// or running at home again, so that it keeps its ID and its attempts are told apart.
//
// Invariant (conservation): every task ever lent is away, home or settled.
//
// It is not safe for concurrent use. The driver lends under the same lock under which it handles [Left]: a task lent to
// a peer after [Ledger.Lost] for that peer would never come back.
type Ledger[T comparable] struct {
	owner       task.PeerID
	incarnation uint64

	bySeq    map[uint64]*loan[T]
	byHandle map[T]*loan[T]
	lent     uint64 // tasks ever lent; the newest Seq
	settled  uint64
	away     int
	home     int
	stats    LedgerStats
}

// LedgerStats counts the results and messages that changed nothing, and those that came early.
type LedgerStats struct {
	Accepted   uint64
	Early      uint64 // accepted from a second-hand holder whose Moved was still under way
	Stale      uint64 // results of an attempt that had been written off
	Duplicates uint64 // results for tasks already settled
	Unknown    uint64 // results and Moved messages for tasks never lent
	Moves      uint64 // Moved messages that changed a record
	Losses     uint64 // tasks whose holder was lost
}

// NewLedger returns an empty ledger for one incarnation of the owner.
func NewLedger[T comparable](owner task.PeerID, incarnation uint64) *Ledger[T] {
	return &Ledger[T]{
		owner: owner, incarnation: incarnation,
		bySeq: make(map[uint64]*loan[T]), byHandle: make(map[T]*loan[T]),
	}
}

// Lend notes that the thief gets the task and names it. A task that has been away before keeps its ID and gets a higher
// attempt. To lend a task that is away is a bug.
func (l *Ledger[T]) Lend(h T, thief task.PeerID) (id task.ID, attempt uint32) {
	n := l.byHandle[h]
	if n == nil {
		l.lent++
		n = &loan[T]{handle: h, id: task.ID{Owner: l.owner, Incarnation: l.incarnation, Seq: l.lent}}
		l.bySeq[l.lent], l.byHandle[h] = n, n
	} else {
		assert(!n.away(), "a task is in one place")
		l.home--
	}
	n.lend(thief)
	l.away++
	l.conserve()
	return n.id, n.attempt
}

// Moved notes a new holder, as told by the old one. It returns true, and the handle, when the task must be queued here
// again: it was given to this peer itself, or to a thief that is already gone (thiefIsMember is false; ask
// [Machine.Member] with the thief's incarnation), or it has been passed on too often. Whatever comes of it, the sender gets [Moved.Confirm].
func (l *Ledger[T]) Moved(from task.PeerID, m Moved, thiefIsMember bool) (h T, requeue bool) {
	n := l.find(m.ID)
	if n == nil {
		if !l.issued(m.ID) {
			l.stats.Unknown++
		}
		return h, false
	}
	if m.Attempt != n.attempt || !n.away() || !n.move(from, m) {
		return h, false
	}
	l.stats.Moves++
	switch {
	case m.Thief == l.owner, len(n.counted) >= maxMoves:
		return l.comeHome(n), true
	case !thiefIsMember && n.heldBy(m.Thief):
		l.lose(n, m.Thief)
		return n.handle, true
	}
	return h, false
}

// Verdict says what became of a result.
type Verdict uint8

const (
	// Accept means that the result completes the task, which is now settled.
	Accept Verdict = iota + 1
	// Stale means that the attempt was written off; the task is queued, or lent again.
	Stale
	// Duplicate means that the task is settled already.
	Duplicate
	// Unknown means that this incarnation of the owner never lent such a task.
	Unknown
)

var verdictNames = [...]string{Accept: "accept", Stale: "stale", Duplicate: "duplicate", Unknown: "unknown"}

// String names the verdict in a word.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) && verdictNames[v] != "" {
		return verdictNames[v]
	}
	return "no verdict"
}

// Result judges a result. The handle is valid for [Accept] only. The attempt decides, not the sender: a second-hand
// holder's result may overtake the message that says it has the task.
func (l *Ledger[T]) Result(from task.PeerID, id task.ID, attempt uint32) (T, Verdict) {
	var none T
	n := l.find(id)
	switch {
	case n == nil && l.issued(id):
		l.stats.Duplicates++
		return none, Duplicate
	case n == nil:
		l.stats.Unknown++
		return none, Unknown
	case attempt != n.attempt || !n.away():
		l.stats.Stale++
		return none, Stale
	}
	if !n.heldBy(from) {
		l.stats.Early++
	}
	l.stats.Accepted++
	l.settle(n)
	return n.handle, Accept
}

// Lost returns the tasks to queue again because a peer is gone, in the order of their IDs: those that it may have held,
// which get the loss on their record (see [Ledger.Losses]), and those that it gave to their present holders, as nobody
// knows whether they arrived.
func (l *Ledger[T]) Lost(peer task.PeerID) []T {
	var hit []*loan[T]
	for _, n := range l.bySeq {
		if n.heldBy(peer) || n.gaveToHolder(peer) {
			hit = append(hit, n)
		}
	}
	slices.SortFunc(hit, func(a, b *loan[T]) int { return compareIDs(a.id, b.id) })
	handles := make([]T, len(hit))
	for i, n := range hit {
		if n.heldBy(peer) {
			l.lose(n, peer)
		} else {
			l.comeHome(n)
		}
		handles[i] = n.handle
	}
	return handles
}

// Home notes that the task came back unharmed: its loot could not be sent, its holder handed it over on leaving, or we
// stole it back. It returns false when the task is not away or the attempt is not the current one; then whatever
// came back must be dropped.
func (l *Ledger[T]) Home(id task.ID, attempt uint32) (h T, ok bool) {
	n := l.find(id)
	if n == nil || attempt != n.attempt || !n.away() {
		return h, false
	}
	return l.comeHome(n), true
}

// Settle ends the custody of a task that its owner has completed or cancelled itself. If the task is away, cancel is to
// be sent to everyone in holders (nearly always one peer). A task that was never lent is fine.
func (l *Ledger[T]) Settle(h T) (cancel Cancel, holders []task.PeerID) {
	n := l.byHandle[h]
	if n == nil {
		return Cancel{}, nil
	}
	holders = n.holders()
	l.settle(n)
	return Cancel{ID: n.id, Attempt: n.attempt}, holders
}

// Losses names the peers that were lost while they held the task, at most the last maxLossesKept. It is the evidence for
// calling a task poison.
func (l *Ledger[T]) Losses(h T) []task.PeerID {
	if n := l.byHandle[h]; n != nil {
		return slices.Clone(n.losses)
	}
	return nil
}

// Len returns how many tasks are away, and how many have been away and are home again, not settled.
func (l *Ledger[T]) Len() (away, home int) { return l.away, l.home }

// Stats returns the counters.
func (l *Ledger[T]) Stats() LedgerStats { return l.stats }

// Check counts everything afresh and reports the first broken invariant.
func (l *Ledger[T]) Check() error {
	away, home := 0, 0
	for seq, n := range l.bySeq {
		if n.id.Seq != seq || l.byHandle[n.handle] != n {
			return fmt.Errorf("steal: ledger: %v is filed in the wrong place", n.id)
		}
		if n.away() {
			away++
		} else {
			home++
		}
		if err := n.check(); err != nil {
			return err
		}
	}
	if away != l.away || home != l.home || len(l.byHandle) != len(l.bySeq) {
		return fmt.Errorf("steal: ledger: counted %d away and %d home, on record %d and %d", away, home, l.away, l.home)
	}
	if l.lent != l.settled+uint64(away+home) {
		return fmt.Errorf("steal: ledger: lent %d, but settled %d, away %d, home %d", l.lent, l.settled, away, home)
	}
	return nil
}

func (l *Ledger[T]) find(id task.ID) *loan[T] {
	if id.Owner != l.owner || id.Incarnation != l.incarnation {
		return nil
	}
	return l.bySeq[id.Seq]
}

// issued says whether this ledger has ever given the ID out.
func (l *Ledger[T]) issued(id task.ID) bool {
	return id.Owner == l.owner && id.Incarnation == l.incarnation && id.Seq >= 1 && id.Seq <= l.lent
}

func (l *Ledger[T]) lose(n *loan[T], peer task.PeerID) {
	l.stats.Losses++
	n.losses = append(n.losses, peer)
	if len(n.losses) > maxLossesKept {
		n.losses = slices.Delete(n.losses, 0, 1)
	}
	l.comeHome(n)
}

func (l *Ledger[T]) comeHome(n *loan[T]) T {
	n.writeOff()
	l.away--
	l.home++
	l.conserve()
	return n.handle
}

func (l *Ledger[T]) settle(n *loan[T]) {
	if n.away() {
		l.away--
	} else {
		l.home--
	}
	l.settled++
	delete(l.bySeq, n.id.Seq)
	delete(l.byHandle, n.handle)
	l.conserve()
}

func (l *Ledger[T]) conserve() {
	assert(l.lent == l.settled+uint64(l.away)+uint64(l.home), "lent = settled + away + home")
}
