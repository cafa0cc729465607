package kernel

import "math"

// phi returns φ and -φ' of a class with log p = l and 1-p = q, in double-double.
func phi(f Family, a float64, l, q dd) (v, h dd) {
	p := l.exp()
	switch f {
	case GCE:
		h = l.mul(num(a)).exp()
		// -expm1(a l)/a, without cancellation near 0.
		x := l.mul(num(a))
		v = num(1).sub(h)
		if x.hi > -0.1 {
			term := num(1)
			v = dd{}
			for i := 1.0; i < 25; i++ {
				term = term.mul(x).div(num(i))
				v = v.sub(term)
			}
		}
		return v.div(num(a)), h
	case Poly1:
		v = q.mul(num(a)).sub(l)
		if q.hi < 0.01 { // -l - q = Σ q^i/i
			power := q
			v = q.mul(num(1 + a))
			for i := 2.0; i < 20; i++ {
				power = power.mul(q)
				v = v.add(power.div(num(i)))
			}
		}
		return v, num(1 + a).sub(q.mul(num(a)))
	case Absolute:
		return q.mul(num(2)), p.mul(num(2))
	}
	w, w1 := q.pow(a), q.pow(a-1)
	if q.hi == 0 { // (1-p)^(a-1) l = -(1-p)^a
		return num(0), w.mul(num(1 + a))
	}
	if v = w.mul(l).neg(); w.hi == 0 {
		v = num(0)
	}
	h = w
	if a > 0 && p.hi > 0 {
		h = w.sub(w1.mul(p).mul(l).mul(num(a)))
	}
	return v, h
}

// separable returns loss and gradient of the separable losses for the labels t.
// The magnitude of an element is max(|t φ'|, p Σ|t φ'|); at the maximum the smaller of that and what is left of
// rest - S q without cancellation.
func (w *rowWant[T]) separable(t []T, f Family, a, scale float64) (loss expected, grad []expected) {
	h := make([]dd, w.k)
	var sum, mass, rest dd
	var size, gap float64 // gap to the label farthest from the maximum
	for j, t := range t {
		if t == 0 {
			continue
		}
		l, q := w.d[j].sub(w.log), num(1).sub(w.p[j])
		if j == w.a {
			q = w.q
		}
		v, d := phi(f, a, l, q)
		gap = math.Max(gap, w.gapTo(j))
		sum, h[j] = sum.add(v.mul(num(float64(t)))), d.mul(num(float64(t)))
		size += math.Abs(h[j].hi)
		if mass = mass.add(h[j]); j != w.a {
			rest = rest.add(h[j])
		}
	}
	loss = expected{"loss", sum, 0, size * w.restFloor(), gap}
	if f == GCE { // the sum of t (1 - p^a), which is divided by a
		loss.floor = math.Max(loss.floor, w.restFloor()/a)
	}
	for j := range h {
		p := w.p[j]
		g := expected{"grad", mass.mul(p).sub(h[j]), math.Max(math.Abs(h[j].hi), size*p.hi), size * w.pFloor(j), math.Max(gap, w.gapTo(j))}
		if j == w.a && w.unique {
			g.what, g.v = "grad at the maximum", rest.sub(mass.mul(w.q))
			g.magnitude = math.Min(g.magnitude, math.Max(math.Abs(rest.hi), size*w.q.hi))
			g.floor = size * w.restFloor()
		}
		grad = append(grad, g.times(scale))
	}
	return loss, grad
}
