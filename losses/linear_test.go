package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/parallel"
	"softloss/losses"
)

// TestLinearIsTheTwoSteps: every loss with every option and reduction gives the bits of the two
// steps, in each dtype for an index and for labels, in one block, in blocks of a few rows, and in
// blocks that the criterion takes row by row. With -short one dtype and one kind of target each.
func TestLinearIsTheTwoSteps(t *testing.T) {
	seed := uint64(0)
	evaluated := 0
	for lossName, loss := range elementFamily {
		for optionName, c := range linearOptions() {
			if c.Loss = loss; c.Validate() != nil {
				continue
			}
			for _, c.Reduction = range familyReductions {
				seed++
				what := fmt.Sprintf("%s %s %v", lossName, optionName, c.Reduction)
				for kind := range 2 * len(floatDtypes) {
					if testing.Short() && kind != int(seed%4) {
						continue
					}
					if linearIsTheTwoSteps(t, what, c, floatDtypes[kind/2], kind%2 == 0, seed) {
						evaluated++
					}
				}
			}
		}
	}
	require.Greater(t, evaluated, map[bool]int{true: 2000, false: 8000}[testing.Short()])
}

// linearIsTheTwoSteps returns false for labels that the loss does not take.
func linearIsTheTwoSteps(t *testing.T, what string, c losses.Criterion, dt tensor.Dtype, index bool, seed uint64) bool {
	const n = 11
	r := rand.New(rand.NewPCG(1, seed))
	b := familyBatch(c, n, tableK, seed)
	b.dt = dt
	for i := range b.t {
		b.t[i] = math.Mod(b.t[i], 1)
	}
	b.s[r.IntN(n)], b.s[r.IntN(n)] = 0, 0
	if index {
		b.index = []int{0, 4, 2, 1, 3, 1, 2, 2, 3, 0, 4}
	}
	if losesShares(t, c, b) {
		return false
	}
	in := headFor(b, seed).inputs(c)
	got, rows := linearOutputs(c, in), []int{1, 4, n}[r.IntN(3)]
	what = fmt.Sprintf("%s %v index=%v, %d rows", what, dt, index, rows)
	require.NoError(t, c.EvalLinearInBlocks(got, in, rows*tableK*int(dt.Size()), 1+r.IntN(3*tableK)), what)
	requireSame(t, what, got, twoSteps(t, c, in))
	return true
}

// TestLinearDoesNotDependOnProcessors, nor on blocks.
func TestLinearDoesNotDependOnProcessors(t *testing.T) {
	defer parallel.AlwaysHelped()()
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

// layerShape is a layer on hidden values of a shape with a target and weights that its logits take.
type layerShape struct {
	c               losses.Criterion
	hidden          []int
	classes         int
	target, weights *tensor.Dense
}

// random64 returns random numbers in [0, 1).
func random64(shape ...int) *tensor.Dense {
	size := max(1, tensor.Shape(shape).TotalSize())
	r := rand.New(rand.NewPCG(1, uint64(size)))
	return dense(tensor.Float64, repeat(size, func(int) float64 { return r.Float64() }), shape...)
}

// layerShapes are shapes for a reduction.
func layerShapes(reduction losses.Reduction) map[string]layerShape {
	random := random64
	index := func(shape ...int) *tensor.Dense {
		d := tensor.New(tensor.Of(tensor.Int), tensor.WithShape(shape...))
		for i := range d.Ints() {
			d.Ints()[i] = i % 2
		}
		return d
	}
	softmax := losses.Criterion{Reduction: reduction}
	last := losses.Criterion{Reduction: reduction, Axis: 2}
	sigmoid := losses.Criterion{Reduction: reduction, Link: losses.SigmoidLink}
	return map[string]layerShape{
		"matrix":                      {softmax, []int{6, 3}, 4, index(6), random(6)},
		"index in a column":           {softmax, []int{6, 3}, 4, index(6, 1), random(6, 1)},
		"one row":                     {softmax, []int{1, 3}, 4, random(1, 4), random(1)},
		"one class":                   {softmax, []int{6, 3}, 1, random(6, 1), nil},
		"one hidden value":            {softmax, []int{6, 1}, 4, random(6, 4), nil},
		"vector":                      {softmax, []int{3}, 4, random(4), random()},
		"vector, index":               {softmax, []int{3}, 4, index(1), nil},
		"words":                       {softmax, []int{2, 5, 3}, 4, index(2, 5), random(2, 5)},
		"words, axis named":           {last, []int{2, 5, 3}, 4, random(2, 5, 4), random(2, 5)},
		"questions":                   {sigmoid, []int{6, 3}, 4, random(6, 4), random(6, 4)},
		"questions, a weight a row":   {sigmoid, []int{6, 3}, 4, index(6), random(6)},
		"questions, whole labels":     {sigmoid, []int{2, 3, 3}, 4, index(2, 3, 4), random(2, 3, 1)},
		"questions of one class":      {sigmoid, []int{6, 3}, 1, index(6), random(6)},
		"a vector of questions":       {sigmoid, []int{3}, 4, random(4), random(4)},
		"a vector of questions, 0, 1": {sigmoid, []int{3}, 4, index(4), nil},
	}
}

// TestLinearShapes: what Hidden has of axes the logits have; targets and weights fit as there.
// Views are read as they are.
func TestLinearShapes(t *testing.T) {
	for _, reduction := range familyReductions {
		for name, x := range layerShapes(reduction) {
			in := losses.LinearInputs{Hidden: random64(x.hidden...), Weight: random64(x.classes, x.hidden[len(x.hidden)-1]),
				Bias: random64(x.classes), Target: x.target}
			if x.weights != nil {
				in.SampleWeights = x.weights
			}
			in.Upstream = random64(linearOutputs(x.c, in).Loss.Shape()...)
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
