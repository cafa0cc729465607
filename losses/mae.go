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
	var sum precise
	for k, t := range r.Target {
		d := r.P[k] - t
		if r.P[k] > 0.5 {
			d = kernel.Complement(t, r.other(k)) - r.Rest[k]
		}
		sum.add(math.Abs(d))
		s := kernel.Sign(d)
		if r.Grad != nil {
			r.Grad[k] = s * r.P[k]
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = -s
		}
	}
	return sum.value()
}

// maeRows is the kernel of the absolute error.
func maeRows[T kernel.Float](b *batch[T]) (bad int) {
	if b.index != nil {
		kernel.SeparableIndex(kernel.Absolute, 0, b.loss, b.grad, b.input, b.index, b.scale, b.rowT(), b.k)
		return -1
	}
	scratch, narrow := dense.Grow(&b.wide, b.k), b.rowT()
	if b.byTarget != nil {
		return kernel.MAELabels(b.loss, b.grad, b.byTarget, b.input, b.target, b.scale, scratch, narrow, b.k,
			func(i int) { b.alone(MAE{}, i) })
	}
	return kernel.MAE(b.loss, b.grad, b.input, b.target, b.scale, scratch, narrow, b.k)
}
