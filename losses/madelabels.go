package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// prepareLabels readies, once for all rows, what the kernel needs that makes labels while it reads
// them, where it is for what is asked.
func (e *engine[T]) prepareLabels() {
	_, ok := e.formula.(CrossEntropy)
	s := &e.smoothing
	if !ok || e.link != SoftmaxLink || e.probs || e.direction != nil || e.shiftsLogits() || e.lift != 1 ||
		s.on() == e.weighsLabels || s.Prior != nil || !e.takesModerately() ||
		!kernel.MakesLabels[T](e.n, e.k, e.index == nil) {
		return
	}
	m := &e.buf.made
	*m = kernel.Made[T]{}
	each := s.each(e.k)
	switch {
	case e.weighsLabels:
		m.Exact, m.Weights = e.classWeights, dense.Grow(&e.buf.hi, e.k)
		kernel.Round(m.Weights, e.classWeights)
		if single[T]() {
			m.Low = dense.Grow(&e.buf.low, e.k)
			for k, w := range e.classWeights {
				m.Low[k] = T(w - float64(m.Weights[k]))
			}
		}
	case s.Rule == SmoothNotebook:
		m.Keep, m.Each, m.Cut = 1, each, s.Alpha
	case s.Rule == SmoothPrior && e.index == nil:
		m.Keep, m.Share = 1-s.Alpha, each
	default:
		m.Keep, m.Each = 1-s.Alpha, each
	}
	e.made = m
}

// makes reports whether the rows of b are for the kernel that makes labels.
func (b *batch[T]) makes() bool {
	return b.made != nil && kernel.MakesLabels[T](b.n, b.k, b.index == nil)
}

// computeMade is compute by that kernel. The rows that it declines are computed as all would be
// without it.
func (b *batch[T]) computeMade(l Loss, linear bool) (row int, err error) {
	var o kernel.LabelGrads[T]
	if b.targetGrad != nil {
		var ok bool
		if o, ok = b.labelGrads(-1); !ok {
			return b.computeApart(l, linear)
		}
	}
	all := kernel.MadeCrossEntropy(b.loss, b.grad, b.targetGrad, b.input, b.target, b.index, b.scale, b.rowT(), b.k,
		b.made, o)
	b.finish()
	for i := 0; i < b.n && !all; i++ {
		if b.loss[i] == b.loss[i] {
			continue
		}
		c := b.slice(i, i+1) // declined
		if row, err = c.computeApart(l, linear); err != nil {
			return i + row, err
		}
	}
	return 0, nil
}
