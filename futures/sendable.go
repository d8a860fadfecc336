package futures

import (
	"encoding"
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// sendable is what can be told from a type about whether its values can be sent. It is found out once for each type, when
// the first value of it is about to be.
type sendable struct {
	// err is set if no value ever can be.
	err error
	// recursive types may hold a cycle, which must be found before the encoder follows it until the stack is full.
	recursive bool
}

func sendableOf(t reflect.Type) sendable {
	s := sendable{}
	s.look(t, make(map[reflect.Type]bool))
	return s
}

var selfEncoding = []reflect.Type{
	reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[encoding.TextMarshaler](),
}

// look visits the types that t is made of; within holds those that we are in the midst of.
func (s *sendable) look(t reflect.Type, within map[reflect.Type]bool) {
	if within[t] {
		s.recursive = true
		return
	}
	for _, encodes := range selfEncoding {
		if t.Implements(encodes) || reflect.PointerTo(t).Implements(encodes) {
			return
		}
	}
	within[t] = true
	defer delete(within, t)
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		s.err = fmt.Errorf("%w: it holds a %s", task.ErrEncode, t)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		s.look(t.Elem(), within)
	case reflect.Map:
		s.look(t.Key(), within)
		s.look(t.Elem(), within)
	case reflect.Interface:
		s.recursive = true // who knows
	case reflect.Struct:
		s.lookFields(t, within)
	}
}

// lookFields: a field that is not exported stays behind, as with every encoder; a struct that would arrive empty is a
// mistake.
func (s *sendable) lookFields(t reflect.Type, within map[reflect.Type]bool) {
	exported := 0
	for f := range t.Fields() {
		if f.IsExported() || f.Anonymous {
			exported++
			s.look(f.Type, within)
		}
	}
	if exported == 0 && t.NumField() > 0 && s.err == nil {
		s.err = fmt.Errorf("%w: %s has no exported field, so nothing of it would arrive; export its fields or give it MarshalBinary",
			task.ErrEncode, t)
	}
}

// checkDepth fails for values that are nested deeper than a receiver accepts, as cyclic ones are.
func checkDepth(v reflect.Value, left int) error {
	if left == 0 {
		return fmt.Errorf("%w: it is nested deeper than %d levels, or refers to itself", task.ErrEncode, maxNesting)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return checkDepth(v.Elem(), left-1)
		}
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k <= reflect.Complex128 || k == reflect.String {
			return nil
		}
		for i := range v.Len() {
			if err := checkDepth(v.Index(i), left-1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			if err := checkDepth(i.Value(), left-1); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := checkDepth(v.Field(i), left-1); err != nil {
				return err
			}
		}
	}
	return nil
}
