//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Separable is [spec.Separable]. scratch holds 2k elements.
func Separable[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	generic := func(loss []float64, grad, z, t, scale []T, k int) (bad int) {
		return spec.Separable(f, a, loss, grad, z, t, scale, k)
	}
	p, ok := planFor[T](f, a)
	if !ok {
		return generic(loss, grad, z, t, scale, k)
	}
	u, v := unitOf[T](), wideOf[T]()
	if inTiles[T](k) {
		return separableTiles(v, p, loss, grad, z, t, scale, k, generic)
	}
	return eachRow(loss, grad, z, t, scale, k,
		func(loss *float64, g, x, y []T, scale float64) bool {
			s, ok := begin(u, x)
			return ok && s.separable(u, v, p, loss, g, x, y, scratch, scale)
		}, generic)
}

// SeparableIndex is [spec.SeparableIndex]. scratch holds k elements.
func SeparableIndex[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	u, v := unitOf[T](), wideOf[T]()
	if inTiles[T](k) {
		separableIndexTiles(v, f, a, loss, grad, z, index, scale, k)
		return
	}
	for i, y := range index {
		x, g := spec.Row(z, i, k), spec.Row(grad, i, k)
		s, ok := begin(u, x)
		if !ok {
			spec.SeparableIndex(f, a, loss[i:i+1], g, x, index[i:i+1], spec.FactorOf(scale, i), k)
			continue
		}
		e := g
		if g == nil {
			e = scratch[:k]
		}
		r, top := s.exactExps(u, v, e, x)
		d := float64(x[y]) - float64(s.m)
		l, p, q := d-math.Log1p(r), float64(e[y])/((1+r)*s.em), r/(1+r)
		if spec.Size[T]() == 4 {
			p = math.Exp(d) / (1 + r)
		}
		if d < 0 {
			q = -math.Expm1(l)
		}
		phi, dphi := spec.PhiOf(f, a, l, p, q)
		if !fits[T](1, dphi*spec.Factor(scale, i)) { // more than a gradient holds
			spec.SeparableIndex(f, a, loss[i:i+1], g, x, index[i:i+1], spec.FactorOf(scale, i), k)
			continue
		}
		loss[i] = phi
		if g != nil {
			s.indexGrad(u, g, top, y, r, -dphi*spec.Factor(scale, i))
		}
	}
}

// separable computes one row. It returns false for a row with an invalid label and for one whose
// labels overflow.
func (s *softrow[T]) separable(
	u unit[T], v wide[T], p *plan, loss *float64, g, x, y, scratch []T, scale float64) bool {
	e, h := scratch[:len(x)], scratch[len(x):2*len(x)]
	if g != nil {
		e = g
	}
	r, top := s.exactExps(u, v, e, x)
	log, q, c := math.Log1p(r), r/(1+r), 1/((1+r)*s.em)
	small := (top < 0 || q < 1./8) && termsAreExact[T](p, float64(s.m), log)
	if top < 0 && !small {
		if top = u.find(&x[0], len(x), s.m); top == len(x) {
			return false
		}
	}
	but, slope := top, 1.0
	if top < 0 {
		but = len(x)
	}
	var sum, others float64
	var bad uint32
	if small {
		sum, others, slope, bad = terms(u, p, s, h, e, x, y, but, log, c)
	} else {
		sum, others, bad = exactTerms(v, p, h, x, y, but, float64(s.m), log)
	}
	sum *= p.factor
	mass := others
	if top >= 0 && y[top] != 0 {
		phi, dphi, _ := spec.Phi(p.family, p.a, -log, q)
		sum += float64(y[top]) * phi
		mass -= float64(y[top]) * dphi
	}
	if bad != 0 || !fits[T](mass, scale) {
		return false
	}
	*loss = sum
	if g == nil {
		return true
	}
	v.combine(&g[0], &h[0], len(g), mass*c/slope, scale*slope)
	if top >= 0 {
		g[top] = T(scale * (others - mass*q))
	}
	return true
}

// termsAreExact reports whether terms is exact enough for classes of p < 1/8.
func termsAreExact[T spec.Float](p *plan, m, log float64) bool {
	switch p.kind {
	case focalPow, base, ael:
		return false
	case gce:
		return powIsExact[T](p.a, m, log)
	case smooth:
		return p.smooth.exactSmall(spec.Size[T]())
	}
	return true
}

// terms stores h = -t φ'(l)/slope, all of p < 1/8 but that at but, of which h is 0, and returns Σ t
// φ(l), without a factor, and Σ -t φ'(l). bad is not 0 where a label is invalid, that at but too.
func terms[T spec.Float](
	u unit[T], p *plan, s *softrow[T], h, e, x, y []T, but int, log, c float64) (
	sum, mass, slope float64, bad uint32) {
	n, par := len(x), parameters[T](p)
	switch slope = 1; p.kind {
	case gce:
		k := powFor(s, p.a, log)
		sum, mass, bad = u.powTerms(&h[0], &x[0], &y[0], n, but, k.a, k.aLow, k.low, k.shift, k.rem, s.ahead)
	case poly1:
		sum, mass, bad = u.polyTerms(&h[0], &e[0], &x[0], &y[0], n, but, s.m, T(log), T(c), par, s.ahead)
	case smooth:
		sum, mass, bad = u.smoothTerms(&h[0], &e[0], &y[0], n, but, T(c), par, s.ahead)
		slope = c * p.smooth.slope(spec.Size[T]())
	default:
		sum, mass, bad = u.focalTerms(&h[0], &e[0], &x[0], &y[0], n, but, s.m, T(log), T(c), par, s.ahead)
	}
	return sum, mass * slope, slope, bad
}
