package main

import (
	"context"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// A contest is one benchmark: several candidates that do the same work.
type contest struct {
	name     string
	stresses string // one line, for bench/README.md
	// prepare makes the candidates for one number of workers. The first is ours and called futures: all ratios refer to
	// it. Their answers are checked in every round; a wrong one ends the run.
	prepare func(*bench) ([]candidate, error)
}

// contests are all benchmarks, in the order in which they run: nanoseconds first, then waiting, then the machine.
var contests = []contest{
	{"fib", "spawn and join alone: 3.5 M futures, each worth one addition. The sequential twin reveals the joke", fibContest},
	{"queens", "one task per node of N-queens 12: wide fork-join, an input of 20 bytes, a dozen joins per parent", queensContest},
	{"uts-T1", "an unbalanced tree nobody can know beforehand, one task per node; wide and shallow", utsContest("T1", "tiny")},
	{"uts-T3", "the hard one: thin, 1,572 deep, no bound from level to level; stacks must be continued", utsContest("T3", "")},
	{"map-1ns", "the loop itself: 10 M items that cost less than any queue", mapContest(0)},
	{"map-10ns", "10 M items of about a function call each; splitting must be free", mapContest(1)},
	{"map-100ns", "1 M items that one atomic operation each would still slow down", mapContest(2)},
	{"map-1000ns", "100 k items that even careful queues can carry; balance", mapContest(3)},
	{"producer", "one task submits a million futures and then awaits them: queue growth, memory of what waits", producerContest},
	{"pingpong", "two tasks that wait for each other's children: a join in two parks, and hands its worker on", pingpongContest},
	{"parked", "a million tasks that wait at once for the same future: memory and time of a parked join", parkedContest},
	{"chain", "10^6 futures nested in each other: stack depth without a stack overflow", chainContest},
	{"wake", "a sleeping worker: from Submit by an outside goroutine to the first instruction of the task", wakeContest},
	{"echo", "network beside computing: round trip of a TCP echo while all workers run 10 ms tasks; what it takes from them", echoContest},
	{"idle", "nothing: the CPU that an idle process burns", idleContest},
}

func names() []string {
	list := make([]string, len(contests))
	for i, c := range contests {
		list[i] = c.name
	}
	return list
}

// handle gives the declared functions their bodies, once per process.
func handle() {
	fibTask.Handle(fibFutures)
	queensTask.Handle(queensFutures)
	walkTask.Handle(walkFutures)
	for _, g := range grains {
		g.task.Handle(g.run)
	}
	noopTask.Handle(noop)
	sideTask.Handle(playSide)
	ballTask.Handle(fly)
	gateTask.Handle(waitForGate)
	waiterTask.Handle(waitForOther)
	chainTask.Handle(chainFutures)
	stampTask.Handle(stamp)
	computeTask.Handle(compute)
}

// A candidate is one way of doing a contest's work.
type candidate struct {
	name string
	// size says how much it does, and why if that is less than the others do; the figures are per task all the same.
	size string
	// procs is the GOMAXPROCS of its rounds. Zero means as many as there are workers, which is what a Go program without
	// futures would have.
	procs int
	round func(context.Context) ([]figure, error)
}

// A figure is one result of one round. A candidate has the same figures in every round.
type figure struct {
	metric string
	value  float64
}

// bench is one contest under way with one number of workers.
type bench struct {
	workers int
	quick   bool
	peer    *peer.Peer
	closers []func()
}

// start starts the peer that the futures of a contest run on.
func (b *bench) start() error {
	p, err := futures.Start(context.Background(), peer.Config{Workers: b.workers})
	b.peer = p
	return err
}

// onClose has fn called when the contest is over.
func (b *bench) onClose(fn func()) { b.closers = append(b.closers, fn) }

// close ends everything that the contest started.
func (b *bench) close() error {
	for _, fn := range b.closers {
		fn()
	}
	if b.peer == nil {
		return nil
	}
	return b.peer.Close()
}

// pick returns the full size of something, or the one for -quick.
func (b *bench) pick(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// ours makes the candidate that is measured: fn runs as a task of the peer, on all its workers and one P more, as
// futures.Main has it.
func (b *bench) ours(name, size string, fn func(context.Context) ([]figure, error)) candidate {
	return candidate{name: name, size: size, procs: b.workers + 1, round: func(ctx context.Context) (figs []figure, err error) {
		err = b.peer.Run(ctx, func(ctx context.Context) error {
			figs, err = fn(ctx)
			return err
		})
		return figs, err
	}}
}

// twin makes the sequential candidate.
func twin(size string, fn func(context.Context) ([]figure, error)) candidate {
	return candidate{name: sequential, size: size, procs: 1, round: fn}
}

// Names of candidates that goals and notes refer to.
const (
	oursName   = "futures"
	sequential = "sequential"
	channels   = "goroutine+channel"
	waitGroups = "goroutine+WaitGroup"
)

// per times fn and returns the nanoseconds for each of n units.
func per(unit string, n int, fn func() error) ([]figure, error) {
	start := time.Now()
	err := fn()
	return []figure{{"ns/" + unit, perUnit(time.Since(start), n)}}, err
}

func perUnit(took time.Duration, n int) float64 { return float64(took.Nanoseconds()) / float64(n) }
