// Package steal is the stealing protocol between peers, and the custody of the tasks that it moves, as pure state
// machines: events and the time go in, actions come out. There is no I/O, no clock, no lock and no goroutine here, and
// randomness is seeded, so that the same code runs under package peer over libp2p, in a simulator, and in the transcripts
// under testdata, which are the best way to see it at work. No compatibility promise is made.
//
// # Protocol
//
// Version 1.0.0, 2026-11-23. The encoding is package peer's.
//
// Every peer is thief and victim at once. A peer knows the members of its swarm, from elsewhere, and an incarnation of
// each: messages of any other incarnation change nothing.
//
//	Request   thief  → victim   {id, incarnation, hunger, max bytes, lifeline}
//	Reply     victim → thief    {request id, loot, hint}
//	Moved     holder → owner    {task, attempt, serial, thief, incarnation of the thief}
//	Confirm   owner  → holder   {task, attempt, serial}
//	Cancel    owner  → holder   {task, attempt}
//
// The thief ([Machine], thief.go) is in one of three states.
//
//   - Fed: no worker is idle. It sends nothing.
//   - Asking: workers are idle and one request is out, never two, to a random member: of two candidates the one with the
//     longer queue when last heard of (Mitzenmacher, "The power of two choices in randomized load balancing", 2001). A
//     decline leads to the next member, none twice in a round; loot begins a new round. A request without an answer in
//     RequestTimeout has failed like one declined, but its loot is welcome whenever it comes. Who leaves three requests
//     in a row unanswered is not asked until it is heard of.
//   - Waiting: Tries requests have failed, or everybody has been asked. Lifelines are placed on the fingers of the ring
//     of sorted peer IDs (Saraswat, Kambadur, Kodali, Grove, Krishnamoorthy, "Lifeline-based global load balancing",
//     PPoPP 2011), in small swarms on everybody: requests that a victim remembers. Then there is silence: no timer, no
//     polling. A quiet job sends nothing.
//
// Lifelines are not withdrawn when the thief is fed; the loot that comes is welcome, and when it hungers again only those
// who do not hold its lifeline are asked. Fingers are found afresh when lifelines are placed, so after any change of the
// members the missing ones follow. A member that joins while the thief is hungry is asked at once.
//
// The victim (victim.go) answers every request of a member at once, with loot or with none. One for a lifeline that finds
// nothing is answered too, and remembered, once for each thief, the newest request winning; as soon as there is a
// surplus the thieves are served in turn. Work stealing by message, from the oldest end: Blumofe and Leiserson,
// "Scheduling multithreaded computations by work stealing", J. ACM 1999.
//
// How much: one task for each idle worker of the thief, or as many as keep them busy for ten round trips, up to half of
// the queue; see [Give.Amount]. A victim never gives what its own idle workers are about to take. So a lone task that was
// stolen and not yet begun does not go back and forth between idle peers.
//
// # Custody
//
// A task is in exactly one place. Its owner names it when it is first lent, as (owner, incarnation, sequence), and each
// lending is a new attempt. The owner's [Ledger] says who has it and judges results: the current attempt's first result
// completes the task, everything else is counted and dropped. The executor's [Holdings] say what of others is here. When
// a peer is lost, owners queue again what it held, and executors drop what it owned.
//
// A holder that gives a task to another thief tells the owner ([Moved]) and keeps a record until the owner has noted it
// ([Confirm]); the owner notes moves in whatever order they come (loan.go). Until then the holder forwards a cancel, and
// tells the owner again if the thief or the connection is lost. The result goes straight to the owner. A peer may steal
// its own task back; [Ledger.Home] and the Moved message agree on that in either order.
//
// Tasks run at least once and complete once. Messages lost for good, with the peer that sent them, lead to a second run
// at worst, never to a task waited for in vain. That is also why the loss of a peer brings back what it has just passed
// on: it may have told the owner and died before the loot was out.
//
// # Duties of a driver
//
//   - It carries out the actions of one step before those of the next; an event that an action causes waits its turn.
//     With several goroutines that takes more than a lock around Step: two [Demand] actions must not change places.
//   - It reports each [Give] exactly once, and lends under the lock under which it handles the loss of peers.
//   - It raises [Joined] before it hands on a peer's first message, hands on nothing of it after [Left], and raises that
//     before the [Joined] of a new incarnation.
//   - Messages from one peer to another arrive in order, or [Broken] is raised at both ends. After that it sends
//     [Holdings.Unconfirmed] again, as well as results and cancels that may not have arrived; loot that may not have
//     arrived is [Ledger.Home] if owned here, and otherwise sent again.
//   - It raises [Surplus] and [Idle] as their comments say: a missing one can leave a thief waiting.
//
// # Rejected
//
//   - Polling while hungry, with or without back-off: wakes idle machines and costs 1/interval messages for ever.
//   - A request to several members at once: two replies are loot taken from others, or wasted.
//   - Withdrawing lifelines when fed: a message each way to save a gift that is welcome anyway.
//   - Victims that forward a request they cannot serve: the thief no longer knows who owes it an answer.
//   - Matching replies by sender: late ones are taken for early ones. Every reply names its request.
//   - Leases and heartbeats for tasks that are out: traffic on the fast path for what membership tells anyway.
//   - Holding a second-hand result until the owner has heard of the move: a wait that protects against nobody, as the
//     attempt decides already.
//   - Asking near members and a far one at the same time (cluster-aware random stealing) is not in this version: with
//     equal hints the nearer candidate wins, and lifelines bound the number of far tries.
package steal
