package rpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	p2p "github.com/libp2p/go-libp2p/core/peer"
)

// errStale says that the session ended, or turned out to be a former one, while an admission to it was under way.
var errStale = errors.New("session ended during admission")

// admission is the mutual hello on a fresh control stream: hello, challenge, proof, welcome. It owns the stream until the
// stream is attached to a session.
type admission struct {
	e      *Endpoint
	stream network.Stream
	peer   p2p.ID
	r      *frameReader
}

func (e *Endpoint) newAdmission(stream network.Stream) *admission {
	r := newFrameReader(stream, maxHelloBody+maxHelloAddrs*(maxAddrBytes+2)+sha256.Size+64, stream.SetReadDeadline)
	return &admission{e: e, stream: stream, peer: stream.Conn().RemotePeer(), r: r}
}

// acceptControl serves a control stream that a peer opened.
func (e *Endpoint) acceptControl(stream network.Stream) {
	if !e.enter() {
		_ = stream.Reset()
		return
	}
	defer e.arriving.Done()
	defer context.AfterFunc(e.stop, func() { _ = stream.Reset() })()
	ctx, cancel := context.WithTimeout(e.stop, e.cfg.timing.admit)
	defer cancel()
	a := e.newAdmission(stream)
	_ = stream.SetDeadline(time.Now().Add(e.cfg.timing.admit))
	if err := a.accept(ctx); err != nil {
		a.fail(err)
	}
}

// open opens a control stream to a connected peer and goes through the admission.
func (e *Endpoint) open(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.timing.admit)
	defer cancel()
	stream, err := e.host.NewStream(network.WithNoDial(ctx, "rpc control stream"), s.peer, controlProtocol)
	if err != nil {
		return fmt.Errorf("open %s: %w", controlProtocol, err)
	}
	defer context.AfterFunc(ctx, func() { _ = stream.Reset() })()
	a := e.newAdmission(stream)
	_ = stream.SetDeadline(time.Now().Add(e.cfg.timing.admit))
	err = a.open(ctx, s)
	if err != nil {
		a.fail(err)
	}
	return err
}

func (a *admission) open(ctx context.Context, s *session) error {
	mine, self := newNonce(), a.e.host.ID()
	if err := a.send(kindHello, hello{wireVersion, mine}.append(nil)); err != nil {
		return err
	}
	b, err := a.receive(kindChallenge)
	if err != nil {
		return err
	}
	theirs, err := parseChallenge(b)
	if err != nil {
		return err
	}
	if err := checkVersion(theirs.version); err != nil {
		return err
	}
	secret := a.e.cfg.Secret
	if !prove(secret, roleAcceptor, a.peer, self, mine, theirs.nonce).equal(theirs.proof) {
		return refuse(refusedSecret, "the job key of %s is not ours", a.peer)
	}
	p := prove(secret, roleOpener, self, a.peer, mine, theirs.nonce)
	if err := a.send(kindProof, a.e.card(s).append(p[:])); err != nil {
		return err
	}
	if b, err = a.receive(kindWelcome); err != nil {
		return err
	}
	c, err := parseCard(b)
	if err != nil {
		return err
	}
	if _, err := s.admit(ctx, c, a.stream.Conn()); err != nil {
		return err
	}
	return s.attach(a)
}

func (a *admission) accept(ctx context.Context) error {
	b, err := a.receive(kindHello)
	if err != nil {
		return err
	}
	theirs, err := parseHello(b)
	if err != nil {
		return err
	}
	if err := checkVersion(theirs.version); err != nil {
		return err
	}
	mine, self, secret := newNonce(), a.e.host.ID(), a.e.cfg.Secret
	p := prove(secret, roleAcceptor, self, a.peer, theirs.nonce, mine)
	if err := a.send(kindChallenge, challenge{hello{wireVersion, mine}, p}.append(nil)); err != nil {
		return err
	}
	if b, err = a.receive(kindProof); err != nil {
		return err
	}
	if len(b) < len(p) {
		return fmt.Errorf("%w: proof of %d bytes", ErrProtocol, len(b))
	}
	if !prove(secret, roleOpener, a.peer, self, theirs.nonce, mine).equal(proof(b[:len(p)])) {
		return refuse(refusedSecret, "the job key of %s is not ours", a.peer)
	}
	c, err := parseCard(b[len(p):])
	if err != nil {
		return err
	}
	return a.welcome(ctx, c)
}

// welcome makes the proved peer a member of a session, and then says so. A session that the peer has forgotten, or that
// ended just now, is replaced by a new one.
func (a *admission) welcome(ctx context.Context, c card) error {
	for {
		s, err := a.e.claim(ctx, a.peer)
		if err != nil {
			return err
		}
		first, err := s.admit(ctx, c, a.stream.Conn())
		if err == nil {
			if err = a.send(kindWelcome, a.e.card(s).append(nil)); err == nil {
				err = s.attach(a)
			}
			if err != nil && first { // nobody else can have told the peer that it is in
				s.end(err, false)
			}
			a.e.release(s)
			return err
		}
		a.e.release(s)
		if !errors.Is(err, errStale) {
			return err
		}
	}
}

func checkVersion(theirs uint64) error {
	if theirs == wireVersion {
		return nil
	}
	return refuse(refusedVersion, "wire version %d met wire version %d: update the older program", wireVersion, theirs)
}

// card is what we tell about ourselves in an admission to s.
func (e *Endpoint) card(s *session) card {
	return card{session: s.local, addrs: e.Addrs(), body: e.cfg.Hello()}
}

func (a *admission) send(kind Kind, body []byte) error {
	_, err := a.stream.Write(appendFrame(nil, kind, 0, nil, body))
	if err != nil {
		return fmt.Errorf("hello: %w", err)
	}
	return nil
}

// receive waits for a frame of one kind; a refusal in its place becomes the error.
func (a *admission) receive(want Kind) ([]byte, error) {
	f, err := a.r.next()
	switch {
	case err != nil:
		return nil, fmt.Errorf("hello: %w", err)
	case f.kind == kindRefuse:
		return nil, parseRefusal(f.body)
	case f.kind != want || f.id != 0:
		return nil, fmt.Errorf("%w: kind %#x in place of %#x", ErrProtocol, f.kind, want)
	}
	return f.body, nil
}

// fail ends an admission: it tells the peer why, waits until that is read (closing at once would discard it), and closes
// the connection unless a session is up and the peer did nothing wrong.
func (a *admission) fail(err error) {
	conn := a.stream.Conn()
	if r := asRefusal(err); r != nil {
		_ = a.stream.SetDeadline(time.Now().Add(a.e.cfg.timing.linger))
		if a.send(kindRefuse, r.append(nil)) == nil && a.stream.CloseWrite() == nil {
			_, _ = io.Copy(io.Discard, a.stream) // ends with the peer's close or the deadline
		}
	}
	_ = a.stream.Reset()
	wrong := errors.Is(err, ErrProtocol) || errors.Is(err, ErrSecret) || errors.Is(err, ErrVersion)
	if wrong || errors.Is(err, ErrRefused) {
		a.e.stats.refused.Add(1)
		a.e.log.about(a.peer, slog.LevelWarn, "not admitted at "+conn.RemoteMultiaddr().String(), err)
	}
	s := a.e.lookup(a.peer)
	if wrong || !errors.Is(err, errStale) && (s == nil || !s.up()) {
		_ = conn.Close()
	}
}
