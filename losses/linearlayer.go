package losses

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/gemm"
	"softloss/internal/parallel"
	"softloss/losses/internal/kernel"
)

// layer is a linear layer: it makes n·k logits, and takes their gradients back.
type layer[T kernel.Float] struct {
	n, k                             int
	hidden, weight                   gemm.Matrix[T] // [n, D], [k, D]
	bias                             []T
	hiddenGrad, weightGrad, biasGrad gemm.Matrix[T] // without Data when not wanted

	memory *linearMemory[T]
}

// linearMemory is memory for some rows, to use again.
type linearMemory[T kernel.Float] struct{ logits, grad, ones []T }

// linearMemories are those that are not in use.
var linearMemories parallel.Pools

// evalLinear is EvalLinear for operands that go together, x as tensors: all rows at once where
// their logits are few, else in blocks.
func evalLinear[T kernel.Float](
	c *Criterion, dst LinearOutputs, in LinearInputs, x linearOperands, size blocks) error {
	pool := parallel.PoolOf[T](&linearMemories)
	l := newLayer[T](dst, x)
	l.memory = parallel.Borrow(pool, func(*linearMemory[T]) {})
	defer pool.Put(l.memory)
	if rowsIn[T](size, l.k) >= l.n && size.step(c, l.k) >= l.n {
		return l.atOnce(c, dst, in, x)
	}
	b := newLinear(c, l, size, dst, x)
	b.engine = borrow[T]()
	defer b.engine.give()
	return b.run()
}

// newLayer returns the layer of operands that go together.
func newLayer[T kernel.Float](dst LinearOutputs, x linearOperands) layer[T] {
	l := layer[T]{k: x.weight.Shape()[0], hidden: matrixOf[T](x.hidden), weight: matrixOf[T](x.weight)}
	l.n = l.hidden.Rows
	if x.bias != nil {
		l.bias = dense.Rows(x.bias, 0, new([]T))
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
		return gemm.Matrix[T]{
			Rows: s[0], Cols: s[1], RowStride: strides[0], ColStride: strides[1], Data: dense.Memory[T](d)}
	}
	width := s[len(s)-1]
	return gemm.RowMajor(s.TotalSize()/width, width, width, dense.Rows(d, dense.Last, new([]T)))
}

// differentiates reports whether a gradient of the layer is wanted.
func (l *layer[T]) differentiates() bool {
	return l.hiddenGrad.Data != nil || l.weightGrad.Data != nil || l.biasGrad.Data != nil
}

// atOnce evaluates the criterion on the logits of all rows.
func (l *layer[T]) atOnce(c *Criterion, dst LinearOutputs, in LinearInputs, x linearOperands) error {
	logits := func(data []T) *tensor.Dense {
		return tensor.New(tensor.WithShape(x.logits.Shape()...), tensor.WithBacking(data))
	}
	z := dense.Grow(&l.memory.logits, l.n*l.k)
	out := Outputs{Loss: dst.Loss, TargetGrad: dst.TargetGrad, WeightGrad: dst.SampleWeightGrad}
	var dz []T
	if l.differentiates() {
		dz = dense.Grow(&l.memory.grad, l.n*l.k)
		out.Grad = logits(dz)
	}
	l.multiply(z, 0, l.n)
	given := Inputs{Target: in.Target, SampleWeights: in.SampleWeights, Upstream: in.Upstream}
	if err := evalInto[T](c, &out, &given, logits(z), x.target); err != nil {
		return err
	}
	l.spread(dz, 0, l.n)
	return nil
}

// multiply computes z, the logits of the rows [lo, hi).
func (l *layer[T]) multiply(z []T, lo, hi int) {
	beta := T(0)
	if l.bias != nil {
		beta = 1
		for i := range hi - lo {
			copy(z[i*l.k:], l.bias)
		}
	}
	rows := l.hidden.Slice(lo, hi, 0, l.hidden.Cols)
	gemm.Mul(gemm.RowMajor(hi-lo, l.k, l.k, z), beta, 1, rows, l.weight.Transposed())
}

// spread adds to the layer's gradients what follows from dz, those of the logits of the rows [lo,
// hi). The rows come in their order.
func (l *layer[T]) spread(dz []T, lo, hi int) {
	beta, n := T(1), hi-lo
	if lo == 0 {
		beta = 0
	}
	d := gemm.RowMajor(n, l.k, l.k, dz)
	if g := l.hiddenGrad; g.Data != nil {
		gemm.Mul(g.Slice(lo, hi, 0, g.Cols), 0, 1, d, l.weight)
	}
	if g := l.weightGrad; g.Data != nil {
		gemm.Mul(g, beta, 1, d.Transposed(), l.hidden.Slice(lo, hi, 0, l.hidden.Cols))
	}
	if g := l.biasGrad; g.Data != nil {
		ones := dense.Grow(&l.memory.ones, n)
		for i := range ones {
			ones[i] = 1
		}
		gemm.Mul(g, beta, 1, gemm.RowMajor(1, n, n, ones), d)
	}
}
