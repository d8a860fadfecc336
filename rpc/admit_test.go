package rpc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func TestHelloTellsBothSides(t *testing.T) {
	type told struct {
		addrs []multiaddr.Multiaddr
		hello string
	}
	tell := func(to chan told) func(task.PeerID, []multiaddr.Multiaddr, []byte) error {
		return func(_ task.PeerID, addrs []multiaddr.Multiaddr, hello []byte) error {
			to <- told{addrs, string(hello)}
			return nil
		}
	}
	toA, toB := make(chan told, 1), make(chan told, 1)
	pa, pb := newPair(t,
		Config{Hello: func() []byte { return []byte("I am a") }, Joined: tell(toA)},
		Config{Hello: func() []byte { return bytes.Repeat([]byte("b"), maxHelloBody) }, Joined: tell(toB)})
	a, b := receive(t, toA), receive(t, toB)
	if b.hello != "I am a" || a.hello != strings.Repeat("b", maxHelloBody) {
		t.Errorf("b was told %q, a %d bytes", b.hello, len(a.hello))
	}
	for _, x := range []struct {
		got  []multiaddr.Multiaddr
		want multiaddr.Multiaddr
	}{{a.addrs, pb.Addrs()[0]}, {b.addrs, pa.Addrs()[0]}} {
		if !slices.ContainsFunc(x.got, x.want.Equal) {
			t.Errorf("told addresses %v, want %v among them", x.got, x.want)
		}
	}
	if got := pa.Peers(); len(got) != 1 || got[0] != pb.Self() {
		t.Errorf("Peers of a: %q", got)
	}
	if err := pa.Dial(testContext(t), pb.info()); err != nil {
		t.Errorf("second Dial: %v", err)
	}
	if n := pb.count("joined " + string(pa.Self())); n != 1 {
		t.Errorf("Joined %d times", n)
	}
}

func TestWrongSecretIsCutOff(t *testing.T) {
	for _, secret := range []string{"another key", ""} {
		t.Run(fmt.Sprintf("secret %q", secret), func(t *testing.T) {
			pa := newTestPeer(t, Config{Secret: []byte(secret)})
			pb := newTestPeer(t, Config{})
			refuseHandlers(t, pa, pb)
			for _, dir := range [][2]*testPeer{{pa, pb}, {pb, pa}} {
				err := dir[0].Dial(testContext(t), dir[1].info())
				if !errors.Is(err, ErrSecret) || !strings.Contains(err.Error(), "job key") {
					t.Errorf("Dial: %v", err)
				}
				if err := dir[0].Send(dir[1].Self(), kindNote, nil); !errors.Is(err, ErrUnknownPeer) {
					t.Errorf("Send: %v", err)
				}
			}
			awaitDisconnected(t, pa, pb.host.ID())
			for _, p := range []*testPeer{pa, pb} {
				if p.Stats().Refused != 2 || len(p.seen()) != 0 {
					t.Errorf("refused %d admissions, want 2 on both sides; events %q", p.Stats().Refused, p.seen())
				}
			}
		})
	}
}

// refuseHandlers makes every handler a failure.
func refuseHandlers(t *testing.T, peers ...*testPeer) {
	for _, p := range peers {
		p.Handle(kindNote, func(task.PeerID, []byte) { t.Error("a stranger reached a handler") })
	}
}

// awaitDisconnected waits until p has no connection to a peer.
func awaitDisconnected(t *testing.T, p *testPeer, peer p2p.ID) {
	t.Helper()
	gone := make(chan struct{}, 1)
	look := func() {
		if p.host.Network().Connectedness(peer) == network.NotConnected {
			select {
			case gone <- struct{}{}:
			default:
			}
		}
	}
	bundle := &network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) { look() }}
	p.host.Network().Notify(bundle)
	defer p.host.Network().StopNotify(bundle)
	look()
	receive(t, gone)
}

// strangers lists what one may try without the secret.
var strangers = []struct {
	name string
	do   func(t *testing.T, p *testPeer)
}{
	{"connects and says nothing", func(t *testing.T, p *testPeer) {
		stranger := newTestHost(t)
		if err := stranger.Connect(testContext(t), p.info()); err != nil {
			t.Fatal(err)
		}
		awaitDisconnected(t, p, stranger.ID())
		if p.Stats().Strangers != 1 {
			t.Errorf("stats %+v", p.Stats())
		}
	}},
	{"opens a control stream and says nothing", func(t *testing.T, p *testPeer) {
		stranger := newTestHost(t)
		newRawPeer(t, stranger, p)
		awaitDisconnected(t, p, stranger.ID())
	}},
	{"says hello and no more", func(t *testing.T, p *testPeer) {
		stranger := newTestHost(t)
		newRawPeer(t, stranger, p).send(kindHello, 0, hello{wireVersion, newNonce()}.append(nil))
		awaitDisconnected(t, p, stranger.ID())
	}},
	{"sends messages before the proof", func(t *testing.T, p *testPeer) {
		stranger := newTestHost(t)
		raw := newRawPeer(t, stranger, p)
		raw.send(kindNote, 0, []byte("let me in"))
		if r := parseRefusal(raw.receive(kindRefuse)); !errors.Is(r, ErrProtocol) {
			t.Errorf("refused: %v", r)
		}
		awaitDisconnected(t, p, stranger.ID())
	}},
	{"opens a bulk stream", func(t *testing.T, p *testPeer) {
		raw := rawStream(t, newTestHost(t), p, string(bulkProtocol))
		_, _ = raw.Write(appendFrame(nil, kindNote, 0, nil, []byte("let me in")))
		if _, err := raw.Read(make([]byte, 1)); err == nil {
			t.Error("the stream was served")
		}
	}},
	{"guesses a proof", func(t *testing.T, p *testPeer) {
		stranger := newTestHost(t)
		raw := newRawPeer(t, stranger, p)
		raw.prove(p, []byte("guess"))
		if r := parseRefusal(raw.receive(kindRefuse)); !errors.Is(r, ErrSecret) {
			t.Errorf("refused: %v", r)
		}
		awaitDisconnected(t, p, stranger.ID())
	}},
	{"replays a member's hello and proof", func(t *testing.T, p *testPeer) {
		stranger := newTestHost(t) // even with the member's own peer ID
		member := newRawPeer(t, stranger, p)
		mine := hello{wireVersion, newNonce()}
		member.send(kindHello, 0, mine.append(nil))
		c, err := parseChallenge(member.receive(kindChallenge))
		if err != nil {
			t.Fatal(err)
		}
		old := prove(jobKey, roleOpener, stranger.ID(), p.host.ID(), mine.nonce, c.nonce)
		again := newRawPeer(t, stranger, p)
		again.send(kindHello, 0, mine.append(nil))
		again.receive(kindChallenge)
		again.send(kindProof, 0, card{session: newSessionID()}.append(old[:]))
		if r := parseRefusal(again.receive(kindRefuse)); !errors.Is(r, ErrSecret) {
			t.Errorf("refused: %v", r)
		}
	}},
	{"reflects the acceptor's proof", func(t *testing.T, p *testPeer) {
		raw := newRawPeer(t, newTestHost(t), p)
		raw.send(kindHello, 0, hello{wireVersion, newNonce()}.append(nil))
		c, err := parseChallenge(raw.receive(kindChallenge))
		if err != nil {
			t.Fatal(err)
		}
		raw.send(kindProof, 0, card{session: newSessionID()}.append(c.proof[:]))
		if r := parseRefusal(raw.receive(kindRefuse)); !errors.Is(r, ErrSecret) {
			t.Errorf("refused: %v", r)
		}
	}},
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	for _, tt := range strangers {
		t.Run(tt.name, func(t *testing.T) {
			p := newTestPeer(t, Config{timing: quick})
			refuseHandlers(t, p)
			tt.do(t, p)
			if len(p.seen()) != 0 {
				t.Errorf("events: %q", p.seen())
			}
		})
	}
}

func TestKeepStrangers(t *testing.T) {
	p := newTestPeer(t, Config{timing: quick, KeepStrangers: true})
	stranger := newTestHost(t)
	if err := stranger.Connect(testContext(t), p.info()); err != nil {
		t.Fatal(err)
	}
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	if n := len(p.watch.timers); n != 0 {
		t.Errorf("%d timers run against strangers", n)
	}
}

func TestVersionMismatch(t *testing.T) {
	t.Run("a newer opener", func(t *testing.T) {
		p := newTestPeer(t, Config{timing: quick})
		raw := newRawPeer(t, newTestHost(t), p)
		raw.send(kindHello, 0, append(hello{version: 300}.append(nil), "and more"...))
		r := parseRefusal(raw.receive(kindRefuse))
		if !errors.Is(r, ErrVersion) || !strings.Contains(r.text, "version 1 met wire version 300") {
			t.Errorf("refused: %v", r)
		}
	})
	t.Run("a newer acceptor", func(t *testing.T) {
		p, other := newTestPeer(t, Config{timing: quick}), newTestHost(t, anyPort)
		told := make(chan *refusal, 1)
		other.SetStreamHandler(controlProtocol, func(s network.Stream) {
			r := newFrameReader(s, 1<<20, s.SetReadDeadline)
			_, _ = r.next()
			_, _ = s.Write(appendFrame(nil, kindChallenge, 0, nil, challenge{hello: hello{version: 2}}.append(nil)))
			f, _ := r.next()
			told <- parseRefusal(f.body)
			_ = s.Close()
		})
		err := p.Dial(testContext(t), p2p.AddrInfo{ID: other.ID(), Addrs: other.Addrs()})
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "version 1 met wire version 2") {
			t.Errorf("Dial: %v", err)
		}
		if r := receive(t, told); !errors.Is(r, ErrVersion) {
			t.Errorf("the acceptor was told %v", r)
		}
	})
	t.Run("another program", func(t *testing.T) {
		p, other := newTestPeer(t, Config{}), newTestHost(t, anyPort)
		err := p.Dial(testContext(t), p2p.AddrInfo{ID: other.ID(), Addrs: other.Addrs()})
		if err == nil || !strings.Contains(err.Error(), string(controlProtocol)) {
			t.Errorf("Dial: %v", err)
		}
	})
}

func TestJoinedRefuses(t *testing.T) {
	no := func(task.PeerID, []multiaddr.Multiaddr, []byte) error { return errors.New("your build is not mine") }
	for _, tt := range []struct {
		name string
		a, b Config
	}{{"the acceptor", Config{}, Config{Joined: no}}, {"the opener", Config{Joined: no}, Config{}}} {
		t.Run(tt.name, func(t *testing.T) {
			pa, pb := newTestPeer(t, tt.a), newTestPeer(t, tt.b)
			err := pa.Dial(testContext(t), pb.info())
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "your build is not mine") {
				t.Errorf("Dial: %v", err)
			}
			awaitDisconnected(t, pb, pa.host.ID())
			if tt.b.Joined == nil { // the acceptor had to admit first
				pb.await("left", pa.Self(), 1)
				if err := pb.lastCause(); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "your build is not mine") {
					t.Errorf("the acceptor was told %v", err)
				}
			}
			if len(pa.Peers())+len(pb.Peers()) != 0 {
				t.Error("somebody joined")
			}
		})
	}
}

func TestSendWithinJoined(t *testing.T) {
	pb := newTestPeer(t, Config{})
	var pa *testPeer
	got := make(chan string, 4)
	greet := func(p **testPeer) func(task.PeerID, []multiaddr.Multiaddr, []byte) error {
		return func(peer task.PeerID, _ []multiaddr.Multiaddr, _ []byte) error {
			return errors.Join((*p).Send(peer, kindNote, []byte("welcome")), (*p).Send(peer, kindNote, make([]byte, maxControlBody+1)))
		}
	}
	note := func(_ task.PeerID, body []byte) { got <- fmt.Sprint(len(body)) }
	pb.cfg.Joined, pa = greet(&pb), newTestPeer(t, Config{})
	pa.cfg.Joined = greet(&pa)
	pa.Handle(kindNote, note)
	pb.Handle(kindNote, note)
	if err := pa.Dial(testContext(t), pb.info()); err != nil {
		t.Fatal(err)
	}
	var all []string
	for range 4 {
		all = append(all, receive(t, got))
	}
	slices.Sort(all)
	if want := []string{"262145", "262145", "7", "7"}; !slices.Equal(all, want) {
		t.Errorf("got %q, want %q", all, want)
	}
}

// TestSimultaneousDials has both sides dial at once, which gives one or two connections, and one session in any case.
func TestSimultaneousDials(t *testing.T) {
	rounds, twins := 100, 0
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		pa, pb := newTestPeer(t, Config{}), newTestPeer(t, Config{})
		start := make(chan struct{})
		var wg sync.WaitGroup
		for _, dir := range [][2]*testPeer{{pa, pb}, {pb, pa}, {pa, pb}} {
			wg.Go(func() {
				<-start
				if err := dir[0].Dial(testContext(t), dir[1].info()); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		calls := func() {
			for _, dir := range [][2]*testPeer{{pa, pb}, {pb, pa}} {
				if _, err := dir[0].Call(testContext(t), dir[1].Self(), kindEcho, nil); err != nil {
					t.Error(err)
				}
			}
		}
		calls() // now every stream that anybody uses is attached on both sides
		twins += closeUnusedTwin(pa, pb)
		calls()
		for _, dir := range [][2]*testPeer{{pa, pb}, {pb, pa}} {
			want := []string{"joined " + string(dir[1].Self())}
			if !slices.Equal(dir[0].seen(), want) {
				t.Errorf("events %q, want one joined", dir[0].seen())
			}
		}
		_, _, _, _ = pa.Close(), pb.Close(), pa.host.Close(), pb.host.Close()
		if t.Failed() {
			break
		}
	}
	t.Logf("%d of %d rounds had a second connection without a control stream, which was closed", twins, rounds)
}

// closeUnusedTwin closes a connection that no control stream is on, if there is one.
func closeUnusedTwin(pa, pb *testPeer) int {
	s := pa.lookup(pb.host.ID())
	for _, c := range pa.host.Network().ConnsToPeer(pb.host.ID()) {
		if s != nil && !s.carriedBy(c) {
			_ = c.Close()
			return 1
		}
	}
	return 0
}
