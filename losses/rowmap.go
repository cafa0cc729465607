package losses

import "gorgonia.org/tensor"

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

// width returns how many elements a tensor has for each of n rows.
func width(d *tensor.Dense, n int) int { return d.Shape().TotalSize() / n }
