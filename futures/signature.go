package futures

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"strings"
)

// signature describes the types of a function so that two peers can compare them: the names that a person reads, and a
// digest of the fields wherever a struct is involved, so that "the same" type of another build is not mistaken for ours.
func signature[In, Out any]() string {
	in, out := reflect.TypeFor[In](), reflect.TypeFor[Out]()
	text := fmt.Sprintf("func(%s) %s", in, out)
	var s strings.Builder
	if describe(&s, in, map[reflect.Type]bool{}) || describe(&s, out, map[reflect.Type]bool{}) {
		s.Reset()
		describe(&s, in, map[reflect.Type]bool{})
		describe(&s, out, map[reflect.Type]bool{})
		h := fnv.New32a()
		_, _ = h.Write([]byte(s.String()))
		text += fmt.Sprintf(" #%08x", h.Sum32())
	}
	return text
}

// describe writes the structure of t and reports whether its name alone would not tell it.
func describe(s *strings.Builder, t reflect.Type, seen map[reflect.Type]bool) (deep bool) {
	if seen[t] {
		s.WriteString(t.String())
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		s.WriteString("struct{")
		for f := range t.Fields() {
			if f.IsExported() {
				s.WriteString(f.Name + " " + string(f.Tag) + " ")
				describe(s, f.Type, seen)
				s.WriteByte(';')
			}
		}
		s.WriteByte('}')
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		s.WriteString(t.Kind().String())
		if t.Kind() == reflect.Array {
			fmt.Fprint(s, t.Len())
		}
		return describe(s, t.Elem(), seen) || t.Name() != ""
	case reflect.Map:
		s.WriteString("map")
		k := describe(s, t.Key(), seen)
		return describe(s, t.Elem(), seen) || k || t.Name() != ""
	default:
		s.WriteString(t.Kind().String())
		return t.Name() != t.Kind().String()
	}
}

// hasPointers reports whether values of t keep other memory alive.
func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr, reflect.Float32, reflect.Float64,
		reflect.Complex64, reflect.Complex128:
		return false
	case reflect.Array:
		return t.Len() > 0 && hasPointers(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if hasPointers(f.Type) {
				return true
			}
		}
		return false
	default:
		return true
	}
}
