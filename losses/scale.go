package losses

import "softloss/internal/dense"

// setScales sets one over the denominator and the factors with which each row's gradients enter the
// cost's: upstream and sample weight over the denominator, and for those of the logits the row's
// weight over the temperature.
func (e *engine[T]) setScales(div float64) {
	e.div = div
	shares, scales := 1, 1
	if e.sample != nil || len(e.upstream) > 1 {
		shares, scales = e.n, e.n
	}
	if e.rowWeight != nil {
		scales = max(scales, len(e.rowWeight))
	}
	e.share = dense.Grow(&e.buf.share, shares)
	for i := range e.share {
		f := e.upstreamOf(i) * e.div * e.sampleOf(i)
		if holds[T](f) {
			f = float64(T(f))
		}
		e.share[i] = f
	}
	distinct := scales
	if e.link == SigmoidLink && shares == 1 && (e.posWeight == nil || e.linear) {
		distinct = min(e.classes, scales)
	}
	e.batch.setScale(scales, distinct, &e.buf.scale, &e.buf.excess)
}
