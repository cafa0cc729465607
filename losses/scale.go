package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// setScale sets one over the denominator and the factors with which each row's gradients enter the
// cost's: upstream and sample weight over the denominator, and for those of the logits the row's
// weight over the temperature.
func (e *engine[T]) setScale(div float64) {
	e.div = div
	shares, scales := 1, 1
	if e.sample != nil || len(e.upstream) > 1 {
		shares, scales = e.n, e.n
	}
	if e.rowWeight != nil {
		scales = e.n
	}
	e.share = dense.Grow(&e.buf.share, shares)
	for i := range e.share {
		f := e.upstreamOf(i) * e.div * e.lift
		if e.sample != nil {
			f *= float64(e.sample[i])
		}
		if holds[T](f) {
			f = float64(T(f))
		}
		e.share[i] = f
	}
	e.scale, e.excess = dense.Grow(&e.buf.scale, scales), nil
	distinct := scales
	if e.link == SigmoidLink && shares == 1 && (e.posWeight == nil || e.linear) {
		distinct = min(e.classes, scales)
	}
	for i := range distinct {
		f := e.factor(i)
		if !holds[T](f) {
			e.setExcess()
			return
		}
		e.scale[i] = T(f)
	}
	repeat(e.scale, distinct)
}

// setExcess sets factors of the gradients of the logits that T cannot hold all of.
func (e *engine[T]) setExcess() {
	e.excess = dense.Grow(&e.buf.excess, len(e.scale))
	for i := range e.scale {
		e.scale[i], e.excess[i] = 1, e.factor(i)
	}
}

// factor returns that of the gradients of row i by the logits.
func (e *engine[T]) factor(i int) float64 {
	f := of(e.share, i) / e.temperature
	if e.rowWeight != nil {
		f *= e.rowWeight[i]
	}
	return f
}

// holds reports whether T has x with all its digits.
func holds[T kernel.Float](x float64) bool {
	y := float64(T(x))
	return x == 0 || math.Abs(y) >= kernel.Tiny[T]() && finite(y)
}
