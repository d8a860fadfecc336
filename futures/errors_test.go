package futures_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/scoopp2p/scoopp2p/futures"
	"github.com/scoopp2p/scoopp2p/internal/task"
)

// detailed is an error type of the user.
type detailed struct{ code int }

func (d *detailed) Error() string { return fmt.Sprint("code ", d.code) }

// TestErrorsKeepTheirIdentity: on one peer an error is handed over as it is, through any number of tasks and verbs.
func TestErrorsKeepTheirIdentity(t *testing.T) {
	fail := func(context.Context) (int, error) {
		return 0, fmt.Errorf("wrapped: %w", errors.Join(errNegative, &detailed{7}, context.Canceled))
	}
	check := func(err error) error {
		var d *detailed
		if !errors.As(err, &d) || d.code != 7 {
			return fmt.Errorf("the type is lost: %w", err)
		}
		return errors.Join(is("declared", err, errNegative), is("context", err, context.Canceled))
	}
	each(t, func(ctx context.Context) error {
		nested := func(ctx context.Context) (int, error) {
			return futures.Submit(ctx, Do, fail).Result(ctx)
		}
		_, err := futures.Submit(ctx, Do, nested).Result(ctx)
		_, errMap := futures.Collect(futures.Map(ctx, Do, values([]work{nested, nested})))
		_, errReduce := futures.MapReduce(ctx, Do, Add, values([]work{nested, nested, nested}))
		return errors.Join(check(err), check(errMap), check(errReduce))
	})
}

// TestOutcomeOfItsOwnCancellation: an error of the kind Canceled is an outcome; only Cancel makes a future cancelled.
func TestOutcomeOfItsOwnCancellation(t *testing.T) {
	each(t, func(ctx context.Context) error {
		f := futures.Submit(ctx, Do, func(context.Context) (int, error) { return 0, context.Canceled })
		_, err := f.Result(ctx)
		return errors.Join(is("error", err, context.Canceled), same("state", f.State(), futures.StateDone))
	})
}

// mistakes are programs that declare something wrong, each with what the report says. The registry is one for a process, so
// each mistake is made in a child of its own: this test binary again.
var mistakes = map[string]struct {
	make func()
	says []string
}{
	"none": {func() { futures.Declare[int, int]("mistake/a").Handle(square) }, nil},
	"declared twice": {func() {
		futures.Declare[int, int]("mistake/a")
		futures.Declare[int, string]("mistake/a")
	}, []string{`"mistake/a"`, "func(int) int", "func(int) string", "rename"}},
	"handled twice": {func() {
		f := futures.Declare[int, int]("mistake/a")
		f.Handle(square)
		f.Handle(square)
	}, []string{`"mistake/a" is handled twice`, "remove"}},
	"handled by nil":   {func() { futures.Declare[int, int]("mistake/a").Handle(nil) }, []string{`"mistake/a" is handled by nil`}},
	"no name":          {func() { futures.Declare[int, int]("") }, []string{"without a name"}},
	"error twice":      {func() { futures.DeclareError("e", errOwn); futures.DeclareError("e", errOwn) }, []string{`"e"`, "rename"}},
	"error is nil":     {func() { futures.DeclareError("e", nil) }, []string{`"e" is nil`}},
	"error, no name":   {func() { futures.DeclareError("", errOwn) }, []string{"without a name"}},
	"two at a time":    {func() { futures.Declare[int, int](""); futures.DeclareError("", errOwn) }, []string{"a function", "an error"}},
	"reducer, retyped": {retypedReducer, []string{"mistake/a"}},
}

const mistakeVariable = "FUTURES_TEST_MISTAKE"

// TestMistakesAreReported, and nothing panics.
func TestMistakesAreReported(t *testing.T) {
	if name := os.Getenv(mistakeVariable); name != "" {
		mistakes[name].make()
		fmt.Fprintf(os.Stderr, "report: %v", task.Functions.Err())
		os.Exit(0)
	}
	for name, m := range mistakes {
		t.Run(name, func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMistakesAreReported$")
			child.Env = append(os.Environ(), mistakeVariable+"="+name)
			var stderr bytes.Buffer
			child.Stderr = &stderr
			if err := child.Run(); err != nil {
				t.Fatalf("%v\n%s", err, &stderr)
			}
			report := stderr.String()
			for _, text := range m.says {
				if !strings.Contains(report, text) {
					t.Errorf("the report does not say %q:\n%s", text, report)
				}
			}
			if m.says == nil && report != "report: <nil>" {
				t.Errorf("a correct program is blamed:\n%s", report)
			}
		})
	}
}

// retypedReducer is what a program does that ignores the report: a reducer under a name that means another type.
func retypedReducer() {
	futures.Declare[[2]string, string]("mistake/a").Handle(func(context.Context, [2]string) (string, error) { return "", nil })
	wrong := futures.Declare[[2]int, int]("mistake/a")
	wrong.Handle(func(_ context.Context, p [2]int) (int, error) { return p[0] + p[1], nil })
	local(func(ctx context.Context) error {
		_, err := futures.MapReduce(ctx, Square, wrong, values(upTo(10)))
		if !errors.Is(err, futures.ErrSignature) {
			fmt.Fprintln(os.Stderr, "MapReduce gives", err)
			os.Exit(1)
		}
		return nil
	})
}

// TestDeclareErrorReturnsIt, so that it can wrap a package variable.
func TestDeclareErrorReturnsIt(t *testing.T) {
	if errNegative == nil || errNegative.Error() != "negative" || futures.ErrStale != task.ErrStale {
		t.Error(errNegative)
	}
	if name := Square.Name(); name != "test/square" {
		t.Error(name)
	}
}
