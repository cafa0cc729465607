package losses

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
	"softloss/losses/internal/rows"
)

// RowMap is a differentiable function of the rows of a tensor, which lie along its last axis:
// [SoftmaxMap], [SparsemaxMap], [UnitMap] or a [Smoothing.Map], among others. Package graph makes nodes of
// it.
//
// With J its Jacobian at x, every method takes tensors of x's dtype and returns a new one. Errors:
// those of Check, and [ErrNil], [ErrShape] and [ErrDtype] for the second and third argument.
type RowMap interface {
	// Key is the name of the function, with its parameters: other functions have other keys.
	Key() string
	// Check returns the error that Apply would, as far as shape and dtype tell.
	Check(x Operand) error
	// Shape returns the shape of the result for an x of shape s.
	Shape(s tensor.Shape) tensor.Shape
	// Apply returns f(x).
	Apply(x tensor.Tensor) (*tensor.Dense, error)
	// Grad returns Jᵀ upstream, the gradient of Σ upstream·f(x).
	Grad(x, upstream tensor.Tensor) (*tensor.Dense, error)
	// Along returns J v, the derivative of f along v.
	Along(x, v tensor.Tensor) (*tensor.Dense, error)
	// GradAlong returns the derivative of Grad by x along v, which is the gradient of Σ v·Grad(x,
	// upstream). It is nil, without an error, for a function that is Linear.
	GradAlong(x, upstream, v tensor.Tensor) (*tensor.Dense, error)
	// Linear reports whether the second derivatives are 0.
	Linear() bool
}

// SoftmaxMap returns [Softmax] with its derivatives.
func SoftmaxMap() RowMap { return softmaxMap() }

// LogSoftmaxMap returns [LogSoftmax] with its derivatives.
func LogSoftmaxMap() RowMap { return logSoftmaxMap() }

// LogSumExpMap returns [LogSumExp] with its derivatives.
func LogSumExpMap() RowMap { return logSumExpMap() }

// kernelMap is a RowMap of logits, made of kernels.
type kernelMap struct {
	name  string
	keeps bool // the result has the shape of the logits; otherwise a number a row
	f32   func(dst, z []float32, k int)
	f64   func(dst, z []float64, k int)
	grad  gradKernels
	// along and gradAlong store in dst what Along and GradAlong return for a row, of its softmax p,
	// of the upstream row u (of Along: v), which they may write to, and of b = v - ⟨p,v⟩.
	along, gradAlong func(dst, p, u, b []float64)
}

type gradKernels struct {
	f32 func(dst, z, u []float32, k int)
	f64 func(dst, z, u []float64, k int)
}

// Key implements RowMap.
func (m kernelMap) Key() string { return m.name }

// Linear implements RowMap.
func (m kernelMap) Linear() bool { return false }

// Check implements RowMap.
func (m kernelMap) Check(x Operand) error { return checkRows("logits", x) }

// Shape implements RowMap.
func (m kernelMap) Shape(s tensor.Shape) tensor.Shape {
	if m.keeps {
		return s.Clone()
	}
	return s[:len(s)-1].Clone()
}

// Apply implements RowMap.
func (m kernelMap) Apply(x tensor.Tensor) (*tensor.Dense, error) {
	z, err := m.logits(x)
	if err != nil {
		return nil, err
	}
	out := dense.New(z.Dtype(), m.Shape(z.Shape())...)
	if z.Dtype() == tensor.Float32 {
		mapRows(out, z, m.f32)
	} else {
		mapRows(out, z, m.f64)
	}
	return out, nil
}

// Grad implements RowMap.
func (m kernelMap) Grad(x, upstream tensor.Tensor) (*tensor.Dense, error) {
	z, err := m.logits(x)
	if err != nil {
		return nil, err
	}
	u, err := likeOf("upstream", upstream, z.Dtype(), m.Shape(z.Shape())...)
	if err != nil {
		return nil, err
	}
	out := dense.New(z.Dtype(), z.Shape()...)
	if z.Dtype() == tensor.Float32 {
		mapPairs(out, z, u, m.grad.f32)
	} else {
		mapPairs(out, z, u, m.grad.f64)
	}
	return out, nil
}

// Along implements RowMap.
func (m kernelMap) Along(x, v tensor.Tensor) (*tensor.Dense, error) {
	z, err := m.logits(x)
	if err != nil {
		return nil, err
	}
	d, err := likeOf("direction", v, z.Dtype(), z.Shape()...)
	if err != nil {
		return nil, err
	}
	out := dense.New(z.Dtype(), m.Shape(z.Shape())...)
	mapWide(out, withSoftmax(m.along), z, d, d)
	return out, nil
}

// GradAlong implements RowMap.
func (m kernelMap) GradAlong(x, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	z, err := m.logits(x)
	if err != nil {
		return nil, err
	}
	d, err := likeOf("direction", v, z.Dtype(), z.Shape()...)
	if err != nil {
		return nil, err
	}
	u, err := likeOf("upstream", upstream, z.Dtype(), m.Shape(z.Shape())...)
	if err != nil {
		return nil, err
	}
	out := dense.New(z.Dtype(), z.Shape()...)
	mapWide(out, withSoftmax(m.gradAlong), z, u, d)
	return out, nil
}

func (m kernelMap) logits(x tensor.Tensor) (*tensor.Dense, error) {
	z, err := denseOf("logits", x)
	if err != nil {
		return nil, err
	}
	return z, m.Check(z)
}

// withSoftmax returns f as a function of the rows (z, u, v).
func withSoftmax(f func(dst, p, u, b []float64)) func(dst []float64, in [][]float64) {
	return func(dst []float64, in [][]float64) {
		z, u, b := in[0], in[1], in[2]
		kernel.Softmax(z, z, len(z))
		center(b, z, b)
		f(dst, z, u, b)
	}
}

// width returns how many elements a tensor has for each of n rows.
func width(d *tensor.Dense, n int) int { return d.Shape().TotalSize() / n }

// mapRows stores f of the rows of x in out, a new tensor.
func mapRows[T kernel.Float](out, x *tensor.Dense, f func(dst, x []T, k int)) {
	n, k := extent(x)
	var buf []T
	src, dst, w := dense.Rows(x, len(x.Shape())-1, &buf), dense.Memory[T](out), width(out, n)
	group := rows.Group{Body: func(_, lo, hi int) { f(dst[lo*w:hi*w], src[lo*k:hi*k], k) }}
	group.Run(n, k, rows.Parts(n, k))
}

// mapPairs stores f of the rows of x and u in out, a new tensor of the shape of x.
func mapPairs[T kernel.Float](out, x, u *tensor.Dense, f func(dst, x, u []T, k int)) {
	n, k := extent(x)
	var xbuf, ubuf []T
	src, up := dense.Rows(x, len(x.Shape())-1, &xbuf), dense.Rows(u, len(u.Shape())-1, &ubuf)
	dst, w := dense.Memory[T](out), width(u, n)
	group := rows.Group{Body: func(_, lo, hi int) { f(dst[lo*k:hi*k], src[lo*k:hi*k], up[lo*w:hi*w], k) }}
	group.Run(n, k, rows.Parts(n, k))
}

// mapWide stores in out, a new tensor, what f makes, in float64, of copies of the rows of the
// inputs, the first of which tells how many rows there are.
func mapWide(out *tensor.Dense, f func(dst []float64, in [][]float64), in ...*tensor.Dense) {
	n, _ := extent(in[0])
	all, row, dst := make([][]float64, len(in)), make([][]float64, len(in)), make([]float64, width(out, n))
	for i, d := range in {
		var buf []float64
		all[i] = dense.Rows(d, len(d.Shape())-1, &buf)
		row[i] = make([]float64, width(d, n))
	}
	result := make([]float64, 0, out.Shape().TotalSize())
	for i := range n {
		for j, r := range row {
			copy(r, all[j][i*len(r):])
		}
		f(dst, row)
		result = append(result, dst...)
	}
	fill(out, result)
}

// argument is a tensor as errors call it.
type argument struct {
	name string
	of   tensor.Tensor
}

// mapAlike returns, in a new tensor, what f makes of the rows of arguments of the dtype and shape of
// the first, which m accepts.
func mapAlike(m RowMap, f func(dst []float64, in [][]float64), args ...argument) (*tensor.Dense, error) {
	x, err := denseOf(args[0].name, args[0].of)
	if err != nil {
		return nil, err
	}
	if err := m.Check(x); err != nil {
		return nil, err
	}
	in := []*tensor.Dense{x}
	for _, a := range args[1:] {
		like, err := likeOf(a.name, a.of, x.Dtype(), x.Shape()...)
		if err != nil {
			return nil, err
		}
		in = append(in, like)
	}
	out := dense.New(x.Dtype(), x.Shape()...)
	mapWide(out, f, in...)
	return out, nil
}

// smoothingMap is a Smoothing as a RowMap. Its second derivatives are 0.
type smoothingMap struct{ Smoothing }

// Map returns [Smoothing.Apply] with its derivatives.
func (s Smoothing) Map() RowMap { return smoothingMap{s} }

// Key implements RowMap.
func (m smoothingMap) Key() string {
	return fmt.Sprintf("smooth %s", Criterion{Smoothing: m.Smoothing}.Key())
}

// Linear implements RowMap.
func (m smoothingMap) Linear() bool { return true }

// Shape implements RowMap.
func (m smoothingMap) Shape(s tensor.Shape) tensor.Shape { return s.Clone() }

// GradAlong implements RowMap.
func (m smoothingMap) GradAlong(tensor.Tensor, tensor.Tensor, tensor.Tensor) (*tensor.Dense, error) {
	return nil, nil
}

// Along implements RowMap: with a prior it is (1-α) v_k + α μ_k Σ_j v_j; the Jacobians of the other
// rules are symmetric.
func (m smoothingMap) Along(labels, v tensor.Tensor) (*tensor.Dense, error) {
	// Grad also finds what is wrong with labels and v.
	g, err := m.Grad(labels, v)
	if err != nil || m.Rule != SmoothPrior || m.Prior == nil {
		return g, err
	}
	d, err := denseOf("direction", v)
	if err != nil {
		return nil, err
	}
	mapWide(g, func(dst []float64, in [][]float64) {
		var sum float64
		for _, x := range in[0] {
			sum += x
		}
		for k, x := range in[0] {
			dst[k] = times(1-m.Alpha, x) + times(m.Alpha*m.Prior[k], sum)
		}
	}, d)
	return g, nil
}
