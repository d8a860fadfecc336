package steal

import (
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// loan is the owner's record of one task that has been lent.
//
// Tasks are passed on second-hand, and the messages that say so come from different peers, hence in any order. So the
// record is not "the holder" but a balance for each peer: how often it got the task, less how often it passed it on, as
// far as we have heard. Adding is commutative, so the order does not matter, and:
//
//   - the balances add up to 1, so somebody's is positive;
//   - when every message has come, the holder has 1 and nobody else is on the list;
//   - a balance rises only by a message that names the peer as thief; with a look at the membership then, and at the
//     balances when a peer is lost, no lost peer ever keeps a positive one.
//
// One thing the balance does not show: a peer can say that it passed the task on and die before the loot is out. So when
// a peer is lost, the tasks that it gave to their present holders are queued again too (a holder that has passed the
// task on itself must have had it). A task is therefore never waited for in vain; at worst it runs twice.
//
// Rejected: following the chain of holders (it tangles when a task comes back to a peer it has been at, and a message
// sent twice breaks it for good); a hop counter in the task (one more number in every wire task for the rare second
// theft); a receipt from each second-hand holder (a message for each theft to save a re-run for each crash).
type loan[T any] struct {
	handle  T
	id      task.ID
	attempt uint32
	// balance is nil while the task is home. No entry is 0.
	balance map[task.PeerID]int
	// counted are the moves already in the balance, with their thieves; nil until the first.
	counted map[moveKey]task.PeerID
	// losses are the peers lost while they held the task, oldest first, at most maxLossesKept.
	losses []task.PeerID
}

// moveKey names one passing-on of a task.
type moveKey struct {
	from   task.PeerID
	serial uint64
}

func (n *loan[T]) away() bool { return n.balance != nil }

func (n *loan[T]) lend(thief task.PeerID) {
	n.attempt++
	n.balance = map[task.PeerID]int{thief: 1}
}

// writeOff ends the attempt: whatever else is heard of it is stale.
func (n *loan[T]) writeOff() { n.balance, n.counted = nil, nil }

// move counts a passing-on once. It returns false for one already counted.
func (n *loan[T]) move(from task.PeerID, m Moved) bool {
	key := moveKey{from, m.Serial}
	if _, again := n.counted[key]; again {
		return false
	}
	if n.counted == nil {
		n.counted = make(map[moveKey]task.PeerID)
	}
	n.counted[key] = m.Thief
	n.add(from, -1)
	n.add(m.Thief, +1)
	return true
}

func (n *loan[T]) add(peer task.PeerID, d int) {
	if n.balance[peer] += d; n.balance[peer] == 0 {
		delete(n.balance, peer)
	}
}

// heldBy says whether the peer has the task, as far as we have heard.
func (n *loan[T]) heldBy(peer task.PeerID) bool { return n.balance[peer] > 0 }

// gaveToHolder says whether the peer gave the task to someone who has it, as far as we have heard from the peer alone.
func (n *loan[T]) gaveToHolder(peer task.PeerID) bool {
	for move, thief := range n.counted {
		if move.from == peer && n.heldBy(thief) {
			return true
		}
	}
	return false
}

func (n *loan[T]) holders() []task.PeerID {
	var ids []task.PeerID
	for id, b := range n.balance {
		if b > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (n *loan[T]) check() error {
	if !n.away() {
		return nil
	}
	sum := 0
	for id, b := range n.balance {
		if b == 0 {
			return fmt.Errorf("steal: ledger: %v keeps an empty balance for %q", n.id, id)
		}
		sum += b
	}
	if sum != 1 {
		return fmt.Errorf("steal: ledger: the balances of %v add up to %d", n.id, sum)
	}
	return nil
}
