package losses

import (
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"
)

// plain reports whether c is the mean or the sum of the cross entropy from logits, with no option.
func (c *Criterion) plain() bool {
	if _, ok := c.Loss.(CrossEntropy); !ok && c.Loss != nil {
		return false
	}
	s := &c.Smoothing
	return c.Reduction <= Sum && c.Link == SoftmaxLink && c.Axis == 0 && !c.FromProbs && c.ClassWeights == nil &&
		c.Margins == nil && c.AngularMargin == 0 && c.PosWeight == nil && len(c.Ignore) == 0 && c.LogitShift == nil &&
		c.Temperature == 0 && c.ZLoss == 0 && s.Rule == 0 && s.Alpha == 0 && s.Prior == nil
}

// evalPlain is evalInto for a plain criterion on plain tensors, when the batch is too small to be
// shared by goroutines: with few rows, what surrounds the kernel would take longer than the kernel.
// It returns false where anything else is asked for, or something is wrong, which evalInto then
// says.
func evalPlain[T kernel.Float](r Reduction, loss, grad *tensor.Dense, logits, target tensor.Tensor) bool {
	var b batch[T]
	z, t, ok := b.loadPlain(logits, target)
	if !ok || partsOf(b.n, b.k) > 1 {
		return false
	}
	value, lossSpan, ok := plainOutput[T](loss, nil, z, t)
	if !ok {
		return false
	}
	var gradSpan dense.Span
	b.grad, gradSpan, ok = plainOutput[T](grad, logits.Shape(), z, t)
	if !ok || lossSpan.Meets(gradSpan) {
		return false
	}
	e := borrow[T]()
	defer parallel.PoolOf[T](&engines).Put(e) // what is the caller's it has not seen
	all := totals{kept: b.n}
	div := r.divide(all)
	b.loss, b.scale = dense.Grow(&e.buf.loss, b.n), dense.Grow(&e.buf.scale, 1)
	if b.scale[0] = T(div); crossEntropyRows(&b) >= 0 {
		return false
	}
	if value != nil {
		all.addLosses(b.loss)
		value[0] = T(all.total() * div)
	}
	return true
}

// loadPlain reads logits and target and returns the memory of both.
func (b *batch[T]) loadPlain(logits, target tensor.Tensor) (z, t dense.Span, ok bool) {
	l, x, ok := dense.Plain[T](logits)
	if !ok || len(x) == 0 || len(l.Shape()) == 0 {
		return z, t, false
	}
	s := l.Shape()
	last := len(s) - 1
	b.k, b.input = s[last], x
	b.n = len(x) / b.k
	if d, labels, ok := dense.Plain[T](target); ok {
		b.target = labels
		return dense.SpanOf(l), dense.SpanOf(d), slices.Equal(d.Shape(), s)
	}
	d, index, ok := dense.Plain[int](target)
	if b.index = index; !ok || !slices.Equal(d.Shape(), s[:last]) {
		return z, t, false
	}
	for _, y := range b.index {
		if uint(y) >= uint(b.k) {
			return z, t, false
		}
	}
	return dense.SpanOf(l), dense.SpanOf(d), true
}

// plainOutput returns the memory of an output of shape s, nil for one that is not wanted. It
// returns false where that is not plain or has something in common with the inputs.
func plainOutput[T kernel.Float](
	o *tensor.Dense, s tensor.Shape, inputs ...dense.Span) (x []T, at dense.Span, ok bool) {
	if o == nil {
		return nil, at, true
	}
	if _, x, ok = dense.Plain[T](o); !ok || !slices.Equal(o.Shape(), s) {
		return nil, at, false
	}
	at = dense.SpanOf(o)
	for _, x := range inputs {
		ok = ok && !at.Meets(x)
	}
	return x, at, ok
}
