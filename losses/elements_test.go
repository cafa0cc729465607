package losses_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// questions is a criterion over yes-or-no questions with inputs for it.
type questions struct {
	c      losses.Criterion
	shape  []int
	z, t   []float64
	s      []float64 // sample weights, one an element or one a row
	sShape []int
}

func (q questions) inputs() losses.Inputs {
	in := losses.Inputs{Logits: dense(tensor.Float64, q.z, q.shape...), Target: dense(tensor.Float64, q.t, q.shape...)}
	if q.s != nil {
		in.SampleWeights = dense(tensor.Float64, q.s, q.sShape...)
	}
	return in
}

// eval returns losses and all gradients.
func (q questions) eval(t tester) everything {
	t.Helper()
	out := losses.Outputs{Loss: dense(tensor.Float64, []float64{0}),
		Grad:       dense(tensor.Float64, make([]float64, len(q.z)), q.shape...),
		TargetGrad: dense(tensor.Float64, make([]float64, len(q.z)), q.shape...)}
	if q.c.Reduction == losses.None {
		out.Loss = dense(tensor.Float64, make([]float64, len(q.z)), q.shape...)
	}
	if q.s != nil {
		out.WeightGrad = dense(tensor.Float64, make([]float64, len(q.s)), q.sShape...)
	}
	require.NoError(t, q.c.EvalInto(out, q.inputs()))
	e := everything{result: result{values(out.Loss), values(out.Grad), values(out.TargetGrad)}}
	if q.s != nil {
		e.sgrad = values(out.WeightGrad)
	}
	return e
}

func (q questions) cost(t tester) float64 { return sumOf(q.eval(t).loss) }

var elementOptions = map[string]losses.Criterion{
	"plain":         {},
	"pos weight":    {PosWeight: []float64{2, .5, 3}},
	"one weight":    {PosWeight: []float64{2.5}, ClassWeights: []float64{.5}},
	"class weights": {ClassWeights: []float64{.5, 0, 2}},
	"smoothed":      {Smoothing: losses.Smoothing{Alpha: .1}, PosWeight: []float64{2, .5, 3}},
	"prior":         {Smoothing: losses.Smoothing{Alpha: .3, Prior: []float64{.75, .25}}},
	"uniform": {Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .2},
		ClassWeights: []float64{.5, 1, 2}},
	"everything": {PosWeight: []float64{2, .5, 3}, ClassWeights: []float64{.5, 1, 2}, Temperature: 1.5,
		LogitShift: []float64{.5, -.25, 0},
		Smoothing:  losses.Smoothing{Alpha: .1}},
}

// TestElementProperties: differences, sums and permutations of every loss with every option and
// reduction of SigmoidLink.
func TestElementProperties(t *testing.T) {
	for name, loss := range elementFamily {
		for option, c := range elementOptions {
			if fewOptions(option) {
				continue
			}
			for _, c.Reduction = range familyReductions {
				if c.Reduction != losses.WeightedMean && (option != "everything" || c.Reduction == losses.Sum) {
					continue // as for rows
				}
				for _, perRow := range []bool{false, true} {
					c.Loss, c.Link = loss, losses.SigmoidLink
					q := questions{c: c, shape: []int{2, 3}, z: []float64{1.5, -2, .5, 3, -4, .25},
						t: []float64{.875, .25, .125, .5, .375, .75},
						s: []float64{1, .5, 2, .25, 1.5, 3}, sShape: []int{2, 3}}
					if perRow {
						q.s, q.sShape = []float64{1.5, .5}, []int{2}
					}
					what := fmt.Sprint(name, "/", option, "/", c.Reduction, "/", perRow)
					got := q.eval(t)
					differences := func(part string, x []float64, set func(q *questions, x []float64), got []float64) {
						near(t, what+" "+part, got, numtest.NumGrad(func(x []float64) float64 {
							at := q
							set(&at, x)
							return at.cost(t)
						}, x), 1e-7, 1e-8)
					}
					differences("logits", q.z, func(q *questions, x []float64) { q.z = x }, got.grad)
					if !kinked(c) {
						differences("labels", q.t, func(q *questions, x []float64) { q.t = x }, got.tgrad)
					}
					differences("weights", q.s, func(q *questions, x []float64) { q.s = x }, got.sgrad)
				}
			}
		}
	}
}

// TestElementTargets: an index is its one-hot row, integers of the shape of the logits are labels,
// and with one class an index is the label.
func TestElementTargets(t *testing.T) {
	for _, c := range []losses.Criterion{{}, {PosWeight: []float64{2, .5, 3}, Loss: losses.Focal{Gamma: 2}},
		{Loss: losses.MAE{}, PosWeight: []float64{2}}} {
		c.Link, c.Reduction = losses.SigmoidLink, losses.None
		z := dense(tensor.Float64, []float64{1, -2, .5, 3, -4, .25}, 2, 3)
		want, grad, err := c.EvalGrad(z, dense(tensor.Float64, []float64{0, 0, 1, 1, 0, 0}, 2, 3))
		require.NoError(t, err)
		for name, target := range map[string]*tensor.Dense{
			"index":          indices(tensor.Int64, 2, 0),
			"index [N, 1]":   anyInts(uint8(0), []int{2, 0}, 2, 1),
			"integer labels": anyInts(int8(0), []int{0, 0, 1, 1, 0, 0}, 2, 3),
		} {
			got, g, err := c.EvalGrad(z, target)
			require.NoError(t, err, name)
			assert.Equal(t, values(want), values(got), name)
			assert.Equal(t, values(grad), values(g), name)
		}
		if len(c.PosWeight) > 1 {
			continue
		}
		x := []float64{1, -2, .5}
		want, err = c.Eval(dense(tensor.Float64, x, 3), dense(tensor.Float64, []float64{1, 0, 1}, 3))
		require.NoError(t, err)
		for _, shape := range [][]int{{3}, {3, 1}} {
			got, err := c.Eval(dense(tensor.Float64, x, shape...), indices(tensor.Int, 1, 0, 1))
			if len(shape) == 2 || err == nil {
				require.NoError(t, err)
				assert.Equal(t, values(want), values(got))
				assert.Equal(t, tensor.Shape(shape), got.Shape())
			}
		}
	}
}

// TestRemovedElements: elements of sample weight 0, ignored ones and those of class weight 0 may
// hold anything.
func TestRemovedElements(t *testing.T) {
	c := losses.Criterion{Link: losses.SigmoidLink}
	z, y := []float64{1, nan, .5, inf, -4, .25}, []float64{1, nan, 0, 7, 1, 0}
	want := (bce(1, 1) + bce(.5, 0) + bce(-4, 1) + bce(.25, 0)) / 4
	out := losses.Outputs{Loss: dense(tensor.Float64, []float64{0}),
		Grad: dense(tensor.Float64, make([]float64, 6), 2, 3), TargetGrad: dense(tensor.Float64, make([]float64, 6),
			2, 3)}
	require.NoError(t, c.EvalInto(out, losses.Inputs{Logits: dense(tensor.Float64, z, 2, 3),
		Target: dense(tensor.Float64, y, 2, 3), SampleWeights: dense(tensor.Float64, []float64{1, 0, 1, 0, 1, 1}, 2,
			3)}))
	near(t, "loss", values(out.Loss), []float64{want}, 1e-14, 0)
	assert.Zero(t, values(out.Grad)[1])
	assert.Zero(t, values(out.Grad)[3])
	requireFinite(t, "labels' grad", values(out.TargetGrad))
	// A class weight of 0 costs nothing and is kept.
	c.ClassWeights = []float64{1, 0, 1}
	got, err := c.Eval(dense(tensor.Float64, []float64{1, nan, .5}, 1, 3),
		dense(tensor.Float64, []float64{1, nan, 0}, 1, 3))
	require.NoError(t, err)
	near(t, "class weight 0", values(got), []float64{(bce(1, 1) + bce(.5, 0)) / 3}, 1e-14, 0)
	// An ignored index removes its row.
	c = losses.Criterion{Link: losses.SigmoidLink, Ignore: []int{-1}}
	got, err = c.Eval(dense(tensor.Float64, []float64{nan, 1, .5, -2}, 2, 2), indices(tensor.Int, -1, 1))
	require.NoError(t, err)
	near(t, "ignored", values(got), []float64{(bce(.5, 0) + bce(-2, 1)) / 2}, 1e-14, 0)
}

// TestElementsAlongAxis: [N, K, T] with Axis 1 is [N, T, K] transposed.
func TestElementsAlongAxis(t *testing.T) {
	z := repeat(12, func(i int) float64 { return float64(i*i%7) - 3 })
	y := repeat(12, func(i int) float64 { return float64(i%5) / 4 })
	c := losses.Criterion{Link: losses.SigmoidLink, Reduction: losses.None, PosWeight: []float64{2, .5, 3},
		ClassWeights: []float64{1, 2, .5}}
	last, grad, err := c.EvalGrad(dense(tensor.Float64, z, 2, 2, 3), dense(tensor.Float64, y, 2, 2, 3))
	require.NoError(t, err)
	swap := func(x []float64) []float64 { // [2, 2, 3] to [2, 3, 2]
		return repeat(12, func(i int) float64 { return x[i/6*6+i%2*3+i/2%3] })
	}
	c.Axis = 1
	w := dense(tensor.Float64, make([]float64, 12), 2, 3, 2)
	got, g, err := c.EvalGrad(dense(tensor.Float64, swap(z), 2, 3, 2), dense(tensor.Float64, swap(y), 2, 3, 2))
	require.NoError(t, err)
	assert.Equal(t, swap(values(last)), values(got))
	assert.Equal(t, swap(values(grad)), values(g))
	require.NoError(t, c.EvalInto(losses.Outputs{WeightGrad: w},
		losses.Inputs{Logits: dense(tensor.Float64, swap(z), 2, 3, 2),
			Target: dense(tensor.Float64, swap(y), 2, 3, 2)}))
	assert.Equal(t, values(got), values(w))
	index, err := c.Eval(dense(tensor.Float64, swap(z), 2, 3, 2), anyInts(0, []int{0, 2, 1, 1}, 2, 2))
	require.NoError(t, err)
	hot := oneHot(3, 0, 2, 1, 1)
	want, err := c.Eval(dense(tensor.Float64, swap(z), 2, 3, 2), dense(tensor.Float64, swap(hot), 2, 3, 2))
	require.NoError(t, err)
	assert.Equal(t, values(want), values(index))
}

// TestElementsOfOneClass has one question a row, with the class axis anywhere among others: index
// and sample weights are in the order of the rows, with the axis and without it.
func TestElementsOfOneClass(t *testing.T) {
	const n = 12
	z := repeat(n, func(i int) float64 { return float64(i*i%7) - 3 })
	y := repeatInt(n, func(i int) int { return i * i % 3 % 2 })
	s := repeat(n, func(i int) float64 { return 1 + float64(i*i%5) })
	labels := repeat(n, func(i int) float64 { return float64(y[i]) })
	eval := func(c losses.Criterion, shape []int, target, weights *tensor.Dense) [3][]float64 {
		out := losses.Outputs{Loss: dense(tensor.Float64, make([]float64, n), shape...),
			Grad:       dense(tensor.Float64, make([]float64, n), shape...),
			WeightGrad: dense(tensor.Float64, make([]float64, n), weights.Shape()...)}
		in := losses.Inputs{Logits: dense(tensor.Float64, z, shape...), Target: target, SampleWeights: weights}
		require.NoError(t, c.EvalInto(out, in), "%v %v %v", shape, target.Shape(), weights.Shape())
		return [3][]float64{values(out.Loss), values(out.Grad), values(out.WeightGrad)}
	}
	c := losses.Criterion{Link: losses.SigmoidLink, Reduction: losses.None}
	want := eval(c, []int{n}, dense(tensor.Float64, labels, n), dense(tensor.Float64, s, n))
	for _, rows := range [][]int{{12}, {3, 4}, {2, 3, 2}, {2, 1, 3, 2}} {
		for axis := 1; axis <= len(rows); axis++ {
			shape := slices.Insert(slices.Clone(rows), axis, 1)
			c.Axis = axis
			for _, target := range []*tensor.Dense{anyInts(uint8(0), y, rows...), anyInts(0, y, shape...),
				dense(tensor.Float64, labels, shape...)} {
				for _, weights := range []*tensor.Dense{dense(tensor.Float64, s, rows...),
					dense(tensor.Float64, s, shape...)} {
					assert.Equal(t, want, eval(c, shape, target, weights), "%v %v %v", shape, target.Shape(),
						weights.Shape())
				}
			}
		}
	}
}

// TestErrorsOfElementWeights: the error of a sample weight has the row and column that it was given
// at, and no column where it is one a row.
func TestErrorsOfElementWeights(t *testing.T) {
	z, labels := dense(tensor.Float32, make([]float64, 24), 2, 3, 4), dense(tensor.Float32, make([]float64, 24), 2, 3, 4)
	bad := func(at int, shape ...int) *tensor.Dense {
		w := make([]float64, tensor.Shape(shape).TotalSize())
		w[at] = nan
		return dense(tensor.Float32, w, shape...)
	}
	for _, tc := range []struct {
		axis    int
		weights *tensor.Dense
		want    string
	}{
		{0, bad(13, 2, 3, 4), "row 3 column 1"},
		{0, bad(4, 2, 3), "row 4"},
		{1, bad(13, 2, 3, 4), "row 5 column 0"},
		{1, bad(6, 2, 4), "row 6"},
	} {
		c := losses.Criterion{Link: losses.SigmoidLink, Axis: tc.axis}
		err := c.EvalInto(losses.Outputs{}, losses.Inputs{Logits: z, Target: labels, SampleWeights: tc.weights})
		require.EqualError(t, err, "losses: sample weights: "+tc.want+": NaN is out of range, want a finite number >= 0")
	}
}
