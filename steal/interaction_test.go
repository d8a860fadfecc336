package steal

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

var rewrite = flag.Bool("rewrite", false, "write what happened into testdata/*.txt instead of comparing")

// TestInteraction plays the transcripts. Each command stands before "----" and what it causes after it; a command and
// its output end with an empty line. The commands are the cases of stage.command.
func TestInteraction(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
			got := play(t, string(want))
			if *rewrite {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("the transcript differs; look at the diff after go test ./steal -run Interaction -rewrite\n%s", got)
			}
		})
	}
}

// play runs the commands of a transcript and returns it with the outputs as they are now.
func play(t *testing.T, script string) string {
	var out strings.Builder
	s := &stage{t: t, nodes: make(map[task.PeerID]*node)}
	for _, block := range strings.Split(strings.TrimSpace(script), "\n\n") {
		s.out.Reset()
		commands, _, isCommand := strings.Cut(block+"\n", "----\n")
		out.WriteString(commands)
		if isCommand {
			for line := range strings.Lines(commands) {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					s.command(strings.Fields(line))
				}
			}
			out.WriteString("----\n" + s.out.String())
		}
		out.WriteString("\n")
		s.check()
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// stage is the little world of a transcript. Nothing happens on it by itself.
type stage struct {
	t       *testing.T
	now     time.Duration
	nodes   map[task.PeerID]*node
	order   []*node
	jobs    []*job // every job ever pushed
	running []*job
	mail    []letter
	alarms  []alarm
	out     strings.Builder
}

type letter struct {
	from, to task.PeerID
	msg      any
}

type alarm struct {
	at   time.Duration
	node *node
}

func (s *stage) note(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

func (s *stage) command(words []string) {
	switch words[0] {
	case "join":
		for _, id := range words[1:] {
			s.join(task.PeerID(id))
		}
	case "leave":
		s.leave(task.PeerID(words[1]))
	case "break":
		s.breakUp(s.node(words[1]), s.node(words[2]))
	case "deliver":
		s.deliver(words[1:])
	case "advance":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			s.t.Fatal(err)
		}
		s.advance(d)
	case "state":
		for _, n := range s.order {
			s.state(n)
		}
	default:
		s.nodeCommand(s.node(words[0]), words[1], words[2:])
	}
}

func (s *stage) nodeCommand(n *node, verb string, args []string) {
	switch verb {
	case "idle":
		workers, err := strconv.Atoi(args[0])
		if err != nil {
			s.t.Fatal(err)
		}
		n.step(Idle{Workers: workers})
	case "push":
		for _, name := range args {
			j := &job{name: name}
			s.jobs = append(s.jobs, j)
			n.queue = append(n.queue, j)
		}
		if n.demand > 0 {
			n.step(Surplus{Queued: len(n.queue)})
		}
	case "finish":
		for _, name := range args {
			n.complete(s.take(n, name))
		}
	case "start":
		for _, name := range args {
			s.running = append(s.running, s.take(n, name))
		}
	case "cancel":
		i := slices.IndexFunc(s.jobs, func(j *job) bool { return j.name == args[0] })
		n.end(s.jobs[i])
	case "resend": // an attempt's result arrives once more, or from someone who should not have it
		attempt, err := strconv.Atoi(args[2])
		if err != nil {
			s.t.Fatal(err)
		}
		seq, err := strconv.Atoi(args[1])
		if err != nil {
			s.t.Fatal(err)
		}
		owner := s.node(args[0])
		id := task.ID{Owner: owner.id, Incarnation: owner.incarnation, Seq: uint64(seq)}
		s.send(n.id, owner.id, task.Result{ID: id, Attempt: uint32(attempt), Output: []byte("?")})
	default:
		s.t.Fatalf("unknown command %q", verb)
	}
}

// take has a worker of the node take a job from its queue, or from those it runs.
func (s *stage) take(n *node, name string) *job {
	for _, from := range []*[]*job{&n.queue, &s.running} {
		if i := slices.IndexFunc(*from, func(j *job) bool { return j.name == name }); i >= 0 {
			j := (*from)[i]
			*from = slices.Delete(*from, i, i+1)
			return j
		}
	}
	s.t.Fatalf("%s has no %s", n.id, name)
	return nil
}

func (s *stage) node(id string) *node {
	n := s.nodes[task.PeerID(id)]
	if n == nil {
		s.t.Fatalf("nobody is called %q", id)
	}
	return n
}

func (s *stage) join(id task.PeerID) {
	n := &node{id: id, incarnation: 1, now: func() time.Duration { return s.now }, note: s.note}
	n.send = func(to task.PeerID, msg any) { s.send(id, to, msg) }
	n.wake = func(at time.Duration) {
		s.note("%s wake at %v", id, at)
		s.alarms = append(s.alarms, alarm{at, n})
	}
	n.settle = func(j *job) { s.note("%s settles %s", id, j.name) }
	n.init(Config{Seed: 1})
	for _, other := range s.order {
		n.joined(other.id, other.incarnation)
		other.joined(id, n.incarnation)
	}
	s.nodes[id] = n
	s.order = append(s.order, n)
}

func (s *stage) leave(id task.PeerID) {
	gone := s.nodes[id]
	delete(s.nodes, id)
	s.order = slices.DeleteFunc(s.order, func(n *node) bool { return n == gone })
	s.alarms = slices.DeleteFunc(s.alarms, func(a alarm) bool { return a.node == gone })
	s.mail = slices.DeleteFunc(s.mail, func(l letter) bool { return l.from == id || l.to == id })
	for _, n := range s.order {
		n.left(id, gone.incarnation)
	}
}

func (s *stage) breakUp(a, b *node) {
	s.mail = slices.DeleteFunc(s.mail, func(l letter) bool {
		return l.from == a.id && l.to == b.id || l.from == b.id && l.to == a.id
	})
	a.broken(b.id)
	b.broken(a.id)
}

func (s *stage) send(from, to task.PeerID, msg any) {
	s.note("%s -> %s %s", from, to, describe(msg))
	s.mail = append(s.mail, letter{from, to, msg})
}

// deliver hands over the oldest message of one pair, or everything until nothing is under way.
func (s *stage) deliver(pair []string) {
	for steps := 0; len(s.mail) > 0; steps++ {
		if steps > 1000 {
			s.t.Fatal("the messages do not end")
		}
		i := 0
		if len(pair) == 2 {
			i = slices.IndexFunc(s.mail, func(l letter) bool {
				return l.from == task.PeerID(pair[0]) && l.to == task.PeerID(pair[1])
			})
			if i < 0 {
				s.t.Fatalf("nothing is under way from %s to %s", pair[0], pair[1])
			}
		}
		l := s.mail[i]
		s.mail = slices.Delete(s.mail, i, i+1)
		if to := s.nodes[l.to]; to != nil {
			to.receive(l.from, l.msg)
		}
		if len(pair) == 2 {
			return
		}
	}
}

func (s *stage) advance(d time.Duration) {
	end := s.now + d
	for {
		next := slices.IndexFunc(s.alarms, func(a alarm) bool { return a.at <= end })
		if next < 0 {
			break
		}
		for i, a := range s.alarms {
			if a.at < s.alarms[next].at {
				next = i
			}
		}
		a := s.alarms[next]
		s.alarms = slices.Delete(s.alarms, next, next+1)
		s.now = a.at
		a.node.step(Tick{})
	}
	s.now = end
}

func (s *stage) state(n *node) {
	var names []string
	for _, j := range n.queue {
		names = append(names, j.name)
	}
	away, home := n.ledger.Len()
	held, passed := n.holdings.Len()
	s.note("%s queue [%s], away %d, home %d, held %d, passed %d, demand %d",
		n.id, strings.Join(names, " "), away, home, held, passed, n.demand)
}

func (s *stage) check() {
	for _, n := range s.order {
		if err := n.ledger.Check(); err != nil {
			s.t.Error(err)
		}
	}
}
