package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// KL is the Kullback-Leibler divergence of the prediction from the target, in nats.
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
// Source: Kullback and Leibler, Annals of Mathematical Statistics 22 (1951), eq. (2.4). Golden
// file: testdata/peers_torch.json, peers_optax.json.
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
	scratch, narrow := dense.Grow(&b.wide, b.k), b.rowT()
	if b.byTarget != nil {
		return kernel.KLLabels(b.loss, b.grad, b.byTarget, b.input, b.target, b.scale, scratch, narrow, b.k,
			func(i int) { b.alone(KL{}, i) })
	}
	return kernel.KL(b.loss, b.grad, b.input, b.target, b.scale, scratch, narrow, b.k)
}
