package worker

// What the tests must know of the limits, to go beyond them.
const (
	WindowSize     = windowSize
	MaxInlineDepth = maxInlineDepth
	SweepChildren  = sweepChildren
	MaxFree        = maxFree
)

// Own reports whether the caller is the goroutine of the frame's strand.
func (f *Frame) Own() bool { return f.own() }

// Parked returns the number of strands that wait inside a task.
func (p *Pool) Parked() int { return int(p.parked.n.Load()) }
