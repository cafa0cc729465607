package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// dd is an unevaluated sum of two float64, about 106 bits: fast enough to be the reference
// of a hundred thousand rows. TestDoubleDouble holds it to 320-bit arithmetic.
type dd struct{ hi, lo float64 }

func twoSum(a, b float64) dd {
	s := a + b
	v := s - a
	return dd{s, (a - (s - v)) + (b - v)}
}

func num(x float64) dd { return dd{hi: x} }

// add returns its leading part alone where that is no finite number.
func (a dd) add(b dd) dd {
	s := twoSum(a.hi, b.hi)
	if math.IsInf(s.hi, 0) || math.IsNaN(s.hi) {
		return num(s.hi)
	}
	return twoSum(s.hi, s.lo+(a.lo+b.lo))
}

func (a dd) neg() dd     { return dd{-a.hi, -a.lo} }
func (a dd) sub(b dd) dd { return a.add(b.neg()) }

func (a dd) mul(b dd) dd {
	p := a.hi * b.hi
	if math.IsInf(p, 0) || math.IsNaN(p) {
		return num(p)
	}
	return twoSum(p, math.FMA(a.hi, b.hi, -p)+(a.hi*b.lo+a.lo*b.hi))
}

func (a dd) div(b dd) dd {
	q := a.hi / b.hi
	if math.IsInf(q, 0) || math.IsNaN(q) || math.IsInf(b.hi, 0) {
		return num(q)
	}
	rest := math.FMA(-q, b.hi, a.hi) + (a.lo - q*b.lo)
	return twoSum(q, rest/b.hi)
}

func (a dd) abs() dd {
	if a.hi < 0 {
		return a.neg()
	}
	return a
}

// exp wants a <= 700.
func (a dd) exp() dd {
	if !(a.hi > -800) {
		return dd{}
	}
	const steps = 9
	n := math.Round(a.hi * math.Log2E)
	r := a.sub(dd{math.Ln2, 0x1.abc9e3b39803fp-56}.mul(num(n)))
	r = dd{r.hi / (1 << steps), r.lo / (1 << steps)}
	e := num(1)
	for i := 9.0; i > 0; i-- {
		e = e.mul(r).div(num(i)).add(num(1))
	}
	for range steps {
		e = e.mul(e)
	}
	return dd{math.Ldexp(e.hi, int(n)), math.Ldexp(e.lo, int(n))}
}

// pow wants a >= 0.
func (a dd) pow(b float64) dd {
	switch {
	case b == 0:
		return num(1)
	case a.hi == 0:
		return num(math.Pow(0, b))
	}
	return a.log().mul(num(b)).exp()
}

// log wants a > 0.
func (a dd) log() dd {
	e := math.Ilogb(a.hi)
	m := dd{math.Ldexp(a.hi, -e), math.Ldexp(a.lo, -e)}
	l := num(math.Log(m.hi))
	for range 2 {
		d := m.mul(l.neg().exp()).sub(num(1))
		l = l.add(d).sub(d.mul(d).mul(num(0.5)))
	}
	return l.add(dd{math.Ln2, 0x1.abc9e3b39803fp-56}.mul(num(float64(e))))
}

// log1p wants a >= 0.
func (a dd) log1p() dd {
	if a.hi < 0x1p-40 {
		return a.sub(a.mul(a).mul(num(0.5))).add(a.mul(a).mul(a).div(num(3)))
	}
	y := num(math.Log1p(a.hi))
	for range 2 {
		d := a.add(num(1)).mul(y.neg().exp()).sub(num(1))
		y = y.add(d).sub(d.mul(d).mul(num(0.5)))
	}
	return y
}

// softRef is the softmax of one row with a finite maximum, in double-double.
type softRef struct {
	a         int  // first position of the maximum
	d, p      []dd // z - M, softmax
	q, log    dd   // 1 - p_a, log1p(r)
	top       float64
	magnitude float64 // of log-softmax at the maximum: |M|
}

func newSoftRef[T Float](z []T) softRef {
	_, a := argmax(z)
	s := softRef{a: a, top: float64(z[a])}
	var r dd
	for j, v := range z {
		d := num(math.Inf(-1))
		if !math.IsInf(float64(v), -1) {
			d = twoSum(float64(v), -s.top)
		}
		e := d.exp()
		s.d, s.p = append(s.d, d), append(s.p, e)
		if j != a {
			r = r.add(e)
		}
	}
	total := r.add(num(1))
	for j := range s.p {
		s.p[j] = s.p[j].div(total)
	}
	s.q, s.log, s.magnitude = r.div(total), r.log1p(), math.Abs(s.top)
	return s
}

func TestDoubleDouble(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range []int{1, 2, 7, 40} {
		for _, width := range []float64{0.01, 1, 30, 300} {
			z := make([]float64, k)
			for i := range z {
				z[i] = width * r.NormFloat64()
			}
			want, got := numtest.NewExact(z), newSoftRef(z)
			near := func(what string, got dd, want *big.Float) {
				w, _ := want.Float64()
				// The leading part is the exact value rounded, or the number beside it where a tie is near.
				require.LessOrEqual(t, numtest.Ulps(got.hi+got.lo, w), uint64(1), what)
			}
			near("q", got.q, want.Q)
			near("log", num(got.top).add(got.log), want.LSE)
			for j := range z {
				near("p", got.p[j], want.P[j])
				near("log p", got.d[j].sub(got.log), want.LogP[j])
			}
		}
	}
	// Beyond the leading part: exp(a) exp(-a) = 1 and exp(log1p(a)) = 1 + a to 95 bits.
	for range 1000 {
		a := num(300 * r.Float64())
		e := a.exp().mul(a.neg().exp()).sub(num(1))
		require.Less(t, math.Abs(e.hi), 0x1p-92, "exp(%v)", a.hi)
		b := num(math.Exp(-40 * r.Float64()))
		l := b.log1p().exp().sub(num(1)).sub(b)
		require.Less(t, math.Abs(l.hi), 0x1p-92, "log1p(%v)", b.hi)
	}
}
