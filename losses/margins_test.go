package losses_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// someMargins are margins of tableK classes.
var someMargins = []float64{.5, .25, 1, 0, -.125}

// TestMargins: a criterion with margins is one without on lowered logits, with the other options.
func TestMargins(t *testing.T) {
	for name, loss := range lossFamily {
		for _, c := range []losses.Criterion{{}, {Temperature: .5, LogitShift: []float64{1, 0, 0, -1, 0},
			Smoothing: losses.Smoothing{Alpha: .1}, ClassWeights: []float64{1, 2, .5, 1, 1}, ZLoss: .05}} {
			for _, dt := range floatDtypes {
				c.Loss, c.Reduction, c.Margins = loss, losses.None, someMargins
				b := familyBatch(c, 4, tableK, 17)
				b.dt = dt
				marginsLower(t, name, c, b)
				marginsOfIndex(t, name, c, b)
			}
		}
	}
}

// lowered returns the batch with the logits that the margins leave, for the labels given.
func (b batch) lowered(labels, margins []float64) batch {
	z := b.z
	b.z = repeat(len(z), func(i int) float64 { return z[i] - labels[i]*margins[i%b.k] })
	return b
}

// marginsLower holds the criterion on soft labels to the one without margins.
func marginsLower(t *testing.T, name string, c losses.Criterion, b batch) {
	plain, m, eps := c, c.Margins, epsilon(b.dt)
	plain.Margins = nil
	got, want := b.eval(t, c), b.lowered(b.t, m).eval(t, plain)
	near(t, name+" loss", got.loss, want.loss, 64*eps, 64*eps)
	near(t, name+" grad", got.grad, want.grad, 256*eps, 256*eps)
	tgrad := repeat(len(b.z), func(i int) float64 { return want.tgrad[i] - m[i%b.k]*want.grad[i] })
	near(t, name+" labels' grad", got.tgrad, tgrad, 256*eps, 256*eps)
	alone := losses.Outputs{TargetGrad: zeros(b.dt, tensor.Shape{b.n, b.k})}
	require.NoError(t, c.EvalInto(alone, b.inputs(c)))
	near(t, name+" labels' grad alone", values(alone.TargetGrad), got.tgrad, 64*eps, 64*eps)
}

// marginsOfIndex is marginsLower for an index, which is its one-hot rows.
func marginsOfIndex(t *testing.T, name string, c losses.Criterion, b batch) {
	plain, eps := c, epsilon(b.dt)
	plain.Margins = nil
	hot := b
	hot.t = oneHot(b.k, 0, 2, 4, 1)
	b.index = []int{0, 2, 4, 1}
	got, want, same := b.eval(t, c), b.lowered(hot.t, c.Margins).eval(t, plain), hot.eval(t, c)
	near(t, name+" loss", got.loss, want.loss, 64*eps, 64*eps)
	near(t, name+" grad", got.grad, want.grad, 256*eps, 256*eps)
	near(t, name+" one-hot", same.loss, got.loss, 64*eps, 64*eps)
	near(t, name+" one-hot", same.grad, got.grad, 64*eps, 64*eps)
}

// TestMarginDifferences: gradients by labels are differences.
func TestMarginDifferences(t *testing.T) {
	b := familyBatch(losses.Criterion{}, 3, tableK, 18)
	c := losses.Criterion{Margins: someMargins, Reduction: losses.Sum}
	got := b.eval(t, c)
	near(t, "by labels", got.tgrad, numtest.NumGrad(func(x []float64) float64 {
		at := b
		at.t = x
		return at.cost(t, c)
	}, b.t), 1e-8, 1e-9)
}

// TestNoMarginBesideAnInfiniteGradient: a margin of 0 adds nothing to the gradient of its label,
// not even where that of the logit has left the dtype.
func TestNoMarginBesideAnInfiniteGradient(t *testing.T) {
	for _, dt := range floatDtypes {
		b := batch{dt: dt, n: 1, k: 3, z: []float64{1, 2, 3}, t: []float64{0, 0, 1}}
		got := b.eval(t, losses.Criterion{Loss: losses.MAE{}, Margins: []float64{.1, .1, 0}, ZLoss: 1, Temperature: 1e-300})
		assert.True(t, math.IsInf(got.grad[2], 1), dt)
		assert.False(t, math.IsNaN(got.tgrad[2]), dt)
	}
}

func TestMarginErrors(t *testing.T) {
	z, y := dense(tensor.Float64, []float64{1, 2, 3}, 1, 3), indices(tensor.Int, 1)
	checkErrors(t, []errorCase{
		{"length", evalCall(losses.Criterion{Margins: []float64{1}}, z, y), losses.ErrParam, -1, -1,
			"losses: margins: length 1 is wrong, want 3, a number for each class"},
		{"NaN", losses.Criterion{Margins: []float64{nan}}.Validate, losses.ErrParam, -1, -1, ""},
		{"beyond float32", losses.Criterion{Margins: []float64{1e300}}.Validate, losses.ErrParam, -1, -1,
			"losses: margins: class 0: 1e+300 is out of range, want a number in [-1e+30, 1e+30]"},
		{"probs", losses.Criterion{Margins: []float64{1}, FromProbs: true}.Validate, losses.ErrParam, -1, -1, ""},
		{"sigmoid", losses.Criterion{Margins: []float64{1}, Link: losses.SigmoidLink}.Validate, losses.ErrParam, -1,
			-1, ""},
	})
}

// TestLargestMargins: margins at the ends of their range give numbers.
func TestLargestMargins(t *testing.T) {
	for _, dt := range floatDtypes {
		b := batch{dt: dt, n: 1, k: 3, z: []float64{1, 2, 3}, t: []float64{.5, .25, .25}}
		got := b.eval(t, losses.Criterion{Margins: []float64{1e30, -1e30, 0}})
		requireFinite(t, dt.String(), append(got.loss, got.grad...))
	}
}

// TestMarginsFarFromZero: a margin counts as much beside logits that are all far from 0, also where
// float64 does not hold the sum.
func TestMarginsFarFromZero(t *testing.T) {
	c := losses.Criterion{Margins: []float64{.5, .25, 1}, Reduction: losses.None}
	for _, dt := range floatDtypes {
		for _, far := range []float64{-0x1p19, 0x1p19, 0x1p20 + 8, -0x1p26, 0x1p26, -0x1p60, 0x1p60, 0x1p100} {
			step := far
			if math.Abs(far) <= 0x1p26 { // float32 holds it
				step -= 8
			}
			b := batch{dt: dt, n: 2, k: 3, z: []float64{far, step, far, far, far, math.Inf(-1)}, index: []int{0, 1}}
			near := b
			near.z = repeat(len(b.z), func(i int) float64 { return b.z[i] - far })
			want, got := near.eval(t, c), b.eval(t, c)
			require.Equal(t, want.loss, got.loss, "%v %v", dt, far)
			require.Equal(t, want.grad, got.grad, "%v %v", dt, far)
		}
	}
}

// turnedCosine is the cosine z with a added to its angle, falling on beyond π - a.
func turnedCosine(z, a float64) float64 {
	if theta := math.Acos(z); theta > math.Pi-a {
		return -2 - math.Cos(theta+a)
	} else {
		return math.Cos(theta + a)
	}
}

// TestAngularMargin: the label's cosine is turned by the angle, with gradients that are
// differences, also beyond π - a, where it goes on falling; an index and its one-hot row alike.
func TestAngularMargin(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 4, k: 3, z: []float64{.3, -.2, .9, .1, .7, -.4, -.95, .2, 5, -.9, -3, .99},
		index: []int{2, 1, 0, 0}, u: repeat(4, one)}
	for _, e := range losses.Losses() {
		if !e.Has(losses.SoftmaxLink) {
			continue
		}
		for _, smoothing := range []losses.Smoothing{{}, {Alpha: .1}} {
			c := losses.Criterion{Loss: e.Loss, Reduction: losses.None, AngularMargin: .5, Temperature: .25,
				Smoothing: smoothing}
			turns(t, e.Name, c, b)
			turnsOneHot(t, e.Name, c, b)
		}
	}
}

// turns holds the criterion on an index to the one without an angle, and to differences.
func turns(t *testing.T, name string, c losses.Criterion, b batch) {
	plain, at := c, b
	plain.AngularMargin = 0
	at.z = slices.Clone(b.z)
	for i, y := range b.index {
		at.z[3*i+y] = turnedCosine(b.z[3*i+y], c.AngularMargin)
	}
	got, want := b.eval(t, c), at.eval(t, plain)
	near(t, name, got.loss, want.loss, 1e-13, 1e-14)
	near(t, name+" grad", got.grad, numtest.NumGrad(func(x []float64) float64 {
		at := b
		at.z = x
		return at.cost(t, c)
	}, b.z), 1e-6, 1e-7)
}

// turnsOneHot holds the criterion on one-hot rows to the index. A margin that lowers the label's
// logit as much as the angle has the same gradient of the label.
func turnsOneHot(t *testing.T, name string, c losses.Criterion, b batch) {
	hot := b
	hot.index, hot.t = nil, oneHot(3, b.index...)
	got, same := b.eval(t, c), hot.eval(t, c)
	near(t, name+" one-hot", same.loss, got.loss, 1e-13, 1e-14)
	near(t, name+" one-hot", same.grad, got.grad, 1e-12, 1e-13)
	for i, y := range b.index {
		row := batch{dt: hot.dt, n: 1, k: 3, z: b.z[3*i : 3*i+3], t: hot.t[3*i : 3*i+3], u: []float64{1}}
		lowered := c
		lowered.AngularMargin, lowered.Margins = 0, make([]float64, 3)
		lowered.Margins[y] = row.z[y] - turnedCosine(row.z[y], c.AngularMargin)
		near(t, name+" labels", row.eval(t, c).tgrad, row.eval(t, lowered).tgrad, 1e-11, 1e-12)
	}
}

// TestAngularMarginAtTheEnds: cosines of 1 and -1 have finite derivatives.
func TestAngularMarginAtTheEnds(t *testing.T) {
	for _, dt := range floatDtypes {
		b := batch{dt: dt, n: 2, k: 2, z: []float64{1, .5, .5, -1}, index: []int{0, 1}}
		c := losses.Criterion{AngularMargin: .5, Reduction: losses.None}
		got, second := b.eval(t, c), b.along(t, c, direction(2, 2))
		requireFinite(t, "at the ends", slices.Concat(got.loss, got.grad, second.loss, second.grad))
	}
}

// TestAngularHessian: second derivatives behind the angle are differences of the first ones, on
// both sides of π - a, with every option that goes with it.
func TestAngularHessian(t *testing.T) {
	index := []int{0, 4, 2, 1, 3, 1}
	for _, name := range twice {
		for _, c := range []losses.Criterion{{}, {Temperature: .25, ZLoss: .1, LogitShift: []float64{1, 0, -1, .5, 0},
			ClassWeights: []float64{.5, 2, 1, 3, 1}, Reduction: losses.WeightedMean}, {Reduction: losses.None}} {
			c.Loss, c.AngularMargin = lossFamily[name], .5
			require.True(t, c.TwiceDifferentiable())
			b := familyBatch(c, len(index), tableK, 19)
			for i, z := range b.z {
				b.z[i] = .96 * math.Sin(z)
			}
			b.z[2*tableK+2] = -.95 // beyond π - a
			b.t = oneHot(tableK, index...)
			for _, b.index = range [][]int{index, nil} {
				if name == "kl" && b.index == nil {
					continue // its derivatives by labels of 0 are infinite
				}
				secondByDifferences(t, c, b, scaled(.1, direction(b.n, b.k)))
			}
		}
	}
}

func TestAngularMarginErrors(t *testing.T) {
	c := losses.Criterion{AngularMargin: .5}
	z := dense(tensor.Float64, []float64{.5, .25, .125, .5, 2, .5}, 2, 3)
	checkErrors(t, []errorCase{
		{"no cosine", evalCall(c, z, indices(tensor.Int, 0, 1)), losses.ErrParam, 1, 1,
			"losses: logits: row 1 column 1: 2 is no cosine, want a number in [-1, 1] where the label is, beside AngularMargin"},
		{"soft", evalCall(c, z, dense(tensor.Float64, []float64{1, 0, 0, .5, 0, .5}, 2, 3)), losses.ErrLabel, 1, -1,
			""},
		{"π", losses.Criterion{AngularMargin: math.Pi}.Validate, losses.ErrParam, -1, -1, ""},
		{"negative", losses.Criterion{AngularMargin: -.1}.Validate, losses.ErrParam, -1, -1, ""},
		{"NaN", losses.Criterion{AngularMargin: nan}.Validate, losses.ErrParam, -1, -1, ""},
		{"margins", losses.Criterion{AngularMargin: .5, Margins: []float64{1}}.Validate, losses.ErrParam, -1, -1, ""},
	})
	_, err := c.Eval(z, indices(tensor.Int, 0, 0))
	assert.NoError(t, err, "only the label's logit is looked at")
	assert.NotEqual(t, losses.Criterion{}.Key(), c.Key())
}

// TestAngularProperties holds every loss with an angular margin to the properties that cosines and
// one-hot labels can have.
func TestAngularProperties(t *testing.T) {
	index := []int{0, 4, 2, 1, 3, 1}
	for name, loss := range lossFamily {
		for _, reduction := range familyReductions {
			c := losses.Criterion{Loss: loss, Reduction: reduction, AngularMargin: .5, Temperature: .25}
			b := familyBatch(c, len(index), tableK, 19)
			for i, z := range b.z {
				b.z[i] = float64(float32(math.Sin(z)))
			}
			b.t = oneHot(tableK, index...)
			for _, check := range []func(tester, losses.Criterion, batch, []int){permutedClasses, permutedRows,
				reductionsAgree, inertRows, nothingIsKept, alongAxis, float32Agrees} {
				t.Run(name, func(t *testing.T) { check(t, c, b, index) })
			}
		}
	}
}
