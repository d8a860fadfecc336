//go:build unix

package launch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// adopt makes files of two inherited descriptors. It refuses what is not a pipe: when a wrapper has closed them, the Go
// runtime's own epoll descriptor may sit at the same number by now, and to close that would be the end of this process.
func adopt(downFD, upFD uintptr) (down, up *os.File, err error) {
	for _, fd := range []uintptr{downFD, upFD} {
		var st syscall.Stat_t
		if err := syscall.Fstat(int(fd), &st); err != nil {
			return nil, nil, fmt.Errorf("descriptor %d: %w", fd, err)
		}
		if st.Mode&syscall.S_IFMT != syscall.S_IFIFO {
			return nil, nil, fmt.Errorf("descriptor %d is not a pipe", fd)
		}
	}
	for _, fd := range []uintptr{downFD, upFD} {
		syscall.CloseOnExec(int(fd))
		// Non-blocking, or NewFile does not hand it to the poller and deadlines and Close would not end a Read.
		if err := syscall.SetNonblock(int(fd), true); err != nil {
			return nil, nil, fmt.Errorf("descriptor %d: %w", fd, err)
		}
	}
	down, up = os.NewFile(downFD, "launch-down"), os.NewFile(upFD, "launch-up")
	if down == nil || up == nil {
		return nil, nil, errors.New("bad descriptors")
	}
	return down, up, nil
}

// firstExtraFD is the number that exec.Cmd gives to ExtraFiles[0].
const firstExtraFD = 3

// pass arranges that cmd inherits the two files and returns the value of EnvVar that names them.
func pass(cmd *exec.Cmd, down, up *os.File) (string, error) {
	cmd.ExtraFiles = []*os.File{down, up}
	return formatPipes(firstExtraFD, firstExtraFD+1), nil
}
