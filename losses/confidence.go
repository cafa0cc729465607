package losses

import "softloss/losses/internal/kernel"

// ConfidencePenalty is cross entropy less Beta times the entropy of the prediction, which keeps it
// from growing too sure.
//
//	loss = -Σ_k t_k l_k + Beta Σ_k p_k l_k,   l = log p,  p = softmax(logits)
//	dL/dl_k = -t_k + Beta p_k (l_k + 1),   dL/dt_k = -l_k
//
// Shapes: logits [N, K], target [N, K] or [N], loss [N], grad [N, K]. Special cases are those of
// [CrossEntropy]; with 0·log 0 = 0. It is not linear in the target, because of the second term.
//
// Errors: [ErrParam] unless 0 <= Beta <= 1e30.
//
// Source: Pereyra et al., ICLR 2017 workshop, arXiv:1701.06548, section 3.1. Golden file:
// testdata/peers_torch.json.
type ConfidencePenalty struct {
	Beta float64 // strength; the paper uses 0.1
}

// Validate implements [Validator].
func (c ConfidencePenalty) Validate() error {
	return strength.check("ConfidencePenalty.Beta", c.Beta, "the paper uses 0.1")
}

// Row implements [Loss].
func (c ConfidencePenalty) Row(r Row) float64 {
	loss := CrossEntropy{}.Row(r)
	var penalty precise
	for k, p := range r.P {
		pl := times(p, r.LogP[k])
		penalty.add(pl)
		if r.Grad != nil {
			r.Grad[k] += c.Beta * (pl + p)
		}
	}
	return loss + c.Beta*penalty.value()
}

// confidenceRows is the kernel of c, which l is: of each class the expectation is that of log p.
func confidenceRows[T kernel.Float](b *batch[T], c ConfidencePenalty, l Loss) (bad int) {
	if kernel.InTiles[T](b.k) {
		return kernel.ConfidencePenalty(c.Beta, b.loss, b.grad, b.byTarget, b.input, b.target, b.index, b.scale, b.k,
			func(i int) (valid bool) { return expectationAlone(b, i, l, 1, c.Beta, logOfP[T]{}) })
	}
	return expectationRows(b, l, 1, c.Beta, logOfP[T]{})
}

// logOfP is log p, and 0 where p is 0.
type logOfP[T kernel.Float] struct{}

func (logOfP[T]) values(h, z, _ []T, k int) {
	kernel.LogSoftmax(h, z, k)
	for j, v := range h {
		if v < -1e30 { // p is 0
			h[j] = 0
		}
	}
}

func (logOfP[T]) near(_, z, _ []T) (h []T) { return z }

func (logOfP[T]) numbers(s *kernel.SoftmaxOf) (from, less float64) { return s.Max, s.Log }

func (logOfP[T]) byTarget(y, _, z, _ []T, s kernel.SoftmaxOf) (ok bool) {
	kernel.LogP(y, z, s)
	kernel.Affine(y, y, -1, 0, 0)
	return true
}
