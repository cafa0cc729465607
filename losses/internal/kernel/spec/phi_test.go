package spec

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestLargeGamma: of a large exponent the digits count that 1-p has lost.
func TestLargeGamma(t *testing.T) {
	for _, l := range []float64{-2, -20, -40, -100, -700} {
		p := numtest.Num(l).Exp()
		rest := numtest.Num(1).Sub(p)
		for _, x := range []float64{1e-9, 0.5, 20, 1e6} { // a p
			a := x / p.Hi
			if a <= 1<<20 {
				continue
			}
			w := p.Mul(numtest.Num(-a)).Exp() // (1-p)^a but for a p²/2 and less
			if p.Hi > 0x1p-60 {
				w = rest.Pow(a)
			}
			v, dv, _ := Phi(Focal, a, l, rest.Hi)
			near := func(what string, got float64, want numtest.DD) {
				require.InDelta(t, want.Hi, got, 1e-12*math.Abs(want.Hi), "%s of l = %v, a = %v", what, l, a)
			}
			near("φ", v, w.Mul(numtest.Num(-l)))
			near("φ'", dv, w.Mul(numtest.Num(a).Mul(p).Mul(numtest.Num(l)).Div(rest).Sub(numtest.Num(1))))
		}
	}
}

// TestBend: the second derivative of every family with a [Bend] is that of the first, also of p
// near 0 and 1 and at the ends of the parameters.
func TestBend(t *testing.T) {
	var families []Family
	for _, b := range []float64{1e-3, 0.5, 1, 4, 100} {
		families = append(families, AGCE(b), AUL(1+b))
	}
	for _, f := range append(families, GCE, AEL) {
		require.True(t, f.Bends())
		for _, a := range []float64{0.01, 0.5, 1, 2, 3.5, 16} {
			for _, l := range []float64{-100, -20, -3, -1, -0.5, -0.1, -1e-3, -1e-9} {
				slope := func(l float64) float64 {
					_, dv, _ := Phi(f, a, l, -math.Expm1(l))
					return dv
				}
				h := min(1e-3, -l/4) / 64 * min(1, a)
				want := (8*(slope(l+h)-slope(l-h)) - (slope(l+2*h) - slope(l-2*h))) / (12 * h)
				_, dv, got := Phi(f, a, l, -math.Expm1(l))
				require.InDelta(t, want, got, 1e-6*math.Abs(want)+1e-14*math.Abs(dv)/h, "%+v, a = %v, l = %v", f, a, l)
			}
		}
	}
}
