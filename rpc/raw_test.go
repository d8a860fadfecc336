package rpc

import (
	"errors"
	"testing"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
)

// rawPeer speaks the wire protocol by hand, so that it can speak it wrongly.
type rawPeer struct {
	t      testing.TB
	stream network.Stream
	r      *frameReader
	sent   []frame // for replays
}

func newRawPeer(t testing.TB, from host.Host, to *testPeer) *rawPeer {
	s := rawStream(t, from, to, string(controlProtocol))
	return &rawPeer{t: t, stream: s, r: newFrameReader(s, defaultMaxMessage, s.SetReadDeadline)}
}

func (p *rawPeer) send(kind Kind, id uint64, body []byte) {
	p.t.Helper()
	p.sent = append(p.sent, frame{kind: kind, id: id, body: body})
	if _, err := p.stream.Write(appendFrame(nil, kind, id, nil, body)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *rawPeer) receive(want Kind) []byte {
	p.t.Helper()
	f, err := p.r.next()
	if err != nil {
		p.t.Fatalf("waiting for kind %#x: %v", want, err)
	}
	if f.kind != want {
		p.t.Fatalf("kind %#x (%q), want %#x", f.kind, f.body, want)
	}
	return f.body
}

// broken waits for the end of the stream.
func (p *rawPeer) broken() {
	p.t.Helper()
	for {
		if _, err := p.r.next(); err != nil {
			var timeout interface{ Timeout() bool }
			if errors.As(err, &timeout) && timeout.Timeout() {
				p.t.Fatal("the peer kept the stream open")
			}
			return
		}
	}
}

// prove goes through the opener's side of the admission up to the proof.
func (p *rawPeer) prove(to *testPeer, secret []byte) {
	p.t.Helper()
	mine, self := newNonce(), p.stream.Conn().LocalPeer()
	p.send(kindHello, 0, hello{wireVersion, mine}.append(nil))
	c, err := parseChallenge(p.receive(kindChallenge))
	if err != nil {
		p.t.Fatal(err)
	}
	if !prove(jobKey, roleAcceptor, to.host.ID(), self, mine, c.nonce).equal(c.proof) {
		p.t.Fatal("the acceptor's proof is wrong")
	}
	proved := prove(secret, roleOpener, self, to.host.ID(), mine, c.nonce)
	p.send(kindProof, 0, card{session: newSessionID()}.append(proved[:]))
}

// joinRaw makes a raw member.
func joinRaw(t testing.TB, from host.Host, to *testPeer) *rawPeer {
	t.Helper()
	p := newRawPeer(t, from, to)
	p.prove(to, jobKey)
	p.receive(kindWelcome)
	return p
}
