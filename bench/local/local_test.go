package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	handle()
	quiet()
	os.Exit(m.Run())
}

// TestQuick plays every benchmark at its small size, once, with one and two workers: all answers must be right, every
// candidate must have its rows, and nothing may be left running.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	defer goleak.VerifyNone(t)
	o, err := options([]string{"-quick", "-rounds", "1"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contests {
		for _, workers := range o.workers {
			rows, err := o.play(c, workers)
			if err != nil {
				t.Error(err)
				continue
			}
			seen := map[string]bool{}
			for _, r := range rows {
				seen[r.Candidate] = true
				if r.Bench != c.name || r.Workers != workers || r.Rounds != 1 {
					t.Errorf("a row of %s with %d workers says %+v", c.name, workers, r)
				}
				// These may be nothing at such sizes; no time ever is.
				if r.Median < 0 || r.Median == 0 && !strings.ContainsAny(r.Metric, "%B") {
					t.Errorf("%s, %s: %s = %v", c.name, r.Candidate, r.Metric, r.Median)
				}
			}
			if ours := seen[oursName]; ours == (c.name == "pingpong" && workers == 1) {
				t.Errorf("%s with %d workers: futures took part: %t", c.name, workers, ours)
			}
			if len(seen) < 2 {
				t.Errorf("%s with %d workers compares nothing: %v", c.name, workers, seen)
			}
		}
	}
}

// TestWrongAnswerEndsTheRun: the checks of the candidates are heard.
func TestWrongAnswerEndsTheRun(t *testing.T) {
	wrong := errors.New("wrong")
	c := contest{name: "made up", prepare: func(*bench) ([]candidate, error) {
		return []candidate{twin("", func(context.Context) ([]figure, error) { return nil, wrong })}, nil
	}}
	if _, err := (&settings{rounds: 1}).play(c, 1); !errors.Is(err, wrong) {
		t.Errorf("got %v, want %v", err, wrong)
	}
}

// TestTurns: candidates take turns, ratios pair neighbours, and the peer is closed even if there was none.
func TestTurns(t *testing.T) {
	var order strings.Builder
	say := func(name string, figures ...float64) candidate {
		i := 0
		return candidate{name: name, round: func(context.Context) ([]figure, error) {
			order.WriteString(name[:1])
			i++
			return []figure{{"ns/task", figures[i-1]}}, nil
		}}
	}
	c := contest{name: "made up", prepare: func(*bench) ([]candidate, error) {
		return []candidate{say(oursName, 1, 10, 2), say("slow", 4, 20, 6)}, nil
	}}
	rows, err := (&settings{rounds: 3}).play(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	if order.String() != "fsfsfs" {
		t.Errorf("played in the order %s", &order)
	}
	if r := rows[1]; r.Median != 6 || r.Min != 4 || r.Max != 20 || r.Ratio != 3 {
		t.Errorf("got %+v, want median 6, 4..20, ratio 3", r)
	}
}

func TestOptions(t *testing.T) {
	for _, bad := range [][]string{
		{"-workers", "0"},
		{"-workers", "1,x"},
		{"-workers", "9999"},
		{"-bench", "("},
		{"-rounds", "-1"},
		{"extra"},
		{"-markdown", "-quick"},
		{"-markdown", "-rounds", "2"},
	} {
		if _, err := options(bad, io.Discard); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	o, err := options([]string{"-workers", "1, 3", "-bench", "^fib$"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if o.rounds != minRounds || len(o.workers) != 2 || o.workers[1] != 3 || !o.match.MatchString("fib") || o.match.MatchString("fibs") {
		t.Errorf("got %+v", o)
	}
	if err := benchmarks(&settings{match: o.match, rounds: 0}); err == nil {
		t.Error("a run without a row is no error")
	}
}

// TestReadme: the document lists every benchmark with what it stresses, and its block can be rewritten.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contests {
		if line := "| `" + c.name + "` | " + c.stresses + " |\n"; !strings.Contains(string(text), line) {
			t.Errorf("bench/README.md lacks the line\n%s", line)
		}
	}
	block := markdown([]Row{{Bench: "fib", Candidate: "made up", Median: 12345}}, 7)
	got, err := splice(string(text), block)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "| made up |  | 12,345 |") || !strings.Contains(got, "medians of 7 rounds") {
		t.Errorf("the block is not in the text:\n%s", got)
	}
	if again, err := splice(got, block); err != nil || again != got {
		t.Errorf("to rewrite it twice changes it: %v", err)
	}
	if _, err := splice("no block here", block); err == nil {
		t.Error("a file without the block was accepted")
	}
}

func TestPrinting(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.123456: "0.123", 19.96: "20", 99.5: "99.5", 123.4: "123", 1234567: "1,234,567", -1234: "-1,234",
	} {
		if got := digits(v); got != want {
			t.Errorf("digits(%v) = %s, want %s", v, got, want)
		}
	}
	rows := []Row{newRow(contests[0], candidate{name: oursName}, 1, series{"ns/spawn", []float64{15}}, series{"ns/spawn", []float64{15}})}
	var out bytes.Buffer
	if err := printJSON(&out, rows); err != nil {
		t.Fatal(err)
	}
	var back Row
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Reached == nil || !*back.Reached || back.Median != 15 {
		t.Errorf("%s came back as %+v, %v", &out, back, err)
	}
	if err := printTable(io.Discard, rows); err != nil {
		t.Error(err)
	}
	if got, want := len(rows[0].cells()), len(headings); got != want {
		t.Errorf("%d cells under %d headings", got, want)
	}
}
