package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// A floor is one package on the plan, or with "/..." at the end of its path a whole tree of them.
type floor struct {
	path   string
	may    []string // what it may import of this module
	tests  []string // what its tests may import besides that and itself
	reason string
}

// plan is the floor plan. It is a statement of policy: a package that is not on it is refused, and a row may name only
// rows above it, so that the plan has no cycle and reads from the ground up. The mechanisms (deque, rpc, steal,
// discovery) are strangers to one another; peer introduces them.
var plan = []floor{
	{path: ".", reason: "the front door is documentation; users import futures"},
	{path: "deque", reason: "a data structure that is useful alone: standard library only"},
	{path: "internal/task", reason: "the nouns that all others speak of depend on nobody"},
	{path: "internal/uts", reason: "the trees of the benchmark, shared by the example and bench; pure arithmetic"},
	{path: "internal/launch", reason: "the words between a launcher and its processes are spoken before there is a peer"},
	{
		path: "discovery", tests: []string{"internal/testnet"},
		reason: "how peers meet is useful alone and knows nothing of tasks",
	},
	{
		path: "rpc", may: []string{"internal/task"}, tests: []string{"internal/testnet"},
		reason: "messages carry tasks; who sends them, and why, is not their business",
	},
	{
		path: "steal", may: []string{"internal/task"}, tests: []string{"internal/sim"},
		reason: "a pure state machine: peer, sim and transcripts drive the same code",
	},
	{
		path: "internal/sim", may: []string{"internal/task", "steal"},
		reason: "virtual time drives the protocol and nothing else of us",
	},
	{
		path: "internal/worker", may: []string{"deque", "internal/task"},
		reason: "the in-process scheduler runs without any network",
	},
	{
		path:   "peer",
		may:    []string{"deque", "discovery", "internal/task", "internal/worker", "rpc", "steal"},
		tests:  []string{"futures", "internal/testnet"},
		reason: "the one place that wires the mechanisms together; its tests speak as users do",
	},
	{
		path: "internal/testnet", may: []string{"discovery", "internal/task", "peer", "rpc"},
		reason: "clusters for tests; only tests may import it",
	},
	{
		path:   "futures",
		may:    []string{"internal/launch", "internal/task", "internal/worker", "peer"},
		tests:  []string{"discovery", "internal/testnet"},
		reason: "typed at the edge: it submits tasks to a peer and never sees a stream",
	},
	{
		path:   "cmd/scoopp2p/...",
		may:    []string{"discovery", "futures", "internal/launch", "peer"},
		tests:  []string{"internal/testnet"},
		reason: "the command uses what every user has, and the words of the launcher",
	},
	{
		path: "examples/...", may: []string{"discovery", "futures", "internal/uts", "peer"},
		reason: "an example that needs more than users have is no example",
	},
	{
		path:   "bench/...",
		may:    []string{"deque", "discovery", "futures", "internal/sim", "internal/uts", "peer"},
		tests:  []string{"internal/testnet"},
		reason: "benchmarks measure what users have, and the deque and the simulator apart",
	},
	{path: "internal/arch", reason: "the rules look at the source and import none of it"},
}

// standardOnly are the packages whose code may import nothing but the standard library. Their tests may.
var standardOnly = []string{".", "deque", "internal/launch"}

// testOnly are the packages that only tests may import: test doubles are not shipped to users.
var testOnly = []string{"internal/testnet", "testing", "go.uber.org/goleak"}

func TestFloorPlan(t *testing.T) {
	for _, f := range readTree(t).code {
		report(t, checkFloor(f))
	}
}

// TestPlanIsSound checks the plan itself.
func TestPlanIsSound(t *testing.T) {
	var above []string
	for _, f := range plan {
		if f.reason == "" {
			t.Errorf("%s: a rule without a reason", f.path)
		}
		if slices.Contains(above, f.path) {
			t.Errorf("%s: twice on the plan", f.path)
		}
		if !slices.IsSorted(f.may) {
			t.Errorf("%s: imports not in alphabetical order", f.path)
		}
		for _, m := range f.may {
			if !slices.Contains(above, m) {
				t.Errorf("%s: may import %s, which is not above it on the plan", f.path, m)
			}
		}
		for _, m := range f.tests {
			if !slices.ContainsFunc(plan, func(other floor) bool { return other.path == m }) {
				t.Errorf("%s: its tests may import %s, which is not on the plan", f.path, m)
			}
		}
		above = append(above, f.path)
	}
}

// floorOf returns the row of the plan that a directory is on.
func floorOf(dir string) (floor, bool) {
	for _, f := range plan {
		tree, whole := strings.CutSuffix(f.path, "/...")
		if dir == tree || whole && strings.HasPrefix(dir, tree+"/") {
			return f, true
		}
	}
	return floor{}, false
}

// checkFloor returns what is wrong with the imports of one file.
func checkFloor(f *goFile) []string {
	row, ok := floorOf(f.dir())
	if !ok {
		return []string{fmt.Sprintf("%s: package %s is not on the floor plan (internal/arch/floor_test.go)", f.path, f.dir())}
	}
	var violations []string
	refuse := func(p, why string) {
		violations = append(violations, fmt.Sprintf("%s: imports %s: %s", f.path, p, why))
	}
	for _, p := range f.imports() {
		ours, local := inModule(p)
		switch {
		case local && !row.allows(ours, f.isTest()):
			refuse(ours, "not on the plan of "+row.path+": "+row.reason)
		case !f.isTest() && !slices.Contains(testOnly, f.dir()) && isTestOnly(p):
			refuse(p, "only tests may")
		case !f.isTest() && slices.Contains(standardOnly, row.path) && !local && !standard(p):
			refuse(p, row.path+" uses the standard library only: "+row.reason)
		}
	}
	return violations
}

// allows reports whether a file on this floor may import the package of this module in directory dir.
func (f floor) allows(dir string, fromTest bool) bool {
	if slices.Contains(f.may, dir) {
		return true
	}
	if tree, whole := strings.CutSuffix(f.path, "/..."); whole && strings.HasPrefix(dir, tree+"/") {
		return true // a tree shares its own parts
	}
	return fromTest && (dir == f.path || slices.Contains(f.tests, dir))
}

// inModule returns the directory of an import path that belongs to this module.
func inModule(p string) (dir string, ok bool) {
	if p == module {
		return ".", true
	}
	return strings.CutPrefix(p, module+"/")
}

// isTestOnly reports whether p is, or lies below, a package that only tests may import.
func isTestOnly(p string) bool {
	if dir, ok := inModule(p); ok {
		p = dir
	}
	return slices.ContainsFunc(testOnly, func(t string) bool { return p == t || strings.HasPrefix(p, t+"/") })
}

// standard reports whether p is of the standard library: its first element has no dot.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

func TestCheckFloor(t *testing.T) {
	tests := []struct {
		file string
		path string // what it imports
		want []string
	}{
		{"deque/ring.go", "sync/atomic", nil},
		{"deque/ring.go", "golang.org/x/exp/slices", []string{"standard library only"}},
		{"deque/ring_test.go", "go.uber.org/goleak", nil},
		{"deque/ring.go", module + "/internal/task", []string{"not on the plan of deque"}},
		{"steal/thief.go", module + "/internal/task", nil},
		{"steal/thief.go", module + "/rpc", []string{"not on the plan of steal"}},
		{"steal/thief.go", module + "/internal/sim", []string{"not on the plan of steal"}},
		{"steal/thief_test.go", module + "/internal/sim", nil},
		{"steal/thief_test.go", module + "/steal", nil},
		{"steal/thief_test.go", module + "/peer", []string{"not on the plan of steal"}},
		{"peer/config.go", module + "/futures", []string{"not on the plan of peer"}},
		{"peer/cluster_windows_test.go", module + "/internal/testnet", nil},
		{"peer/cluster.go", module + "/internal/testnet", []string{"not on the plan of peer"}},
		{"peer/cluster.go", "testing", []string{"only tests may"}},
		{"peer/cluster.go", "testing/synctest", []string{"only tests may"}},
		{"internal/testnet/host.go", "testing", nil},
		{"examples/fib/main.go", module + "/futures", nil},
		{"examples/fib/main.go", module + "/rpc", []string{"not on the plan of examples/..."}},
		{"bench/uts/main.go", module + "/bench/report", nil},
		{"doc.go", module + "/futures", []string{"documentation"}},
		{"futures/doc.go", module, []string{"imports .: not on the plan of futures"}},
		{"nowhere/x.go", "fmt", []string{"not on the floor plan"}},
		{"dequeue/x.go", "fmt", []string{"not on the floor plan"}},
		{"bench.go", module + "x/elsewhere", []string{"standard library only"}},
	}
	for _, tt := range tests {
		t.Run(tt.file+" imports "+path.Base(tt.path), func(t *testing.T) {
			expect(t, checkFloor(mustParse(t, tt.file, "package p\nimport _ \""+tt.path+"\"\n")), tt.want)
		})
	}
}
