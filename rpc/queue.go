package rpc

import "time"

var noDeadline time.Time

// queue is what waits for a session's writer: whole frames, one behind the other, in one buffer, so that a message costs
// no allocation and all that has gathered during a write is the next write. It is guarded by session.mu.
type queue struct {
	buf   []byte
	spare []byte // the buffer that was written last
	count int    // frames in buf

	queued, taken uint64 // frames ever put in, and handed to the writer

	wake  chan struct{} // capacity 1: a token says that the writer should look again
	idle  bool          // the writer waits for it
	space chan struct{} // closed when there is room again; nil when nobody waits for that
}

// putLocked appends a frame and gives its number, 0 when it does not fit. One frame always fits into an empty queue,
// and bye, of which there is one, into any.
func (q *queue) putLocked(kind Kind, id uint64, head, body []byte) uint64 {
	size := maxHeaderBytes + len(head) + len(body)
	full := q.count >= maxQueuedFrames || q.count > 0 && len(q.buf)+size > maxQueuedBytes
	if full && kind != kindBye {
		return 0
	}
	q.buf = appendFrame(q.buf, kind, id, head, body)
	q.count++
	q.queued++
	if q.idle {
		q.signal()
	}
	return q.queued
}

// signal wakes the writer and never blocks.
func (q *queue) signal() {
	q.idle = false
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// takeLocked hands everything that waits to the writer.
func (q *queue) takeLocked() (buf []byte, count int) {
	buf, count = q.buf, q.count
	q.buf, q.spare, q.count = q.spare[:0], nil, 0
	q.taken = q.queued
	q.roomLocked()
	return buf, count
}

// recycleLocked takes a written buffer back.
func (q *queue) recycleLocked(buf []byte) {
	if cap(buf) <= keepBufferBytes {
		q.spare = buf
	}
}

// fullLocked returns a channel that closes when there is room again.
func (q *queue) fullLocked() <-chan struct{} {
	if q.space == nil {
		q.space = make(chan struct{})
	}
	return q.space
}

func (q *queue) roomLocked() {
	if q.space != nil {
		close(q.space)
		q.space = nil
	}
}

// clear forgets what waits. Numbers go on, so that what was not taken stays known as unsent.
func (q *queue) clear() {
	q.buf, q.spare, q.count = nil, nil, 0
	q.roomLocked()
}
