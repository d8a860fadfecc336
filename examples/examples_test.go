package examples

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	buildLimit = 5 * time.Minute // all programs, from an empty build cache
	runLimit   = time.Minute     // one program with small parameters; it takes a fraction of a second
)

// hello is what mapdoc prints.
const hello = `Hello World from Future #0
Hello World from Future #1
Hello World from Future #2
Hello World from Future #3
Hello World from Future #4
Hello World from Future #5
Hello World from Future #6
Hello World from Future #7
Hello World from Future #8
Hello World from Future #9
Hello World from Future #10
Hello World from Future #11
Hello World from Future #12
Hello World from Future #13
Hello World from Future #14
Hello World from Future #15
`

const cosines = `[0 2 4 6 8 10 12 14 16 18]
[1 0.5403023058681398 -0.4161468365471424 -0.9899924966004454 -0.6536436208636119 0.2836621854632263 ` +
	`0.9601702866503661 0.7539022543433046 -0.14550003380861354 -0.9111302618846769]
[1 2 3 4 5 6 7 8 9 10]
`

const generations = `gen evals      avg     std  min  max
  0    30  50.3000  4.6915   38   62
  1    17  55.3000  4.5837   41   62
  2    20  59.2000  2.7737   54   65
  3    19  61.8667  2.8253   54   68
`

// runs are short runs with what they print. A trailing "..." of want stands for anything.
var runs = []struct {
	command string
	want    string // standard output
	code    int
	stderr  string // expression that matches somewhere in standard error
}{
	{command: "callback -unit 30ms", want: "Done: 1\nDone: 2\nDone: 3\nDone: 4\nDone: 5\n"},
	{command: "conditional", want: "Hello Parallel World\n"},
	{command: "conditional -seed 6", want: "Hello World\n"},
	{command: "mapdoc", want: hello},
	{command: "fulltree", want: "76153\n"},
	{command: "fulltree -n 4", want: "77\n"},
	{command: "fulltree -n 0", want: "0\n"},
	{command: "recurse", want: "2^12 = 4096\n"},
	{command: "recurse -depth 0", want: "2^0 = 1\n"},
	{command: "recurse -depth 31", code: 1, stderr: "-depth 31 is not within 0 to 30"},
	{command: "except", want: "This exception is normal\n"},
	{command: "except -fail", code: 1, stderr: "This exception is normal: column too wide: 11 > 10"},
	{command: "funcs", want: cosines},
	{command: "mapreduce -work 0", want: "in parallel: 332833500\nserially:    332833500\n"},
	{command: "mapreduce -work 1ms -lists 50", want: "in parallel: 40425\nserially:    40425\n"},
	{command: "mapscan", want: "[0 1 5 14 30 55 91 140 204 285]\n"},
	{command: "object", want: "[6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6]\n"},
	{command: "pi", want: "pi = 3.142489\n"},
	{command: "pi -tasks 100 -seed 4", want: "pi = 3.142000\n"},
	{command: "rss", want: "residual sum of squares: 1344227768\n"},
	{command: "constants", want: "Player 0: 102\nPlayer 1: 122\nPlayer 2: 74\nPlayer 3: 145\n"},
	{command: "constants -language french", want: "Player 0: 148\nPlayer 1: 137\nPlayer 2: 89\nPlayer 3: 201\n"},
	{command: "constants -language welsh", code: 1, stderr: `no letter values for "welsh"`},
	{command: "sorting", want: "sorted 10000 numbers, checksum d6cb18a0\n"},
	{command: "sorting -n 100 -levels 10", want: "sorted 100 numbers, checksum 9c7b1425\n"},
	{command: "sorting -n 0", want: "sorted 0 numbers, checksum 00000000\n"},
	{command: "summultiples", want: "233333166668\n"},
	{command: "summultiples -below 1000", want: "233168\n"},
	{command: "treetraversal", want: "Parallel result: 40\nSerial result:   40\n"},
	{command: "treetraversal -nodes 1000 -levels 30", want: "Parallel result: 18\nSerial result:   18\n"},
	{command: "tree -mean 1000", want: "nodes: 373\nleaves: 289\ndigest: ..."},
	{command: "tree -height 3 -mean 100", want: "nodes: 39\nleaves: 29\ndigest: 4e84ba97728d4830\n"},
	{command: "nqueens", want: "12 queens: 14200 solutions\n"},
	{command: "nqueens -n 8 -depth 8", want: "8 queens: 92 solutions\n"},
	{command: "nqueens -n 0", code: 1, stderr: "-n 0 is not within 1 to 20"},
	{command: "dfs -rows 3 -cols 4 -depth 12", want: "3 by 4: 16 tours\n"},
	{command: "dfs -rows 3 -cols 7", want: "3 by 7: 104 tours\n"},
	{command: "dfs -rows 4 -cols 5", want: "4 by 5: 164 tours\n"},
	{command: "dfs -rows 9 -cols 9", code: 1, stderr: "9 by 9 is not within 1 to 64 squares"},
	{command: "onemax -individuals 30 -generations 3", want: generations},
	{command: "uts -tree tiny", want: "tiny: 63914 nodes, depth 7, 51124 leaves\nas published\n", stderr: `ran\s+stole`},
	{command: "uts -tree tiny -seq", want: "tiny: 63914 nodes, depth 7, 51124 leaves\nas published\n"},
	{command: "uts -tree T9", code: 1, stderr: `no tree "T9"`},
}

// TestExamples builds every program once and runs them, each alone on one peer.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs two dozen programs")
	}
	bin := build(t)
	t.Run("runs", func(t *testing.T) { testRuns(t, bin) })
	t.Run("mapascompleted", func(t *testing.T) { testMapAsCompleted(t, bin) })
	t.Run("evolution", func(t *testing.T) { testEvolution(t, bin) })
	t.Run("complete", func(t *testing.T) { testComplete(t, bin) })
}

func testRuns(t *testing.T, bin string) {
	for _, r := range runs {
		t.Run(r.command, func(t *testing.T) {
			t.Parallel()
			out, stderr, code := start(t, bin, strings.Fields(r.command)...)
			if prefix, open := strings.CutSuffix(r.want, "..."); open && strings.HasPrefix(out, prefix) {
				out = r.want
			}
			if out != r.want || code != r.code {
				t.Errorf("exit code %d, want %d; printed\n%s\nwant\n%s\nstandard error\n%s", code, r.code, out, r.want, stderr)
			}
			if !regexp.MustCompile(r.stderr).MatchString(stderr) {
				t.Errorf("standard error does not match %q:\n%s", r.stderr, stderr)
			}
		})
	}
}

// testMapAsCompleted is apart because the second ten lines may come in any order.
func testMapAsCompleted(t *testing.T, bin string) {
	out, stderr, code := start(t, bin, "mapascompleted")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 20 {
		t.Fatalf("exit code %d, %d lines, want 20\n%s%s", code, len(lines), out, stderr)
	}
	slices.Sort(lines[10:])
	if !slices.Equal(lines[:10], lines[10:]) || !slices.IsSorted(lines[:10]) {
		t.Errorf("printed\n%s", out)
	}
}

// testEvolution runs the two genetic algorithms at full size: what they print is in README.md.
func testEvolution(t *testing.T, bin string) {
	for _, c := range []struct{ program, last string }{
		{"onemax", " 40   180  98.9000  2.2927   87  100"},
		{"sortnet", "0 misses, length 12, depth 6"},
	} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			out, stderr, code := start(t, bin, c.program)
			lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
			if last := lines[len(lines)-1]; code != 0 || last != c.last {
				t.Errorf("exit code %d, last line %q, want %q\n%s", code, last, c.last, stderr)
			}
		})
	}
}

// testComplete makes sure that no program is left out of the tests or of the table, and that each has its -h.
func testComplete(t *testing.T, bin string) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("%d programs: %v", len(mains), err)
	}
	for _, path := range mains {
		name := filepath.Dir(path)
		if !bytes.Contains(readme, []byte("| ["+name+"]("+name+"/main.go) |")) {
			t.Errorf("README.md has no row for %s", name)
		}
		own := slices.Contains([]string{"mapascompleted", "sortnet"}, name)
		for _, r := range runs {
			own = own || strings.Fields(r.command)[0] == name
		}
		if !own {
			t.Errorf("no test runs %s", name)
		}
		t.Run(name+" -h", func(t *testing.T) {
			t.Parallel()
			out, stderr, code := start(t, bin, name, "-h")
			if code != 0 || out != "" || !strings.HasPrefix(stderr, "Usage of ") {
				t.Errorf("exit code %d\n%s%s", code, out, stderr)
			}
		})
	}
}

// build builds all programs and returns the directory of the binaries.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), buildLimit)
	defer cancel()
	// Without symbol tables linking takes half the time.
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", bin+string(filepath.Separator), "./...")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// start runs a program alone, without a launcher, and returns what it printed and its exit code.
func start(t *testing.T, bin string, command ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, command[0]), command[1:]...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SCOOPP2P_") })
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		t.Fatalf("%v: %v (%v)\n%s%s", command, err, ctx.Err(), out.String(), errs.String())
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
