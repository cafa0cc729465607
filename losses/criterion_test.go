package losses_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestEveryField: with any field of a criterion, or of its Smoothing, that is not what it is in a
// plain one, EvalInto does not take its short way, and the key is another. A clone has the numbers
// of the field in memory of its own.
func TestEveryField(t *testing.T) {
	x := plainBatch(tensor.Float64, 4, 3, false)
	in, out := x.inputs(losses.Criterion{}), x.outputs(losses.Criterion{})
	out.TargetGrad, out.WeightGrad = nil, nil
	require.True(t, losses.Criterion{}.EvalPlain(out, in))
	for _, path := range fieldsOf(reflect.TypeFor[losses.Criterion](), nil) {
		var c losses.Criterion
		field := reflect.ValueOf(&c).Elem().FieldByIndex(path)
		what := reflect.TypeFor[losses.Criterion]().FieldByIndex(path).Name
		alter(t, field)
		require.False(t, c.EvalPlain(out, in), what)
		c.Smoothing.Alpha = max(c.Smoothing.Alpha, .5) // so that its other fields mean something
		key := c.Key()
		clone := c.Clone()
		require.Equal(t, key, clone.Key(), what)
		if field.Kind() == reflect.Slice {
			field.Index(0).SetZero()
			require.NotEqual(t, key, c.Key(), what)
			require.Equal(t, key, clone.Key(), what)
		}
		field.SetZero()
		require.NotEqual(t, key, c.Key(), what)
	}
}

// fieldsOf returns the places of the fields of a struct, and of structs in it, behind path.
func fieldsOf(s reflect.Type, path []int) (all [][]int) {
	for i := range s.NumField() {
		at := append(path[:len(path):len(path)], i)
		if f := s.Field(i).Type; f.Kind() == reflect.Struct {
			all = append(all, fieldsOf(f, at)...)
		} else {
			all = append(all, at)
		}
	}
	return all
}

// alter makes a field what it is in no plain criterion.
func alter(t *testing.T, field reflect.Value) {
	switch field.Kind() {
	case reflect.Interface:
		field.Set(reflect.ValueOf(losses.MAE{}))
	case reflect.Slice:
		field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		alter(t, field.Index(0))
	case reflect.Bool:
		field.SetBool(true)
	case reflect.Int:
		field.SetInt(2)
	case reflect.Uint8:
		field.SetUint(2)
	case reflect.Float64:
		field.SetFloat(.75)
	default:
		require.Fail(t, "no other value", field.Type().String())
	}
}
