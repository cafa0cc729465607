package losses_test

import (
	"bytes"
	"fmt"
	"math"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
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

// batch is what a test evaluates a criterion on.
type batch struct {
	dt    tensor.Dtype
	n, k  int
	z, t  []float64
	index []int     // instead of t
	s, u  []float64 // sample weights and upstream, nil when not given
}

// result is what came out. tgrad is nil for index targets.
type result struct{ loss, grad, tgrad []float64 }

// eval evaluates c on b by EvalInto: loss and gradient as when only these are asked for, which is
// when the kernels of a built-in loss work, and the labels' gradient from a second call that
// wants everything. It checks that the inputs were not modified and that outputs were written
// in full (they start as NaN).
func (b batch) eval(t tester, c losses.Criterion) result {
	t.Helper()
	r, err := b.try(t, c)
	require.NoError(t, err)
	return r
}

// try is eval for calls that may fail; then both calls must fail in the same way.
func (b batch) try(t tester, c losses.Criterion) (r result, err error) {
	t.Helper()
	in := b.inputs(c)
	before := snapshot(in)
	dst := b.outputs(c)
	dst.TargetGrad = nil
	err = c.EvalInto(dst, in)
	require.Equal(t, before, snapshot(in), "the inputs were modified")
	if err == nil {
		r.loss, r.grad = values(dst.Loss), values(dst.Grad)
	}
	if all := b.outputs(c); all.TargetGrad != nil {
		if again := c.EvalInto(all, in); err != nil {
			require.EqualError(t, again, err.Error())
		} else {
			require.NoError(t, again)
			r.tgrad = values(all.TargetGrad)
		}
		require.Equal(t, before, snapshot(in), "the inputs were modified")
	}
	return r, err
}

func (b batch) target() tensor.Tensor {
	if b.index != nil {
		return indices(tensor.Int, b.index...)
	}
	return dense(b.dt, b.t, b.n, b.k)
}

func (b batch) inputs(c losses.Criterion) losses.Inputs {
	in := losses.Inputs{Logits: dense(b.dt, b.z, b.n, b.k), Target: b.target()}
	if b.s != nil {
		in.SampleWeights = dense(b.dt, b.s, b.n)
	}
	switch {
	case b.u != nil && c.Reduction == losses.None:
		in.Upstream = dense(b.dt, b.u, b.n)
	case b.u != nil:
		in.Upstream = dense(b.dt, b.u)
	}
	return in
}

func (b batch) outputs(c losses.Criterion) losses.Outputs {
	fill := func(shape ...int) *tensor.Dense {
		data := make([]float64, max(1, tensor.Shape(shape).TotalSize()))
		for i := range data {
			data[i] = nan
		}
		return dense(b.dt, data, shape...)
	}
	out := losses.Outputs{Loss: fill(), Grad: fill(b.n, b.k)}
	if c.Reduction == losses.None {
		out.Loss = fill(b.n)
	}
	if b.index == nil {
		out.TargetGrad = fill(b.n, b.k)
	}
	return out
}

// snapshot returns the bytes of the inputs.
func snapshot(in losses.Inputs) string {
	var b bytes.Buffer
	for _, t := range []tensor.Tensor{in.Logits, in.Target, in.SampleWeights, in.Upstream} {
		if t != nil {
			b.Write(t.(*tensor.Dense).Raw)
			fmt.Fprint(&b, t.Shape(), t.Strides())
		}
	}
	return b.String()
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
