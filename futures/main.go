package futures

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/scoopp2p/scoopp2p/internal/launch"
	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/peer"
)

// Start starts a peer for a program that has a main function of its own, such as a server. Functions must have been
// handled before. Submit with contexts bound by [peer.NewContext]. The caller must Close the peer.
func Start(ctx context.Context, cfg peer.Config) (*peer.Peer, error) {
	if err := task.Functions.Err(); err != nil {
		return nil, fmt.Errorf("futures: %w", err)
	}
	return peer.Start(ctx, cfg)
}

// Exit codes of Main, besides that of an error with a method ExitCode() int.
const (
	exitFailure     = 1
	exitUsage       = 2 // the declarations are wrong; also what Go gives a panic
	exitLaunch      = 125
	exitInterrupted = 128 + 2
)

// Main is the main function of a program of futures. In the process that the user started, or in the first one that the
// launcher started, it runs run; in all others it serves until the job ends. It does not return: the process exits with 0
// when run returned nil; else the error goes to standard error, and the exit code is 1, or that of an error with a method
// ExitCode() int, or 130 after Ctrl-C.
//
// All functions must be handled before. Without the launcher it uses all cores and opens no port.
func Main(run func(context.Context) error) {
	os.Exit(mainCode(run))
}

func mainCode(run func(context.Context) error) int {
	child, launched, err := launch.FromEnv()
	switch {
	case errors.Is(err, launch.ErrOrphaned):
		return exitLaunch
	case err != nil:
		complain(err)
		return exitLaunch
	case !launched:
		return alone(run)
	}
	go func() { // child is never closed: what was sent is with the kernel, and a closed lifeline would look like a cut one
		<-child.Orphaned()
		os.Exit(exitLaunch) // the lifeline: nothing may outlive the launcher
	}()
	return launchedCode(child, run)
}

// alone is Main without a launcher: one peer, all cores, no network.
func alone(run func(context.Context) error) int {
	roomForNetwork(0)
	p, err := Start(context.Background(), peer.Config{Logger: logger(0)})
	if err != nil {
		complain(err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process
	code := runCode(ctx, p, run)
	_ = p.Close() // run has returned: whatever still ignores its context ends with the process
	return code
}

// launchedCode is Main in a process that the launcher started.
func launchedCode(child *launch.Child, run func(context.Context) error) int {
	spec := child.Spec()
	roomForNetwork(spec.Workers)
	swallowInterrupts()
	s := newSession(child)
	go s.obey()
	p, err := Start(s.joining, peer.Config{
		Workers: spec.Workers, Listen: spec.Listen, Bootstrap: spec.Bootstrap, Secret: spec.Secret,
		Logger:   logger(spec.Verbosity),
		OnJoined: func(id string) { _ = child.Send(launch.Joined{PeerID: id}) },
		OnLost:   func(id string, rerun int) { _ = child.Send(launch.Lost{PeerID: id, Rerun: rerun}) },
	})
	if s.joining.Err() != nil {
		return 0 // the job ended before we were part of it
	}
	if err != nil {
		_ = child.Send(launch.Fatal{Code: startCode(err), Msg: oneLine(err)})
		return startCode(err)
	}
	s.peer.Store(p)
	if err := child.Send(launch.Ready{PeerID: p.ID(), Addrs: p.Addrs()}); err != nil {
		return exitLaunch
	}
	code := 0
	if spec.Origin {
		code = runCode(s.running, p, run)
	} else {
		<-s.joining.Done()
	}
	stats := p.Stats()
	_ = child.Send(launch.Stats{Executed: int64(stats.Executed), Stolen: int64(stats.Stolen), Rerun: int64(stats.Rerun)})
	_ = p.Close()
	return code
}

// session is what the launcher has told this process so far.
type session struct {
	child   *launch.Child
	peer    atomic.Pointer[peer.Peer] // once it has started
	joining context.Context           //nolint:containedctx // ends when the launcher wants us to leave
	leave   context.CancelFunc
	running context.Context //nolint:containedctx // ends when the user interrupts the program
	stop    context.CancelFunc
}

func newSession(child *launch.Child) *session {
	s := &session{child: child}
	s.joining, s.leave = context.WithCancel(context.Background())
	s.running, s.stop = context.WithCancel(context.Background())
	return s
}

// obey does what the launcher says until it says no more.
func (s *session) obey() {
	for m := range s.child.Messages() {
		switch m := m.(type) {
		case launch.Interrupt:
			if m.N > 1 {
				os.Exit(exitInterrupted)
			}
			s.stop()
		case launch.Gone:
			if p := s.peer.Load(); p == nil || !p.Gone(m.PeerID) {
				_ = s.child.Send(launch.Lost{PeerID: m.PeerID})
			}
		case launch.Leave:
			s.leave()
		}
	}
}

// runCode runs the user's function and turns its outcome into an exit code.
func runCode(ctx context.Context, p *peer.Peer, run func(context.Context) error) int {
	err := p.Run(ctx, run)
	var coded interface{ ExitCode() int }
	var panicked *PanicError
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintf(os.Stderr, "%s: interrupted\n", program())
		return exitInterrupted
	case errors.As(err, &coded):
		complain(err)
		return coded.ExitCode()
	case errors.As(err, &panicked):
		complain(err)
		fmt.Fprintf(os.Stderr, "\n%s", panicked.Stack)
		return exitUsage
	default:
		complain(err)
		return exitFailure
	}
}

// startCode tells a mistake in the program from trouble with the swarm.
func startCode(err error) int {
	if task.Functions.Err() != nil {
		return exitUsage
	}
	return exitLaunch
}

// roomForNetwork gives the Go runtime one P more than there are workers: with all of them computing, network I/O would
// otherwise wait for the next preemption, 10 ms and more (measured: 13 ms against 0.07 ms).
func roomForNetwork(workers int) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	runtime.GOMAXPROCS(workers + 1)
}

// swallowInterrupts leaves Ctrl-C to the launcher: a terminal sends it to both.
func swallowInterrupts() {
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, os.Interrupt)
	go func() {
		for range ignored { //nolint:revive // nothing to do with them
		}
	}()
}

func logger(verbosity int) *slog.Logger {
	level := slog.LevelWarn
	switch {
	case verbosity < 0:
		level = slog.LevelError
	case verbosity == 1:
		level = slog.LevelInfo
	case verbosity > 1:
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

func program() string { return filepath.Base(os.Args[0]) }

func complain(err error) { fmt.Fprintf(os.Stderr, "%s: %s\n", program(), oneLine(err)) }

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
