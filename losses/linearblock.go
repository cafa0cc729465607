package losses

import (
	"unsafe"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// blocks says how many rows are at work at once.
type blocks struct {
	rows   int // up to how many are a block
	logits int // up to how many bytes the logits of a block take, when that is a row or more
	// grad is about how many gradients the criterion makes at once. Then they take the place of
	// their logits, which many a loss reads until a row is done.
	grad int
}

// usualBlocks are as quick as all rows at once as long as they have 512: a product that goes
// through all of the weight is then worth it. With a vocabulary of 150 000 they have 128.
var usualBlocks = blocks{rows: 512, logits: 80 << 20, grad: 1 << 20}

// elementwise is how many times fewer gradients are made at once with the SigmoidLink, where each
// element has a loss, a label and weights of its own.
const elementwise = 8

// rowsIn returns how many rows of k logits take no more memory than a block may.
func rowsIn[T kernel.Float](b blocks, k int) int {
	return max(1, b.logits/(k*int(unsafe.Sizeof(T(0)))))
}

// step returns how many rows of k classes the criterion sees at once.
func (b blocks) step(c *Criterion, k int) int {
	n := b.grad
	if c.Link == SigmoidLink {
		n /= elementwise
	}
	return max(1, n/k)
}

// linear is the evaluation of a criterion on the logits of a layer, block by block.
type linear[T kernel.Float] struct {
	layer[T]
	criterion Criterion
	engine    *engine[T]

	// The logits are rows·classes for the criterion. That is another shape than the layer's for a
	// vector under the SigmoidLink, which is k rows.
	rows, classes int
	block, step   int  // how many rows of the layer are a block, how many of the criterion a step
	gradients     bool // those of the logits are wanted

	labels, sample, upstream     column[T]
	index                        column[int] // instead of labels
	loss, targetGrad, sampleGrad column[T]
}

// newLinear returns the evaluation of operands that go together.
func newLinear[T kernel.Float](
	c *Criterion, of layer[T], size blocks, dst LinearOutputs, in linearOperands) *linear[T] {
	s := in.logits.Shape()
	l := &linear[T]{layer: of, criterion: *c, classes: c.classes(s), gradients: of.differentiates()}
	l.criterion.Axis = 0
	l.rows = s.TotalSize() / l.classes
	l.block = ceil(l.n, ceil(l.n, min(size.rows, rowsIn[T](size, l.k)))) // as even as they can be
	l.step = min(l.rows, size.step(c, l.classes))
	if dense.IsInteger(in.target.Dtype()) {
		all := dense.Ints(in.target, dense.Last, new([]int))
		l.index = newColumn(all, l.rows, len(all) > l.rows)
	} else {
		l.labels = columnOf[T](in.target, l.rows, true)
	}
	perElement, scalar := c.Link == SigmoidLink, c.Reduction.scalar()
	for _, x := range []struct {
		d             *tensor.Dense
		to            *column[T]
		matrix, whole bool
	}{
		{d: in.sampleWeights, to: &l.sample},
		{d: in.upstream, to: &l.upstream, matrix: perElement, whole: scalar},
		{d: dst.Loss, to: &l.loss, matrix: perElement, whole: scalar},
		{d: dst.TargetGrad, to: &l.targetGrad, matrix: true},
		{d: dst.SampleWeightGrad, to: &l.sampleGrad},
	} {
		if x.d != nil {
			*x.to = columnOf[T](x.d, l.rows, x.matrix || x.d.Shape().TotalSize() > l.rows)
			x.to.whole = x.whole
		}
	}
	return l
}

// ceil returns a/b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }

// run evaluates all blocks.
func (l *linear[T]) run() error {
	if err := l.count(); err != nil {
		return err
	}
	div := l.criterion.Reduction.divide(l.engine.counts)
	if l.criterion.Reduction == WeightedMean && (l.targetGrad.data != nil || l.sampleGrad.data != nil) {
		if err := l.runLoss(div); err != nil {
			return err
		}
	}
	if err := l.pass(div); err != nil {
		return err
	}
	return l.criterion.Reduction.check(l.engine.counts)
}

// count checks weights and indices of all rows and adds up the denominator.
func (l *linear[T]) count() error {
	for lo := 0; lo < l.rows; lo += l.step {
		hi := min(lo+l.step, l.rows)
		if err := l.load(Outputs{}, lo, hi, dense.Grow(&l.memory.logits, l.step*l.classes)); err != nil {
			return err
		}
	}
	return nil
}

// runLoss computes the loss of all rows, which the gradients of labels and sample weights need. It
// asks for them too, although they come out wrong, since a loss without gradients may differ in its
// last bits.
func (l *linear[T]) runLoss(div float64) error {
	alone := *l
	alone.hiddenGrad.Data, alone.weightGrad.Data, alone.biasGrad.Data = nil, nil, nil
	if l.loss.data == nil {
		alone.loss = column[T]{data: make([]T, 1), whole: true}
	}
	l.loss.data = nil
	err := alone.pass(div)
	l.engine.summed = true
	return err
}

// pass computes the outputs that are there, block by block.
func (l *linear[T]) pass(div float64) error {
	for lo := 0; lo < l.n; lo += l.block {
		hi := min(lo+l.block, l.n)
		z := dense.Grow(&l.memory.logits, l.block*l.k)[:(hi-lo)*l.k]
		l.multiply(z, lo, hi)
		if err := l.evaluate(z, lo*l.rows/l.n, hi*l.rows/l.n, div); err != nil {
			return err
		}
		l.spread(z, lo, hi)
	}
	return nil
}

// evaluate evaluates the criterion on z, the logits of the rows [lo, hi) for it, and stores their
// gradients there when the layer wants them.
func (l *linear[T]) evaluate(z []T, lo, hi int, div float64) error {
	for i := lo; i < hi; i += l.step {
		j := min(i+l.step, hi)
		part := part(z, i-lo, j-lo, l.classes)
		dst := Outputs{
			Loss: l.loss.rows(i, j), TargetGrad: l.targetGrad.rows(i, j), WeightGrad: l.sampleGrad.rows(i, j)}
		var grad []T
		if l.gradients {
			grad = dense.Grow(&l.memory.grad, len(part))
			dst.Grad = tensor.New(tensor.WithShape(j-i, l.classes), tensor.WithBacking(grad))
		}
		if err := l.load(dst, i, j, part); err != nil {
			return err
		}
		l.engine.setScales(div)
		if err := l.engine.run(); err != nil {
			return err
		}
		l.engine.store()
		copy(part, grad)
	}
	return nil
}

// load readies the engine for the rows [lo, hi) with the logits z.
func (l *linear[T]) load(dst Outputs, lo, hi int, z []T) error {
	e := l.engine
	e.forget()
	if e.first = lo; l.criterion.Link == SigmoidLink {
		e.first = lo * l.classes
	}
	logits := tensor.New(tensor.WithShape(hi-lo, l.classes), tensor.WithBacking(z[:(hi-lo)*l.classes]))
	target := l.labels.rows(lo, hi)
	if target == nil {
		target = l.index.rows(lo, hi)
	}
	in := Inputs{Logits: logits, Target: target}
	if w := l.sample.rows(lo, hi); w != nil {
		in.SampleWeights = w
	}
	if u := l.upstream.rows(lo, hi); u != nil {
		in.Upstream = u
	}
	return e.load(&l.criterion, &dst, &in, logits, target)
}

// column is what rows have one or more numbers of, or one number for all rows.
type column[E any] struct {
	data   []E
	width  int  // numbers a row
	matrix bool // a row of them has a dimension
	whole  bool // it is one number for all rows
}

func newColumn[E any](data []E, rows int, matrix bool) column[E] {
	return column[E]{data: data, width: len(data) / rows, matrix: matrix}
}

// columnOf returns the numbers of a tensor.
func columnOf[T kernel.Float](d *tensor.Dense, rows int, matrix bool) column[T] {
	return newColumn(dense.Rows(d, dense.Last, new([]T)), rows, matrix)
}

// rows returns what the rows [lo, hi) have of it as a tensor, nil when there is nothing.
func (c column[E]) rows(lo, hi int) *tensor.Dense {
	switch {
	case c.data == nil:
		return nil
	case c.whole:
		var scalar any = c.data[0]
		return tensor.New(tensor.FromScalar(scalar), tensor.WithBacking(c.data))
	}
	shape := []int{hi - lo, c.width}
	if !c.matrix {
		shape = shape[:1]
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(part(c.data, lo, hi, c.width)))
}
