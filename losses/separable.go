package losses

import (
	"math"

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
func separableRow(s separable, r Row) (loss float64) {
	family, a := s.family()
	for k, t := range r.Target {
		f, df, _ := kernel.Phi(family, a, r.LogP[k], r.Rest[k])
		if t > 0 {
			loss += t * f
			if r.Grad != nil {
				r.Grad[k] = t * df
			}
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = f
		}
	}
	return loss
}

// separableBlock is the kernel of a separable loss.
func separableBlock[T kernel.Float](s separable, b *block[T]) {
	family, a := s.family()
	switch {
	case b.criterion.FromProbs:
	case b.index != nil:
		separableIndex(family, a, b)
		return
	default:
		bad, ok := kernel.Separable(family, a, b.loss, b.grad, b.input, b.target, b.scale, grow(&b.rowBuf, 2*b.k), b.k)
		if ok {
			b.bad = bad
			return
		}
	}
	rowBlock(b, s)
}

// separableIndex runs a separable loss on an index: the loss is φ(l_y), and its gradient a multiple of
// cross entropy's, -φ'(l_y) (p - e_y).
func separableIndex[T kernel.Float](family kernel.Family, a float64, b *block[T]) {
	kernel.CrossEntropyIndex(b.loss, b.grad, b.input, b.index, b.scale, b.k)
	for i, l := range b.loss {
		if math.IsNaN(l) {
			continue
		}
		f, df, _ := kernel.Phi(family, a, -l, -math.Expm1(-l))
		b.loss[i] = f
		if b.grad != nil && df != -1 {
			kernel.Scale(b.grad[i*b.k:(i+1)*b.k], T(-df))
		}
	}
}
