package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestBiTemperedSure: with T1 = T2 = 1 it is cross entropy where p underflows, too.
func TestBiTemperedSure(t *testing.T) {
	for _, gap := range []float64{40, 700, 800, 1e4, 1e30} {
		b := batch{dt: tensor.Float64, n: 1, k: 2, z: []float64{0, gap}, index: []int{0}}
		near(t, "loss", b.eval(t, losses.Criterion{Loss: losses.BiTempered{T1: 1, T2: 1}}).loss, []float64{gap},
			1e-12, 0)
		b.index = []int{1}
		near(t, "loss", b.eval(t, losses.Criterion{Loss: losses.BiTempered{T1: 1, T2: 1}}).loss,
			[]float64{math.Exp(-gap)}, 1e-12, 1e-16)
	}
}

// TestBiTemperedNearOne: as T2 falls to 1 the loss tends to that of T2 = 1, linearly and not by way
// of noise.
func TestBiTemperedNearOne(t *testing.T) {
	at := func(t2 float64) float64 {
		b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{0, 3, -2}, index: []int{0}}
		return b.eval(t, losses.Criterion{Loss: losses.BiTempered{T1: 1, T2: t2}}).loss[0]
	}
	slope := (at(1+0x1p-10) - at(1)) / 0x1p-10
	for _, c := range []float64{0x1p-20, 0x1p-30, 0x1p-40} {
		near(t, "loss", []float64{at(1 + c)}, []float64{at(1) + c*slope}, 0, 1e-12+c*0.01)
	}
}

// TestBiTemperedOfProbabilities: it has a softmax of its own, and no use for probabilities.
func TestBiTemperedOfProbabilities(t *testing.T) {
	for _, l := range []losses.Loss{losses.BiTempered{T1: .8, T2: 1.2},
		losses.WeightedSum{{Weight: 1, Loss: losses.BiTempered{T1: .8, T2: 1.2}}}} {
		require.ErrorIs(t, losses.Criterion{Loss: l, FromProbs: true}.Validate(), losses.ErrParam)
	}
}
