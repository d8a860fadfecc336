package task_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

func declared(name, signature string, handled bool) *task.Function {
	return &task.Function{Name: name, Signature: signature, Handled: func() bool { return handled }}
}

func TestRegistry(t *testing.T) {
	var r task.Registry
	if r.Err() != nil || r.Lookup("sort") != nil || len(r.Manifest()) != 0 || len(r.Names()) != 0 {
		t.Fatal("the zero registry is not empty")
	}
	sort, merge := declared("sort", "[]int -> []int", true), declared("merge", "[2][]int -> []int", false)
	r.Add(sort)
	r.Add(merge)
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	if sort.Index != 0 || merge.Index != 1 {
		t.Errorf("indices %d and %d, want 0 and 1", sort.Index, merge.Index)
	}
	if r.Lookup("sort") != sort || r.Lookup("merge") != merge || r.Lookup("Sort") != nil {
		t.Error("Lookup does not find what was declared")
	}
	if m := r.Manifest(); len(m) != 1 || m["sort"] != sort.Signature {
		t.Errorf("manifest %v, want the handled function only", m)
	}
	if got := r.Names(); !slices.Equal(got, []string{"merge", "sort"}) {
		t.Errorf("names %v", got)
	}
}

func TestMistakesInDeclarations(t *testing.T) {
	cases := []struct {
		name  string
		do    func(*task.Registry)
		wants []string
	}{
		{"no name", func(r *task.Registry) { r.Add(declared("", "int -> int", true)) }, []string{"without a name"}},
		{"name taken", func(r *task.Registry) {
			r.Add(declared("fib", "int -> int", true))
			r.Add(declared("fib", "uint -> uint", true))
		}, []string{`"fib"`, "int -> int", "uint -> uint"}},
		{"mistake elsewhere", func(r *task.Registry) { r.Fail(errors.New("fib is handled twice")) }, []string{"handled twice"}},
		{"several", func(r *task.Registry) {
			r.Add(declared("", "", true))
			r.Fail(errors.New("fib is handled twice"))
		}, []string{"without a name", "handled twice"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var r task.Registry
			c.do(&r)
			err := r.Err()
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not mention %q", err, want)
				}
			}
		})
	}
}

// The first declaration of a name stays what Lookup finds, and every function has an index of its own.
func TestDuplicateKeepsTheFirst(t *testing.T) {
	var r task.Registry
	first, second := declared("fib", "a", true), declared("fib", "b", true)
	r.Add(first)
	r.Add(second)
	if r.Lookup("fib") != first || first.Index == second.Index {
		t.Errorf("found %v, indices %d and %d", r.Lookup("fib"), first.Index, second.Index)
	}
}

// Mistakes in DeclareError go to the registry of the process, which no other test of this package looks at.
func TestMistakesInDeclaredErrors(t *testing.T) {
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"", errors.New("x"), "without a name"},
		{"test.nil", nil, `"test.nil" is nil`},
		{"test.full", errors.New("another"), `under the name "test.full"`},
	}
	for _, c := range cases {
		task.DeclareError(c.name, c.err)
		if err := task.Functions.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v does not mention %q", err, c.want)
		}
	}
	if !errors.Is(cross(t, errFull), errFull) {
		t.Error("the second declaration of a name replaced the first")
	}
}

func TestWarnOnce(t *testing.T) {
	f := declared("f", "", true)
	if !f.WarnOnce() || f.WarnOnce() || f.WarnOnce() {
		t.Error("not exactly once")
	}
}
