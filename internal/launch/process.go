package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Command describes a process to start.
type Command struct {
	// Path is the program's file; no search is done. Args are its arguments, Args[0] included.
	Path string
	Args []string
	// Env is the environment; nil means that of this process. EnvVar in it is replaced.
	Env []string
	// Dir is the working directory; empty means that of this process.
	Dir string
	// Stdin, Stdout and Stderr are inherited as they are: no copying, no buffering, the same file. Nil is the null device.
	Stdin, Stdout, Stderr *os.File
	// Group puts the process in a process group of its own: no key of the terminal reaches it, and Kill takes its
	// children along. Without it, it stays in the launcher's group and may read from the terminal.
	Group bool
	// Spec is the first message.
	Spec Spec
}

// Process is a started process and the launcher's end of its two pipes.
type Process struct {
	cmd    *exec.Cmd
	group  bool
	out    *sender
	events chan Event
	exited chan struct{}
	// abandoned is closed by Close: nobody reads events any more.
	abandoned chan struct{}
	closing   sync.Once
}

// Start starts the process and sends it the Spec. When ctx ends the process is killed as by Kill. The caller reads
// Events until it is closed and finally calls Close.
//
// On Linux the kernel kills the process when the launcher dies, as a second line behind the lifeline. It does so when
// the *thread* that started the process ends (prctl(2), PR_SET_PDEATHSIG), so the starting goroutine is locked to its
// thread and then waits there for the process; a thread costs less than a surprise.
func Start(ctx context.Context, c Command) (*Process, error) {
	if err := c.Spec.validate(); err != nil {
		return nil, err
	}
	spec, err := encodeMessage(c.Spec)
	if err != nil {
		return nil, err
	}
	downR, downW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	upR, upW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("launch: %w", err), downR.Close(), downW.Close())
	}
	p := &Process{
		group:     c.Group,
		events:    make(chan Event),
		exited:    make(chan struct{}),
		abandoned: make(chan struct{}),
	}
	started := make(chan error, 1)
	p.cmd, err = command(c, downR, upW)
	if err == nil {
		// The Spec is in the pipe before the process exists: FromEnv need not wait for it. Only on Windows it may not fit;
		// then it follows as the process reads.
		p.out = newSender(downW)
		_ = p.out.send(spec, preloadTimeout)
		go p.run(ctx, started, upR, downR, upW)
		err = <-started
	}
	if err != nil {
		if p.out != nil {
			p.out.close()
		} else {
			_ = downW.Close()
		}
		return nil, errors.Join(err, upR.Close(), downR.Close(), upW.Close())
	}
	return p, nil
}

func command(c Command, downR, upW *os.File) (*exec.Cmd, error) {
	cmd := &exec.Cmd{Path: c.Path, Args: c.Args, Dir: c.Dir, SysProcAttr: attributes(c.Group)}
	// A nil *os.File in an io.Reader is not a nil io.Reader.
	if c.Stdin != nil {
		cmd.Stdin = c.Stdin
	}
	if c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	if c.Stderr != nil {
		cmd.Stderr = c.Stderr
	}
	value, err := pass(cmd, downR, upW)
	if err != nil {
		return nil, err
	}
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	cmd.Env = slices.DeleteFunc(slices.Clone(env), func(e string) bool { return strings.HasPrefix(e, EnvVar+"=") })
	cmd.Env = append(cmd.Env, EnvVar+"="+value)
	return cmd, nil
}

// run starts the process and stays with it, see Start. The error of Wait says nothing that ProcessState does not.
func (p *Process) run(ctx context.Context, started chan<- error, upR, downR, upW *os.File) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, after the process
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	_, _ = downR.Close(), upW.Close() // the process has its own
	started <- nil
	go p.read(upR)
	stop := context.AfterFunc(ctx, p.Kill)
	_ = p.cmd.Wait()
	stop()
	// What it wrote is in the pipe by now; the end of file comes at once unless a child of its holds the other end.
	_ = upR.SetReadDeadline(time.Now().Add(drainTimeout))
	close(p.exited)
}

func (p *Process) read(up *os.File) {
	defer close(p.events)
	defer up.Close()
	in := newLines(up)
	for {
		line, err := in.next()
		if err != nil {
			return
		}
		e, err := decodeEvent(line)
		if err != nil || e == nil {
			continue
		}
		select {
		case p.events <- e:
		case <-p.abandoned:
			return
		}
	}
}

// PID is the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Events carries what the process says. It is closed after the last word of a process that has ended.
func (p *Process) Events() <-chan Event { return p.events }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// State waits for the end of the process and says how it ended.
func (p *Process) State() *os.ProcessState {
	<-p.exited
	return p.cmd.ProcessState
}

// Send queues a message and does not wait. ErrStalled means that the process has not read for a long time, ErrClosed
// that it has closed its end or that Hangup was called.
func (p *Process) Send(m Message) error {
	line, err := encodeMessage(m)
	if err != nil {
		return err
	}
	_, err = p.out.offer(line)
	return err
}

// Signal sends a signal to the process, and to its whole group if it has one, as a terminal would. It fails with
// os.ErrProcessDone once the process has ended.
func (p *Process) Signal(sig os.Signal) error {
	if p.group {
		return signalGroup(p.cmd.Process, sig)
	}
	return p.cmd.Process.Signal(sig)
}

// Hangup lets go of the lifeline after the messages that are queued: the process exits at once.
func (p *Process) Hangup() { p.out.close() }

// Kill ends the process without asking: its whole group if it has one, also after the process itself has ended.
func (p *Process) Kill() {
	if p.group {
		KillGroup(p.PID())
		return
	}
	_ = p.cmd.Process.Kill() // os.ErrProcessDone is what we want
}

// Close hangs up and stops reading events. It does not wait for the process.
func (p *Process) Close() {
	p.closing.Do(func() {
		p.Hangup()
		close(p.abandoned)
	})
}
