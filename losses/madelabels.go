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
		s.on() == e.weighsLabels || s.Prior != nil || !kernel.MakesLabels[T](e.k) || !e.takesModerately() {
		return
	}
	m := &e.buf.made
	*m = kernel.Made[T]{}
	each := s.each(e.k)
	switch {
	case e.weighsLabels:
		m.Weights = dense.Grow(&e.buf.hi, e.k)
		kernel.Round(m.Weights, e.classWeights)
		if single[T]() {
			m.Low = dense.Grow(&e.buf.low, e.k)
			for k, w := range e.classWeights {
				m.Low[k] = T(w - float64(m.Weights[k]))
			}
		}
	case s.Rule == SmoothNotebook && e.index != nil:
		m.Keep, m.Each = max(0, 1-s.Alpha), each
	case s.Rule == SmoothNotebook:
		m.Keep, m.Each, m.Cut = 1, each, s.Alpha
	case s.Rule == SmoothPrior && e.index == nil:
		m.Keep, m.Share = 1-s.Alpha, each
	default:
		m.Keep, m.Each = 1-s.Alpha, each
	}
	e.made = m
}

// computeMade is compute by that kernel. The rows that it declines are computed as all would be
// without it.
func (b *batch[T]) computeMade(l Loss, linear bool) (row int, err error) {
	var o kernel.LabelGrads[T]
	for i := 0; i < b.n; i++ {
		c, ok := b.slice(i, b.n), true
		if c.targetGrad != nil {
			o, ok = c.labelGrads(-1)
			o.Prior = nil
		}
		if !ok {
			row, err = c.computeApart(l, linear)
			return i + row, err
		}
		done := kernel.MadeCrossEntropy(c.loss, c.grad, c.targetGrad, c.input, c.target, c.index, c.scale, b.rowT(), b.k,
			b.made, o)
		c = b.slice(i, i+done)
		c.finish()
		if i += done; i == b.n {
			break
		}
		c = b.slice(i, i+1)
		if row, err = c.computeApart(l, linear); err != nil {
			return i + row, err
		}
	}
	return 0, nil
}
