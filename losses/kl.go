package losses

import (
	"math"

	"softloss/losses/internal/kernel"
)

// KL is the Kullback-Leibler divergence of the prediction from the target.
//
//	loss = Σ_{t_k>0} t_k (log t_k - l_k),   l = log softmax(logits)
//	dL/dlogits_k = S p_k - t_k, as cross entropy's
//	dL/dt_k = log t_k + 1 - l_k
//
// It is cross entropy less the entropy of the target: 0 where the prediction is the target, with
// cross entropy's second derivatives in the logits. It is not linear in the target. Shapes: logits
// [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Special cases are those of [CrossEntropy]; the gradient of a label 0 is -Inf, as the derivative
// is.
//
// Source: Kullback and Leibler, Annals of Mathematical Statistics 22 (1951), eq. (2.4).
type KL struct{}

// Row implements [Loss].
func (KL) Row(r Row) (loss float64) {
	var sum precise
	for k, t := range r.Target {
		log := logBeside(t, r.other(k), kernel.Log(t))
		if t > 0 {
			sum.add(t * (log - r.LogP[k]))
		}
		if r.Grad != nil {
			r.Grad[k] = -t
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = log + 1 - r.LogP[k]
		}
	}
	return sum.value()
}

// klRows is the kernel of the divergence. A one-hot row has no entropy.
func klRows[T kernel.Float](b *batch[T]) (bad int) {
	switch {
	case b.index != nil:
		return crossEntropyRows(b)
	case b.twins:
		return byRow(b, KL{})
	}
	return kernel.KL(b.loss, b.grad, b.input, b.target, b.scale, b.k)
}

// klElements is the kernel of the divergence for elements with the labels t of yes and u of no,
// which sum to 1; a nil no stands for 1 - yes. Where the larger one, u, has lost digits of t its
// term is u log(1-t), which is u log u + (1-u) - t.
func klElements[T kernel.Float](b *batch[T], z, yes, no []T) (ok bool) {
	if !kernel.SigmoidKL(b.loss, b.grad, z, yes, no, b.scale) {
		return false
	}
	loss := b.loss[:len(yes)]
	switch {
	case no == nil && b.single(): // hardly ever
		for i, v := range yes {
			if tiny(float32(v)) {
				t := float64(v)
				loss[i] += (1 - (1 - t)) - t
			}
		}
	case no == nil: // where 1 - t is not the larger one it is exact
		for i, v := range yes {
			t := float64(v)
			loss[i] += (1 - (1 - t)) - t
		}
	default:
		for i, v := range yes {
			t, u := float64(v), float64(no[i])
			loss[i] += (1 - max(t, u)) - min(t, u)
		}
	}
	return true
}

// tiny reports whether 0 < x < 2⁻²⁹: the others lose nothing in 1 - x, in float64.
func tiny(x float32) bool { return math.Float32bits(x)-1 < 0x31000000-1 }
