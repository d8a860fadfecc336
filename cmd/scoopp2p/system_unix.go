//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

const exeSuffix = ""

// signalQueue: three key presses end everything, so more than that need not be kept.
const signalQueue = 8

// watchSignals takes the signals that end a program. SIGHUP stays ignored under nohup. SIGPIPE is taken and dropped: a
// closed stderr must not kill the launcher, and ignoring it would be inherited by the program.
func watchSignals() <-chan os.Signal {
	sigs := make(chan os.Signal, signalQueue)
	signal.Notify(sigs, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(sigs, syscall.SIGHUP)
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return sigs
}

func signalNumber(sig os.Signal) int {
	if s, ok := sig.(syscall.Signal); ok {
		return int(s)
	}
	return 0
}

// endSignal returns the signal that ended a process, or 0.
func endSignal(state *os.ProcessState) syscall.Signal {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return ws.Signal()
	}
	return 0
}

// terminal says whether this process has a controlling terminal, and whether its group is in the foreground there, so
// that the terminal's keys send the program the same signals as us.
func terminal() (present, foreground bool) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		return false, false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return true, err == nil && group == unix.Getpgrp()
}

func ownGroup(cmd *exec.Cmd)   { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// checkOwner refuses a key that others can read, or could have written.
func checkOwner(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return &failure{exitFailed, fmt.Sprintf("key file %s is open to others (mode %04o)", path, mode), "chmod 600 " + path}
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() && st.Uid != 0 {
		return &failure{exitFailed, fmt.Sprintf("key file %s belongs to another user (uid %d)", path, st.Uid), "a copy of your own"}
	}
	return nil
}

// isFormatError says that a file has the executable bit and is no program.
func isFormatError(err error) bool { return errors.Is(err, syscall.ENOEXEC) }
