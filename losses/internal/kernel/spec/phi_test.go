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
