package rpc

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"go.uber.org/goleak"
)

func TestNewHost(t *testing.T) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := p2p.IDFromPrivateKey(key)
	h, err := NewHost(HostConfig{Key: key, Listen: []multiaddr.Multiaddr{anyPort}})
	if err != nil {
		t.Fatal(err)
	}
	if h.ID() != want {
		t.Errorf("ID %v, want %v", h.ID(), want)
	}
	addr, err := manet.ToNetAddr(h.Network().ListenAddresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", addr.String())
	if err != nil {
		t.Fatalf("the port is not free after Close: %v", err)
	}
	_ = l.Close()
	goleak.VerifyNone(t)
}

func TestNewHostFails(t *testing.T) {
	_, err := NewHost(HostConfig{Listen: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/203.0.113.1/tcp/1")}})
	if err == nil || !strings.Contains(err.Error(), "203.0.113.1") {
		t.Errorf("got %v, want an error that names the address", err)
	}
	goleak.VerifyNone(t)
}

// TestManyPeersBehindOneAddress would get 8 connections in under libp2p's own limits.
func TestManyPeersBehindOneAddress(t *testing.T) {
	for _, addr := range []string{"/ip4/8.8.8.8/tcp/1", "/ip4/10.1.2.3/tcp/1", "/ip6/2001:4860::1/tcp/1", "/ip6/fd00::1/tcp/1"} {
		limits, err := newResourceManager()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			if _, err := limits.OpenConnection(network.DirInbound, true, multiaddr.StringCast(addr)); err != nil {
				t.Errorf("connection %d from %s: %v", i, addr, err)
				break
			}
		}
		_ = limits.Close()
	}
}

func TestStreamsPerPeerAreLimited(t *testing.T) {
	pb := newTestPeer(t, Config{timing: quick})
	key, _, _ := crypto.GenerateEd25519Key(rand.Reader)
	h, err := assemble(key, &network.NullResourceManager{}) // a peer that knows no limits
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var open int
	for range 3 * maxControlStreams {
		raw := newRawPeer(t, h, pb)
		if _, err := raw.stream.Write(appendFrame(nil, kindHello, 0, nil, hello{wireVersion, newNonce()}.append(nil))); err != nil {
			continue
		}
		if _, err := raw.r.next(); err == nil {
			open++
		}
	}
	if open > maxControlStreams || open == 0 {
		t.Errorf("%d control streams were served, at most %d", open, maxControlStreams)
	}
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "Host") {
		t.Errorf("no host: %v", err)
	}
	if _, err := New(Config{Host: newTestHost(t), MaxMessage: -1}); err == nil || !strings.Contains(err.Error(), "MaxMessage") {
		t.Errorf("negative limit: %v", err)
	}
	e, err := New(Config{Host: newTestHost(t)}) // all callbacks nil, nobody listens
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	pb := newTestPeer(t, Config{Secret: []byte{}})
	if err := e.Dial(context.Background(), pb.info()); err != nil {
		t.Fatal(err)
	}
	if len(e.Addrs()) != 0 {
		t.Errorf("a host that only dials has addresses %v", e.Addrs())
	}
	for _, kind := range []Kind{0, FirstReservedKind, 255} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("kind %d was accepted", kind)
				}
			}()
			e.Handle(kind, nil)
		}()
	}
}
