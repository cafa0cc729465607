package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// plainBatch is n rows of k classes, of labels or, with index, of classes.
func plainBatch(dt tensor.Dtype, n, k int, index bool) batch {
	b := batch{dt: dt, n: n, k: k, z: repeat(n*k, func(i int) float64 { return math.Sin(float64(7 * i)) })}
	if index {
		b.index = repeatInt(n, func(i int) int { return i * 31 % k })
	} else {
		b.t = repeat(n*k, func(i int) float64 { return float64(i % 3) })
	}
	return b
}

// TestPlain holds the short way of EvalInto to the other, which an option that changes nothing
// takes, bit for bit.
func TestPlain(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, reduction := range []losses.Reduction{losses.Mean, losses.Sum} {
			for _, shape := range [][2]int{{1, 1}, {1, 10}, {3, 10}, {64, 10}, {1, 64}, {1, 100}, {1, 1000}, {1, 2},
				{17, 2}} {
				for _, index := range []bool{false, true} {
					x := plainBatch(dt, shape[0], shape[1], index)
					plainly(t, x, reduction, x.inputs(losses.Criterion{}))
					for _, u := range []float64{1, -3, 0, math.Copysign(0, -1), 1e-30, 256} {
						in := x.inputs(losses.Criterion{})
						in.Upstream = dense(dt, []float64{u})
						plainly(t, x, reduction, in)
					}
				}
			}
		}
	}
}

// plainly evaluates in both ways.
func plainly(t *testing.T, x batch, reduction losses.Reduction, in losses.Inputs) {
	where := fmt.Sprint(x.dt, reduction, x.n, x.k, x.index != nil, in.Upstream)
	c := losses.Criterion{Reduction: reduction}
	got, want := x.outputs(c), x.outputs(c)
	got.TargetGrad, got.WeightGrad, want.TargetGrad, want.WeightGrad = nil, nil, nil, nil
	require.True(t, c.EvalPlain(got, in), where)
	c.Ignore = []int{-1}
	require.False(t, c.EvalPlain(got, in), where)
	require.NoError(t, c.EvalInto(want, in), where)
	require.Equal(t, want.Loss.Data(), got.Loss.Data(), where)
	require.Equal(t, want.Grad.Raw, got.Grad.Raw, where) // -0 is not 0
}

// TestNotPlain wants the short way to decline what it does not do, and what is an error.
func TestNotPlain(t *testing.T) {
	x := plainBatch(tensor.Float32, 4, 3, false)
	y := plainBatch(tensor.Float32, 4, 3, true)
	for name, change := range map[string]func(c *losses.Criterion, in *losses.Inputs, out *losses.Outputs){
		"another loss":    func(c *losses.Criterion, _ *losses.Inputs, _ *losses.Outputs) { c.Loss = losses.MAE{} },
		"a loss a row":    func(c *losses.Criterion, _ *losses.Inputs, _ *losses.Outputs) { c.Reduction = losses.None },
		"smoothing":       func(c *losses.Criterion, _ *losses.Inputs, _ *losses.Outputs) { c.Smoothing.Alpha = 0.1 },
		"a temperature":   func(c *losses.Criterion, _ *losses.Inputs, _ *losses.Outputs) { c.Temperature = 2 },
		"a bad criterion": func(c *losses.Criterion, _ *losses.Inputs, _ *losses.Outputs) { c.Temperature = -1 },
		"sample weights": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			in.SampleWeights = tensor.New(tensor.WithBacking([]float32{1, 1, 1, 1}))
		},
		"an upstream a row": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			in.Upstream = tensor.New(tensor.WithBacking([]float32{1, 1, 1, 1}))
		},
		"an upstream of another dtype": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			in.Upstream = tensor.New(tensor.FromScalar(1.0))
		},
		"an upstream that is no number": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			in.Upstream = tensor.New(tensor.FromScalar(float32(math.NaN())))
		},
		"an upstream that makes denormal factors": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			in.Upstream = tensor.New(tensor.FromScalar(float32(0x1p-126)))
		},
		"an upstream that lifts": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			in.Upstream = tensor.New(tensor.FromScalar(float32(4*256 + 1)))
		},
		"a loss in the upstream's memory": func(_ *losses.Criterion, in *losses.Inputs, out *losses.Outputs) {
			in.Upstream = out.Loss
		},
		"no logits":        func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) { in.Logits = nil },
		"no target":        func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) { in.Target = nil },
		"a negative label": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) { set(in.Target, 7, -1) },
		"a class too large": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			*in = y.inputs(losses.Criterion{})
			in.Target.(*tensor.Dense).Ints()[2] = 3
		},
		"labels of another shape": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			require.NoError(t, in.Target.Reshape(3, 4))
		},
		"transposed logits": func(_ *losses.Criterion, in *losses.Inputs, _ *losses.Outputs) {
			require.NoError(t, in.Logits.Reshape(3, 4))
			require.NoError(t, in.Logits.T())
		},
		"a gradient of another shape": func(_ *losses.Criterion, _ *losses.Inputs, out *losses.Outputs) {
			require.NoError(t, out.Grad.Reshape(3, 4))
		},
		"a loss that is no scalar": func(_ *losses.Criterion, _ *losses.Inputs, out *losses.Outputs) {
			out.Loss = tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{0}))
		},
		"a gradient in the labels' memory": func(_ *losses.Criterion, in *losses.Inputs, out *losses.Outputs) {
			out.Grad = in.Target.(*tensor.Dense)
		},
	} {
		var c losses.Criterion
		in, out := x.inputs(c), x.outputs(c)
		out.TargetGrad, out.WeightGrad = nil, nil
		require.True(t, c.EvalPlain(out, in), name)
		change(&c, &in, &out)
		require.False(t, c.EvalPlain(out, in), name)
	}
}

// set stores x in element i of a tensor of float32.
func set(d tensor.Tensor, i int, x float32) { d.(*tensor.Dense).Float32s()[i] = x }
