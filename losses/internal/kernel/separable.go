package kernel

import "math"

// Family names a loss that is a sum of terms φ(l_k) of one class each, l = log p; a is its parameter.
type Family uint8

// The families.
const (
	GCE   Family = iota // φ = -expm1(a l)/a
	Focal               // φ = -(1-p)^a l
	Poly1               // φ = -l + a (1-p)
)

// Phi returns φ and its first two derivatives by l, where q is 1 - exp(l) without cancellation.
func Phi(f Family, a, l, q float64) (v, dv, d2v float64) {
	switch f {
	case GCE:
		e := math.Exp(a * l)
		return -math.Expm1(a*l) / a, -e, -a * e
	case Poly1:
		p := prob(l, q)
		return -l + a*q, -1 - a*p, -a * p
	}
	return focal(a, l, q)
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
	ratio := -1.0
	if q > 0 {
		ratio = l / q
	}
	dv = -w + a*w*p*ratio
	if a != 0 {
		w1 := pow(q, a-1)
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
	}
	return math.Pow(x, y)
}

// Separable computes loss and gradient of rows with soft labels,
//
//	loss = Σ_k t_k φ(l_k),   grad_j = scale (t_j φ'(l_j) - p_j Σ_k t_k φ'(l_k)),
//
// with assembly where there is any for the family and parameter; otherwise ok is false and nothing was done. scratch holds 2k
// elements. Arguments and bad are otherwise those of CrossEntropy.
func Separable[T Float](f Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int, ok bool) {
	switch {
	case !vectors,
		f == GCE && a < 0.25, // 1 - p^a would cancel
		f == Focal && a != 1 && a != 2:
		return 0, false
	}
	return vectorSeparable(f, a, loss, grad, z, t, scale, scratch, k), true
}

// Scale multiplies x by a.
func Scale[T Float](x []T, a T) {
	if vectors && len(x) > 0 {
		vectorScale(x, a)
		return
	}
	for i := range x {
		x[i] *= a
	}
}
