package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// sigmoidRows evaluates the elements of b by a kernel of the loss. It returns the first element with
// an invalid label, or -1, and whether it could: elements of other losses, with more than a gradient
// of the logits, or with a label that is for smoothing to judge, are rows of two classes.
func sigmoidRows[T kernel.Float](b *batch[T], l Loss, linear bool) (bad int, ok bool) {
	if b.probs || b.targetGrad != nil || b.direction != nil {
		return -1, false
	}
	s := sigmoidOf(l)
	if s.kind == sigmoidNone {
		return -1, false
	}
	z, ok := b.sigmoidLogits()
	if !ok {
		return -1, false
	}
	buf := dense.Grow(&b.paired, 2*b.n)
	yes, no := b.target, buf[:b.n]
	if !kernel.Complement(no, yes) {
		for i, t := range yes {
			if !(t >= 0 && t <= 1) {
				return i, true
			}
		}
	}
	if linear && b.posWeight != nil || b.smoothing.on() {
		yes = buf[b.n:]
		if !b.sigmoidMasses(yes, no, linear) {
			return -1, false
		}
	}
	switch s.kind {
	case sigmoidCrossEntropy:
		kernel.SigmoidCrossEntropy(b.loss, b.grad, z, yes, no, b.scale)
	case sigmoidMAE:
		kernel.SigmoidMAE(b.loss, b.grad, z, yes, no, b.scale)
	default:
		kernel.SigmoidSeparable(s.family, s.a, b.loss, b.grad, z, yes, no, b.scale)
	}
	return -1, true
}

// sigmoidKernel is the kernel that computes a loss of elements.
type sigmoidKernel struct {
	kind   sigmoidKind
	family kernel.Family
	a      float64
}

type sigmoidKind uint8

const (
	sigmoidNone sigmoidKind = iota
	sigmoidCrossEntropy
	sigmoidMAE
	sigmoidSeparable
)

// sigmoidOf returns the kernel of a loss, and not of one that embeds it.
func sigmoidOf(l Loss) (s sigmoidKernel) {
	switch l := l.(type) {
	case CrossEntropy:
		s.kind = sigmoidCrossEntropy
	case MAE:
		s.kind = sigmoidMAE
	case GCE:
		s.family, s.a = l.family()
		if s.a >= 0x1p-400 { // as for rows
			s.kind = sigmoidSeparable
		}
	case Focal:
		s.kind = sigmoidSeparable
		s.family, s.a = l.family()
	case Poly1:
		s.kind = sigmoidSeparable
		s.family, s.a = l.family()
	}
	return s
}

// sigmoidLogits returns the logits, shifted and divided by the temperature. It returns false where
// one leaves the dtype.
func (b *batch[T]) sigmoidLogits() (z []T, ok bool) {
	if !b.shiftsLogits() {
		return b.input, true
	}
	z = dense.Grow(&b.shifted, b.n)
	column := b.columns()
	for i, v := range b.input {
		x := float64(v)
		if b.shift != nil {
			x += b.shift[column.next()]
		}
		if z[i] = T(x / b.temperature); math.IsInf(float64(z[i]), 0) && finite(v) {
			return nil, false
		}
	}
	return z, true
}

// sigmoidMasses turns no, 1 - t, and yes into the labels of both classes, weighed and smoothed. It
// returns false where one is not finite and for the notebook's rule.
func (b *batch[T]) sigmoidMasses(yes, no []T, linear bool) (ok bool) {
	copy(yes, b.target)
	if linear && b.posWeight != nil {
		column := b.columns()
		for i, t := range yes {
			if yes[i] = T(among(b.posWeight, column.next()) * float64(t)); !finite(yes[i]) {
				return false
			}
		}
	}
	s := b.smoothing
	if !s.on() {
		return true
	}
	keep, prior := 1-s.Alpha, [2]float64{0.5, 0.5}
	if s.Prior != nil {
		copy(prior[:], s.Prior)
	}
	switch s.Rule {
	case SmoothUniform:
		for i, y := range yes {
			yes[i], no[i] = T(keep*float64(y)+s.Alpha/2), T(keep*float64(no[i])+s.Alpha/2)
		}
	case SmoothPrior:
		for i, y := range yes {
			u, v := float64(y), float64(no[i])
			add := s.Alpha * (u + v)
			yes[i], no[i] = T(keep*u+add*prior[0]), T(keep*v+add*prior[1])
		}
	default:
		return false
	}
	return true
}
