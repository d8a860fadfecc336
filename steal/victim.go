package steal

import (
	"slices"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// victim answers thieves: at once when there is work or none is waited for, later through a lifeline.
type victim struct {
	*common

	// waiting are the thieves whose lifelines we hold, in the order in which they are served.
	//
	// Invariant: each thief is there at most once, and is a member; that bounds the list.
	waiting []offer
	// open are the Give actions not yet reported, made on request. Its size is at most maxOffers.
	open map[offerKey]offer
	// serving is the Give action under way for the first of waiting.
	//
	// Invariant: at most one, so that each decision knows how many tasks the last one left.
	serving *offerKey
	// again means that there was a surplus while serving.
	again bool
	// barren counts the lifelines served in vain since the last surplus: thieves that could use nothing of what is queued,
	// because they cannot run it. Each is tried once.
	barren int
	// told is the last demand that the driver heard of.
	told int
}

// offer is a request that may yet be served, its numbers checked.
type offer struct {
	offerKey
	incarnation uint64
	hunger      int
	maxBytes    int
	onLifeline  bool
}

type offerKey struct {
	thief task.PeerID
	id    uint64
}

func newVictim(c *common) victim { return victim{common: c, open: make(map[offerKey]offer)} }

// request answers a thief. It returns false when the request was dropped.
func (v *victim) request(e GotRequest) bool {
	o, ok := v.admit(e)
	if !ok {
		return false
	}
	if o.onLifeline {
		v.forget(func(w offer) bool { return w.thief == o.thief && w.id < o.id })
	}
	// What our own idle workers are about to take is not given away; otherwise a lone task, stolen and not yet begun,
	// could go back and forth between two idle peers for ever.
	if e.Queued <= v.idle {
		v.decline(o, 0)
	} else if len(v.open) >= maxOffers {
		v.decline(o, e.Queued)
	} else {
		v.open[o.offerKey] = o
		v.give(o)
	}
	return true
}

func (v *victim) admit(e GotRequest) (offer, bool) {
	m, r := v.members.get(e.From), e.Request
	if m == nil {
		v.stats.StrangerRequests++
		return offer{}, false
	}
	key := offerKey{e.From, r.ID}
	if _, seen := v.open[key]; seen || r.Incarnation != m.incarnation {
		v.stats.StaleRequests++
		return offer{}, false
	}
	v.stats.Requests++
	m.heard()
	m.hint = 0
	o := offer{
		offerKey: key, incarnation: r.Incarnation, onLifeline: r.Lifeline,
		hunger: min(max(r.Hunger, 1), maxHunger), maxBytes: v.config.MaxLootBytes,
	}
	if r.MaxBytes > 0 {
		o.maxBytes = min(o.maxBytes, r.MaxBytes)
	}
	return o, true
}

// decline says no. A thief on a lifeline is remembered from then on.
func (v *victim) decline(o offer, hint int) {
	v.stats.Refusals++
	v.do(SendDecline{To: o.thief, RequestID: o.id, Hint: hint})
	if !o.onLifeline || v.members.get(o.thief) == nil {
		return
	}
	i := slices.IndexFunc(v.waiting, func(w offer) bool { return w.thief == o.thief })
	switch {
	case i < 0:
		v.waiting = append(v.waiting, o)
	case v.waiting[i].id < o.id: // the newest request wins and keeps the place in the queue
		v.waiting[i] = o
	}
}

// forget takes thieves off the list of those to be served.
func (v *victim) forget(which func(offer) bool) { v.waiting = slices.DeleteFunc(v.waiting, which) }

func (v *victim) surplus(queued int) {
	if v.serving != nil {
		v.again = true
		return
	}
	v.barren = 0
	v.serve(queued)
}

// serve gives to the thief that has waited longest. The next one follows when the driver has reported what is left.
func (v *victim) serve(queued int) {
	if len(v.waiting) == 0 || queued <= v.idle {
		return
	}
	assert(v.serving == nil, "at most one lifeline is served at a time")
	o := v.waiting[0]
	v.serving = &o.offerKey
	v.give(o)
}

func (v *victim) gave(e Gave) {
	key := offerKey{e.To, e.RequestID}
	if e.N > 0 {
		v.stats.Gifts++
		v.stats.GiftTasks += uint64(e.N)
	}
	if v.serving != nil && *v.serving == key {
		v.served(key, e)
		return
	}
	o, ok := v.open[key]
	delete(v.open, key)
	if ok && e.N == 0 {
		v.decline(o, e.Left)
	}
}

// served ends the service of one lifeline and goes on to the next if it makes sense.
func (v *victim) served(key offerKey, e Gave) {
	again := v.again
	v.serving, v.again = nil, false
	gone := v.members.get(key.thief) == nil
	if e.N > 0 || again {
		v.barren = 0
	}
	if e.N > 0 {
		// Not a newer request of the same thief: that one it still waits for.
		v.forget(func(w offer) bool { return w.offerKey == key })
	} else if i := slices.IndexFunc(v.waiting, func(w offer) bool { return w.offerKey == key }); i >= 0 {
		o := v.waiting[i] // to the end: the next one may have a use for what is here
		v.waiting = append(slices.Delete(v.waiting, i, i+1), o)
		v.barren++
	}
	if e.N > 0 || gone || again || v.barren > 0 && v.barren < len(v.waiting) {
		v.serve(e.Left)
	}
}

func (v *victim) left(peer task.PeerID) {
	v.forget(func(w offer) bool { return w.thief == peer })
	for key := range v.open {
		if key.thief == peer {
			delete(v.open, key)
		}
	}
}

func (v *victim) tellDemand() {
	if n := len(v.waiting); n != v.told {
		v.told = n
		v.do(Demand{Thieves: n})
	}
}
