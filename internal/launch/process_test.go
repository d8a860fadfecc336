//go:build unix

package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childVar makes the test binary the started process; its value says what that does.
const childVar = "SCOOPP2P_LAUNCH_TEST"

// patience bounds every wait of these tests.
const patience = 10 * time.Second

func TestMain(m *testing.M) {
	if what := os.Getenv(childVar); what != "" {
		childMain(what)
		return
	}
	goleak.VerifyTestMain(m)
}

func childMain(what string) {
	if what == "silent" {
		os.Exit(4)
	}
	child, ok, err := FromEnv()
	if !ok || err != nil {
		fmt.Println("no launcher:", err)
		os.Exit(1)
	}
	_, twice, err := FromEnv()
	fmt.Println(os.Getenv(EnvVar), twice, err)
	switch what {
	case "echo":
		spec := child.Spec()
		_ = child.Send(Ready{PeerID: "me", Addrs: spec.Listen})
		for m := range child.Messages() {
			switch m := m.(type) {
			case Interrupt:
				_ = child.Send(Lost{PeerID: "other", Rerun: m.N})
			case Leave:
				_ = child.Send(Stats{Executed: 1})
				_ = child.Close()
				os.Exit(0)
			}
		}
		os.Exit(9)
	case "hold":
		<-child.Orphaned()
		os.Exit(9)
	case "flood": // the launcher reads none of it
		var err error
		for err == nil {
			err = child.Send(Fatal{Msg: strings.Repeat("x", maxTextBytes)})
		}
		fmt.Println(err)
		os.Exit(0)
	}
}

func begin(t *testing.T, what string) (*Process, *os.File) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	p, err := Start(ctx, Command{
		Path: os.Args[0], Args: []string{"child"}, Env: append(os.Environ(), childVar+"="+what, EnvVar+"=9:9:9"),
		Stdout: in, Stderr: os.Stderr, Group: true, Spec: testSpec(),
	})
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	t.Cleanup(p.Close)
	return p, out
}

func next(t *testing.T, p *Process) Event {
	t.Helper()
	select {
	case e := <-p.Events():
		return e
	case <-time.After(patience):
		t.Fatal("no event")
		return nil
	}
}

func TestConversation(t *testing.T) {
	p, out := begin(t, "echo")
	if h, ok := next(t, p).(Hello); !ok || h.PID != p.PID() {
		t.Errorf("first event: %#v of pid %d", h, p.PID())
	}
	if r, ok := next(t, p).(Ready); !ok || len(r.Addrs) != 1 {
		t.Errorf("second event: %#v", r)
	}
	for n := 1; n <= 3; n++ {
		if err := p.Send(Interrupt{N: n}); err != nil {
			t.Fatal(err)
		}
		if e := next(t, p); e != (Lost{"other", n}) {
			t.Errorf("answer %d: %#v", n, e)
		}
	}
	if err := p.Send(Leave{}); err != nil {
		t.Fatal(err)
	}
	if e := next(t, p); e != (Stats{Executed: 1}) {
		t.Errorf("last word: %#v", e)
	}
	if e, more := <-p.Events(); more {
		t.Errorf("after the last word: %#v", e)
	}
	if !p.State().Success() {
		t.Errorf("ended with %v", p.State())
	}
	text, _ := io.ReadAll(out)
	if string(text) != " false <nil>\n" {
		t.Errorf("the second FromEnv: %q", text)
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal to an ended process: %v", err)
	}
}

func TestLifeline(t *testing.T) {
	p, _ := begin(t, "hold")
	next(t, p)
	p.Hangup()
	if code := p.State().ExitCode(); code != 9 {
		t.Errorf("the process ended with %v, want its own exit 9", p.State())
	}
}

func TestSilentProgram(t *testing.T) {
	p, _ := begin(t, "silent")
	if e, more := <-p.Events(); more {
		t.Errorf("event %#v of a program that is not ours", e)
	}
	if p.State().ExitCode() != 4 {
		t.Errorf("ended with %v", p.State())
	}
}

// TestChildNeverHangs: a launcher that is stopped or has other things to do must not stop its processes.
func TestChildNeverHangs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes sendTimeout")
	}
	p, out := begin(t, "flood")
	text, err := io.ReadAll(out)
	if err != nil || !strings.Contains(string(text), ErrStalled.Error()) {
		t.Errorf("the flood ended with %q, %v", text, err)
	}
	if !p.State().Success() {
		t.Errorf("ended with %v", p.State())
	}
}

func TestContextKills(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p, err := Start(ctx, Command{Path: "/bin/sh", Args: []string{"sh", "-c", "sleep 1000; true"}, Group: true, Spec: testSpec()})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	cancel()
	if ws := p.State().Sys().(syscall.WaitStatus); ws.Signal() != syscall.SIGKILL {
		t.Errorf("ended with %v", p.State())
	}
}

func TestStartFails(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := Start(t.Context(), Command{Path: missing, Spec: testSpec()}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Start(t.Context(), Command{Path: os.Args[0]}); err == nil {
		t.Error("an empty spec was accepted")
	}
}

func TestFromEnvRefuses(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, value := range []string{
		"3", "1:2", "a:b:c", "2:3:4", "1:-3:4", "1:99999:4",
		fmt.Sprintf("1:%d:%d", file.Fd(), file.Fd()), // not a pipe
	} {
		t.Setenv(EnvVar, value)
		if _, ok, err := FromEnv(); ok || err == nil {
			t.Errorf("%s=%s: %v, %v", EnvVar, value, ok, err)
		}
		if os.Getenv(EnvVar) != "" {
			t.Errorf("%s=%s is still set", EnvVar, value)
		}
	}
	if _, ok, err := FromEnv(); ok || err != nil {
		t.Errorf("without a launcher: %v, %v", ok, err)
	}
}

// TestFromEnvTwice: of two programs below one launcher the second runs alone; without a launcher there is none.
func TestFromEnvTwice(t *testing.T) {
	for _, alive := range []bool{true, false} {
		down, downW, _ := os.Pipe()
		upR, up, _ := os.Pipe()
		t.Setenv(EnvVar, formatPipes(dup(t, down), dup(t, up)))
		if !alive {
			downW.Close()
		}
		_, ok, err := FromEnv()
		if ok || alive && err != nil || !alive && !errors.Is(err, ErrOrphaned) {
			t.Errorf("launcher alive: %v; got %v, %v", alive, ok, err)
		}
		for _, f := range []*os.File{down, downW, upR, up} {
			f.Close()
		}
	}
}

// dup makes a descriptor that nobody else will close.
func dup(t *testing.T, f *os.File) uintptr {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return uintptr(fd)
}
