package losses

import (
	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// sumRows weighs the losses of the rows of elements from first on and stores their sums.
func (e *engine[T]) sumRows(sums, loss []float64, first int) {
	e.weighLosses(loss, first*e.classes)
	for i := range sums {
		sums[i] = kernel.Sum(part(loss, i, i+1, e.classes))
	}
}

// weighLosses multiplies the losses of the rows from lo on by their samples' weights: those of
// removed rows are 0.
func (e *engine[T]) weighLosses(loss []float64, lo int) {
	kernel.Times(loss, part(e.sample, lo, lo+len(loss), 1))
}

// addUp adds the weighed losses to the totals.
func (e *engine[T]) addUp() {
	loss := e.batch.loss
	switch {
	case e.link == SoftmaxLink || e.classes == 1 || !e.reduction.scalar():
		e.weighLosses(loss, 0)
		e.addLosses(loss)
		return
	case e.sums == nil:
		e.sums = dense.Grow(&e.buf.sums, e.n/e.classes)
		e.sumRows(e.sums, loss, 0)
	}
	e.addLosses(e.sums)
}

// store weighs and reduces the rows' losses and writes the gradients to their tensors.
func (e *engine[T]) store() {
	if e.div == 0 { // nothing is kept: everything is 0, whatever the rows hold
		clear(e.batch.loss)
		clear(e.sums)
		clear(e.grad)
		clear(e.targetGrad)
	}
	for i := range e.out.weightGrad {
		e.out.weightGrad[i] = T(e.upstreamOf(i) * e.div * e.batch.loss[i])
	}
	needed := e.out.loss != nil || e.reduction == WeightedMean && (e.targetGrad != nil || e.out.weightGrad != nil)
	if needed && !e.summed {
		e.addUp()
	}
	value := e.total() * e.div // the reduced one
	if e.reduction == WeightedMean {
		e.gradOfMass(e.upstreamOf(0) * value * e.div)
	}
	if e.reduction.scalar() && e.out.loss != nil {
		e.out.loss[0] = T(value)
	} else {
		kernel.Round(e.out.loss, e.batch.loss[:len(e.out.loss)])
	}
	if e.out.lossTo != nil {
		dense.Store(e.out.lossTo, e.axis, e.out.loss)
	}
	if e.out.weightGradTo != nil {
		e.storeWeightGrad(e.out.weightGradTo)
	}
	if e.out.grad != nil {
		dense.Store(e.out.grad, e.axis, e.grad)
	}
	if e.out.targetGrad != nil {
		dense.Store(e.out.targetGrad, e.axis, e.targetGrad)
	}
}
