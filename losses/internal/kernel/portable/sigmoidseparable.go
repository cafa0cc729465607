package portable

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// A likely is the likely class of an element of the logits (z, 0), with size = |z| and e =
// exp(-|z|): its p is 1/(1+e), and rest = 1-p is e/(1+e), which is the other class's p. Their
// -log p are l = log1p(e) and |z| + l.
type likely struct{ size, e, p, rest float64 }

// classTerms are what a separable loss makes of a likely class and of the other one: φ of each,
// and -φ' (1-p).
type classTerms struct {
	near, nearSlope, far, farSlope float64
}

// farthest is up to which |z| exponentials are normal numbers.
const farthest = 700

// SigmoidSeparable is [spec.SigmoidSeparable].
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	limit, short := float64(farthest), spec.Size[T]() == 4
	var of func(q likely) classTerms
	switch {
	case f == spec.Poly1 && a < 0: // φ may be much smaller than its terms
		short, of = false, func(q likely) classTerms { return lessPoly(a, q) }
	case f == spec.Poly1:
		of = func(q likely) classTerms { return poly(a, log1p(q.e, short), q) }
	case f == spec.Focal && wholePower(a):
		of = func(q likely) classTerms {
			return focal(a, log1p(q.e, short), spec.Pow(q.rest, a), spec.Pow(q.p, a), q)
		}
	case f == spec.Focal && a < mostGamma:
		limit, short = limit/max(a, 1), short && a < mostGamma/16
		of = func(q likely) classTerms {
			l := log1p(q.e, short)
			w := power(-a*l, short)
			return focal(a, l, w*power(-a*q.size, short), w, q)
		}
	case f == spec.AEL && a >= 1./farthest:
		of = func(q likely) classTerms { return falling(a, q, short) }
	case f.Smooth() || f == spec.GCE && a >= 0x1p-400:
		s, inverse := piecesFor(f, a, short), 1/a
		if !s.exact(short) {
			return bySides(f, a, loss, grad, z, yes, no, scale)
		}
		if of = s.smooth; f == spec.GCE {
			limit += min(math.Log(a), 0) // beyond, a l is denormal
			of = func(q likely) classTerms { return s.power(inverse, q) }
		}
	default:
		return bySides(f, a, loss, grad, z, yes, no, scale)
	}
	return elements(f, a, limit, short, of, loss, grad, z, yes, no, scale)
}

// bySides is SigmoidSeparable of any elements.
func bySides[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return spec.Elements(sides, loss, grad, z, yes, no, scale,
		func(yes, no spec.Side, t, u float64) (loss, slope float64) {
			return spec.SeparableSides(f, a, yes, no, t, u)
		})
}

// elements computes a separable loss of elements by what of makes of their likely classes. Those of
// logits that are no numbers, or not below limit, are left to bySides.
func elements[T spec.Float](f spec.Family, a, limit float64, short bool, of func(q likely) classTerms,
	loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	ok = true
	for i, x := range z {
		size := math.Abs(float64(x))
		if !(size < limit) {
			ok = bySides(f, a, loss[i:i+1], spec.Row(grad, i, 1), z[i:i+1], yes[i:i+1], spec.Row(no, i, 1),
				spec.FactorOf(scale, i)) && ok
			continue
		}
		t, u, valid := spec.BothLabels(yes, no, i)
		ok = ok && valid
		// The likely class's label becomes t, without a branch that half of the logits would take.
		sign := math.Float64bits(float64(x)) & (1 << 63)
		swap := (math.Float64bits(t) ^ math.Float64bits(u)) & uint64(int64(sign)>>63)
		t = math.Float64frombits(math.Float64bits(t) ^ swap)
		u = math.Float64frombits(math.Float64bits(u) ^ swap)
		e := power(-size, short)
		p := 1 / (1 + e)
		v := of(likely{size, e, p, e * p})
		if loss[i] = t*v.near + u*v.far; grad != nil {
			d := math.Float64bits(u*v.farSlope - t*v.nearSlope)
			grad[i] = T(spec.Factor(scale, i) * math.Float64frombits(d^sign))
		}
	}
	return ok
}

// poly is φ = -l + a (1-p).
func poly(a, l float64, q likely) (v classTerms) {
	v.near, v.far = l+a*q.rest, q.size+l+a*q.p
	v.nearSlope, v.farSlope = q.rest*(1+a*q.p), q.p*(1+a*q.rest)
	return v
}

// lessPoly is poly for any a: the likely class's φ is (1+a) (1-p) and what -l has beyond 1-p, s²
// ((2+e) p + 2 s tail).
func lessPoly(a float64, q likely) (v classTerms) {
	s, square, tail := atanh(q.e, false)
	v = poly(a, 2*(s+s*square*tail), q)
	v.near = (1+a)*q.rest + square*((2+q.e)*q.p+2*s*tail)
	v.nearSlope = q.rest * ((1 + a) - a*q.rest)
	return v
}

// mostGamma is up to which exponent the rounding of l does not count in powers of p.
const mostGamma = 1 << 10

// focal is φ = -(1-p)^a l, with the powers of both classes.
func focal(a, l, near, far float64, q likely) (v classTerms) {
	farther := q.size + l
	v.near, v.nearSlope = near*l, near*(q.rest+a*q.p*l)
	v.far, v.farSlope = far*farther, far*(q.p+a*q.rest*farther)
	return v
}

// falling is φ = exp(-p/a). What rounding has taken from p/a, which may be large, is made good.
func falling(a float64, q likely, short bool) (v classTerms) {
	rest := q.e / (1 + q.e) // with one rounding less
	near, far := (1-rest)/a, rest/a
	v.near, v.far = power(-near, short), power(-far, short)
	if !short {
		v.near += v.near * (math.FMA(near, a, rest-1) / a)
		v.far += v.far * (math.FMA(far, a, -rest) / a)
	}
	v.nearSlope, v.farSlope = v.near*near*rest, v.far*far*q.p
	return v
}

// power returns exp(d) for -farthest <= d <= 0, short to 2e-9.
func power(d float64, short bool) float64 {
	y := d * expScale
	n := y + expMagic
	if short {
		return power32(y, n, math.Float64bits(n))
	}
	return power64(d, n, math.Float64bits(n))
}

// wholePower reports whether a is an exponent for which [spec.Pow] is a few products.
func wholePower(a float64) bool { return a <= 4 && a == math.Trunc(a) }

// expm1 returns exp(d) - 1, and exp(d), for -farthest <= d <= 0: with d = n log 2 + r it is 2^n
// (1+m), m = exp(r) - 1, and
//
//	(2^n - 1) + 2^n m
//
// has no terms that cancel. FreeBSD's e_exp.c has the m.
func expm1(d float64) (less, e float64) {
	const (
		hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10 // n hi is exact
		c1, c2 = 1.66666666666666019037e-01, -2.77777777770155933842e-03
		c3, c4 = 6.61375632143793436117e-05, -1.65339022054652515390e-06
		c5     = 4.13813679705723846039e-08
	)
	n := d*math.Log2E + expMagic
	s := math.Float64frombits((math.Float64bits(n) + 1023) << 52)
	n -= expMagic
	r := (d - n*hi) - n*lo
	x := r * r
	c := r - x*(c1+x*((c2+x*c3)+x*x*(c4+x*c5)))
	m := s * (r + r*c/(2-c))
	return (s - 1) + m, s + m
}
