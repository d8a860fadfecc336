package rpc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// vectors are the test vectors of the wire specification in doc.go.
func vectors() (text string) {
	var n1, n2 nonce
	var id sessionID
	for i := range n1 {
		n1[i], n2[i] = byte(i), byte(0x80+i)
	}
	for i := range id {
		id[i] = byte(0x40 + i)
	}
	secret, opener, acceptor := []byte("a job key for tests"), p2p.ID("opener's peer ID"), p2p.ID("acceptor's peer ID")
	proofO := prove(secret, roleOpener, opener, acceptor, n1, n2)
	proofA := prove(secret, roleAcceptor, acceptor, opener, n1, n2)
	c := card{session: id, addrs: []multiaddr.Multiaddr{anyPort, multiaddr.StringCast("/ip6/::1/tcp/4001")}, body: []byte("caller's hello")}
	add := func(name string, kind Kind, id uint64, head, body []byte) {
		text += fmt.Sprintf("%s %x\n", name, appendFrame(nil, kind, id, head, body))
	}
	add("one-way-empty", 1, 0, nil, nil)
	add("one-way", 2, 0, nil, []byte("hello"))
	add("call", 3, 1, nil, []byte("ping"))
	add("call-id-300", 0xef, 300, nil, nil)
	add("call-id-max", 3, 1<<64-1, nil, nil)
	add("one-way-200-bytes", 2, 0, nil, bytes.Repeat([]byte{0xaa}, 200))
	add("response-ok", kindResponse, 1, []byte{statusOK}, []byte("pong"))
	add("response-error", kindResponse, 1, []byte{statusError}, []byte("no such thing"))
	add("response-not-called", kindResponse, 300, []byte{statusNotCalled}, []byte("no handler"))
	add("hello", kindHello, 0, nil, hello{wireVersion, n1}.append(nil))
	add("challenge", kindChallenge, 0, nil, challenge{hello{wireVersion, n2}, proofA}.append(nil))
	add("proof", kindProof, 0, proofO[:], c.append(nil))
	add("welcome", kindWelcome, 0, nil, c.append(nil))
	add("refuse", kindRefuse, 0, nil, refuse(refusedSecret, "job keys differ").append(nil))
	add("bye", kindBye, 0, nil, nil)
	return text
}

func TestGoldenVectors(t *testing.T) {
	const path = "testdata/frames.golden"
	got := vectors()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the wire form changed. That needs a new wireVersion; then run with -update.\ngot\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(string(want)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		wire, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		f, err := frames(wire, iotest.OneByteReader).next()
		if err != nil || !bytes.Equal(appendFrame(nil, f.kind, f.id, nil, f.body), wire) || f.wire != len(wire) {
			t.Errorf("%s: read %+v, %v", name, f, err)
		}
	}
}

func frames(wire []byte, as func(io.Reader) io.Reader) *frameReader {
	return newFrameReader(as(bytes.NewReader(wire)), maxControlBody, func(time.Time) error { return nil })
}

func plain(r io.Reader) io.Reader { return r }

func TestFrameReaderEnds(t *testing.T) {
	whole := appendFrame(nil, 7, 300, nil, bytes.Repeat([]byte("x"), 100))
	for n := range len(whole) {
		_, err := frames(whole[:n], plain).next()
		if want := io.ErrUnexpectedEOF; n > 0 && !errors.Is(err, want) || n == 0 && err != io.EOF {
			t.Errorf("after %d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// TestClaimsCostNothing has a frame claim the largest body and not send it.
func TestClaimsCostNothing(t *testing.T) {
	wire := append(appendHeader(nil, kindNote, 0, defaultMaxMessage), make([]byte, 1000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := newFrameReader(bytes.NewReader(wire), defaultMaxMessage, func(time.Time) error { return nil })
	if _, err := r.next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4*readChunkBytes {
		t.Errorf("1,000 bytes that claim to be %d cost %d bytes", defaultMaxMessage, got)
	}
}

// FuzzFrame reads arbitrary bytes in two ways, which must agree, and writes what it read, which must give the same bytes.
func FuzzFrame(f *testing.F) {
	for line := range strings.Lines(vectors()) {
		_, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		wire, _ := hex.DecodeString(digits)
		f.Add(wire)
		f.Add(append(wire, wire...))
	}
	f.Add([]byte{0})
	f.Add([]byte{0x80, 0})
	f.Fuzz(func(t *testing.T, wire []byte) {
		fast, slow := frames(wire, plain), frames(wire, iotest.OneByteReader)
		rest := wire
		for {
			a, errA := fast.next()
			b, errB := slow.next()
			if (errA == nil) != (errB == nil) || errA != nil && errA.Error() != errB.Error() {
				t.Fatalf("fast: %v, slow: %v", errA, errB)
			}
			if errA != nil {
				if !errors.Is(errA, ErrProtocol) && !errors.Is(errA, io.EOF) && !errors.Is(errA, io.ErrUnexpectedEOF) {
					t.Fatal(errA)
				}
				return
			}
			again := appendFrame(nil, a.kind, a.id, nil, a.body)
			if a.kind != b.kind || a.id != b.id || !bytes.Equal(a.body, b.body) || !bytes.HasPrefix(rest, again) || a.wire != len(again) {
				t.Fatalf("%x was read as %+v and %+v", rest, a, b)
			}
			rest = rest[len(again):]
		}
	})
}

// FuzzHello parses arbitrary bytes as each body of the admission. What parses must survive a second round.
func FuzzHello(f *testing.F) {
	for line := range strings.Lines(vectors()) {
		_, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		wire, _ := hex.DecodeString(digits)
		if fr, err := frames(wire, plain).next(); err == nil && fr.kind >= FirstReservedKind {
			f.Add(fr.body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if h, err := parseHello(body); err == nil && h.version == wireVersion && !bytes.Equal(h.append(nil), body) {
			t.Errorf("hello %x became %x", body, h.append(nil))
		}
		if c, err := parseChallenge(body); err == nil && c.version == wireVersion && !bytes.Equal(c.append(nil), body) {
			t.Errorf("challenge %x became %x", body, c.append(nil))
		}
		if c, err := parseCard(body); err == nil {
			again, err := parseCard(c.append(nil))
			if err != nil || again.session != c.session || !bytes.Equal(again.body, c.body) || len(again.addrs) != len(c.addrs) {
				t.Errorf("card %x became %+v, then %+v, %v", body, c, again, err)
			}
		}
		if r := parseRefusal(body); len(r.text) > maxText || r.Error() == "" {
			t.Errorf("refusal %x became %v", body, r)
		}
	})
}
