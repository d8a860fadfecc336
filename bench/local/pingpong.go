package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

// A side is one of two tasks that play: in each turn it submits a child, shows it to the other side, and joins the child
// that the other side shows. That child is not its own and lies in the window of another worker, so that it cannot run in
// place: the join of whoever comes first parks, its worker runs its own child meanwhile, and the other side finds that
// done or nearly so. With one worker there is no other window, and no such game.
type side struct {
	turns, steps int
	mine, theirs []shown       // by turn; one more for the farewell
	parked       *atomic.Int64 // joins whose future was not done when asked
	quit         *atomic.Bool  // a side has failed and shows nothing any more
}

// shown is a future that crosses from one task to another.
type shown struct {
	ready atomic.Bool
	child futures.Future[uint64]
}

// A ball is a side's child: it computes for a moment, so that the other side asks for it before it is done. A bare no-op
// would be over, because a side that parks frees its worker for its own child.
type ball struct{ turn, steps int }

const (
	ballTime = 2 * time.Microsecond
	// spins is how often a side looks for the other's ball before it lets another goroutine have the thread.
	spins = 1 << 10
)

var (
	sideTask = futures.Declare[*side, uint64]("local/side")
	ballTask = futures.Declare[ball, uint64]("local/ball")
)

func fly(_ context.Context, b ball) (uint64, error) { return spin(uint64(b.turn), b.steps), nil }

// playSide returns the sum of what the other side's children returned. It stays until the other side has joined its last
// child, because a child ends with the task that submitted it.
func playSide(ctx context.Context, s *side) (sum uint64, err error) {
	defer func() {
		if err != nil {
			s.quit.Store(true)
		}
	}()
	for i := range s.turns {
		s.mine[i].child = futures.Submit(ctx, ballTask, ball{i, s.steps})
		theirs, err := s.swap(ctx, i)
		if err != nil {
			return 0, err
		}
		if _, _, done := theirs.TryResult(); !done {
			s.parked.Add(1)
		}
		v, err := theirs.Result(ctx)
		if err != nil {
			return 0, err
		}
		sum += v
		// What is left in our window nobody else can run while we spin: leave nothing there.
		if _, err := s.mine[i].child.Result(ctx); err != nil {
			return 0, err
		}
	}
	_, err = s.swap(ctx, s.turns)
	return sum, err
}

// swap shows what this side has for turn i and returns what the other has. It spins: the other side is on the way from its
// last join to here, and a wait in any other form would be what is measured.
func (s *side) swap(ctx context.Context, i int) (theirs futures.Future[uint64], err error) {
	s.mine[i].ready.Store(true)
	for looks := 1; !s.theirs[i].ready.Load(); looks++ {
		if looks%spins != 0 {
			continue
		}
		if s.quit.Load() || ctx.Err() != nil {
			return theirs, fmt.Errorf("turn %d: the other side has gone", i)
		}
		runtime.Gosched()
	}
	return s.theirs[i].child, nil
}

// playFutures plays one game and returns the sum of both sides, and the share of joins that had to wait.
func playFutures(ctx context.Context, turns, steps int) (sum uint64, share float64, err error) {
	var parked atomic.Int64
	var quit atomic.Bool
	a, b := make([]shown, turns+1), make([]shown, turns+1)
	ping := futures.Submit(ctx, sideTask, &side{turns, steps, a, b, &parked, &quit})
	pong := futures.Submit(ctx, sideTask, &side{turns, steps, b, a, &parked, &quit})
	for _, f := range []futures.Future[uint64]{pong, ping} {
		v, err := f.Result(ctx)
		if err != nil {
			return 0, 0, err
		}
		sum += v
	}
	return sum, float64(parked.Load()) / float64(2*turns), nil
}

// playChannels is the same game of two goroutines, whose children are goroutines with a channel.
func playChannels(turns, steps int) uint64 {
	a, b := make(chan chan uint64, 1), make(chan chan uint64, 1)
	side := func(mine, theirs chan chan uint64) (sum uint64) {
		for i := range turns {
			child := make(chan uint64, 1)
			go func() { child <- spin(uint64(i), steps) }()
			mine <- child
			sum += <-<-theirs
		}
		return sum
	}
	var sums [2]uint64
	var join sync.WaitGroup
	join.Go(func() { sums[0] = side(a, b) })
	join.Go(func() { sums[1] = side(b, a) })
	join.Wait()
	return sums[0] + sums[1]
}

// playPlain makes the same calls one after the other.
func playPlain(turns, steps int) (sum uint64) {
	for i := range 2 * turns {
		sum += spin(uint64(i/2), steps)
	}
	return sum
}

func pingpongContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	turns, steps := b.pick(50_000, 500), stepsFor(ballTime)
	size := fmt.Sprintf("%d joins of %v", 2*turns, ballTime)
	want := playPlain(turns, steps)
	measure := func(play func() (uint64, error)) ([]figure, error) {
		return per("join", 2*turns, func() error {
			got, err := play()
			if err == nil && got != want {
				err = fmt.Errorf("the sides summed %d, want %d", got, want)
			}
			return err
		})
	}
	list := []candidate{
		twin(size, func(context.Context) ([]figure, error) {
			return measure(func() (uint64, error) { return playPlain(turns, steps), nil })
		}),
		{name: channels, size: size, round: func(context.Context) ([]figure, error) {
			return measure(func() (uint64, error) { return playChannels(turns, steps), nil })
		}},
	}
	if b.workers == 1 {
		return list, nil // one worker would run every child in place: see parked instead
	}
	return append([]candidate{b.ours(oursName, size, func(ctx context.Context) ([]figure, error) {
		var share float64
		figs, err := measure(func() (sum uint64, err error) {
			sum, share, err = playFutures(ctx, turns, steps)
			return sum, err
		})
		return append(figs, figure{"parked %", 100 * share}), err
	})}, list...), nil
}
