package portable

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestExp holds both exponentials to double-double arithmetic: 2e-9 is a thirtieth of what rounding
// to float32 does.
func TestExp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var worst32, worst64 float64
	for i := range 200000 {
		d := -[]float64{1e-3, 1, 20, 100, 698}[i%5] * r.Float64()
		want := numtest.Num(d).Exp()
		off := func(got float64) float64 { return math.Abs((got - want.Hi) - want.Lo) }
		worst64 = max(worst64, off(exp(d))/numtest.Ulp(want.Hi))
		y := float64(d * expScale)
		n := y + expMagic
		worst32 = max(worst32, off(power32(y, n, math.Float64bits(n)))/want.Hi)
	}
	t.Logf("%.3f ulp of float64; %.3g, which is %.4f ulp of float32", worst64, worst32, worst32*0x1p24)
	require.Less(t, worst64, 1.5)
	require.Less(t, worst32, 2e-9)
}

// TestExpSpecial: what the table does not reach, and numbers that are none.
func TestExpSpecial(t *testing.T) {
	require.Equal(t, 1.0, exp(0))
	for _, d := range []float64{-700, -710, -745, -746, -1e4, -1e30, math.Inf(-1)} {
		require.InEpsilon(t, 1+math.Exp(d), 1+exp(d), 1e-15, "%v", d)
		require.LessOrEqual(t, numtest.Ulps(exp(d), math.Exp(d)), uint64(2), "%v", d)
	}
	for _, nan := range []float64{math.NaN(), math.Copysign(math.NaN(), -1)} {
		require.True(t, math.IsNaN(exp(nan)))
		for _, z := range [][]float64{{1, nan}, {nan, 1}, {1, 2, nan, 0}, {math.Inf(1), 0}, {math.Inf(-1)}} {
			narrow := make([]float32, len(z))
			for j, v := range z {
				narrow[j] = float32(v)
			}
			_, _, r := exactExps[float64](nil, z)
			require.True(t, math.IsNaN(r), "%v", z)
			_, _, r = exps(nil, narrow)
			require.True(t, math.IsNaN(r), "%v", z)
		}
	}
}

// TestArgmax wants the first maximum at every position of every length.
func TestArgmax(t *testing.T) {
	for k := 1; k <= 40; k++ {
		for a := range k {
			z := make([]float64, k)
			for j := range z {
				z[j] = -float64(j * 7 % 5)
			}
			z[a], z[k-1-(k-1-a)/2] = 3, 3 // and again behind it
			m, at := argmax(z)
			require.Equal(t, 3.0, m)
			require.Equal(t, a, at, "k=%d", k)
		}
	}
}
