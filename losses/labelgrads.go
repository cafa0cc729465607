package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// crossEntropyLabels is the kernel with the gradients of the labels: -log p before smoothing and
// class weights.
func crossEntropyLabels[T kernel.Float](b *batch[T]) (bad int) {
	k, s := b.k, b.smoothing
	keep := 1.0 // what smoothing leaves of a label
	if s.on() && s.Rule != SmoothNotebook {
		keep = 1 - s.Alpha
	}
	factor := dense.Grow(&b.extra, len(b.share))
	straight := keep != 0 && b.rowWeight == nil && !(b.weighsLabels && s.byNotebook())
	for i, share := range b.share {
		f := -share * b.lift * keep
		if factor[i] = T(f); !holds[T](f) || f > 0 && b.weighsLabels {
			straight = false
		}
	}
	if !straight {
		factor = append(factor[:0], -1)
	}
	if bad := kernel.CrossEntropyLabels(b.loss, b.grad, b.targetGrad, b.input, b.target, b.scale, factor, k); bad >= 0 {
		return bad
	}
	if straight && !b.weighsLabels && (!s.on() || s.Rule == SmoothUniform) {
		return -1
	}
	for i := range b.n {
		g := part(b.targetGrad, i, i+1, k)
		if straight && b.backThroughSmoothing(g, part(b.labels, i, i+1, k)) {
			continue
		}
		if straight {
			kernel.LogSoftmax(g, part(b.input, i, i+1, k), k)
			negate(g)
		}
		w := dense.Grow(&b.wide, 2*k)
		kernel.Widen(w[:k], g)
		b.storeTargetGrad(i, w[:k], w[k:])
	}
	return -1
}

// backThroughSmoothing takes g, which is f dL/dτ times what smoothing leaves of a label, f >= 0 with
// class weights, back through smoothing and weights of labels t. It returns false where a number is
// not finite: then g means nothing.
func (b *batch[T]) backThroughSmoothing(g, t []T) (ok bool) {
	s := b.smoothing
	switch {
	case !s.on():
	case s.Rule == SmoothNotebook:
		kernel.KeepAbove(g, t, s.cut(kernel.Positives(t)))
	case s.Rule == SmoothPrior:
		mean := meanByPrior(s, g) * s.Alpha / (1 - s.Alpha)
		if !finite(mean) {
			return false
		}
		kernel.Affine(g, g, 1, mean, 0)
	}
	return !b.weighsLabels || kernel.Weigh(g, g, b.classWeights) < 0
}

// meanByPrior returns Σ μ g.
func meanByPrior[T kernel.Float](s Smoothing, g []T) float64 {
	if s.Prior == nil {
		return sumOf(g) / float64(len(g))
	}
	return dot(g, s.Prior)
}

func negate[T kernel.Float](x []T) {
	for i := range x {
		x[i] = -x[i]
	}
}
