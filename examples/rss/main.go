// Command rss computes a residual sum of squares of two signals in eight parts. The data are not sent: every process
// makes (elsewhere: loads) them itself, once, when its first task needs them, and a task is only an offset.
//
// After SCOOP's examples/rssDoc.py. Times go to standard error, the answer to standard output.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
)

const (
	length = 200_000
	part   = 25_000 // elements a task
)

var seed = flag.Uint64("seed", 31415926, "seed of the two signals")

// RSS is the residual sum of squares of the part at an offset; Add reduces two of them to one.
var (
	RSS = futures.Declare[int, int]("rss.rss")
	Add = futures.Declare[[2]int, int]("rss.add")
)

// signals makes the two signals, the same in every process of the job.
var signals = sync.OnceValues(func() (left, right []int) {
	r := rand.New(rand.NewPCG(*seed, 0))
	signal := func() []int {
		xs := make([]int, length)
		for i := range xs {
			xs[i] = r.IntN(201) - 100
		}
		return xs
	}
	return signal(), signal()
})

// residual is the sum of squares over n elements from offset.
func residual(offset, n int) int {
	left, right := signals()
	sum := 0
	for i := offset; i < min(offset+n, length); i++ {
		d := left[i] - right[i]
		sum += d * d
	}
	return sum
}

func run(ctx context.Context) error {
	var offsets []int
	for o := 0; o < length; o += part {
		offsets = append(offsets, o)
	}
	start := time.Now()
	got, err := futures.MapReduce(ctx, RSS, Add, slices.Values(offsets))
	if err != nil {
		return err
	}
	parallel := time.Since(start)

	start = time.Now()
	want := residual(0, length)
	fmt.Fprintf(os.Stderr, "in parallel: %v, serially: %v\n", parallel, time.Since(start))
	fmt.Println("residual sum of squares:", got)
	if got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return nil
}

func main() {
	flag.Parse()
	RSS.Handle(func(_ context.Context, offset int) (int, error) { return residual(offset, part), nil })
	Add.Handle(func(_ context.Context, p [2]int) (int, error) { return p[0] + p[1], nil })
	futures.Main(run)
}
