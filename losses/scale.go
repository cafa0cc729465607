package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// setScales sets one over the denominator and the factors with which each row's gradients enter the
// cost's: upstream and sample weight over the denominator, and for those of the logits the row's
// weight over the temperature.
func (e *engine[T]) setScales(div float64) {
	e.div = div
	e.setShares()
	scales := len(e.share)
	if e.rowWeight != nil {
		scales = max(scales, len(e.rowWeight))
	}
	distinct := scales
	if e.link == SigmoidLink && len(e.share) == 1 && (e.posWeight == nil || e.linear) {
		distinct = min(e.classes, scales)
	}
	e.batch.setScale(scales, distinct, &e.buf.scale, &e.buf.excess)
}

// setShares sets upstream and sample weight over the denominator.
func (e *engine[T]) setShares() {
	shares := 1
	if e.sample != nil || len(e.upstream) > 1 {
		shares = e.n
	}
	e.share, e.wideShare = dense.Grow(&e.buf.share, shares), nil
	if e.multiplies() {
		return
	}
	for i := range e.share {
		f := e.upstreamOf(i) * e.div * e.sampleOf(i)
		if e.share[i] = T(f); !holds[T](f) {
			e.wideShare = dense.Grow(&e.buf.wideShare, shares)
			break
		}
	}
	for i := range e.wideShare {
		f := e.upstreamOf(i) * e.div * e.sampleOf(i)
		if holds[T](f) {
			f = float64(T(f))
		}
		e.wideShare[i] = f
	}
}

// multiplies sets the shares by a kernel where either upstream or sample weights are one a row, and
// T holds all. It returns false where it has not.
func (e *engine[T]) multiplies() (done bool) {
	each, f, of := e.sample, e.div, e.sampleSizes
	switch {
	case len(e.upstream) > 1 && e.sample == nil:
		each, of = e.upstream, kernel.SizesOf(e.upstream)
	case len(e.upstream) > 1 || e.sample == nil:
		return false
	default:
		f *= e.upstreamOf(0)
	}
	if !holdsAll[T](of, f) {
		return false
	}
	kernel.Factors(e.share, each, f)
	return true
}

// setScale sets the factors of the gradients by the logits, n of them: one for all rows or one a
// row, of which the first are distinct and the others repeat them. Where T cannot hold one of them,
// it is 1, and excess has it.
func (b *batch[T]) setScale(n, distinct int, scale *[]T, excess *[]float64) {
	b.excess = nil
	if b.rowWeight == nil && b.wideShare == nil && b.lift == 1 && b.temperature == 1 {
		b.scale = b.share
		return
	}
	b.scale = dense.Grow(scale, n)
	if distinct == n && b.wideShare == nil && b.lift == 1 && b.temperature == 1 && b.weighShares(dense.Grow(excess, n)) {
		return
	}
	f, alike := b.common(0), len(b.share) == 1
	for i := range distinct {
		if !alike {
			f = b.common(i)
		}
		x := f * b.weight(i)
		if size := math.Abs(x); !(size > 0x1p-126 && size < 0x1p127) && !holds[T](x) { // which takes longer
			if b.excess == nil {
				b.excess = dense.Grow(excess, n)
				b.excess[0] = 1
				repeat(b.excess, 1)
			}
			b.scale[i], b.excess[i] = 1, x
			continue
		}
		b.scale[i] = T(x)
	}
	repeat(b.scale, distinct)
	repeat(b.excess, distinct)
}

// exceeds reports whether T cannot hold the factor of the gradients of row i by the logits.
func (b *batch[T]) exceeds(i int) bool { return b.excess != nil && own(b, b.excess, i, i+1)[0] != 1 }

// scaledAlike returns how far from row i on, to end at most, T holds the factors of the rows'
// gradients by the logits as it holds that of i, or does not.
func (b *batch[T]) scaledAlike(i, end int) int {
	if b.excess == nil {
		return end
	}
	first := b.exceeds(i)
	for i++; i < end && b.exceeds(i) == first; i++ {
	}
	return i
}

// weighShares sets the factors of all rows by kernels: shares times row weights, with x for scratch
// memory. It returns false where T does not hold one.
func (b *batch[T]) weighShares(x []float64) (hold bool) {
	if len(b.share) == 1 {
		kernel.Factors(x, b.rowWeight, float64(b.share[0]))
	} else {
		kernel.Widen(x, b.share)
		for lo := 0; lo < len(x); lo += runSize {
			hi := min(len(x), lo+runSize)
			kernel.Times(x[lo:hi], own(b, b.rowWeight, lo, hi))
		}
	}
	if !holdsAll[T](kernel.SizesOf(x), 1) {
		return false
	}
	kernel.Round(b.scale, x)
	return true
}

// holdsAll reports whether T holds numbers of those sizes times f.
func holdsAll[T kernel.Float](s kernel.Sizes, f float64) bool {
	return s.Finite && (s.Most == 0 || holds[T](f*s.Least) && holds[T](f*s.Most))
}

// common returns the factor of the gradients of row i by the logits, but for the row's weight.
func (b *batch[T]) common(i int) float64 { return b.shareOf(i) * b.lift / b.temperature }

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
