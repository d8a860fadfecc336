//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The launcher and the program of the end-to-end tests, built once.
var launcherPath, probePath string

// patience bounds every wait of the end-to-end tests.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "launcher-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	launcherPath, probePath = filepath.Join(dir, "scoopp2p"), filepath.Join(dir, "probe")
	for path, pkg := range map[string]string{launcherPath: ".", probePath: "./testdata/probe"} {
		if out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
	}
	return m.Run()
}

// running is a launcher under test. Its output pipes are inherited by everything below it, so that the end of both
// proves that no process is left.
type running struct {
	t        *testing.T
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	out, err *bufio.Reader
}

func start(t *testing.T, env []string, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: exec.Command(launcherPath, args...)}
	r.cmd.Env = append(os.Environ(), env...)
	// A session of its own: no terminal, whoever runs the tests, and a group to clean up if a test fails.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var err error
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	var outW, errW *os.File
	r.out, outW = inherited(t)
	r.err, errW = inherited(t)
	r.cmd.Stdout, r.cmd.Stderr = outW, errW
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	outW.Close()
	errW.Close()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	return r
}

func inherited(t *testing.T) (*bufio.Reader, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return bufio.NewReader(r), w
}

// expect reads lines until one begins with the prefix, and returns what follows it.
func (r *running) expect(from *bufio.Reader, prefix string) string {
	r.t.Helper()
	var seen strings.Builder
	for {
		line, err := from.ReadString('\n')
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest)
		}
		if err != nil {
			r.t.Fatalf("no line with %q (%v) after:\n%s%s", prefix, err, seen.String(), line)
		}
		seen.WriteString(line)
	}
}

// workers waits until ranks 1 to n serve and returns their process IDs by rank.
func (r *running) workers(n int) []int {
	r.t.Helper()
	pids := make([]int, n+1)
	for range n {
		var rank, pid int
		if _, err := fmt.Sscan(r.expect(r.out, "worker "), &rank, &pid); err != nil || rank < 1 || rank > n {
			r.t.Fatalf("worker %d of %d: %v", rank, n, err)
		}
		pids[rank] = pid
	}
	return pids
}

func (r *running) line() {
	r.t.Helper()
	if _, err := r.stdin.Write([]byte("\n")); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) signal(sig syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		r.t.Fatal(err)
	}
}

// wait returns the rest of both outputs, which ends when the last process has, and the exit code (-1 for a signal).
func (r *running) wait() (out, errs string, code int) {
	r.t.Helper()
	rest := func(from *bufio.Reader) string {
		text, err := io.ReadAll(from)
		if err != nil {
			r.t.Fatalf("a process holds our output: %v", err)
		}
		return string(text)
	}
	out, errs = rest(r.out), rest(r.err)
	_ = r.cmd.Wait()
	return out, errs, r.cmd.ProcessState.ExitCode()
}

// launcher runs to the end.
func launcher(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	r := start(t, nil, args...)
	r.stdin.Close()
	return r.wait()
}

// eventually polls what no pipe can tell.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !done() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("not in %s: %s", patience, what)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		step string
		code int
		errs string
	}{
		{"exit=0", 0, ""},
		{"exit=3", 3, ""},
		{"exit=255", 255, ""},
		{"kill=9", 137, "was ended by signal 9 (killed)"},
		{"kill=15", 143, "was ended by signal 15 (terminated)"},
	} {
		for _, args := range [][]string{{"-n", "2"}, {"-n", "2", "--workers-per-peer", "1"}} {
			_, errs, code := launcher(t, append(args, probePath, "ready", tc.step)...)
			if code != tc.code || !strings.Contains(errs, tc.errs) || (tc.errs == "") != (errs == "") {
				t.Errorf("%v %s: exit code %d, stderr %q", args, tc.step, code, errs)
			}
		}
	}
}

func TestStreamsPassUntouched(t *testing.T) {
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(i * i >> 8)
	}
	r := start(t, nil, "-n", "3", "--workers-per-peer", "1", "--", probePath, "stderr=\xff\x1b[ no newline", "cat", "ready")
	go func() {
		_, _ = r.stdin.Write(data)
		r.stdin.Close()
	}()
	got := make([]byte, len(data))
	if _, err := io.ReadFull(r.out, got); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the output differs from the input (%v)", err)
	}
	_, errs, code := r.wait()
	if errs != "\xff\x1b[ no newline" || code != 0 {
		t.Errorf("stderr %q, exit code %d", errs, code)
	}
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("no program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args string
		code int
	}{
		{"--wokers 2 " + probePath, exitUsage},
		{"-n 0 " + probePath, exitUsage},
		{"-n -1 " + probePath, exitUsage},
		{"", exitUsage},
		{"./no/such/program", exitNotFound},
		{dir, exitCannotRun},
		{broken, exitCannotRun},
		{"--key " + broken + " " + probePath, exitFailed},
		{probePath + " fatal=no_route;_try:_another", exitFailed},
		{"--serve --bootstrap " + someAddr + " /bin/true", exitFailed},
	} {
		out, errs, code := launcher(t, strings.Fields(tc.args)...)
		if code != tc.code || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "scoopp2p: ") || !strings.Contains(errs, "try:") || out != "" {
			t.Errorf("scoopp2p %s: exit code %d, want %d; stdout %q, stderr:\n%s", tc.args, code, tc.code, out, errs)
		}
	}
}
