// Command uts counts the nodes of an unbalanced tree, the benchmark by which work stealers are judged: a node's
// children follow from a cryptographic hash, so nobody can know how large a branch is without walking it, and only
// stealing can balance the work. Every node is a task of a fraction of a microsecond.
//
// T1 and T5 are wide, T2 and T4 are in between, T3 is thin and deep: the hard one. The counts are known; a run that
// finds another fails. Rates and the table of who ran what go to standard error, the answer to standard output.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/uts"
	"github.com/scoopp2p/scoopp2p/peer"
)

var (
	name = flag.String("tree", "T1", "which tree: "+strings.Join(slices.Sorted(maps.Keys(uts.Samples)), ", "))
	seq  = flag.Bool("seq", false, "walk it on one core without any task, for comparison")
)

// chosen is the tree of this job: every process is given the same flags.
var chosen uts.Sample

// Walk counts the tree below a node.
var Walk = futures.Declare[uts.Node, uts.Count]("uts.walk")

func walk(ctx context.Context, n uts.Node) (uts.Count, error) {
	sum := uts.Count{Nodes: 1, Depth: n.Depth}
	k := chosen.Children(&n)
	if k == 0 {
		sum.Leaves = 1
		return sum, nil
	}
	children := make([]futures.Future[uts.Count], k)
	for i := range children {
		children[i] = futures.Submit(ctx, Walk, n.Child(i))
	}
	// Newest first: what nobody has stolen is popped off the deque and runs right here.
	for _, child := range slices.Backward(children) {
		c, err := child.Result(ctx)
		if err != nil {
			return uts.Count{}, err
		}
		sum = sum.Plus(c)
	}
	return sum, nil
}

func run(ctx context.Context) error {
	s, ok := uts.Samples[*name]
	if !ok {
		return fmt.Errorf("no tree %q: see -h for the names", *name)
	}
	start := time.Now()
	var got uts.Count
	if *seq {
		got = s.Count(s.Root())
	} else {
		var err error
		if got, err = futures.Submit(ctx, Walk, s.Root()).Result(ctx); err != nil {
			return err
		}
	}
	took := time.Since(start)
	fmt.Printf("%s: %d nodes, depth %d, %d leaves\n", *name, got.Nodes, got.Depth, got.Leaves)
	fmt.Fprintf(os.Stderr, "%v, %.3g nodes/s\n", took.Round(time.Millisecond), float64(got.Nodes)/took.Seconds())
	if !*seq {
		if err := report(ctx, os.Stderr); err != nil {
			return err
		}
	}
	if !s.Want.Agrees(got) {
		return fmt.Errorf("%s has %d nodes, depth %d, %d leaves; this count is wrong",
			*name, s.Want.Nodes, s.Want.Depth, s.Want.Leaves)
	}
	fmt.Println("as published")
	return nil
}

// report prints how the tasks were spread over the peers.
func report(ctx context.Context, w io.Writer) error {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return futures.ErrNoPeer
	}
	census, err := p.Census(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "peer\tpid\tworkers\tran\tstole\tlent\trerun\t")
	for _, s := range census {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Name, s.PID, s.Workers, s.Executed, s.Stolen, s.Lent, s.Rerun)
	}
	return table.Flush()
}

func main() {
	flag.Parse()
	chosen = uts.Samples[*name]
	Walk.Handle(walk)
	futures.Main(run)
}
