package peer

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	p2p "github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// Config is what a peer needs to know. The zero value works: all cores, no network.
type Config struct {
	// Workers is the number of tasks that run at a time; 0 means one per core that the process may use.
	Workers int
	// Listen are the multiaddrs to listen on, such as /ip4/127.0.0.1/tcp/0. Empty: the peer takes no connections.
	Listen []string
	// Bootstrap are multiaddrs, each ending in /p2p/ID, of peers to join. All are tried; one must answer. With neither
	// Listen nor Bootstrap the peer opens no port and starts no network.
	Bootstrap []string
	// Secret is the key that the peers of a job share. Peers without it are cut off. Empty admits everybody, and is
	// refused unless every Listen address is a loopback address.
	Secret []byte
	// Key is the identity of the peer; nil makes a new one.
	Key crypto.PrivKey
	// Seed seeds every random choice of the peer; 0 draws one. It is logged at level debug.
	Seed uint64
	// Grace is how long Close waits for functions that are running after their contexts were cancelled; 0 means 2 s.
	Grace time.Duration
	// Logger gets notes; nil drops them.
	Logger *slog.Logger
	// OnJoined and OnLost are told of peers that came, and of peers that were lost with the number of tasks that were
	// queued again for that reason. They must not block.
	OnJoined func(id string)
	OnLost   func(id string, rerun int)
}

// Limits.
const (
	// joinTimeout bounds the wait for one bootstrap peer.
	joinTimeout = 5 * time.Second
	// defaultGrace is the default of Config.Grace.
	defaultGrace = 2 * time.Second
	// maxWorkers bounds Config.Workers: more is a typing error.
	maxWorkers = 1 << 12
)

func (c Config) networked() bool { return len(c.Listen) > 0 || len(c.Bootstrap) > 0 }

// validate fills in the defaults and returns all problems together.
func (c *Config) validate() error {
	var errs []error
	if c.Workers == 0 {
		c.Workers = defaultWorkers()
	}
	if c.Workers < 0 || c.Workers > maxWorkers {
		errs = append(errs, fmt.Errorf("peer: %d workers; give a number from 1 to %d", c.Workers, maxWorkers))
	}
	for _, a := range c.Listen {
		if err := checkListen(a, len(c.Secret) > 0); err != nil {
			errs = append(errs, err)
		}
	}
	for _, a := range c.Bootstrap {
		if _, err := p2p.AddrInfoFromString(a); err != nil {
			errs = append(errs, fmt.Errorf("peer: bootstrap address %q: %w; it should look like /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW…", a, err))
		}
	}
	if c.Grace < 0 {
		errs = append(errs, fmt.Errorf("peer: the grace period is %v; leave it 0 for %v", c.Grace, defaultGrace))
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
	c.Logger.Debug("peer seed", "seed", c.Seed)
	return errors.Join(errs...)
}

// defaultWorkers is the number of Ps, less the one that futures.Main adds for the network.
func defaultWorkers() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }

func checkListen(text string, secret bool) error {
	addr, err := ma.NewMultiaddr(text)
	if err != nil {
		return fmt.Errorf("peer: listen address %q: %w; it should look like /ip4/127.0.0.1/tcp/0", text, err)
	}
	if !secret && !loopback(addr) {
		return fmt.Errorf("peer: %s can be reached by other machines and there is no secret; set Config.Secret or listen on /ip4/127.0.0.1", text)
	}
	return nil
}

func loopback(addr ma.Multiaddr) bool {
	for _, code := range []int{ma.P_IP4, ma.P_IP6} {
		if ip, err := addr.ValueForProtocol(code); err == nil {
			return ip == "::1" || len(ip) > 4 && ip[:4] == "127."
		}
	}
	return false
}
