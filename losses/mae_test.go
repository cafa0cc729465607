package losses_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestMAEIdentity: over the K one-hot labels a prediction costs 2(K-1), whatever it is.
func TestMAEIdentity(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 2))
	for _, dt := range floatDtypes {
		for _, k := range []int{1, 2, 5, 130} {
			for _, scale := range []float64{0, 1, 100} {
				row := round(dt, repeat(k, func(int) float64 { return scale * r.NormFloat64() }))
				b := batch{dt: dt, n: k, k: k, index: make([]int, k)}
				for y := range k {
					b.z = append(b.z, row...)
					b.index[y] = y
				}
				got := b.eval(t, losses.Criterion{Loss: losses.MAE{}, Reduction: losses.Sum})
				near(t, "Σ_j L(p, e_j)", got.loss, []float64{2 * float64(k-1)},
					math.Max(epsilon(dt), 16*epsilon(tensor.Float64)), 0)
			}
		}
	}
}
