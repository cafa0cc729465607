//go:build !purego

package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
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
			got := horner(c, s)
			want := num(1).sub(num(p)).pow(a - 1)
			worst = max(worst, math.Abs(num(got).sub(want).hi)/want.hi)
		}
		t.Logf("exponent %v: %.2g", a-1, worst)
		require.LessOrEqual(t, worst, 0x1p-47, "exponent %v", a-1)
	}
}
