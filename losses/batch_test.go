package losses_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

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

// everything is what a criterion gives, the gradient of the sample weights too.
type everything struct {
	result
	sgrad []float64
}

// all evaluates c on b.
func (b batch) all(t tester, c losses.Criterion) everything {
	t.Helper()
	out := b.outputs(c)
	out.TargetGrad = nil
	out.WeightGrad = dense(b.dt, repeat(b.n, func(int) float64 { return nan }), b.n)
	require.NoError(t, c.EvalInto(out, b.inputs(c)))
	r := everything{b.eval(t, c), values(out.WeightGrad)}
	same(t, "loss with sample weights' gradient", values(out.Loss), r.loss)
	return r
}

// nearAll fails unless all that is in want is near what got has, with tolerances relative to size.
func nearAll(t tester, what string, got, want everything, tol, size float64) {
	t.Helper()
	near(t, what+": loss", got.loss, want.loss, tol, tol*size)
	near(t, what+": grad", got.grad, want.grad, tol, tol*size)
	near(t, what+": sample weights' grad", got.sgrad, want.sgrad, tol, tol*size)
	if want.tgrad != nil && got.tgrad != nil {
		near(t, what+": labels' grad", got.tgrad, want.tgrad, tol, tol*size)
	}
}

// saturate makes the row i sure of class y: p_y = 1 - 2.5e-5.
func (b batch) saturate(i, y int) {
	for j := range b.k {
		b.z[i*b.k+j] = -0.25 * float64(j)
	}
	b.z[i*b.k+y] = 11
}

// randomBatch has n rows of tableK classes: logits of several sizes, positive
// labels of any sum, sample weights and an upstream that fits c.
func randomBatch(c losses.Criterion, dt tensor.Dtype, n int, seed uint64) batch {
	r := rand.New(rand.NewPCG(seed, 2))
	b := batch{dt: dt, n: n, k: tableK}
	for range n * tableK {
		b.z = append(b.z, 3*r.NormFloat64())
		b.t = append(b.t, 0.05+r.Float64())
	}
	b.s = repeat(n, func(int) float64 { return 0.5 + r.Float64() })
	b.u = repeat(upstreams(c, n), func(int) float64 { return r.NormFloat64() })
	b.z, b.t, b.s, b.u = round(dt, b.z), round(dt, b.t), round(dt, b.s), round(dt, b.u)
	return b
}

// upstreams is how many elements the loss of n rows has.
func upstreams(c losses.Criterion, n int) int {
	if c.Reduction == losses.None {
		return n
	}
	return 1
}

// perRow spreads a scalar upstream over the rows.
func perRow(u []float64, n int) []float64 {
	return repeat(n, func(i int) float64 { return u[i%len(u)] })
}
