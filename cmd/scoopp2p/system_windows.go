package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

const exeSuffix = ".exe"

const signalQueue = 8

// watchSignals: Windows knows Ctrl-C, and closing the console as SIGTERM.
func watchSignals() <-chan os.Signal {
	sigs := make(chan os.Signal, signalQueue)
	signal.Notify(sigs, os.Interrupt, syscall.SIGTERM)
	return sigs
}

func signalNumber(sig os.Signal) int {
	if s, ok := sig.(syscall.Signal); ok {
		return int(s)
	}
	return 0
}

// endSignal: no signal ends a process here.
func endSignal(*os.ProcessState) syscall.Signal { return 0 }

// terminal: the console sends Ctrl-C to every process attached to it, so the program has it already.
func terminal() (present, foreground bool) { return true, true }

func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func ownSession(cmd *exec.Cmd) { ownGroup(cmd) }

// checkOwner: the access lists of a profile directory let only its user in; there is no mode to check.
func checkOwner(string, fs.FileInfo) error { return nil }

// isFormatError: ERROR_BAD_EXE_FORMAT.
func isFormatError(err error) bool { return errors.Is(err, syscall.Errno(193)) }
