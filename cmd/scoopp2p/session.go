package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

// Deadlines of a session. None of them is met in an ordinary run.
const (
	// readyTimeout is for the first peer to listen and join after its Hello. The program itself bounds a join.
	readyTimeout = 60 * time.Second
	// fatalTimeout is for a process to exit after it said that it would.
	fatalTimeout = 3 * time.Second
	// leaveTimeout is for the other peers to leave once the program has ended: nobody waits for their results any more.
	leaveTimeout = 2 * time.Second
	// handoverTimeout replaces it when peers of other launchers may be waiting for results.
	handoverTimeout = 10 * time.Second
	// hangupTimeout is for a process whose lifeline was cut, before it is killed.
	hangupTimeout = 500 * time.Millisecond
	// overTimeout is for the end of the program to be seen, which may explain why a peer could not join.
	overTimeout = 500 * time.Millisecond
	// reapTimeout is for the kernel to end what was killed, before the launcher leaves without having seen it.
	reapTimeout = 2 * time.Second
)

// member is one process. Its fields belong to the session's loop.
type member struct {
	rank    int
	proc    *launch.Process
	pid     int // the one that said Hello; before that, the one that was started
	hello   bool
	ready   bool
	id      string // of the peer, once ready
	addrs   []string
	ended   bool
	stopped bool // told to leave, or killed by us: its end is no loss
}

// alive says that the member takes part.
func (m *member) alive() bool { return m.ready && !m.ended }

// told is what a member's goroutine hands to the loop: an event, or without one the member's end.
type told struct {
	m     *member
	event launch.Event
}

// session is one run. All fields belong to the goroutine in run; others reach it through told and todo only.
type session struct {
	opts   options
	prog   program
	secret []byte
	warden *warden
	out    *printer

	told chan told
	todo chan func()
	quit chan struct{} // closed when the loop has ended

	members  []*member // by rank
	counts   []int     // workers of each, by rank
	losses   map[string]*loss
	ending   bool
	gaveUp   bool
	fatal    int // exit code of a Fatal, or 0
	asked    int // how often the user asked to stop
	firstSig os.Signal
	tty, fg  bool // there is a terminal; its keys reach the origin too
}

func newSession(opts options, prog program, secret []byte, w *warden, out *printer) *session {
	s := &session{
		opts: opts, prog: prog, secret: secret, warden: w, out: out,
		told:   make(chan told),
		todo:   make(chan func()),
		quit:   make(chan struct{}),
		counts: opts.split(),
		losses: map[string]*loss{},
	}
	s.tty, s.fg = terminal()
	return s
}

// run starts the first process and lives until all have ended. An error means that no program ran.
func (s *session) run(sigs <-chan os.Signal) (int, error) {
	defer close(s.quit)
	if err := s.start(0); err != nil {
		return 0, startFailure(s.prog.name, err)
	}
	for !s.over() {
		select {
		case t := <-s.told:
			if t.event != nil {
				s.event(t.m, t.event)
			} else {
				s.end(t.m)
			}
		case sig := <-sigs:
			s.signal(sig)
		case f := <-s.todo:
			f()
		}
	}
	for _, m := range s.members {
		m.proc.Close()
	}
	return s.code(), nil
}

func (s *session) over() bool {
	return s.gaveUp || !slices.ContainsFunc(s.members, func(m *member) bool { return !m.ended })
}

// after runs f in the loop, unless that has ended by then.
func (s *session) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() {
		select {
		case s.todo <- f:
		case <-s.quit:
		}
	})
}

// start starts the process of a rank. Rank 0 has the terminal's input, and is the origin unless we only serve.
func (s *session) start(rank int) error {
	c := launch.Command{
		Path:   s.prog.path,
		Args:   append([]string{s.prog.name}, s.opts.args...),
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Group:  true,
		Spec: launch.Spec{
			Rank:      rank,
			Origin:    rank == 0 && !s.opts.serve,
			Workers:   s.counts[rank],
			Peers:     len(s.counts),
			Secret:    s.secret,
			Listen:    s.opts.listenOn(rank, len(s.counts)),
			Bootstrap: s.bootstrap(rank),
			Verbosity: s.opts.level(),
		},
	}
	if c.Spec.Origin {
		c.Stdin = os.Stdin
		c.Group = !s.tty // on a terminal it must stay where it may read and where the keys reach it
	}
	proc, err := launch.Start(context.Background(), c)
	if err != nil {
		return err
	}
	s.warden.process(proc.PID(), c.Group)
	s.out.detail(1, "peer %d started (pid %d, %d workers)", rank, proc.PID(), c.Spec.Workers)
	m := &member{rank: rank, proc: proc, pid: proc.PID()}
	s.members = append(s.members, m)
	go s.listen(m)
	return nil
}

// bootstrap: the first peer joins others, the rest join the first, and the others too in case the first dies.
func (s *session) bootstrap(rank int) []string {
	if rank == 0 {
		return s.opts.bootstrap
	}
	first := s.members[0].addrs
	return slices.Concat(first[:min(len(first), launch.MaxAddrs/2)], s.opts.bootstrap)
}

// listen carries what a process says to the loop, and then its end.
func (s *session) listen(m *member) {
	for e := range m.proc.Events() {
		if !s.tell(told{m, e}) {
			return
		}
	}
	m.proc.State()
	s.tell(told{m: m})
}

func (s *session) tell(t told) bool {
	select {
	case s.told <- t:
		return true
	case <-s.quit:
		return false
	}
}

// event handles one word of a process. A process says nothing after its end, see listen.
func (s *session) event(m *member, e launch.Event) {
	switch e := e.(type) {
	case launch.Hello:
		s.hello(m, e)
	case launch.Ready:
		s.ready(m, e)
	case launch.Joined:
		if m.rank == 0 && s.memberOf(e.PeerID) == nil {
			s.out.detail(1, "peer %s joined", shortID(e.PeerID))
		}
	case launch.Lost:
		s.lost(m, e)
	case launch.Fatal:
		s.failed(m, e)
	case launch.Stats:
		s.out.detail(1, "peer %d ran %d tasks, %d of them from other peers; %d queued again", m.rank, e.Executed, e.Stolen, e.Rerun)
	}
}

func (s *session) hello(m *member, e launch.Hello) {
	if m.hello {
		return
	}
	m.hello = true
	if e.PID > 0 {
		m.pid = e.PID
	}
	if m.rank != 0 {
		return
	}
	s.after(readyTimeout, func() {
		if !m.ready && !m.ended && s.fatal == 0 {
			s.out.problem("%s did not become a peer within %s; try: -vv", s.prog.name, readyTimeout)
			s.fatal = exitFailed
			s.kill()
		}
	})
}

func (s *session) ready(m *member, e launch.Ready) {
	if m.ready {
		return
	}
	m.hello, m.ready, m.id = true, true, e.PeerID
	for _, a := range e.Addrs {
		m.addrs = append(m.addrs, withID(a, e.PeerID))
	}
	s.out.detail(1, "peer %d ready: %s", m.rank, e.PeerID)
	if m.rank != 0 || s.ending {
		return
	}
	if len(s.opts.listen) > 0 {
		for _, a := range m.addrs {
			s.out.note("listening on %s  (join with: scoopp2p --bootstrap %s … %s)", a, a, s.prog.name)
		}
	}
	for rank := 1; rank < len(s.counts); rank++ {
		if err := s.start(rank); err != nil {
			s.out.problem("peer %d could not be started (%v); going on with %d of %d peers", rank, err, rank, len(s.counts))
			return // too many processes or files: the next would fail as well
		}
	}
}

// failed handles a process that gives up. The job needs its first peer only.
func (s *session) failed(m *member, e launch.Fatal) {
	if m.rank != 0 {
		s.unlessOver(func() { s.out.problem("peer %d: %s", m.rank, e.Msg) })
		return
	}
	s.out.problem("%s", e.Msg)
	s.fatal = exitFailed
	if e.Code > 0 && e.Code < exitSignalBase {
		s.fatal = e.Code
	}
	s.after(fatalTimeout, func() {
		if !m.ended {
			s.kill()
		}
	})
}

// unlessOver tells something about a peer that came to nothing, unless it came to nothing because the program ended first:
// a job of milliseconds is over before its peers have joined.
func (s *session) unlessOver(tell func()) {
	s.after(overTimeout, func() {
		if !s.ending {
			tell()
		}
	})
}

func (s *session) memberOf(id string) *member {
	for _, m := range s.members {
		if m.id == id {
			return m
		}
	}
	return nil
}

// startFailure gives a failed start the exit code that a shell would.
func startFailure(name string, err error) error {
	f := &failure{code: exitCannotRun, msg: fmt.Sprintf("cannot run %q: %v", name, err)}
	if isFormatError(err) {
		f.try = "a first line such as #!/bin/sh"
	}
	return f
}
