package task_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

var (
	errFull  = errors.New("the disk is full")
	errQuota = fmt.Errorf("quota: %w", errFull)
)

func init() {
	task.DeclareError("test.full", errFull)
	task.DeclareError("test.quota", errQuota)
}

// panicky is an error whose text cannot be had.
type panicky struct{ fields []int }

func (p panicky) Error() string { return fmt.Sprint(p.fields[7]) }

// rude is the same, and what it panics with is not UTF-8.
type rude struct{}

func (rude) Error() string { panic("\xff") }

// cross sends an error to another peer and back: encode, decode, rebuild.
func cross(t *testing.T, err error) error {
	t.Helper()
	data, encodeErr := cbor.Marshal(task.ToWire("f", err))
	if encodeErr != nil {
		t.Fatalf("%v does not encode: %v", err, encodeErr)
	}
	var w task.WireError
	if decodeErr := cbor.Unmarshal(data, &w); decodeErr != nil {
		t.Fatalf("%v does not decode: %v", err, decodeErr)
	}
	return task.FromWire("executor", &w)
}

func TestErrorsCrossTheWire(t *testing.T) {
	mine := errors.New("mine")
	cases := []struct {
		name string
		err  error
		code task.Code
		is   []error
		not  []error
	}{
		{"plain", mine, task.CodeUnknown, nil, []error{mine, context.Canceled}},
		{"canceled", context.Canceled, task.CodeCanceled, []error{context.Canceled}, []error{context.DeadlineExceeded}},
		{"deadline", context.DeadlineExceeded, task.CodeDeadline, []error{context.DeadlineExceeded}, []error{context.Canceled}},
		{"wrapped", fmt.Errorf("copy: %w", context.Canceled), task.CodeCanceled, []error{context.Canceled}, nil},
		{"declared", errFull, task.CodeUnknown, []error{errFull}, []error{errQuota}},
		{"declared within declared", errQuota, task.CodeUnknown, []error{errFull, errQuota}, nil},
		{"declared and canceled", errors.Join(errFull, context.Canceled), task.CodeCanceled, []error{errFull, context.Canceled}, nil},
		{"not handled", task.ErrNotHandled, task.CodeNotHandled, []error{task.ErrNotHandled}, nil},
		{"signature", task.ErrSignature, task.CodeSignature, []error{task.ErrSignature}, nil},
		{"encode", fmt.Errorf("%w: chan int", task.ErrEncode), task.CodeEncode, []error{task.ErrEncode}, nil},
		{"too large", task.ErrTooLarge, task.CodeTooLarge, []error{task.ErrTooLarge}, nil},
		{"closed", task.ErrClosed, task.CodeClosed, []error{task.ErrClosed}, nil},
		{"panic", &task.PanicError{Func: "g", Value: "boom", Stack: "goroutine 1"}, task.CodePanic, nil, []error{mine}},
		{"text panics", panicky{}, task.CodeUnknown, nil, nil},
		{"text panics with what is no text", rude{}, task.CodeUnknown, nil, nil},
		{"nil in an interface, whose Unwrap panics", (*fs.PathError)(nil), task.CodeUnknown, nil, nil},
		{"stack is no text", &task.PanicError{Func: "g", Value: "boom", Stack: "\xff"}, task.CodePanic, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := c.err
			for hop := range 3 { // an error may pass through several peers
				err = cross(t, err)
				var remote *task.RemoteError
				if !errors.As(err, &remote) || remote.Code != c.code || remote.Executor != "executor" || remote.Func != "f" {
					t.Fatalf("hop %d: %#v, want code %v", hop, err, c.code)
				}
				for _, want := range c.is {
					if !errors.Is(err, want) {
						t.Errorf("hop %d: errors.Is does not find %v", hop, want)
					}
				}
				for _, not := range c.not {
					if errors.Is(err, not) {
						t.Errorf("hop %d: errors.Is finds %v", hop, not)
					}
				}
			}
		})
	}
}

func TestNoErrorCrossesAsNone(t *testing.T) {
	if w := task.ToWire("f", nil); w != nil {
		t.Errorf("nil became %+v", w)
	}
}

func TestRemoteErrorText(t *testing.T) {
	cases := []struct {
		err  error
		want string
	}{
		{errors.New("no such row"), "f on peer executor: no such row"},
		{context.Canceled, "f on peer executor: canceled: context canceled"},
		{&task.PanicError{Func: "f", Value: 3}, "f on peer executor: panic: 3"},
	}
	for _, c := range cases {
		if got := cross(t, c.err).Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	text := cross(t, panicky{}).Error()
	if !strings.Contains(text, "panicky") || !strings.Contains(text, "index out of range") {
		t.Errorf("an error whose text panics arrived as %q: its type and the panic are missing", text)
	}
}

func TestPanicCrossesWithItsStack(t *testing.T) {
	local := &task.PanicError{Func: "f", Value: errFull, Stack: "goroutine 7 [running]"}
	if !errors.Is(local, errFull) || errors.Unwrap(&task.PanicError{Value: 3}) != nil {
		t.Error("a PanicError wraps its value if that is an error, and nothing else")
	}
	var remote *task.PanicError
	if !errors.As(cross(t, fmt.Errorf("while sorting: %w", local)), &remote) {
		t.Fatal("no PanicError arrived")
	}
	if remote.Stack != local.Stack || remote.Value != errFull.Error() || remote.Func != "f" {
		t.Errorf("%+v arrived as %+v", local, remote)
	}
}

// The limits: an error always arrives, clipped if it must be, and never with half a letter at the end.
func TestHugeAndBrokenTexts(t *testing.T) {
	const text, stack, ellipsis = 16 << 10, 64 << 10, len("…")
	cases := []struct {
		name string
		err  error
	}{
		{"long", errors.New(strings.Repeat("x", 1<<20))},
		{"long, two bytes a letter", errors.New("x" + strings.Repeat("é", 1<<20))},
		{"long, four bytes a letter", errors.New("xyz" + strings.Repeat("𝄞", 1<<20))},
		{"just short enough", errors.New(strings.Repeat("x", text))},
		{"not text", errors.New("a\xff\xfeb")},
		{"long and not text", errors.New(strings.Repeat("\xff", 1<<20))},
		{"panic with a long value", &task.PanicError{Value: strings.Repeat("\xffz", 1<<20), Stack: strings.Repeat("s", 1<<20)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := task.ToWire("f", c.err)
			if len(w.Msg) > text+ellipsis || len(w.Stack) > stack+ellipsis {
				t.Errorf("%d bytes of text and %d of stack", len(w.Msg), len(w.Stack))
			}
			if !utf8.ValidString(w.Msg) || w.Msg == "" {
				t.Errorf("the text is %.20q", w.Msg)
			}
			cross(t, c.err)
		})
	}
	if w := task.ToWire("f", errors.New(strings.Repeat("x", text))); strings.Contains(w.Msg, "…") {
		t.Error("a text at the limit was clipped")
	}
}

// The same error is the same bytes, whatever order a map has today.
func TestWireFormIsStable(t *testing.T) {
	err := errors.Join(errQuota, errFull)
	for range 100 {
		if got := task.ToWire("f", err).Sentinels; !slices.Equal(got, []string{"test.full", "test.quota"}) {
			t.Fatalf("sentinels %v", got)
		}
	}
}

// A peer that knows fewer names, or newer codes, than the sender still gets the text.
func TestUnknownNamesAndCodes(t *testing.T) {
	w := &task.WireError{Code: 200, Func: "f", Msg: "later", Sentinels: []string{"test.full", "test.nobody"}}
	err := task.FromWire("executor", w)
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "later") {
		t.Errorf("%v", err)
	}
}

func TestCodeNames(t *testing.T) {
	seen := map[string]task.Code{}
	for c := task.CodeUnknown; c <= task.CodeNoPeer; c++ {
		name := c.String()
		if old, ok := seen[name]; ok || name == "unknown code" {
			t.Errorf("code %d is called %q, and so is %d", c, name, old)
		}
		seen[name] = c
	}
	for _, c := range []task.Code{0, task.CodeNoPeer + 1, 255} {
		if c.String() != "unknown code" {
			t.Errorf("code %d is called %q", c, c)
		}
	}
}
