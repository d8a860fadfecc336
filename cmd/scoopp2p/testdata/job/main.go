// Command job is a program of futures for the launcher's tests: its argument is what it does, see modes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/peer"
)

// away is the input of the functions that do something only where the origin is not.
type away struct{ Origin, Size int }

var (
	Fail   = futures.Declare[away, int]("fail")
	Panic  = futures.Declare[away, int]("explode")
	Mute   = futures.Declare[away, any]("mute")
	Die    = futures.Declare[away, int]("die")
	Once   = futures.AtMostOnce(futures.Declare[away, int]("once"))
	Nobody = futures.Declare[int, int]("nobody")
	Hang   = futures.Declare[int, int]("hang")
)

var errKnown = futures.DeclareError("known", errors.New("a known error"))

// coded is an error that chooses the exit code.
type coded struct{ error }

func (coded) ExitCode() int { return 42 }

// elsewhere reports whether this process is another than the origin. At home it takes a while, so that there is something
// left for thieves.
func (a away) elsewhere() bool {
	for range a.Size {
		_ = strconv.Itoa(a.Size)
	}
	return os.Getpid() != a.Origin
}

func handle() {
	Fail.Handle(func(_ context.Context, a away) (int, error) {
		if a.elsewhere() {
			return 0, fmt.Errorf("it went wrong: %w", errKnown)
		}
		return 0, nil
	})
	Panic.Handle(func(_ context.Context, a away) (int, error) {
		if a.elsewhere() {
			panic("boom")
		}
		return 0, nil
	})
	Mute.Handle(func(_ context.Context, a away) (any, error) {
		if a.elsewhere() {
			return make(chan int), nil
		}
		return 0, nil
	})
	die := func(_ context.Context, a away) (int, error) {
		if a.elsewhere() {
			os.Exit(9)
		}
		return 0, nil
	}
	Die.Handle(die)
	Once.Handle(die)
	Hang.Handle(func(ctx context.Context, _ int) (int, error) {
		fmt.Println("hanging", os.Getpid())
		<-ctx.Done()
		return 0, ctx.Err()
	})
}

// until submits f until one of its tasks fails, which it does on another peer only, or n of them have not.
func until[Out any](ctx context.Context, f *futures.Func[away, Out], n int) error {
	const batch, size = 64, 2000
	for range (n + batch - 1) / batch {
		fs := make([]futures.Future[Out], batch)
		for i := range fs {
			fs[i] = futures.Submit(ctx, f, away{os.Getpid(), size})
		}
		for _, f := range fs {
			if _, err := f.Result(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// limit is more tasks than fit into the time that a test has.
const limit = 1 << 30

// company waits until there are as many peers.
func company(ctx context.Context, n int) error {
	p, _ := peer.FromContext(ctx)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		all, err := p.Census(ctx)
		if err != nil || len(all) >= n {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// modes are what the origin does.
var modes = map[string]func(ctx context.Context) error{
	"fine":  func(context.Context) error { fmt.Println("fine"); return nil },
	"error": func(ctx context.Context) error { return until(ctx, Fail, limit) },
	"known": func(ctx context.Context) error {
		if err := until(ctx, Fail, limit); !errors.Is(err, errKnown) {
			return fmt.Errorf("not the known error: %w", err)
		}
		fmt.Println("known")
		return nil
	},
	"panic":   func(ctx context.Context) error { return until(ctx, Panic, limit) },
	"at home": func(context.Context) error { panic("at home") },
	"mute":    func(ctx context.Context) error { return until(ctx, Mute, limit) },
	"coded":   func(context.Context) error { return coded{errors.New("my own code")} },
	"lines":   func(context.Context) error { return errors.New("first\nsecond") },
	"nobody": func(ctx context.Context) error {
		_, err := futures.Submit(ctx, Nobody, 1).Result(ctx)
		return err
	},
	"once": func(ctx context.Context) error { return until(ctx, Once, limit) },
	"hang": func(ctx context.Context) error {
		f, g := futures.Submit(ctx, Hang, 1), futures.Submit(ctx, Hang, 2)
		_, err := f.Result(ctx)
		_, other := g.Result(ctx)
		return errors.Join(err, other)
	},
	// die: the peers that take a task end; the origin does the rest alone.
	"die": func(ctx context.Context) error {
		if err := company(ctx, 2); err != nil {
			return err
		}
		if err := until(ctx, Die, 1<<14); err != nil {
			return err
		}
		fmt.Println("survived")
		return nil
	},
	"twice":  nil, // the declaration is the mistake
	"other":  nil, // for --serve
	"differ": nil, // see main
}

func main() {
	mode := os.Args[1]
	run, ok := modes[mode]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such mode:", mode)
		os.Exit(64)
	}
	switch mode {
	case "twice":
		futures.Declare[int, string](Fail.Name())
	case "other":
		futures.Declare[int64, string]("differs").Handle(func(context.Context, int64) (string, error) { return "wrong", nil })
	case "differ":
		f := futures.Declare[int, string]("differs")
		f.Handle(func(_ context.Context, n int) (string, error) { return strconv.Itoa(n), nil })
		run = func(ctx context.Context) error { return compare(ctx, f) }
	}
	handle()
	futures.Main(run)
}

// compare runs f where there is a peer of another program, which must get none of it.
func compare(ctx context.Context, f *futures.Func[int, string]) error {
	if err := company(ctx, 2); err != nil {
		return err
	}
	i := 0
	numbers := func(yield func(int) bool) {
		for n := range 10_000 {
			if !yield(n) {
				return
			}
		}
	}
	for got, err := range futures.Map(ctx, f, numbers) {
		if err != nil || got != strconv.Itoa(i) {
			return fmt.Errorf("%d: %q, %w", i, got, err)
		}
		i++
	}
	fmt.Println("right", i)
	return nil
}
