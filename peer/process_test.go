package peer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/peer"
)

// Two peers with different programs need two processes: the functions are global to one. So the test binary runs itself,
// with a role in the environment.
const (
	roleVar      = "SCOOPP2P_PEER_TEST_ROLE"
	bootstrapVar = "SCOOPP2P_PEER_TEST_BOOTSTRAP"
)

// play is the main function of such a process: a peer that serves until its standard input ends.
func play(role string) int {
	switch role {
	case "handles": // Remote, and nothing else
		Remote.Handle(remote)
	case "differs": // another type under one name
		Remote.Handle(remote)
		f := task.Functions.Lookup(Differs.Name())
		f.Signature = "func(int64) string" // two declarations under one name would be refused in this process
		Differs.Handle(func(context.Context, int) (string, error) { return "wrong", nil })
	case "nothing":
	}
	p, err := futures.Start(context.Background(), peer.Config{
		Workers: 1, Listen: []string{loopback}, Bootstrap: strings.Fields(os.Getenv(bootstrapVar)), Secret: secret,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready", p.ID())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := p.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func remote(_ context.Context, s string) (string, error) {
	if s == "fail" {
		return "", errors.New("remote failed")
	}
	return fmt.Sprintf("%s from %d", s, os.Getpid()), nil
}

// process is a peer in a process of its own.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	id    string
	said  *record
}

// spawn starts a process with a role, joined to the first peer of the cluster.
func (c *cluster) spawn(role string) *process {
	c.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(c.ctx, exe), said: new(record)}
	p.cmd.Env = append(os.Environ(), roleVar+"="+role, bootstrapVar+"="+strings.Join(c.nodes[0].Addrs(), " "))
	p.cmd.Stderr = p.said
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	before := c.nodes[0].Members()
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(p.end)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if _, scanErr := fmt.Sscanf(line, "ready %s", &p.id); err != nil || scanErr != nil {
		c.t.Fatalf("the %q process said %q (%v): %s", role, line, err, p.said)
	}
	eventually(c.t, "the process is a member", func() bool { return c.nodes[0].Members() == before+1 })
	return p
}

// end asks the process to close its peer and waits for its end.
func (p *process) end() {
	_ = p.stdin.Close()
	_ = p.cmd.Wait()
}

// TestSubmitOnly: a peer gets work done that it could not do itself, by whoever can.
func TestSubmitOnly(t *testing.T) {
	c := start(t, 1, 1)
	if _, err := futures.Submit(c.from(0), Remote, "nobody").Result(c.ctx); !errors.Is(err, futures.ErrNotHandled) {
		t.Fatalf("without a peer that handles it: %v", err)
	}
	executor := c.spawn("handles")
	want := fmt.Sprintf("hello from %d", executor.cmd.Process.Pid)
	var fs []futures.Future[string]
	for range 20 {
		fs = append(fs, futures.Submit(c.from(0), Remote, "hello"))
	}
	for i, f := range fs {
		if got, err := f.Result(c.ctx); got != want || err != nil {
			t.Fatalf("future %d: %q, %v", i, got, err)
		}
	}
	_, err := futures.Submit(c.from(0), Remote, "fail").Result(c.ctx)
	if e, ok := errors.AsType[*futures.RemoteError](err); !ok || e.Executor != executor.id || e.Func != Remote.Name() || e.Msg != "remote failed" {
		t.Errorf("a failure there: %v", err)
	}
	inputs := func(yield func(string) bool) {
		for range 100 {
			if !yield("hello") {
				return
			}
		}
	}
	n := 0
	for got, err := range futures.Map(c.from(0), Remote, inputs) {
		if n++; err != nil || got != want {
			t.Fatalf("item %d of the map: %q, %v", n, got, err)
		}
	}
	if n != 100 {
		t.Errorf("%d results of 100 inputs", n)
	}
}

// TestSubmitOnlyInTask: a task that waits for what it cannot run itself does not run it in place. A peer that can run
// nothing asks first, and stands in nobody's way.
func TestSubmitOnlyInTask(t *testing.T) {
	c := start(t, 1, 1)
	c.spawn("nothing")
	executor := c.spawn("handles")
	want := fmt.Sprintf("hello from %d", executor.cmd.Process.Pid)
	c.run(0, func(ctx context.Context) error {
		for i := range 20 {
			if got, err := futures.Submit(ctx, Remote, "hello").Result(ctx); got != want || err != nil {
				return fmt.Errorf("future %d: %q, %w", i, got, err)
			}
		}
		return nil
	})
}

// TestLastExecutorLeaves: what only a lost peer could run fails, and does not wait for ever.
func TestLastExecutorLeaves(t *testing.T) {
	c := start(t, 1, 1)
	executor := c.spawn("handles")
	if err := executor.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var fs []futures.Future[string]
	for range 4 { // before, or after, the loss is noticed
		fs = append(fs, futures.Submit(c.from(0), Remote, "hello"))
	}
	for _, f := range fs {
		if _, err := f.Result(c.ctx); err != nil && !errors.Is(err, futures.ErrNotHandled) {
			t.Error(err)
		}
	}
}

// TestSignatureDiffers: the warning names both signatures, and the tasks stay away from the other program.
func TestSignatureDiffers(t *testing.T) {
	c := start(t, 1, 1)
	other := c.spawn("differs")
	warnings := c.nodes[0].log.lines("level=WARN", other.id, Differs.Name(), "func(int64) string", "func(int) string")
	if len(warnings) != 1 {
		t.Errorf("%d warnings:\n%s", len(warnings), c.nodes[0].log)
	}
	eventually(t, "the other warns too", func() bool {
		return len(other.said.lines("level=WARN", c.nodes[0].ID(), Differs.Name(), "func(int64) string", "func(int) string")) == 1
	})
	// The other peer is idle, and ours is busy: it would be given them if it could be.
	release := c.occupy(0)
	var fs []futures.Future[string]
	for i := range 8 {
		fs = append(fs, futures.Submit(c.from(0), Differs, i))
	}
	if got, err := futures.Submit(c.from(0), Remote, "hello").Result(c.ctx); err != nil { // it has been given something
		t.Errorf("%q, %v", got, err)
	}
	for i, f := range fs {
		if s := f.State(); s != futures.StatePending {
			t.Errorf("task %d is %v while its peer is busy", i, s)
		}
	}
	release()
	for i, f := range fs {
		if got, err := f.Result(c.ctx); got != fmt.Sprint(i) || err != nil {
			t.Errorf("%d: %q, %v", i, got, err)
		}
	}
	if n := c.nodes[0].Stats().Lent; n != 1 {
		t.Errorf("%d tasks lent, want the one that both agree on", n)
	}
}
