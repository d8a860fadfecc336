package launch

import (
	"os"
	"syscall"
)

// attributes: a process group of Windows only keeps Ctrl-C away; see KillGroup.
func attributes(group bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if group {
		attr.CreationFlags = syscall.CREATE_NEW_PROCESS_GROUP
	}
	return attr
}

// KillGroup kills the process alone: Windows has no groups to kill. What it started ends by itself or not at all.
func KillGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
		_ = p.Release()
	}
}

func signalGroup(leader *os.Process, sig os.Signal) error { return leader.Signal(sig) }
