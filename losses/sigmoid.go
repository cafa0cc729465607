package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// sigmoidRows evaluates the elements of b by a kernel of the loss. It returns the first element
// with an invalid label, or -1, and whether it could: elements of other losses, with more than a
// gradient of the logits, or with a label that is for smoothing to judge, are rows of two classes.
func sigmoidRows[T kernel.Float](b *batch[T], l Loss, linear bool) (bad int, ok bool) {
	s := sigmoidOf(l)
	along, _ := any(b).(*batch[float64]) // where alone there are kernels along a direction
	if s.kind == sigmoidNone || b.probs || b.direction != nil && along == nil {
		return -1, false
	}
	if b.targetGrad != nil && b.direction != nil {
		return -1, false
	}
	z, ok := b.sigmoidLogits()
	if !ok {
		return -1, false
	}
	yes, no := b.target, []T(nil) // 1 - yes
	rule, ok := b.elementRule(linear)
	if !ok {
		return -1, false
	}
	if linear && b.posWeight != nil || b.smoothing.on() || b.direction != nil {
		buf := dense.Grow(&b.paired, 2*b.n)
		yes, no = buf[:b.n], buf[b.n:]
		if !kernel.SmoothElements(yes, no, b.target, b.positive, rule) {
			return b.badShare(), true
		}
	}
	switch {
	case b.direction != nil:
		elementsAlong(along, s, any(z).([]float64), any(yes).([]float64), any(no).([]float64))
	case b.shifted64:
		ok = kernel.SigmoidShifted(b.loss, b.grad, yes, no, b.scale)
	default:
		ok = sigmoidEvaluate(s, b.loss, b.grad, z, yes, no, b.scale)
	}
	if !ok {
		return b.badShare(), true
	}
	if b.targetGrad != nil {
		elementLabels(b, s, linear, z, yes, no, rule)
	}
	return -1, true
}

// logitsAlone reports whether no more than losses and the gradients of logits are wanted.
func (b *batch[T]) logitsAlone() bool { return !b.probs && b.targetGrad == nil && b.direction == nil }

// badShare returns the first element with a label outside [0, 1], or -1.
func (b *batch[T]) badShare() int {
	for i, t := range b.target {
		if !(t >= 0 && t <= 1) {
			return i
		}
	}
	return -1
}

// sigmoidKernel is the kernel that computes a loss of elements.
type sigmoidKernel struct {
	kind       sigmoidKind
	family     kernel.Family
	a          float64
	asymmetric kernel.Asymmetric
	question   kernel.Question
}

type sigmoidKind uint8

const (
	sigmoidNone sigmoidKind = iota
	sigmoidCrossEntropy
	sigmoidMAE
	sigmoidKL
	sigmoidSeparable
	sigmoidAsymmetric
	sigmoidQuestion
)

// sigmoidOf returns the kernel of a loss, and not of one that embeds it.
func sigmoidOf(l Loss) (s sigmoidKernel) {
	if v, ok := separableOf(l); ok {
		s.kind = sigmoidSeparable
		s.family, s.a = v.family()
		return s
	}
	switch l := l.(type) {
	case CrossEntropy:
		s.kind = sigmoidCrossEntropy
	case MAE:
		s.kind = sigmoidMAE
	case KL:
		s.kind = sigmoidKL
	case Asymmetric:
		s.kind, s.asymmetric = sigmoidAsymmetric, kernel.Asymmetric(l)
	case NCE:
		s.kind, s.question = sigmoidQuestion, kernel.Question{Kind: kernel.Normalised}
	case ConfidencePenalty:
		s.kind, s.question = sigmoidQuestion, kernel.Question{Kind: kernel.Penalised, A: l.Beta}
	case ReverseCrossEntropy:
		s.symmetric(SymmetricCrossEntropy{Beta: 1, A: l.A})
	case SymmetricCrossEntropy:
		s.symmetric(l)
	case Sparsemax:
		s.kind, s.question = sigmoidQuestion, kernel.Question{Kind: kernel.Sparsemax}
	case Entmax15:
		s.kind, s.question = sigmoidQuestion, kernel.Question{Kind: kernel.Entmax15}
	case BiTempered:
		s.kind, s.question = sigmoidQuestion, kernel.Question{Kind: kernel.BiTempered, A: l.T1, B: l.T2}
	}
	return s
}

// symmetric makes s the kernel of l, where the logarithms of denormal labels do not count.
func (s *sigmoidKernel) symmetric(l SymmetricCrossEntropy) {
	if l.A >= -690 {
		s.kind = sigmoidQuestion
		s.question = kernel.Question{Kind: kernel.Symmetric, A: l.Alpha, B: l.Beta, C: l.A}
	}
}

// sigmoidEvaluate runs the kernel. It returns false when no is nil and a label of yes is not in
// [0, 1].
func sigmoidEvaluate[T kernel.Float](s sigmoidKernel, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	switch s.kind {
	case sigmoidCrossEntropy:
		return kernel.SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
	case sigmoidMAE:
		return kernel.SigmoidMAE(loss, grad, z, yes, no, scale)
	case sigmoidKL:
		return kernel.SigmoidKL(loss, grad, z, yes, no, scale)
	case sigmoidAsymmetric:
		return kernel.SigmoidAsymmetric(s.asymmetric, loss, grad, z, yes, no, scale)
	case sigmoidQuestion:
		return kernel.SigmoidQuestion(s.question, loss, grad, z, yes, no, scale)
	}
	return kernel.SigmoidSeparable(s.family, s.a, loss, grad, z, yes, no, scale)
}

// sigmoidLogits returns the logits, shifted and divided by the temperature. It returns false where
// one leaves the dtype.
func (b *batch[T]) sigmoidLogits() (z []T, ok bool) {
	if !b.shiftsLogits() || b.shifted64 {
		return b.input, true
	}
	z = dense.Grow(&b.shifted, b.n)
	dst, same := any(z).([]float64)
	if !same {
		return nil, false
	}
	return z, kernel.ElementLogits(dst, b.input, b.shifts, b.temperature)
}

// shiftsInLoss stores the logits of elements, shifted and divided by the temperature, in the place
// of their losses where a kernel takes them from there. It returns false where there is none, or
// one leaves the dtype.
func (b *batch[T]) shiftsInLoss(l Loss, linear bool) bool {
	if !b.shiftsLogits() || !kernel.Shifts[T]() || !b.logitsAlone() || sigmoidOf(l).kind != sigmoidCrossEntropy {
		return false
	}
	_, ok := b.elementRule(linear)
	return ok && kernel.ElementLogits(b.loss, b.input, b.shifts, b.temperature)
}

// elementRule returns what makes labels of both classes of an element, smoothed ones. ok is false
// where no kernel does, as for the notebook's rule.
func (b *batch[T]) elementRule(linear bool) (e kernel.ElementSmoothing, ok bool) {
	if linear && b.posWeight != nil && b.positive == nil {
		return e, false
	}
	return b.smoothing.ofElements()
}
