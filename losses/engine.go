package losses

import (
	"fmt"
	"math"
	"sync"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
	"softloss/losses/internal/rows"
)

// The engines that are not at work. An engine keeps its scratch memory.
var pool32, pool64 sync.Pool

// engine evaluates one criterion on one batch.
type engine[T kernel.Float] struct {
	formula   Loss
	linear    bool // the loss is linear in its target
	reduction Reduction
	ignore    []int
	axis      int

	batch[T]          // every row
	sample   []T      // weights of the rows
	upstream []T      // one for all rows or one a row
	out      struct { // nil when not wanted
		loss, weightGrad []T
		// The tensors that the gradients go to when rows do not lie along their last axis.
		grad, targetGrad *tensor.Dense
	}

	kept    int       // rows that are not removed
	mass    float64   // Σ s_n S_n of the rows kept, for WeightedMean
	removed []bool    // rows that take no part; nil when all do
	rowMass []float64 // S_n, for WeightedMean
	div     float64   // one over the denominator

	group rows.Group
	parts []*worker[T]
	buf   buffers[T]
}

// buffers is memory to use again.
type buffers[T kernel.Float] struct {
	input, target, sample, upstream, direction, scale, grad, targetGrad []T
	index                                                               []int
	removed                                                             []bool
	loss, rowWeight, rowMass, share, excess, classWeights               []float64
}

// worker evaluates the rows of one goroutine.
type worker[T kernel.Float] struct {
	scratch scratch[T]
	row     int   // the first row of what is being evaluated
	done    bool  // it came to the end of its rows, or to an error
	err     error // what was wrong with the first bad row
}

// borrow returns an engine that is not at work, for give to take back.
func borrow[T kernel.Float](pool *sync.Pool) *engine[T] {
	e, _ := pool.Get().(*engine[T])
	if e == nil {
		e = new(engine[T])
		e.group.Body = e.evaluateRows
	}
	return e
}

// give drops what belongs to the caller and keeps the engine's memory for the next.
func (e *engine[T]) give(pool *sync.Pool) {
	e.formula, e.ignore, e.batch = nil, nil, batch[T]{}
	e.sample, e.upstream, e.removed, e.rowMass = nil, nil, nil, nil
	e.out.loss, e.out.weightGrad, e.out.grad, e.out.targetGrad = nil, nil, nil, nil
	for _, w := range e.parts {
		w.err = nil
	}
	pool.Put(e)
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
	e.group.Run(e.n, parts)
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
	if e.preparesTarget() || e.shiftsLogits() || e.zLoss != 0 {
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

// keeps reports whether row i takes part.
func (e *engine[T]) keeps(i int) bool { return e.removed == nil || !e.removed[i] }

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
	w.row, w.scratch.at = lo, 0
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
				row := lo + i/b.k
				return row, cellError(ErrProb, "probs", row, i%b.k, p, "is not a probability",
					"a number in [0, 1] (are these logits?)")
			}
		}
	}
	b.prepareLogits()
	bad := b.prepareTarget()
	switch {
	case bad >= 0:
	case b.direction != nil:
		bad = alongDirection(&b, e.formula)
	default:
		bad = evaluate(&b, e.formula)
	}
	if bad >= 0 {
		return b.labelError(lo)
	}
	b.finish()
	return 0, nil
}

// failed is the error of a loss that did not return from the row that it was looking at.
func (w *worker[T]) failed(l Loss, how string) error {
	return cellError(ErrLoss, "loss", w.row+w.scratch.at, -1, fmt.Sprintf("%T", l), how, "")
}

// labelError returns the row, counted from lo, and the error of the first invalid label.
func (b *batch[T]) labelError(lo int) (row int, err error) {
	if row, col := firstInvalid(b.labels, b.k); row >= 0 {
		return lo + row, labelError("labels", lo+row, col, b.labels[row*b.k+col])
	}
	row, col := firstInvalid(b.target, b.k)
	made, smaller := "what smoothing made of the label", "a smaller alpha or label"
	if b.weighsLabels {
		made, smaller = "what the class weight made of the label", "a smaller weight or label"
	}
	return lo + row, cellError(ErrLabel, "labels", lo+row, col, b.target[row*b.k+col], "is "+made,
		"a finite number: "+smaller)
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
}

// setScale sets the factors with which each row's gradients enter the cost's: upstream and sample
// weight over the denominator, and for those of the logits the row's weight over the temperature.
func (e *engine[T]) setScale() {
	shares, scales := 1, 1
	if e.sample != nil || len(e.upstream) > 1 {
		shares, scales = e.n, e.n
	}
	if e.rowWeight != nil {
		scales = e.n
	}
	e.share = dense.Grow(&e.buf.share, shares)
	for i := range e.share {
		f := e.upstreamOf(i) * e.div * e.lift
		if e.sample != nil {
			f *= float64(e.sample[i])
		}
		if holds[T](f) {
			f = float64(T(f))
		}
		e.share[i] = f
	}
	e.scale, e.excess = dense.Grow(&e.buf.scale, scales), nil
	for i := range e.scale {
		f := e.factor(i)
		if !holds[T](f) {
			e.setExcess()
			return
		}
		e.scale[i] = T(f)
	}
}

// setExcess sets factors of the gradients of the logits that T cannot hold all of.
func (e *engine[T]) setExcess() {
	e.excess = dense.Grow(&e.buf.excess, len(e.scale))
	for i := range e.scale {
		e.scale[i], e.excess[i] = 1, e.factor(i)
	}
}

// factor returns that of the gradients of row i by the logits.
func (e *engine[T]) factor(i int) float64 {
	f := of(e.share, i) / e.temperature
	if e.rowWeight != nil {
		f *= e.rowWeight[i]
	}
	return f
}

// holds reports whether T has x with all its digits.
func holds[T kernel.Float](x float64) bool {
	y := float64(T(x))
	return x == 0 || math.Abs(y) >= kernel.Tiny[T]() && finite(y)
}

// upstreamOf returns the upstream gradient of row i.
func (e *engine[T]) upstreamOf(i int) float64 {
	if e.upstream == nil {
		return 1
	}
	return of(e.upstream, i)
}

// store weighs and reduces the rows' losses and brings the gradients to where they belong.
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
		value = e.reduction.sum(e.batch.loss) * e.div
	}
	if e.reduction == WeightedMean {
		e.gradOfMass(value)
	}
	if e.reduction.scalar() && e.out.loss != nil {
		e.out.loss[0] = T(value)
	} else {
		for i := range e.out.loss {
			e.out.loss[i] = T(e.batch.loss[i])
		}
	}
	if e.out.grad != nil {
		dense.Store(e.out.grad, e.axis, e.grad)
	}
	if e.out.targetGrad != nil {
		dense.Store(e.out.targetGrad, e.axis, e.targetGrad)
	}
}
