package rpc

// lanes runs items on at most width goroutines, which live only while there are items. The rest waits, bounded by count
// and bytes. It is guarded by session.mu; whoever gets start from put starts a goroutine that calls next until it says no.
type lanes[T any] struct {
	width, maxItems, maxBytes int

	running int
	bytes   int
	waiting []lane[T]
}

type lane[T any] struct {
	item T
	size int
}

// putLocked refuses when too much waits already. An item larger than maxBytes still fits when nothing waits.
func (l *lanes[T]) putLocked(item T, size int) (start, ok bool) {
	if len(l.waiting) >= l.maxItems || len(l.waiting) > 0 && l.bytes+size > l.maxBytes {
		return false, false
	}
	l.waiting = append(l.waiting, lane[T]{item, size})
	l.bytes += size
	if l.running == l.width {
		return false, true
	}
	l.running++
	return true, true
}

// nextLocked hands out the oldest item; false ends the goroutine that asked.
func (l *lanes[T]) nextLocked() (item T, ok bool) {
	if len(l.waiting) == 0 {
		l.running--
		l.waiting = nil // appending to the tail of a long slice must not keep its head alive
		return item, false
	}
	first := l.waiting[0]
	l.waiting[0] = lane[T]{}
	l.waiting = l.waiting[1:]
	l.bytes -= first.size
	return first.item, true
}

func (l *lanes[T]) busyLocked() bool { return l.running > 0 || len(l.waiting) > 0 }

func (l *lanes[T]) clear() { l.waiting, l.bytes = nil, 0 }
