package losses

import (
	"fmt"
	"runtime"

	"softloss/internal/dense"
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"
)

// engines are those that are not at work. An engine keeps its scratch memory.
var engines parallel.Pools

// borrow returns an engine that is not at work, for give to take back.
func borrow[T kernel.Float]() *engine[T] {
	return parallel.Borrow(parallel.PoolOf[T](&engines), func(e *engine[T]) { e.group.Body = e.evaluateRows })
}

// give takes the engine back, with its memory for the next.
func (e *engine[T]) give() {
	e.forget()
	e.totals = totals{}
	parallel.PoolOf[T](&engines).Put(e)
}

// forget drops what belongs to the caller and to the rows that were loaded.
func (e *engine[T]) forget() {
	e.formula, e.ignore, e.batch = nil, nil, batch[T]{}
	e.sample, e.upstream, e.removed, e.rowMass, e.sums = nil, nil, nil, nil, nil
	e.out.loss, e.out.weightGrad = nil, nil
	e.out.grad, e.out.targetGrad, e.out.lossTo, e.out.weightGradTo = nil, nil, nil, nil
	for _, w := range e.parts {
		w.err = nil
	}
}

const (
	// grain is how many elements are worth a goroutine.
	grain = 1 << 16
	// blockSize is how many elements goroutines take at a time.
	blockSize = 1 << 14
)

// partsOf returns how many goroutines work on n rows of k elements, at most one a processor: none
// beside the caller's with less than is worth two.
func partsOf(n, k int) int {
	if most := n * k / grain; most > 1 {
		return min(runtime.GOMAXPROCS(0), most)
	}
	return 1
}

// blockOf returns how many rows of k elements a goroutine takes at a time.
func blockOf(k int) int { return max(1, blockSize/k) }

// run evaluates all rows.
func (e *engine[T]) run() error {
	e.setLift()
	n, k := e.n, e.k
	if e.link == SigmoidLink {
		n, k = e.n/e.classes, e.classes
	}
	parts := partsOf(n, k)
	for len(e.parts) < parts {
		e.parts = append(e.parts, new(worker[T]))
	}
	for _, w := range e.parts[:parts] {
		w.done, w.err = true, nil
	}
	if foreign(e.formula) {
		apart(func() { e.group.Run(n, blockOf(k), parts) })
	} else {
		e.group.Run(n, blockOf(k), parts)
	}
	var first *worker[T]
	for _, w := range e.parts[:parts] {
		if !w.done {
			w.err, w.bad = w.failed(e.formula, "ended its goroutine"), w.row-e.first+w.at
		}
		if w.err != nil && (first == nil || w.bad < first.bad) {
			first = w
		}
	}
	if first == nil {
		return nil
	}
	return first.err
}

// evaluateRows evaluates the rows [lo, hi), which with SigmoidLink are rows of elements. Of rows
// after a bad one nothing is wanted.
func (e *engine[T]) evaluateRows(part, lo, hi int) {
	w, first := e.parts[part], lo
	if e.link == SigmoidLink {
		first *= e.classes
	}
	err, bad := w.err, w.bad
	if err != nil && bad < first {
		return
	}
	w.done, w.err = false, nil
	switch {
	case e.link == SoftmaxLink:
		w.runs(e, lo, hi)
	case e.sums == nil:
		w.runs(e, lo*e.classes, hi*e.classes)
	default:
		w.sumRows(e, lo, hi)
	}
	if w.done = true; w.err == nil {
		w.err, w.bad = err, bad
	}
}

// sumRows evaluates the rows [lo, hi) of elements and keeps the sums of their losses alone.
func (w *worker[T]) sumRows(e *engine[T], lo, hi int) {
	k := e.classes
	most := max(1, runSize/k)
	for ; lo < hi && w.err == nil; lo += most {
		end := min(hi, lo+most)
		w.losses, w.first = dense.Grow(&w.scratch.losses, (end-lo)*k), lo*k
		if e.removed != nil {
			clear(w.losses) // the removed ones cost nothing
		}
		w.runs(e, lo*k, end*k)
		e.sumRows(e.sums[lo:end], w.losses, lo)
	}
}

// runs evaluates the rows [lo, hi) in runs of rows that are kept.
func (w *worker[T]) runs(e *engine[T], lo, hi int) {
	most := e.n
	if e.preparesTarget() && e.made == nil || (e.shiftsLogits() || e.zLoss != 0) && !e.fuses(e.formula) ||
		e.link == SigmoidLink {
		most = max(1, runSize/e.k)
	}
	through := e.link == SigmoidLink && e.logitsAlone() && e.excess == nil && sigmoidOf(e.formula).kind != sigmoidNone
	for i := lo; i < hi && w.err == nil; {
		j := min(hi, i+most)
		if e.removed != nil {
			if through = through && w.runThrough(e, i, j); through {
				i = j
				continue
			}
			for j = i; j < hi && j-i < most && e.keeps(j); {
				j++
			}
		}
		if i == j {
			e.skip(i)
			i++
			continue
		}
		j = e.takenBackAlike(i, e.scaledAlike(i, j))
		w.run(e, i, j)
		i = j
	}
}

// runThrough evaluates the elements [lo, hi) of e, removed ones too, which then get their zeros:
// that takes less time than many short runs. It returns false where something is wrong with one,
// which may be a removed one.
func (w *worker[T]) runThrough(e *engine[T], lo, hi int) (ok bool) {
	_, err := w.try(e, lo, hi)
	loss, grad := part(e.batch.loss, lo, hi, 1), part(e.grad, lo, hi, 1)
	if e.sums != nil {
		loss = w.losses[lo-w.first : hi-w.first]
	}
	if err != nil {
		clear(loss)
		return false
	}
	for i, removed := range e.removed[lo:hi] {
		if removed {
			loss[i] = 0
			if grad != nil {
				grad[i] = 0
			}
		}
	}
	return true
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
		w.err, w.bad, end = err, bad, bad
		if end == lo {
			return
		}
	}
}

// try evaluates the rows [lo, hi) of e. When something is wrong with a row it returns that row and
// what is wrong.
func (w *worker[T]) try(e *engine[T], lo, hi int) (row int, err error) {
	w.row, w.at = e.first+lo, 0
	defer func() {
		if cause := recover(); cause != nil {
			row, err = lo+w.at, w.failed(e.formula, fmt.Sprint("panicked: ", cause))
		}
	}()
	b := e.slice(lo, hi)
	w.ready(&b, e, lo)
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
	switch {
	case b.fuses(e.formula):
		row, err = b.computeFused(e.formula, e.linear)
	case b.makes():
		row, err = b.computeMade(e.formula, e.linear)
	default:
		row, err = b.computeApart(e.formula, e.linear)
	}
	if err == nil && e.lifting.slope != 0 {
		b = e.slice(lo, hi) // anew: what was computed may have changed it
		w.ready(&b, e, lo)
		row, err = b.mendLifted(e.formula, e.linear, e.lifting, part(e.sample, lo, hi, 1))
	}
	return lo + row, err
}

// ready gives b, the rows of e from lo on, this worker's memory. All of them exceed, or none.
func (w *worker[T]) ready(b *batch[T], e *engine[T], lo int) {
	if !b.exceeds(0) {
		b.excess = nil
	}
	b.scratch, b.at = &w.scratch, &w.at
	if e.sums != nil {
		b.loss = w.losses[lo-w.first:][:b.n]
	}
}

// failed is the error of a loss that did not return from the row that it was looking at.
func (w *worker[T]) failed(l Loss, how string) error {
	return cellError(ErrLoss, "loss", w.row+w.at, -1, fmt.Sprintf("%T", l), how, "")
}
