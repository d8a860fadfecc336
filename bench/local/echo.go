package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scoopp2p/scoopp2p/futures"
)

const (
	// computing is how long each task computes: as long as the Go runtime lets a goroutine run before it preempts it.
	computing = 10 * time.Millisecond
	// echoPause lies between two messages: a heartbeat, not a flood, so that the work that is lost is lost to scheduling.
	echoPause = time.Millisecond
	// echoDeadline bounds one round trip.
	echoDeadline = 10 * time.Second
)

// computeTask computes a number of steps, which are the same however often they are interrupted.
var computeTask = futures.Declare[int, uint64]("local/compute")

func compute(_ context.Context, steps int) (uint64, error) { return spin(1, steps), nil }

// echoServer echoes on one connection over loopback until the client closes it; then wait returns.
func echoServer() (client net.Conn, wait func() error, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	var server errgroup.Group
	server.Go(func() error {
		c, err := l.Accept()
		l.Close() // one client is all there will be
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = io.Copy(c, c)
		return err
	})
	client, err = net.DialTimeout("tcp", l.Addr().String(), echoDeadline)
	if err != nil {
		l.Close()
		return nil, nil, errors.Join(err, server.Wait())
	}
	return client, server.Wait, nil
}

// echoing samples round trips until stop is closed, and at least one.
func echoing(stop <-chan struct{}) (samples []int64, err error) {
	c, wait, err := echoServer()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close(), wait()) }()
	const size = 100 // bytes, as in the other measurements of round trips
	out, in := make([]byte, size), make([]byte, size)
	for i := 0; ; i++ {
		select {
		case <-stop:
			if len(samples) > 0 {
				return samples, nil
			}
		case <-time.After(echoPause):
		}
		out[i%size]++
		start := time.Now()
		if err := c.SetDeadline(start.Add(echoDeadline)); err != nil {
			return nil, err
		}
		if _, err := c.Write(out); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(c, in); err != nil {
			return nil, err
		}
		samples = append(samples, int64(time.Since(start)))
		if string(in) != string(out) {
			return nil, errors.New("the echo is not what was sent")
		}
	}
}

// besides runs work alone and then beside an echo, and compares.
func besides(work func() error) ([]figure, error) {
	start := time.Now()
	if err := work(); err != nil {
		return nil, err
	}
	alone := time.Since(start)
	stop := make(chan struct{})
	var samples []int64
	var echo errgroup.Group
	echo.Go(func() (err error) {
		samples, err = echoing(stop)
		return err
	})
	start = time.Now()
	err := work()
	beside := time.Since(start)
	close(stop)
	if err := errors.Join(err, echo.Wait()); err != nil {
		return nil, err
	}
	return append(latencies(samples), figure{"work kept %", 100 * float64(alone) / float64(beside)}), nil
}

// calm is the echo beside nothing.
func calm(d time.Duration) ([]figure, error) {
	return besides(func() error { time.Sleep(d); return nil })
}

func echoContest(b *bench) ([]candidate, error) {
	if err := b.start(); err != nil {
		return nil, err
	}
	n := b.pick(150, 4) * b.workers // tasks in each half of a round
	steps := stepsFor(computing)
	want := spin(1, steps)
	check := func(got uint64, err error) error {
		if err == nil && got != want {
			err = fmt.Errorf("computed %d, want %d", got, want)
		}
		return err
	}
	work := func(ctx context.Context) func() error {
		return func() error {
			fs := make([]futures.Future[uint64], n)
			for i := range fs {
				fs[i] = futures.Submit(ctx, computeTask, steps)
			}
			for i := range fs {
				if err := check(fs[i].Result(ctx)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	size := fmt.Sprintf("%d tasks of %v", n, computing)
	ours := b.ours(oursName, size, func(ctx context.Context) ([]figure, error) { return besides(work(ctx)) })
	tight := b.ours(oursName+", no spare P", size+"; GOMAXPROCS = workers, which nobody should", ours.round)
	tight.round, tight.procs = ours.round, b.workers
	return []candidate{
		ours, tight,
		{name: "goroutines", size: size, round: func(ctx context.Context) ([]figure, error) {
			return besides(func() error {
				var g errgroup.Group
				g.SetLimit(b.workers)
				for range n {
					g.Go(func() error { return check(compute(ctx, steps)) })
				}
				return g.Wait()
			})
		}},
		{name: "no work", size: "the echo alone", procs: b.workers + 1, round: func(context.Context) ([]figure, error) {
			return calm(time.Duration(n/b.workers) * computing)
		}},
	}, nil
}
