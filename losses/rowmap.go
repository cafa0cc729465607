package losses

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// RowMap is a differentiable function of the rows of a tensor, which lie along its last axis:
// [SoftmaxMap], [SparsemaxMap], [UnitMap] or a [Smoothing.Map], among others. Package graph makes
// nodes of it.
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

// namedMap is what every RowMap has that is not linear: its Key, and what errors call its argument.
// Its results have the shape of the argument.
type namedMap struct{ key, arg string }

// Key implements RowMap.
func (m namedMap) Key() string { return m.key }

// Check implements RowMap.
func (m namedMap) Check(x Operand) error { return checkRows(m.arg, x) }

// Shape implements RowMap.
func (m namedMap) Shape(s tensor.Shape) tensor.Shape { return s.Clone() }

// Linear implements RowMap.
func (m namedMap) Linear() bool { return false }

// kernelMap is a RowMap of logits, made of kernels.
type kernelMap struct {
	namedMap
	reduces bool // the result has a number a row
	f32     rowKernels[float32]
	f64     rowKernels[float64]
	// along and gradAlong store in dst what Along and GradAlong return for a row, of its softmax p,
	// of the upstream row u (of Along: v), which they may write to, and of b = v - ⟨p,v⟩.
	along, gradAlong func(dst, p, u, b []float64)
}

// rowKernels are the function of rows of k logits, and the product of its Jacobian with u.
type rowKernels[T kernel.Float] struct {
	apply func(dst, z []T, k int)
	grad  func(dst, z, u []T, k int)
}

// Shape implements RowMap.
func (m kernelMap) Shape(s tensor.Shape) tensor.Shape {
	if m.reduces {
		s = s[:len(s)-1]
	}
	return s.Clone()
}

// Apply implements RowMap.
func (m kernelMap) Apply(x tensor.Tensor) (*tensor.Dense, error) {
	in, err := rowsOf(m, argument{m.arg, x})
	if err != nil {
		return nil, err
	}
	out := dense.New(in[0].Dtype(), m.Shape(in[0].Shape())...)
	m.store(out, in[0])
	return out, nil
}

// store stores the function of the rows of z in dst, which is contiguous.
func (m kernelMap) store(dst, z *tensor.Dense) {
	if z.Dtype() == tensor.Float32 {
		mapRows(&mappers32, dst, z, m.f32.apply)
	} else {
		mapRows(&mappers64, dst, z, m.f64.apply)
	}
}

// Grad implements RowMap.
func (m kernelMap) Grad(x, upstream tensor.Tensor) (*tensor.Dense, error) {
	in, err := rowsOf(m, argument{m.arg, x}, argument{"upstream", upstream})
	if err != nil {
		return nil, err
	}
	z, u := in[0], in[1]
	out := dense.New(z.Dtype(), z.Shape()...)
	if z.Dtype() == tensor.Float32 {
		mapPairs(out, z, u, m.f32.grad)
	} else {
		mapPairs(out, z, u, m.f64.grad)
	}
	return out, nil
}

// Along implements RowMap.
func (m kernelMap) Along(x, v tensor.Tensor) (*tensor.Dense, error) {
	in, err := rowsOf(m, argument{m.arg, x}, argument{"direction", v})
	if err != nil {
		return nil, err
	}
	out := dense.New(in[0].Dtype(), m.Shape(in[0].Shape())...)
	mapWide(out, withSoftmax(m.along), in[0], in[1], in[1])
	return out, nil
}

// GradAlong implements RowMap.
func (m kernelMap) GradAlong(x, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	in, err := rowsOf(m, argument{m.arg, x}, argument{"direction", v}, argument{"upstream", upstream})
	if err != nil {
		return nil, err
	}
	out := dense.New(in[0].Dtype(), in[0].Shape()...)
	mapWide(out, withSoftmax(m.gradAlong), in[0], in[2], in[1])
	return out, nil
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

// argument is a tensor as errors call it.
type argument struct {
	name string
	of   tensor.Tensor
}

// rowsOf returns the tensors of arguments: the first, which m accepts, and others of its dtype and
// shape, or, an upstream, of the shape of the result.
func rowsOf(m RowMap, args ...argument) ([]*tensor.Dense, error) {
	x, err := denseOf(args[0].name, args[0].of)
	if err != nil {
		return nil, err
	}
	if err := m.Check(x); err != nil {
		return nil, err
	}
	in := []*tensor.Dense{x}
	for _, a := range args[1:] {
		shape := x.Shape()
		if a.name == "upstream" {
			shape = m.Shape(shape)
		}
		like, err := likeOf(a.name, a.of, x.Dtype(), shape...)
		if err != nil {
			return nil, err
		}
		in = append(in, like)
	}
	return in, nil
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
