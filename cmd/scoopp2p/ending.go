package main

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

// Deadlines after the user asked to stop.
const (
	// drainTimeout is for running tasks after the first request; then it counts as the second.
	drainTimeout = 30 * time.Second
	// abortTimeout is for the program to end after the second request, before it gets SIGTERM.
	abortTimeout = 2 * time.Second
	// termTimeout is what SIGTERM gets before everything is killed.
	termTimeout = 3 * time.Second
)

// end handles the end of a process.
func (s *session) end(m *member) {
	m.ended = true
	m.proc.Close()
	// What a worker leaves behind is ours to end. What the origin started may outlive it if it ended by its own will:
	// the tee of a shell script that still has to write the last lines, say.
	if m.rank > 0 || s.opts.serve || s.asked > 0 || endSignal(m.proc.State()) != 0 {
		m.proc.Kill()
	}
	s.warden.ended(m.proc.PID())
	s.out.detail(2, "peer %d ended (%v)", m.rank, m.proc.State())
	switch {
	case m.rank == 0 && !s.opts.serve:
		if !m.hello && len(s.counts) > 1 {
			s.out.detail(1, "%s ran alone: it never called futures.Main", s.prog.name)
		}
		s.finish()
	case !s.ending && !m.stopped:
		s.died(m)
	}
}

// finish ends the session: the program is over, or we stop serving. Peers are asked to leave, then their lifelines are
// cut, then they are killed.
func (s *session) finish() {
	if s.ending {
		return
	}
	s.flushLosses()
	s.ending = true
	s.living(func(m *member) {
		m.stopped = true
		_ = m.proc.Send(launch.Leave{}) // who cannot be told is hung up on
	})
	wait := leaveTimeout
	if len(s.opts.bootstrap) > 0 || len(s.opts.listen) > 0 {
		wait = handoverTimeout
	}
	s.after(wait, s.hangup)
}

func (s *session) hangup() {
	s.living(func(m *member) {
		s.out.detail(1, "peer %d (pid %d) did not leave in time", m.rank, m.pid)
		m.proc.Hangup()
	})
	s.after(hangupTimeout, s.kill)
}

// kill ends every process, at once.
func (s *session) kill() {
	s.ending = true
	s.living(func(m *member) {
		m.stopped = true
		m.proc.Kill()
	})
	s.after(reapTimeout, func() { s.gaveUp = true })
}

func (s *session) living(do func(*member)) {
	for _, m := range s.members {
		if !m.ended {
			do(m)
		}
	}
}

// signal handles one signal: the first stops, the second aborts, the third ends everything now.
func (s *session) signal(sig os.Signal) {
	if sig == syscall.SIGQUIT { // asks for a dump of the program's goroutines, not for an end of ours
		s.forward(sig)
		return
	}
	s.asked++
	if s.firstSig == nil {
		s.firstSig = sig
	}
	switch {
	case s.asked >= 3:
		s.kill()
	case s.ending:
		s.hangup()
	case s.opts.serve:
		s.out.note("leaving; Ctrl-C again to leave at once")
		s.finish()
	case s.asked == 1:
		s.stop(sig)
	default:
		s.abort(sig)
	}
}

// stop passes the first request on. A program of ours hears of it by the pipe; any other gets the signal as if we were
// not there.
func (s *session) stop(sig os.Signal) {
	if !s.members[0].hello {
		s.forward(sig)
		return
	}
	s.out.note("stopping: running tasks may finish; Ctrl-C again aborts them")
	_ = s.members[0].proc.Send(launch.Interrupt{N: 1})
	s.after(drainTimeout, func() {
		if s.asked == 1 && !s.ending {
			s.asked++
			s.abort(sig)
		}
	})
}

func (s *session) abort(sig os.Signal) {
	grace := time.Duration(0)
	if origin := s.members[0]; origin.hello {
		s.out.note("aborting; Ctrl-C again kills")
		_ = origin.proc.Send(launch.Interrupt{N: 2})
		grace = abortTimeout
		s.after(grace, func() { _ = origin.proc.Signal(syscall.SIGTERM) })
	} else {
		s.forward(sig)
	}
	s.after(grace+termTimeout, func() {
		if !s.ending {
			s.kill()
		}
	})
}

// forward sends a signal to the origin, or to all when serving, unless it was a key of the terminal, which has sent it
// to our group itself. (A kill(1) from another terminal looks the same; it then takes a second one.)
func (s *session) forward(sig os.Signal) {
	key := sig == os.Interrupt || sig == syscall.SIGQUIT
	if s.opts.serve {
		s.living(func(m *member) { _ = m.proc.Signal(sig) })
		return
	}
	if key && s.fg && s.asked < 2 {
		return
	}
	if err := s.members[0].proc.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.out.problem("cannot pass the signal on: %v", err)
	}
}

// code is the launcher's exit code.
func (s *session) code() int {
	first := s.members[0]
	if s.fatal != 0 {
		return s.fatal
	}
	if s.opts.serve {
		return s.serveCode()
	}
	if !first.ended {
		return exitSignalBase + signalNumber(s.firstSig)
	}
	state := first.proc.State()
	sig := endSignal(state)
	switch {
	case sig == 0:
		return state.ExitCode()
	case s.firstSig != nil: // however hard it had to be stopped, it was that which the user asked for
		return exitSignalBase + signalNumber(s.firstSig)
	}
	s.out.problem("%s (pid %d) was ended by signal %d (%v)", s.prog.name, first.pid, int(sig), sig)
	return exitSignalBase + int(sig)
}

// serveCode: to be stopped is the ordinary end of serving, to be killed is not.
func (s *session) serveCode() int {
	first := s.members[0]
	switch {
	case s.asked > 1:
		return exitSignalBase + signalNumber(s.firstSig)
	case s.asked == 1:
		return 0
	case !first.hello:
		s.out.problem("%s cannot serve: it never called futures.Main; try: without --serve", s.prog.name)
		return exitFailed
	case !first.ready:
		s.out.problem("%s ended before it was a peer (%v)", s.prog.name, first.proc.State())
		return exitFailed
	}
	for _, m := range s.members {
		if m.proc.State().Success() {
			return 0
		}
	}
	return exitFailed
}
