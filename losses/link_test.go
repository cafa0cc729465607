package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// bce is binary cross entropy by its definition.
func bce(z, t float64) float64 { return math.Max(z, 0) - z*t + math.Log1p(math.Exp(-math.Abs(z))) }

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func TestBinaryCrossEntropy(t *testing.T) {
	z, y := []float64{1.5, -2, 0, 30, -40, .25}, []float64{1, 0, .25, 0, .5, 1}
	for _, dt := range floatDtypes {
		for _, shape := range [][]int{{6}, {2, 3}, {6, 1}, {1, 2, 3}} {
			logits, labels := dense(dt, z, shape...), dense(dt, y, shape...)
			for _, alpha := range []float64{0, .2} {
				none, err := losses.BinaryCrossEntropyWithLogits(logits, labels, alpha, losses.None)
				require.NoError(t, err)
				assert.Equal(t, tensor.Shape(shape), none.Shape())
				want := repeat(6, func(i int) float64 { return bce(z[i], (1-alpha)*y[i]+alpha/2) })
				near(t, "none", values(none), want, 4*epsilon(dt), 0)
				mean, err := losses.BinaryCrossEntropyWithLogits(logits, labels, alpha, losses.Mean)
				require.NoError(t, err)
				near(t, "mean", values(mean), []float64{sumOf(want) / 6}, 4*epsilon(dt), 0)
				_, grad, err := losses.BinaryCriterion(alpha, losses.Sum).EvalGrad(logits, labels)
				require.NoError(t, err)
				near(t, "grad", values(grad), repeat(6,
					func(i int) float64 { return sigmoid(z[i]) - (1-alpha)*y[i] - alpha/2 }), 8*epsilon(dt), 8*epsilon(dt))
			}
		}
	}
	// Tiny losses keep their digits.
	tiny, err := losses.BinaryCrossEntropyWithLogits(dense(tensor.Float32, []float64{40}, 1),
		dense(tensor.Float32, []float64{1}, 1), 0, losses.Mean)
	require.NoError(t, err)
	near(t, "z = 40", values(tiny), []float64{4.248354255291589e-18}, 4*epsilon(tensor.Float32), 0)
}

// element returns the batch of one row of two classes that element z, t is.
func element(dt tensor.Dtype, z, yes, no float64) batch {
	return batch{dt: dt, n: 1, k: 2, z: []float64{z, 0}, t: []float64{yes, no}}
}

// TestEveryLossOfElements: with SigmoidLink every loss is its own on the row (z, 0), (t, 1-t),
// value and gradients, weighted and smoothed.
func TestEveryLossOfElements(t *testing.T) {
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			for _, smoothing := range []losses.Smoothing{{}, {Alpha: .1}, {Alpha: .3, Prior: []float64{.75, .25}},
				{Rule: losses.SmoothUniform, Alpha: .2}} {
				for _, weighted := range []bool{false, true} {
					c := losses.Criterion{Loss: loss, Link: losses.SigmoidLink, Smoothing: smoothing,
						Reduction: losses.None, Temperature: 1.5, LogitShift: []float64{.5, 0, -.25}}
					in := losses.Inputs{Logits: dense(dt, []float64{1.5, -2, .5, 12, -15, .25}, 2, 3),
						Target: dense(dt, []float64{1, 0, .25, 0, .5, 1}, 2, 3)}
					if weighted {
						c.PosWeight, c.ClassWeights = []float64{2, .5, 3}, []float64{1, .25, 2}
						in.SampleWeights = dense(dt, []float64{1, .5, 2, 3, 1, .25}, 2, 3)
					}
					elementsAreRows(t, fmt.Sprint(name, " ", dt, " ", smoothing, " weighted ", weighted), c, in)
				}
			}
		}
	}
}

// elementsAreRows holds the elements of [2, 3] logits to the rows of two classes that they are.
func elementsAreRows(t *testing.T, what string, c losses.Criterion, in losses.Inputs) {
	dt := in.Logits.Dtype()
	eps := epsilon(dt)
	out := losses.Outputs{Loss: zeros(dt, tensor.Shape{2, 3}), Grad: zeros(dt, tensor.Shape{2, 3})}
	require.NoError(t, c.EvalInto(out, in))
	all := losses.Outputs{Grad: zeros(dt, tensor.Shape{2, 3}), TargetGrad: zeros(dt, tensor.Shape{2, 3})}
	require.NoError(t, c.EvalInto(all, in))
	z, labels := values(in.Logits), values(in.Target)
	for i := range z {
		factor := 1.
		if in.SampleWeights != nil {
			factor = c.ClassWeights[i%3] * values(in.SampleWeights)[i]
		}
		loss, grad, tgrad := ofElement(t, c, i%3, z[i], labels[i])
		at := fmt.Sprintf("%s, element %d", what, i)
		near(t, at+" loss", values(out.Loss)[i:i+1], []float64{factor * loss}, 16*eps, 8*eps)
		near(t, at+" grad", values(out.Grad)[i:i+1], []float64{factor * grad}, 32*eps, 16*eps)
		near(t, at+" grad beside labels' grad", values(all.Grad)[i:i+1], []float64{factor * grad}, 32*eps, 16*eps)
		if !math.IsNaN(tgrad) && !math.IsInf(tgrad, 0) {
			near(t, at+" labels' grad", values(all.TargetGrad)[i:i+1], []float64{factor * tgrad}, 64*eps, 64*eps)
		}
	}
}

// ofElement returns what a logit with a label of a class costs, and the gradients by both, by the
// loss of a row of two classes.
func ofElement(t *testing.T, c losses.Criterion, class int, z, label float64) (loss, grad, tgrad float64) {
	row := losses.Criterion{Loss: c.Loss, Smoothing: c.Smoothing, Reduction: losses.None}
	if p := c.Smoothing.Prior; p != nil {
		row.Smoothing.Prior = []float64{p[1], p[0]}
	}
	pos, mass, yes := 1., 1., label
	if c.PosWeight != nil {
		pos = c.PosWeight[class]
	}
	l, ok := c.Loss.(losses.LinearLoss)
	linear := ok && l.LinearInTarget()
	if linear {
		yes *= pos
	} else {
		mass = pos*yes + (1 - label)
	}
	b := element(tensor.Float64, (z+c.LogitShift[class])/c.Temperature, yes, 1-label)
	want := b.eval(t, row)
	tgrad = pos*want.tgrad[0] - want.tgrad[1]
	if !linear {
		tgrad = mass*(want.tgrad[0]-want.tgrad[1]) + (pos-1)*want.loss[0]
	}
	return mass * want.loss[0], mass * want.grad[0] / c.Temperature, tgrad
}

func TestElementErrors(t *testing.T) {
	sig := losses.Criterion{Link: losses.SigmoidLink}
	with := func(f func(c *losses.Criterion)) losses.Criterion {
		c := sig
		f(&c)
		return c
	}
	z, y := dense(tensor.Float64, make([]float64, 6), 2, 3), dense(tensor.Float64, []float64{0, 1, .5, 0, 0, 1.5}, 2, 3)
	checkErrors(t, []errorCase{
		{"label above 1", evalCall(sig, z, y), losses.ErrLabel, 1, 2,
			"losses: labels: row 1 column 2: 1.5 is no share, want a number in [0, 1]"},
		{"negative label", evalCall(sig, z, dense(tensor.Float64, []float64{0, 0, 0, 0, -1, 0}, 2, 3)),
			losses.ErrLabel, 1, 1, ""},
		{"NaN label", evalCall(sig, z, dense(tensor.Float64, []float64{0, nan, 0, 0, -1, 0}, 2, 3)), losses.ErrLabel,
			0, 1, ""},
		{"integer label", evalCall(sig, z, anyInts(0, []int{0, 1, 0, 0, 2, 0}, 2, 3)), losses.ErrLabel, 1, 1,
			"losses: labels: row 1 column 1: 2 is no label, want 0 or 1"},
		{"index", evalCall(sig, z, indices(tensor.Int, 0, 3)), losses.ErrIndex, 1, -1,
			"losses: index: row 1: 3 is out of range, want a class in [0, 3)"},
		{"probability", evalCall(with(func(c *losses.Criterion) { c.FromProbs = true }),
			dense(tensor.Float64, []float64{0, 1, 2}, 1, 3), indices(tensor.Int, 0)),
			losses.ErrProb, 0, 2, ""},
		{"unknown link", with(func(c *losses.Criterion) { c.Link = 7 }).Validate, losses.ErrParam, -1, -1,
			"losses: link: Link(7) is unknown, want SoftmaxLink or SigmoidLink"},
		{"z-loss", with(func(c *losses.Criterion) { c.ZLoss = 1 }).Validate, losses.ErrParam, -1, -1, ""},
		{"pos weight of a softmax", losses.Criterion{PosWeight: []float64{1}}.Validate, losses.ErrParam, -1, -1, ""},
		{"negative pos weight", with(func(c *losses.Criterion) { c.PosWeight = []float64{-1} }).Validate,
			losses.ErrWeight, -1, -1, ""},
		{"two pos weights", evalCall(with(func(c *losses.Criterion) { c.PosWeight = []float64{1, 2} }), z, y),
			losses.ErrWeight, -1, -1,
			"losses: pos weight: length 2 is wrong, want 3, a number for each class, or one for all"},
		{"prior of three", evalCall(with(func(c *losses.Criterion) {
			c.Smoothing = losses.Smoothing{Alpha: .1, Prior: []float64{.5, .25, .25}}
		}), z, y), losses.ErrSmoothing, -1, -1, ""},
		{"labels of rows", evalCall(sig, z, dense(tensor.Float64, []float64{0, 1}, 2)), losses.ErrShape, -1, -1,
			"losses: labels: shape (2) is wrong, want shape (2, 3), or an index of integers if these are class numbers"},
	})
	assert.NotEqual(t, losses.Criterion{}.Key(), sig.Key())
	assert.NotEqual(t, with(func(c *losses.Criterion) { c.PosWeight = []float64{2} }).Key(), sig.Key())
}
