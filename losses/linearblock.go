package losses

import (
	"sync"
	"unsafe"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/gemm"
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

// usualBlocks are as good as all rows at once as long as they have 512: a product that goes through
// all of the weight is then worth it. With a vocabulary of 150 000 they have 128.
var usualBlocks = blocks{rows: 512, logits: 80 << 20, grad: 1 << 20}

// elementwise is how many times fewer gradients are made at once with the SigmoidLink, where each
// element has a loss, a label and weights of its own.
const elementwise = 8

// linear is the evaluation of a criterion on the logits of a layer.
type linear[T kernel.Float] struct {
	criterion Criterion
	engine    *engine[T]
	blocks

	// The layer makes n·k logits, rows·classes for the criterion. That is another shape for a
	// vector under the SigmoidLink, which is k rows.
	n, k          int
	rows, classes int

	hidden, weight                   gemm.Matrix[T] // [n, D], [k, D]
	bias                             []T
	hiddenGrad, weightGrad, biasGrad gemm.Matrix[T] // without Data when not wanted

	labels, sample, upstream, loss column[T]
	index                          column[int] // instead of labels

	memory *linearMemory[T]
}

// linearMemory is memory for a block, to use again.
type linearMemory[T kernel.Float] struct{ logits, grad []T }

var linear32, linear64 sync.Pool

// evalLinear is EvalLinear for operands that go together.
func evalLinear[T kernel.Float](pool, engines *sync.Pool, c Criterion, dst LinearOutputs, in linearOperands,
	size blocks) error {
	l := newLinear[T](c, dst, in)
	l.blocks = size
	if l.memory, _ = pool.Get().(*linearMemory[T]); l.memory == nil {
		l.memory = new(linearMemory[T])
	}
	defer pool.Put(l.memory)
	l.engine = borrow[T](engines)
	defer l.engine.give(engines)

	parts := ceil(l.n, min(l.blocks.rows, max(1, l.blocks.logits/(l.k*int(unsafe.Sizeof(T(0)))))))
	dense.Grow(&l.memory.logits, ceil(l.n, parts)*l.k)
	if err := l.count(); err != nil {
		return err
	}
	div := c.Reduction.divide(l.engine.totals)
	for i := range parts {
		lo, hi := i*l.n/parts, (i+1)*l.n/parts
		z := gemm.RowMajor(hi-lo, l.k, l.k, l.memory.logits[:(hi-lo)*l.k])
		l.multiply(z, lo, hi)
		if err := l.evaluate(z.Data, lo*l.rows/l.n, hi*l.rows/l.n, div); err != nil {
			return err
		}
		l.spread(z, lo, hi)
	}
	return nil
}

// ceil returns a/b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }

// newLinear returns the evaluation of operands that go together.
func newLinear[T kernel.Float](c Criterion, dst LinearOutputs, in linearOperands) *linear[T] {
	s := in.logits.Shape()
	l := &linear[T]{criterion: c, k: s[len(s)-1], classes: c.classes(s)}
	l.n, l.rows = s.TotalSize()/l.k, s.TotalSize()/l.classes
	l.criterion.Axis = 0
	l.hidden, l.weight = matrixOf[T](in.hidden), matrixOf[T](in.weight)
	if in.bias != nil {
		l.bias = dense.Rows(in.bias, 0, new([]T))
	}
	perElement := c.Link == SigmoidLink
	if dense.IsInteger(in.target.Dtype()) {
		all := dense.Ints(in.target, new([]int))
		l.index = newColumn(all, l.rows, len(all) > l.rows)
	} else {
		l.labels = columnOf[T](in.target, l.rows, true)
	}
	if w := in.sampleWeights; w != nil {
		l.sample = columnOf[T](w, l.rows, w.Shape().TotalSize() > l.rows)
	}
	if u := in.upstream; u != nil {
		l.upstream = columnOf[T](u, l.rows, perElement)
		l.upstream.whole = c.Reduction.scalar()
	}
	if dst.Loss != nil {
		l.loss = columnOf[T](dst.Loss, l.rows, perElement)
		l.loss.whole = c.Reduction.scalar()
	}
	if g := dst.HiddenGrad; g != nil {
		l.hiddenGrad = matrixOf[T](g)
	}
	if g := dst.WeightGrad; g != nil {
		l.weightGrad = matrixOf[T](g)
	}
	if g := dst.BiasGrad; g != nil {
		l.biasGrad = gemm.RowMajor(1, l.k, l.k, dense.Memory[T](g))
	}
	return l
}

// matrixOf returns the rows of a tensor where they lie, or a copy when that is not one behind the
// other, nor a matrix.
func matrixOf[T kernel.Float](d *tensor.Dense) gemm.Matrix[T] {
	s, strides := d.Shape(), d.Strides()
	if len(s) == 2 && len(strides) == 2 {
		return gemm.Matrix[T]{Rows: s[0], Cols: s[1], RowStride: strides[0], ColStride: strides[1], Data: dense.Memory[T](d)}
	}
	width := s[len(s)-1]
	return gemm.RowMajor(s.TotalSize()/width, width, width, dense.Rows(d, len(s)-1, new([]T)))
}

// multiply computes the logits of the rows [lo, hi).
func (l *linear[T]) multiply(z gemm.Matrix[T], lo, hi int) {
	beta := T(0)
	if l.bias != nil {
		beta = 1
		for i := range z.Rows {
			copy(z.Data[i*l.k:], l.bias)
		}
	}
	gemm.Mul(z, beta, 1, l.hidden.Slice(lo, hi, 0, l.hidden.Cols), l.weight.Transposed())
}

// spread computes what the gradients dz of the logits of the rows [lo, hi) are worth to the layer.
func (l *linear[T]) spread(dz gemm.Matrix[T], lo, hi int) {
	beta := T(1)
	if lo == 0 {
		beta = 0
	}
	if g := l.hiddenGrad; g.Data != nil {
		gemm.Mul(g.Slice(lo, hi, 0, g.Cols), 0, 1, dz, l.weight)
	}
	if g := l.weightGrad; g.Data != nil {
		gemm.Mul(g, beta, 1, dz.Transposed(), l.hidden.Slice(lo, hi, 0, l.hidden.Cols))
	}
	if g := l.biasGrad; g.Data != nil {
		ones := make([]T, hi-lo)
		for i := range ones {
			ones[i] = 1
		}
		gemm.Mul(g, beta, 1, gemm.RowMajor(1, hi-lo, hi-lo, ones), dz)
	}
}

// count checks weights and indices of all rows and adds up the denominator.
func (l *linear[T]) count() error {
	step := l.step()
	for lo := 0; lo < l.rows; lo += step {
		hi := min(lo+step, l.rows)
		if err := l.load(Outputs{}, lo, hi, dense.Grow(&l.memory.logits, step*l.classes)); err != nil {
			return err
		}
	}
	return nil
}

// step is how many rows the criterion sees at once.
func (l *linear[T]) step() int {
	n := l.blocks.grad
	if l.criterion.Link == SigmoidLink {
		n /= elementwise
	}
	return min(l.rows, max(1, n/l.classes))
}

// evaluate evaluates the criterion on z, the logits of the rows [lo, hi) for it, and stores their
// gradients there when somebody wants them.
func (l *linear[T]) evaluate(z []T, lo, hi int, div float64) error {
	step, k := l.step(), l.classes
	for i := lo; i < hi; i += step {
		j := min(i+step, hi)
		part := part(z, i-lo, j-lo, k)
		var dst Outputs
		var grad []T
		dst.Loss, _ = l.loss.rows(i, j).(*tensor.Dense)
		if l.hiddenGrad.Data != nil || l.weightGrad.Data != nil || l.biasGrad.Data != nil {
			grad = dense.Grow(&l.memory.grad, len(part))
			dst.Grad = tensor.New(tensor.WithShape(j-i, k), tensor.WithBacking(grad))
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
	in := Inputs{Logits: logits, Target: target, SampleWeights: l.sample.rows(lo, hi), Upstream: l.upstream.rows(lo, hi)}
	return e.load(l.criterion, dst, in, logits, target.(*tensor.Dense))
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
	return newColumn(dense.Rows(d, len(d.Shape())-1, new([]T)), rows, matrix)
}

// rows returns what the rows [lo, hi) have of it as a tensor, nil when there is nothing.
func (c column[E]) rows(lo, hi int) tensor.Tensor {
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
