package spec

import "math"

// Family names a loss that is a sum of terms φ(l_k) of one class each, l = log p; a is its
// parameter, and B one more that some have.
type Family struct {
	Kind FamilyKind
	B    float64
}

// FamilyKind is what families with another B have in common.
type FamilyKind uint8

// The kinds.
const (
	gce FamilyKind = iota
	focal
	poly1
	absolute
	agce
	aul
	ael
)

// The families.
var (
	GCE      = Family{Kind: gce}      // φ = -expm1(a l)/a
	Focal    = Family{Kind: focal}    // φ = -(1-p)^a l
	Poly1    = Family{Kind: poly1}    // φ = -l + a (1-p)
	Absolute = Family{Kind: absolute} // φ = 2 (1-p): for an index, the mean absolute error
	AEL      = Family{Kind: ael}      // φ = exp(-p/a)
)

// AGCE returns the family of φ = ((b+1)^a - (b+p)^a)/a.
func AGCE(b float64) Family { return Family{Kind: agce, B: b} }

// AUL returns the family of φ = ((b-p)^a - (b-1)^a)/a, b > 1.
func AUL(b float64) Family { return Family{Kind: aul, B: b} }

// Bends reports whether there is a [Bend] of the family.
func (f Family) Bends() bool { return f.Kind == gce || f.Smooth() }

// Smooth reports whether φ and φ'/p are smooth functions of p, also where p is 0.
func (f Family) Smooth() bool { return f.Kind >= agce }

// Phi returns φ and its first two derivatives by l, where q is 1 - exp(l) without cancellation.
func Phi(f Family, a, l, q float64) (v, dv, d2v float64) {
	switch f.Kind {
	case gce:
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
	case poly1:
		p := prob(l, q)
		if q > 0.5 {
			return -l + a*q, -1 - a*p, -a * p
		}
		return (1+a)*q + beyond(l, q), a*q - (1 + a), -a * p
	case absolute:
		p := prob(l, q)
		return 2 * q, -2 * p, -2 * p
	case agce, aul, ael:
		return SmoothPhi(f, a, prob(l, q), q)
	}
	return focalPhi(a, l, q)
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

// focalPhi is Phi for Focal:
//
//	φ' = -(1-p)^a + a (1-p)^(a-1) p l
//	φ” = a (1-p)^(a-1) (2p + p l) - a (a-1) (1-p)^(a-2) p² l
//
// (1-p)^(a-1) l is written (1-p)^a l/(1-p), whose last factor is -1 at p = 1.
func focalPhi(a, l, q float64) (v, dv, d2v float64) {
	w, p := Pow(q, a), prob(l, q)
	if a > 1<<20 && q > 0.5 { // the rounding of 1-p counts a times
		w = math.Exp(a * math.Log1p(-p))
	}
	v = -w * l
	if w == 0 {
		v = 0
	}
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

// SmoothPhi is Phi of a smooth family for p = 1 - q. With c = b+1 the power of AGCE is
//
//	((b+p)/c)^a = exp(a log(1 - (1-p)/c)),
//
// and that of AUL, with c = b-1, is ((b-p)/c)^a = exp(a log1p((1-p)/c)): where p is nearly 1, too,
// the differences lose nothing.
func SmoothPhi(f Family, a, p, q float64) (v, dv, d2v float64) {
	switch f.Kind {
	case agce:
		x, c := f.B+p, f.B+1
		v = -Pow(c, a) * expm1Over(a, LogOf(x/c, q/c))
		dv = -p / x * Pow(x, a)
	case aul:
		c := f.B - 1
		x := c + q
		v = Pow(c, a) * expm1Over(a, math.Log1p(q/c))
		dv = -p * Pow(x, a-1)
	default:
		x := p / a
		if v = math.Exp(-x); v == 0 { // x may be infinite
			return 0, 0, 0
		}
		dv = -v * x
	}
	return v, dv, dv * Bend(f, a, p, q)
}

// Bend returns φ″/φ' of GCE or a smooth family for p = 1 - q.
func Bend(f Family, a, p, q float64) float64 {
	switch f.Kind {
	case agce:
		return 1 + (a-1)*(p/(f.B+p))
	case aul:
		return 1 - (a-1)*p/((f.B-1)+q)
	case ael:
		return 1 - p/a
	}
	return a
}

// expm1Over returns (e^(a x) - 1)/a for a > 0 and a finite x, which is nearly x where a is small.
func expm1Over(a, x float64) float64 {
	if y := a * x; math.Abs(y) > 0x1p-60 {
		return math.Expm1(y) / a
	}
	return x
}

// Pow is x^y for x >= 0, quick for the exponents that are used.
func Pow(x, y float64) float64 {
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
	case f.Smooth():
		v, dv, _ = SmoothPhi(f, a, p, q)
		return v, dv
	}
	v, dv, _ = Phi(f, a, l, q)
	return v, dv
}
