package kernel

import "math"

// separable returns loss and gradient of the separable losses from Phi in float64: exact enough to be compared with float32.
// The magnitude of an element is max(|t φ'|, p Σ|t φ'|); at the maximum the smaller of that and what is left of
// rest - S q without cancellation.
func (w *rowWant[T]) separable(f Family, a, scale float64) (loss expected, grad []expected) {
	h := make([]float64, w.k)
	var sum, mass, rest, size float64
	gap := 0.0 // to the label farthest from the maximum
	for j, t := range w.t {
		if t == 0 {
			continue
		}
		l, q := w.d[j].sub(w.log).hi, num(1).sub(w.p[j]).hi
		if j == w.a {
			q = w.q.hi
		}
		v, dv, _ := Phi(f, a, l, q)
		gap = math.Max(gap, w.gapTo(j))
		sum, h[j] = sum+float64(t)*v, -float64(t)*dv
		size += math.Abs(h[j])
		if mass += h[j]; j != w.a {
			rest += h[j]
		}
	}
	loss = expected{"loss", num(sum), 0, size * w.restFloor(), gap}
	for j := range h {
		p := w.p[j].hi
		g := expected{"grad", num(mass*p - h[j]), math.Max(math.Abs(h[j]), size*p), size * w.pFloor(j), gap}
		if j == w.a && w.unique {
			g.what, g.v = "grad at the maximum", num(rest-mass*w.q.hi)
			g.magnitude = math.Min(g.magnitude, math.Max(math.Abs(rest), size*w.q.hi))
			g.floor = size * w.restFloor()
		}
		grad = append(grad, g.times(scale))
	}
	return loss, grad
}
