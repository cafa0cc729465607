// Package exactjson writes plain data as JSON that comes back to the last bit. Unlike encoding/json
// it takes floats that are not finite, writes every field, wants every field, and refuses what it
// would lose.
package exactjson

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"softloss/internal/phrase"
)

// Encode returns v as JSON that Decode reads back to the last bit: structs of exported fields,
// slices, pointers, integers, float64s, bools, strings and nil interfaces. A float that is not
// finite is a string, its bits in hexadecimal.
func Encode(v any) (string, error) {
	var b strings.Builder
	err := write(&b, reflect.ValueOf(v))
	return b.String(), err
}

func write(b *strings.Builder, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		fmt.Fprint(b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		fmt.Fprint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		fmt.Fprint(b, v.Uint())
	case reflect.Float64:
		if x := v.Float(); x-x == 0 {
			b.WriteString(strconv.FormatFloat(x, 'g', -1, 64))
		} else {
			fmt.Fprintf(b, `"0x%016x"`, math.Float64bits(x))
		}
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return fmt.Errorf("got the text %q, want UTF-8", v.String())
		}
		b.WriteString(Quote(v.String()))
	case reflect.Slice, reflect.Pointer, reflect.Interface:
		switch {
		case v.IsNil():
			b.WriteString("null")
		case v.Kind() == reflect.Pointer:
			return write(b, v.Elem())
		case v.Kind() == reflect.Slice:
			return writeMembers(b, "[]", v.Len(), func(i int) error { return write(b, v.Index(i)) })
		default:
			return fmt.Errorf("got a %v, want nil", v.Type())
		}
	case reflect.Struct:
		return writeMembers(b, "{}", v.NumField(), func(i int) error {
			f := v.Type().Field(i)
			if !f.IsExported() {
				return fmt.Errorf("%v: got the unexported field %s, want plain data", v.Type(), f.Name)
			}
			b.WriteString(Quote(f.Name) + ":")
			return write(b, v.Field(i))
		})
	default:
		return fmt.Errorf("got a %v, want plain data", v.Type())
	}
	return nil
}

// writeMembers writes n members with commas between brackets.
func writeMembers(b *strings.Builder, brackets string, n int, member func(i int) error) error {
	b.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := member(i); err != nil {
			return err
		}
	}
	b.WriteByte(brackets[1])
	return nil
}

// Decode reads what Encode wrote into *dst, which is zero and which errors call name. Every field
// of a struct must be there, and no other.
func Decode(text string, dst any, name string) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var src any
	if err := dec.Decode(&src); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("got more than one JSON value")
	}
	return read(reflect.ValueOf(dst).Elem(), src, name)
}

// read sets v, which is called where.
func read(v reflect.Value, src any, where string) error {
	if src == nil && (v.Kind() == reflect.Slice || v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		return nil
	}
	bad := func() error { return fmt.Errorf("%s: got %s, want %v", where, phrase.Value(src), v.Type()) }
	switch src := src.(type) {
	case bool:
		if v.Kind() != reflect.Bool {
			return bad()
		}
		v.SetBool(src)
		return nil
	case json.Number:
		if !setNumber(v, string(src)) {
			return bad()
		}
		return nil
	case string:
		if v.Kind() == reflect.Float64 {
			bits, err := strconv.ParseUint(strings.TrimPrefix(src, "0x"), 16, 64)
			if x := math.Float64frombits(bits); err != nil || x-x == 0 {
				return bad()
			}
			v.SetFloat(math.Float64frombits(bits))
			return nil
		}
		if v.Kind() != reflect.String {
			return bad()
		}
		v.SetString(src)
		return nil
	}
	switch list, isList := src.([]any); {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return read(v.Elem(), src, where)
	case v.Kind() == reflect.Slice && isList:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0)) // grown as elements turn out right
		for i, e := range list {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			if err := read(v.Index(i), e, fmt.Sprint(where, "[", i, "]")); err != nil {
				return err
			}
		}
		return nil
	case v.Kind() == reflect.Struct:
		return readStruct(v, src, where, bad)
	}
	return bad()
}

// setNumber sets v to a number, if it holds it exactly.
func setNumber(v reflect.Value, s string) bool {
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		v.SetInt(n)
		return err == nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(s, 10, v.Type().Bits())
		v.SetUint(n)
		return err == nil
	case reflect.Float64:
		x, err := strconv.ParseFloat(s, 64)
		v.SetFloat(x)
		return err == nil
	}
	return false
}

// readStruct sets the fields of a struct.
func readStruct(v reflect.Value, src any, where string, bad func() error) error {
	members, ok := src.(map[string]any)
	if !ok {
		return bad()
	}
	if len(members) != v.NumField() {
		return fmt.Errorf("%s: got %s, want %d: made by another version", where,
			phrase.Plural(len(members), "field"), v.NumField())
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		member, ok := members[f.Name]
		if !ok || !f.IsExported() {
			return fmt.Errorf("%s: got no field %s: made by another version", where, f.Name)
		}
		if err := read(v.Field(i), member, where+"."+f.Name); err != nil {
			return err
		}
	}
	return nil
}

// Quote returns a text as a JSON string.
func Quote(s string) string {
	b, _ := json.Marshal(s) // cannot fail for a string
	return string(b)
}
