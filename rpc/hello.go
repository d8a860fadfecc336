package rpc

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

// wireVersion is the version of the wire protocol in doc.go, said in the first frame both ways.
const wireVersion = 1

const nonceBytes = 32

type (
	nonce [nonceBytes]byte
	proof [sha256.Size]byte
	// sessionID tells the sessions of one pair of peers apart: a peer that comes back with another one has forgotten the
	// former session, even if the old connection still looks alive from here.
	sessionID [16]byte
)

// newNonce and newSessionID cannot fail: crypto/rand ends the program when the system has no randomness.
func newNonce() (n nonce)         { _, _ = rand.Read(n[:]); return n }
func newSessionID() (s sessionID) { _, _ = rand.Read(s[:]); return s }

// The roles keep one side's proof from being the other's.
const (
	proofLabel   = "scoopp2p admission v1"
	roleOpener   = "opener"
	roleAcceptor = "acceptor"
)

// prove makes the proof that role, sent by from to to, holds the secret. Both peer IDs are proved by the connection, so
// a stranger in the middle has other IDs than the two it stands between, and both nonces are fresh, so that an old
// proof is worth nothing.
func prove(secret []byte, role string, from, to p2p.ID, opener, acceptor nonce) (p proof) {
	h := hmac.New(sha256.New, secret)
	for _, part := range []string{proofLabel, role, string(from), string(to), string(opener[:]), string(acceptor[:])} {
		var length [4]byte // so that no two lists of parts look alike
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	h.Sum(p[:0])
	return p
}

// equal takes the same time wherever the proofs differ.
func (p proof) equal(q proof) bool { return hmac.Equal(p[:], q[:]) }

// hello is the opener's first frame: version, nonce.
type hello struct {
	version uint64
	nonce   nonce
}

func (h hello) append(dst []byte) []byte {
	return append(binary.AppendUvarint(dst, h.version), h.nonce[:]...)
}

// parseHello accepts any version with anything behind it: the version must be readable for ever.
func parseHello(b []byte) (h hello, err error) {
	version, n, err := uvarint(b)
	if err != nil {
		return h, fmt.Errorf("%w: hello", ErrProtocol)
	}
	h.version = version
	if version != wireVersion {
		return h, nil
	}
	if len(b)-n != nonceBytes {
		return h, fmt.Errorf("%w: hello of %d bytes", ErrProtocol, len(b))
	}
	copy(h.nonce[:], b[n:])
	return h, nil
}

// challenge is the acceptor's first frame: version, nonce, and the proof that it holds the secret. It comes first so that
// nobody tells anything about itself to an unproved peer.
type challenge struct {
	hello
	proof proof
}

func (c challenge) append(dst []byte) []byte { return append(c.hello.append(dst), c.proof[:]...) }

func parseChallenge(b []byte) (c challenge, err error) {
	if n := len(b) - sha256.Size; n > 0 {
		c.hello, err = parseHello(b[:n])
		copy(c.proof[:], b[n:])
		return c, err
	}
	return c, fmt.Errorf("%w: challenge of %d bytes", ErrProtocol, len(b))
}

// card is what a peer tells about itself once the other has proved the secret: the session, the addresses where it
// listens, and the caller's hello body.
type card struct {
	session sessionID
	addrs   []multiaddr.Multiaddr
	body    []byte
}

func (c card) append(dst []byte) []byte {
	dst = append(dst, c.session[:]...)
	var addrs [][]byte
	for _, a := range c.addrs {
		if b := a.Bytes(); len(b) <= maxAddrBytes && len(addrs) < maxHelloAddrs {
			addrs = append(addrs, b)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(addrs)))
	for _, a := range addrs {
		dst = append(binary.AppendUvarint(dst, uint64(len(a))), a...)
	}
	return append(dst, c.body...)
}

// parseCard drops addresses of kinds that this version does not know; the peer may be newer.
func parseCard(b []byte) (c card, err error) {
	bad := func(what string) (card, error) { return card{}, fmt.Errorf("%w: hello: %s", ErrProtocol, what) }
	if len(b) < len(c.session) {
		return bad("no session")
	}
	b = b[copy(c.session[:], b):]
	count, n, err := uvarint(b)
	if err != nil || count > maxHelloAddrs {
		return bad("count of addresses")
	}
	b = b[n:]
	for range count {
		size, n, err := uvarint(b)
		if err != nil || size > maxAddrBytes || size > uint64(len(b)-n) {
			return bad("address")
		}
		if a, err := multiaddr.NewMultiaddrBytes(b[n : n+int(size)]); err == nil {
			c.addrs = append(c.addrs, a)
		}
		b = b[n+int(size):]
	}
	if len(b) > maxHelloBody {
		return bad("body too large")
	}
	c.body = b
	return c, nil
}
