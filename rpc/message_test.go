package rpc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func TestCall(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	long := strings.Repeat("é", maxText)
	for _, tt := range []struct {
		name    string
		kind    Kind
		body    string
		want    string
		remote  string // substring of the remote error
		handled bool
	}{
		{name: "round trip", kind: kindEcho, body: "hello", want: "hello"},
		{name: "empty body", kind: kindEcho},
		{name: "handler error", kind: kindFail, body: "no such thing", remote: "no such thing", handled: true},
		{name: "handler error of any length", kind: kindFail, body: long, remote: long[:maxText-2], handled: true},
		{name: "no handler", kind: kindNobody, remote: "no handler for calls of kind 5"},
	} {
		for dir, p := range map[string][2]*testPeer{"dialler": {pa, pb}, "dialled": {pb, pa}} {
			t.Run(tt.name+" from "+dir, func(t *testing.T) {
				got, err := p[0].Call(testContext(t), p[1].Self(), tt.kind, []byte(tt.body))
				if string(got) != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if FromPeer(err) != (tt.remote != "") || SafeToRetry(err) {
					t.Fatalf("FromPeer %v, SafeToRetry %v of %v", FromPeer(err), SafeToRetry(err), err)
				}
				var remote *RemoteCallError
				if errors.As(err, &remote) && (!strings.Contains(remote.Msg, tt.remote) || remote.Handled != tt.handled ||
					remote.Kind != tt.kind || !strings.HasPrefix(err.Error(), "rpc: ")) {
					t.Errorf("got %+v, want %q", remote, tt.remote)
				}
			})
		}
	}
}

func TestPipelinedCalls(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	const calls = 10_000
	ctx := testContext(t)
	var wg sync.WaitGroup
	var failed atomic.Int64
	for i := range uint64(calls) {
		wg.Go(func() {
			from, to := pa, pb
			if i%2 == 0 {
				from, to = pb, pa
			}
			body := binary.BigEndian.AppendUint64(nil, i)
			if got, err := from.Call(ctx, to.Self(), kindEcho, body); err != nil || !bytes.Equal(got, body) {
				failed.Add(1)
				t.Errorf("call %d: got %x, %v", i, got, err)
			}
		})
	}
	wg.Wait()
	st := pa.Stats()
	if failed.Load() == 0 && (st.Calls != calls/2 || st.CallsServed != calls/2 || st.LateResponses != 0) {
		t.Errorf("stats: %+v", st)
	}
	if st.Writes >= st.MessagesSent {
		t.Errorf("%d writes for %d messages: nothing was coalesced", st.Writes, st.MessagesSent)
	}
}

func TestCallHandlersAreBounded(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	var mu sync.Mutex
	var running, most int
	full, gate := make(chan struct{}), make(chan struct{})
	pb.HandleCall(kindNobody, func(context.Context, task.PeerID, []byte) ([]byte, error) {
		mu.Lock()
		running++
		if running > most {
			if most = running; most == maxCallHandlers {
				close(full)
			}
		}
		mu.Unlock()
		<-gate
		mu.Lock()
		defer mu.Unlock()
		running--
		return nil, nil
	})
	ctx := testContext(t)
	var wg sync.WaitGroup
	for range 2 * maxCallHandlers {
		wg.Go(func() {
			if _, err := pa.Call(ctx, pb.Self(), kindNobody, nil); err != nil {
				t.Error(err)
			}
		})
	}
	receive(t, full)
	// The reader is not held up: one-way messages still go through.
	noted := make(chan struct{})
	pb.Handle(kindNote, func(task.PeerID, []byte) { close(noted) })
	if err := pa.Send(pb.Self(), kindNote, nil); err != nil {
		t.Fatal(err)
	}
	receive(t, noted)
	close(gate)
	wg.Wait()
	if most != maxCallHandlers {
		t.Errorf("%d handlers at a time, want %d", most, maxCallHandlers)
	}
}

func TestMessagesKeepTheirOrder(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	const messages = 20_000
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	done := make(chan uint64, 2)
	expect := func(p *testPeer) {
		var next uint64
		p.Handle(kindNote, func(_ task.PeerID, body []byte) {
			if got := binary.BigEndian.Uint64(body); got != next {
				t.Errorf("message %d came in place of %d", got, next)
			}
			if next++; next == messages {
				done <- next
			}
		})
	}
	expect(pa)
	expect(pb)
	pad := make([]byte, 1000)
	for i := range uint64(messages) {
		body := append(binary.BigEndian.AppendUint64(nil, i), pad[:rng.IntN(len(pad))]...)
		for _, p := range [][2]*testPeer{{pa, pb}, {pb, pa}} {
			if _, err := p[0].put(t, p[1], body); err != nil {
				t.Fatal(err)
			}
		}
	}
	receive(t, done)
	receive(t, done)
}

// put is Send that waits for room.
func (p *testPeer) put(t *testing.T, to *testPeer, body []byte) (int, error) {
	s := p.lookup(to.host.ID())
	return len(body), s.putWait(testContext(t), outgoing{kind: kindNote, body: body})
}

func TestBodiesOfAnySize(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	sizes := []int{0, 1, readBufferBytes - 1, readBufferBytes, 64 << 10, maxControlBody - 1, maxControlBody, maxControlBody + 1, 1 << 20}
	if !testing.Short() {
		sizes = append(sizes, 64<<20)
	}
	got := make(chan []byte, 1)
	pb.Handle(kindNote, func(_ task.PeerID, body []byte) { got <- body })
	random := rand.NewChaCha8([32]byte{})
	for _, size := range sizes {
		body := make([]byte, size)
		_, _ = random.Read(body)
		if err := pa.Send(pb.Self(), kindNote, body); err != nil {
			t.Fatal(err)
		}
		if b := receive(t, got); !bytes.Equal(b, body) {
			t.Errorf("one-way body of %d bytes arrived as %d others", size, len(b))
		}
		for _, p := range [][2]*testPeer{{pa, pb}, {pb, pa}} {
			if b, err := p[0].Call(testContext(t), p[1].Self(), kindEcho, body); err != nil || !bytes.Equal(b, body) {
				t.Errorf("echo of %d bytes: %d others, %v", size, len(b), err)
			}
		}
	}
}

func TestMessageTooLarge(t *testing.T) {
	pa, pb := newPair(t, Config{MaxMessage: 1 << 20}, Config{MaxMessage: 2 << 20})
	large := make([]byte, 1<<20+1)
	if err := pa.Send(pb.Self(), kindNote, large); !errors.Is(err, ErrTooLarge) || !SafeToRetry(err) {
		t.Errorf("Send: %v", err)
	}
	if _, err := pa.Call(testContext(t), pb.Self(), kindEcho, large); !errors.Is(err, ErrTooLarge) || !SafeToRetry(err) {
		t.Errorf("Call: %v", err)
	}
	pa.HandleCall(kindNobody, func(context.Context, task.PeerID, []byte) ([]byte, error) { return large, nil })
	if _, err := pb.Call(testContext(t), pa.Self(), kindNobody, nil); !FromPeer(err) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("call with a large result: %v", err)
	}
	// What the peer does not take costs the session, since a message is lost.
	if err := pb.Send(pa.Self(), kindNote, large); err != nil {
		t.Fatal(err)
	}
	pb.await("left", pa.Self(), 1)
	pa.await("left", pb.Self(), 1)
	if err := pa.lastCause(); !errors.Is(err, ErrProtocol) {
		t.Errorf("the receiver says: %v", err)
	}
}

func TestUnknownKindsAreCounted(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	for range 3 {
		if err := pa.Send(pb.Self(), kindNobody, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pa.Call(testContext(t), pb.Self(), kindEcho, nil); err != nil { // behind them
		t.Fatal(err)
	}
	if got := pb.Stats().UnknownKinds; got != 3 {
		t.Errorf("UnknownKinds is %d, want 3", got)
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	begun, gate := make(chan struct{}), make(chan struct{})
	pb.HandleCall(kindNobody, func(context.Context, task.PeerID, []byte) ([]byte, error) {
		close(begun)
		<-gate
		return nil, nil
	})
	ctx, cancel := context.WithCancel(testContext(t))
	failed := make(chan error, 1)
	go func() {
		_, err := pa.Call(ctx, pb.Self(), kindNobody, nil)
		failed <- err
	}()
	receive(t, begun)
	cancel()
	if err := receive(t, failed); !errors.Is(err, context.Canceled) || FromPeer(err) || SafeToRetry(err) {
		t.Errorf("got %v", err)
	}
	close(gate)
	for pa.Stats().LateResponses == 0 { // the response is on its way, before that of any later call or not
		if _, err := pa.Call(testContext(t), pb.Self(), kindEcho, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnknownPeer(t *testing.T) {
	pa := newTestPeer(t, Config{})
	stranger := task.PeerID("nobody")
	if err := pa.Send(stranger, kindNote, nil); !errors.Is(err, ErrUnknownPeer) || !SafeToRetry(err) {
		t.Errorf("Send: %v", err)
	}
	if _, err := pa.Call(testContext(t), stranger, kindEcho, nil); !errors.Is(err, ErrUnknownPeer) || !SafeToRetry(err) {
		t.Errorf("Call: %v", err)
	}
	gone := newTestHost(t, anyPort)
	info := p2p.AddrInfo{ID: gone.ID(), Addrs: []multiaddr.Multiaddr{gone.Network().ListenAddresses()[0]}}
	_ = gone.Close()
	err := pa.Dial(testContext(t), info)
	if err == nil || !strings.Contains(err.Error(), info.Addrs[0].String()) || strings.Contains(err.Error(), "\n") {
		t.Errorf("Dial: %v, want an error of one line that names the address", err)
	}
	if err := pa.Dial(testContext(t), pa.info()); err == nil {
		t.Error("a peer dialled itself")
	}
}
