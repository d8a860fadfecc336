package futures_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

var (
	Square = futures.Declare[int, int]("square")
	Add    = futures.Declare[[2]int, int]("add")
	Chain  = futures.Declare[int, int]("chain")
)

var errBad = errors.New("bad")

func init() {
	Square.Handle(func(_ context.Context, x int) (int, error) {
		if x == 4242 {
			return 0, errBad
		}
		return x * x, nil
	})
	Add.Handle(func(_ context.Context, p [2]int) (int, error) { return p[0] + p[1], nil })
	Chain.Handle(func(ctx context.Context, n int) (int, error) {
		if n == 0 {
			return 0, nil
		}
		v, err := futures.Submit(ctx, Chain, n-1).Result(ctx)
		return v + 1, err
	})
}

func TestAll(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		p := worker.New(context.Background(), worker.Config{Workers: workers})
		err := p.Run(context.Background(), func(ctx context.Context) error {
			xs := make([]int, 100000)
			for i := range xs {
				xs[i] = i % 1000
			}
			ys, err := futures.Collect(futures.Map(ctx, Square, slices.Values(xs)))
			if err != nil || len(ys) != len(xs) {
				return fmt.Errorf("%d %w", len(ys), err)
			}
			for i, y := range ys {
				if y != xs[i]*xs[i] {
					return fmt.Errorf("%d", i)
				}
			}
			ys, err = futures.Collect(futures.MapUnordered(ctx, Square, slices.Values(xs)))
			slices.Sort(ys)
			if err != nil || len(ys) != len(xs) || ys[len(ys)-1] != 999*999 {
				return fmt.Errorf("%d %w", len(ys), err)
			}
			sum, err := futures.MapReduce(ctx, Square, Add, slices.Values(xs))
			t.Log(sum, err)
			for _, n := range []int{0, 1, 2, 3} {
				sum, err := futures.MapReduce(ctx, Square, Add, slices.Values(xs[1:1+n]))
				scan, err2 := futures.Collect(futures.MapScan(ctx, Square, Add, slices.Values(xs[1:1+n])))
				t.Log(n, sum, err, scan, err2)
			}
			xs[5000] = 4242
			ys, err = futures.Collect(futures.Map(ctx, Square, slices.Values(xs)))
			t.Log(len(ys), err)
			fs := []futures.Future[int]{}
			for i := range 1000 {
				fs = append(fs, futures.Submit(ctx, Square, i))
			}
			n := 0
			for f := range futures.AsCompleted(ctx, fs...) {
				v, err := f.Result(ctx)
				n += v
				if err != nil {
					return err
				}
			}
			t.Log(n)
			start := time.Now()
			v, err := futures.Submit(ctx, Chain, 1000000).Result(ctx)
			t.Log(v, err, time.Since(start))
			return nil
		})
		t.Log(err, p.Counters())
		if err := p.Close(futures.ErrClosed, 5*time.Second); err != nil {
			t.Error(err)
		}
	}
}
