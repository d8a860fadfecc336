package launch

import "time"

// Limits of this package. They are generous against what a job needs and small against what could hurt.
const (
	// MaxLineBytes bounds one line, its newline included. It also is the read buffer of each pipe.
	MaxLineBytes = 16 << 10
	// MaxAddrs bounds each list of multiaddrs in a Spec and in a Ready.
	MaxAddrs = 64
	// SecretBytes is the length of the one-job key.
	SecretBytes = 32

	maxTextBytes = 4 << 10 // of a Fatal's message; an address or peer ID is shorter still
	maxNameBytes = 512     // of one multiaddr or peer ID
	maxWorkers   = 1 << 20 // a Spec beyond it is a mistake, not a machine

	sendQueue    = 64 // lines waiting for the pipe, beyond the 64 KiB that the kernel holds
	messageQueue = 64 // messages that a child has not read yet; further ones are dropped

	// sendTimeout bounds Child.Send when the launcher is stopped or slow and the pipe is full.
	sendTimeout = 2 * time.Second
	// flushTimeout bounds what Close waits for lines already accepted.
	flushTimeout = time.Second
	// specTimeout bounds the wait for the first line, which the launcher writes before the process starts.
	specTimeout = 500 * time.Millisecond
	// preloadTimeout bounds what the launcher waits for that: the Spec fits in any Unix pipe.
	preloadTimeout = 250 * time.Millisecond
	// drainTimeout bounds the wait for the end of the up pipe after the process ended: a grandchild may hold it open.
	drainTimeout = 200 * time.Millisecond
)
