//go:build unix

package worker_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/worker"
)

// cpuTime is what this process has used so far.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// An idle pool uses no CPU, before and after it has worked.
func TestIdleCostsNothing(t *testing.T) {
	const workers, window, limit = 8, 300 * time.Millisecond, 15 * time.Millisecond
	p := newPool(t, worker.Config{Workers: workers})
	in(t, p, func(ctx context.Context) error { _, err := tree(ctx, 12); return err })
	until(t, "all workers to sleep", func() bool { return p.Idle() == workers })
	before := cpuTime(t)
	<-time.After(window)
	if used := cpuTime(t) - before; used > limit {
		t.Errorf("the idle process used %v of CPU in %v, more than %v", used, window, limit)
	}
}
