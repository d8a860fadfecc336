package task_test

import (
	"bytes"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// FuzzWireError feeds arbitrary bytes to the decoder as each of the three messages. What decodes must encode again, to bytes
// that mean the same, and an error in it must become an error with a text.
func FuzzWireError(f *testing.F) {
	seed := func(v any) {
		data, err := cbor.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	panicked := task.ToWire("f", &task.PanicError{Func: "f", Value: "boom", Stack: "goroutine 1"})
	id := task.ID{Owner: "\x00\x24", Incarnation: 1, Seq: 2}
	seed(panicked)
	seed(task.ToWire("f", errQuota))
	seed(task.Wire{ID: id, Attempt: 1, Func: "f", Signature: "int -> int", Input: []byte{1, 2}, TimeLeft: 1e9})
	seed(task.Result{ID: id, Attempt: 1, Output: []byte{3}})
	seed(task.Result{ID: id, Attempt: 2, Err: panicked})
	f.Add([]byte{})
	f.Add([]byte{0x85, 0x01, 0x60, 0x60, 0xf6, 0x60})
	f.Add(bytes.Repeat([]byte{0x81}, 64))
	f.Fuzz(func(t *testing.T, data []byte) {
		var w task.WireError
		if cbor.Unmarshal(data, &w) == nil {
			again(t, &w, new(task.WireError))
			read(t, &w)
		}
		var wire task.Wire
		if cbor.Unmarshal(data, &wire) == nil {
			again(t, &wire, new(task.Wire))
			_ = wire.ID.String()
		}
		var result task.Result
		if cbor.Unmarshal(data, &result) == nil {
			again(t, &result, new(task.Result))
			if result.Err != nil {
				read(t, result.Err)
			}
		}
	})
}

func again(t *testing.T, v, empty any) {
	t.Helper()
	first, err := cbor.Marshal(v)
	if err != nil {
		t.Fatalf("%+v decoded and does not encode: %v", v, err)
	}
	if err := cbor.Unmarshal(first, empty); err != nil {
		t.Fatalf("%+v does not decode a second time: %v", v, err)
	}
	if second, err := cbor.Marshal(empty); err != nil || !bytes.Equal(first, second) {
		t.Fatalf("%+v became %+v on the way (%v)", v, empty, err)
	}
}

// read uses an error from a stranger as its owner would.
func read(t *testing.T, w *task.WireError) {
	t.Helper()
	err := task.FromWire("executor", w)
	if err.Error() == "" || task.ToWire("f", err) == nil {
		t.Fatalf("%+v became an error without a text", w)
	}
}
