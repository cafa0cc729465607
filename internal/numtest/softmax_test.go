package numtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSoftmax wants of rows, to 85 bits, what the exponential alone tells: TestDD holds that.
func TestSoftmax(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	near := func(what string, got, want DD) {
		t.Helper()
		require.LessOrEqual(t, math.Abs(got.Sub(want).Hi), 0x1p-85*math.Abs(want.Hi), what)
	}
	for _, k := range []int{1, 2, 7, 40} {
		for _, width := range []float64{0.01, 1, 30, 200} {
			z := make([]float64, k)
			for i := range z {
				z[i] = width * r.NormFloat64()
			}
			s := NewSoftmax(z)
			what := fmt.Sprintf("k=%d width %v", k, width)
			require.Equal(t, Num(z[s.Max]), s.Top, what)
			others, total := DD{}, Num(1)
			for j, p := range s.P {
				near(what+" gap", s.Gap[j].Add(s.Top), Num(z[j]))
				near(what+" p", p, s.Gap[j].Exp().Mul(s.P[s.Max]))
				if j != s.Max {
					others, total = others.Add(p), total.Add(s.Gap[j].Exp())
				}
			}
			near(what+" rest", s.Rest, others)
			near(what+" sum", s.P[s.Max].Add(others), Num(1))
			near(what+" log", s.Log.Exp(), total)
			near(what+" log p", s.LogP(s.Max), s.Log.Neg())
		}
	}
	s := NewSoftmax([]float32{70, 0, float32(math.Inf(-1))}) // log1p(e^-70) = e^-70 - e^-140/2
	require.Equal(t, math.Exp(-70), s.Log.Hi)
	require.Equal(t, DD{}, s.P[2])
	require.Equal(t, 70+math.Exp(-70), s.LogSumExp().Hi)
}
