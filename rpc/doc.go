// Package rpc exchanges one-way messages and calls between peers over long-lived libp2p streams. It is the only package
// that touches libp2p streams.
//
// An [Endpoint] on a host from [NewHost] keeps one session per peer, however many connections there are. A session begins
// when both sides have proved to each other that they hold the job's secret, which Config.Joined tells, and ends with
// Config.Left. Between the two, what [Endpoint.Send] accepted arrives once and in order; when that cannot be promised any
// more, because a stream that was in use broke, the session ends. There is no compatibility promise for Go callers before v1.
//
// The order of a start: NewHost without addresses, New, Handle and HandleCall for each kind, Listen, Dial.
//
// # Wire specification
//
// Version 1, 23 November 2026. Test vectors: testdata/frames.golden, a name and the whole frame in hexadecimal per line.
//
// Protocol IDs are /scoopp2p/control/1.0.0 and /scoopp2p/bulk/1.0.0, negotiated by multistream-select. Numbers are unsigned
// varints (LEB128) in their shortest form; any other form is a protocol violation. A frame is
//
//	length   varint   bytes that follow: kind, request ID and body
//	kind     1 byte   1-239 application, 240-255 this protocol, 0 never
//	id       varint   0 for a one-way message, else the ID of a call, unique among the calls of one side of a session
//	body     the rest
//
// A control stream carries frames with bodies of at most 262,144 bytes, in both directions; a peer may have up to 4 (more
// than one only after simultaneous dials), and each side sends on one of them for the whole session, so that one-way
// messages keep their order. A larger body, up to a limit that each side sets (268,435,456 bytes by default, to which a
// response's status byte is not counted), travels as the only frame on a bulk stream: the opener writes it and closes its
// side for writing; the acceptor, when it has the whole frame, closes the stream, which confirms the receipt. A reset in
// place of the close means that the message is lost. There is no order between bulk streams, nor between them and control
// streams. A side has at most 8 bulk streams open; an opener keeps to 4.
//
// The admission. A control stream begins with these frames, id 0; nothing else may come before they are through, and a
// bulk stream to a peer that is not a member is reset.
//
//	240 hello      opener -> acceptor   version varint, nonce 32 bytes
//	241 challenge  acceptor -> opener   version varint, nonce 32 bytes, proof 32 bytes
//	242 proof      opener -> acceptor   proof 32 bytes, card
//	243 welcome    acceptor -> opener   card
//	244 refuse     either               code 1 byte, text (UTF-8, at most 4,096 bytes); the stream ends
//
//	card    session 16 bytes, count of addresses varint (at most 16), each: length varint (at most 256), binary multiaddr;
//	        then the application's hello, at most 65,536 bytes
//	proof   HMAC-SHA-256 with the job's secret as key over these parts, each preceded by its length as 4 bytes, big endian:
//	        "scoopp2p admission v1"; the role of who proves, "opener" or "acceptor"; its binary peer ID; the binary peer ID
//	        of the other; the opener's nonce; the acceptor's nonce
//	code    1 refused by the application, 2 secrets differ, 3 versions differ, 4 protocol violation, 5 too many streams
//
// The connection has authenticated both peer IDs already, so the proof needs to bind no more than those and the nonces. A
// relay in the middle has another peer ID on one side, a replay meets a fresh nonce, and a reflection has the wrong role.
// Both nonces are 32 random bytes, new for each stream. The body of a hello of another version is not interpreted beyond
// the version. The acceptor proves first and nobody shows a card before the other side's proof is checked. The whole
// admission, and the time from an inbound connection to its end, is limited to 5 seconds.
//
// The session is 16 random bytes that a side chooses for each session it begins with a peer. A card with another session
// than the one that is up says that its sender has forgotten that one: it ends, and a new one begins. Equal sessions on a
// further control stream make it one more stream of the same session. After welcome, the opener may still refuse (244).
//
// In a session:
//
//	245 bye       no more frames from this side: close the control streams; whoever said it closes the connections
//	246 response  id of the call; status 1 byte, then: 0 the result, 1 the handler's error text, 2 why no handler was called
//
// Unknown kinds are ignored, those of calls answered with status 2. Frames of the admission inside a session, responses
// without ID or status, lengths below 2 or beyond the limit, and kind 0 are protocol violations; the peer is cut off. A
// stream may be silent between frames for ever; a frame that has begun must arrive at 262,144 bytes per 10 seconds or
// faster, and a peer must take what is written to it at the same rate.
//
// # Goroutines
//
//   - Per session: one writer, which owns the order of control frames (started when the session comes up); one reader per
//     control stream, which runs the handlers of one-way messages; up to 4 lanes that send bulk messages, alive only while
//     there are any; libp2p's goroutine for each bulk stream that is served, up to 8. The session's end waits for all of
//     them, on a goroutine of its own (session.finish), before it calls Left.
//   - Per session, up to 256 lanes that run call handlers, alive only while there are calls. Close waits for them; Left does
//     not, so that a handler that ignores its context cannot hide the loss of its peer.
//   - libp2p's goroutine for each control stream during its admission, and the callers of Dial. Close waits for them.
//   - One timer per inbound connection until the peer's admission is due.
//
// There is no goroutine per one-way message, and none per call beyond the lanes.
//
// # Locks
//
// Endpoint.mu (the table of peers) comes before session.mu (everything of one session: queues, calls, state). watch.mu is
// a leaf. No lock is held across I/O, a channel operation that can block, or a call into user code, logging included.
//
// # Shutdown
//
// Endpoint.Close, in this order:
//
//  1. closed is set and stop ends: Dial, admissions and timers give up; nobody new gets in; Close waits for those on the way.
//  2. For each session at once, within 2 s: bulk messages are sent to their end; bye goes behind all queued frames; the
//     writer closes its side. From here Send and Call fail with ErrClosed, while messages of the peer are still handled.
//  3. The peer reads bye, closes its side, and is told Left(nil). Its close ends the session here: connections are closed,
//     pending Calls fail with ErrPeerLost, handlers' contexts end, Left(ErrClosed). A peer that does not answer within the
//     2 s gets its connections closed.
//  4. Close waits for the running call handlers.
//
// A Send that races with Close is delivered when it returned nil before step 2, and fails otherwise. The host is closed
// afterwards, by whoever made it.
package rpc
