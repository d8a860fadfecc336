package futures_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
)

// TestZeroFuture: the zero Future answers everything, and waits for nothing.
func TestZeroFuture(t *testing.T) {
	var f futures.Future[int]
	ask := func(ctx context.Context) error {
		_, err := f.Result(ctx)
		_, errTry, ok := f.TryResult()
		heard := make(chan struct{})
		f.OnDone(func(futures.Future[int]) { close(heard) })
		<-heard
		<-f.Done()
		done, pending, errWait := futures.Wait(ctx, []futures.Future[int]{f, f}, futures.AllCompleted)
		yielded := 0
		for range futures.AsCompleted(ctx, f, f, f) {
			yielded++
		}
		return errors.Join(is("Result", err, futures.ErrStale), is("TryResult", errTry, futures.ErrStale),
			same("ok", ok, true), same("Cancel", f.Cancel(), false), same("State", f.State(), futures.StateCancelled),
			same("done", len(done), 2), same("pending", len(pending), 0), errWait, same("AsCompleted", yielded, 3))
	}
	if err := ask(context.Background()); err != nil {
		t.Error("without a peer:", err)
	}
	each(t, ask)
}

// TestStaleAfterReturn: a future that outlives its task is stale, even when its record already serves another one.
func TestStaleAfterReturn(t *testing.T) {
	each(t, func(ctx context.Context) error {
		var stale []futures.Future[int]
		for i := range 100 {
			_, err := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
				f := futures.Submit(ctx, Square, 1000+i)
				stale = append(stale, f)
				return f.Result(ctx)
			}).Result(ctx)
			if err != nil {
				return err
			}
		}
		fresh := make([]futures.Future[int], 200) // takes the records that became free
		for i := range fresh {
			fresh[i] = futures.Submit(ctx, Square, i)
		}
		for i, f := range stale {
			if err := ownOrStale(f.TryResult()); err != nil {
				return fmt.Errorf("stale %d: %w", i, err)
			}
			if v, err := f.Result(ctx); !acceptable(v, err, 1000+i) {
				return fmt.Errorf("stale %d: Result gives %d, %w", i, v, err)
			}
			<-f.Done()
			if f.Cancel() {
				return fmt.Errorf("stale %d cancelled a future", i)
			}
		}
		for i, f := range fresh {
			if v, err := f.Result(ctx); v != i*i || err != nil {
				return fmt.Errorf("fresh %d: %d, %w", i, v, err)
			}
		}
		return nil
	})
}

func ownOrStale(v int, err error, ok bool) error {
	if !ok || !errors.Is(err, futures.ErrStale) && v < 1000*1000 {
		return fmt.Errorf("TryResult gives %d, %w, %t", v, err, ok)
	}
	return nil
}

// acceptable says what a future of Square(in) may answer after its task has returned: nothing, or its own value.
func acceptable(v int, err error, in int) bool {
	return v == 0 && (errors.Is(err, futures.ErrStale) || errors.Is(err, context.Canceled)) || v == in*in && err == nil
}

// TestSharedFutureStaysValid: one that somebody else has asked is not recycled, and keeps its value.
func TestSharedFutureStaysValid(t *testing.T) {
	each(t, func(ctx context.Context) error {
		for i := range 200 {
			var f futures.Future[int]
			_, err := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
				f = futures.Submit(ctx, Square, i)
				f.Done()
				return f.Result(ctx)
			}).Result(ctx)
			if err != nil {
				return err
			}
			for j := range 10 {
				if _, err := futures.Submit(ctx, Square, -1-j).Result(ctx); err == nil {
					return errors.New("no error")
				}
			}
			if v, err := f.Result(ctx); v != i*i || err != nil {
				return fmt.Errorf("future %d: %d, %w", i, v, err)
			}
		}
		return nil
	})
}

// handle is a future in the hands of strangers, with the input that it belongs to.
type handle struct {
	f  futures.Future[int]
	in int
}

// TestRecycledRecords lets tasks and goroutines ask each other's futures while they live, after their parents returned, and
// while their records serve others: nobody ever gets another task's value. It is a test for the race detector too.
func TestRecycledRecords(t *testing.T) {
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	r := seeded(t)
	var salt [4]uint64
	for i := range salt {
		salt[i] = r.Uint64()
	}
	each(t, func(ctx context.Context) error {
		var board [64]atomic.Pointer[handle]
		ask := func(i int) error {
			h := board[i%len(board)].Load()
			if h == nil {
				return nil
			}
			v, err, ok := 0, error(nil), true
			switch i % 4 {
			case 0:
				v, err, ok = h.f.TryResult()
			case 1:
				<-h.f.Done()
				v, err, ok = h.f.TryResult()
			case 2:
				v, err = h.f.Result(context.Background())
			case 3:
				if h.f.State() == futures.StateDone {
					v, err, ok = h.f.TryResult()
				} else {
					ok = false
				}
			}
			if ok && !acceptable(v, err, h.in) {
				return fmt.Errorf("the future of %d² gives %d, %w", h.in, v, err)
			}
			return nil
		}
		parent := func(i int) work {
			return func(ctx context.Context) (int, error) {
				in := 1 + int((uint64(i)*salt[i%4])>>40) // from 1: a zero result is no result
				f := futures.Submit(ctx, Square, in)
				board[i%len(board)].Store(&handle{f, in})
				var err error
				futures.Blocking(ctx, func() { err = ask(i + int(salt[0]%64)) })
				v, errOwn := f.Result(ctx)
				return v, errors.Join(err, errOwn, same("own", v, in*in))
			}
		}
		return onGoroutines(ctx, 4, func() error {
			for i := range rounds {
				if _, err := futures.Submit(ctx, Do, parent(i)).Result(ctx); err != nil {
					return err
				}
				if err := ask(i); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
