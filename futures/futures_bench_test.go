package futures_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// The benchmark of spawn and join: fib without a cut-off, so that nothing but the future itself costs. The twins do the same
// with a goroutine and a channel for each future, and with plain calls.
const (
	fibN      = 27
	fibResult = 196418
	fibSpawns = 317810 // futures that fib(fibN) makes
)

// The functions of the benchmarks.
var (
	Fib  = futures.Declare[int, int]("bench/fib")
	Noop = futures.Declare[int, int]("bench/noop")
	Spin = futures.Declare[int, int]("bench/spin")
)

func init() {
	Fib.Handle(fib)
	Noop.Handle(func(_ context.Context, n int) (int, error) { return n, nil })
	Spin.Handle(func(_ context.Context, n int) (int, error) { return spin(n), nil })
}

func fib(ctx context.Context, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	left := futures.Submit(ctx, Fib, n-1)
	right, err := fib(ctx, n-2)
	if err != nil {
		return 0, err
	}
	l, err := left.Result(ctx)
	return l + right, err
}

func fibChannels(ctx context.Context, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	type outcome struct {
		v   int
		err error
	}
	left := make(chan outcome, 1)
	go func() {
		v, err := fibChannels(ctx, n-1)
		left <- outcome{v, err}
	}()
	right, err := fibChannels(ctx, n-2)
	if err != nil {
		return 0, err
	}
	l := <-left
	return l.v + right, l.err
}

func fibPlain(ctx context.Context, n int) (int, error) {
	if n < 2 {
		return n, nil
	}
	left, err := fibPlain(ctx, n-1)
	if err != nil {
		return 0, err
	}
	right, err := fibPlain(ctx, n-2)
	return left + right, err
}

// onPeer runs fn as a task of a peer with that many workers.
func onPeer(b *testing.B, workers int, fn func(ctx context.Context) error) {
	b.Helper()
	p := worker.New(context.Background(), worker.Config{Workers: workers})
	if err := p.Run(context.Background(), fn); err != nil {
		b.Error(err)
	}
	if err := p.Close(futures.ErrClosed, closeGrace); err != nil {
		b.Error(err)
	}
}

func benchFib(b *testing.B, fib func(context.Context, int) (int, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		b.ReportAllocs()
		for b.Loop() {
			v, err := fib(ctx, fibN)
			if err != nil || v != fibResult {
				return fmt.Errorf("fib(%d) = %d, %w", fibN, v, err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/fibSpawns, "ns/spawn")
		return nil
	}
}

func BenchmarkFib(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("futures/workers=%d", workers), func(b *testing.B) { onPeer(b, workers, benchFib(b, fib)) })
	}
	twins := []struct {
		name string
		fib  func(context.Context, int) (int, error)
	}{{"channels", fibChannels}, {"plain", fibPlain}}
	for _, twin := range twins {
		b.Run(twin.name, func(b *testing.B) {
			if err := benchFib(b, twin.fib)(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkQueued has one task submit a million futures and then join them all: what a queued future weighs, what it costs.
func BenchmarkQueued(b *testing.B) {
	const n = 1_000_000
	onPeer(b, 1, func(ctx context.Context) error {
		fs := make([]futures.Future[int], n)
		var weight uint64
		for b.Loop() {
			b.StopTimer()
			clear(fs)
			before := heap()
			b.StartTimer()
			for i := range fs {
				fs[i] = futures.Submit(ctx, Noop, i)
			}
			b.StopTimer()
			weight += heap() - before
			b.StartTimer()
			for i, f := range fs {
				if v, err := f.Result(ctx); v != i || err != nil {
					return fmt.Errorf("future %d: %d, %w", i, v, err)
				}
			}
		}
		b.ReportMetric(float64(weight)/float64(b.N)/n, "B/queued")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/future")
		return nil
	})
}

// heap returns the bytes that are in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// spin computes for about n/2 nanoseconds.
func spin(n int) int {
	x := uint64(n) | 1
	for range n {
		x ^= x << 13
		x ^= x >> 7
	}
	return int(x)
}

// BenchmarkMap maps items of some nanoseconds, against a plain loop over the same function.
func BenchmarkMap(b *testing.B) {
	const n = 100_000
	for _, work := range []int{1, 10, 100} {
		xs := make([]int, n)
		for i := range xs {
			xs[i] = work
		}
		per := func(b *testing.B) { b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/item") }
		b.Run(fmt.Sprintf("rounds=%d/plain", work), func(b *testing.B) {
			for b.Loop() {
				sum := 0
				for _, x := range xs {
					sum += spin(x)
				}
				if sum == 1 {
					b.Fatal("impossible")
				}
			}
			per(b)
		})
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("rounds=%d/workers=%d", work, workers), func(b *testing.B) {
				onPeer(b, workers, func(ctx context.Context) error {
					for b.Loop() {
						count := 0
						for _, err := range futures.Map(ctx, Spin, values(xs)) {
							if err != nil {
								return err
							}
							count++
						}
						if count != n {
							return fmt.Errorf("%d results, want %d", count, n)
						}
					}
					per(b)
					return nil
				})
			})
		}
	}
}
