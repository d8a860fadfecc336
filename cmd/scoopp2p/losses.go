package main

import (
	"time"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

const (
	// lossTimeout bounds the wait for the other peers to say what they run again. It is longer than the grace that a
	// peer gives a broken connection (2 s); those who heed launch.Gone answer within milliseconds.
	lossTimeout = 3 * time.Second
	// maxLosses bounds the peers, of other launchers too, whose loss is kept in mind.
	maxLosses = 4096
)

// loss is a peer that was lost, and what came of it.
type loss struct {
	id      string
	heard   map[int]bool // ranks that have reported
	rerun   int
	died    bool // we saw its process end
	due     bool // lossTimeout is over
	printed bool // rerun starts anew for what is reported later
}

// lost handles a peer's report.
func (s *session) lost(m *member, e launch.Lost) {
	if s.ending {
		return // peers that leave may look lost
	}
	l := s.lossOf(e.PeerID)
	if l == nil {
		return
	}
	l.heard[m.rank] = true
	l.rerun += e.Rerun
	s.settle(l)
}

// died handles the early end of a process: the others need not find it out by themselves.
func (s *session) died(m *member) {
	if m.id == "" {
		if m.rank > 0 {
			s.unlessOver(func() {
				s.out.note("peer %d (pid %d) ended before it was ready (%v)", m.rank, m.pid, m.proc.State())
			})
		}
		return
	}
	if l := s.lossOf(m.id); l != nil {
		l.died = true
	}
	s.living(func(other *member) { // also those whose Ready is still on its way
		_ = other.proc.Send(launch.Gone{PeerID: m.id}) // if not, it finds out by itself
	})
	for _, l := range s.losses { // one less to wait for
		s.settle(l)
	}
}

func (s *session) lossOf(id string) *loss {
	if l := s.losses[id]; l != nil {
		return l
	}
	if len(s.losses) >= maxLosses {
		return nil
	}
	l := &loss{id: id, heard: map[int]bool{}}
	s.losses[id] = l
	s.after(lossTimeout, func() {
		l.due = true
		if !s.ending {
			s.settle(l)
		}
	})
	return l
}

// settle prints a loss once everybody who can has reported it.
func (s *session) settle(l *loss) {
	if l.printed {
		return
	}
	if !l.due {
		if s.memberOf(l.id) != nil && !l.died {
			return // a process of ours: its end, if it comes, tells how it was lost
		}
		for _, m := range s.members {
			if m.alive() && m.id != l.id && !l.heard[m.rank] {
				return
			}
		}
	}
	s.printLoss(l)
}

func (s *session) printLoss(l *loss) {
	tasks := "tasks were"
	if l.rerun == 1 {
		tasks = "task was"
	}
	again := ""
	if l.printed {
		again = "more "
	}
	if m := s.memberOf(l.id); m != nil {
		how := "no answer"
		select {
		case <-m.proc.Exited(): // also when the loop has not come to it yet
			how = m.proc.State().String()
		default:
		}
		s.out.note("peer %d (%s, pid %d) was lost (%s); %d %s%s run again", m.rank, shortID(l.id), m.pid, how, l.rerun, again, tasks)
	} else {
		s.out.note("peer %s of another launcher was lost; %d %s%s run again", shortID(l.id), l.rerun, again, tasks)
	}
	l.printed, l.rerun = true, 0
}

// flushLosses prints, at the end of the program, what is not yet told.
func (s *session) flushLosses() {
	for _, l := range s.losses {
		if !l.printed || l.rerun > 0 {
			s.printLoss(l)
		}
	}
}
