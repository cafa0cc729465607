package losses_test

import (
	"fmt"
	"math"
	"runtime"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
)

var (
	nan = math.NaN()
	inf = math.Inf(1)

	floatDtypes = []tensor.Dtype{tensor.Float64, tensor.Float32}
	indexDtypes = []tensor.Dtype{tensor.Int, tensor.Int32, tensor.Int64}
)

// tester is what *testing.T, *testing.B and *rapid.T have in common.
type tester interface {
	require.TestingT
	Helper()
}

// dense returns a tensor of the dtype with the data rounded to it; no shape means a scalar.
func dense(dt tensor.Dtype, data []float64, shape ...int) *tensor.Dense {
	if len(shape) == 0 {
		if dt == tensor.Float32 {
			return tensor.New(tensor.FromScalar(float32(data[0])))
		}
		return tensor.New(tensor.FromScalar(data[0]))
	}
	if dt == tensor.Float32 {
		x := make([]float32, len(data))
		for i, v := range data {
			x[i] = float32(v)
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), data...)))
}

// indices returns an index tensor [N] of the dtype.
func indices(dt tensor.Dtype, index ...int) *tensor.Dense {
	var backing any
	switch dt {
	case tensor.Int32:
		backing = cast[int32](index)
	case tensor.Int64:
		backing = cast[int64](index)
	default:
		backing = cast[int](index)
	}
	return tensor.New(tensor.WithShape(len(index)), tensor.WithBacking(backing))
}

func cast[I int | int32 | int64](index []int) []I {
	out := make([]I, len(index))
	for i, v := range index {
		out[i] = I(v)
	}
	return out
}

// values returns the elements of a contiguous tensor in float64.
func values(t tensor.Tensor) []float64 {
	defer runtime.KeepAlive(t) // Data finds its memory by an address, which does not keep it
	switch d := t.Data().(type) {
	case float32:
		return []float64{float64(d)}
	case float64:
		return []float64{d}
	case []float64:
		return append([]float64(nil), d...)
	case []float32:
		out := make([]float64, len(d))
		for i, v := range d {
			out[i] = float64(v)
		}
		return out
	}
	panic(fmt.Sprintf("values of %T", t.Data()))
}

// round returns x as numbers of the dtype.
func round(dt tensor.Dtype, x []float64) []float64 {
	return values(dense(dt, x, len(x)))
}

// near fails unless every element of got is Close to that of want.
func near(t tester, what string, got, want []float64, rtol, atol float64) {
	t.Helper()
	require.Len(t, got, len(want), what)
	for i := range want {
		if !numtest.Close(got[i], want[i], rtol, atol) {
			require.Failf(t, "not close", "%s, element %d: got %v, want %v (rtol %g, atol %g)\n got %v\nwant %v",
				what, i, got[i], want[i], rtol, atol, got, want)
		}
	}
}

// same fails unless got and want are the same numbers; NaN equals NaN.
func same(t tester, what string, got, want []float64) {
	t.Helper()
	near(t, what, got, want, 0, 0)
}

// epsilon is the distance from 1 to the next number of the dtype.
func epsilon(dt tensor.Dtype) float64 {
	if dt == tensor.Float32 {
		return 0x1p-23
	}
	return 0x1p-52
}

// repeat returns n numbers f(0), f(1), ...
func repeat(n int, f func(i int) float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// oneHot returns the rows of the index.
func oneHot(k int, index ...int) []float64 {
	t := make([]float64, len(index)*k)
	for i, y := range index {
		t[i*k+y] = 1
	}
	return t
}

// scaled returns f·x.
func scaled(f float64, x []float64) []float64 {
	return repeat(len(x), func(i int) float64 { return f * x[i] })
}
