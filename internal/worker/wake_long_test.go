//go:build long

package worker_test

import "testing"

// Ten million rounds, for the night.
func TestNoLostWakeupLong(t *testing.T) { lostWakeups(t, 4, 10_000_000) }
