package losses

import (
	"fmt"
	"math"
	"slices"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// weigh decides which rows take part and what they weigh, from sample weights, ignored indices and
// class weights.
func (e *engine[T]) weigh() error {
	e.kept += e.n
	if err := e.checkSampleWeights(true); err != nil {
		return err
	}
	e.ignoreRows()
	if err := e.checkIndex(); err != nil {
		return err
	}
	if e.classWeights != nil {
		e.weighClasses()
	}
	if e.reduction == WeightedMean {
		e.sumMass()
	}
	return nil
}

// remove takes row i out.
func (e *engine[T]) remove(i int) {
	if e.removed == nil {
		e.removed = dense.Grow(&e.buf.removed, e.n)
		clear(e.removed)
	}
	e.removed[i] = true
}

// checkSampleWeights removes the rows, or elements, whose sample weight is 0; oneARow says that the
// caller gave one a row.
func (e *engine[T]) checkSampleWeights(oneARow bool) error {
	if e.sample == nil {
		return nil
	}
	e.sampleSizes = kernel.SizesOf(e.sample)
	if !e.sampleSizes.Finite || e.sampleSizes.Negative {
		i := slices.IndexFunc(e.sample, func(s T) bool { return !valid(s) })
		row, col := e.position(i * e.k)
		if oneARow {
			col = -1
		}
		return cellError(ErrWeight, "sample weights", row, col, e.sample[i], "is out of range", "a finite number >= 0")
	}
	if e.sampleSizes.Zero {
		e.removed = dense.Grow(&e.buf.removed, e.n)
		for i, s := range e.sample {
			e.removed[i] = s == 0
		}
		e.kept -= e.n - kernel.Positives(e.sample)
	}
	return nil
}

func (e *engine[T]) ignoreRows() {
	if len(e.ignore) == 0 {
		return
	}
	for i, y := range e.index {
		if e.ignores(y) {
			e.drop(i)
		}
	}
}

// ignores reports whether y is an ignored index.
func (e *engine[T]) ignores(y int) bool { return slices.Contains(e.ignore, y) }

// drop takes row i out of what is kept.
func (e *engine[T]) drop(i int) {
	if e.keeps(i) {
		e.remove(i)
		e.kept--
	}
}

// indexError is the error of an index that is no class.
func (e *engine[T]) indexError(row, y, classes int) error {
	want := fmt.Sprintf("a class in [0, %d)", classes)
	if len(e.ignore) > 0 {
		want += fmt.Sprintf(" or one of the ignored %v", e.ignore)
	}
	return cellError(ErrIndex, "index", row, -1, y, "is out of range", want)
}

func (e *engine[T]) checkIndex() error {
	for i, y := range e.index {
		if uint(y) >= uint(e.k) && e.keeps(i) {
			return e.indexError(e.first+i, y, e.k)
		}
	}
	return nil
}

// weighClasses sets the row weights, where class weights are not those of labels, and takes rows
// out that weigh nothing.
func (e *engine[T]) weighClasses() {
	w := e.classWeights
	if !e.weighsLabels {
		e.rowWeight = dense.Grow(&e.buf.rowWeight, e.n)
		clear(e.rowWeight) // rows that are removed keep the 0
	} else if !kernel.SizesOf(w).Zero {
		return // every row with a label weighs something
	}
	if e.index != nil {
		e.weighIndices()
		return
	}
	for i := range e.n {
		if !e.keeps(i) {
			continue
		}
		plain, weighted, bad := kernel.WeightedSum(part(e.target, i, i+1, e.k), w)
		if !e.weighsLabels {
			e.rowWeight[i] = 1 / e.massLift
			if plain > 0 && weighted >= 0 {
				e.rowWeight[i] = weighted / plain
			}
		}
		// Invalid labels are left for the kernels to find: only a row that surely weighs nothing is
		// removed.
		if weighted == 0 && plain > 0 && bad < 0 && !e.weighsSomething(i) {
			e.remove(i)
		}
	}
}

// weighIndices is weighClasses for an index.
func (e *engine[T]) weighIndices() {
	for i, y := range e.index {
		if !e.keeps(i) {
			continue
		}
		w := e.classWeights[y]
		if !e.weighsLabels {
			e.rowWeight[i] = w
		}
		if w == 0 {
			e.remove(i)
		}
	}
}

// weighsSomething reports whether a label of row i has a weight above 0: their weighted sum may be
// 0 because it is too small for a float64.
func (e *engine[T]) weighsSomething(i int) bool {
	for k, t := range part(e.target, i, i+1, e.k) {
		if t > 0 && e.classWeights[k] > 0 {
			return true
		}
	}
	return false
}

// sumMass sets S_n of every row, or element, and their weighted sum.
func (e *engine[T]) sumMass() {
	e.rowMass = dense.Grow(&e.buf.rowMass, e.n)
	plain, soft := e.classWeights == nil && e.link == SoftmaxLink, e.index == nil && e.link == SoftmaxLink
	switch {
	case !soft || e.n == 0:
	case plain:
		kernel.RowSums(e.rowMass, e.target, e.k)
	default:
		kernel.WeightedRowSums(e.rowMass, e.target, e.classWeights)
	}
	if plain && e.index != nil && e.removed == nil && e.sample == nil {
		for i := range e.rowMass {
			e.rowMass[i] = 1
		}
		e.mass.add(float64(e.n)) // exact, as their sum is
		return
	}
	if !soft || e.removed != nil {
		for i := range e.rowMass {
			switch {
			case !e.keeps(i):
				e.rowMass[i] = 0
			case soft:
			case plain:
				e.rowMass[i] = 1
			default:
				e.rowMass[i] = e.massOf(i)
			}
		}
	}
	mass := e.rowMass
	if e.sample != nil {
		mass = append(e.buf.mass[:0], mass...)
		e.buf.mass = mass
		kernel.Times(mass, e.sample)
	}
	e.mass.addAll(mass, &e.buf.eights)
}

// massOf returns S_n of row i with an index and class weights, or of element i.
func (e *engine[T]) massOf(i int) float64 {
	if e.link == SigmoidLink {
		return e.ofClass(e.classWeights, i) * e.elementMass(i)
	}
	return e.classWeights[e.index[i]]
}

// gradOfMass adds to the gradients what comes from WeightedMean's denominator, -f times that of the
// mass.
func (e *engine[T]) gradOfMass(f float64) {
	for i := range e.out.weightGrad {
		if e.keeps(i) {
			e.out.weightGrad[i] -= T(f * e.rowMass[i])
		}
	}
	if e.link == SoftmaxLink && e.targetGrad != nil {
		e.labelGradsOfMass(f)
		return
	}
	for i := range e.targetGrad {
		if e.keeps(i) {
			s := f * e.ofClass(e.classWeights, i) * (e.ofClass(e.posWeight, i) - 1)
			e.targetGrad[i] -= T(s * e.sampleOf(i))
		}
	}
}

// labelGradsOfMass is gradOfMass for the labels of rows: several rows at once where all are alike.
func (e *engine[T]) labelGradsOfMass(f float64) {
	const many = 256 // elements, of which the kernel takes whole vectors
	rows := 1
	if e.sample == nil && e.removed == nil {
		rows = max(1, min(e.n, many/e.k))
	}
	less, of := dense.Grow(&e.buf.ofMass, rows*e.k), math.NaN()
	for i := 0; i < e.n; i += rows {
		if !e.keeps(i) {
			continue
		}
		if s := f * e.sampleOf(i); s != of {
			for j := range less {
				less[j] = -T(s * among(e.classWeights, j%e.k))
			}
			of = s
		}
		n := min(rows, e.n-i) * e.k
		kernel.Add(e.targetGrad[i*e.k:][:n], less[:n])
	}
}

// loadClassWeights reads the class weights: divided by a power of two where the largest of them is
// so large or small that the weighted labels could leave the dtype, and where that is the same as
// multiplying the row or the element.
func (e *engine[T]) loadClassWeights(w []float64) {
	e.classWeights, e.massLift = w, 1
	if len(w) == 0 || e.weighsLabels && e.smoothing.on() && e.smoothing.Rule != SmoothPrior {
		return
	}
	most := kernel.SizesOf(w).Most
	if most == 0 || 0x1p-60 < most && most < 0x1p60 {
		return
	}
	exponent := max(math.Ilogb(most), -1000) // so that there is room for losses over the power, too
	e.classWeights = dense.Grow(&e.buf.classWeights, len(w))
	for k, x := range w {
		e.classWeights[k] = math.Ldexp(x, -exponent)
	}
	e.massLift = math.Ldexp(1, exponent)
	if e.reduction != WeightedMean {
		e.lift = e.massLift
	} else { // where the factor cancels, but for the z-loss, which has no weights
		e.zLoss = math.Ldexp(e.zLoss, -exponent)
	}
}
