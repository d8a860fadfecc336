package steal

import "time"

// give lets the driver know how much the thief should get. Each of its idle workers gets one task, or, when tasks are
// short against the round trip r to the thief, as many as keep it busy for batchRoundTrips of them:
//
//	AtLeast = hunger
//	AtMost  = hunger · ⌈batchRoundTrips · r / mean run time⌉
//
// both at most MaxLootTasks. While the run time is unknown tasks are taken to be long: too little is mended in a round
// trip, too much by other peers stealing it second-hand.
func (v *victim) give(o offer) {
	perWorker := 1
	if v.meanRun > 0 {
		rtt := DefaultRTT
		if m := v.members.get(o.thief); m != nil && m.rtt > 0 {
			rtt = m.rtt
		}
		perWorker = batch(rtt, v.meanRun, v.config.MaxLootTasks)
	}
	v.do(Give{
		To: o.thief, Incarnation: o.incarnation, RequestID: o.id,
		AtLeast:  min(o.hunger, v.config.MaxLootTasks),
		AtMost:   min(o.hunger*perWorker, v.config.MaxLootTasks),
		Keep:     v.idle,
		MaxBytes: o.maxBytes,
	})
}

// batch is ⌈batchRoundTrips · rtt / run⌉, between 1 and most. A nonsensical round trip is cut so that nothing overflows.
func batch(rtt, run time.Duration, most int) int {
	n := (batchRoundTrips*min(rtt, time.Hour) + run - 1) / run
	return int(min(max(n, 1), time.Duration(most)))
}

// Amount is how many of the queued tasks to take: what the thief's workers need at once, and beyond that up to half of
// the queue, the amount that spreads a flat bag of tasks fastest. What our own idle workers need stays.
func (g Give) Amount(queued int) int {
	return max(min(max(g.AtLeast, min(g.AtMost, queued/2)), queued-g.Keep), 0)
}
