//go:build unix

package launch

import (
	"errors"
	"os"
	"syscall"
)

// KillGroup kills the process group whose leader is, or was, pid. The leader may have been waited for: while any member
// lives, the kernel gives its number to no other process. It does nothing for a group that is no more.
func KillGroup(pid int) {
	if pid > 1 { // kill(-1) would mean every process of the user
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

func signalGroup(leader *os.Process, sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return leader.Signal(sig)
	}
	err := syscall.Kill(-leader.Pid, number)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
