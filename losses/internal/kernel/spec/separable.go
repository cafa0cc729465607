package spec

import "math"

// Separable computes, for every row with target t,
//
//	loss = Σ_k t_k φ(l_k),   grad_j = scale (t_j φ'(l_j) - p_j Σ_k t_k φ'(l_k)).
//
// Arguments and result are those of [CrossEntropy].
func Separable[T Float](f Family, a float64, loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		if !SeparableRow(f, a, &loss[i], Row(grad, i, k), Row(z, i, k), Row(t, i, k), Factor(scale, i)) {
			return i
		}
	}
	return -1
}

// SeparableRow is [Separable] for one row. It returns false when there is an invalid label.
func SeparableRow[T Float](f Family, a float64, loss *float64, grad, z, t []T, scale float64) bool {
	m, top, r := Odds(z)
	log, q := math.Log1p(r), r/(1+r)
	var sum, others, own float64
	// -t φ'(l) of every class, once for the sums and once for the gradient.
	term := func(j int) (h float64) {
		if t[j] == 0 {
			return 0
		}
		l := (float64(z[j]) - m) - log
		u := q
		if j != top {
			u = -math.Expm1(l)
		}
		v, dv, _ := Phi(f, a, l, u)
		sum += float64(t[j]) * v
		return -float64(t[j]) * dv
	}
	for j := range z {
		if invalid(t[j]) {
			return false
		}
		if h := term(j); j == top {
			own = h
		} else {
			others += h
		}
	}
	*loss = sum
	if r != r { // no softmax
		*loss, others = r, r
	}
	if grad == nil {
		return true
	}
	mass := others + own
	for j := range grad {
		h := term(j)
		grad[j] = T(scale * (mass*math.Exp((float64(z[j])-m)-log) - h))
	}
	if r < 1 { // p > 1/2
		grad[top] = T(scale * (others - mass*q))
	}
	return true
}

// SeparableIndex is [Separable] for the one-hot rows of index: the gradient is a multiple of cross
// entropy's,
//
//	loss = φ(l_y),   grad_j = -scale φ'(l_y) (p_j - [j=y]).
func SeparableIndex[T Float](f Family, a float64, loss []float64, grad, z []T, index []int, scale []T, k int) {
	for i, y := range index {
		x, g := Row(z, i, k), Row(grad, i, k)
		var m, r float64
		var top int
		if g == nil {
			m, top, r = Odds(x)
		} else {
			m, top, r = Exps(g, x)
		}
		d := float64(x[y]) - m
		v, dv := IndexPhi(f, a, d, math.Exp(d)/(1+r), r, y == top)
		loss[i] = v
		if g != nil {
			IndexGrad(g, top, y, r, -dv*Factor(scale, i))
		}
	}
}

// IndexPhi returns φ and φ' of the class y of an index, with d = z_y - M and p = p_y; top says that
// it is a.
func IndexPhi(f Family, a, d, p, r float64, top bool) (v, dv float64) {
	l, q := d-math.Log1p(r), r/(1+r)
	if !top {
		q = -math.Expm1(l)
	}
	return PhiOf(f, a, l, p, q)
}
