package kernel

import (
	"math"

	"softloss/internal/numtest"
)

// phi returns φ and -φ' of a class with log p = l and 1-p = q, in double-double.
func phi(f Family, a float64, l, q numtest.DD) (v, h numtest.DD) {
	p := l.Exp()
	if f.Smooth() {
		return smoothPhi(f, a, p, q)
	}
	switch f {
	case GCE:
		h = l.Mul(numtest.Num(a)).Exp()
		// -expm1(a l)/a, without cancellation near 0.
		x := l.Mul(numtest.Num(a))
		v = numtest.Num(1).Sub(h)
		if x.Hi > -0.1 {
			term := numtest.Num(1)
			v = numtest.DD{}
			for i := 1.0; i < 25; i++ {
				term = term.Mul(x).Div(numtest.Num(i))
				v = v.Sub(term)
			}
		}
		return v.Div(numtest.Num(a)), h
	case Poly1:
		v = q.Mul(numtest.Num(a)).Sub(l)
		if q.Hi < 0.01 { // -l - q = Σ q^i/i
			power := q
			v = q.Mul(numtest.Num(1 + a))
			for i := 2.0; i < 20; i++ {
				power = power.Mul(q)
				v = v.Add(power.Div(numtest.Num(i)))
			}
		}
		return v, numtest.Num(1 + a).Sub(q.Mul(numtest.Num(a)))
	case Absolute:
		return q.Mul(numtest.Num(2)), p.Mul(numtest.Num(2))
	}
	w, w1 := q.Pow(a), q.Pow(a-1)
	if q.Hi == 0 { // (1-p)^(a-1) l = -(1-p)^a
		return numtest.Num(0), w.Mul(numtest.Num(1 + a))
	}
	if v = w.Mul(l).Neg(); w.Hi == 0 {
		v = numtest.Num(0)
	}
	h = w
	if a > 0 && p.Hi > 0 {
		h = w.Sub(w1.Mul(p).Mul(l).Mul(numtest.Num(a)))
	}
	return v, h
}

// smoothPhi is phi of the families that are smooth in p.
func smoothPhi(f Family, a float64, p, q numtest.DD) (v, h numtest.DD) {
	if f == AEL {
		x := p.Div(numtest.Num(a))
		v = x.Neg().Exp()
		return v, x.Mul(v)
	}
	sign := 1.0 // of how the base grows with p
	if f == AUL(f.B) {
		sign = -1
	}
	last := numtest.Num(f.B).Add(numtest.Num(sign))
	base := last.Sub(q.Mul(numtest.Num(sign)))
	h = base.Pow(a - 1)
	v = last.Pow(a).Sub(base.Pow(a)).Div(numtest.Num(sign * a))
	if q.Hi < 1e-10 { // which cancels: the power in the middle
		v = base.Add(q.Mul(numtest.Num(sign / 2))).Pow(a - 1).Mul(q)
	}
	return v, h.Mul(p)
}

// separable returns loss and gradient of the separable losses for the labels t. The magnitude of an
// element is max(|t φ'|, p Σ|t φ'|); at the maximum the smaller of that and what is left of others
// - S q without cancellation.
func (w *rowWant[T]) separable(t []T, f Family, a, scale float64) (loss expected, grad []expected) {
	h := make([]numtest.DD, w.k)
	var sum, mass, others numtest.DD
	var size, gap float64 // gap to the label farthest from the maximum
	for j, t := range t {
		if t == 0 {
			continue
		}
		l, q := w.LogP(j), numtest.Num(1).Sub(w.P[j])
		if j == w.Max {
			q = w.Rest
		}
		v, d := phi(f, a, l, q)
		gap = math.Max(gap, w.gapTo(j))
		sum, h[j] = sum.Add(v.Mul(numtest.Num(float64(t)))), d.Mul(numtest.Num(float64(t)))
		size += math.Abs(h[j].Hi)
		if mass = mass.Add(h[j]); j != w.Max {
			others = others.Add(h[j])
		}
	}
	loss = expected{what: "loss", v: sum, magnitude: 0, floor: size * w.restFloor(), gap: gap}
	if f == GCE && a > 1e-9 { // the sum of t (1 - p^a), which is divided by a
		loss.floor = math.Max(loss.floor, w.restFloor()/a)
	}
	for j := range h {
		p := w.P[j]
		g := expected{what: "grad", v: mass.Mul(p).Sub(h[j]), magnitude: math.Max(math.Abs(h[j].Hi), size*p.Hi),
			floor: size * w.pFloor(j),
			gap:   math.Max(gap, w.gapTo(j))}
		if j == w.Max && w.unique {
			g.what, g.v = "grad at the maximum", others.Sub(mass.Mul(w.Rest))
			g.magnitude = math.Min(g.magnitude, math.Max(math.Abs(others.Hi), size*w.Rest.Hi))
			g.floor = size * w.restFloor()
		}
		grad = append(grad, g.times(scale))
	}
	return loss, grad
}
