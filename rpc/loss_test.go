package rpc

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	p2p "github.com/libp2p/go-libp2p/core/peer"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func TestGoodbye(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	const messages = 1000
	got := make(chan uint64, messages+1)
	pb.Handle(kindNote, func(_ task.PeerID, body []byte) { got <- binary.BigEndian.Uint64(body) })
	for i := range uint64(messages) {
		if err := pa.Send(pb.Self(), kindNote, binary.BigEndian.AppendUint64(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	big := make([]byte, 4<<20)
	binary.BigEndian.PutUint64(big, messages)
	if err := pa.Send(pb.Self(), kindNote, big); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := pa.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > defaultTiming.close/2 {
		t.Errorf("Close took %v with a peer that answers", took)
	}
	pb.await("left", pa.Self(), 1)
	if err := pb.lastCause(); err != nil {
		t.Errorf("the peer that stayed was told %v, want a goodbye", err)
	}
	if err := pa.lastCause(); !errors.Is(err, ErrClosed) {
		t.Errorf("the peer that closed was told %v", err)
	}
	close(got)
	var all []uint64
	for i := range got {
		all = append(all, i)
	}
	slices.Sort(all) // the big one comes beside the order
	for i := range uint64(messages + 1) {
		if i >= uint64(len(all)) || all[i] != i {
			t.Fatalf("%d of %d messages sent before Close arrived", len(all), messages+1)
		}
	}
	if err := pa.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := pa.Dial(testContext(t), pb.info()); !errors.Is(err, ErrClosed) {
		t.Errorf("Dial after Close: %v", err)
	}
	if err := pa.Send(pb.Self(), kindNote, nil); err == nil {
		t.Error("Send after Close succeeded")
	}
}

func TestCloseBothAtOnce(t *testing.T) {
	for range 10 {
		pa, pb := newPair(t, Config{}, Config{})
		done := make(chan error, 2)
		began := time.Now()
		go func() { done <- pa.Close() }()
		go func() { done <- pb.Close() }()
		if err := errors.Join(receive(t, done), receive(t, done)); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > defaultTiming.close/2 {
			t.Errorf("took %v", took)
		}
		if pa.count("left "+string(pb.Self())) != 1 || pb.count("left "+string(pa.Self())) != 1 {
			t.Errorf("events %q and %q", pa.seen(), pb.seen())
		}
	}
}

// TestLoss kills one side without a goodbye.
func TestLoss(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	begun := make(chan struct{})
	ended := make(chan error, 1)
	pb.HandleCall(kindNobody, func(ctx context.Context, _ task.PeerID, _ []byte) ([]byte, error) {
		close(begun)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	})
	failed := make(chan error, 1)
	go func() {
		_, err := pa.Call(testContext(t), pb.Self(), kindNobody, nil)
		failed <- err
	}()
	receive(t, begun)
	for _, c := range pb.host.Network().Conns() {
		_ = c.Close()
	}
	if err := receive(t, failed); !errors.Is(err, ErrPeerLost) || SafeToRetry(err) || FromPeer(err) {
		t.Errorf("pending call: %v", err)
	}
	receive(t, ended) // the handler's context
	pa.await("left", pb.Self(), 1)
	pb.await("left", pa.Self(), 1)
	if err := pa.lastCause(); err == nil || errors.Is(err, ErrClosed) {
		t.Errorf("Left: %v", err)
	}
	if err := pa.Send(pb.Self(), kindNote, nil); !SafeToRetry(err) {
		t.Errorf("Send to a lost peer: %v", err)
	}
	if err := pa.Dial(testContext(t), pb.info()); err != nil { // and again
		t.Fatal(err)
	}
	if _, err := pa.Call(testContext(t), pb.Self(), kindEcho, nil); err != nil {
		t.Error(err)
	}
	want := []string{"joined ", "left ", "joined "}
	for i := range want {
		want[i] += string(pb.Self())
	}
	if !slices.Equal(pa.seen(), want) {
		t.Errorf("events %q, want %q", pa.seen(), want)
	}
}

// TestRestart has a peer come back with its key while its old connection looks alive.
func TestRestart(t *testing.T) {
	pb := newTestPeer(t, Config{})
	h := newTestHost(t)
	first := joinRaw(t, h, pb)
	pb.await("joined", task.PeerID(h.ID()), 1)
	second := joinRaw(t, h, pb) // another session
	pb.await("joined", task.PeerID(h.ID()), 2)
	me := task.PeerID(h.ID())
	if want := []string{"joined " + string(me), "left " + string(me), "joined " + string(me)}; !slices.Equal(pb.seen(), want) {
		t.Errorf("events %q, want %q", pb.seen(), want)
	}
	first.broken()
	_ = second.stream.Reset()
}

// slow gives a test time to fill a queue before the write behind it is given up.
var slow = func() timing { t := quick; t.write = 2 * time.Second; t.call = 10 * time.Second; return t }()

// TestSlowPeer has a member that never reads.
func TestSlowPeer(t *testing.T) {
	t.Parallel()
	pb := newTestPeer(t, Config{timing: slow})
	other := newTestPeer(t, Config{})
	if err := other.Dial(testContext(t), pb.info()); err != nil {
		t.Fatal(err)
	}
	h := newTestHost(t)
	joinRaw(t, h, pb)
	idler := task.PeerID(h.ID())
	pb.await("joined", idler, 1)
	body := make([]byte, maxControlBody)
	var err error
	for range 10 * maxQueuedBytes / len(body) {
		began := time.Now()
		if err = pb.Send(idler, kindNote, body); err != nil {
			break
		}
		if took := time.Since(began); took > patience/10 {
			t.Errorf("Send took %v", took)
		}
	}
	if !errors.Is(err, ErrQueueFull) || !SafeToRetry(err) {
		t.Fatalf("Send to a peer that does not read: %v, want %v", err, ErrQueueFull)
	}
	if _, err := pb.Call(testContext(t), idler, kindEcho, body); !SafeToRetry(err) { // waits for room that never comes
		t.Errorf("Call to a peer that does not read: %v", err)
	}
	pb.await("left", idler, 1)
	if err := pb.lastCause(); err == nil || !strings.Contains(err.Error(), "took less than") {
		t.Errorf("Left: %v", err)
	}
	if _, err := pb.Call(testContext(t), other.Self(), kindEcho, nil); err != nil { // the others did not suffer
		t.Error(err)
	}
}

// TestUnsentCallIsSafeToRetry loses a peer while one call has been written and a later one waits behind a stuck write.
func TestUnsentCallIsSafeToRetry(t *testing.T) {
	t.Parallel()
	pb := newTestPeer(t, Config{timing: slow})
	h := newTestHost(t)
	raw := joinRaw(t, h, pb)
	idler := task.PeerID(h.ID())
	pb.await("joined", idler, 1)
	failed := [2]chan error{make(chan error, 1), make(chan error, 1)}
	call := func(i int, size int) {
		_, err := pb.Call(testContext(t), idler, kindEcho, make([]byte, size))
		failed[i] <- err
	}
	go call(0, 1)
	if f, err := raw.r.next(); err != nil || f.kind != kindEcho || f.id == 0 {
		t.Fatalf("got %+v, %v", f, err)
	}
	s := pb.lookup(h.ID())
	for { // fill the peer's window until the writer is stuck with a full queue behind it
		if _, err := s.put(outgoing{kind: kindNote, body: make([]byte, maxControlBody)}); err != nil {
			break
		}
	}
	go call(1, 1)
	pb.await("left", idler, 1)
	if err := receive(t, failed[0]); !errors.Is(err, ErrPeerLost) || SafeToRetry(err) {
		t.Errorf("written call: %v", err)
	}
	if err := receive(t, failed[1]); !SafeToRetry(err) {
		t.Errorf("unwritten call: %v", err)
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	t.Run("between frames is fine", func(t *testing.T) {
		pa, pb := newPair(t, Config{timing: quick}, Config{timing: quick})
		ctx, cancel := context.WithTimeout(context.Background(), 3*quick.frame)
		defer cancel()
		if _, err := pa.Call(ctx, pb.Self(), kindWait, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("quiet call: %v", err)
		}
		if _, err := pa.Call(testContext(t), pb.Self(), kindEcho, nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("within a frame is not", func(t *testing.T) {
		pb := newTestPeer(t, Config{timing: quick})
		h := newTestHost(t)
		raw := joinRaw(t, h, pb)
		whole := appendFrame(nil, kindNote, 0, nil, make([]byte, 1000))
		if _, err := raw.stream.Write(whole[:500]); err != nil {
			t.Fatal(err)
		}
		pb.await("left", task.PeerID(h.ID()), 1)
		if err := pb.lastCause(); err == nil || !strings.Contains(err.Error(), "did not end within") {
			t.Errorf("Left: %v", err)
		}
	})
	t.Run("within a bulk stream is not", func(t *testing.T) {
		pb := newTestPeer(t, Config{timing: quick})
		h := newTestHost(t)
		joinRaw(t, h, pb)
		bulk := rawStream(t, h, pb, string(bulkProtocol))
		if _, err := bulk.Write(appendHeader(nil, kindNote, 0, defaultMaxMessage)); err != nil {
			t.Fatal(err)
		}
		if _, err := bulk.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("the stream was kept open: %v", err)
		}
	})
}

func TestBadFramesCutThePeerOff(t *testing.T) {
	t.Parallel()
	huge := binary.AppendUvarint(nil, 1<<62)
	for name, bytes := range map[string][]byte{
		"length 0":                 {0},
		"length 1":                 {1, byte(kindNote)},
		"giant length":             huge,
		"too large for control":    appendHeader(nil, kindNote, 0, maxControlBody+1),
		"overlong varint":          {0x82, 0, byte(kindNote), 0},
		"endless varint":           {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"kind 0":                   {2, 0, 0},
		"request ID beyond length": {2, byte(kindNote), 0x80, 1},
		"hello inside a session":   appendFrame(nil, kindHello, 0, nil, nil),
		"response without ID":      appendFrame(nil, kindResponse, 0, nil, []byte{statusOK}),
		"response without status":  appendFrame(nil, kindResponse, 1, nil, nil),
		"text":                     []byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			pb := newTestPeer(t, Config{timing: quick})
			h := newTestHost(t)
			raw := joinRaw(t, h, pb)
			if _, err := raw.stream.Write(bytes); err != nil {
				t.Fatal(err)
			}
			raw.broken()
			pb.await("left", task.PeerID(h.ID()), 1)
			awaitDisconnected(t, pb, h.ID())
			if err := pb.lastCause(); !errors.Is(err, ErrProtocol) && name != "text" {
				t.Errorf("Left: %v", err)
			}
			if pb.Stats().Malformed != 1 && name != "text" {
				t.Errorf("stats %+v", pb.Stats())
			}
		})
	}
}

func TestCut(t *testing.T) {
	pa, pb := newPair(t, Config{}, Config{})
	reason := errors.New("it returned nonsense")
	pa.Cut(pb.Self(), reason)
	pa.await("left", pb.Self(), 1)
	pb.await("left", pa.Self(), 1)
	if err := pa.lastCause(); !errors.Is(err, reason) {
		t.Errorf("Left: %v", err)
	}
}

// TestCloseDuringDials closes an endpoint while others come in.
func TestCloseDuringDials(t *testing.T) {
	for range 5 {
		pb := newTestPeer(t, Config{})
		info := p2p.AddrInfo{ID: pb.host.ID(), Addrs: slices.Clone(pb.Addrs())}
		var dialled []chan error
		for range 5 {
			pa, done := newTestPeer(t, Config{}), make(chan error, 1)
			dialled = append(dialled, done)
			go func() { done <- pa.Dial(testContext(t), info) }()
		}
		if len(dialled)%2 == 1 {
			if err := receive(t, dialled[0]); err != nil {
				t.Error(err)
			}
		}
		_ = pb.Close()
		for _, d := range dialled[1:] {
			_ = receive(t, d) // in or not, but not stuck
		}
		if st := pb.Stats(); st.Joined != st.Left {
			t.Errorf("after Close: %d joined, %d left", st.Joined, st.Left)
		}
	}
}
