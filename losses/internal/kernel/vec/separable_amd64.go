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
	log, c := math.Log1p(r), 1/((1+r)*s.em)
	if top >= 0 || !termsAreExact[T](p, len(x), float64(s.m), log) {
		return s.sureSeparable(u, v, p, loss, g, e, h, x, y, scale, r, top)
	}
	var sum, mass float64
	for lo := 0; lo < len(x); lo += chunk(u) {
		hi := min(lo+chunk(u), len(x))
		ps, ph, bad := terms(u, p, s, h[lo:hi], e[lo:hi], x[lo:hi], y[lo:hi], log, c)
		if bad != 0 {
			return false
		}
		sum, mass = sum+ps, mass+ph
	}
	if !fits[T](mass, scale) {
		return false
	}
	if *loss = sum; p.kind == gce {
		*loss /= p.a
	}
	switch {
	case g == nil:
	case p.family == spec.Focal || p.kind == smooth: // their terms leave no room for two roundings more
		v.combine(&g[0], &h[0], len(g), mass*c, scale)
	default:
		u.combine(&g[0], &h[0], len(g), T(mass*c), T(scale))
	}
	return true
}

// sureSeparable is separable for a row whose largest exponential, at top, dominates; -1 is for a
// place not known yet.
func (s *softrow[T]) sureSeparable(
	u unit[T], v wide[T], p *plan, loss *float64, g, e, h, x, y []T,
	scale, r float64, top int) bool {
	if top < 0 {
		if top = u.find(&x[0], len(x), s.m); top == len(x) {
			return false
		}
	}
	log, q := math.Log1p(r), r/(1+r)
	var sum, others float64
	for _, part := range [2][2]int{{0, top}, {top + 1, len(x)}} {
		if lo, hi := part[0], part[1]; lo < hi {
			ps, ph, bad := exactTerms(v, p, h[lo:hi], x[lo:hi], y[lo:hi], float64(s.m), log)
			if bad != 0 {
				return false
			}
			sum, others = sum+ps, others+ph
		}
	}
	if p.kind == gce {
		sum /= p.a
	}
	own := float64(y[top])
	phi, dphi, _ := spec.Phi(p.family, p.a, -log, q)
	if own != 0 {
		sum += own * phi
	}
	mass := others - own*dphi
	if !(own >= 0) || !fits[T](mass, scale) {
		return false
	}
	*loss = sum
	if g != nil {
		v.combine(&e[0], &h[0], len(e), mass/((1+r)*s.em), scale)
		e[top] = T(scale * (others - mass*q))
	}
	return true
}

// leastForTerms is from how many classes on terms of float32 that are more than a product or two are
// exact enough: with fewer the roundings of p count for more, and those of nearly equal classes alike.
const leastForTerms = 257

// termsAreExact reports whether terms is exact enough for a row of k classes without large
// exponentials.
func termsAreExact[T spec.Float](p *plan, k int, m, log float64) bool {
	if spec.Size[T]() == 4 && k < leastForTerms && p.kind != poly1 && p.kind != focal1 {
		return false
	}
	switch p.kind {
	case focalPow:
		return false
	case gce:
		return powIsExact[T](p.a, m, log)
	case smooth:
		return p.smooth.exactSmall(spec.Size[T]()) && powIsExact[T](1, m, log)
	}
	return true
}

// terms stores h = -t φ'(l) of some neighbours, all of p < 1/8, and returns Σ t φ(l), without a
// factor 1/a, and Σ h.
func terms[T spec.Float](
	u unit[T], p *plan, s *softrow[T], h, e, x, y []T, log, c float64) (
	sum, mass float64, bad uint32) {
	n := len(x)
	if p.kind == gce {
		k := powFor(s, p.a, log)
		return u.powTerms(&h[0], &x[0], &y[0], n, k.a, k.aLow, k.low, k.shift, k.rem, s.ahead)
	}
	par := parameters[T](p)
	switch p.kind {
	case poly1:
		return u.polyTerms(&h[0], &e[0], &x[0], &y[0], n, s.m, T(log), T(c), par, s.ahead)
	case smooth:
		k := powFor(s, 1, log)
		return u.smoothTerms(&h[0], &x[0], &y[0], n, k.low, k.shift, k.rem, par, s.ahead)
	}
	return u.focalTerms(&h[0], &e[0], &x[0], &y[0], n, s.m, T(log), T(c), par, s.ahead)
}
