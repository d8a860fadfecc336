package main

import "fmt"

// A goal is what a row should reach, and where that comes from.
type goal struct {
	bench, candidate, metric string
	workers                  int // 0: any number
	kind                     kind
	limit                    float64
	from                     string
}

// kind says what the limit of a goal limits.
type kind string

const (
	atMost  kind = "≤ %g"   // our figure
	atLeast kind = "≥ %g"   // our figure
	times   kind = "≥ %g ×" // a competitor's figure, in units of ours
)

// goals are the figures that a prototype of this design reached on a 2-core virtual machine, and the ratios to what was
// measured beside it. Absolute times drift by up to 1.5 between days on such machines; ratios of one run do not.
var goals = []goal{
	{"fib", oursName, "ns/spawn", 1, atMost, 20, "prototype 18.5-20; rayon 15-17, oneTBB 73"},
	{"fib", oursName, "ns/spawn", 2, atMost, 19, "prototype 12-19; rayon 7, oneTBB 42"},
	{"fib", channels, "ns/spawn", 0, times, 40, "800 and 760 ns against 20 and 19"},
	{"fib", waitGroups, "ns/spawn", 0, times, 45, "900 ns against 20"},
	{"queens", oursName, "ns/task", 2, atMost, 21, "prototype 19-21; oneTBB 38-51, rayon 7-264"},
	{"queens", channels, "ns/task", 2, times, 80, "1,860 ns against 21"},
	{"uts-T1", sequential, "ns/node", 1, times, 0.85, "a future costs a sixth of a SHA-1 node"},
	{"uts-T1", sequential, "ns/node", 2, times, 1.6, "the same, on two cores"},
	{"uts-T3", sequential, "ns/node", 1, times, 0.85, "as T1"},
	{"uts-T3", sequential, "ns/node", 2, times, 1.6, "as T1"},
	{"map-10ns", oursName, "ns/item", 2, atMost, 7, "prototype 4.2-6.3 with items of 8 ns"},
	{"map-10ns", chunked, "ns/item", 2, times, 0.75, "3.0-5.3 ns against 4.2-6.3"},
	{"map-100ns", chunked, "ns/item", 0, times, 0.9, "no chunk size to tune, within a tenth of one that was"},
	{"map-1000ns", chunked, "ns/item", 0, times, 0.95, "the same, within a twentieth"},
	{"producer", channels, "B/queued", 1, times, 10, "a goroutine has 2 KiB of stack"},
	{"echo", oursName, "p50 µs", 0, atMost, 100, "prototype 67; without the P to spare 13,400"},
	{"echo", oursName, "p99 µs", 0, atMost, 5600, "prototype"},
	{"echo", oursName, "work kept %", 0, atLeast, 95, "prototype 1.90 of 2"},
	{"wake", channels, "p50 µs", 0, times, 0.67, "at most half as long again as a bare channel"},
	{"idle", oursName, "CPU %", 0, atMost, 0.1, "idle costs nothing"},
}

// judge fills in the row's goal.
func (r *Row) judge() {
	for _, g := range goals {
		if g.bench != r.Bench || g.candidate != r.Candidate || g.metric != r.Metric || g.workers != 0 && g.workers != r.Workers {
			continue
		}
		reached := g.kind == atMost && r.Median <= g.limit ||
			g.kind == atLeast && r.Median >= g.limit ||
			g.kind == times && r.Ratio >= g.limit
		r.Goal, r.From, r.Reached = fmt.Sprintf(string(g.kind), g.limit), g.from, &reached
		return
	}
}
