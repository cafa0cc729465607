package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// TestElementLogits wants of every implementation the logits of the specification, and whether the
// type holds them.
func TestElementLogits(t *testing.T) { both(t, elementLogits[float32], elementLogits[float64]) }

func elementLogits[T Float](t *testing.T) {
	for n := range 70 {
		z, _, _, _ := elements[T](n, "soft")
		shift := make([]float64, n)
		for i := range z {
			shift[i] = float64(i%5) - 2
			if i%7 == 3 {
				z[i] = T([]float64{math.Inf(1), math.Inf(-1), math.NaN()}[i%3])
			}
		}
		for _, by := range []float64{1, 3, 1e-3, 1e-306} {
			for _, s := range [][]float64{shift, nil} {
				got, want := make([]float64, n+1), make([]float64, n)
				got[n] = 7
				wantOK, ok := spec.ElementLogits(want, z, s, by), ElementLogits(got[:n], z, s, by)
				require.Equal(t, wantOK, ok, "n=%d by %v", n, by)
				for i := range z {
					require.True(t, !ok || numtest.Close(got[i], want[i], 0x1p-51, 0),
						"n=%d by %v: %v, want %v", n, by, got[i], want[i])
				}
				require.Equal(t, 7.0, got[n])
			}
		}
	}
}

// TestSigmoidShifted holds the cross entropy of float64 logits of float32 elements to 4 ulp of what
// those are, which float32 would have rounded.
func TestSigmoidShifted(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		if !Shifts[float32]() {
			t.Skip("no kernel")
		}
		const n = 2000
		r := rand.New(rand.NewPCG(3, 4))
		_, yes, _, scale := elements[float32](n, "soft")
		z, labels, ones := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range z {
			z[i] = r.NormFloat64() * []float64{1, 10, 40, 1e-4}[i%4]
			if i%3 > 0 { // a right answer, whose loss is an exponential
				yes[i] = float32(min(1, max(0, math.Copysign(1, z[i]))))
			}
			labels[i], ones[i] = float64(yes[i]), float64(scale[i])
		}
		want, wantGrad := make([]float64, n), make([]float64, n)
		require.True(t, spec.SigmoidCrossEntropy(want, wantGrad, z, labels, nil, ones))
		loss, grad := append([]float64(nil), z...), make([]float32, n)
		require.True(t, SigmoidShifted(loss, grad, yes, nil, scale))
		for i := range z {
			p := 1 / (1 + math.Exp(-z[i]))
			most := 4 * numtest.Ulp(float32(want[i]))
			require.InDelta(t, want[i], loss[i], most, "loss of z=%v", z[i])
			terms := max((1-labels[i])*p, labels[i]*(1-p)) * ones[i]
			require.InDelta(t, wantGrad[i], float64(grad[i]), 4*numtest.Ulp(float32(max(terms, math.Abs(wantGrad[i])))),
				"gradient of z=%v", z[i])
		}
	})
}
