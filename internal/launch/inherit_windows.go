package launch

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// adopt makes files of two inherited handles; see the Unix version.
func adopt(downFD, upFD uintptr) (down, up *os.File, err error) {
	for _, h := range []uintptr{downFD, upFD} {
		kind, err := syscall.GetFileType(syscall.Handle(h))
		if err != nil {
			return nil, nil, fmt.Errorf("handle %d: %w", h, err)
		}
		if kind != syscall.FILE_TYPE_PIPE {
			return nil, nil, fmt.Errorf("handle %d is not a pipe", h)
		}
		if err := syscall.SetHandleInformation(syscall.Handle(h), syscall.HANDLE_FLAG_INHERIT, 0); err != nil {
			return nil, nil, fmt.Errorf("handle %d: %w", h, err)
		}
	}
	return os.NewFile(downFD, "launch-down"), os.NewFile(upFD, "launch-up"), nil
}

// pass arranges that cmd inherits the two handles, which keep their numbers.
func pass(cmd *exec.Cmd, down, up *os.File) (string, error) {
	for _, f := range []*os.File{down, up} {
		h := syscall.Handle(f.Fd())
		if err := syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
			return "", fmt.Errorf("launch: %w", err)
		}
		cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, h)
	}
	return formatPipes(down.Fd(), up.Fd()), nil
}
