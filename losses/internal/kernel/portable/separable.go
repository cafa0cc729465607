package portable

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Separable is [spec.Separable]. scratch holds 2k elements.
func Separable[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	e, h := scratch[:k], scratch[k:2*k]
	for i := range loss {
		g, x, y := spec.Row(grad, i, k), spec.Row(z, i, k), spec.Row(t, i, k)
		if g != nil {
			e = g
		}
		if !separableRow(f, a, &loss[i], g, e, h, x, y, spec.Factor(scale, i)) &&
			!spec.SeparableRow(f, a, &loss[i], g, x, y, spec.Factor(scale, i)) {
			return i
		}
	}
	return -1
}

// separableRow computes one row. e and h are room for the exponentials, which may be g, and for -t
// φ'(l). It returns false for a row that has no softmax, a label that is for the specification, or
// labels that the element type might not hold.
func separableRow[T spec.Float](f spec.Family, a float64, loss *float64, g, e, h, x, y []T, scale float64) bool {
	m, top, r := exactExps(e, x)
	if r != r {
		return false
	}
	log, c, q := math.Log1p(r), 1/(1+r), r/(1+r)
	s1, h1, ok1 := Terms(f, a, h[:top], e[:top], x[:top], y[:top], m, log, c)
	s2, h2, ok2 := Terms(f, a, h[top+1:], e[top+1:], x[top+1:], y[top+1:], m, log, c)
	sum, others, own := s1+s2, h1+h2, 0.0
	if ya := float64(y[top]); ya != 0 {
		v, dv, _ := spec.Phi(f, a, -log, q)
		sum, own = sum+ya*v, -ya*dv
	}
	mass := others + own
	if !ok1 || !ok2 || !(y[top] >= 0) || !(mass*max(math.Abs(scale), 1) <= math.MaxFloat32) {
		return false
	}
	*loss = sum
	if g == nil {
		return true
	}
	h[top] = T(own)
	spec.Combine(g, h, x, m, 1, mass*c, scale)
	if r < 1 { // p > 1/2
		g[top] = T(scale * (others - mass*q))
	}
	return true
}

// Terms stores -t φ'(l) in h for a part of a row without its maximum and returns the sums of t φ(l)
// and of h, with l = (z - m) - log and p = c e. It returns false for a label that is for the
// specification.
func Terms[E, T spec.Float](
	f spec.Family, a float64, h []T, e []E, z, t []T, m, log, c float64) (sum, mass float64, ok bool) {
	if half := spec.Half[T](len(z)); half > 0 {
		s, d, ok := Terms(f, a, h[:half], e[:half], z[:half], t[:half], m, log, c)
		if !ok {
			return s, d, false
		}
		sum, mass, ok = Terms(f, a, h[half:], e[half:], z[half:], t[half:], m, log, c)
		return s + sum, d + mass, ok
	}
	h, e, t = h[:len(z)], e[:len(z)], t[:len(z)]
	rounded := spec.Size[E]() == 4 // powers of 1-p magnify what that did to a p that counts there
	for j, x := range z {
		y := float64(t[j])
		if y == 0 {
			h[j] = 0
			continue
		}
		if !(y > 0) {
			return 0, 0, false
		}
		l, p := (float64(x)-m)-log, float64(e[j])*c
		if rounded && p > 1./64 {
			p = exp(l)
		}
		v, dv := phi(f, a, l, p)
		d := -y * dv
		h[j] = T(d)
		sum += y * v
		mass += d
	}
	return sum, mass, true
}

// phi returns φ and φ' of a class with log p = l and p <= 1/2.
func phi(f spec.Family, a, l, p float64) (v, dv float64) {
	q := 1 - p
	switch f {
	case spec.Poly1:
		return -l + a*q, -1 - a*p
	case spec.GCE:
		if x := a * l; x < -0.5 {
			e := exp(x)
			return (1 - e) / a, -e
		}
	case spec.Focal:
		w, ok := pow(q, a)
		switch {
		case !ok:
		case p == 0:
			return -w * l, -w
		default:
			return -w * l, -w + a*w*p*(l/q)
		}
	}
	v, dv, _ = spec.Phi(f, a, l, q)
	return v, dv
}

// pow returns q^a for 1/2 <= q <= 1. ok is false where that may be no normal number.
func pow(q, a float64) (w float64, ok bool) {
	switch a {
	case 0:
		return 1, true
	case 1:
		return q, true
	case 2:
		return q * q, true
	case 3:
		return q * q * q, true
	case 4:
		return (q * q) * (q * q), true
	}
	w = exp(a * math.Log(q))
	return w, w >= 0x1p-1022
}

// SeparableIndex is [spec.SeparableIndex].
func SeparableIndex[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z []T, index []int, scale []T, k int) {
	for i, y := range index {
		x, g := spec.Row(z, i, k), spec.Row(grad, i, k)
		m, top, r := exactExps(g, x)
		d := float64(x[y]) - m
		v, dv := spec.IndexPhi(f, a, d, exp(d)/(1+r), r, y == top)
		loss[i] = v
		if g != nil {
			spec.IndexGrad(g, top, y, r, -dv*spec.Factor(scale, i))
		}
	}
}
