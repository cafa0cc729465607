package losses

import (
	"math"
	"slices"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// widens reports whether the rows are computed in float64 whatever their dtype, and every result
// rounded once: where logits are changed before their exponentials are taken, which would make a
// rounding of them a hundred times as large, and of float32 where labels are changed, or
// probabilities subtracted from 1, before a loss makes more of them than a sum, or where a loss
// makes much more of a probability's rounding.
func (b *batch[T]) widens(l Loss, linear bool) bool {
	if b.link == SoftmaxLink && b.shiftsLogits() || single[T]() && b.magnified {
		return true
	}
	if b.link == SigmoidLink {
		s := sigmoidOf(l)
		exact := linear || !b.smoothing.on() && s.kind != sigmoidNone
		_, rule := b.elementRule(linear)
		known := rule && s.kind != sigmoidNone && (linear || b.posWeight == nil)
		subtracts := b.targetGrad != nil && !known // losses that nearly agree, where z is nearly 0
		return single[T]() && (b.shiftsLogits() && !b.shifted64 || b.probs || b.direction != nil || !exact || subtracts)
	}
	return single[T]() && b.preparesTarget() && !linear
}

// magnifies reports whether l is a power or an exponential that shows what float32 rounds p by a
// hundred times, or several times beside a sum that is nearly p, or that float32 does not hold.
func magnifies(l Loss) bool {
	switch l := l.(type) {
	case Focal:
		return l.Gamma > 64
	case Asymmetric:
		return max(l.GammaPos, l.GammaNeg) > 64
	case AGCE:
		return l.Q > 6 && l.A < 1
	case AUL:
		return l.A < 1+1./64 && math.Pow(l.A-1, l.Q) < 0x1p-100
	case AEL:
		return l.A < 1./64
	case WeightedSum:
		return slices.ContainsFunc(l, func(t Term) bool { return magnifies(t.Loss) })
	}
	return false
}

// computeWide is compute in float64.
func (b *batch[T]) computeWide(l Loss, linear bool) (row int, err error) {
	if b.double == nil {
		b.double = new(double)
	}
	d := b.double
	w := batch[float64]{n: b.n, k: b.k, first: b.first, options: b.options, index: b.index, rowWeight: b.rowWeight,
		positive: b.positive, shifts: b.shifts, share: wide(&d.share, b.share), wideShare: b.wideShare, loss: b.loss,
		at: b.at, scratch: &d.scratch}
	if b.link == SoftmaxLink && b.shiftsLogits() {
		b.prepareLogits(&w)
	} else {
		w.input = wide(&d.input, b.input)
	}
	w.target, w.direction = wide(&d.target, b.target), wide(&d.direction, b.direction)
	w.labels = w.target
	w.grad, w.targetGrad = wideLike(&d.grad, b.grad), wideLike(&d.targetGrad, b.targetGrad)
	w.setScale(len(b.scale), len(b.scale), &d.scale, &d.excess)
	if row, err = w.compute(l, linear); err == nil && single[T]() {
		kernel.Round(b.grad, w.grad)
		kernel.Round(b.targetGrad, w.targetGrad)
	}
	return row, err
}

// wide returns x in float64: x itself, or what it stores in buf, and nil for nil.
func wide[T kernel.Float](buf *[]float64, x []T) []float64 {
	dst := wideLike(buf, x)
	if _, same := any(x).([]float64); !same && x != nil {
		kernel.Widen(dst, x)
	}
	return dst
}

// wideLike returns memory for as many float64 as there are x: x itself, or buf, and nil for nil.
func wideLike[T kernel.Float](buf *[]float64, x []T) []float64 {
	if same, ok := any(x).([]float64); ok || x == nil {
		return same
	}
	return dense.Grow(buf, len(x))
}
