package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// byLabel returns what the derivatives by the labels are of a loss that is not linear in them. ok
// is false for others, and for cross entropy and the penalty, whose derivative is -z.
func (s sigmoidKernel) byLabel() (l kernel.ByLabel, ok bool) {
	q := s.question
	l = kernel.ByLabel{A: q.A, B: q.B, C: q.C}
	switch {
	case s.kind == sigmoidMAE:
		l.Kind = kernel.AbsoluteByLabel
	case s.kind == sigmoidKL:
		l.Kind = kernel.DivergenceByLabel
	case s.kind != sigmoidQuestion:
		return l, false
	case q.Kind == kernel.Symmetric:
		l.Kind = kernel.SymmetricByLabel
	case q.Kind == kernel.Sparsemax:
		l.Kind = kernel.SparsemaxByLabel
	case q.Kind == kernel.Entmax15:
		l.Kind = kernel.Entmax15ByLabel
	case q.Kind == kernel.BiTempered:
		l.Kind = kernel.BiTemperedByLabel
	default:
		return l, false
	}
	return l, true
}

// isEntropy reports whether s is cross entropy, and no more than that depends on labels.
func (s sigmoidKernel) isEntropy() bool {
	return s.kind == sigmoidCrossEntropy || s.kind == sigmoidQuestion && s.question.Kind == kernel.Penalised
}

// slopeBlock is of how many elements the derivatives by the labels are computed at once: they stay
// in the first cache.
const slopeBlock = 1024

// elementLabels stores the gradients by the labels of elements with the logits z and the labels yes
// and no that rule makes of the target, in float64 up to the last rounding.
func elementLabels[T kernel.Float](b *batch[T], s sigmoidKernel, linear bool, z, yes, no []T,
	rule kernel.ElementSmoothing) {
	buf := dense.Grow(&b.slopes, 7*slopeBlock)
	for lo := 0; lo < b.n; lo += slopeBlock {
		hi := min(lo+slopeBlock, b.n)
		c, n := b.slice(lo, hi), hi-lo
		slope, scaled := buf[:n], buf[slopeBlock:][:n]
		f := rule.Keep * b.lift
		l, ok := s.byLabel()
		switch {
		case ok:
			kernel.SigmoidByLabel(l, slope, z[lo:hi], yes[lo:hi], part(no, lo, hi, 1))
		case s.isEntropy() && !(linear && b.posWeight != nil):
			kernel.Widen(slope, z[lo:hi])
			kernel.Factors(slope, slope, -1)
			noInfinity(slope)
		case c.positive == nil && labelsApart(s, slope, z[lo:hi]):
		default:
			kernel.Widen(scaled, z[lo:hi])
			c.linearSlopes(s, slope, scaled, buf[2*slopeBlock:], rule)
			if c.positive != nil {
				f = b.lift
			}
		}
		if !linear && b.posWeight != nil {
			c.addOfMass(slope, rule.Keep)
			f = b.lift
		}
		c.storeSlopes(slope, scaled, f)
	}
}

// linearSlopes stores the derivatives by the labels of a loss that is linear in them, y φ + n ψ for
// the derivatives y and n of what rule makes of the labels of yes and no: 1 and -1 without weights
// of the positive one. z and labels are scratch.
func (b *batch[T]) linearSlopes(s sigmoidKernel, slope, z, labels []float64, rule kernel.ElementSmoothing) {
	part := func(i int) []float64 { return labels[i*slopeBlock:][:b.n] }
	yes, no := part(0), part(1)
	if b.positive == nil {
		yes[0], no[0] = 1, -1
		repeat(yes, 1)
		repeat(no, 1)
	} else {
		for i, w := range b.positive {
			yes[i], no[i] = labelFactors(rule, w)
		}
	}
	if kernel.SignedLabels() {
		sigmoidEvaluate(s, slope, nil, z, yes, no, yes[:1])
		return
	}
	ones, zeros, psi := part(2), part(3), part(4)
	ones[0] = 1
	repeat(ones, 1)
	clear(zeros)
	sigmoidEvaluate(s, slope, nil, z, ones, zeros, ones[:1])
	sigmoidEvaluate(s, psi, nil, z, zeros, ones, ones[:1])
	for i, phi := range slope {
		slope[i] = times(yes[i], phi) + times(no[i], psi[i])
	}
}

// labelFactors returns what the derivatives by the two labels that rule makes of an element's are
// multiplied by, of which the sum is that by the label, for the weight q of the positive one.
func labelFactors(rule kernel.ElementSmoothing, q float64) (yes, no float64) {
	return rule.Keep*q + rule.Yes*(q-1), rule.No*(q-1) - rule.Keep
}

// labelsApart stores what a label 1 costs more than 0, of a loss with a kernel of that. It returns
// false for others.
func labelsApart[T kernel.Float](s sigmoidKernel, slope []float64, z []T) (ok bool) {
	switch {
	case s.kind == sigmoidSeparable:
		return kernel.SeparableApart(s.family, s.a, slope, z)
	case s.kind == sigmoidQuestion && s.question.Kind == kernel.Normalised:
		return kernel.NormalisedApart(slope, z)
	}
	return false
}

// addOfMass multiplies the derivatives by keep and adds those of the weight m = q t + 1 - t of the
// elements, which multiplies them too.
func (b *batch[T]) addOfMass(slope []float64, keep float64) {
	for i := range slope {
		slope[i] = times(keep, slope[i])
		if q := b.ofClass(b.posWeight, i); q != 1 {
			slope[i] += (q - 1) * b.loss[i] / b.elementMass(i)
		}
	}
}

// noInfinity makes -Inf NaN, as what a logit +Inf leads to is.
func noInfinity(minus []float64) {
	if finite(kernel.Sum(minus)) {
		return
	}
	for i, x := range minus {
		if math.IsInf(x, -1) {
			minus[i] = math.NaN()
		}
	}
}

// storeSlopes stores the derivatives by the labels of elements times f and the share and the weight
// of each. scaled holds as many.
func (b *batch[T]) storeSlopes(slope, scaled []float64, f float64) {
	each := len(b.share) > 1
	if !each {
		f *= b.shareOf(0)
	}
	kernel.Factors(scaled, slope, f)
	switch {
	case !each && f != 0 && b.rowWeight == nil: // no product of 0 and an infinite number
		kernel.Round(b.targetGrad, scaled)
		return
	case each && b.wideShare != nil:
		kernel.Times(scaled, b.wideShare)
	case each:
		kernel.Times(scaled, b.share)
	}
	if b.rowWeight != nil {
		kernel.Times(scaled, b.rowWeight[:b.n])
	}
	kernel.Round(b.targetGrad, scaled)
	if finite(kernel.Sum(b.targetGrad)) {
		return
	}
	for i, x := range slope {
		if finite(b.targetGrad[i]) {
			continue
		}
		w := f
		if each {
			w *= b.shareOf(i)
		}
		if b.rowWeight != nil {
			w *= b.rowWeight[i]
		}
		b.targetGrad[i] = T(times(w, x))
	}
}
