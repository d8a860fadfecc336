package arch

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// The stealing protocol is a state machine: events and the time go in, actions come out, and the same seed gives the
// same trace in the simulator, in a transcript and over the wire. What could break that is refused here.
const pure = "steal"

// impureImports are doors to the world, to other goroutines, or to the clock of a context.
var impureImports = []string{"context", "log", "net", "os", "runtime", "sync", "syscall"}

// impureCalls are the names that a pure package may not use of a package that it may import.
var impureCalls = map[string]func(name string) bool{
	"time": func(name string) bool {
		return slices.Contains([]string{
			"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
		}, name)
	},
	"math/rand": func(string) bool { return true }, // its global source is seeded by nobody knows whom
	"math/rand/v2": func(name string) bool {
		return !slices.Contains([]string{"ChaCha8", "New", "NewChaCha8", "NewPCG", "PCG", "Rand", "Source"}, name)
	},
	"crypto/rand": func(string) bool { return true },
}

func TestStealIsPure(t *testing.T) {
	for _, f := range readTree(t).code {
		if f.dir() == pure && !f.isTest() {
			report(t, checkPure(f))
		}
	}
}

// checkPure returns what in a file could make two runs with the same input differ.
func checkPure(f *goFile) []string {
	var violations []string
	refuse := func(node ast.Node, what string) {
		violations = append(violations, fmt.Sprintf("%s: %s in package %s: events and the time go in, actions come out",
			f.line(node.Pos()), what, pure))
	}
	names := map[string]string{} // local name → import path
	for i, p := range f.imports() {
		spec := f.tree.Imports[i]
		if slices.ContainsFunc(impureImports, func(bad string) bool { return p == bad || strings.HasPrefix(p, bad+"/") }) {
			refuse(spec, "import of "+p)
		}
		switch {
		case spec.Name != nil:
			names[spec.Name.Name] = p
		default:
			names[path.Base(strings.TrimSuffix(p, "/v2"))] = p
		}
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			refuse(n, "go statement")
		case *ast.SelectStmt:
			refuse(n, "select statement")
		case *ast.ChanType:
			refuse(n, "channel")
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				break
			}
			if bad := impureCalls[names[x.Name]]; bad != nil && bad(n.Sel.Name) {
				refuse(n, names[x.Name]+"."+n.Sel.Name)
			}
		}
		return true
	})
	return violations
}

func TestCheckPure(t *testing.T) {
	tests := []struct {
		name string
		src  string
		want []string
	}{
		{"time as a value", `import "time"; func f(now time.Time, d time.Duration) time.Time { return now.Add(d) }`, nil},
		{"the clock", `import "time"; var t = time.Now()`, []string{"time.Now"}},
		{"the clock, renamed", `import clock "time"; var t = clock.Since(x)`, []string{"time.Since"}},
		{"a timer", `import "time"; var t = time.NewTimer(1)`, []string{"time.NewTimer"}},
		{"a local value called time", `type s struct{ Now int }; var time s; var _ = time.Now`, nil},
		{"the network", `import "net/netip"`, []string{"import of net/netip"}},
		{"a lock", `import "sync/atomic"`, []string{"import of sync/atomic"}},
		{"a context", `import "context"`, []string{"import of context"}},
		{"a goroutine", `func f() { go f() }`, []string{"go statement"}},
		{"a channel", `var c chan int`, []string{"channel"}},
		{"a seeded generator", `import "math/rand/v2"; var r = rand.New(rand.NewPCG(1, 2))`, nil},
		{"the global generator", `import "math/rand/v2"; var r = rand.IntN(7)`, []string{"math/rand/v2.IntN"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, checkPure(mustParse(t, "steal/x.go", "package steal\n"+tt.src+"\n")), tt.want)
		})
	}
}
