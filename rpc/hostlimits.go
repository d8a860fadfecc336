package rpc

import (
	"math"
	"net/netip"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/x/rate"
)

// The host's hard limits. libp2p's defaults are made for one program per machine on the open internet: 8 connections and
// 0.2 new ones per second from one address. Of 40 workers behind one address, 8 get in.
const (
	// maxConns bounds connections in all, each way: a full mesh of 1,000 peers with a second connection each, doubled.
	maxConns = 4096
	// maxHandshakes bounds connections and streams that have not yet said what they want; a whole job starting at once
	// is a burst of them.
	maxHandshakes = 1024
	// maxConnsPerPeer leaves room for simultaneous dials and their late twins.
	maxConnsPerPeer = 8
	// maxStreamsPerPeer covers our two protocols (12), identify and what discovery opens. Each stream may make us hold
	// its receive window, so this bounds memory.
	maxStreamsPerPeer = 128
	// maxPeerMemory bounds the receive windows of one peer, in bytes; at the limit windows stop growing, nothing fails.
	maxPeerMemory = 256 << 20
	// maxSystemMemory is at least this many bytes, so that maxConns peers can have one small window (256 KiB) each.
	maxSystemMemory = 2 << 30

	// maxConnsPerIP and maxConnsPerSite bound the connections from one public IPv4 address or IPv6 /56, and from one
	// IPv6 /48: a cluster behind one address is normal. newConnsPerSecond and newConnsBurst bound how fast they come.
	maxConnsPerIP     = 1024
	maxConnsPerSite   = maxConns
	newConnsPerSecond = 50
	newConnsBurst     = maxConnsPerIP
)

// privateNetworks have no limits by address: behind them is our own cluster, where the limits per peer are enough.
var privateNetworks = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("fc00::/7"),
	netip.MustParsePrefix("fe80::/10"),
}

func newResourceManager() (network.ResourceManager, error) {
	streams := func(n rcmgr.LimitVal) rcmgr.ResourceLimits {
		return rcmgr.ResourceLimits{Streams: 2 * n, StreamsInbound: n, StreamsOutbound: n}
	}
	system := streams(maxConns * 4)
	system.Conns, system.ConnsInbound, system.ConnsOutbound, system.FD = 2*maxConns, maxConns, maxConns, 2*maxConns
	scaled := rcmgr.DefaultLimits.AutoScale().ToPartialLimitConfig()
	system.Memory = max(scaled.System.Memory, maxSystemMemory)
	transient := streams(maxHandshakes)
	transient.Conns, transient.ConnsInbound, transient.ConnsOutbound = 2*maxHandshakes, maxHandshakes, maxHandshakes
	transient.FD, transient.Memory = 2*maxHandshakes, maxSystemMemory/4
	peer := streams(maxStreamsPerPeer)
	peer.Conns, peer.ConnsInbound, peer.ConnsOutbound = 2*maxConnsPerPeer, maxConnsPerPeer, maxConnsPerPeer
	peer.FD, peer.Memory = 2*maxConnsPerPeer, maxPeerMemory
	limits := rcmgr.PartialLimitConfig{
		System: system, Transient: transient, PeerDefault: peer,
		Protocol: map[protocol.ID]rcmgr.ResourceLimits{
			controlProtocol: streams(maxConns), bulkProtocol: streams(maxConns),
		},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{
			controlProtocol: streams(maxControlStreams), bulkProtocol: streams(maxBulkIn),
		},
	}
	limiter := rcmgr.NewFixedLimiter(limits.Build(rcmgr.DefaultLimits.AutoScale()))
	v4, v6, rates := addressLimits()
	return rcmgr.NewResourceManager(limiter, rcmgr.WithMetricsDisabled(), rcmgr.WithNetworkPrefixLimit(v4, v6),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: maxConnsPerIP}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: maxConnsPerIP}, {PrefixLength: 48, ConnCount: maxConnsPerSite}}),
		rcmgr.WithConnRateLimiters(rates))
}

// addressLimits lifts the limits by address for private networks and sets them for the others.
func addressLimits() (v4, v6 []rcmgr.NetworkPrefixLimit, rates *rate.Limiter) {
	burst := rate.Limit{RPS: newConnsPerSecond, Burst: newConnsBurst}
	rates = &rate.Limiter{SubnetRateLimiter: rate.SubnetLimiter{
		IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: burst}},
		IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: burst}},
	}}
	for _, prefix := range privateNetworks {
		rates.NetworkPrefixLimits = append(rates.NetworkPrefixLimits, rate.PrefixLimit{Prefix: prefix})
		unlimited := rcmgr.NetworkPrefixLimit{Network: prefix, ConnCount: math.MaxInt}
		if prefix.Addr().Is4() {
			v4 = append(v4, unlimited)
		} else {
			v6 = append(v6, unlimited)
		}
	}
	return v4, v6, rates
}
