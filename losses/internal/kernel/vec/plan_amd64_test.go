//go:build !purego

package vec

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// TestPowPolynomial holds the polynomial of the focal loss to (1-p)^(a-1), for p <= 1/2.
func TestPowPolynomial(t *testing.T) {
	for _, a := range []float64{0.01, 0.25, 0.5, 0.9, 1.5, 2.5, 3.5, 5.5, 7.9} {
		c := make([]float64, powDegree+1)
		powPolynomial(c, a-1)
		worst := 0.0
		for i := range 2001 {
			p := float64(i) / 4000
			s := 1 - 4*p
			got := portable.Horner(c, s)
			want := numtest.Num(1).Sub(numtest.Num(p)).Pow(a - 1)
			worst = max(worst, math.Abs(numtest.Num(got).Sub(want).Hi)/want.Hi)
		}
		t.Logf("exponent %v: %.2g", a-1, worst)
		require.LessOrEqual(t, worst, 0x1p-47, "exponent %v", a-1)
	}
}

// TestGCEExact holds the kernel of float32 rows with a large exponential to the 1e-9 that its
// polynomial in float64 promises: an error of float32's size would hide behind the rounding of the
// gradient.
func TestGCEExact(t *testing.T) {
	onSets(t, func(t *testing.T) {
		for _, q := range []float64{0.003, 0.1, 0.7, 1} {
			p, ok := planFor[float32](spec.GCE, q)
			require.True(t, ok)
			for i := range 400 {
				z, y, h := []float32{-float32(i+35) / 50}, []float32{1}, make([]float32, 1)
				sum, mass, bad := exactTerms(wideOf[float32](), p, h, nil, z, y, 1, 0, 0)
				require.Zero(t, bad)
				l := float64(z[0])
				require.InEpsilon(t, -math.Expm1(q*l)/q, sum, 1e-9, "q=%v l=%v: loss", q, l)
				require.InEpsilon(t, math.Exp(q*l), mass, 1e-9, "q=%v l=%v: -φ'", q, l)
			}
		}
	})
}
