package rpc

import "time"

// Limits on sizes and counts. A peer that goes beyond one of them is broken or hostile and is cut off, unless the
// comment says otherwise.
const (
	// maxControlBody is the largest body, in bytes, that travels on the control stream; a larger one gets a bulk stream
	// of its own, because every byte on the control stream delays the messages behind it (256 KiB is 0.4 ms at 600 MB/s).
	maxControlBody = 256 << 10
	// defaultMaxMessage is the default of Config.MaxMessage, in bytes.
	defaultMaxMessage = 256 << 20

	// maxQueuedBytes and maxQueuedFrames bound what waits for the writer of one peer. Beyond them Send fails with
	// ErrQueueFull: 16 MiB are 27 ms of a fast link, so a longer queue means that the peer does not keep up.
	maxQueuedBytes  = 16 << 20
	maxQueuedFrames = 1 << 16
	// maxBulkQueued and maxBulkQueuedFactor (times Config.MaxMessage, in bytes) bound the bulk messages that wait for a
	// bulk stream to one peer. Their bodies are not copied, so this is the caller's memory.
	maxBulkQueued       = 1024
	maxBulkQueuedFactor = 2
	// keepBufferBytes is the largest write buffer kept for reuse; a burst must not cost its memory for ever.
	keepBufferBytes = 1 << 20

	// maxBulkOut is how many bulk streams we open to one peer at a time; maxBulkIn is how many we serve from one. In is
	// larger than Out, so that a stream that ended on the far side only never makes an honest peer wait for us.
	maxBulkOut = 4
	maxBulkIn  = 8
	// maxControlStreams is how many control streams one peer may have: one, and one more for each simultaneous dial.
	maxControlStreams = 4

	// maxCallHandlers is how many calls of one peer run at a time; maxWaitingCalls and maxWaitingCallBytes bound those
	// that wait. Beyond them a call is answered with an error at once, and the peer is not cut off.
	maxCallHandlers     = 256
	maxWaitingCalls     = 1 << 15
	maxWaitingCallBytes = 64 << 20

	// maxHelloBody bounds Config.Hello's bytes; maxHelloAddrs and maxAddrBytes the addresses said with it.
	maxHelloBody  = 64 << 10
	maxHelloAddrs = 16
	maxAddrBytes  = 256
	// maxText bounds, in bytes, the text of an error or refusal on the wire; longer ones are shortened.
	maxText = 4 << 10

	// readBufferBytes is each control stream's read buffer: some hundred small messages per read, 16 MB for 1,000 peers.
	readBufferBytes = 16 << 10
	// writeChunkBytes is what one write deadline covers; a peer must take at least this much in that time.
	writeChunkBytes = 256 << 10
	// readChunkBytes is the same for reading, and the first allocation for a body that has not arrived yet;
	// bodyGrowth is how much memory, as a factor of the bytes that did arrive, a body may have.
	readChunkBytes = 256 << 10
	bodyGrowth     = 4
	// maxDialAttempts is how often Dial begins again when the session that it joined ended under its hands.
	maxDialAttempts = 3
)

// timing holds the deadlines. They are fields and not constants only so that the tests need not wait.
type timing struct {
	admit    time.Duration // whoever has not proved the secret this long after connecting is cut off
	linger   time.Duration // a refusal waits this long to be read before the connection is closed
	write    time.Duration // for each writeChunkBytes
	frame    time.Duration // for each readChunkBytes of a frame that has begun
	received time.Duration // the far side's sign that a bulk message has arrived, after its last byte was written
	call     time.Duration // a Call whose context has no deadline
	dial     time.Duration // a Dial whose context has no deadline
	close    time.Duration // saying goodbye to all peers
}

var defaultTiming = timing{
	admit: 5 * time.Second, linger: time.Second, write: 10 * time.Second, frame: 10 * time.Second,
	received: time.Minute, call: 30 * time.Second, dial: 15 * time.Second, close: 2 * time.Second,
}
