package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// softRef is the softmax of one row with a finite maximum, in double-double.
type softRef struct {
	a         int          // first position of the maximum
	d, p      []numtest.DD // z - M, softmax
	q, log    numtest.DD   // 1 - p_a, log1p(r)
	top       float64
	magnitude float64 // of log-softmax at the maximum: |M|
}

func newSoftRef[T Float](z []T) softRef {
	_, a := spec.Argmax(z)
	s := softRef{a: a, top: float64(z[a])}
	var r numtest.DD
	for j, v := range z {
		d := numtest.Num(math.Inf(-1))
		if !math.IsInf(float64(v), -1) {
			d = numtest.TwoSum(float64(v), -s.top)
		}
		e := d.Exp()
		s.d, s.p = append(s.d, d), append(s.p, e)
		if j != a {
			r = r.Add(e)
		}
	}
	total := r.Add(numtest.Num(1))
	for j := range s.p {
		s.p[j] = s.p[j].Div(total)
	}
	s.q, s.log, s.magnitude = r.Div(total), r.Log1p(), math.Abs(s.top)
	return s
}

// TestSoftRef holds the reference of the tests to 320-bit arithmetic.
func TestSoftRef(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range []int{1, 2, 7, 40} {
		for _, width := range []float64{0.01, 1, 30, 300} {
			z := make([]float64, k)
			for i := range z {
				z[i] = width * r.NormFloat64()
			}
			want, got := numtest.NewExact(z), newSoftRef(z)
			near := func(what string, got numtest.DD, want *big.Float) {
				w, _ := want.Float64()
				// The leading part is the exact value rounded, or the number beside it where a tie
				// is near.
				require.LessOrEqual(t, numtest.Ulps(got.Hi+got.Lo, w), uint64(1), what)
			}
			near("q", got.q, want.Q)
			near("log", numtest.Num(got.top).Add(got.log), want.LSE)
			for j := range z {
				near("p", got.p[j], want.P[j])
				near("log p", got.d[j].Sub(got.log), want.LogP[j])
			}
		}
	}
}
