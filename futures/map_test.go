package futures_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// mappings are Map and MapUnordered, for what holds for both.
var mappings = []struct {
	name string
	ints func(context.Context, *futures.Func[int, int], iter.Seq[int]) iter.Seq2[int, error]
	work func(context.Context, *futures.Func[work, int], iter.Seq[work]) iter.Seq2[int, error]
}{
	{"Map", futures.Map[int, int], futures.Map[work, int]},
	{"MapUnordered", futures.MapUnordered[int, int], futures.MapUnordered[work, int]},
}

var lengths = []int{0, 1, 2, 3, 15, 16, 17, 100, 4095, 4097, 100_000}

// TestMapResults compares with the sequential twin, inside and outside of tasks.
func TestMapResults(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			check := func(ctx context.Context) error {
				for _, n := range lengths {
					ys, err := futures.Collect(m.ints(ctx, Square, values(upTo(n))))
					if m.name == "MapUnordered" {
						slices.Sort(ys)
					}
					if err := errors.Join(err, sameSlice(fmt.Sprint(n, " inputs"), ys, squares(upTo(n)))); err != nil {
						return err
					}
				}
				return nil
			}
			each(t, check)
			outside(t, 2, check)
		})
	}
}

// TestMapErrorIsLast: at most one error, and nothing after it. Map yields all that come before the failed input.
func TestMapErrorIsLast(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			each(t, func(ctx context.Context) error {
				for _, bad := range []int{0, 1, 5, 100, 4999, 9999} {
					xs := upTo(10_000)
					xs[bad] = -1
					for _, also := range []int{bad, 9999} { // a second failure later on changes nothing
						xs[also] = -1
					}
					var ys []int
					var failed error
					for y, err := range m.ints(ctx, Square, values(xs)) {
						if failed != nil {
							return errors.New("something comes after the error")
						}
						if failed = err; err == nil {
							ys = append(ys, y)
						}
					}
					if err := is("error", failed, errNegative); err != nil {
						return err
					}
					if m.name == "Map" {
						if err := sameSlice("before it", ys, squares(upTo(bad))); err != nil {
							return err
						}
					}
				}
				return nil
			})
		})
	}
}

// TestMapItemsThatFailBadly: a panic ends the mapping with a PanicError that shows where; Goexit ends it too, and whatever
// else was on that goroutine; the peer works on.
func TestMapItemsThatFailBadly(t *testing.T) {
	bad := map[string]struct {
		fn    work
		check func(error) error
	}{
		"panic": {func(context.Context) (int, error) { panicDeepInside(2); return 0, nil }, func(err error) error {
			var p *futures.PanicError
			if !errors.As(err, &p) || p.Func != "test/do" || !errors.Is(err, errOwn) {
				return fmt.Errorf("not the panic: %v", err)
			}
			return nil
		}},
		"goexit": {
			func(context.Context) (int, error) { runtime.Goexit(); return 0, nil },
			func(err error) error { return is("Goexit", err, futures.ErrGoexit) },
		},
	}
	for name, b := range bad {
		for _, m := range mappings {
			t.Run(name+" in "+m.name, func(t *testing.T) {
				outside(t, 2, func(ctx context.Context) error {
					for _, at := range []int{0, 1, 50, 999} {
						fns := slices.Repeat([]work{func(context.Context) (int, error) { return 1, nil }}, 1000)
						fns[at] = b.fn
						ones, err := futures.Collect(m.work(ctx, Do, values(fns)))
						if len(ones) > 999 || b.check(err) != nil {
							return fmt.Errorf("at %d: %d results, %w", at, len(ones), b.check(err))
						}
					}
					ys, err := futures.Collect(m.ints(ctx, Square, values(upTo(100))))
					return errors.Join(err, same("results afterwards", len(ys), 100))
				})
			})
		}
	}
}

// TestMapBreak leaves the loop early: what is not done is cancelled, the items that run hear of it, no goroutine is left.
func TestMapBreak(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			for _, workers := range counts {
				outside(t, workers, func(ctx context.Context) error {
					var running atomic.Int32
					fn := func(ctx context.Context) (int, error) {
						running.Add(1)
						defer running.Add(-1)
						blockUntil(ctx, ctx.Done())
						return 0, ctx.Err()
					}
					fns := slices.Repeat([]work{fn}, 100)
					fns[0] = func(context.Context) (int, error) { return 1, nil }
					yielded := 0
					for v, err := range m.work(ctx, Do, values(fns)) {
						if yielded++; v != 1 || err != nil {
							return fmt.Errorf("yielded %d, %w", v, err)
						}
						break
					}
					for running.Load() > 0 {
						runtime.Gosched()
					}
					return errors.Join(ctx.Err(), same("yielded", yielded, 1))
				})
			}
		})
	}
}

// TestMapConsumerPanics: a panic in the body of the loop is the caller's, and the rest is cancelled all the same.
func TestMapConsumerPanics(t *testing.T) {
	each(t, func(ctx context.Context) (err error) {
		defer func() { err = errors.Join(err, same("panic", recover(), any("mine"))) }()
		for range futures.Map(ctx, Square, values(upTo(1000))) {
			panic("mine")
		}
		return errors.New("nothing was yielded")
	})
}

// TestMapEndless takes a prefix of a sequence without end. What was drawn beyond it is bounded.
func TestMapEndless(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			each(t, func(ctx context.Context) error {
				drawn, taken := 0, 0
				ahead := 0
				for _, err := range m.ints(ctx, Square, func(yield func(int) bool) {
					for ; yield(drawn); drawn++ {
						ahead = max(ahead, drawn-taken)
					}
				}) {
					if err != nil {
						return err
					}
					if taken++; taken == 300_000 {
						break
					}
				}
				if ahead > futures.MaxAhead {
					return fmt.Errorf("%d inputs were drawn ahead of the consumer, bound %d", ahead, futures.MaxAhead)
				}
				return nil
			})
		})
	}
}

// TestMapWindowOfSlowItems: while items are slow, only a handful is drawn ahead of the consumer.
func TestMapWindowOfSlowItems(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runBubble(t, 4, func(ctx context.Context) error {
					drawn, taken, ahead := 0, 0, 0
					seq := func(yield func(work) bool) {
						for range 200 {
							drawn++
							ahead = max(ahead, drawn-taken)
							if !yield(func(context.Context) (int, error) { time.Sleep(10 * time.Millisecond); return 0, nil }) {
								return
							}
						}
					}
					for _, err := range m.work(ctx, Do, seq) {
						if err != nil {
							return err
						}
						taken++
					}
					if ahead > futures.FirstBatches+1 {
						return fmt.Errorf("%d slow items were drawn ahead", ahead)
					}
					return same("taken", taken, 200)
				})
			})
		})
	}
}

// TestMapSlowSequence: inputs that come slowly are not held back until a batch is full.
func TestMapSlowSequence(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runBubble(t, 2, func(ctx context.Context) error {
					drawn, taken, behind := 0, 0, 0
					seq := func(yield func(int) bool) {
						for ; drawn < 200 && yield(drawn); drawn++ {
							behind = max(behind, drawn-taken)
							futures.Blocking(ctx, func() { time.Sleep(20 * time.Millisecond) })
						}
					}
					for _, err := range m.ints(ctx, Square, seq) {
						if err != nil {
							return err
						}
						taken++
					}
					if behind > 33 { // the clock is read every 16 inputs, and results are looked for as often
						return fmt.Errorf("results come %d inputs late", behind)
					}
					return same("taken", taken, 200)
				})
			})
		})
	}
}

// TestMapMixedDurations: order and values hold whatever the items take and whoever runs them.
func TestMapMixedDurations(t *testing.T) {
	seed := seeded(t).Uint64()
	for _, workers := range counts {
		t.Run(fmt.Sprintf("workers=%d", workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runBubble(t, workers, func(ctx context.Context) error {
					r := rand.New(rand.NewPCG(seed, uint64(workers)))
					fns := make([]work, 3000)
					for i := range fns {
						var nap time.Duration
						if r.IntN(10) == 0 {
							nap = time.Duration(r.IntN(5000)) * time.Microsecond
						}
						fns[i] = func(context.Context) (int, error) {
							if nap > 0 {
								time.Sleep(nap)
							}
							return i, nil
						}
					}
					got, err := futures.Collect(futures.Map(ctx, Do, values(fns)))
					if err := errors.Join(err, sameSlice("Map", got, upTo(len(fns)))); err != nil {
						return err
					}
					got, err = futures.Collect(futures.MapUnordered(ctx, Do, values(fns)))
					slices.Sort(got)
					return errors.Join(err, sameSlice("MapUnordered", got, upTo(len(fns))))
				})
			})
		})
	}
}

// TestMapUnorderedSlowFirst: a slow first input holds nothing up, where Map waits for it.
func TestMapUnorderedSlowFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runBubble(t, 2, func(ctx context.Context) error {
			fns := make([]work, 2000)
			for i := range fns {
				fns[i] = func(context.Context) (int, error) { return i, nil }
			}
			fns[0] = func(context.Context) (int, error) { time.Sleep(time.Second); return 0, nil }
			begun := time.Now()
			last := -1
			for v, err := range futures.MapUnordered(worker.NewContext(ctx, worker.PoolOf(ctx)), Do, values(fns)) {
				if err != nil {
					return err
				}
				if took := time.Since(begun); v != 0 && took >= time.Second {
					return fmt.Errorf("item %d had to wait %v for the first", v, took)
				}
				last = v
			}
			return same("the last to come", last, 0)
		})
	})
}

// TestMapNested maps within the items of a map within the items of a map.
func TestMapNested(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			each(t, func(ctx context.Context) error {
				var level func(depth int) work
				level = func(depth int) work {
					return func(ctx context.Context) (int, error) {
						if depth == 0 {
							return 1, nil
						}
						ones, err := futures.Collect(m.work(ctx, Do, values(slices.Repeat([]work{level(depth - 1)}, 12))))
						sum := 0
						for _, v := range ones {
							sum += v
						}
						return sum, err
					}
				}
				v, err := level(4)(ctx)
				return errors.Join(err, same("leaves", v, 12*12*12*12))
			})
		})
	}
}

// TestMapItemsLeaveChildren: what an item submits and does not wait for is cancelled when the item returns, not later.
func TestMapItemsLeaveChildren(t *testing.T) {
	each(t, func(ctx context.Context) error {
		var left []futures.Future[int] // of the item before
		fns := make([]work, 300)
		for i := range fns {
			fns[i] = func(ctx context.Context) (int, error) {
				f := futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
					blockUntil(ctx, ctx.Done())
					return 0, ctx.Err()
				})
				v, err := futures.Submit(ctx, Square, i).Result(ctx) // runs while the other one is there
				f.State()
				return v, err
			}
		}
		got, err := futures.Collect(futures.Map(ctx, Do, values(fns)))
		if err := errors.Join(err, sameSlice("squares", got, squares(upTo(len(fns))))); err != nil {
			return err
		}
		_, err = futures.Collect(futures.Map(ctx, Do, values([]work{func(ctx context.Context) (int, error) {
			left = append(left, futures.Submit(ctx, Do, func(ctx context.Context) (int, error) {
				blockUntil(ctx, ctx.Done())
				return 0, ctx.Err()
			}))
			return 0, nil
		}})))
		_, errLeft := left[0].Result(ctx)
		return errors.Join(err, is("the child of an item", errLeft, context.Canceled))
	})
}

// TestMapCancelled cancels the context of a mapping that is under way, from its own loop.
func TestMapCancelled(t *testing.T) {
	for _, m := range mappings {
		t.Run(m.name, func(t *testing.T) {
			each(t, func(ctx context.Context) error {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				n := 0
				var failed error
				for _, err := range m.ints(ctx, Square, func(yield func(int) bool) {
					for i := 0; yield(i % 1000); i++ {
					}
				}) {
					if n++; n == 1000 {
						cancel()
					}
					failed = err
				}
				return is("the end", failed, context.Canceled)
			})
		})
	}
}

// TestMapTwice: a mapping is a sequence like any other: it can be ranged over again, and left at once.
func TestMapTwice(t *testing.T) {
	defer goleak.VerifyNone(t)
	each(t, func(ctx context.Context) error {
		seq := futures.Map(ctx, Square, values(upTo(50)))
		a, errA := futures.Collect(seq)
		b, errB := futures.Collect(seq)
		return errors.Join(errA, errB, sameSlice("twice", a, b), same("length", len(b), 50))
	})
}

// TestMapNotHandled: the error says which function has no body.
func TestMapNotHandled(t *testing.T) {
	each(t, func(ctx context.Context) error {
		_, err := futures.Submit(ctx, Nobody, 1).Result(ctx)
		ys, errMap := futures.Collect(futures.Map(ctx, Nobody, values(upTo(3))))
		return errors.Join(is("Submit", err, futures.ErrNotHandled), is("Map", errMap, futures.ErrNotHandled),
			same("results", len(ys), 0))
	})
}
