package launch

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// EnvVar is the environment variable that names the inherited pipes.
const EnvVar = "SCOOPP2P_LAUNCH"

// protocolVersion changes only when old and new can no longer talk; new kinds and fields do not need it.
const protocolVersion = 1

// ErrOrphaned is returned by FromEnv when the launcher died before it said anything.
var ErrOrphaned = errors.New("launch: the launcher has gone")

// Child is the process's end of its two pipes. Its methods may be called from any goroutine.
type Child struct {
	spec     Spec
	out      *sender
	down     *os.File
	messages chan Message
	orphaned chan struct{}
	closing  sync.Once
}

// FromEnv takes the pipes that a launcher left in the environment, reads the Spec and says Hello. It returns false and
// no error when there was no launcher, or when another program below the same launcher was first (scoopp2p -n 4 make).
// The variable is unset and the descriptors are closed on exec, so that what the program starts is not taken for a peer;
// a second call returns false. ErrOrphaned means that the launcher has died.
//
// The caller must watch Messages or Orphaned and exit at once when they close.
func FromEnv() (*Child, bool, error) {
	value, ok := os.LookupEnv(EnvVar)
	if !ok || value == "" {
		return nil, false, nil
	}
	if err := os.Unsetenv(EnvVar); err != nil {
		return nil, false, fmt.Errorf("launch: %w", err)
	}
	downFD, upFD, err := parsePipes(value)
	if err != nil {
		return nil, false, err
	}
	down, up, err := adopt(downFD, upFD)
	if err != nil {
		return nil, false, fmt.Errorf("launch: %s=%s: %w (did a wrapper close the descriptors?)", EnvVar, value, err)
	}
	in := newLines(down)
	spec, err := readSpec(down, in)
	if err != nil {
		err = errors.Join(err, down.Close(), up.Close())
		if errors.Is(err, errTaken) {
			err = nil
		}
		return nil, false, err
	}
	c := &Child{
		spec:     spec,
		out:      newSender(up),
		down:     down,
		messages: make(chan Message, messageQueue),
		orphaned: make(chan struct{}),
	}
	go c.read(in)
	_ = c.Send(Hello{PID: os.Getpid()}) // a launcher that is dead or stopped shows elsewhere
	return c, true, nil
}

// errTaken says that another process has read the Spec: it was in the pipe before the first of them started.
var errTaken = errors.New("launch: the spec is taken")

func readSpec(down *os.File, in *lines) (Spec, error) {
	_ = down.SetReadDeadline(time.Now().Add(specTimeout)) // Windows pipes have none; there the lifeline ends the wait
	line, err := in.next()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Spec{}, errTaken
	}
	if err != nil {
		return Spec{}, ErrOrphaned
	}
	_ = down.SetReadDeadline(time.Time{})
	m, err := decodeMessage(line)
	if err != nil {
		return Spec{}, err
	}
	spec, ok := m.(Spec)
	if !ok {
		return Spec{}, errors.New("launch: the launcher's first message is not a spec; use a launcher of the same version")
	}
	return spec, nil
}

// read ends when the launcher does, or on Close. A message that finds the queue full is dropped: to block here would
// leave the end of file unseen, and the lifeline is worth more than a message nobody reads.
func (c *Child) read(in *lines) {
	defer close(c.orphaned)
	defer close(c.messages)
	for {
		line, err := in.next()
		if err != nil {
			return
		}
		m, err := decodeMessage(line)
		if err != nil || m == nil {
			continue
		}
		if _, again := m.(Spec); again {
			continue
		}
		select {
		case c.messages <- m:
		default:
		}
	}
}

// Spec returns what the launcher said this process is.
func (c *Child) Spec() Spec { return c.spec }

// Messages carries Interrupt, Gone and Leave. It is closed when the launcher has died, or by Close.
func (c *Child) Messages() <-chan Message { return c.messages }

// Orphaned is closed together with Messages, for those who want to watch the lifeline and nothing else.
func (c *Child) Orphaned() <-chan struct{} { return c.orphaned }

// Send tells the launcher. When it returns nil the kernel has the line, so that the process may exit. It waits at most
// two seconds on a launcher that does not read and then fails with ErrStalled, from then on at once; ErrClosed means
// that the launcher has gone or Close was called; ErrLong that e does not fit in MaxLineBytes.
func (c *Child) Send(e Event) error {
	line, err := encodeEvent(e)
	if err != nil {
		return err
	}
	return c.out.send(line, sendTimeout)
}

// Close writes what Send has accepted, for at most about a second, and closes both pipes. To the launcher it looks like
// the end of a process that has nothing more to say.
func (c *Child) Close() error {
	var err error
	c.closing.Do(func() {
		err = errors.Join(c.out.flush(), c.down.Close())
	})
	return err
}

func formatPipes(down, up uintptr) string {
	return fmt.Sprintf("%d:%d:%d", protocolVersion, down, up)
}

func parsePipes(value string) (down, up uintptr, err error) {
	fields := strings.Split(value, ":")
	if len(fields) != 3 {
		return 0, 0, fmt.Errorf("launch: %s=%q, want version:down:up", EnvVar, value)
	}
	var n [3]uint64
	for i, f := range fields {
		if n[i], err = strconv.ParseUint(f, 10, 32); err != nil {
			return 0, 0, fmt.Errorf("launch: %s=%q: %w", EnvVar, value, err)
		}
	}
	if n[0] != protocolVersion {
		return 0, 0, fmt.Errorf("launch: the launcher speaks version %d, this program %d; build both from one version", n[0], protocolVersion)
	}
	return uintptr(n[1]), uintptr(n[2]), nil
}
