package futures_test

import (
	"context"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

var Fib = futures.Declare[int, int]("fib")

func init() { Fib.Handle(fib) }

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

func BenchmarkFib(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(string(rune('0'+workers)), func(b *testing.B) {
			b.ReportAllocs()
			p := worker.New(context.Background(), worker.Config{Workers: workers})
			for b.Loop() {
				err := p.Run(context.Background(), func(ctx context.Context) error {
					v, err := fib(ctx, 27)
					if v != 196418 {
						b.Error(v, err)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/317810, "ns/spawn")
			p.Close(futures.ErrClosed, time.Second)
		})
	}
}
