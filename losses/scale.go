package losses

import (
	"math"

	"softloss/internal/dense"
)

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

// setScale sets the factors of the gradients by the logits, n of them: one for all rows or one a
// row, of which the first are distinct and the others repeat them. Where T cannot hold all of them,
// excess has them.
func (b *batch[T]) setScale(n, distinct int, scale *[]T, excess *[]float64) {
	b.scale, b.excess = dense.Grow(scale, n), nil
	f, alike := b.common(0), len(b.share) == 1
	for i := range distinct {
		if !alike {
			f = b.common(i)
		}
		x := f * b.weight(i)
		if size := math.Abs(x); !(size > 0x1p-126 && size < 0x1p127) && !holds[T](x) { // which takes longer
			b.excess = dense.Grow(excess, n)
			break
		}
		b.scale[i] = T(x)
	}
	repeat(b.scale, distinct)
	for i := range b.excess {
		b.scale[i], b.excess[i] = 1, b.common(i)*b.weight(i)
	}
}

// common returns the factor of the gradients of row i by the logits, but for the row's weight.
func (b *batch[T]) common(i int) float64 { return of(b.share, i) * b.lift / b.temperature }

// weight returns the weight of row i.
func (b *batch[T]) weight(i int) float64 {
	switch w := b.rowWeight; {
	case w == nil:
		return 1
	case len(w) < b.n: // of classes
		return own(b, w, i, i+1)[0]
	default:
		return w[i]
	}
}
