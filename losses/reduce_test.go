package losses_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// reductionNamed returns the reduction of a name.
func reductionNamed(t *testing.T, name string) losses.Reduction {
	for r := losses.Mean; r.Validate() == nil; r++ {
		if r.String() == name {
			return r
		}
	}
	require.Fail(t, "no reduction", name)
	return 0
}

// TestReductions: Mean is the zero value, and what is no reduction is an error.
func TestReductions(t *testing.T) {
	assert.Equal(t, losses.Mean, losses.Criterion{}.Reduction)
	for name, want := range map[string]losses.Reduction{"mean": losses.Mean, "sum": losses.Sum, "none": losses.None,
		"weighted_mean": losses.WeightedMean} {
		assert.Equal(t, want, reductionNamed(t, name))
	}
	for r := range 256 {
		if err := losses.Reduction(r).Validate(); r > int(losses.WeightedMean) {
			assert.ErrorIs(t, err, losses.ErrReduction)
			assert.Equal(t, fmt.Sprintf("Reduction(%d)", r), losses.Reduction(r).String())
		} else {
			assert.NoError(t, err)
		}
	}
}

func TestNamesOfRules(t *testing.T) {
	names := map[string]bool{}
	for r := range 256 {
		names[losses.SmoothingRule(r).String()] = true
	}
	assert.Len(t, names, 256)
	for _, name := range []string{"prior", "uniform", "notebook", "SmoothingRule(255)"} {
		assert.True(t, names[name], name)
	}
}

// TestNoMassOfFiniteRows: rows that are kept but have no labels have nothing to divide by.
func TestNoMassOfFiniteRows(t *testing.T) {
	for _, rule := range []losses.SmoothingRule{losses.SmoothPrior, losses.SmoothUniform, losses.SmoothNotebook} {
		c := losses.Criterion{Reduction: losses.WeightedMean, Smoothing: losses.Smoothing{Rule: rule, Alpha: .1}}
		b := batch{dt: tensor.Float64, n: 2, k: 2, z: []float64{0, 1, 1, 2}, t: make([]float64, 4)}
		zero := everything{result{[]float64{0}, make([]float64, 4), make([]float64, 4)}, make([]float64, 2)}
		nearAll(t, rule.String(), b.all(t, c), zero, 0, 0)
	}
}

// TestNoMass: without any mass the value is 0 and so are the gradients, though a row would cost
// +Inf.
func TestNoMass(t *testing.T) {
	c := losses.Criterion{Reduction: losses.WeightedMean,
		Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .1}}
	b := batch{dt: tensor.Float64, n: 2, k: 2, z: []float64{0, -inf, 1, 2}, t: make([]float64, 4)}
	got := b.all(t, c)
	nearAll(t, "no mass", got, everything{result{[]float64{0}, make([]float64, 4), make([]float64, 4)},
		make([]float64, 2)}, 0, 0)
}

// TestMassOutOfRange: a mass that float64 cannot divide by is an error, and never a cost of 0 or
// +Inf; class weights of that size are brought nearer to 1 instead.
func TestMassOutOfRange(t *testing.T) {
	z, y := dense(tensor.Float64, []float64{1, 2, 0, 1}, 2, 2), dense(tensor.Float64, []float64{1, 0, .5, .5}, 2, 2)
	for _, link := range []losses.Link{losses.SoftmaxLink, losses.SigmoidLink} {
		c := losses.Criterion{Link: link, Reduction: losses.WeightedMean}
		for _, w := range []float64{5e-324, 1e-310, 1e308} {
			weights := dense(tensor.Float64, []float64{w, w}, 2)
			in := losses.Inputs{Logits: z, Target: y, SampleWeights: weights}
			assert.ErrorIs(t, c.EvalInto(losses.Outputs{Loss: dense(tensor.Float64, []float64{0})}, in), losses.ErrWeight)
			_, err := c.Denominator(in)
			assert.ErrorIs(t, err, losses.ErrWeight, "%v %v", link, w)
			err = c.EvalLinear(losses.LinearOutputs{Loss: dense(tensor.Float64, []float64{0})}, losses.LinearInputs{
				Hidden: z, Weight: dense(tensor.Float64, []float64{1, 0, 0, 1}, 2, 2), Target: y, SampleWeights: weights})
			assert.ErrorIs(t, err, losses.ErrWeight, "%v %v", link, w)

			c := c
			c.ClassWeights = []float64{w, w}
			got, err := c.Eval(z, y)
			require.NoError(t, err)
			c.ClassWeights = []float64{1, 1}
			want, err := c.Eval(z, y)
			require.NoError(t, err)
			near(t, fmt.Sprint(link, w), values(got), values(want), 1e-15, 0)
			c.ClassWeights = []float64{w, w}
			_, err = c.Denominator(losses.Inputs{Logits: z, Target: y})
			assert.ErrorIs(t, err, losses.ErrWeight, "%v %v", link, w)
		}
	}
}

// TestMassOfIndices: without weights the mass of an index is the number of rows kept, so that both
// means are one.
func TestMassOfIndices(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, ignored := range []int{-1, 2} {
			x := spread(dt, 37, 5)
			x.index = repeatInt(x.n, func(i int) int { return i * 3 % x.k })
			mean := losses.Criterion{Ignore: []int{ignored}}
			weighted := mean
			weighted.Reduction = losses.WeightedMean
			want, got := x.eval(t, mean), x.eval(t, weighted)
			same(t, "loss", got.loss, want.loss)
			same(t, "gradient", got.grad, want.grad)
		}
	}
}
