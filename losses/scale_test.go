package losses_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// weightedElements evaluates binary cross entropy of some rows of three elements with weights of
// classes and elements, in a dtype.
func weightedElements(t *testing.T, dt tensor.Dtype, z, y, weights, classes []float64) (loss float64, grad []float64) {
	shape := []int{len(z) / 3, 3}
	c := losses.Criterion{Link: losses.SigmoidLink, ClassWeights: classes, Reduction: losses.Sum}
	out := losses.Outputs{Loss: dense(dt, []float64{0}), Grad: dense(dt, make([]float64, len(z)), shape...)}
	require.NoError(t, c.EvalInto(out, losses.Inputs{Logits: dense(dt, z, shape...), Target: dense(dt, y, shape...),
		SampleWeights: dense(dt, weights, shape...)}))
	return values(out.Loss)[0], values(out.Grad)
}

// TestWeightsOfElements: weights of classes and of elements multiply losses and gradients, whatever
// their size, in more elements than are evaluated at once; those of weight 0 hold anything.
func TestWeightsOfElements(t *testing.T) {
	classes := []float64{0.5, 3, 2}
	const n = 9000
	for _, dt := range floatDtypes {
		for _, extreme := range []float64{1, 1e-38, 3e38} { // the last times 3 is for float64 alone
			z, y, weights, all := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range z {
				z[i], y[i], weights[i] = float64(i%17)/4-2, float64(i%2), 1+float64(i%7)/8
			}
			z[n-2], y[n-2], weights[n-2] = 25, 1, extreme
			want := values(dense(dt, weights, n))
			for i := range all {
				all[i] = want[i] * classes[i%3]
			}
			z[n/2], weights[n/2], all[n/2] = nan, 0, 0
			loss, grad := weightedElements(t, dt, z, y, weights, classes)
			z[n/2] = 0
			wantLoss, wantGrad := weightedElements(t, tensor.Float64, values(dense(dt, z, n)), y, all, nil)
			rtol := 1e-14
			if dt == tensor.Float32 {
				rtol = 4.8e-7
			}
			near(t, "loss", []float64{loss}, []float64{wantLoss}, rtol, 0)
			near(t, "grad", grad, wantGrad, rtol, 1e-45)
		}
	}
}
