package spec

import "math"

// Family names a loss that is a sum of terms φ(l_k) of one class each, l = log p; a is its
// parameter.
type Family uint8

// The families.
const (
	GCE      Family = iota // φ = -expm1(a l)/a
	Focal                  // φ = -(1-p)^a l
	Poly1                  // φ = -l + a (1-p)
	Absolute               // φ = 2 (1-p): for an index, the mean absolute error
)

// Phi returns φ and its first two derivatives by l, where q is 1 - exp(l) without cancellation.
func Phi(f Family, a, l, q float64) (v, dv, d2v float64) {
	switch f {
	case GCE:
		x := a * l
		switch {
		case x > -0x1p-60 && a < 0x1p-400: // a l has lost digits, and expm1 makes no difference
			return -l, -1, -a
		case x > -0.5:
			m := math.Expm1(x)
			return -m / a, -1 - m, -a * (1 + m)
		}
		e := math.Exp(x)
		return (1 - e) / a, -e, -a * e
	case Poly1:
		p := prob(l, q)
		if q > 0.5 {
			return -l + a*q, -1 - a*p, -a * p
		}
		return (1+a)*q + beyond(l, q), a*q - (1 + a), -a * p
	case Absolute:
		p := prob(l, q)
		return 2 * q, -2 * p, -2 * p
	}
	return focal(a, l, q)
}

// beyond returns -l - q, q²/2 and higher powers of q = 1 - exp(l).
func beyond(l, q float64) (sum float64) {
	if q > 0.1 {
		return -l - q
	}
	for k := 17.0; k >= 2; k-- {
		sum = sum*q + 1/k
	}
	return sum * q * q
}

// prob returns exp(l), as exact as l and q allow.
func prob(l, q float64) float64 {
	if q > 0.5 {
		return math.Exp(l)
	}
	return 1 - q
}

// focal is Phi for Focal:
//
//	φ' = -(1-p)^a + a (1-p)^(a-1) p l
//	φ” = a (1-p)^(a-1) (2p + p l) - a (a-1) (1-p)^(a-2) p² l
//
// (1-p)^(a-1) l is written (1-p)^a l/(1-p), whose last factor is -1 at p = 1.
func focal(a, l, q float64) (v, dv, d2v float64) {
	w := pow(q, a)
	v = -w * l
	if w == 0 {
		v = 0
	}
	p := prob(l, q)
	if p == 0 {
		return v, -w, 0
	}
	ratio, w1 := -1.0, w/q
	if q > 0 {
		ratio = l / q
	} else {
		w1 = math.Pow(q, a-1)
	}
	dv = -w + a*w*p*ratio
	if a != 0 {
		d2v = a * w1 * p * ((2 + l) - (a-1)*p*ratio)
	}
	return v, dv, d2v
}

// pow is x^y for x >= 0, quick for the exponents that are used.
func pow(x, y float64) float64 {
	switch y {
	case 0:
		return 1
	case 1:
		return x
	case 2:
		return x * x
	case 3:
		return x * x * x
	case 4:
		return (x * x) * (x * x)
	}
	return math.Pow(x, y)
}

// PhiOf returns φ and φ' of a class with log p = l and 1-p = q, NaN for NaN.
func PhiOf(f Family, a, l, p, q float64) (v, dv float64) {
	switch {
	case q != q:
		return q, q
	case f == Absolute: // exp(l) would be less exact
		return 2 * q, -2 * p
	}
	v, dv, _ = Phi(f, a, l, q)
	return v, dv
}
