//go:build unix && !linux

package launch

import "syscall"

// attributes: the lifeline is the only line where the kernel offers no second one.
func attributes(group bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: group}
}
