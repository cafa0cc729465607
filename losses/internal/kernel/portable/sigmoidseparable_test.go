package portable

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// TestExpm1 holds exp(d) and what that has beyond 1 to 2 and 3 ulp.
func TestExpm1(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var worst, worstLess float64
	for i := range 200000 {
		d := -[]float64{1e-300, 1e-9, 0.1, 1, 5, 700}[i%6] * r.Float64()
		less, e := expm1(d)
		worst = max(worst, float64(numtest.Ulps(e, math.Exp(d))))
		worstLess = max(worstLess, float64(numtest.Ulps(less, math.Expm1(d))))
	}
	less, e := expm1(0)
	require.Equal(t, [2]float64{0, 1}, [2]float64{less, e})
	t.Logf("%v ulp, %v", worst, worstLess)
	require.LessOrEqual(t, worst, 2.0)
	require.LessOrEqual(t, worstLess, 3.0)
}

// TestPieces: families by pieces are what the specification gives, for classes of every p, or are
// left to it; short ones are exact enough for float32.
func TestPieces(t *testing.T) {
	left := 0
	for _, l := range []struct {
		f spec.Family
		a float64
	}{{spec.GCE, 0.7}, {spec.GCE, 1}, {spec.GCE, 1e-20}, {spec.AGCE(1), 2}, {spec.AGCE(0.5), 0.5}, {spec.AGCE(0.1), 0.5},
		{spec.AGCE(100), 16}, {spec.AUL(2), 2}, {spec.AUL(1.5), 0.5}, {spec.AUL(1.01), 0.5}, {spec.AUL(100), 16}} {
		for _, short := range []bool{false, true} {
			s := piecesFor(l.f, l.a, short)
			if !s.exact(short) {
				left++
				continue
			}
			most := 0x1p-46
			if short {
				most = 0x1p-27
			}
			for x := 1e-9; x < 90; x += 0.01 + x/8 {
				e := math.Exp(-x)
				q := likely{x, e, 1 / (1 + e), e / (1 + e)}
				got := s.smooth(q)
				if l.f == spec.GCE {
					got = s.power(1/l.a, q)
				}
				yes, no := spec.Sides(x)
				near, nearSlope := spec.SeparableSides(l.f, l.a, yes, no, 1, 0)
				far, farSlope := spec.SeparableSides(l.f, l.a, yes, no, 0, 1)
				require.InEpsilon(t, near, got.near, most, "%v at %v", l, x)
				require.InEpsilon(t, -nearSlope, got.nearSlope, most, "%v at %v", l, x)
				require.InEpsilon(t, far, got.far, most, "%v at %v", l, x)
				require.InEpsilon(t, farSlope, got.farSlope, most, "%v at %v", l, x)
			}
		}
	}
	require.Equal(t, 3, left, "AGCE(0.1) and AUL(1.01) of float64, and the latter of float32")
}
