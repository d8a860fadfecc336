package futures

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"
	"google.golang.org/protobuf/proto"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Limits of one value on the wire. A peer must not be made to allocate without bound by what another one claims.
const (
	// MaxValueBytes bounds one encoded argument or result, in bytes. Above it the task fails with ErrTooLarge.
	MaxValueBytes = 256 << 20

	maxElements = 1 << 27
	maxPairs    = 1 << 27
	maxNesting  = 256
)

var (
	encMode = must(cbor.EncOptions{
		Sort: cbor.SortNone, Time: cbor.TimeRFC3339Nano, TimeTag: cbor.EncTagRequired,
	}.EncMode())
	decMode = must(cbor.DecOptions{
		MaxArrayElements: maxElements, MaxMapPairs: maxPairs, MaxNestedLevels: maxNesting,
		IntDec: cbor.IntDecConvertSignedOrBigInt, DefaultMapType: reflect.TypeFor[map[string]any](),
		UTF8: cbor.UTF8DecodeInvalid, // a Go string holds any bytes
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// encode turns a value into CBOR (RFC 8949), or into its own form if it is a protobuf message. Types with MarshalBinary
// are honoured inside of CBOR. It never panics: the methods that it calls are the user's.
func encode[T any](v *T) (data []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: encoding %T panicked: %v", task.ErrEncode, *v, p)
		}
	}()
	if m, ok := any(*v).(proto.Message); ok {
		data, err = proto.Marshal(m)
	} else {
		if err := checkSendable(v); err != nil {
			return nil, err
		}
		if data, err = encMode.Marshal(v); err == nil {
			err = decMode.Wellformed(data) // what is sent must pass the receiver's limits
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", task.ErrEncode, err)
	}
	if len(data) > MaxValueBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are sent; pass a file name or a constant instead",
			task.ErrTooLarge, len(data), MaxValueBytes)
	}
	return data, nil
}

// decode is the inverse of encode. It never panics, and allocates in proportion to len(data) only.
func decode[T any](data []byte, v *T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decoding %T panicked: %v", *v, p)
		}
	}()
	if m, ok := newMessage(v); ok {
		return proto.Unmarshal(data, m)
	}
	return decMode.Unmarshal(data, v)
}

// newMessage allocates *v if T is a pointer to a protobuf message.
func newMessage[T any](v *T) (proto.Message, bool) {
	if _, ok := any(*v).(proto.Message); !ok {
		return nil, false
	}
	typ := reflect.TypeFor[T]()
	if typ.Kind() != reflect.Pointer {
		return nil, false
	}
	fresh := reflect.New(typ.Elem()).Interface()
	*v = fresh.(T)
	return fresh.(proto.Message), true
}

// sendables caches what is known of types.
var sendables sync.Map // of reflect.Type to sendable

func checkSendable[T any](v *T) error {
	typ := reflect.TypeFor[T]()
	known, ok := sendables.Load(typ)
	if !ok {
		known, _ = sendables.LoadOrStore(typ, sendableOf(typ))
	}
	switch s := known.(sendable); {
	case s.err != nil:
		return s.err
	case s.recursive:
		return checkDepth(reflect.ValueOf(v).Elem(), maxNesting)
	}
	return nil
}
