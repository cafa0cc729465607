package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// MAE is the mean absolute error between the label and the predicted
// distribution, robust to label noise.
//
//	loss = Σ_k |p_k - t_k|,   p = softmax(logits)
//	dL/dlogits_j = p_j (σ_j - Σ_k σ_k p_k),   σ = sign(p - t), sign(0) = 0
//	dL/dt_k = -σ_k
//
// It is a sum over the classes of a row: 2(1 - p_y) for a one-hot row of class
// y, at most 2. Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K].
//
// Summed over the K one-hot labels a prediction costs 2(K-1) whatever it is,
// which is why symmetric label noise leaves the optimum alone. The price: at
// uniform logits its gradient is 2/K of cross entropy's, and with many classes
// it hardly learns.
//
// Special cases are:
//
//	logit -Inf                p = 0, gradient 0
//	a NaN or +Inf logit,
//	or all logits -Inf        loss and gradient of that row are NaN
//
// Source: Ghosh, Kumar and Sastry, AAAI 2017, arXiv:1712.09482; the notebook's
// classification_mae_with_logits. Golden file: testdata/notebook.json.
type MAE struct{}

// Row implements [Loss].
func (MAE) Row(r Row) (loss float64) {
	for k, t := range r.Target {
		d := r.P[k] - t
		if r.P[k] > 0.5 {
			rest := 1 - t
			if other := r.other(k); complement(t, other) {
				rest = other
			}
			d = rest - r.Rest[k]
		}
		loss += math.Abs(d)
		s := kernel.Sign(d)
		if r.Grad != nil {
			r.Grad[k] = s * r.P[k]
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = -s
		}
	}
	return loss
}

// maeElements is the kernel of the absolute error for elements with the labels that [klElements] has.
// Where the one of no has lost digits of a tiny one of yes, both terms of the sum are the same.
func maeElements[T kernel.Float](b *batch[T], z, yes, no []T) (ok bool) {
	if !kernel.SigmoidMAE(b.loss, b.grad, z, yes, no, b.scale) {
		return false
	}
	loss, z := b.loss[:len(yes)], z[:len(yes)]
	for i, v := range yes {
		t := float64(v)
		if !(t > 0 && t < 0x1p-29 && z[i] < 0) || no != nil && !complement(float64(no[i]), t) {
			continue
		}
		e := math.Exp(float64(z[i]))
		p := e / (1 + e)
		loss[i] = 2 * math.Abs(p-t)
		if b.grad != nil {
			b.grad[i] = T(of(b.scale, i) * 2 * kernel.Sign(p-t) * p * (1 - p))
		}
	}
	return true
}

// maeRows is the kernel of the absolute error.
func maeRows[T kernel.Float](b *batch[T]) (bad int) {
	if b.index != nil {
		kernel.SeparableIndex(kernel.Absolute, 0, b.loss, b.grad, b.input, b.index, b.scale, b.rowT(), b.k)
		return -1
	}
	return kernel.MAE(b.loss, b.grad, b.input, b.target, b.scale, dense.Grow(&b.wide, b.k), b.k)
}
