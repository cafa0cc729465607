package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// separable is a loss that is a sum of terms of one class each,
//
//	L = Σ_k t_k φ(l_k),   dL/dlogits_j = t_j φ'(l_j) - p_j Σ_k t_k φ'(l_k),   dL/dt_k = φ(l_k)
//
// with l = log p. It is linear in its target.
type separable interface {
	Loss
	// family returns which φ it is, and its parameter: [kernel.Phi].
	family() (kernel.Family, float64)
}

// separableRow is Row for every separable loss.
func separableRow[S separable](s S, r Row) (loss float64) {
	family, a := s.family()
	return termsOf(r, func(k int) (v, dv float64) { return kernel.PhiOf(family, a, r.LogP[k], r.P[k], r.Rest[k]) })
}

// separableRows is the kernel of a separable loss.
func separableRows[T kernel.Float](b *batch[T], s separable) (bad int) {
	family, a := s.family()
	if b.index != nil {
		kernel.SeparableIndex(family, a, b.loss, b.grad, b.input, b.index, b.scale, b.rowT(), b.k)
		return -1
	}
	scratch := dense.Grow(&b.tmp, 2*b.k)
	if b.byTarget != nil {
		return kernel.SeparableLabels(family, a, b.loss, b.grad, b.byTarget, b.input, b.target, b.scale, scratch, b.k,
			func(i int) { b.alone(s, i) })
	}
	return kernel.Separable(family, a, b.loss, b.grad, b.input, b.target, b.scale, scratch, b.k)
}

// termsOf is Row for a loss Σ_k t_k φ(l_k); term returns φ and φ' of class k.
func termsOf(r Row, term func(k int) (v, dv float64)) (loss float64) {
	var sum precise
	for k, t := range r.Target {
		v, dv := term(k)
		if t > 0 {
			sum.add(t * v)
			if r.Grad != nil {
				r.Grad[k] = t * dv
			}
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = v
		}
	}
	return sum.value()
}
