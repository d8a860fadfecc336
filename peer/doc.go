// Package peer is one process of a swarm: a pool of workers, and the network that lends its tasks to other peers. It is
// the only place where the mechanisms meet. Workers know nothing of peers, the stealing protocol does no I/O, messages do
// not know what they carry; this package introduces them.
//
// Programs use it through package futures. What they need of it is [Config], [Start], [NewContext], [Peer.Run] and
// [Peer.Close].
//
// # The life of a lent task
//
//  1. A worker runs out of work. The pool nudges custody, whose machine (package steal) asks another peer: Request.
//  2. The victim takes its oldest public tasks, and only now encodes their inputs. What does not encode stays.
//  3. Under custody's lock, with a last look at the membership, each is entered in the ledger, which names it: task ID and
//     attempt. From here on it is away. The Reply carries it.
//  4. The thief decodes it, enters it in its holdings, and queues it for its workers. The context tells the job and the
//     deadline of the submitter, and carries nothing else of his.
//  5. A third peer may steal it from the thief before it has begun. The thief tells the owner, Moved, and keeps a record
//     until the owner has noted it, Confirm.
//  6. Whoever has run it sends the outcome straight to the owner: Result. It leaves the holdings first.
//  7. The owner's ledger judges: the first result of the current attempt completes the future, all others are dropped.
//  8. If the owner wants it no more, all who may hold it are told, Cancel, and its context ends there.
//  9. If a holder is lost, or leaves, the owner queues the task again, attempt + 1; one marked AtMostOnce fails instead.
//  10. If the owner is lost, the holders cancel it and drop it. Nobody is left who waits.
//
// # Goroutines
//
//   - The strands of the pool, which run tasks, and the pool's own (package worker). Pool.Close ends them.
//   - custody.driver: one for a peer with a network. It tells the machine of idle workers and of queued work when the pool
//     nudges it. Started by Start, ended by custody.stop, which waits.
//   - The goroutines of rpc and of libp2p. Ours are called on them: joined and left one at a time for each peer, one-way
//     messages of a peer in their order (but see there for large ones), calls on goroutines of their own. Ended by
//     Endpoint.Close and Host.Close.
//   - Peer.background: a dial to each peer that a member told of, and a retry for each message that found a full queue or a
//     peer not yet met. They end with Peer.ctx, and with joinTimeout, meetTimeout or the loss of the peer; Close waits.
//   - Timers, which have no goroutine until they fire: one for the machine, one for each stolen task with a deadline, one
//     for each holder that is not a member yet. Those that fire after Close find custody stopped.
//   - Start's dials of the bootstrap addresses, which it waits for; a failing Start leaves the rest to Endpoint.Close.
//
// The machine's actions are carried out by whoever brought the event, one at a time and in the order in which they were
// decided; a goroutine that finds another at it leaves its actions to that one.
//
// # Locks
//
// custody.mu guards the machine, the ledger and the holdings, and what belongs to them. members.mu guards the membership,
// constants.mu the constants, jobs.mu the jobs' contexts. No two of the latter three are held at once. custody.mu may be
// held while members.mu is taken for a look, never the other way round; the locks of the pool and of a task are leaves
// below all of them.
//
// No lock is held during encoding, sending, waiting, or a call into user code, logging included. In particular tasks are
// completed and cancelled without a lock, because that runs the callbacks which others have hung on them.
//
// # Shutdown
//
// Close, in this order:
//
//  1. Peer.ctx ends, under members.mu, after which no dial begins. From here on outcomes of other peers' tasks are not sent
//     any more: a function that returns because its context has ended has no result. (Those marked AtMostOnce are.)
//  2. custody.stop: the driver ends, and the machine gets no events any more. Requests of thieves go unanswered; what they
//     wait for here, they get from others.
//  3. Pool.Close: the contexts of all running tasks end and what is queued is cancelled with ErrClosed. It waits Config.Grace
//     for functions that ignore their contexts, leaves them behind and reports them.
//  4. Endpoint.Close: every peer is told goodbye after all that was sent before, and Left is called for each: what they had
//     of ours is cancelled, and what we had of theirs they queue again.
//  5. The background goroutines have ended, and the host is closed: no port is left.
//
// A Submit that races with Close either is cancelled with the queues or finds the pool stopping: its future fails with
// ErrClosed in both cases. A result that arrives after step 1 still completes its future. A second Close waits for the first
// and returns the same error.
package peer
