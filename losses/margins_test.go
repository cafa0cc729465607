package losses_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestMargins: a criterion with margins is one without on lowered logits, an index and its one-hot row alike, with the other
// options, and its gradients are differences.
func TestMargins(t *testing.T) {
	m := []float64{.5, .25, 1, 0, -.125}
	for name, loss := range lossFamily {
		for _, c := range []losses.Criterion{{}, {Temperature: .5, LogitShift: []float64{1, 0, 0, -1, 0}, Smoothing: losses.Smoothing{Alpha: .1}, ClassWeights: []float64{1, 2, .5, 1, 1}, ZLoss: .05}} {
			for _, dt := range floatDtypes {
				c.Loss, c.Reduction, c.Margins = loss, losses.None, m
				plain := c
				plain.Margins = nil
				b := familyBatch(c, 4, tableK, 17)
				b.dt = dt
				for _, index := range [][]int{nil, {0, 2, 4, 1}} {
					b.index = index
					labels := b.t
					if index != nil {
						labels = oneHot(tableK, index...)
					}
					low := b
					low.z = repeat(len(b.z), func(i int) float64 { return b.z[i] - labels[i]*m[i%tableK] })
					got, want := b.eval(t, c), low.eval(t, plain)
					near(t, name+" loss", got.loss, want.loss, 64*epsilon(dt), 64*epsilon(dt))
					near(t, name+" grad", got.grad, want.grad, 256*epsilon(dt), 256*epsilon(dt))
					if index != nil {
						hot := b
						hot.index, hot.t = nil, labels
						same := hot.eval(t, c)
						near(t, name+" one-hot", same.loss, got.loss, 64*epsilon(dt), 64*epsilon(dt))
						near(t, name+" one-hot", same.grad, got.grad, 64*epsilon(dt), 64*epsilon(dt))
						continue
					}
					near(t, name+" labels' grad", got.tgrad, repeat(len(b.z), func(i int) float64 { return want.tgrad[i] - m[i%tableK]*want.grad[i] }), 256*epsilon(dt), 256*epsilon(dt))
					alone := losses.Outputs{TargetGrad: dense(dt, make([]float64, len(b.z)), 4, tableK)}
					require.NoError(t, c.EvalInto(alone, b.inputs(c)))
					near(t, name+" labels' grad alone", values(alone.TargetGrad), got.tgrad, 64*epsilon(dt), 64*epsilon(dt))
				}
			}
		}
	}
	b := familyBatch(losses.Criterion{}, 3, tableK, 18)
	c := losses.Criterion{Margins: m, Reduction: losses.Sum}
	got := b.eval(t, c)
	near(t, "by labels", got.tgrad, numtest.NumGrad(func(x []float64) float64 {
		at := b
		at.t = x
		return at.cost(t, c)
	}, b.t), 1e-8, 1e-9)
	assert.NotEqual(t, losses.Criterion{}.Key(), c.Key())
}

func TestMarginErrors(t *testing.T) {
	z, y := dense(tensor.Float64, []float64{1, 2, 3}, 1, 3), indices(tensor.Int, 1)
	checkErrors(t, []errorCase{
		{"length", evalCall(losses.Criterion{Margins: []float64{1}}, z, y), losses.ErrParam, -1, -1, "losses: margins: length 1 is wrong, want 3, a number for each class"},
		{"NaN", losses.Criterion{Margins: []float64{nan}}.Validate, losses.ErrParam, -1, -1, ""},
		{"probs", losses.Criterion{Margins: []float64{1}, FromProbs: true}.Validate, losses.ErrParam, -1, -1, ""},
		{"sigmoid", losses.Criterion{Margins: []float64{1}, Link: losses.SigmoidLink}.Validate, losses.ErrParam, -1, -1, ""},
	})
}
