package futures

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// celsius has its own binary form.
type celsius struct{ degrees float64 }

func (c celsius) MarshalBinary() ([]byte, error) { return []byte{byte(c.degrees)}, nil }

func (c *celsius) UnmarshalBinary(data []byte) error {
	if len(data) != 1 {
		return errors.New("not a temperature")
	}
	c.degrees = float64(data[0])
	return nil
}

// bomb panics when it is encoded, fuse when it is decoded.
type (
	bomb struct{}
	fuse struct{}
)

func (bomb) MarshalBinary() ([]byte, error) { panic("boom") }
func (*bomb) UnmarshalBinary([]byte) error  { return nil }
func (fuse) MarshalBinary() ([]byte, error) { return []byte{1}, nil }
func (*fuse) UnmarshalBinary([]byte) error  { panic("late boom") }

type sample struct {
	Name   string
	Nested struct{ A, B int }
	Ptr    *int
	Map    map[string][]float64
	Bytes  []byte
	Time   time.Time
	Temp   celsius
	Any    any
	hidden int
}

func roundTrip[T any](t *testing.T, name string, in T, equal func(a, b T) bool) {
	t.Helper()
	data, err := encode(&in)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	var out T
	if err := decode(data, &out); err != nil || !equal(in, out) {
		t.Errorf("%s: %+v came back as %+v, %v (%x)", name, in, out, err, data)
	}
}

func deep[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

func sameMessage[T proto.Message](a, b T) bool { return proto.Equal(a, b) }

func TestRoundTrips(t *testing.T) {
	for _, n := range []int{0, 1, -1, 23, 24, 255, 256, math.MaxInt, math.MinInt} {
		roundTrip(t, "int", n, deep)
	}
	roundTrip(t, "uint64", uint64(math.MaxUint64), deep)
	for _, x := range []float64{
		0, math.Copysign(0, -1), 1.5, math.Pi, math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(0x7ff8000000000123),
	} {
		roundTrip(t, "float64", x, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b })
	}
	for _, s := range []string{"", "a", "häß\x00lich", strings.Repeat("x", 1<<16)} {
		roundTrip(t, "string", s, deep)
	}
	roundTrip(t, "bytes", []byte{0, 1, 255}, deep)
	roundTrip(t, "nil bytes", []byte(nil), deep)
	roundTrip(t, "empty slice", []int{}, deep)
	roundTrip(t, "nil slice", []int(nil), deep)
	roundTrip(t, "array", [3]string{"a", "b", "c"}, deep)
	roundTrip(t, "map", map[int]string{1: "a", -2: "b"}, deep)
	roundTrip(t, "struct key", map[[2]int]bool{{1, 2}: true}, deep)
	roundTrip(t, "duration", time.Hour, deep)
	roundTrip(t, "nil pointer", (*int)(nil), deep)
	roundTrip(t, "pointer", new(int), deep)
	pointer := new(int)
	roundTrip(t, "pointer to pointer", &pointer, deep)
	roundTrip(t, "empty struct", struct{}{}, deep)
	roundTrip(t, "bool", true, deep)
	roundTrip(t, "any", any(map[string]any{"a": []any{int64(1), "x", nil, 2.5}}), deep)
	roundTrip(t, "big", big.NewInt(0).Lsh(big.NewInt(-3), 200), func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
	roundTrip(t, "address", netip.MustParseAddr("fe80::1"), deep)
	roundTrip(t, "own form", celsius{21}, deep)
	roundTrip(t, "own forms", []*celsius{{21}, nil, {3}}, deep)
	roundTrip(t, "list", &list{1, &list{2, nil}}, deep)
}

func TestRoundTripOfTime(t *testing.T) {
	zone := time.FixedZone("somewhere", 3*3600)
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Unix(1e9, 123456789).In(zone), time.Now()} {
		roundTrip(t, "time", at, time.Time.Equal)
		roundTrip(t, "times", []time.Time{at}, func(a, b []time.Time) bool { return a[0].Equal(b[0]) })
	}
}

func TestRoundTripOfStruct(t *testing.T) {
	n := 5
	in := sample{
		Name: "x", Ptr: &n, Map: map[string][]float64{"a": {1, 2}, "b": nil}, Bytes: []byte("raw"),
		Time: time.Unix(5, 7).UTC(), Temp: celsius{9}, Any: "text", hidden: 3,
	}
	in.Nested.A = -4
	roundTrip(t, "struct", in, func(a, b sample) bool {
		same := a.Time.Equal(b.Time) && b.hidden == 0
		a.Time, b.Time, a.hidden = time.Time{}, time.Time{}, 0
		return same && reflect.DeepEqual(a, b)
	})
}

func TestRoundTripOfMessages(t *testing.T) {
	roundTrip(t, "int64", wrapperspb.Int64(-7), sameMessage)
	roundTrip(t, "string", wrapperspb.String("text"), sameMessage)
	roundTrip(t, "bytes", wrapperspb.Bytes([]byte{1, 2}), sameMessage)
	roundTrip(t, "zero", wrapperspb.Int64(0), sameMessage)
	value, err := structpb.NewValue(map[string]any{"a": []any{1.0, "x", nil, true}})
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, "oneof", value, sameMessage)
	data, err := encode(&value)
	if plain, _ := proto.Marshal(value); err != nil || !bytes.Equal(data[:2], plain[:2]) {
		t.Errorf("not in protobuf's own form: %x, %v", data, err)
	}
}

// TestUnencodable: these cannot be sent, which is an error and no panic.
func TestUnencodable(t *testing.T) {
	fails := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, ErrEncode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := encode(new(chan int))
	fails("nil chan", err)
	c := make(chan int)
	_, err = encode(&c)
	fails("chan", err)
	f := func() {}
	_, err = encode(&f)
	fails("func", err)
	_, err = encode(&struct{ F func() }{f})
	fails("func in a struct", err)
	_, err = encode(&[]any{1, c})
	fails("chan in any", err)
	_, err = encode(&bomb{})
	fails("bomb", err)
	_, err = encode(&[]any{bomb{}})
	fails("bomb in any", err)
	_, err = encode(&map[string]*bomb{"a": {}})
	fails("bomb in a map", err)
	_, err = encode(new(complex128))
	fails("complex", err)
}

func TestDecodeDoesNotPanic(t *testing.T) {
	data, err := encode(&[]fuse{{}})
	if err != nil {
		t.Fatal(err)
	}
	var out []fuse
	if err := decode(data, &out); err == nil || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("a decoder that panics: %v", err)
	}
}

func TestTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("needs some hundred megabytes")
	}
	big := make([]byte, MaxValueBytes)
	if _, err := encode(&big); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	big = big[:MaxValueBytes-16]
	if _, err := encode(&big); err != nil {
		t.Error("just below the limit:", err)
	}
}

// hostile are inputs whose claims are larger than they are.
var hostile = map[string]string{
	"array of 2^32":         "9affffffff",
	"array of 2^63":         "9b7fffffffffffffff",
	"array of 2^64":         "9bffffffffffffffff01",
	"bytes of 2^31":         "5a7fffffff00",
	"text of 2^63":          "7b7fffffffffffffff61",
	"map of 2^32":           "baffffffff0101",
	"nested arrays":         strings.Repeat("81", 100_000) + "00",
	"nested maps":           strings.Repeat("a101", 100_000) + "00",
	"nested tags":           strings.Repeat("c1", 100_000) + "00",
	"endless array":         "9f01",
	"endless bytes":         "5f41",
	"chunks in chunks":      "5f5f4100ffff",
	"reserved":              "1c",
	"break alone":           "ff",
	"nothing":               "",
	"two values":            "0102",
	"big number of claims":  "c25affffffff",
	"time with a huge year": "c1fb7fefffffffffffff",
	"time of a text":        "c074" + hex.EncodeToString([]byte("9999999-01-01T00:00Z")),
}

// TestClaimedLengthsAllocateLittle: what a message costs depends on its size, not on what it claims.
func TestClaimedLengthsAllocateLittle(t *testing.T) {
	for name, text := range hostile {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(name, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		errs := decodeAll(data)
		runtime.ReadMemStats(&after)
		if slices.Contains(errs, nil) && !strings.HasPrefix(name, "time") { // which are numbers and texts to those who want them

			t.Errorf("%s: decodes", name)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20+64*uint64(len(data)) {
			t.Errorf("%s: %d bytes for a message of %d", name, grown, len(data))
		}
	}
}

// decodeAll decodes data as many types and returns each error.
func decodeAll(data []byte) []error {
	return []error{
		decode(data, new(int)), decode(data, new(float64)), decode(data, new(string)), decode(data, new([]byte)),
		decode(data, new([]int)), decode(data, new([4]int)), decode(data, new([]string)), decode(data, new(map[string]int)),
		decode(data, new(map[int][]byte)), decode(data, new(any)), decode(data, new(*list)), decode(data, new(tree)),
		decode(data, new(sample)), decode(data, new(time.Time)), decode(data, new(celsius)),
		decode(data, new(span[nap, string])), decode(data, new(part[string])),
	}
}

// FuzzDecode feeds bytes from a hostile peer to every kind of type. No input panics, and what decodes survives a round trip.
func FuzzDecode(f *testing.F) {
	for _, text := range hostile {
		data, _ := hex.DecodeString(text)
		f.Add(data)
	}
	for _, v := range []any{
		1, -1.5, "text", []byte("raw"),
		[]int{1, 2},
		map[string]any{"A": 1},
		time.Unix(7, 7).UTC(),
		sample{Name: "x", Time: time.Unix(1, 0).UTC()},
		span[nap, string]{Items: []nap{{Index: 1}}, Reduce: "r"},
	} {
		data, err := encode(&v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		decodeAll(data)
		_ = decode(data, new(*wrapperspb.StringValue))
		_ = decode(data, new(*structpb.Value))
		again[int](t, data)
		again[float32](t, data)
		again[string](t, data)
		again[[]int16](t, data)
		again[map[string][]byte](t, data)
		again[map[int64]bool](t, data)
		again[list](t, data)
		again[span[nap, string]](t, data)
	})
}

// again checks that a value which came over the wire can be sent on, and is then the same.
func again[T any](t *testing.T, data []byte) {
	var first, second T
	if decode(data, &first) != nil {
		return
	}
	resent, err := encode(&first)
	if err != nil {
		t.Fatalf("%T %+v does not encode: %v", first, first, err)
	}
	if err := decode(resent, &second); err != nil {
		t.Fatalf("%T %+v does not decode again: %v", first, first, err)
	}
	if !reflect.DeepEqual(first, second) && reflect.ValueOf(&first).Elem().Comparable() && any(first) == any(first) { //nolint:gocritic // NaN
		t.Fatalf("%T %+v became %+v", first, first, second)
	}
}
