package spec

import "math"

// sparseElements is the loss of a sparse map, of the exponent n, for elements as
// [SigmoidCrossEntropy] takes them.
func sparseElements[T Float](n int, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	ok = true
	for i, x := range z {
		t, u, valid := BothLabels(yes, no, i)
		ok = ok && valid
		v := float64(x)
		if math.IsInf(v, 1) {
			v = math.NaN()
		}
		var d float64
		if loss[i], d = sparseElement(n, v, t, u); grad != nil {
			grad[i] = T(Factor(scale, i) * d)
		}
	}
	return ok
}

// sparseElement returns the loss of the row of the logits z and 0 for the labels t and u, and its
// derivative p - t by z. Of the class that leads, with the label a, and the other, with b and the
// probability q,
//
//	sparsemax  q = (1-g)/2,   loss = ((a-p)² + (b-q)²)/2 + b e
//	entmax15   √q = (1-g²)/2√p,  2√p = √(2-g²) + g,   loss = Σ 2/3 (√a - √p)² (2√a + √p) + 2 b e
//
// with g = |z|/n, of which e is beyond 1: there q is 0. Where a has lost digits of b, 1 - a is b.
func sparseElement(n int, z, t, u float64) (loss, d float64) {
	a, b := t, u
	if z < 0 {
		a, b = u, t
	}
	gap := math.Abs(z) / float64(n)
	excess := max(gap-1, 0)
	gap = min(gap, 1)
	if n == 2 {
		double := math.Sqrt(2-gap*gap) + gap
		root := (1 - gap) * (1 + gap) / double
		rest := root * root
		d = Complement(a, b) - rest
		loss = entmaxTerm(d, a, double/2) + entmaxTerm(rest-b, b, root)
	} else {
		rest := (1 - gap) / 2
		d = Complement(a, b) - rest
		loss = (d*d + (rest-b)*(rest-b)) / 2
	}
	loss += labelled(b, float64(n)*excess)
	if z < 0 {
		d = -d
	}
	return loss, d
}

// entmaxTerm is the term of a class with p - t = d, its label and √p.
func entmaxTerm(d, t, root float64) float64 {
	if d == 0 {
		return 0
	}
	s := math.Sqrt(t)
	x := d / (s + root)
	return 2. / 3 * x * x * (2*s + root)
}
