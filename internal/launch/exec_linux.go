package launch

import "syscall"

// attributes makes the kernel kill the process when the launcher dies, see Start.
func attributes(group bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: group, Pdeathsig: syscall.SIGKILL}
}
