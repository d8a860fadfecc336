package main

import (
	"math"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 2, 100}, 3},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestMedianRatio(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{2, 40, 6}, []float64{1, 10, 2}, 3}, // 2, 4, 3: each round against itself
		{[]float64{2, 40}, nil, 0},
		{[]float64{2, 40}, []float64{0, 10}, 4},
		{[]float64{2}, []float64{0}, 0},
	} {
		if got := medianRatio(c.a, c.b); got != c.want {
			t.Errorf("medianRatio(%v, %v) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(100 - i)
	}
	for p, want := range map[float64]int64{0: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := percentile(hundred, p); got != want {
			t.Errorf("percentile %v = %d, want %d", p, got, want)
		}
	}
	if got := percentile([]int64{7}, 0.99); got != 7 {
		t.Errorf("the only sample is %d", got)
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		row     Row
		goal    string
		reached bool
	}{
		{Row{Bench: "fib", Workers: 1, Candidate: oursName, Metric: "ns/spawn", Median: 19}, "≤ 20", true},
		{Row{Bench: "fib", Workers: 2, Candidate: oursName, Metric: "ns/spawn", Median: 19.5}, "≤ 19", false},
		{Row{Bench: "fib", Workers: 8, Candidate: channels, Metric: "ns/spawn", Ratio: 41}, "≥ 40 ×", true},
		{Row{Bench: "fib", Workers: 8, Candidate: channels, Metric: "ns/spawn", Ratio: 39}, "≥ 40 ×", false},
		{Row{Bench: "echo", Candidate: oursName, Metric: "work kept %", Median: 94}, "≥ 95", false},
		{Row{Bench: "echo", Candidate: oursName, Metric: "work kept %", Median: 96}, "≥ 95", true},
		{Row{Bench: "fib", Workers: 8, Candidate: oursName, Metric: "ns/spawn", Median: 1}, "", false},
	} {
		c.row.judge()
		if c.row.Goal != c.goal || (c.row.Reached != nil && *c.row.Reached) != c.reached || (c.row.Reached == nil) != (c.goal == "") {
			t.Errorf("%+v: goal %q, want %q and %t", c.row, c.row.Goal, c.goal, c.reached)
		}
	}
}

// TestGoalsNameBenchmarks: a goal of no benchmark would never be judged.
func TestGoalsNameBenchmarks(t *testing.T) {
	known := map[string]bool{}
	for _, name := range names() {
		known[name] = true
	}
	for _, g := range goals {
		if !known[g.bench] || g.from == "" {
			t.Errorf("%+v", g)
		}
		if (g.candidate == oursName) == (g.kind == times) {
			t.Errorf("%s, %s: a limit for a competitor is in units of ours, and ours is not", g.bench, g.candidate)
		}
	}
}
