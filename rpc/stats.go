package rpc

import "sync/atomic"

// Stats counts what an Endpoint has done since New. Sizes are in bytes, without libp2p's own overhead.
type Stats struct {
	Joined, Left uint64 // callbacks made; their difference is the number of peers

	MessagesSent, MessagesReceived uint64 // application messages: one-way, calls, responses
	BytesSent, BytesReceived       uint64 // frames of those messages
	Writes                         uint64 // writes to control streams; MessagesSent/Writes is the coalescing factor
	BulkSent, BulkReceived         uint64 // messages that had a stream of their own

	Calls, CallsServed uint64 // Calls begun here; handlers run for others

	UnknownKinds  uint64 // messages without a handler, dropped
	LateResponses uint64 // responses to calls that had ended
	CallsRejected uint64 // calls answered with an error because too many were waiting
	Malformed     uint64 // protocol violations; each one cost its peer the session
	Refused       uint64 // admissions that failed: wrong secret, wrong version, refusal by a callback
	Strangers     uint64 // connections closed because nobody proved the secret in time
}

// counters is Stats while it is being counted.
type counters struct {
	joined, left                   atomic.Uint64
	messagesSent, messagesReceived atomic.Uint64
	bytesSent, bytesReceived       atomic.Uint64
	writes                         atomic.Uint64
	bulkSent, bulkReceived         atomic.Uint64
	calls, callsServed             atomic.Uint64
	unknownKinds, lateResponses    atomic.Uint64
	callsRejected, malformed       atomic.Uint64
	refused, strangers             atomic.Uint64
}

// Stats returns the counters. They are read one by one, so sums may be off by messages under way.
func (e *Endpoint) Stats() Stats {
	c := &e.stats
	return Stats{
		Joined: c.joined.Load(), Left: c.left.Load(),
		MessagesSent: c.messagesSent.Load(), MessagesReceived: c.messagesReceived.Load(),
		BytesSent: c.bytesSent.Load(), BytesReceived: c.bytesReceived.Load(), Writes: c.writes.Load(),
		BulkSent: c.bulkSent.Load(), BulkReceived: c.bulkReceived.Load(),
		Calls: c.calls.Load(), CallsServed: c.callsServed.Load(),
		UnknownKinds: c.unknownKinds.Load(), LateResponses: c.lateResponses.Load(),
		CallsRejected: c.callsRejected.Load(), Malformed: c.malformed.Load(),
		Refused: c.refused.Load(), Strangers: c.strangers.Load(),
	}
}
