package steal

import (
	"errors"
	"fmt"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Defaults of [Config].
const (
	// DefaultTries is w of the lifeline paper; its implementations use 2 to 4.
	DefaultTries = 3
	// DefaultRequestTimeout is far above any round trip: a slow answer is better than a second question.
	DefaultRequestTimeout = 10 * time.Second
	// DefaultSmallSwarm keeps lifelines to everybody affordable: each member holds at most eight.
	DefaultSmallSwarm = 8
	// DefaultMaxLootTasks bounds what one crash of a thief puts back at once.
	DefaultMaxLootTasks = 256
	// DefaultMaxLootBytes keeps a reply within a few round trips on a LAN.
	DefaultMaxLootBytes = 256 << 10
	// DefaultRTT stands in for a round trip not yet measured.
	DefaultRTT = 500 * time.Microsecond
)

const (
	// batchRoundTrips is how many round trips of work a thief's worker should get at once: with ten, a steal costs it at
	// most a tenth of its time.
	batchRoundTrips = 10
	// maxHunger bounds what a thief may claim to need.
	maxHunger = 4096
	// maxOffers bounds the Give actions not yet reported; requests beyond it are declined.
	maxOffers = 256
	// maxNewcomers bounds the members waiting to be asked because they joined while we were hungry.
	maxNewcomers = 16
	// maxUnanswered is how many requests in a row a member may leave without an answer before it is left alone until it
	// says something.
	maxUnanswered = 3
	// maxHint bounds how attractive a member can make itself.
	maxHint = 1 << 20
	// maxLossesKept bounds the evidence kept about a task whose holders die.
	maxLossesKept = 8
	// maxMoves bounds how often one attempt of a task may be passed on; then its owner takes it back. Loot spreads as a
	// tree, so honest swarms stay at a few dozen.
	maxMoves = 1024
	// maxUnconfirmed bounds the moves that owners have not confirmed; a peer above it gives only its own tasks.
	maxUnconfirmed = 1 << 16
)

// Config sets up a [Machine]. Only Self is required; the zero value of everything else means its default.
type Config struct {
	// Self is this peer's ID.
	Self task.PeerID
	// Incarnation is this peer's start number. It must differ between any two starts with the same ID.
	Incarnation uint64
	// Seed makes the choice of victims repeatable: same seed and same events, same actions.
	Seed uint64
	// Tries is how many requests may fail before lifelines are placed. More find work sooner in a busy swarm and cost
	// more messages in a quiet one.
	Tries int
	// RequestTimeout is how long a request may go unanswered before another peer is asked.
	RequestTimeout time.Duration
	// SmallSwarm is the number of other members up to which lifelines go to all of them.
	SmallSwarm int
	// MaxLootTasks bounds the tasks in one reply.
	MaxLootTasks int
	// MaxLootBytes bounds the encoded tasks in one reply, given and accepted.
	MaxLootBytes int
}

// validate fills in the defaults and reports every problem at once.
func (c *Config) validate() error {
	var errs []error
	if c.Self == "" {
		errs = append(errs, errors.New("set Self to the peer's ID"))
	}
	if c.RequestTimeout < 0 {
		errs = append(errs, fmt.Errorf("request timeout %v is negative; leave it 0 for %v", c.RequestTimeout, DefaultRequestTimeout))
	}
	if c.RequestTimeout == 0 {
		c.RequestTimeout = DefaultRequestTimeout
	}
	for _, n := range []struct {
		value    *int
		fallback int
		name     string
	}{
		{&c.Tries, DefaultTries, "tries"},
		{&c.SmallSwarm, DefaultSmallSwarm, "small swarm"},
		{&c.MaxLootTasks, DefaultMaxLootTasks, "max loot tasks"},
		{&c.MaxLootBytes, DefaultMaxLootBytes, "max loot bytes"},
	} {
		if *n.value < 0 {
			errs = append(errs, fmt.Errorf("%s %d is negative; leave it 0 for %d", n.name, *n.value, n.fallback))
		}
		if *n.value == 0 {
			*n.value = n.fallback
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("steal: config: %w", err)
	}
	return nil
}
