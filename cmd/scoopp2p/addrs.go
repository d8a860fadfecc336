package main

import (
	"strings"

	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// loopbackAddr is where peers listen that only processes of this machine have to reach.
const loopbackAddr = "/ip4/127.0.0.1/tcp/0"

func (o *options) checkAddrs() error {
	for _, a := range o.bootstrap {
		m, err := multiaddr.NewMultiaddr(a)
		if err != nil {
			return usageError("--bootstrap /ip4/127.0.0.1/tcp/4001/p2p/ID", "--bootstrap %q is not a multiaddr", a)
		}
		if _, err := m.ValueForProtocol(multiaddr.P_P2P); err != nil {
			return usageError("the address that scoopp2p --listen printed", "--bootstrap %q does not end in /p2p/ID", a)
		}
	}
	for _, a := range o.listen {
		m, err := multiaddr.NewMultiaddr(a)
		if err != nil {
			return usageError("--listen "+loopbackAddr, "--listen %q is not a multiaddr", a)
		}
		if _, err := m.ValueForProtocol(multiaddr.P_P2P); err == nil {
			return usageError("--listen without it", "--listen %q ends in /p2p/ID, but the peer makes its own ID", a)
		}
		if !manet.IsIPLoopback(m) && o.keyFile == "" {
			return usageError("--key FILE", "--listen %q can be reached from other machines and needs the swarm's key", a)
		}
	}
	return nil
}

// listenOn says where a peer listens. Only the first has the port that the user named; the others are found through it,
// so any port does, but the host must be the same: who can reach the first must be able to steal from all.
func (o *options) listenOn(rank, peers int) []string {
	switch {
	case len(o.listen) > 0 && rank == 0:
		return o.listen
	case len(o.listen) > 0:
		addrs := make([]string, len(o.listen))
		for i, a := range o.listen {
			addrs[i] = anyPort(a)
		}
		return addrs
	case peers > 1 || len(o.bootstrap) > 0:
		return []string{loopbackAddr}
	}
	return nil // alone: no network
}

// anyPort replaces each TCP and UDP port by 0.
func anyPort(addr string) string {
	parts := strings.Split(addr, "/")
	for i := range len(parts) - 1 {
		if parts[i] == "tcp" || parts[i] == "udp" {
			parts[i+1] = "0"
		}
	}
	return strings.Join(parts, "/")
}

// withID makes sure that an address names its peer.
func withID(addr, id string) string {
	if strings.Contains(addr, "/p2p/") {
		return addr
	}
	return addr + "/p2p/" + id
}

// shortID is long enough to tell peers apart: all ed25519 IDs begin alike, so the end is what tells.
func shortID(id string) string {
	const head, tail = 8, 6
	if len(id) <= head+tail+1 {
		return id
	}
	return id[:head] + "…" + id[len(id)-tail:]
}
