package losses_test

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestNCEExcluded: classes of p = 0 share the whole sum.
func TestNCEExcluded(t *testing.T) {
	c := losses.Criterion{Loss: losses.NCE{}, Reduction: losses.None}
	b := batch{dt: tensor.Float64, n: 3, k: 4, z: []float64{-inf, 0, -inf, 1, -inf, 0, -inf, 1, 0, -inf, 1, 2},
		t: []float64{.5, .25, .125, .125, 0, 1, 0, 0, 0, .75, .25, 0}}
	got := b.eval(t, c)
	near(t, "loss", got.loss, []float64{.3125, 0, .75}, 1e-15, 0)
	same(t, "grad", got.grad, make([]float64, 12))
	near(t, "labels' grad", got.tgrad, []float64{.5, 0, .5, 0, .5, 0, .5, 0, 0, 1, 0, 0}, 1e-15, 0)
	// The limit: logits -g for -Inf.
	b.z = repeat(12, func(i int) float64 { return math.Max(b.z[i], -1e12) })
	limit := b.eval(t, c)
	near(t, "limit", limit.loss, got.loss, 1e-11, 1e-11)
	near(t, "limit", limit.grad, got.grad, 1e-11, 1e-11)
}
