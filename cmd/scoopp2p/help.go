package main

import "strings"

const examples = `scoopp2p runs a program that uses package futures on several peers.

  scoopp2p ./prog                              all cores of this machine
  scoopp2p -n 4 --workers-per-peer 1 ./prog    four processes with one worker each
  scoopp2p -n 8 ./examples/pi -samples 1e9     a Go package or .go file is built first
  scoopp2p --listen /ip4/127.0.0.1/tcp/4001 ./prog
                                               others may join; prints the address for them
  scoopp2p --serve --bootstrap ADDR ./prog     give this machine's workers to the job at ADDR

Usage: scoopp2p [flags] [--] program [args…]

`

const afterwards = `
Ctrl-C lets running tasks finish, a second one aborts them, a third one ends everything at once.
Exit code: the program's; 2 usage, 125 launcher failed (also: build failed), 126 not executable, 127 not found,
128+n ended by signal n. With --serve, 0 after one Ctrl-C.
Without --key: a job that stays on this machine gets a key of its own; --listen and --bootstrap use your own key,
swarm.key in scoopp2p's configuration directory, which is made when first needed.
`

func help() string {
	var b strings.Builder
	b.WriteString(examples)
	usages := flagSet(new(options)).FlagUsages()
	b.WriteString(strings.Replace(usages, "--verbose count", "--verbose      ", 1)) // it counts, but takes no value
	b.WriteString(afterwards)
	return b.String()
}
