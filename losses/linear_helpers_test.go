package losses_test

import (
	"math/rand/v2"
	"slices"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/gemm"
	"softloss/losses"
)

// head is a linear layer with rows for it, and a batch without logits that follows it.
type head struct {
	batch
	depth                int
	hidden, weight, bias []float64
}

// linearDepth is how many hidden values the rows of these tests have.
const linearDepth = 7

// headFor returns a layer for a batch. The logits have about the size of the batch's.
func headFor(b batch, seed uint64) head {
	r := rand.New(rand.NewPCG(seed, 3))
	normal := func(n int, scale float64) []float64 {
		return round(b.dt, repeat(n, func(int) float64 { return scale * r.NormFloat64() }))
	}
	return head{b, linearDepth, normal(b.n*linearDepth, 1), normal(b.k*linearDepth, .8), normal(b.k, 1)}
}

func (h head) inputs(c losses.Criterion) losses.LinearInputs {
	b := h.batch
	b.z = make([]float64, b.n*b.k)
	in := inputsFor(b, c)
	return losses.LinearInputs{Hidden: dense(h.dt, h.hidden, h.n, h.depth), Weight: dense(h.dt, h.weight, h.k, h.depth),
		Bias: dense(h.dt, h.bias, h.k), Target: in.Target, SampleWeights: in.SampleWeights, Upstream: in.Upstream}
}

// inputsFor is batch.inputs, with upstreams for elements under the SigmoidLink.
func inputsFor(b batch, c losses.Criterion) losses.Inputs {
	u := b.u
	if c.Link == losses.SigmoidLink && c.Reduction == losses.None {
		b.u = nil
	}
	in := b.inputs(c)
	if u != nil && in.Upstream == nil {
		in.Upstream = dense(b.dt, repeat(b.n*b.k, func(i int) float64 { return u[i%len(u)] }), b.n, b.k)
	}
	return in
}

// linearOutputs returns outputs for the inputs that are full of NaN.
func linearOutputs(c losses.Criterion, in losses.LinearInputs) losses.LinearOutputs {
	dt := in.Hidden.Dtype()
	full := func(shape ...int) *tensor.Dense {
		return dense(dt, repeat(max(1, tensor.Shape(shape).TotalSize()), func(int) float64 { return nan }), shape...)
	}
	k := in.Weight.Shape()[0]
	out := losses.LinearOutputs{Loss: full(), HiddenGrad: full(in.Hidden.Shape()...),
		WeightGrad: full(in.Weight.Shape()...), BiasGrad: full(k)}
	if c.Reduction == losses.None {
		s := in.Hidden.Shape().Clone()
		s[len(s)-1] = k
		out.Loss = full(c.RowShape(s)...)
	}
	if y := in.Target; y.Dtype() == dt {
		out.TargetGrad = full(y.Shape()...)
	}
	if in.SampleWeights != nil {
		out.SampleWeightGrad = full(in.SampleWeights.Shape()...)
	}
	return out
}

// twoSteps computes what EvalLinear does from all logits at once.
func twoSteps(t tester, c losses.Criterion, in losses.LinearInputs) losses.LinearOutputs {
	t.Helper()
	out, err := tryTwoSteps(c, in)
	require.NoError(t, err)
	return out
}

func tryTwoSteps(c losses.Criterion, in losses.LinearInputs) (out losses.LinearOutputs, err error) {
	out = linearOutputs(c, in)
	if in.Hidden.Dtype() == tensor.Float32 {
		return out, twoStepsInto[float32](c, out, in)
	}
	return out, twoStepsInto[float64](c, out, in)
}

func twoStepsInto[T gemm.Float](c losses.Criterion, out losses.LinearOutputs, in losses.LinearInputs) error {
	matrix := func(d tensor.Tensor, rows int) gemm.Matrix[T] {
		data := d.Data().([]T)
		return gemm.RowMajor(rows, len(data)/rows, len(data)/rows, data)
	}
	s := in.Hidden.Shape().Clone()
	k, n := in.Weight.Shape()[0], s.TotalSize()/in.Weight.Shape()[1]
	s[len(s)-1] = k
	z, dz := tensor.New(tensor.Of(in.Hidden.Dtype()), tensor.WithShape(s...)), tensor.New(tensor.Of(in.Hidden.Dtype()),
		tensor.WithShape(s...))
	for i := range n {
		copy(z.Data().([]T)[i*k:], in.Bias.Data().([]T))
	}
	hidden, weight, grad := matrix(in.Hidden, n), matrix(in.Weight, k), matrix(dz, n)
	gemm.Mul(matrix(z, n), 1, 1, hidden, weight.Transposed())
	if err := c.EvalInto(losses.Outputs{Loss: out.Loss, Grad: dz, TargetGrad: out.TargetGrad,
		WeightGrad: out.SampleWeightGrad}, losses.Inputs{Logits: z, Target: in.Target, SampleWeights: in.SampleWeights,
		Upstream: in.Upstream}); err != nil {
		return err
	}
	gemm.Mul(matrix(out.HiddenGrad, n), 0, 1, grad, weight)
	gemm.Mul(matrix(out.WeightGrad, k), 0, 1, grad.Transposed(), hidden)
	ones := slices.Repeat([]T{1}, n)
	gemm.Mul(matrix(out.BiasGrad, 1), 0, 1, gemm.RowMajor(1, n, n, ones), grad)
	return nil
}

// requireSame wants two outputs to be the same to the bit, NaN equal to NaN.
func requireSame(t tester, what string, got, want losses.LinearOutputs) {
	t.Helper()
	for _, o := range []struct {
		name      string
		got, want *tensor.Dense
	}{{"loss", got.Loss, want.Loss}, {"hidden grad", got.HiddenGrad, want.HiddenGrad},
		{"weight grad", got.WeightGrad, want.WeightGrad}, {"bias grad", got.BiasGrad, want.BiasGrad},
		{"target grad", got.TargetGrad, want.TargetGrad},
		{"sample weight grad", got.SampleWeightGrad, want.SampleWeightGrad}} {
		if o.want == nil {
			continue
		}
		require.Equal(t, o.want.Shape(), o.got.Shape(), what)
		same(t, what+" "+o.name, values(o.got), values(o.want))
	}
}

// linearOptions are those of a softmax's losses on tableK classes, and what they have not.
func linearOptions() map[string]losses.Criterion {
	all := map[string]losses.Criterion{
		"margins":      {Margins: []float64{.5, 0, 1, .25, 2}},
		"huge weights": {ClassWeights: []float64{0x1p70, 2, 0x1p80, 1, 3}},
		"sigmoid":      {Link: losses.SigmoidLink},
		"sigmoid, all": {Link: losses.SigmoidLink, PosWeight: []float64{.5, 2, 1, .25, 3}, Ignore: []int{3}, Temperature: 2,
			ClassWeights: []float64{.5, 2, 0, .25, 3}, Smoothing: losses.Smoothing{Alpha: .1}},
		"sigmoid, prior": {Link: losses.SigmoidLink, Smoothing: losses.Smoothing{Alpha: .1, Prior: []float64{.25, .75}}},
	}
	for name, c := range familyOptions {
		all[name] = c
	}
	return all
}

// cost returns upstream times the loss, from logits by plain sums.
func (h head) cost(t tester, c losses.Criterion) float64 {
	t.Helper()
	b := h.batch
	b.z = repeat(b.n*b.k, func(at int) float64 {
		z := h.bias[at%b.k]
		for d := range h.depth {
			z += h.hidden[at/b.k*h.depth+d] * h.weight[at%b.k*h.depth+d]
		}
		return z
	})
	out := losses.Outputs{Loss: dense(b.dt, []float64{0})}
	require.NoError(t, c.EvalInto(out, inputsFor(b, c)))
	return values(out.Loss)[0] * b.u[0]
}

// view returns the numbers of x as a view with gaps, or transposed where that is a matrix.
func view(t tester, x tensor.Tensor) tensor.Tensor {
	d := x.(*tensor.Dense)
	s := d.Shape()
	switch {
	case len(s) == 2 && s[0] > 1 && s[1] > 1:
		y := d.Clone().(*tensor.Dense)
		require.NoError(t, y.T())
		require.NoError(t, y.Transpose())
		require.NoError(t, y.T())
		return y
	case len(s) == 1 && s[0] > 1:
		y := tensor.New(tensor.Of(d.Dtype()), tensor.WithShape(s[0], 2))
		v, err := y.Slice(nil, tensor.S(1))
		require.NoError(t, err)
		require.NoError(t, tensor.Copy(v, d))
		return v
	}
	return x
}
