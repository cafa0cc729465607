package losses

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unsafe"
)

// Key returns the criterion's canonical text, with every parameter of the loss and of what
// surrounds it, floats to the last bit. Criteria that compute different things have different keys.
// It feeds the hash of the graph's ops, logs and the names of benchmarks.
//
// The text comes from the fields by reflection, so that a loss of your own needs
// to do nothing for it. Fields that are functions, channels or maps count by
// their address, and so does what lies behind more than eight pointers or slices.
func (c Criterion) Key() string {
	var b strings.Builder
	b.WriteString("loss=")
	writeKey(&b, addressable(reflect.ValueOf(c.loss())), 0)
	if c.Link != SoftmaxLink {
		b.WriteString(" link=" + c.Link.String())
	}
	writeFields(&b, keyField{"posweight", c.PosWeight != nil, c.PosWeight})
	if c.FromProbs {
		b.WriteString(" probs")
	}
	if c.Smoothing.on() {
		fmt.Fprintf(&b, " smoothing=%v(", c.Smoothing.Rule)
		writeKey(&b, reflect.ValueOf(c.Smoothing.Alpha), 0)
		if c.Smoothing.Prior != nil {
			b.WriteByte(' ')
			writeKey(&b, reflect.ValueOf(c.Smoothing.Prior), 0)
		}
		b.WriteByte(')')
	}
	writeFields(&b,
		keyField{"weights", c.ClassWeights != nil, c.ClassWeights},
		keyField{"ignore", len(c.Ignore) > 0, c.Ignore},
		keyField{"temperature", c.temperature() != 1, c.temperature()},
		keyField{"margins", c.Margins != nil, c.Margins},
		keyField{"angle", c.AngularMargin != 0, c.AngularMargin},
		keyField{"shift", c.LogitShift != nil, c.LogitShift},
		keyField{"zloss", c.ZLoss != 0, c.ZLoss},
		keyField{"axis", c.Axis != 0, c.Axis})
	b.WriteString(" reduction=" + c.Reduction.String())
	return b.String()
}

// keyField is a field of a criterion, and whether its key has it.
type keyField struct {
	name  string
	on    bool
	value any
}

func writeFields(b *strings.Builder, fields ...keyField) {
	for _, f := range fields {
		if f.on {
			b.WriteString(" " + f.name + "=")
			writeKey(b, reflect.ValueOf(f.value), 0)
		}
	}
}

// addressable returns a copy of v whose fields have addresses.
func addressable(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// writeKey writes v so that different values have different texts; hops counts the pointers and
// slices on the way to v.
func writeKey(b *strings.Builder, v reflect.Value, hops int) {
	if v.IsValid() && v.Type().PkgPath() != "" {
		b.WriteString(typeName(v.Type()))
	}
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() && v.Elem().Type().PkgPath() == "" {
			b.WriteString(v.Elem().Type().String())
		}
		writeKey(b, v.Elem(), hops)
	case reflect.Pointer:
		fmt.Fprintf(b, "&%v ", v.Type().Elem())
		if v.IsNil() || hops < 8 {
			writeKey(b, v.Elem(), hops+1)
		} else {
			fmt.Fprintf(b, "@%x", v.Pointer())
		}
	case reflect.Slice:
		if hops++; hops > 8 && v.Len() > 0 {
			fmt.Fprintf(b, "@%x:%d", v.Pointer(), v.Len())
			return
		}
		fallthrough
	case reflect.Array:
		writeList(b, "[", "]", v.Len(), func(i int) { writeKey(b, v.Index(i), hops) })
	case reflect.Struct:
		writeList(b, "{", "}", v.NumField(), func(i int) {
			b.WriteString(v.Type().Field(i).Name + ":")
			writeKey(b, v.Field(i), hops)
		})
	case reflect.Func:
		p := v.Pointer() // the code
		if v.CanAddr() {
			p = *(*uintptr)(unsafe.Pointer(v.UnsafeAddr())) // code and captured variables
		}
		fmt.Fprintf(b, "%v@%x", v.Type(), p)
	case reflect.Chan, reflect.Map, reflect.UnsafePointer:
		fmt.Fprintf(b, "%v@%x", v.Type(), v.Pointer())
	default:
		writeScalar(b, v)
	}
}

// writeScalar is writeKey for what holds nothing else.
func writeScalar(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid:
		b.WriteString("nil")
	case reflect.Bool:
		fmt.Fprintf(b, "(%t)", v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		writeFloat(b, v.Float())
	case reflect.Complex64, reflect.Complex128:
		writeFloat(b, real(v.Complex()))
		b.WriteByte('+')
		writeFloat(b, imag(v.Complex()))
		b.WriteByte('i')
	case reflect.String:
		b.WriteString(strconv.Quote(v.String()))
	}
}

// writeList writes n elements between brackets, with spaces between them.
func writeList(b *strings.Builder, left, right string, n int, write func(i int)) {
	b.WriteString(left)
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		write(i)
	}
	b.WriteString(right)
}

func writeFloat(b *strings.Builder, x float64) {
	b.WriteString(strconv.FormatFloat(x, 'g', -1, 64))
	if math.IsNaN(x) {
		fmt.Fprintf(b, "%x", math.Float64bits(x))
	}
}

// typeName is the name of a type of this package, or path and name of another's.
func typeName(t reflect.Type) string {
	if t.PkgPath() == reflect.TypeFor[Criterion]().PkgPath() {
		return t.Name()
	}
	return t.PkgPath() + "." + t.Name()
}
