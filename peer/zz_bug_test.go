package peer_test

// Drop into peer/. Bug: a task that joins a child which no worker here can run, runs it in place (worker.Frame.Join ->
// joinPublic -> ClaimStray, and Assist) although it waits in the exports, so it fails with ErrNotHandled.
// Fix: joinPublic and Assist must not claim t when !t.Fn.Handled().

import (
	"context"
	"fmt"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
)

// TestSubmitOnlyInTask: a task that waits for what it cannot run itself does not run it in place.
func TestSubmitOnlyInTask(t *testing.T) {
	c := start(t, 1, 1)
	executor := c.spawn("handles")
	want := fmt.Sprintf("hello from %d", executor.cmd.Process.Pid)
	c.run(0, func(ctx context.Context) error {
		for i := range 20 {
			if got, err := futures.Submit(ctx, Remote, "hello").Result(ctx); got != want || err != nil {
				return fmt.Errorf("future %d: %q, %w", i, got, err)
			}
		}
		return nil
	})
}

// TestSubmitOnlyWithBystander: bug in steal: victim.served. A thief whose Give brought nothing (here: it cannot run what
// is queued) stays first in victim.waiting, and those behind it are never served: the futures wait for ever.
func TestSubmitOnlyWithBystander(t *testing.T) {
	c := start(t, 1, 1)
	c.spawn("nothing")
	executor := c.spawn("handles")
	want := fmt.Sprintf("hello from %d", executor.cmd.Process.Pid)
	var fs []futures.Future[string]
	for range 20 {
		fs = append(fs, futures.Submit(c.from(0), Remote, "hello"))
	}
	for i, f := range fs {
		if got, err := f.Result(c.ctx); got != want || err != nil {
			t.Fatalf("future %d: %q, %v", i, got, err)
		}
	}
}
