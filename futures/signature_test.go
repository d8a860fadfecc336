package futures

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

type (
	list struct {
		Value int
		Next  *list
	}
	tree struct {
		Children []tree
		ByName   map[string]*tree
	}
)

// Two programs are stood for by two functions: types declared within them have the same name.
func oneBuild() map[string]string {
	type T struct{ A int }
	type Deep struct{ T []map[string]*T }
	type Tagged struct {
		A int `cbor:"1,keyasint"`
	}
	type Hidden struct{ a int }
	type ID int
	type Text string
	_ = Hidden{}.a
	return map[string]string{
		"struct": signature[T, int](), "result": signature[int, T](), "pointer": signature[*T, int](), "slice": signature[[]T, int](),
		"deep": signature[Deep, int](), "tag": signature[Tagged, int](), "named": signature[ID, int](),
		"same": signature[Text, Hidden](), "map": signature[map[ID]int, int](),
	}
}

func otherBuild() map[string]string {
	type T struct{ A string }
	type Deep struct{ T []map[string]*T }
	type Tagged struct {
		A int `cbor:"2,keyasint"`
	}
	type Hidden struct{ b string }
	type ID uint8
	type Text string
	_ = Hidden{}.b
	return map[string]string{
		"struct": signature[T, int](), "result": signature[int, T](), "pointer": signature[*T, int](), "slice": signature[[]T, int](),
		"deep": signature[Deep, int](), "tag": signature[Tagged, int](), "named": signature[ID, int](),
		"same": signature[Text, Hidden](), "map": signature[map[ID]int, int](),
	}
}

func TestSignatureOfBuilds(t *testing.T) {
	one, again, other := oneBuild(), oneBuild(), otherBuild()
	for name := range one {
		if one[name] != again[name] {
			t.Errorf("%s: the same types give %s and %s", name, one[name], again[name])
		}
		if equal := one[name] == other[name]; equal != (name == "same") {
			t.Errorf("%s: %s and %s", name, one[name], other[name])
		}
	}
}

// TestSignatureTells lists types that must all differ from one another.
func TestSignatureTells(t *testing.T) {
	all := map[string]string{}
	for name, s := range map[string]string{
		"int int": signature[int, int](), "int string": signature[int, string](), "string int": signature[string, int](),
		"[]int": signature[[]int, int](), "[2]int": signature[[2]int, int](), "[3]int": signature[[3]int, int](),
		"*int": signature[*int, int](), "map": signature[map[string]int, int](), "other map": signature[map[int]string, int](),
		"list": signature[list, int](), "*list": signature[*list, int](), "tree": signature[tree, int](),
		"time": signature[time.Time, int](), "any": signature[any, int](), "error": signature[error, int](),
		"func": signature[func(int), int](), "chan": signature[chan int, int](), "span": signature[span[int, int], part[int]](),
	} {
		if old, ok := all[s]; ok {
			t.Errorf("%s and %s are both %s", name, old, s)
		}
		all[s] = name
	}
}

// TestSignatureIsReadable: a person who sees two of them should see the difference.
func TestSignatureIsReadable(t *testing.T) {
	if got := signature[[2]int, string](); got != "func([2]int) string" {
		t.Error(got)
	}
	if got := signature[list, error](); !strings.HasPrefix(got, "func(futures.list) error #") {
		t.Error(got)
	}
}

func TestHasPointers(t *testing.T) {
	for typ, want := range map[reflect.Type]bool{
		reflect.TypeFor[int](): false, reflect.TypeFor[[4]float64](): false, reflect.TypeFor[struct{ A, B uint8 }](): false,
		reflect.TypeFor[complex128](): false, reflect.TypeFor[[0]*int](): false, reflect.TypeFor[struct{}](): false,
		reflect.TypeFor[string](): true, reflect.TypeFor[[]int](): true, reflect.TypeFor[[1]*int](): true,
		reflect.TypeFor[struct{ A any }](): true, reflect.TypeFor[map[int]int](): true, reflect.TypeFor[func()](): true,
		reflect.TypeFor[chan int](): true, reflect.TypeFor[list](): true, reflect.TypeFor[struct{ _ [2]error }](): true,
	} {
		if got := hasPointers(typ); got != want {
			t.Errorf("%v: %t", typ, got)
		}
	}
}
