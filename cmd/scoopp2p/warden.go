package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

// wardenVar in the environment makes this program the warden of the launcher that started it.
const wardenVar = "SCOOPP2P_WARDEN"

const (
	wardenTimeout    = time.Second           // for the warden to leave, before it is killed
	removeAttempts   = 20                    // a dying compiler may still be writing into the directory
	removeRetryDelay = 50 * time.Millisecond // between them
	maxCharges       = 4 * maxPeers          // processes and directories that the warden keeps
	wardenName       = "scoopp2p-warden"     // argv[0], for ps
)

// warden is the launcher's handle on a second process that outlives it: when the launcher is killed, the warden kills
// the process groups and removes the directories that it was told of. The lifeline and the kernel's parent-death signal
// end our own programs without it; what they started, programs that know nothing of us, and temporary files need it.
// Between the start of a process and the line that tells of it lies a moment in which only the other two help; nobody
// knows the number of a process before it exists. A nil *warden is one that could not be started.
type warden struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	mu  sync.Mutex // orders lines
}

// startWarden starts it in a session of its own, where neither the terminal nor a kill of our group reaches it, and
// with none of our files: a pipe that reads our output must see its end when we are gone.
func startWarden(out *printer) *warden {
	exe, err := os.Executable()
	if err != nil {
		out.detail(1, "no warden: %v", err)
		return nil
	}
	cmd := exec.Command(exe)
	cmd.Args = []string{wardenName}
	cmd.Env = append(os.Environ(), wardenVar+"=1")
	ownSession(cmd)
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		out.detail(1, "no warden: %v", err)
		return nil
	}
	return &warden{cmd: cmd, in: in}
}

func (w *warden) tell(format string, args ...any) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = fmt.Fprintf(w.in, format+"\n", args...) // a dead warden is a net less, no reason to stop
}

func (w *warden) process(pid int, group bool) {
	if group {
		w.tell("group %d", pid)
		return
	}
	w.tell("process %d", pid)
}

func (w *warden) ended(pid int)        { w.tell("ended %d", pid) }
func (w *warden) directory(dir string) { w.tell("directory %q", dir) }

// dismiss is called when everything the warden knows of has ended and is removed.
func (w *warden) dismiss() {
	if w == nil {
		return
	}
	w.tell("dismissed")
	_ = w.in.Close()
	timer := time.AfterFunc(wardenTimeout, func() { _ = w.cmd.Process.Kill() })
	defer timer.Stop()
	_ = w.cmd.Wait()
}

// keepWatch is the warden's life.
func keepWatch(in io.Reader) {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // killall means the launcher, and we follow it
	processes, dirs := map[int]bool{}, map[string]bool{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var pid int
		var dir string
		word, rest, _ := strings.Cut(lines.Text(), " ")
		_, isPID := fmt.Sscanf(rest, "%d", &pid)
		_, isDir := fmt.Sscanf(rest, "%q", &dir)
		switch {
		case word == "dismissed":
			return
		case word == "ended":
			delete(processes, pid)
		case len(processes)+len(dirs) >= maxCharges:
		case word == "directory" && isDir == nil && strings.HasPrefix(filepath.Base(dir), tmpPattern):
			dirs[dir] = true
		case (word == "group" || word == "process") && isPID == nil && pid > 1:
			processes[pid] = word == "group"
		}
	}
	for pid, group := range processes {
		if group {
			launch.KillGroup(pid)
		} else if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
		}
	}
	removeAll(slices.Collect(maps.Keys(dirs)))
}

func removeAll(dirs []string) {
	ticker := time.NewTicker(removeRetryDelay)
	defer ticker.Stop()
	for range removeAttempts {
		dirs = slices.DeleteFunc(dirs, func(dir string) bool { return os.RemoveAll(dir) == nil })
		if len(dirs) == 0 {
			return
		}
		<-ticker.C
	}
}
