package graph

import (
	"errors"
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/phrase"
	"softloss/losses"
)

// kind is the type of an input or of the result of an op.
type kind struct {
	arg  string       // what errors call it
	dims int          // 0 for a scalar
	of   tensor.Dtype // zero for the dtype of the logits

	unread bool // an input for the order of execution only
}

// typ returns the kind for Gorgonia, a new one each time, because the inferer modifies types.
// logits is the dtype of the logits, or a variable for it.
func (k kind) typ(logits hm.Type) hm.Type {
	if k.of.Type != nil {
		logits = k.of
	}
	if k.dims == 0 {
		return logits
	}
	return gorgonia.TensorType{Dims: k.dims, Of: logits}
}

// tensorOf returns a value, which must be of the kind, as a tensor, scalars too.
func tensorOf(k kind, v gorgonia.Value) (*tensor.Dense, error) {
	d, ok := v.(*tensor.Dense)
	if !ok && k.dims == 0 {
		d = scalarTensor(v)
	}
	switch {
	case d == nil:
		return nil, argError(losses.ErrDtype, k.arg, fmt.Sprintf("the value, a %T,", v), "is of the wrong type",
			"a *tensor.Dense")
	case d.Dims() != k.dims:
		return nil, argError(losses.ErrShape, k.arg, fmt.Sprintf("shape %v", d.Shape()), "is wrong",
			phrase.Plural(k.dims, "dimension"))
	}
	return d, nil
}

// checkTensor wants a tensor that can be read.
func checkTensor(arg string, t *tensor.Dense) error {
	_, err := dense.Of(t)
	var e *dense.Error
	if errors.As(err, &e) {
		kinds := map[dense.Kind]error{dense.Missing: losses.ErrNil, dense.Type: losses.ErrDtype,
			dense.Layout: losses.ErrShape}
		return argError(kinds[e.Kind], arg, e.Got, e.Problem, e.Want)
	}
	return err
}

// scalarTensor returns one of Gorgonia's numbers as a tensor, or nil.
func scalarTensor(v gorgonia.Value) *tensor.Dense {
	switch x := v.(type) {
	case *gorgonia.F32:
		return newTensor(tensor.Float32, nil, float64(*x))
	case *gorgonia.F64:
		return newTensor(tensor.Float64, nil, float64(*x))
	case *gorgonia.I:
		return tensor.New(tensor.FromScalar(int(*x)))
	case *gorgonia.I32:
		return tensor.New(tensor.FromScalar(int32(*x)))
	case *gorgonia.I64:
		return tensor.New(tensor.FromScalar(int64(*x)))
	case *gorgonia.U8:
		return tensor.New(tensor.FromScalar(byte(*x)))
	}
	return nil
}

// newTensor returns numbers, one for each element, as a tensor of floats.
func newTensor(dt tensor.Dtype, shape tensor.Shape, x ...float64) *tensor.Dense {
	d := dense.New(dt, shape...)
	if dt == tensor.Float64 {
		copy(dense.Memory[float64](d), x)
		return d
	}
	for i, v := range x {
		dense.Memory[float32](d)[i] = float32(v)
	}
	return d
}

// scalarOf returns a tensor of one float as the number that Gorgonia wants for a scalar.
func scalarOf(d *tensor.Dense) gorgonia.Value {
	if d.Dtype() == tensor.Float32 {
		return gorgonia.NewF32(dense.Memory[float32](d)[0])
	}
	return gorgonia.NewF64(dense.Memory[float64](d)[0])
}

// number returns the number of a tensor of one float.
func number(d *tensor.Dense) float64 {
	if d.Dtype() == tensor.Float32 {
		return float64(dense.Memory[float32](d)[0])
	}
	return dense.Memory[float64](d)[0]
}

// addToGrad adds d to the gradient that the Lisp machine keeps with the node n.
func addToGrad(n *gorgonia.Node, d *tensor.Dense) error {
	v, err := n.Grad()
	if err != nil {
		return err
	}
	switch sum := v.(type) {
	case *gorgonia.F32:
		*sum += gorgonia.F32(dense.Memory[float32](d)[0])
		return nil
	case *gorgonia.F64:
		*sum += gorgonia.F64(dense.Memory[float64](d)[0])
		return nil
	}
	sum, err := tensorOf(kind{arg: "gradient", dims: len(d.Shape())}, v)
	if err != nil {
		return err
	}
	_, err = tensor.Add(sum, d, tensor.UseUnsafe())
	return err
}
