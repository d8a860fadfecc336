//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSpecs(t *testing.T) {
	r := start(t, nil, "-n", "5", "--workers-per-peer", "2", probePath, "spec", "ready", "line")
	if got := r.expect(r.out, "rank 0 "); !strings.HasPrefix(got, "workers 2 peers 3 listen [/ip4/127.0.0.1/tcp/0] bootstrap [] key ") {
		t.Errorf("the origin's spec: %s", got)
	}
	counts := map[string]int{}
	for range 2 {
		f := strings.Fields(r.expect(r.out, "worker "))
		counts[f[0]+":"+f[2]]++
		if want := "/ip4/127.0.0.1/tcp/4711/p2p/12D3KooWprobe000000"; f[3] != want {
			t.Errorf("worker %s joins %s, want the origin's %s", f[0], f[3], want)
		}
	}
	if counts["1:2"] != 1 || counts["2:1"] != 1 {
		t.Errorf("rank:workers %v", counts)
	}
	r.line()
	if out, errs, code := r.wait(); code != 0 || errs != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errs)
	}
}

func TestForeignProgramRunsOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs")
	script := "echo run >> " + file + "; exit 6"
	_, errs, code := launcher(t, "-n", "4", "--workers-per-peer", "1", "sh", "-c", script)
	if code != 6 || errs != "" {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
	_, errs, _ = launcher(t, "-v", "-n", "4", "--workers-per-peer", "1", "sh", "-c", script)
	if !strings.Contains(errs, "never called futures.Main") {
		t.Errorf("-v says %q", errs)
	}
	if text, _ := os.ReadFile(file); string(text) != "run\nrun\n" {
		t.Errorf("two launches ran it: %q", text)
	}
}

func TestSecondProgramBelowOneLauncherRunsAlone(t *testing.T) {
	t.Parallel()
	out, errs, code := launcher(t, "-n", "1", "sh", "-c", probePath+" ready spec; "+probePath+"; true")
	if code != 0 || strings.Count(out, "rank 0 ") != 1 || !strings.HasSuffix(out, "\nalone\n") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errs)
	}
}

func TestKilledWorker(t *testing.T) {
	r := start(t, nil, "-n", "4", "--workers-per-peer", "1", probePath, "ready", "messages=1", "line", "exit=0")
	pids := r.workers(3)
	if err := syscall.Kill(pids[2], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := r.expect(r.out, "launch.Gone "); got != "{"+"12D3KooWprobe000002"+"}" {
		t.Errorf("the origin was told that %s has gone", got)
	}
	// The origin queued 7 tasks again, peers 1 and 3 ten and thirty.
	want := fmt.Sprintf("peer 2 (12D3KooW…000002, pid %d) was lost (signal: killed); 47 tasks were run again", pids[2])
	if got := r.expect(r.err, "scoopp2p: "); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	r.line()
	if out, errs, code := r.wait(); code != 0 || errs != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errs)
	}
}

// TestLossIsToldAtTheEnd: the program ends before every peer has reported.
func TestLossIsToldAtTheEnd(t *testing.T) {
	t.Parallel()
	r := start(t, nil, "-n", "3", "--workers-per-peer", "1", probePath, "ready", "messages=1", "exit=0")
	pids := r.workers(2)
	for pid, sig := range map[int]syscall.Signal{pids[1]: syscall.SIGSTOP, pids[2]: syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
	}
	if _, errs, code := r.wait(); code != 0 || !strings.Contains(errs, "was lost (signal: killed); 7 tasks were run again") {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
}

func TestQuietSaysNothingOfLoss(t *testing.T) {
	r := start(t, nil, "-q", "-n", "2", "--workers-per-peer", "1", probePath, "ready", "messages=1", "exit=0")
	if err := syscall.Kill(r.workers(1)[1], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := r.wait(); code != 0 || errs != "" {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
}

func TestStoppedWorkerIsKilledAtTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes leaveTimeout")
	}
	t.Parallel()
	r := start(t, []string{"PROBE_WORKER=deaf"}, "-n", "3", "--workers-per-peer", "1", probePath, "ready", "line", "exit=4")
	pids := r.workers(2) // both deaf, and one of them stopped
	if err := syscall.Kill(pids[1], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	r.line()
	if _, errs, code := r.wait(); code != 4 || errs != "" {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
	if took := time.Since(begin); took > leaveTimeout+hangupTimeout+patience/4 {
		t.Errorf("the end took %s", took)
	}
	for _, pid := range pids[1:] {
		eventually(t, "the worker is gone", func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH })
	}
}

func TestKilledLauncherLeavesNothing(t *testing.T) {
	tmp := t.TempDir()
	for name, tc := range map[string]struct {
		program []string
		workers int
	}{
		"program":         {[]string{probePath, "child", "ready", "hang"}, 3},
		"package":         {[]string{"./testdata/probe", "child", "ready", "hang"}, 3},
		"foreign program": {[]string{"sh", "-c", "sleep 1000 & echo alone; wait"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, []string{"TMPDIR=" + tmp}, append([]string{"-v", "-n", "4", "--workers-per-peer", "1"}, tc.program...)...)
			r.expect(r.err, "scoopp2p: peer 0 started") // the warden knows of it by now
			if tc.workers > 0 {
				r.workers(tc.workers)
			} else {
				r.expect(r.out, "alone")
			}
			r.signal(syscall.SIGKILL)
			r.wait() // the end of the output: nobody holds it any more
			eventually(t, "the built program is removed", func() bool {
				left, err := os.ReadDir(tmp)
				return err == nil && len(left) == 0
			})
		})
	}
}

func TestInterrupts(t *testing.T) {
	t.Run("the program decides", func(t *testing.T) {
		r := start(t, nil, "-n", "2", "--workers-per-peer", "1", probePath, "ready", "messages=2", "exit=5")
		r.workers(1)
		r.signal(syscall.SIGINT)
		if got := r.expect(r.out, "launch.Interrupt "); got != "{1}" {
			t.Errorf("first: %s", got)
		}
		r.signal(syscall.SIGTERM)
		if got := r.expect(r.out, "launch.Interrupt "); got != "{2}" {
			t.Errorf("second: %s", got)
		}
		if _, _, code := r.wait(); code != 5 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("the third kills", func(t *testing.T) {
		r := start(t, nil, "-n", "2", "--workers-per-peer", "1", probePath, "child", "ready", "hang")
		r.workers(1)
		for _, note := range []string{"scoopp2p: stopping", "scoopp2p: aborting"} {
			r.signal(syscall.SIGINT)
			r.expect(r.err, note)
		}
		r.signal(syscall.SIGINT)
		if _, _, code := r.wait(); code != 130 {
			t.Errorf("exit code %d", code)
		}
	})
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		t.Run("a foreign program gets "+sig.String(), func(t *testing.T) {
			r := start(t, nil, "-v", "-n", "2", "sleep", "1000")
			r.expect(r.err, "scoopp2p: peer 0 started")
			r.signal(sig)
			if _, errs, code := r.wait(); code != want || errs != "" {
				t.Errorf("exit code %d, stderr %q", code, errs)
			}
		})
	}
}

func TestListenAndJoin(t *testing.T) {
	config := t.TempDir()
	env := []string{"XDG_CONFIG_HOME=" + config, "HOME=" + config}
	first := start(t, env, "-n", "1", "--listen", "/ip4/127.0.0.1/tcp/0", probePath, "spec", "ready", "line")
	_, firstKey, _ := strings.Cut(first.expect(first.out, "rank 0 "), "key ")
	addr := "/ip4/127.0.0.1/tcp/4711/p2p/12D3KooWprobe000000"
	want := addr + "  (join with: scoopp2p --bootstrap " + addr + " … " + probePath + ")"
	if got := first.expect(first.err, "scoopp2p: listening on "); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	second := start(t, env, "-n", "1", "--bootstrap", someAddr, probePath, "spec", "ready")
	spec, secondKey, _ := strings.Cut(second.expect(second.out, "rank 0 "), "key ")
	if secondKey != firstKey || len(firstKey) != 64 {
		t.Errorf("keys %q and %q of one user", firstKey, secondKey)
	}
	if !strings.Contains(spec, "bootstrap ["+someAddr+"]") {
		t.Errorf("the second joins %s", spec)
	}
	second.wait()
	first.line()
	first.wait()
	alone := start(t, env, "-n", "1", probePath, "spec", "ready")
	if _, key, _ := strings.Cut(alone.expect(alone.out, "rank 0 "), "key "); key == firstKey {
		t.Error("a job that stays on this machine has the user's key")
	}
	alone.wait()
}

func TestServe(t *testing.T) {
	config := t.TempDir()
	env := []string{"XDG_CONFIG_HOME=" + config, "HOME=" + config}
	r := start(t, env, "-n", "2", "--workers-per-peer", "1", "--serve", "--bootstrap", someAddr, probePath)
	for range 2 {
		f := strings.Fields(r.expect(r.out, "worker "))
		if want := map[string]string{"0": someAddr, "1": "/ip4/127.0.0.1/tcp/4711/p2p/12D3KooWprobe000000," + someAddr}[f[0]]; f[3] != want {
			t.Errorf("peer %s joins %s, want %s", f[0], f[3], want)
		}
	}
	r.signal(syscall.SIGINT)
	if _, errs, code := r.wait(); code != 0 || !strings.Contains(errs, "leaving") {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
}

func TestBuild(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("GOTMPDIR", "")
	for _, program := range []string{"./testdata/probe", "testdata/probe/main.go"} {
		out, errs, code := launcher(t, "-n", "1", program, "ready", "spec", "exit=8")
		if code != 8 || errs != "" || !strings.HasPrefix(out, "rank 0 ") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", program, code, out, errs)
		}
	}
	broken := filepath.Join(t.TempDir(), "broken.go")
	if err := os.WriteFile(broken, []byte("package main\n\nfunc main() { nonsense() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, errs, code := launcher(t, broken)
	if code != exitFailed || !strings.Contains(errs, "undefined: nonsense") || !strings.Contains(errs, "scoopp2p: building ") {
		t.Errorf("broken: exit code %d, stderr %q", code, errs)
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("%d files left in the temporary directory", len(left))
	}
}

// TestInterruptedBuild puts something in the go command's place that never ends.
func TestInterruptedBuild(t *testing.T) {
	bin, tmp := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\necho compiling\nsleep 1000\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	r := start(t, []string{"PATH=" + bin + ":/usr/bin:/bin", "TMPDIR=" + tmp}, "./testdata/probe")
	r.expect(r.err, "compiling")
	r.signal(syscall.SIGINT)
	if _, errs, code := r.wait(); code != 130 || !strings.Contains(errs, "interrupted while building") {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("%d files left in the temporary directory", len(left))
	}
}
