package spec

import "math"

// Tempered is a tempered softmax: log p, p, p^e for an e of the caller's, 0 where p is, and 1/x of
// the x = p^-c. Where e is c, Pow and Inverse may be one.
type Tempered struct{ Log, P, Pow, Inverse []float64 }

func (r Tempered) part(lo, hi int) Tempered {
	return Tempered{r.Log[lo:hi], r.P[lo:hi], r.Pow[lo:hi], r.Inverse[lo:hi]}
}

// TemperedSums returns Σ p, Σ p/x and Σ p/x² of p = x^(-1/c), x = 1 + c (mu - d), 0 for a d of
// -Inf.
func TemperedSums[T Float](d []T, c, mu float64) (s0, s1, s2 float64) {
	for _, d := range d {
		x := 1 + c*(mu-float64(d))
		p, inverse := math.Exp(-math.Log(x)/c), 1/x
		s0, s1, s2 = s0+p, s1+p*inverse, s2+p*inverse*inverse
	}
	return s0, s1, s2
}

// TemperedPowers is [TemperedSums] and stores what it sums up in r.
func TemperedPowers(r Tempered, d []float64, c, mu, e float64) (s0, s1, s2 float64) {
	if half := len(d) / 2; len(d) >= pairwise {
		s0, s1, s2 = TemperedPowers(r.part(0, half), d[:half], c, mu, e)
		t0, t1, t2 := TemperedPowers(r.part(half, len(d)), d[half:], c, mu, e)
		return s0 + t0, s1 + t1, s2 + t2
	}
	temperedLogs(r.Log, r.Inverse, d, c, mu)
	for j, l := range r.Log {
		r.P[j], r.Pow[j] = math.Exp(l), 0
		if !math.IsInf(l, -1) {
			r.Pow[j] = math.Exp(e * l)
		}
		a := r.P[j] * r.Inverse[j]
		s0, s1, s2 = s0+r.P[j], s1+a, s2+a*r.Inverse[j]
	}
	return s0, s1, s2
}

// WholeExponent returns 1/c where that is a small whole number, as far as results that are rounded
// to float32 show, and p^e is 1/x; else 0.
func WholeExponent(c, e float64) int {
	if n := math.Round(1 / c); math.Abs(e-c) <= 0x1p-51 && n < 16 && math.Abs(n*c-1) < 0x1p-40 {
		return int(n)
	}
	return 0
}

// TemperedWhole is [TemperedPowers] where 1/c is the whole number n, without logarithms and powers.
func TemperedWhole(r Tempered, d []float64, c, mu float64, n int) (s0, s1, s2 float64) {
	if half := len(d) / 2; len(d) >= pairwise {
		s0, s1, s2 = TemperedWhole(r.part(0, half), d[:half], c, mu, n)
		t0, t1, t2 := TemperedWhole(r.part(half, len(d)), d[half:], c, mu, n)
		return s0 + t0, s1 + t1, s2 + t2
	}
	for j, d := range d {
		x := 1 / (1 + c*(mu-d))
		p := x
		for range n - 1 {
			p *= x
		}
		r.Inverse[j], r.P[j] = x, p
		s0, s1, s2 = s0+p, s1+p*x, s2+p*x*x
	}
	return s0, s1, s2
}

// TemperedShift takes what [TemperedPowers] has stored to mu + step, a step of which few powers are
// more than nothing. With s = step/x and w = c s log p changes by
//
//	-log1p(w)/c = -s (1 - w/2 + w²/3 - w³/4 + …).
func TemperedShift(r Tempered, c, step, e float64) {
	for j, inverse := range r.Inverse {
		s := step * inverse
		w := c * s
		d := s * (1 - w*(1./2-w*(1./3-w*(1./4))))
		r.Log[j] -= d
		r.P[j] += r.P[j] * expm1Small(-d)
		pow := r.Pow[j] + r.Pow[j]*expm1Small(-e*d)
		r.Inverse[j] = inverse * (1 - w*(1-w*(1-w)))
		r.Pow[j] = pow // last, as it has more digits and may be in the same place
	}
}

// expm1Small returns exp(x) - 1 to the fifth power of x.
func expm1Small(x float64) float64 { return x * (1 + x*(1./2+x*(1./6+x*(1./24+x*(1./120))))) }

// TemperedMoments returns Σ (p - t) p^e/x, Σ p/x and Σ p p^e.
func TemperedMoments[T Float](t []T, r Tempered) (v, e, o float64) {
	for j, p := range r.P {
		v += (p - float64(t[j])) * (r.Pow[j] * r.Inverse[j])
		e += p * r.Inverse[j]
		o += p * r.Pow[j]
	}
	return v, e, o
}

// TemperedGrad stores f ((p - t) p^e - a p)/x in grad.
func TemperedGrad[T Float](grad, t []T, r Tempered, a, f float64) {
	for j, p := range r.P {
		grad[j] = T(f * (((p-float64(t[j]))*r.Pow[j] - a*p) * r.Inverse[j]))
	}
}

// TemperedLoss returns Σ t (t^e - p^e) and Σ t t^e for labels t and an e > 0, and the first invalid
// label, or -1. Unless labelGrad is nil it stores (t^e - p^e)/e there.
func TemperedLoss[T Float](labelGrad, t []T, r Tempered, e float64) (sum, mass float64, bad int) {
	for j, v := range t {
		if invalid(v) {
			return 0, 0, j
		}
		t := float64(v)
		l := e * Log(t)
		pow := math.Exp(l)
		d := PowerDifference(l, pow, e*r.Log[j], r.Pow[j])
		if labelGrad != nil {
			labelGrad[j] = T(d / e)
		}
		if t != 0 {
			sum += t * d
			mass += t * pow
		}
	}
	return sum, mass, -1
}

// PowerDifference returns exp(x) - exp(y), given both: where one is near 1 by less than that, which
// would cancel.
func PowerDifference(x, expX, y, expY float64) float64 {
	if x < -0.5 && y < -0.5 {
		return expX - expY
	}
	return math.Expm1(x) - math.Expm1(y)
}

// temperedLogs stores -log(x)/c in dst and 1/x in inverse for x = 1 + u, u = c (mu - d) >= 0.
func temperedLogs(dst, inverse, d []float64, c, mu float64) {
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	f := -1 / c
	dst, inverse = dst[:len(d)], inverse[:len(d)]
	for j, d := range d {
		u := c * (mu - d)
		x := 1 + u
		inverse[j] = 1 / x
		switch {
		case u < 1./64:
			dst[j] = f * (u - u*u*(1./2-u*(1./3-u*(1./4-u*(1./5-u*(1./6-u*(1./7-u*(1./8-u*(1./9)))))))))
		case u <= math.MaxFloat64:
			// x + low = 2^n m, m = a (1+r) for one of 128 numbers a
			bits := math.Float64bits(x)
			n := int64(bits>>52) - 1023
			low := (u - (x - 1)) * math.Float64frombits(uint64(1023-n)<<52)
			m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
			e := &logTable[bits>>45&127]
			r := ((m - e.a) + low) * e.inverse
			p := r - r*r*(1./2-r*(1./3-r*(1./4-r*(1./5-r*(1./6-r*(1./7))))))
			dst[j] = f * (float64(n)*ln2Hi + (e.log + (p + float64(n)*ln2Lo)))
		default: // +Inf, or NaN
			dst[j] = f * u
		}
	}
}

// logTable holds, for 128 parts of [1, 2), the middle a of each, 1/a and log a.
var logTable = func() (t [128]struct{ a, inverse, log float64 }) {
	for i := range t {
		a := 1 + (float64(i)+0.5)/128
		t[i].a, t[i].inverse, t[i].log = a, 1/a, math.Log(a)
	}
	return t
}()
