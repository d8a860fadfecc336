package main

import (
	"runtime"

	"github.com/spf13/pflag"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

const (
	maxWorkers = 1 << 16 // of one launcher
	maxPeers   = 1024    // processes of one launcher
)

// options are the flags, checked.
type options struct {
	workers   int
	perPeer   int // 0: all in one
	bootstrap []string
	listen    []string
	keyFile   string
	serve     bool
	verbose   int
	quiet     bool
	help      bool
	version   bool

	program string
	args    []string // of the program, without its name
}

func flagSet(o *options) *pflag.FlagSet {
	fs := pflag.NewFlagSet("scoopp2p", pflag.ContinueOnError)
	fs.SetInterspersed(false) // scoopp2p -n 4 ./prog -n 9 passes -n 9 on
	fs.SortFlags = false
	fs.Usage = func() {}
	fs.IntVarP(&o.workers, "workers", "n", runtime.GOMAXPROCS(0), "start `N` workers in all (default: one for each CPU)")
	fs.Lookup("workers").DefValue = "0" // the help says it in words
	fs.IntVar(&o.perPeer, "workers-per-peer", 0, "start one process for each `K` workers (default: one for all)")
	fs.StringSliceVar(&o.bootstrap, "bootstrap", nil, "join the peers at the multiaddr `ADDR`, which ends in /p2p/ID")
	fs.StringSliceVar(&o.listen, "listen", nil, "listen on the multiaddr `ADDR` and print where others can join")
	fs.StringVar(&o.keyFile, "key", "", "read the swarm's key from `FILE`: 64 hex digits, mode 0600")
	fs.BoolVar(&o.serve, "serve", false, "give workers to the peers at --bootstrap; run nothing of our own")
	fs.CountVarP(&o.verbose, "verbose", "v", "say more (-vv: still more)")
	fs.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing but errors")
	fs.BoolVar(&o.version, "version", false, "print the version")
	fs.BoolVarP(&o.help, "help", "h", false, "print this")
	return fs
}

// parse reads the arguments after the command's name.
func parse(args []string) (options, error) {
	var o options
	fs := flagSet(&o)
	if err := fs.Parse(args); err != nil {
		return o, explain(fs, err)
	}
	if word := fs.Arg(0); fs.ArgsLenAtDash() < 0 { // after --, a program may have any name
		o.help = o.help || word == "help"
		o.version = o.version || word == "version"
	}
	if o.help || o.version {
		return o, nil
	}
	if fs.NArg() > 0 {
		o.program, o.args = fs.Arg(0), fs.Args()[1:]
	}
	return o, o.check(fs)
}

func (o *options) check(fs *pflag.FlagSet) error {
	switch {
	case o.workers < 1:
		return usageError("scoopp2p -n 4 PROGRAM", "-n %d: there must be at least 1 worker", o.workers)
	case o.workers > maxWorkers:
		return usageError("more launchers, joined by --bootstrap", "-n %d: at most %d workers", o.workers, maxWorkers)
	case fs.Changed("workers-per-peer") && o.perPeer < 1:
		return usageError("--workers-per-peer 1", "--workers-per-peer %d: there must be at least 1 worker", o.perPeer)
	case len(o.split()) > maxPeers:
		return usageError("a larger --workers-per-peer", "%d processes on one machine: at most %d", len(o.split()), maxPeers)
	case o.quiet && o.verbose > 0:
		return usageError("one of them", "-q and -v contradict each other")
	case o.serve && len(o.bootstrap) == 0:
		return usageError("scoopp2p --serve --bootstrap ADDR PROGRAM", "--serve needs peers to give the workers to")
	case len(o.bootstrap) > launch.MaxAddrs/2 || len(o.listen) > launch.MaxAddrs:
		return usageError("fewer of them", "too many addresses")
	case fs.Changed("key") && o.keyFile == "":
		return usageError("--key FILE", "--key needs a file")
	case o.program == "":
		return usageError("scoopp2p -n 4 ./prog (or --help)", "no program given")
	}
	return o.checkAddrs()
}

// level is the verbosity as one number.
func (o *options) level() int {
	if o.quiet {
		return -1
	}
	return min(o.verbose, 2)
}

// split says how many workers each peer gets.
func (o *options) split() []int {
	per := o.perPeer
	if per == 0 || per > o.workers {
		per = o.workers
	}
	var counts []int
	for left := o.workers; left > 0; left -= per {
		counts = append(counts, min(per, left))
	}
	return counts
}
