package losses

import "softloss/losses/internal/kernel"

// CrossEntropy is the cross entropy between the target and the prediction, in nats.
//
//	loss = -Σ_k t_k l_k,   l = log_softmax(logits)
//	dL/dlogits_k = S p_k - t_k,   S = Σ_k t_k,   p = exp(l)
//	dL/dt_k = -l_k
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K]. Targets
// need not sum to 1.
//
// Special cases are:
//
//	a row of zero labels      loss 0, gradient 0
//	logit -Inf where t = 0    its term is 0
//	logit -Inf where t > 0    the loss is +Inf, the gradient finite
//	a NaN or +Inf logit,
//	or all logits -Inf        loss and gradient of that row are NaN
//	K = 1                     loss 0, gradient 0: nothing is learnt from one logit a row, which is
//	                          a yes-or-no question for [SigmoidLink]
//	several labels of 1       a row of that mass; questions of their own are for [SigmoidLink],
//	                          too
//
// With [Criterion.FromProbs] the logarithm is that of the given probabilities,
//
//	loss = -Σ_{t_k>0} t_k log max(p_k, tiny),   dL/dp_k = -t_k / max(p_k, tiny)
//
// with tiny the smallest normal number of the dtype, so that a term is at most
// 87.3 (float32) or 708.4 (float64) for each unit of label.
//
// Golden file: testdata/notebook.json.
type CrossEntropy struct{}

// Row implements [Loss].
func (CrossEntropy) Row(r Row) (loss float64) {
	var sum precise
	for k, t := range r.Target {
		if t > 0 {
			sum.add(-t * r.LogP[k])
		}
		if r.Grad != nil {
			r.Grad[k] = -t
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = -r.LogP[k]
		}
	}
	return sum.value()
}

// LinearInTarget implements [LinearLoss].
func (CrossEntropy) LinearInTarget() bool { return true }

// crossEntropyRows is the kernel of cross entropy.
func crossEntropyRows[T kernel.Float](b *batch[T]) (bad int) {
	if b.index != nil {
		kernel.CrossEntropyIndex(b.loss, b.grad, b.input, b.index, b.scale, b.k)
		return -1
	}
	if b.byTarget != nil {
		o := kernel.LabelGrads[T]{Factor: append(b.extra[:0], -1), Keep: 1, Above: -1}
		return kernel.CrossEntropyLabels(b.loss, b.grad, b.byTarget, b.input, b.target, b.scale, b.k, o)
	}
	return kernel.CrossEntropy(b.loss, b.grad, b.input, b.target, b.scale, b.k)
}
