package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

// tmpPattern names the private directories of built programs; the warden removes nothing else.
const tmpPattern = "scoopp2p-build-"

// builder runs go build for resolve.
type builder struct {
	warden *warden
	sigs   <-chan os.Signal
	out    *printer
}

// build builds the target, which is relative to dir, in the module that dir belongs to.
func (b *builder) build(name, dir, target string) (program, error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return program{}, &failure{exitFailed, fmt.Sprintf("to build %q the go command is needed, and it is not in PATH", name), "a program that is built already"}
	}
	// Where go would put its own temporary files: a machine with a noexec /tmp has GOTMPDIR set.
	tmp, err := os.MkdirTemp(os.Getenv("GOTMPDIR"), tmpPattern)
	if err == nil {
		tmp, err = filepath.Abs(tmp)
	}
	if err != nil {
		return program{}, &failure{exitFailed, fmt.Sprintf("no place to build %q: %v", name, err), "TMPDIR=DIR scoopp2p …"}
	}
	prog := program{name: name, tmp: tmp}
	b.warden.directory(tmp)
	if prog.path, err = output(tmp, dir, target); err == nil {
		err = b.goBuild(goTool, name, dir, target, prog)
	}
	if err != nil {
		return program{}, errors.Join(err, prog.cleanup())
	}
	return prog, nil
}

// output names the executable after its package, for the sake of ps.
func output(tmp, dir, target string) (string, error) {
	base := strings.TrimSuffix(target, ".go")
	if target == "." {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		base = filepath.Base(abs)
	}
	if base == "" || base == string(filepath.Separator) || base == "." {
		base = "program"
	}
	return filepath.Join(tmp, base+exeSuffix), nil
}

func (b *builder) goBuild(goTool, name, dir, target string, prog program) error {
	b.out.detail(1, "building %s", name)
	cmd := exec.Command(goTool, "build", "-o", prog.path, target)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOTMPDIR="+prog.tmp) // if we are killed, one directory holds all there is to remove
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return &failure{exitFailed, fmt.Sprintf("cannot run go build: %v", err), ""}
	}
	b.warden.process(cmd.Process.Pid, true)
	defer b.warden.ended(cmd.Process.Pid)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			return &failure{exitFailed, fmt.Sprintf("building %q failed (%v)", name, err), "go build " + name}
		}
		return nil
	case sig := <-b.sigs:
		launch.KillGroup(cmd.Process.Pid)
		<-done //nolint:errcheck // it was interrupted, whatever it says
		return &failure{exitSignalBase + signalNumber(sig), fmt.Sprintf("interrupted while building %q", name), ""}
	}
}
