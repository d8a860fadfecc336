package peer_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
	"github.com/scoopp2p/scoopp2p/rpc"
)

// stranger is a valid peer ID that nobody has.
const stranger = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"

func TestConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  peer.Config
		want []string // in the error; none: no error
	}{
		"zero":                {},
		"many workers":        {cfg: peer.Config{Workers: 4096}},
		"too many workers":    {peer.Config{Workers: 4097}, []string{"4097 workers", "1 to 4096"}},
		"negative workers":    {peer.Config{Workers: -1}, []string{"-1 workers", "1 to 4096"}},
		"negative grace":      {peer.Config{Grace: -time.Second}, []string{"grace", "-1s"}},
		"loopback":            {cfg: peer.Config{Listen: []string{loopback, "/ip4/127.9.9.9/tcp/0", "/ip6/::1/tcp/0"}}},
		"no multiaddr":        {peer.Config{Listen: []string{"127.0.0.1:0"}}, []string{`"127.0.0.1:0"`, "should look like /ip4/127.0.0.1/tcp/0"}},
		"open and no secret":  {peer.Config{Listen: []string{"/ip4/0.0.0.0/tcp/0"}}, []string{"/ip4/0.0.0.0/tcp/0", "no secret", "Config.Secret"}},
		"open6 and no secret": {peer.Config{Listen: []string{"/ip6/::/tcp/0"}}, []string{"/ip6/::/tcp/0", "no secret"}},
		"name and no secret":  {peer.Config{Listen: []string{"/dns4/localhost/tcp/0"}}, []string{"no secret"}},
		"open with secret":    {cfg: peer.Config{Listen: []string{"/ip4/0.0.0.0/tcp/0"}, Secret: secret}},
		"no bootstrap":        {peer.Config{Bootstrap: []string{"somewhere"}}, []string{`"somewhere"`, "/p2p/"}},
		"bootstrap to whom":   {peer.Config{Bootstrap: []string{"/ip4/127.0.0.1/tcp/4001"}}, []string{"/ip4/127.0.0.1/tcp/4001", "/p2p/"}},
		"all at once": {
			peer.Config{Workers: -7, Listen: []string{"x", "/ip4/10.0.0.1/tcp/0"}, Bootstrap: []string{"y"}},
			[]string{"-7 workers", `"x"`, "/ip4/10.0.0.1/tcp/0", `"y"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.cfg.Check()
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("error %v, want one with %q", err, tc.want)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %v", want, err)
				}
			}
			if err == nil {
				return
			}
			if p, err := peer.Start(context.Background(), tc.cfg); err == nil {
				t.Errorf("it starts: %v", p.Close())
			}
		})
	}
}

// sockets are this process's open ones.
func sockets(t *testing.T) map[string]bool {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	open := make(map[string]bool)
	for _, f := range files {
		if target, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.HasPrefix(target, "socket:") {
			open[target] = true
		}
	}
	return open
}

// TestAlone: the zero Config is a peer without a network.
func TestAlone(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	before := sockets(t)
	p, err := peer.Start(context.Background(), peer.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if p.HasHost() || p.ID() != "" || len(p.Addrs()) != 0 || p.Gone(stranger) {
		t.Errorf("ID %q, addresses %v", p.ID(), p.Addrs())
	}
	if now := sockets(t); len(now) != len(before) {
		t.Errorf("%d sockets, before %d", len(now), len(before))
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if strings.Contains(string(stacks), "libp2p") {
		t.Errorf("libp2p runs:\n%s", stacks)
	}
	err = p.Run(context.Background(), func(ctx context.Context) error {
		if got, err := futures.Submit(ctx, Fib, 15).Result(ctx); got != 610 || err != nil {
			t.Errorf("fib(15) = %d, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if s := p.Stats(); s.Executed == 0 || s.Workers < 1 || s.PID != os.Getpid() || !strings.HasSuffix(s.Name, "/"+strconv.Itoa(s.PID)) {
		t.Errorf("%+v", s)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestWrongSecret(t *testing.T) {
	c := start(t, 1, 1)
	begin := time.Now()
	_, err := c.start(peer.Config{Bootstrap: c.nodes[0].Addrs(), Secret: []byte("not the key of this job at all...")})
	if !errors.Is(err, peer.ErrUnreachable) || !errors.Is(err, rpc.ErrSecret) {
		t.Errorf("it is told %v", err)
	} else if !strings.Contains(err.Error(), "job key") || !strings.Contains(err.Error(), c.nodes[0].Addrs()[0]) {
		t.Errorf("the text does not help: %v", err)
	}
	if took := time.Since(begin); took > soon {
		t.Errorf("to be refused took %v", took)
	}
	if c.nodes[0].Members() != 0 {
		t.Error("the stranger is a member")
	}
}

func TestUnreachable(t *testing.T) {
	c := start(t, 1, 1)
	closed, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := multiaddr(closed)
	_ = closed.Close()
	silent, err := net.Listen("tcp4", "127.0.0.1:0") // the kernel takes the connection, and nobody says anything
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, addrs := range map[string][]string{
		"closed port": {nobody}, "silence": {multiaddr(silent)}, "both": {nobody, multiaddr(silent)},
		"somebody else": {strings.Replace(c.nodes[0].Addrs()[0], c.nodes[0].ID(), stranger, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(c.ctx, 300*time.Millisecond)
			defer cancel()
			begin := time.Now()
			p, err := peer.Start(ctx, peer.Config{Workers: 1, Bootstrap: addrs, Secret: secret})
			if err == nil {
				t.Fatalf("it has joined: %v", p.Close())
			}
			if !errors.Is(err, peer.ErrUnreachable) {
				t.Error(err)
			}
			for _, a := range addrs {
				if !strings.Contains(err.Error(), a) {
					t.Errorf("%s is not in %v", a, err)
				}
			}
			if took := time.Since(begin); took > soon {
				t.Errorf("it took %v", took)
			}
		})
	}
	t.Run("one of two", func(t *testing.T) {
		n := c.add(peer.Config{Workers: 1, Bootstrap: append(c.nodes[0].Addrs(), nobody)})
		if warnings := n.log.lines("level=WARN", nobody); len(warnings) != 1 {
			t.Errorf("%d warnings:\n%s", len(warnings), n.log)
		}
	})
}

// multiaddr is where a stranger would be.
func multiaddr(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "/ip4/127.0.0.1/tcp/" + port + "/p2p/" + stranger
}

func TestPortTaken(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := strings.TrimSuffix(multiaddr(taken), "/p2p/"+stranger)
	p, err := peer.Start(context.Background(), peer.Config{Workers: 1, Listen: []string{addr}})
	if err == nil {
		t.Fatalf("it listens on %v: %v", p.Addrs(), p.Close())
	}
	if !strings.Contains(err.Error(), addr) {
		t.Errorf("%s is not in %v", addr, err)
	}
}

// TestGarbage: whoever sends what does not decode is cut off, and the others work on.
func TestGarbage(t *testing.T) {
	for kind := range peer.CustodyKinds {
		c := start(t, 3, 1)
		if err := c.nodes[2].SendGarbage(c.nodes[0].Peer, kind); err != nil {
			t.Fatal(err)
		}
		c.lost(0, 2)
		c.run(0, func(ctx context.Context) error {
			_, err := futures.Submit(ctx, Fib, 12).Result(ctx)
			return err
		})
		c.close(func() {}, goleak.IgnoreCurrent())
		c.nodes = nil
	}
}
