package uts

import (
	"encoding/hex"
	"fmt"
	"testing"
)

// TestSamples walks the trees of a fraction of a second, and the four million node ones unless -short.
func TestSamples(t *testing.T) {
	for _, name := range []string{"tiny", "T1", "T2", "T3", "T4", "T5"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "tiny" {
				t.Skip("takes about a second")
			}
			t.Parallel()
			s := Samples[name]
			if got := s.Count(s.Root()); got != s.Want {
				t.Errorf("counted %+v, want %+v", got, s.Want)
			}
		})
	}
}

// TestSeries cuts the tree of seed 19 at growing depths; the counts are those of the X10 and APGAS examples.
func TestSeries(t *testing.T) {
	for i, want := range []int64{6, 65, 254, 944, 3_987, 16_000, 63_914, 257_042} {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			cut := Tree{Kind: Geometric, Shape: Fixed, B: 4, Limit: i + 1, Seed: 19}
			got := cut.Count(cut.Root())
			if got.Nodes != want {
				t.Errorf("counted %d nodes, want %d", got.Nodes, want)
			}
			if got.Depth != int32(i+1) {
				t.Errorf("depth %d, want %d", got.Depth, i+1)
			}
		})
	}
}

// TestStates pins the generator itself, byte by byte.
func TestStates(t *testing.T) {
	s := Samples["T1"]
	root := s.Root()
	child := root.Child(1)
	for _, c := range []struct {
		what string
		node Node
		want string
	}{
		{"root", root, "c6988ab70cc9559ae4d6cba254e29a845a85f86b"},
		{"second child", child, "4a8304c7c88f903ac06b01b07c7b2590e9397b5b"},
	} {
		if got := hex.EncodeToString(c.node.State[:]); got != c.want {
			t.Errorf("%s: state %s, want %s", c.what, got, c.want)
		}
	}
	if child.Depth != 1 {
		t.Errorf("a child of the root has depth %d, want 1", child.Depth)
	}
}

func TestMean(t *testing.T) {
	for _, c := range []struct {
		name  string
		depth int
		want  float64
	}{
		{"T1", 9, 4},
		{"T1", 10, 0},
		{"T5", 0, 4},
		{"T5", 5, 3},
		{"T5", 20, 0},
		{"T2", 0, 6},
		{"T2", 4, 6},
		{"T2", 81, 0},
	} {
		s := Samples[c.name]
		if got := s.mean(c.depth); got != c.want {
			t.Errorf("%s: mean %v children at depth %d, want %v", c.name, got, c.depth, c.want)
		}
	}
}

// TestAgrees makes sure that a wrong count is seen and an unknown one is not missed.
func TestAgrees(t *testing.T) {
	want := Count{Nodes: 10, Leaves: 5, Depth: 3}
	for _, c := range []struct {
		want, got Count
		agrees    bool
	}{
		{want, want, true},
		{want, Count{11, 5, 3}, false},
		{want, Count{10, 6, 3}, false},
		{want, Count{10, 5, 4}, false},
		{Count{Nodes: 10}, Count{10, 6, 4}, true},
		{Count{Nodes: 10}, Count{9, 6, 4}, false},
	} {
		if got := c.want.Agrees(c.got); got != c.agrees {
			t.Errorf("%+v agrees with %+v: %t, want %t", c.want, c.got, got, c.agrees)
		}
	}
}
