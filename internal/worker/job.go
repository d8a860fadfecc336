package worker

import (
	"context"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Job is one run of one program. Tasks inherit it from whoever submits them, also across the wire.
type Job struct {
	// Origin is the peer that runs the user's main function.
	Origin task.PeerID
}

type jobKey struct{}

// WithJob gives tasks that are submitted with the context to a job.
func WithJob(ctx context.Context, j *Job) context.Context { return context.WithValue(ctx, jobKey{}, j) }

// JobOf returns the job that ctx belongs to, or nil.
func JobOf(ctx context.Context) *Job {
	if ctx == nil {
		return nil
	}
	if f, ok := ctx.(*Frame); ok {
		return f.strand.job.Load()
	}
	j, _ := ctx.Value(jobKey{}).(*Job)
	return j
}
