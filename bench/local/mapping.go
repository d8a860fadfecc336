package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sourcegraph/conc/iter"

	"github.com/scoopp2p/scoopp2p/futures"
)

// A grain is a size of the items of a map.
type grain struct {
	each         time.Duration
	items, quick int
	task         *futures.Func[uint64, uint64]
	steps        int // of spin; set when a contest begins
}

var grains = []*grain{
	{each: 1 * time.Nanosecond, items: 10_000_000, quick: 50_000, task: futures.Declare[uint64, uint64]("local/map 1 ns")},
	{each: 10 * time.Nanosecond, items: 10_000_000, quick: 50_000, task: futures.Declare[uint64, uint64]("local/map 10 ns")},
	{each: 100 * time.Nanosecond, items: 1_000_000, quick: 10_000, task: futures.Declare[uint64, uint64]("local/map 100 ns")},
	{each: 1000 * time.Nanosecond, items: 100_000, quick: 2_000, task: futures.Declare[uint64, uint64]("local/map 1000 ns")},
}

func (g *grain) run(_ context.Context, x uint64) (uint64, error) { return spin(x, g.steps), nil }

const (
	// maxSingles bounds the items of candidates that queue each of them; more would only take longer.
	maxSingles = 100_000
	// chunksPerWorker is the tuning of the chunked candidate: enough for balance, few enough to cost nothing.
	chunksPerWorker = 8
)

// mapping is a map contest under way.
type mapping struct {
	*grain
	b             *bench
	xs, ys        []uint64
	sum, shortSum uint64 // of all results, and of the first maxSingles
}

func mapContest(size int) func(*bench) ([]candidate, error) {
	return func(b *bench) ([]candidate, error) {
		if err := b.start(); err != nil {
			return nil, err
		}
		g := grains[size]
		g.steps = stepsFor(g.each)
		m := &mapping{grain: g, b: b, xs: make([]uint64, b.pick(g.items, g.quick))}
		m.ys = make([]uint64, len(m.xs))
		for i := range m.xs {
			m.xs[i] = uint64(i)
			m.sum += spin(uint64(i), g.steps)
			if i < maxSingles {
				m.shortSum = m.sum
			}
		}
		return m.candidates()
	}
}

func (m *mapping) candidates() ([]candidate, error) {
	a, err := m.b.ants(m.b.workers)
	if err != nil {
		return nil, err
	}
	p := m.b.pond(m.b.workers)
	return []candidate{
		m.b.ours(oursName, m.size(m.xs), m.measure(m.xs, m.lazily)),
		twin(m.size(m.xs), m.measure(m.xs, m.plainly)),
		m.rival(chunked, m.xs, m.chunked),
		m.rival("conc/iter", m.xs, m.conc),
		m.b.ours(oursName+", one each", m.size(m.short()), m.measure(m.short(), m.submitted)),
		m.rival(channels, m.short(), m.channelled),
		m.rival(waitGroups+", one each", m.short(), m.waited),
		m.rival("ants, one each", m.short(), m.pooled(a.Submit)),
		m.rival("pond, one each", m.short(), m.pooled(func(fn func()) error { return p.Go(fn) })),
	}, nil
}

func (m *mapping) short() []uint64 { return m.xs[:min(len(m.xs), maxSingles)] }

func (m *mapping) size(xs []uint64) string { return fmt.Sprintf("%d items", len(xs)) }

type summer = func(ctx context.Context, xs []uint64) (uint64, error)

func (m *mapping) rival(name string, xs []uint64, sum summer) candidate {
	return candidate{name: name, size: m.size(xs), round: m.measure(xs, sum)}
}

func (m *mapping) measure(xs []uint64, sum summer) func(context.Context) ([]figure, error) {
	want := m.sum
	if len(xs) < len(m.xs) {
		want = m.shortSum
	}
	return func(ctx context.Context) ([]figure, error) {
		return per("item", len(xs), func() error {
			got, err := sum(ctx, xs)
			if err == nil && got != want {
				err = fmt.Errorf("the results sum to %d, want %d", got, want)
			}
			return err
		})
	}
}

// lazily is the one that users write: no chunk size anywhere.
func (m *mapping) lazily(ctx context.Context, xs []uint64) (sum uint64, err error) {
	for y, err := range futures.Map(ctx, m.task, slices.Values(xs)) {
		if err != nil {
			return 0, err
		}
		sum += y
	}
	return sum, nil
}

func (m *mapping) plainly(ctx context.Context, xs []uint64) (sum uint64, err error) {
	for _, x := range xs {
		y, err := m.run(ctx, x)
		if err != nil {
			return 0, err
		}
		sum += y
	}
	return sum, nil
}

// chunked writes no results, which flatters it: it only sums them.
func (m *mapping) chunked(_ context.Context, xs []uint64) (uint64, error) {
	size := max(1, len(xs)/(chunksPerWorker*m.b.workers))
	return sumChunks(xs, size, m.b.workers, func(x uint64) uint64 { return spin(x, m.steps) })
}

func (m *mapping) conc(ctx context.Context, xs []uint64) (uint64, error) {
	ys, err := iter.Mapper[uint64, uint64]{MaxGoroutines: m.b.workers}.MapErr(xs, func(x *uint64) (uint64, error) {
		return m.run(ctx, *x)
	})
	return total(ys), err
}

// submitted makes a future for each item by hand.
func (m *mapping) submitted(ctx context.Context, xs []uint64) (sum uint64, err error) {
	fs := make([]futures.Future[uint64], len(xs))
	for i, x := range xs {
		fs[i] = futures.Submit(ctx, m.task, x)
	}
	for _, f := range slices.Backward(fs) {
		y, err := f.Result(ctx)
		if err != nil {
			return 0, err
		}
		sum += y
	}
	return sum, nil
}

// channelled is the worker pool that every Go program has once: a channel of items, a goroutine per worker.
func (m *mapping) channelled(ctx context.Context, xs []uint64) (uint64, error) {
	const buffered = 1024
	items := make(chan int, buffered)
	errs := make([]error, m.b.workers)
	var join sync.WaitGroup
	for w := range m.b.workers {
		join.Go(func() {
			for i := range items {
				y, err := m.run(ctx, xs[i])
				if err != nil {
					errs[w] = err
				}
				m.ys[i] = y
			}
		})
	}
	for i := range xs {
		items <- i
	}
	close(items)
	join.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return total(m.ys[:len(xs)]), nil
}

func (m *mapping) waited(ctx context.Context, xs []uint64) (uint64, error) {
	return m.pooled(func(fn func()) error { go fn(); return nil })(ctx, xs)
}

// pooled gives each item to a pool.
func (m *mapping) pooled(submit func(func()) error) summer {
	return func(_ context.Context, xs []uint64) (uint64, error) {
		var join sync.WaitGroup
		for i, x := range xs {
			join.Add(1)
			if err := submit(func() {
				defer join.Done()
				m.ys[i] = spin(x, m.steps)
			}); err != nil {
				return 0, err
			}
		}
		join.Wait()
		return total(m.ys[:len(xs)]), nil
	}
}

func total(ys []uint64) (sum uint64) {
	for _, y := range ys {
		sum += y
	}
	return sum
}
