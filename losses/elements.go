package losses

import (
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// loadElements reads labels and weights of the elements and decides which take part.
func (e *engine[T]) loadElements(c *Criterion, weights tensor.Tensor, z, t *tensor.Dense) error {
	if p := c.Smoothing.Prior; p != nil {
		e.prior = [2]float64{p[1], p[0]}
		e.smoothing.Prior = e.prior[:]
	}
	if weights != nil {
		if err := e.loadElementWeights(c, weights, z); err != nil {
			return err
		}
	}
	e.kept += e.n
	if err := e.checkSampleWeights(weights != nil && weights.Shape().TotalSize() < e.n); err != nil {
		return err
	}
	if dense.IsInteger(t.Dtype()) {
		if err := e.loadIntegers(t, z); err != nil {
			return err
		}
	} else {
		e.target = dense.Rows(t, e.axis, &e.buf.target)
	}
	e.labels = e.target
	e.loadClassWeights(c.ClassWeights)
	e.weighElements()
	return nil
}

// loadElementWeights reads sample weights, one an element or one a row.
func (e *engine[T]) loadElementWeights(c *Criterion, w tensor.Tensor, z *tensor.Dense) error {
	d, err := denseOf("sample weights", w)
	if err != nil {
		return err
	}
	if err := c.CheckSampleWeights(d, z); err != nil {
		return err
	}
	if d.Shape().TotalSize() == e.n {
		e.sample = dense.Rows(d, e.axisOf(d), &e.buf.sample)
		return nil
	}
	e.sample = dense.Grow(&e.buf.sample, e.n)
	for row, s := range dense.Rows(d, dense.Last, &e.buf.upstream) {
		own := part(e.sample, row, row+1, e.classes)
		own[0] = s
		repeat(own, 1)
	}
	return nil
}

// loadIntegers makes labels of an index, or of integers that are labels.
func (e *engine[T]) loadIntegers(t, z *tensor.Dense) error {
	e.target = dense.Grow(&e.buf.target, e.n)
	labels := e.classes == 1 || len(t.Shape()) == len(z.Shape()) && t.Shape().TotalSize() == e.n
	if labels {
		e.index = dense.Ints(t, e.axisOf(t), &e.buf.index)
		e.ignoreRows()
		for i, y := range e.index {
			if e.target[i] = T(y); e.keeps(i) && y != 0 && y != 1 {
				row, col := e.position(i)
				return cellError(ErrLabel, "labels", row, col, y, "is no label", "0 or 1")
			}
		}
	} else {
		e.index = dense.Ints(t, dense.Last, &e.buf.index)
		for row, y := range e.index {
			lo := row * e.classes
			if e.ignores(y) {
				for i := lo; i < lo+e.classes; i++ {
					e.drop(i)
				}
			}
			clear(e.target[lo : lo+e.classes])
			if uint(y) < uint(e.classes) {
				e.target[lo+y] = 1
			} else if e.keepsAny(lo, lo+e.classes) {
				return e.indexError(e.first/e.classes+row, y, e.classes)
			}
		}
	}
	e.index = nil
	return nil
}

// axisOf returns the axis along which d, which has a number for every element, is read in their
// order: the class axis, or the last where that, of one class, is left out.
func (e *engine[T]) axisOf(d *tensor.Dense) int {
	if len(d.Shape()) < e.dims {
		return dense.Last
	}
	return e.axis
}

// keepsAny reports whether an element of [lo, hi) takes part.
func (e *engine[T]) keepsAny(lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if e.keeps(i) {
			return true
		}
	}
	return false
}

// weighElements sets what multiplies the elements' losses, and their mass.
func (e *engine[T]) weighElements() {
	ofLabel := e.posWeight != nil && !e.linear // then it multiplies the loss, not the positive label
	if e.classWeights != nil || ofLabel {
		size := e.n
		if !ofLabel {
			size = e.runOfClasses()
		}
		e.rowWeight = dense.Grow(&e.buf.rowWeight, size)
		e.fillClasses(e.rowWeight, e.classWeights)
		for i := 0; ofLabel && i < e.n; i++ {
			if e.rowWeight[i] != 0 {
				e.rowWeight[i] *= e.elementMass(i)
			}
		}
		for i := 0; i < e.n && (ofLabel || slices.Contains(e.classWeights, 0)); i++ {
			if own(&e.batch, e.rowWeight, i, i+1)[0] == 0 && e.keeps(i) {
				e.remove(i)
			}
		}
	}
	if e.shifts = nil; e.shift != nil {
		e.shifts = dense.Grow(&e.buf.shifts, e.runOfClasses())
		e.fillClasses(e.shifts, e.shift)
	}
	if e.positive = nil; e.linear && e.posWeight != nil && slices.Max(e.posWeight) <= e.mostPosWeight() {
		e.positive = dense.Grow(&e.buf.positive, e.runOfClasses())
		e.fillClasses(e.positive, e.posWeight)
	}
	if e.reduction == WeightedMean {
		e.sumMass()
	}
}

// runOfClasses returns how many numbers, one a class after another, a run takes its own from.
func (e *engine[T]) runOfClasses() int { return min(e.n, e.classes+runSize) }

// fillClasses stores the numbers w of the classes, one a class or one for all, in x again and
// again.
func (e *engine[T]) fillClasses(x, w []float64) {
	for j := range e.classes {
		x[j] = among(w, j)
	}
	repeat(x, e.classes)
}

// mostPosWeight is the largest weight that a kernel multiplies labels by: T has what smoothing
// makes of the product.
func (e *engine[T]) mostPosWeight() float64 {
	if single[T]() {
		return 1e30
	}
	return 1e300
}

// storeWeightGrad stores the gradient of the sample weights, one an element or one a row.
func (e *engine[T]) storeWeightGrad(to *tensor.Dense) {
	if to.Shape().TotalSize() == e.n {
		dense.Store(to, e.axisOf(to), e.out.weightGrad)
		return
	}
	dst := dense.Memory[T](to)
	for row := range e.n / e.classes {
		dst[row] = T(total(part(e.out.weightGrad, row, row+1, e.classes)))
	}
}

// loadElementOutputs readies the results that elements have one of.
func (e *engine[T]) loadElementOutputs(loss, weightGrad *tensor.Dense, last bool) {
	if loss != nil && !e.reduction.scalar() && !last {
		e.out.loss, e.out.lossTo = dense.Grow(&e.buf.out, e.n), loss
	}
	if weightGrad != nil {
		e.out.weightGrad, e.out.weightGradTo = dense.Grow(&e.buf.weightGrad, e.n), weightGrad
	}
}
