//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// These tests run real programs of futures under the real launcher: the examples, and testdata/job.

// prompt is how soon after its cause something must have happened that should be at once. A loaded machine needs some of it.
const prompt = 2 * time.Second

// four are the flags for four processes of one worker each.
var four = []string{"-v", "-n", "4", "--workers-per-peer", "1"}

// programs are built once, beside the launcher, whose directory goes when all tests are over.
var programs struct {
	sync.Once
	dir string
	err error
}

// builtProgram returns the path of an example, or of the program "job".
func builtProgram(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds two dozen programs")
	}
	programs.Do(func() {
		programs.dir = filepath.Join(filepath.Dir(launcherPath), "programs") + string(filepath.Separator)
		// Without symbol tables linking takes half the time; stacks still have their names.
		out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", programs.dir, "../../examples/...", "./testdata/job").CombinedOutput()
		if err != nil {
			programs.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if programs.err != nil {
		t.Fatal(programs.err)
	}
	return programs.dir + name
}

// marked is a launcher under test, with a mark in its environment that all processes below it inherit.
type marked struct {
	*running
	mark string
}

// marks makes them different.
var marks struct {
	sync.Mutex
	n int
}

func startMarked(t *testing.T, env []string, args ...string) *marked {
	t.Helper()
	marks.Lock()
	marks.n++
	mark := fmt.Sprintf("SCOOPP2P_TEST_MARK=%d.%d", os.Getpid(), marks.n)
	marks.Unlock()
	return &marked{start(t, append(env, mark), args...), mark}
}

// left are the processes with the mark.
func (m *marked) left() []int {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	var pids []int
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ") // empty for a zombie
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if err == nil && slices.ContainsFunc(bytes.Split(env, []byte{0}), func(v []byte) bool { return string(v) == m.mark }) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// finish waits for the end, and sees that nothing is left.
func (m *marked) finish() (out, errs string, code int) {
	m.t.Helper()
	out, errs, code = m.wait()
	if left := m.left(); len(left) != 0 {
		m.t.Errorf("processes %v are left", left)
	}
	return out, errs, code
}

// ready waits until all four processes are peers and returns their process IDs by rank.
func (m *marked) ready() []int {
	m.t.Helper()
	pids := make([]int, 4)
	for readies := 0; readies < 4; {
		var rank, pid int
		line := m.expect(m.err, "scoopp2p: peer ")
		if _, err := fmt.Sscanf(line, "%d started (pid %d,", &rank, &pid); err == nil {
			pids[rank] = pid
		} else if regexp.MustCompile(`^\d+ ready: `).MatchString(line) {
			readies++
		}
	}
	return pids
}

// busy waits until a process has computed for a while.
func busy(t *testing.T, pid int) {
	t.Helper()
	const ticks = 10 // of 10 ms
	eventually(t, fmt.Sprintf("process %d computes", pid), func() bool {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 12 {
			return false
		}
		user, _ := strconv.Atoi(fields[11])
		return user >= ticks
	})
}

// exampleRuns are short runs of all programs under examples.
var exampleRuns = []string{
	"callback -unit 10ms", "conditional", "constants", "dfs -rows 3 -cols 7", "except", "except -fail", "fulltree -n 8", "funcs",
	"mapascompleted", "mapdoc", "mapreduce -work 1ms -lists 50", "mapscan", "nqueens -n 8", "object",
	"onemax -individuals 30 -generations 3", "pi -tasks 300", "recurse", "rss", "sorting -n 1000",
	"sortnet -individuals 30 -generations 3", "summultiples -below 10000", "tree -mean 1000", "treetraversal -nodes 1000",
	"uts -tree tiny",
}

// TestExamples: on four processes every program prints what it prints alone, and exits with the same code.
func TestExamples(t *testing.T) {
	dirs, err := filepath.Glob("../../examples/*/main.go")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%d examples (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		name := filepath.Base(filepath.Dir(dir))
		if !slices.ContainsFunc(exampleRuns, func(e string) bool { return strings.Fields(e)[0] == name }) {
			t.Errorf("no run of %s", name)
		}
	}
	started := regexp.MustCompile(`(?m)^scoopp2p: peer \d started \(pid \d+, 1 workers\)$`)
	for _, e := range exampleRuns {
		t.Run(e, func(t *testing.T) {
			args := strings.Fields(e)
			args[0] = builtProgram(t, args[0])
			alone := exec.Command(args[0], args[1:]...)
			want, _ := alone.Output()
			m := startMarked(t, nil, append(slices.Clone(four), args...)...)
			m.stdin.Close()
			out, errs, code := m.finish()
			if code != alone.ProcessState.ExitCode() || sorted(out) != sorted(string(want)) {
				t.Errorf("exit code %d, alone %d; printed\n%s\nalone\n%s\nstandard error\n%s", code, alone.ProcessState.ExitCode(), out, want, errs)
			}
			if n := len(started.FindAllString(errs, -1)); n != 4 {
				t.Errorf("%d processes:\n%s", n, errs)
			}
		})
	}
}

// sorted sorts the lines: what is printed in the order of completion comes in another each time.
func sorted(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// longTree takes most of a second, on one core or on two: long against all that the tests do meanwhile.
var longTree = []string{"-tree", "T1"}

// again finds, in the lines about losses, how many tasks were run again.
var again = regexp.MustCompile(`was lost \(([^)]*)\); (\d+) (?:more )?tasks? (?:was|were) run again`)

// rerun adds up the losses.
func rerun(t *testing.T, errs string) (tasks int) {
	t.Helper()
	for _, m := range again.FindAllStringSubmatch(errs, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Error(err)
		}
		tasks += n
	}
	return tasks
}

// TestKilledPeer: the answer is the same, and the loss is told.
func TestKilledPeer(t *testing.T) {
	m := startMarked(t, nil, append(slices.Clone(four), append([]string{builtProgram(t, "uts")}, longTree...)...)...)
	pids := m.ready()
	for _, pid := range pids {
		busy(t, pid)
	}
	for _, rank := range []int{2, 1} {
		if err := syscall.Kill(pids[rank], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, code := m.finish()
	if code != 0 || !strings.Contains(out, "as published") {
		t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, errs)
	}
	for _, rank := range []int{1, 2} {
		line := regexp.MustCompile(fmt.Sprintf(`peer %d \([^,]*, pid %d\) was lost \(signal: killed\); \d+ tasks? w`, rank, pids[rank]))
		if !line.MatchString(errs) {
			t.Errorf("nothing of the loss of peer %d:\n%s", rank, errs)
		}
	}
	if rerun(t, errs) == 0 {
		t.Errorf("no task was run again:\n%s", errs)
	}
}

// stoppedFor is shorter than what the network takes for the death of a peer.
const stoppedFor = 300 * time.Millisecond

// TestStoppedPeer: a peer that is stopped and goes on later does no harm.
func TestStoppedPeer(t *testing.T) {
	m := startMarked(t, nil, append(slices.Clone(four), append([]string{builtProgram(t, "uts")}, longTree...)...)...)
	pids := m.ready()
	busy(t, pids[3])
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := syscall.Kill(pids[3], sig); err != nil {
			t.Fatal(err)
		}
		<-time.After(stoppedFor) // the others may run out of work meanwhile: what the stopped one has, it keeps
	}
	if out, errs, code := m.finish(); code != 0 || !strings.Contains(out, "as published") {
		t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, errs)
	}
}

// TestKilledLauncher: nothing is left soon after.
func TestKilledLauncher(t *testing.T) {
	m := startMarked(t, nil, append(slices.Clone(four), builtProgram(t, "job"), "hang")...)
	for _, pid := range m.ready() {
		if err := syscall.Kill(pid, 0); err != nil {
			t.Errorf("process %d: %v", pid, err)
		}
	}
	m.expect(m.out, "hanging ")
	if n := len(m.left()); n < 5 {
		t.Errorf("%d processes, want the launcher and four", n)
	}
	begin := time.Now()
	m.signal(syscall.SIGKILL)
	m.wait()
	eventually(t, "nothing is left", func() bool { return len(m.left()) == 0 })
	if took := time.Since(begin); took > prompt {
		t.Errorf("it took %v", took)
	}
}

// TestInterruptedProgram: one Ctrl-C ends a program whose functions heed their contexts.
func TestInterruptedProgram(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 130} {
		t.Run(sig.String(), func(t *testing.T) {
			m := startMarked(t, nil, append(slices.Clone(four), builtProgram(t, "job"), "hang")...)
			m.ready()
			m.expect(m.out, "hanging ")
			begin := time.Now()
			m.signal(sig)
			_, errs, got := m.finish()
			if got != code || !strings.Contains(errs, "job: interrupted\n") {
				t.Errorf("exit code %d, want %d, stderr:\n%s", got, code, errs)
			}
			if took := time.Since(begin); took > prompt {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestTwoLaunchers: two jobs share the processes of both; each gets its own answer. (Both have the same arguments: what a
// task reads from the command line, it reads where it runs.)
func TestTwoLaunchers(t *testing.T) {
	uts, config := builtProgram(t, "uts"), t.TempDir()
	env := []string{"XDG_CONFIG_HOME=" + config, "HOME=" + config}
	two := []string{"-v", "-n", "2", "--workers-per-peer", "1"}
	first := startMarked(t, env, append(append(slices.Clone(two), "--listen", "/ip4/127.0.0.1/tcp/0", uts), longTree...)...)
	addr, _, _ := strings.Cut(first.expect(first.err, "scoopp2p: listening on "), " ")
	second := startMarked(t, env, append(append(slices.Clone(two), "--bootstrap", addr, uts), longTree...)...)
	joined := regexp.MustCompile(`peer (\S+) joined`)
	ready := regexp.MustCompile(`peer \d ready: (\S+)`)
	out, errs, code := second.finish()
	if code != 0 || !strings.Contains(out, "as published") {
		t.Errorf("the second: exit code %d, stdout %q, stderr:\n%s", code, out, errs)
	}
	firstOut, firstErrs, firstCode := first.finish()
	if firstCode != 0 || !strings.Contains(firstOut, "as published") {
		t.Errorf("the first: exit code %d, stdout %q, stderr:\n%s", firstCode, firstOut, firstErrs)
	}
	for _, tc := range []struct{ name, sees, of string }{{"first", firstErrs, errs}, {"second", errs, "scoopp2p: peer 0 ready: " + addr[strings.LastIndexByte(addr, '/')+1:]}} {
		var seen []string
		for _, m := range joined.FindAllStringSubmatch(tc.sees, -1) {
			seen = append(seen, m[1])
		}
		for _, m := range ready.FindAllStringSubmatch(tc.of, -1) {
			if !slices.Contains(seen, shortID(m[1])) {
				t.Errorf("the %s launcher does not tell of %s:\n%s", tc.name, m[1], tc.sees)
			}
		}
	}
}

// TestServing: a launcher that only serves gives its workers to the job of another, and ends with its own Ctrl-C.
func TestServing(t *testing.T) {
	job, config := builtProgram(t, "job"), t.TempDir()
	env := []string{"XDG_CONFIG_HOME=" + config, "HOME=" + config}
	first := startMarked(t, env, "-v", "-n", "1", "--listen", "/ip4/127.0.0.1/tcp/0", job, "error")
	addr, _, _ := strings.Cut(first.expect(first.err, "scoopp2p: listening on "), " ")
	second := startMarked(t, env, "-v", "-n", "1", "--serve", "--bootstrap", addr, job, "fine")
	if _, errs, code := first.finish(); code != 1 || !strings.Contains(errs, "job: fail on peer ") {
		t.Errorf("exit code %d, stderr:\n%s", code, errs)
	}
	second.signal(syscall.SIGINT)
	if out, errs, code := second.finish(); code != 0 || out != "" {
		t.Errorf("the server: exit code %d, stdout %q, stderr:\n%s", code, out, errs)
	}
}

// TestDifferingPrograms: both sides are warned, and the job is right nevertheless.
func TestDifferingPrograms(t *testing.T) {
	job, config := builtProgram(t, "job"), t.TempDir()
	env := []string{"XDG_CONFIG_HOME=" + config, "HOME=" + config}
	first := startMarked(t, env, "-n", "1", "--listen", "/ip4/127.0.0.1/tcp/0", job, "differ")
	addr, _, _ := strings.Cut(first.expect(first.err, "scoopp2p: listening on "), " ")
	second := startMarked(t, env, "-n", "1", "--serve", "--bootstrap", addr, job, "other")
	out, errs, code := first.finish()
	if code != 0 || out != "right 10000\n" {
		t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, errs)
	}
	second.signal(syscall.SIGINT)
	_, theirs, _ := second.finish()
	for name, text := range map[string]string{"first": errs, "second": theirs} {
		warned := 0
		for line := range strings.Lines(text) {
			if strings.Contains(line, `differs`) && strings.Contains(line, "func(int64) string") && strings.Contains(line, "func(int) string") {
				warned++
			}
		}
		if warned != 1 {
			t.Errorf("%d warnings of the %s:\n%s", warned, name, text)
		}
	}
}

// TestFailures: what goes wrong in a task, wherever it ran, is told by the origin in one line, and ends the program.
func TestFailures(t *testing.T) {
	const somePeer = ` on peer 12D3KooW\w+: `
	for _, tc := range []struct {
		mode string
		code int
		out  string
		line string // what the one line matches; more may follow the panics' lines: a stack
	}{
		{"fine", 0, "fine\n", ""},
		{"error", 1, "", `^job: fail` + somePeer + `it went wrong: a known error$`},
		{"known", 0, "known\n", ""},
		{"panic", 2, "", `^job: explode` + somePeer + `panic: boom$`},
		{"at home", 2, "", `^job: .*panicked: at home$`},
		{"mute", 1, "", `^job: mute` + somePeer + `result not encodable: .*chan int`},
		{"coded", 42, "", `^job: my own code$`},
		{"lines", 1, "", `^job: first; second$`},
		{"nobody", 1, "", `^job: .*"nobody".* not handled: call its Handle method`},
		{"twice", 2, "", `^scoopp2p: .*two functions are declared under the name "fail": func\(main\.away\) int.* and func\(int\) string`},
	} {
		t.Run(tc.mode, func(t *testing.T) {
			m := startMarked(t, nil, append(slices.Clone(four[1:]), builtProgram(t, "job"), tc.mode)...)
			first, readErr := m.err.ReadString('\n')
			begin := time.Now()
			out, errs, code := m.finish()
			if took := time.Since(begin); took > prompt {
				t.Errorf("the end took %v", took)
			}
			if code != tc.code || out != tc.out {
				t.Errorf("exit code %d, want %d; stdout %q, stderr:\n%s%s", code, tc.code, out, first, errs)
			}
			if tc.line == "" {
				if first != "" {
					t.Errorf("standard error has %q", first)
				}
				return
			}
			if readErr != nil || !regexp.MustCompile(tc.line).MatchString(strings.TrimSuffix(first, "\n")) {
				t.Errorf("the line is %q, want %q", first, tc.line)
			}
			if panics := strings.Contains(tc.line, "panic"); panics != strings.Contains(errs, "goroutine ") || !panics && errs != "" {
				t.Errorf("after the line:\n%s", errs)
			}
			if tc.mode == "panic" && !strings.Contains(errs, "main.handle.") {
				t.Errorf("the stack does not name the function:\n%s", errs)
			}
		})
	}
}

// TestDyingPeers: tasks that end their processes.
func TestDyingPeers(t *testing.T) {
	t.Run("run again", func(t *testing.T) {
		m := startMarked(t, nil, append(slices.Clone(four), builtProgram(t, "job"), "die")...)
		out, errs, code := m.finish()
		if code != 0 || out != "survived\n" || rerun(t, errs) == 0 || !strings.Contains(errs, "was lost (exit status 9)") {
			t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, errs)
		}
	})
	t.Run("at most once", func(t *testing.T) {
		m := startMarked(t, nil, append(slices.Clone(four), builtProgram(t, "job"), "once")...)
		out, errs, code := m.finish()
		if code != 1 || out != "" || !regexp.MustCompile(`(?m)^job: .*once.*: the peer that ran the task was lost$`).MatchString(errs) {
			t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, out, errs)
		}
	})
}

// TestWithoutLauncher: the same programs alone.
func TestWithoutLauncher(t *testing.T) {
	for mode, want := range map[string]struct {
		code int
		line string
	}{
		"fine":    {0, ""},
		"at home": {2, "job: run panicked: at home"},
		"coded":   {42, "job: my own code"},
		"nobody":  {1, `job: "nobody": the function is declared but not handled`},
		"twice":   {2, "job: futures: two functions are declared under the name"},
	} {
		t.Run(mode, func(t *testing.T) {
			cmd := exec.Command(builtProgram(t, "job"), mode)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != want.code || !strings.HasPrefix(errs.String(), want.line) {
				t.Errorf("exit code %d, stderr:\n%s", code, errs.String())
			}
		})
	}
	t.Run("interrupted", func(t *testing.T) {
		cmd := exec.Command(builtProgram(t, "job"), "hang")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit code %d", code)
		}
	})
}
