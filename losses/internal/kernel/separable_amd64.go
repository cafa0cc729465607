//go:build !purego

package kernel

import "math"

func vectorScale[T Float](x []T, a T) { unitOf[T]().scale(&x[0], len(x), a) }

func vectorSeparable[T Float](f Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	u := unitOf[T]()
	h := scratch[k : 2*k]
	for i := range loss {
		x, y, e := rowOf(z, i, k), rowOf(t, i, k), scratch[:k]
		if grad != nil {
			e = rowOf(grad, i, k)
		}
		s, ok := begin(u, x)
		if ok {
			ok = separableRow(u, s, f, a, &loss[i], grad != nil, e, h, x, y, at(scale, i))
		}
		if !ok && separableGo(f, a, &loss[i], grad != nil, e, x, y, at(scale, i)) {
			return i
		}
	}
	return -1
}

// gceConsts make p^a = scale 2^-shift exp((a + aLow) z) for the logits z >= low of a row.
type gceConsts[T Float] struct{ a, aLow, low, shift, scale T }

func gceFor[T Float](s softrow[T], a, log float64) (c gceConsts[T]) {
	top := a * (float64(s.m) + log) // log p^a = a z - top
	shift := math.RoundToEven(top * math.Log2E)
	c.a = T(a)
	c.aLow = T(a - float64(c.a))
	c.low = T(float64(s.m) + float64(s.low-s.m)/a)
	c.shift = T(shift)
	c.scale = T(math.Exp(shift*math.Ln2 - top))
	return c
}

// separableRow computes one row in e with the scratch h. It returns false for a row with an invalid
// label and for one whose labels overflow.
func separableRow[T Float](u unit[T], s softrow[T], f Family, a float64, loss *float64, grad bool, e, h, x, y []T, scale float64) bool {
	if f == GCE && !(abs(float64(s.m)) < 1<<13) {
		return false // gceTerms reduces no larger arguments
	}
	r, top := s.rest(u, e, x, s.exps(u, e, x))
	if top < 0 {
		if top = u.find(&x[0], len(x), s.m); top == len(x) {
			return false
		}
	}
	log, c := math.Log1p(r), T(1/((1+r)*s.em))
	var gce gceConsts[T]
	if f == GCE {
		gce = gceFor(s, a, log)
	}
	var sum, rest float64
	for _, part := range [2][2]int{{0, top}, {top + 1, len(x)}} {
		for lo := part[0]; lo < part[1]; lo += chunk {
			n := min(chunk, part[1]-lo)
			var ps, ph T
			var bad uint32
			switch f {
			case GCE:
				ps, ph, bad = u.gceTerms(&h[lo], &x[lo], &y[lo], n, gce.a, gce.aLow, gce.low, gce.shift, gce.scale)
			case Focal:
				ps, ph, bad = u.focalTerms(&h[lo], &e[lo], &x[lo], &y[lo], n, s.m, T(log), c, T(a))
			default:
				ps, ph, bad = u.polyTerms(&h[lo], &e[lo], &x[lo], &y[lo], n, s.m, T(log), c, T(a))
			}
			if bad != 0 {
				return false
			}
			sum, rest = sum+float64(ps), rest+float64(ph)
		}
	}
	if f == GCE {
		sum /= a
	}
	own := float64(y[top])
	q := r / (1 + r)
	phi, dphi, _ := Phi(f, a, -log, q)
	if own != 0 {
		sum += own * phi
	}
	mass := rest - own*dphi
	if !(own >= 0) || !(mass <= largest[T]()) {
		return false
	}
	*loss = sum
	if grad {
		h[top] = 0
		u.combine(&e[0], &h[0], len(e), T(mass/((1+r)*s.em)), T(scale))
		e[top] = T(scale * (rest - mass*q))
	}
	return true
}

// separableGo is separableRow in float64. It reports whether the row holds an invalid label.
func separableGo[T Float](f Family, a float64, loss *float64, grad bool, e, x, y []T, scale float64) (bad bool) {
	m, top, r := maxAndRest(x)
	log, q := math.Log1p(r), r/(1+r)
	var sum, rest, own float64
	// -t φ'(l) of every class, once for the sums and once for the gradient.
	term := func(j int) (h float64) {
		l := (float64(x[j]) - m) - log
		u := -math.Expm1(l)
		if j == top {
			u = q
		}
		v, dv, _ := Phi(f, a, l, u)
		if t := float64(y[j]); t != 0 {
			sum += t * v
			h = -t * dv
		}
		return h
	}
	for j := range x {
		if invalid(y[j]) {
			return true
		}
		if h := term(j); j == top {
			own = h
		} else {
			rest += h
		}
	}
	*loss = sum
	if r != r { // no softmax
		*loss, rest = r, r
	}
	if !grad {
		return false
	}
	mass := rest + own
	for j := range e {
		h := term(j)
		e[j] = T(scale * (mass*math.Exp((float64(x[j])-m)-log) - h))
	}
	e[top] = T(scale * (rest - mass*q))
	return false
}
