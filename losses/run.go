package losses

import (
	"fmt"
	"sync"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
	"softloss/losses/internal/rows"
)

// The engines that are not at work. An engine keeps its scratch memory.
var pool32, pool64 sync.Pool

// borrow returns an engine that is not at work, for give to take back.
func borrow[T kernel.Float](pool *sync.Pool) *engine[T] {
	e, _ := pool.Get().(*engine[T])
	if e == nil {
		e = new(engine[T])
		e.group.Body = e.evaluateRows
	}
	return e
}

// give takes the engine back, with its memory for the next.
func (e *engine[T]) give(pool *sync.Pool) {
	e.forget()
	e.totals = totals{}
	pool.Put(e)
}

// forget drops what belongs to the caller and to the rows that were loaded.
func (e *engine[T]) forget() {
	e.formula, e.ignore, e.batch = nil, nil, batch[T]{}
	e.sample, e.upstream, e.removed, e.rowMass = nil, nil, nil, nil
	e.out.loss, e.out.weightGrad = nil, nil
	e.out.grad, e.out.targetGrad, e.out.lossTo, e.out.weightGradTo = nil, nil, nil, nil
	for _, w := range e.parts {
		w.err = nil
	}
}

// run evaluates all rows.
func (e *engine[T]) run() error {
	parts := rows.Parts(e.n, grain/e.k)
	for len(e.parts) < parts {
		e.parts = append(e.parts, new(worker[T]))
	}
	for _, w := range e.parts[:parts] {
		w.done, w.err = false, nil
	}
	if foreign(e.formula) {
		apart(func() { e.group.Run(e.n, parts) })
	} else {
		e.group.Run(e.n, parts)
	}
	for _, w := range e.parts[:parts] {
		if w.err != nil {
			return w.err
		}
		if !w.done {
			return w.failed(e.formula, "ended its goroutine")
		}
	}
	return nil
}

// evaluateRows evaluates the rows [lo, hi) in runs of rows that are kept.
func (e *engine[T]) evaluateRows(part, lo, hi int) {
	w := e.parts[part]
	most := e.n
	if e.preparesTarget() || e.shiftsLogits() || e.zLoss != 0 || e.link == SigmoidLink {
		most = max(1, 1<<12/e.k) // what is prepared stays in the cache
	}
	for i := lo; i < hi && w.err == nil; {
		j := min(hi, i+most)
		if e.removed != nil {
			for j = i; j < hi && j-i < most && e.keeps(j); {
				j++
			}
		}
		if i == j {
			e.skip(i)
			i++
			continue
		}
		w.run(e, i, j)
		i = j
	}
	w.done = true
}

// skip gives the removed row i its zeros.
func (e *engine[T]) skip(i int) {
	row := e.slice(i, i+1)
	clear(row.loss)
	clear(row.grad)
	clear(row.targetGrad)
}

// run evaluates the rows [lo, hi) of e. On an error it looks whether an earlier row has another, so
// that it is always the first bad row that is reported.
func (w *worker[T]) run(e *engine[T], lo, hi int) {
	for end := hi; end >= 0; {
		bad, err := w.try(e, lo, end)
		if err == nil {
			return
		}
		w.err, end = err, bad
		if end == lo {
			return
		}
	}
}

// try evaluates the rows [lo, hi) of e. When something is wrong with a row it returns that row and
// what is wrong.
func (w *worker[T]) try(e *engine[T], lo, hi int) (row int, err error) {
	w.row, w.scratch.at = e.first+lo, 0
	defer func() {
		if cause := recover(); cause != nil {
			row, err = lo+w.scratch.at, w.failed(e.formula, fmt.Sprint("panicked: ", cause))
		}
	}()
	b := e.slice(lo, hi)
	b.scratch = &w.scratch
	if b.probs {
		for i, p := range b.input {
			if !(p >= 0 && p <= 1) {
				row, col := b.position(i)
				return lo + i/b.k, cellError(ErrProb, "probs", row, col, p, "is not a probability",
					"a number in [0, 1] (are these logits?)")
			}
		}
	}
	if b.angular != 0 {
		if bad, err := b.checkAngles(); err != nil {
			return lo + bad, err
		}
	}
	given, index := b.input, b.index
	bad := -1
	if b.link == SigmoidLink {
		bad = evaluateElements(&b, e.formula, e.linear)
	} else {
		bad = evaluateRows(&b, e.formula)
	}
	if bad >= 0 {
		return lo + bad, b.labelError(bad)
	}
	b.finish()
	if b.angular != 0 && b.grad != nil {
		b.index = index // smoothing may have made labels of it
		b.turnBack(given)
	}
	return 0, nil
}

// failed is the error of a loss that did not return from the row that it was looking at.
func (w *worker[T]) failed(l Loss, how string) error {
	return cellError(ErrLoss, "loss", w.row+w.scratch.at, -1, fmt.Sprintf("%T", l), how, "")
}

// labelError returns what is wrong with a label of row bad.
func (b *batch[T]) labelError(bad int) error {
	made, smaller := "what smoothing made of the label", "a smaller alpha or label"
	if b.weighsLabels || b.posWeight != nil {
		made, smaller = "what the class weight made of the label", "a smaller weight or label"
	}
	for j := bad * b.k; j < (bad+1)*b.k; j++ {
		row, col := b.position(j)
		if b.labels != nil && !valid(b.labels[j]) {
			return labelError("labels", row, col, b.labels[j])
		}
		if b.link == SigmoidLink && b.labels[j] > 1 {
			return cellError(ErrLabel, "labels", row, col, b.labels[j], "is no share", "a number in [0, 1]")
		}
	}
	row, col := b.position(bad * b.k)
	for j := bad * b.k; j < (bad+1)*b.k; j++ {
		if b.target != nil && !valid(b.target[j]) {
			row, col = b.position(j)
			return cellError(ErrLabel, "labels", row, col, b.target[j], "is "+made, "a finite number: "+smaller)
		}
	}
	switch {
	case b.shares && b.link == SigmoidLink:
		return cellError(ErrLabel, "labels", row, col, "the smoothed label and its other", "do not sum to 1",
			"a smoothing that keeps the sum")
	case b.shares:
		sum := total(part(b.target, bad, bad+1, b.k))
		return cellError(ErrLabel, "labels", row, -1, fmt.Sprintf("the sum %v", sum), "is not 1",
			"shares, smoothed if they are, with the sum 1")
	}
	return cellError(ErrLabel, "labels", row, col, "the target", "is "+made, "a finite number: "+smaller)
}

// finish multiplies what the loss left by what the kernels could not, and adds the z-loss.
func (b *batch[T]) finish() {
	for i, w := range b.rowWeight {
		b.loss[i] *= w
	}
	if b.lift != 1 {
		for i := range b.loss {
			b.loss[i] *= b.lift
		}
	}
	if b.excess != nil {
		for i := range b.grad {
			b.grad[i] = T(times(float64(b.grad[i]), of(b.excess, i/b.k)))
		}
	}
	if b.zLoss != 0 {
		b.addZLoss()
	}
	if b.margins != nil && b.targetGrad != nil {
		b.addMargins()
	}
}

// store weighs and reduces the rows' losses and writes the gradients to their tensors.
func (e *engine[T]) store() {
	var value float64 // the reduced value
	if e.div == 0 {   // nothing is kept: everything is 0, whatever the rows hold
		clear(e.batch.loss)
		clear(e.grad)
		clear(e.targetGrad)
	}
	for i := range e.out.weightGrad {
		e.out.weightGrad[i] = T(e.upstreamOf(i) * e.div * e.batch.loss[i])
	}
	if e.out.loss != nil || e.reduction == WeightedMean && (e.targetGrad != nil || e.out.weightGrad != nil) {
		for i := range e.sample {
			if e.keeps(i) {
				e.batch.loss[i] *= float64(e.sample[i])
			}
		}
		e.addLosses(e.batch.loss)
		value = e.sum * e.div
	}
	if f := e.upstreamOf(0) * value * e.div; e.reduction == WeightedMean && e.link == SigmoidLink {
		e.massGradOfElements(f)
	} else if e.reduction == WeightedMean {
		e.gradOfMass(f)
	}
	if e.reduction.scalar() && e.out.loss != nil {
		e.out.loss[0] = T(value)
	} else {
		for i := range e.out.loss {
			e.out.loss[i] = T(e.batch.loss[i])
		}
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
