// Package scoopp2p is the front door of a brokerless, peer-to-peer, work-stealing runtime for futures.
//
// It spreads futures over the cores of one machine, the machines of a network, and peers across the internet. Each
// worker keeps its own deque; idle workers steal from random peers over libp2p streams; nothing stands in the middle. A
// future costs nanoseconds until the moment another machine takes it.
//
// The root package is empty on purpose. Where to go from here:
//
//   - [github.com/scoopp2p/scoopp2p/futures] is what programs import: Declare, Submit, Map, MapReduce.
//   - [github.com/scoopp2p/scoopp2p/peer] is for programs that embed a peer, and holds its configuration.
//   - [github.com/scoopp2p/scoopp2p/cmd/scoopp2p] is the launcher and the donor daemon.
//   - The examples directory has one program per idea, and ARCHITECTURE.md explains how the parts fit.
package scoopp2p
