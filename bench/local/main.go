// Command local measures what a future costs within one process, against plain Go and against the pools that Go programs
// use: go run ./bench/local. Every benchmark has a sequential twin, or says why it has none, and all candidates of a
// benchmark take turns in the same process, because the machine's mood changes more from run to run than they differ.
//
// bench/README.md says what each benchmark stresses, and holds the results of the last -markdown run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of a run.
const (
	// maxRun ends a run that hangs, with the stacks of all goroutines: some competitors can deadlock.
	maxRun = time.Hour
	// minRounds is the least number of rounds for a median that is worth printing.
	minRounds = 5
	// quickRounds is what -quick takes instead: it looks at answers, not at times.
	quickRounds = 2
	// maxBenchWorkers bounds -workers.
	maxBenchWorkers = 256
)

func main() {
	o, err := options(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2) // options has said why
	}
	handle()
	quiet()
	time.AfterFunc(maxRun, func() { panic(fmt.Sprintf("the benchmarks have not ended in %v", maxRun)) })
	if err := benchmarks(o); err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// benchmarks plays the chosen contests and prints their rows.
func benchmarks(o *settings) error {
	var all []Row
	for _, c := range contests {
		if !o.match.MatchString(c.name) {
			continue
		}
		for _, workers := range o.workers {
			rows, err := o.play(c, workers)
			if err != nil {
				return err
			}
			all = append(all, rows...)
			if o.json {
				err = printJSON(os.Stdout, rows)
			} else {
				err = printTable(os.Stdout, rows)
			}
			if err != nil {
				return err
			}
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("no benchmark matches %q; there are: %s", o.match, strings.Join(names(), ", "))
	}
	if o.markdown {
		return rewrite(o.readme, all, o.rounds)
	}
	return nil
}

// settings are the flags.
type settings struct {
	match    *regexp.Regexp
	rounds   int
	workers  []int
	quick    bool
	json     bool
	markdown bool
	readme   string
}

// options reads the flags, and prints what is wrong with them.
func options(args []string, complaints io.Writer) (*settings, error) {
	o := &settings{match: regexp.MustCompile("")}
	fs := flag.NewFlagSet("local", flag.ContinueOnError)
	fs.SetOutput(complaints)
	fs.Func("bench", "`regexp` of the benchmarks to run (default all): "+strings.Join(names(), ", "), func(s string) (err error) {
		o.match, err = regexp.Compile(s)
		return err
	})
	fs.IntVar(&o.rounds, "rounds", 0, fmt.Sprintf("rounds of each candidate (default %d, with -quick %d)", minRounds, quickRounds))
	fs.Func("workers", "comma-separated `list` of numbers of workers (default 1,2)", func(s string) (err error) {
		o.workers, err = counts(s)
		return err
	})
	fs.BoolVar(&o.quick, "quick", false, "small sizes: checks every answer in a few seconds; the times mean nothing")
	fs.BoolVar(&o.json, "json", false, "print one JSON object for each row")
	fs.BoolVar(&o.markdown, "markdown", false, "also rewrite the block of results in the file of -readme")
	fs.StringVar(&o.readme, "readme", "bench/README.md", "`file` with the block of results")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if len(o.workers) == 0 {
		o.workers = []int{1, 2}
	}
	if o.rounds == 0 {
		o.rounds = minRounds
		if o.quick {
			o.rounds = quickRounds
		}
	}
	var err error
	switch {
	case fs.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.rounds < 1:
		err = fmt.Errorf("-rounds %d: give at least 1", o.rounds)
	case o.markdown && (o.quick || o.rounds < minRounds):
		err = fmt.Errorf("-markdown wants full sizes and at least %d rounds", minRounds)
	}
	if err != nil {
		fmt.Fprintln(complaints, "local:", err)
	}
	return o, err
}

// counts parses a list of numbers of workers.
func counts(list string) ([]int, error) {
	var ns []int
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > maxBenchWorkers {
			return nil, fmt.Errorf("%q is no number from 1 to %d", word, maxBenchWorkers)
		}
		ns = append(ns, n)
	}
	return ns, nil
}
