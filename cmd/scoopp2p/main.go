// Command scoopp2p runs a program on several peers.
//
//	scoopp2p -n 4 --workers-per-peer 1 ./prog args…
//
// starts the program four times on this machine: the first process is the origin, which runs the user's run function
// and has the terminal; the others give their workers to it. It returns the program's exit code and leaves nothing
// behind, whatever ends it. Run scoopp2p --help for the flags.
//
// # How it is put together
//
// options parse; [resolve] finds or builds the program; a [session] starts the processes and lives in one loop, whose
// goroutine owns all its state; [warden] is a second process that cleans up if this one is killed. The words between
// the launcher and its processes are those of internal/launch.
//
// # Exit codes
//
// Those of env(1) and timeout(1): the program's own; 2 for a usage error, 125 if the launcher failed before the program
// ran (building it counts as that), 126 if the program cannot be executed, 127 if it is not found, 128+n if signal n
// ended it.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	if os.Getenv(wardenVar) != "" {
		keepWatch(os.Stdin)
		return
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	out := &printer{w: os.Stderr}
	opts, err := parse(args)
	switch {
	case err != nil:
		return out.fail(err)
	case opts.help:
		fmt.Print(help())
		return 0
	case opts.version:
		fmt.Println(version())
		return 0
	}
	out.level = opts.level()
	code, err := launchProgram(opts, out)
	if err != nil {
		return out.fail(err)
	}
	return code
}

// launchProgram does everything between the flags and the exit code. An error means that no program ran.
func launchProgram(opts options, out *printer) (code int, err error) {
	sigs := watchSignals()
	secret, err := opts.secret()
	if err != nil {
		return 0, err
	}
	w := startWarden(out)
	defer w.dismiss()
	prog, err := resolve(opts.program, &builder{warden: w, sigs: sigs, out: out})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, prog.cleanup()) }()
	return newSession(opts, prog, secret, w, out).run(sigs)
}

func version() string {
	v := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return fmt.Sprintf("scoopp2p %s (%s %s/%s)", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
