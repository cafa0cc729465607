package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// denseValue returns a value that must be a dense tensor.
func denseValue(arg string, v gorgonia.Value) (*tensor.Dense, error) {
	if d, ok := v.(*tensor.Dense); ok && d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("graph: %s: the value is a %T, want a *tensor.Dense: %w", arg, v, losses.ErrDtype)
}

// upstreamValue returns an upstream gradient, which Gorgonia holds as a scalar or as a tensor, as a tensor.
func upstreamValue(v gorgonia.Value) (*tensor.Dense, error) {
	switch u := v.(type) {
	case *gorgonia.F32:
		return newScalar(tensor.Float32, float64(*u)), nil
	case *gorgonia.F64:
		return newScalar(tensor.Float64, float64(*u)), nil
	}
	return denseValue("upstream", v)
}

// newScalar returns a scalar tensor.
func newScalar(dt tensor.Dtype, x float64) *tensor.Dense {
	if dt == tensor.Float32 {
		return tensor.New(tensor.FromScalar(float32(x)))
	}
	return tensor.New(tensor.FromScalar(x))
}

// scalarValue returns a scalar tensor as the scalar that Gorgonia wants.
func scalarValue(d *tensor.Dense) gorgonia.Value {
	if d.Dtype() == tensor.Float32 {
		return gorgonia.NewF32(d.Float32s()[0])
	}
	return gorgonia.NewF64(d.Float64s()[0])
}

// addToGrad adds d to the gradient that the Lisp machine keeps with the node n.
func addToGrad(n *gorgonia.Node, d gorgonia.Value) error {
	v, err := n.Grad()
	if err != nil {
		return err
	}
	sum, err := denseValue("gradient", v)
	if err != nil {
		return err
	}
	term, err := denseValue("gradient", d)
	if err != nil {
		return err
	}
	_, err = tensor.Add(sum, term, tensor.UseUnsafe())
	return err
}

// wantInputs returns an error unless op got the number of inputs it wants.
func wantInputs(op gorgonia.Op, got, want int) error {
	if got != want {
		return fmt.Errorf("graph: %v: got %d inputs, want %d: %w", op, got, want, ErrNode)
	}
	return nil
}

// firstShape returns a copy of the first input's shape, which must have dims dimensions.
func firstShape(op gorgonia.Op, in []gorgonia.DimSizer, arity, dims int) (tensor.Shape, error) {
	if err := wantInputs(op, len(in), arity); err != nil {
		return nil, err
	}
	s, ok := in[0].(tensor.Shape)
	if !ok || len(s) != dims {
		return nil, fmt.Errorf("graph: %v: shape %v is wrong, want %d dimensions: %w", op, in[0], dims, losses.ErrShape)
	}
	return s.Clone(), nil
}
