package losses

import (
	"fmt"

	"softloss/losses/internal/kernel"
)

// LinearLoss is implemented by a loss that is linear in its target, L(a t + b u) = a L(t) + b L(u), and
// says so by returning true. Class weights then multiply the labels, and otherwise the rows; see [Criterion].
type LinearLoss interface {
	LinearInTarget() bool
}

// isLinear reports whether l is linear in its target.
func isLinear(l Loss) bool {
	v, ok := l.(LinearLoss)
	return ok && v.LinearInTarget()
}

// weigh decides which rows take part and what they weigh, from sample weights, ignored indices and class weights.
func (e *engine[T]) weigh() error {
	c := &e.criterion
	e.kept, e.mass = e.n, float64(e.n)
	if err := e.checkSampleWeights(); err != nil {
		return err
	}
	e.ignoreRows()
	if err := e.checkIndex(); err != nil {
		return err
	}
	if c.ClassWeights != nil {
		e.weighClasses()
	}
	if c.Reduction == WeightedMean {
		e.sumMass()
	}
	return nil
}

// remove takes row i out.
func (e *engine[T]) remove(i int) {
	if e.removed == nil {
		e.removed = grow(&e.buf.removed, e.n)
		clear(e.removed)
	}
	e.removed[i] = true
}

func (e *engine[T]) checkSampleWeights() error {
	for i, s := range e.sample {
		if !(s >= 0) || s-s != 0 {
			return cellError(ErrWeight, "sample weights", i, -1, s, "is out of range", "a finite number >= 0")
		}
		if s == 0 {
			e.remove(i)
			e.kept--
		}
	}
	return nil
}

func (e *engine[T]) ignoreRows() {
	if len(e.criterion.Ignore) == 0 {
		return
	}
	for i, y := range e.index {
		for _, ignored := range e.criterion.Ignore {
			if y == ignored && e.keeps(i) {
				e.remove(i)
				e.kept--
			}
		}
	}
}

func (e *engine[T]) checkIndex() error {
	for i, y := range e.index {
		if uint(y) >= uint(e.k) && e.keeps(i) {
			want := fmt.Sprintf("a class in [0, %d)", e.k)
			if len(e.criterion.Ignore) > 0 {
				want += fmt.Sprintf(" or one of the ignored %v", e.criterion.Ignore)
			}
			return cellError(ErrIndex, "index", i, -1, y, "is out of range", want)
		}
	}
	return nil
}

// weighClasses sets the row weights, where class weights are not those of labels, and takes rows out that weigh nothing.
func (e *engine[T]) weighClasses() {
	w := e.criterion.ClassWeights
	asLabels := e.linear && (e.index == nil || e.criterion.Smoothing.on())
	if !asLabels {
		e.rowWeight = grow(&e.buf.rowWeight, e.n)
	}
	for i := range e.n {
		if !e.keeps(i) {
			continue
		}
		var weighted, plain float64
		bad := -1
		if e.index != nil {
			weighted, plain = w[e.index[i]], 1
		} else {
			plain, weighted, bad = kernel.WeightedSum(e.target[i*e.k:(i+1)*e.k], w)
		}
		if !asLabels {
			e.rowWeight[i] = 1
			if plain > 0 && weighted >= 0 {
				e.rowWeight[i] = weighted / plain
			}
		}
		// A label that is no label is for the kernels to find: only rows that surely weigh nothing go.
		if weighted == 0 && plain > 0 && bad < 0 {
			e.remove(i)
		}
	}
}

// sumMass sets S_n of every row and their weighted sum.
func (e *engine[T]) sumMass() {
	w := e.criterion.ClassWeights
	e.rowMass = grow(&e.buf.rowMass, e.n)
	e.mass = 0
	for i := range e.rowMass {
		s := 0.0
		switch {
		case !e.keeps(i):
		case e.index != nil && w == nil:
			s = 1
		case e.index != nil:
			s = w[e.index[i]]
		case w == nil:
			s = kernel.Sum(e.target[i*e.k : (i+1)*e.k])
		default:
			_, s, _ = kernel.WeightedSum(e.target[i*e.k:(i+1)*e.k], w)
		}
		e.rowMass[i] = s
		if e.sample != nil {
			s *= float64(e.sample[i])
		}
		e.mass += s
	}
}

// gradOfMass adds to the gradients what comes from WeightedMean's denominator, value the reduced loss.
func (e *engine[T]) gradOfMass(value float64) {
	f := e.upstreamOf(0) * value * e.div
	for i := range e.n {
		if !e.keeps(i) {
			continue
		}
		if e.sGrad != nil {
			e.sGrad[i] -= T(f * e.rowMass[i])
		}
		if e.targetGrad == nil {
			continue
		}
		s := f
		if e.sample != nil {
			s *= float64(e.sample[i])
		}
		for k := range e.k {
			w := 1.0
			if e.criterion.ClassWeights != nil {
				w = e.criterion.ClassWeights[k]
			}
			e.targetGrad[i*e.k+k] -= T(s * w)
		}
	}
}
