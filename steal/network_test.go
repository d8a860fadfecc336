package steal

import (
	"container/heap"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "play the random network with this seed only")
	seedsFlag = flag.Uint64("seeds", 60, "how many random networks to play")
)

const (
	// maxNetworkSteps ends a run in which the peers do not fall silent.
	maxNetworkSteps = 500_000
	// silence is how long after the last outside event a peer may still send: some requests that nobody answers.
	silence = 5 * DefaultRequestTimeout
)

// TestRandomNetwork lets peers join, crash, come back, lose connections, submit and cancel at random, with messages in
// any order between pairs. In the end nothing may be lost, nothing settled twice, no record kept, and all be silent: the
// run ends only when there is no event left.
func TestRandomNetwork(t *testing.T) {
	seeds := []uint64{*seedFlag}
	if *seedFlag == 0 {
		seeds = []uint64{rand.Uint64()} // printed when it fails
		for seed := range *seedsFlag {
			if testing.Short() && seed == 15 {
				break
			}
			seeds = append(seeds, seed+1)
		}
	}
	var total Stats
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			total.add(runNetwork(t, seed))
		})
	}
	if *seedFlag != 0 {
		return
	}
	if total.LifelineReplies == 0 || total.LateLoot+total.StaleReplies == 0 || total.Unanswered == 0 || total.StrangerRequests == 0 {
		t.Errorf("the runs did not reach every path: %+v", total)
	}
}

func (s *Stats) add(o Stats) {
	s.LifelineReplies += o.LifelineReplies
	s.LateLoot += o.LateLoot
	s.StaleReplies += o.StaleReplies
	s.Unanswered += o.Unanswered
	s.StrangerRequests += o.StrangerRequests
}

// TestSameSeedSameTrace runs one network twice.
func TestSameSeedSameTrace(t *testing.T) {
	if a, b := runNetwork(t, 7), runNetwork(t, 7); a != b {
		t.Errorf("the same seed led to\n%+v and\n%+v", a, b)
	}
}

// peerState is one peer of the network with what its driver adds to node: workers.
type peerState struct {
	*node
	workers, busy int
	told          int
	pushed, ended int
	crashed       bool
}

type network struct {
	t      *testing.T
	random *rand.Rand
	now    time.Duration
	events eventHeap
	serial int
	peers  []*peerState // alive
	names  int
	// arrival keeps the messages of a pair, and what one peer hears of another's membership, in order.
	arrival map[[3]string]time.Duration
	// broken is when the connection of a pair was last lost.
	broken  map[[2]task.PeerID]time.Duration
	outside time.Duration // of the last join, crash, break, submission or settlement
	lastMsg time.Duration
	stats   Stats
}

func runNetwork(t *testing.T, seed uint64) Stats {
	t.Helper()
	w := &network{
		t: t, random: rand.New(rand.NewPCG(seed, 1)),
		arrival: make(map[[3]string]time.Duration), broken: make(map[[2]task.PeerID]time.Duration),
	}
	w.join("origin", 1, w.random.IntN(2)) // this one may have no workers at all; both stay to the end
	w.join("second", 1, 1+w.random.IntN(2))
	for range 1 + w.random.IntN(20) {
		w.at(w.span(2*time.Second), func() { w.joinNew() })
	}
	for range w.random.IntN(120) {
		w.at(w.span(20*time.Second), w.submit)
	}
	for range w.random.IntN(25) {
		w.at(w.span(20*time.Second), w.trouble)
	}
	for steps := 0; w.events.Len() > 0; steps++ {
		if steps > maxNetworkSteps {
			t.Fatalf("not silent after %d events, at %v", steps, w.now)
		}
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
		if steps%64 == 0 {
			w.check()
		}
	}
	w.finish()
	return w.stats
}

// finish checks what must hold once all is silent.
func (w *network) finish() {
	w.check()
	if quiet := w.lastMsg - w.outside; quiet > silence {
		w.t.Errorf("messages until %v after everything was done", quiet)
	}
	for _, p := range w.peers {
		if p.pushed != p.ended {
			w.t.Errorf("%s submitted %d and got %d", p.id, p.pushed, p.ended)
		}
		away, home := p.ledger.Len()
		held, passed := p.holdings.Len()
		if away+home+held+passed+len(p.queue)+p.busy != 0 {
			w.t.Errorf("%s: away %d, home %d, held %d, passed %d, queued %d, busy %d", p.id, away, home, held, passed, len(p.queue), p.busy)
		}
		w.count(p)
	}
}

func (w *network) count(p *peerState) { w.stats.add(p.machine.Stats()) }

func (w *network) check() {
	for _, p := range w.peers {
		if err := p.ledger.Check(); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *network) span(most time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(most)))
}

func (w *network) at(delay time.Duration, do func()) {
	w.serial++
	heap.Push(&w.events, event{at: w.now + delay, serial: w.serial, do: do})
}

// inOrder schedules something so that it does not overtake what was scheduled under the same key before.
func (w *network) inOrder(key [3]string, delay time.Duration, do func()) {
	at := max(w.now+delay, w.arrival[key])
	w.arrival[key] = at
	w.at(at-w.now, do)
}

func (w *network) joinNew() {
	w.names++
	w.join(task.PeerID(fmt.Sprintf("p%02d-%03d", w.random.IntN(100), w.names)), 1, 1+w.random.IntN(4))
}

func (w *network) join(id task.PeerID, incarnation uint64, workers int) {
	w.outside = w.now
	p := &peerState{workers: workers, node: &node{
		id: id, incarnation: incarnation, now: func() time.Duration { return w.now }, note: func(string, ...any) {},
	}}
	p.send = func(to task.PeerID, msg any) { w.send(p, to, msg) }
	p.wake = func(at time.Duration) { w.at(at-w.now, func() { w.on(p, func() { p.step(Tick{}) }) }) }
	p.settle = func(*job) { p.ended++; w.outside = w.now }
	p.init(Config{Seed: w.random.Uint64()})
	for _, other := range w.peers {
		w.tell(other, p, func() { other.joined(id, incarnation) })
		w.tell(p, other, func() { p.joined(other.id, other.incarnation) })
	}
	w.peers = append(w.peers, p)
	w.on(p, func() {})
}

// tell lets one peer hear of another's coming or going some time later.
func (w *network) tell(observer, subject *peerState, do func()) {
	w.inOrder([3]string{"members", string(observer.id), string(subject.id)}, w.span(3*time.Second), func() { w.on(observer, do) })
}

func (w *network) crash(p *peerState) {
	w.outside = w.now
	p.crashed = true
	w.count(p)
	for i, other := range w.peers {
		if other == p {
			w.peers = append(w.peers[:i:i], w.peers[i+1:]...)
			break
		}
	}
	for _, other := range w.peers {
		w.tell(other, p, func() { other.left(p.id, p.incarnation) })
	}
}

func (w *network) find(id task.PeerID) *peerState {
	for _, p := range w.peers {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (w *network) send(from *peerState, id task.PeerID, msg any) {
	to := w.find(id)
	if to == nil {
		return // the connection is gone with the peer; everybody will hear of it
	}
	w.lastMsg = w.now
	sent := w.now
	w.inOrder([3]string{"messages", string(from.id), string(to.id)}, 50*time.Microsecond+w.span(20*time.Millisecond), func() {
		if from.crashed || w.brokenSince(from.id, to.id, sent) && !carriesTask(msg) {
			return
		}
		w.on(to, func() { to.receive(from.id, msg) })
	})
}

// carriesTask tells what a driver sends again itself, because only it has the bytes: loot, results and cancels.
func carriesTask(msg any) bool {
	switch m := msg.(type) {
	case Reply:
		return len(m.Loot) > 0
	case task.Result, Cancel:
		return true
	}
	return false
}

func (w *network) brokenSince(a, b task.PeerID, sent time.Duration) bool {
	at, ok := w.broken[pair(a, b)]
	return ok && sent <= at
}

func pair(a, b task.PeerID) [2]task.PeerID { return [2]task.PeerID{min(a, b), max(a, b)} }

// trouble crashes a peer, has it come back or a new one join, or breaks a connection.
func (w *network) trouble() {
	w.outside = w.now
	a := w.peers[w.random.IntN(len(w.peers))]
	b := w.peers[w.random.IntN(len(w.peers))]
	switch kind := w.random.IntN(4); {
	case kind == 0:
		w.joinNew()
	case kind == 1 && a != b:
		w.broken[pair(a.id, b.id)] = w.now
		w.at(1+w.span(time.Second), func() { w.on(a, func() { a.broken(b.id) }) })
		w.at(1+w.span(time.Second), func() { w.on(b, func() { b.broken(a.id) }) })
	case a.id != "origin" && a.id != "second":
		w.crash(a)
		if kind == 2 {
			w.at(w.span(2*time.Second), func() { w.join(a.id, a.incarnation+1, a.workers) })
		}
	}
}

// submit gives some peer, mostly the origin, a burst of jobs, some of which are cancelled later.
func (w *network) submit() {
	p := w.peers[0]
	if w.random.IntN(3) == 0 {
		p = w.peers[w.random.IntN(len(w.peers))]
	}
	w.on(p, func() {
		w.outside = w.now
		for range 1 + w.random.IntN(30) {
			j := &job{name: fmt.Sprintf("%s-%d", p.id, p.pushed), run: w.span(100 * time.Millisecond)}
			p.pushed++
			p.queue = append(p.queue, j)
			if w.random.IntN(10) == 0 {
				w.at(w.span(time.Second), func() { w.on(p, func() { w.cancel(p, j) }) })
			}
		}
	})
}

func (w *network) cancel(p *peerState, j *job) {
	if !j.settled {
		p.end(j)
	}
}

// on lets something happen at a peer and then does what its worker pool would.
func (w *network) on(p *peerState, do func()) {
	if p.crashed {
		return
	}
	loot := p.machine.Stats().LootReplies
	do()
	for p.busy < p.workers && len(p.queue) > 0 {
		j := p.queue[len(p.queue)-1] // the newest first, as from a deque
		p.queue = p.queue[:len(p.queue)-1]
		p.busy++
		w.at(j.run, func() {
			w.on(p, func() {
				p.busy--
				p.complete(j)
			})
		})
	}
	if idle := p.workers - p.busy; idle != p.told || loot != p.machine.Stats().LootReplies {
		p.told = idle
		p.step(Idle{Workers: idle})
	}
	if p.demand > 0 && len(p.queue) > p.told {
		p.step(Surplus{Queued: len(p.queue)})
	}
}

type event struct {
	at     time.Duration
	serial int
	do     func()
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].serial < h[j].serial
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}
