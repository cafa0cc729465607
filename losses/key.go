package losses

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Key returns the criterion's canonical text, with every parameter of the loss
// and of what surrounds it, floats to the last bit. Criteria that compute different things have different
// keys. It feeds the hash of the graph's ops, logs and the names of benchmarks.
//
// The text comes from the fields by reflection, so that a loss of your own needs
// to do nothing for it; fields that are functions, channels or maps count by
// their address.
func (c Criterion) Key() string {
	var b strings.Builder
	b.WriteString("loss=")
	writeKey(&b, reflect.ValueOf(c.loss()))
	if c.FromProbs {
		b.WriteString(" probs")
	}
	if c.Smoothing.on() {
		fmt.Fprintf(&b, " smoothing=%v(", c.Smoothing.Rule)
		writeKey(&b, reflect.ValueOf(c.Smoothing.Alpha))
		if c.Smoothing.Prior != nil {
			b.WriteByte(' ')
			writeKey(&b, reflect.ValueOf(c.Smoothing.Prior))
		}
		b.WriteByte(')')
	}
	b.WriteString(" reduction=" + c.Reduction.String())
	return b.String()
}

// writeKey writes v so that different values have different texts.
func writeKey(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid:
		b.WriteString("nil")
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		b.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, 64))
		if math.IsNaN(v.Float()) {
			fmt.Fprintf(b, "%x", math.Float64bits(v.Float()))
		}
	case reflect.String:
		b.WriteString(strconv.Quote(v.String()))
	case reflect.Interface, reflect.Pointer:
		if v.Kind() == reflect.Pointer {
			b.WriteByte('&')
		}
		writeKey(b, v.Elem())
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			writeKey(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteString(typeName(v.Type()))
		b.WriteByte('{')
		for i := range v.NumField() {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(v.Type().Field(i).Name)
			b.WriteByte(':')
			writeKey(b, v.Field(i))
		}
		b.WriteByte('}')
	default:
		fmt.Fprintf(b, "%s@%x", v.Type(), v.Pointer())
	}
}

// typeName is the name of a type of this package, or path and name of another's.
func typeName(t reflect.Type) string {
	if t.PkgPath() == reflect.TypeFor[Criterion]().PkgPath() {
		return t.Name()
	}
	return t.PkgPath() + "." + t.Name()
}
