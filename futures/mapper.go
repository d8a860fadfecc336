package futures

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// Limits of a mapper. A batch is the items of one span.
const (
	// maxBatch bounds the items of a batch.
	maxBatch = 1 << 12
	// batchTime is how long a batch should run: long against the cost of a steal, short against what a person notices.
	batchTime = 2 * time.Millisecond
	// drawTime is how long a batch may wait for inputs that come slowly; the clock is read every drawLook inputs, and more
	// often when they do.
	drawTime = time.Millisecond
	drawLook = 128
	// batchesPerWorker bounds the batches under way for each worker of the swarm.
	batchesPerWorker = 4
	// minBatches is how many may be under way however few workers there are.
	minBatches = 16
)

// mapper draws inputs, submits them in batches, and hands the batches' outcomes on.
type mapper[In, Out any] struct {
	ctx       context.Context //nolint:containedctx // lives as long as one call
	f         *Func[In, Out]
	reduce    string // name of the reducer, if any
	unordered bool
	size      int // items of the next batch
	limit     int // batches under way
	items     []In
	begun     time.Time // when items got its first
	pace      pace
	under     []*batch[Out]
	finished  arrivals[*batch[Out]] // for unordered
	err       error                 // the first failure
}

// batch is a span under way. Dst receives its results if it runs on this peer.
type batch[Out any] struct {
	future Future[part[Out]]
	dst    []Out
}

func newMapper[In, Out any](ctx context.Context, f *Func[In, Out], reduce string) *mapper[In, Out] {
	m := &mapper[In, Out]{ctx: ctx, f: f, reduce: reduce, size: 1, limit: minBatches}
	if p := worker.PoolOf(ctx); p != nil {
		m.limit = max(minBatches, batchesPerWorker*p.Scale())
	}
	return m
}

// run draws seq to its end. Emit is called with each outcome; false ends the run.
func (m *mapper[In, Out]) run(seq iter.Seq[In], emit func(part[Out]) bool) {
	for in := range seq {
		if len(m.items) == 0 {
			m.begun = time.Now()
		}
		m.items = append(m.items, in)
		if len(m.items) < m.size && !m.late() {
			continue
		}
		m.submit()
		for len(m.under) >= m.limit || m.ready() {
			if !m.take(emit) {
				return
			}
		}
	}
	m.submit()
	for len(m.under) > 0 {
		if !m.take(emit) {
			return
		}
	}
}

// pace says when to look at the clock again: a look costs more than a quick input.
type pace struct {
	looked time.Time
	every  int // inputs between two looks
	left   int // until the next
}

// late reports whether the items that were drawn should go, although they are no full batch.
func (m *mapper[In, Out]) late() bool {
	p := &m.pace
	if p.left--; p.left > 0 {
		return false
	}
	now := time.Now()
	if now.Sub(p.looked) < drawTime/2 {
		p.every = min(2*p.every, drawLook)
	} else {
		p.every = 1
	}
	p.looked, p.left = now, p.every
	return now.Sub(m.begun) >= drawTime
}

// submit sends off the items that were drawn.
func (m *mapper[In, Out]) submit() {
	if len(m.items) == 0 {
		return
	}
	b := new(batch[Out])
	if m.reduce == "" {
		b.dst = make([]Out, len(m.items))
	}
	b.future = submit(m.ctx, m.f.ranged, span[In, Out]{Items: m.items, Reduce: m.reduce, dst: b.dst})
	m.items = make([]In, 0, m.size)
	m.under = append(m.under, b)
	if m.unordered {
		b.future.whenDone(&task.Notice{F: func() { m.finished.add(b) }})
	}
}

// ready reports whether take would not wait.
func (m *mapper[In, Out]) ready() bool {
	if m.unordered {
		return m.finished.len() > 0
	}
	return len(m.under) > 0 && m.under[0].future.s.IsDone()
}

// take waits for a batch, the oldest unless the order does not matter, and emits it.
func (m *mapper[In, Out]) take(emit func(part[Out]) bool) bool {
	b := m.under[0]
	if m.unordered {
		var ok bool
		if b, ok = m.finished.take(m.ctx); !ok {
			m.err = m.ctx.Err()
			return false
		}
	}
	p, err := b.future.Result(m.ctx)
	if err != nil {
		m.err = err
		return false
	}
	i := slices.Index(m.under, b)
	m.under = slices.Delete(m.under, i, i+1)
	if p.Outs == nil && m.reduce == "" {
		p.Outs = b.dst[:p.N]
	}
	m.adapt(p)
	if !emit(p) {
		return false
	}
	if p.Fail != nil {
		m.err = p.Fail.err
		return false
	}
	return true
}

// adapt sets the size of the next batch by how long the items of this one took.
func (m *mapper[In, Out]) adapt(p part[Out]) {
	if p.N == 0 {
		return
	}
	want := maxBatch
	if each := p.Busy / time.Duration(p.N); each > 0 {
		want = int(batchTime / each)
	}
	m.size = max(1, min(want, 4*m.size, maxBatch)) // at most fourfold: one measurement may mislead
}

// cancel gives up what is under way.
func (m *mapper[In, Out]) cancel() {
	for _, b := range m.under {
		b.future.Cancel()
	}
}
