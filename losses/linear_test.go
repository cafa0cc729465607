package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
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
	out := linearOutputs(c, in)
	if in.Hidden.Dtype() == tensor.Float32 {
		twoStepsInto[float32](t, c, out, in)
	} else {
		twoStepsInto[float64](t, c, out, in)
	}
	return out
}

func twoStepsInto[T gemm.Float](t tester, c losses.Criterion, out losses.LinearOutputs, in losses.LinearInputs) {
	t.Helper()
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
	require.NoError(t, c.EvalInto(losses.Outputs{Loss: out.Loss, Grad: dz, TargetGrad: out.TargetGrad,
		WeightGrad: out.SampleWeightGrad}, losses.Inputs{Logits: z, Target: in.Target, SampleWeights: in.SampleWeights,
		Upstream: in.Upstream}))
	gemm.Mul(matrix(out.HiddenGrad, n), 0, 1, grad, weight)
	gemm.Mul(matrix(out.WeightGrad, k), 0, 1, grad.Transposed(), hidden)
	ones := slices.Repeat([]T{1}, n)
	gemm.Mul(matrix(out.BiasGrad, 1), 0, 1, gemm.RowMajor(1, n, n, ones), grad)
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

// TestLinearIsTheTwoSteps: every loss with every option and reduction gives the bits of the two
// steps, in both dtypes, for an index and for labels, in one block, in blocks of a few rows, and in
// blocks that the criterion takes row by row.
func TestLinearIsTheTwoSteps(t *testing.T) {
	const n = 11
	r := rand.New(rand.NewPCG(1, 2))
	evaluated := 0
	for lossName, loss := range elementFamily {
		for optionName, c := range linearOptions() {
			if c.Loss = loss; c.Validate() != nil {
				continue
			}
			for _, c.Reduction = range familyReductions {
				b := familyBatch(c, n, tableK, uint64(evaluated))
				b.dt = floatDtypes[evaluated%2]
				for i := range b.t {
					b.t[i] = math.Mod(b.t[i], 1)
				}
				b.s[r.IntN(n)], b.s[r.IntN(n)] = 0, 0
				if evaluated/2%2 == 0 {
					b.index = []int{0, 4, 2, 1, 3, 1, 2, 2, 3, 0, 4}
				}
				if losesShares(t, c, b) {
					continue
				}
				in := headFor(b, uint64(evaluated)).inputs(c)
				evaluated++
				got, what := linearOutputs(c, in), fmt.Sprintf("%s %s %v %v", lossName, optionName, c.Reduction, b.dt)
				rows := []int{1, 4, n}[r.IntN(3)]
				require.NoError(t, c.EvalLinearInBlocks(got, in, rows*tableK*int(b.dt.Size()), 1+r.IntN(3*tableK)), what)
				requireSame(t, what, got, twoSteps(t, c, in))
			}
		}
	}
	require.Greater(t, evaluated, 2000)
}

// TestLinearDoesNotDependOnProcessors, nor on blocks.
func TestLinearDoesNotDependOnProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n, k = 300, 70
	b := batch{dt: tensor.Float32, n: n, k: k, index: make([]int, n),
		s: repeat(n, func(i int) float64 { return float64(i % 3) })}
	for i := range b.index {
		b.index[i] = i % k
	}
	c := losses.Criterion{Reduction: losses.WeightedMean, ZLoss: .01}
	in := headFor(b, 5).inputs(c)
	want := twoSteps(t, c, in)
	for _, procs := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(procs)
		for _, size := range [][2]int{{1 << 30, 1 << 30}, {40000, 3000}, {4000, 100}} {
			got := linearOutputs(c, in)
			require.NoError(t, c.EvalLinearInBlocks(got, in, size[0], size[1]))
			requireSame(t, fmt.Sprint(procs, size), got, want)
		}
	}
}

// TestLinearDifferences compares the gradients with differences of the loss, without a product of
// this module.
func TestLinearDifferences(t *testing.T) {
	for _, c := range []losses.Criterion{{}, {Loss: losses.GCE{Q: .7}, Reduction: losses.WeightedMean,
		ClassWeights: []float64{.5, 2, 1, .25, 3}}, {Link: losses.SigmoidLink, Reduction: losses.Sum}} {
		b := familyBatch(c, 6, tableK, 3)
		for i := range b.t {
			b.t[i] = math.Mod(b.t[i], 1)
		}
		h := headFor(b, 9)
		in := h.inputs(c)
		got := linearOutputs(c, in)
		require.NoError(t, c.EvalLinear(got, in))
		for _, p := range []struct {
			name string
			x    []float64
			grad *tensor.Dense
		}{{"hidden", h.hidden, got.HiddenGrad}, {"weight", h.weight, got.WeightGrad}, {"bias", h.bias, got.BiasGrad}} {
			for i, want := range p.grad.Data().([]float64) {
				const step = 1e-5
				x := p.x[i]
				p.x[i] = x + step
				above := h.cost(t, c)
				p.x[i] = x - step
				below := h.cost(t, c)
				p.x[i] = x
				near(t, p.name, []float64{(above - below) / (2 * step)}, []float64{want}, 1e-6, 1e-8)
			}
		}
	}
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

// TestLinearShapes: what Hidden has of axes the logits have; targets and weights fit as there.
// Views are read as they are.
func TestLinearShapes(t *testing.T) {
	dt := tensor.Float64
	random := func(shape ...int) *tensor.Dense {
		r := rand.New(rand.NewPCG(1, uint64(tensor.Shape(shape).TotalSize())))
		return dense(dt, repeat(max(1, tensor.Shape(shape).TotalSize()), func(int) float64 { return r.Float64() }), shape...)
	}
	index := func(shape ...int) *tensor.Dense {
		d := tensor.New(tensor.Of(tensor.Int), tensor.WithShape(shape...))
		for i := range d.Ints() {
			d.Ints()[i] = i % 2
		}
		return d
	}
	for _, reduction := range familyReductions {
		softmax := losses.Criterion{Reduction: reduction}
		last := losses.Criterion{Reduction: reduction, Axis: 2}
		sigmoid := losses.Criterion{Reduction: reduction, Link: losses.SigmoidLink}
		for name, x := range map[string]struct {
			c               losses.Criterion
			hidden, k       []int
			target, weights *tensor.Dense
		}{
			"matrix":                      {softmax, []int{6, 3}, []int{4}, index(6), random(6)},
			"index in a column":           {softmax, []int{6, 3}, []int{4}, index(6, 1), random(6, 1)},
			"one row":                     {softmax, []int{1, 3}, []int{4}, random(1, 4), random(1)},
			"one class":                   {softmax, []int{6, 3}, []int{1}, random(6, 1), nil},
			"one hidden value":            {softmax, []int{6, 1}, []int{4}, random(6, 4), nil},
			"vector":                      {softmax, []int{3}, []int{4}, random(4), random()},
			"vector, index":               {softmax, []int{3}, []int{4}, index(1), nil},
			"words":                       {softmax, []int{2, 5, 3}, []int{4}, index(2, 5), random(2, 5)},
			"words, axis named":           {last, []int{2, 5, 3}, []int{4}, random(2, 5, 4), random(2, 5)},
			"questions":                   {sigmoid, []int{6, 3}, []int{4}, random(6, 4), random(6, 4)},
			"questions, a weight a row":   {sigmoid, []int{6, 3}, []int{4}, index(6), random(6)},
			"questions, whole labels":     {sigmoid, []int{2, 3, 3}, []int{4}, index(2, 3, 4), random(2, 3, 1)},
			"questions of one class":      {sigmoid, []int{6, 3}, []int{1}, index(6), random(6)},
			"a vector of questions":       {sigmoid, []int{3}, []int{4}, random(4), random(4)},
			"a vector of questions, 0, 1": {sigmoid, []int{3}, []int{4}, index(4), nil},
		} {
			in := losses.LinearInputs{Hidden: random(x.hidden...), Weight: random(x.k[0], 3), Bias: random(x.k[0]),
				Target: x.target}
			if x.hidden[len(x.hidden)-1] == 1 {
				in.Weight = random(x.k[0], 1)
			}
			if x.weights != nil {
				in.SampleWeights = x.weights
			}
			in.Upstream = random(linearOutputs(x.c, in).Loss.Shape()...)
			want := twoSteps(t, x.c, in)
			for _, size := range [][2]int{{1 << 20, 1 << 20}, {100, 9}} {
				got := linearOutputs(x.c, in)
				require.NoError(t, x.c.EvalLinearInBlocks(got, in, size[0], size[1]), name)
				requireSame(t, name, got, want)
			}
			got := linearOutputs(x.c, in)
			viewed := in
			viewed.Hidden, viewed.Weight, viewed.Target = view(t, in.Hidden), view(t, in.Weight), view(t, in.Target)
			viewed.Bias = view(t, in.Bias)
			require.NoError(t, x.c.EvalLinear(got, viewed), name)
			requireSame(t, name+", views", got, want)
		}
	}
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

// TestLinearWithoutOutputs computes what is asked for alone, and a layer without a bias.
func TestLinearWithoutOutputs(t *testing.T) {
	c := losses.Criterion{Reduction: losses.WeightedMean}
	in := headFor(familyBatch(c, 6, tableK, 4), 4).inputs(c)
	in.Bias = dense(tensor.Float64, make([]float64, tableK), tableK)
	want := twoSteps(t, c, in)
	in.Bias = nil
	fields := func(o *losses.LinearOutputs) []**tensor.Dense {
		return []**tensor.Dense{&o.Loss, &o.HiddenGrad, &o.WeightGrad, &o.BiasGrad, &o.TargetGrad, &o.SampleWeightGrad}
	}
	for i := range 1 << len(fields(&want)) {
		for _, grad := range []int{1 << 20, 3} {
			got, wanted := linearOutputs(c, in), want
			for j := range fields(&got) {
				if i>>j&1 == 0 {
					*fields(&got)[j], *fields(&wanted)[j] = nil, nil
				}
			}
			require.NoError(t, c.EvalLinearInBlocks(got, in, 1<<20, grad))
			requireSame(t, fmt.Sprint(i), got, wanted)
		}
	}
}

// TestLinearMemory: beyond inputs and outputs all that it allocates is below 95 MB, where the
// logits take 205 MB and more.
func TestLinearMemory(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("neither under the race detector nor with -short")
	}
	linearMemory(t, losses.Criterion{}, tensor.Float32, 512, 100000)
	linearMemory(t, losses.Criterion{}, tensor.Float64, 64, 500000)
	linearMemory(t, losses.Criterion{Link: losses.SigmoidLink, ClassWeights: []float64{2}}, tensor.Float32, 2500, 20000)
}

func linearMemory(t *testing.T, c losses.Criterion, dt tensor.Dtype, n, k int) {
	const d = 2
	zeros := func(shape ...int) *tensor.Dense { return tensor.New(tensor.Of(dt), tensor.WithShape(shape...)) }
	in := losses.LinearInputs{Hidden: zeros(n, d), Weight: zeros(k, d), Bias: zeros(k),
		Target: indices(tensor.Int, make([]int, n)...)}
	out := losses.LinearOutputs{Loss: dense(dt, []float64{0}), HiddenGrad: zeros(n, d), WeightGrad: zeros(k, d),
		BiasGrad: zeros(k)}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // the second one empties the pools
	runtime.ReadMemStats(&before)
	require.NoError(t, c.EvalLinear(out, in))
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(95e6), "%v %v", dt, c.Link)
	want := math.Log(float64(k))
	if c.Link == losses.SigmoidLink {
		want = 2 * math.Ln2
	}
	assert.InDelta(t, want, values(out.Loss)[0], 1e-3)
}
