package losses

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// temperedOf returns the tempered softmax of the logits.
func temperedOf(c float64, z []float64) *tempered {
	k := len(z)
	s := newTempered(k, make([]float64, temperedSize*k), make([]float32, k))
	setLogits(&s, z)
	s.putTop(1, s.solve(c, 1, false))
	return &s
}

// TestTemperedSoftmax: the sum is 1 to the last bits, whatever the temperature, the number of
// classes and their spread, and all that is stored belongs to one λ.
func TestTemperedSoftmax(t *testing.T) {
	r, ks := rand.New(rand.NewPCG(91, 2)), []int{1, 2, 3, 10, 33, 1000, 20000}
	if testing.Short() {
		ks = ks[:5]
	}
	for _, c := range []float64{1e-9, 1e-3, .05, .2, .37, 1, 3, 20} {
		for _, k := range ks {
			for _, spread := range []float64{0, 1e-3, .5, 2, 8, 40, 1e4, 1e30} {
				z := make([]float64, k)
				for j := range z {
					z[j] = spread * r.NormFloat64()
				}
				s := temperedOf(c, z)
				e := make([]float64, k)
				for j, l := range s.Log {
					e[j] = math.Exp(l)
				}
				require.InDelta(t, 1, total(e), 8e-15+0x1p-56*float64(k), "c = %v, K = %d, spread %v", c, k, spread)
				lambda := math.Expm1(-c*s.Log[s.top]) / c // above the largest logit
				for j, l := range s.Log {
					want := -math.Log1p(c*(lambda+(z[s.top]-z[j]))) / c
					require.True(t, numtest.Close(l, want, 1e-14, 1e-14),
						"c = %v, K = %d, spread %v: log ŷ %v, want %v", c, k, spread, l, want)
					require.True(t, numtest.Close(s.P[j], math.Exp(l), 1e-13, 0x1p-1022), "c = %v: ŷ %v, want %v", c,
						s.P[j], math.Exp(l))
					require.True(t, numtest.Close(s.Inverse[j], math.Exp(c*l), 1e-13, 0x1p-1022),
						"c = %v: 1/x %v, want %v", c, s.Inverse[j], math.Exp(c*l))
				}
			}
		}
	}
}

// TestTemperedPair: for two classes and T2 = 2 there is a formula, 1/(1+μ) + 1/(1+μ+gap) = 1, and
// it tells 1 - ŷ to the last digits.
func TestTemperedPair(t *testing.T) {
	for _, gap := range []float64{0, 1e-3, .5, 1, 5, 100, 1e6, 1e15} {
		mu := 2 / (gap + math.Sqrt(gap*gap+4))
		s := temperedOf(1, []float64{0, -gap})
		require.True(t, numtest.Close(s.Log[0], -math.Log1p(mu), 4e-15, 0), "gap %v: %v, want %v", gap, s.Log[0],
			-math.Log1p(mu))
		loss := BiTempered{T1: 1, T2: 2}.Row(rowOfLogits([]float64{0, -gap}, 0))
		require.True(t, numtest.Close(loss, math.Log1p(mu), 1e-13, 0), "gap %v: loss %v, want %v", gap, loss,
			math.Log1p(mu))
	}
}

// rowOfLogits is the Row of logits and the class y.
func rowOfLogits(z []float64, y int) Row {
	k := len(z)
	r := Row{LogP: make([]float64, k), P: make([]float64, k), Rest: make([]float64, k), Target: make([]float64, k)}
	softmaxRow(r, z)
	r.Target[y] = 1
	return r
}
