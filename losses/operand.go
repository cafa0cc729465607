package losses

import (
	"fmt"
	"reflect"
	"slices"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// Operand is what has a shape and a dtype: a tensor, or a node of a Gorgonia graph.
type Operand interface {
	Shape() tensor.Shape
	Dtype() tensor.Dtype
}

// absent reports whether o is nil or holds a nil pointer.
func absent(o Operand) bool {
	if o == nil {
		return true
	}
	if d, ok := o.(*tensor.Dense); ok {
		return d == nil
	}
	v := reflect.ValueOf(o)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// missing reports whether o is absent, or the zero value of a tensor.
func missing(o Operand) bool { return absent(o) || o.Dtype().Type == nil }

// denseOf returns t, which must be a dense tensor of numbers in this process's memory.
func denseOf(arg string, t tensor.Tensor) (*tensor.Dense, error) {
	d, err := dense.Of(t)
	if err != nil {
		return nil, tensorError(arg, err)
	}
	return d, nil
}

// likeOf returns t, which must be dense, of the given dtype and shape.
func likeOf(arg string, t tensor.Tensor, dt tensor.Dtype, shape ...int) (*tensor.Dense, error) {
	d, err := denseOf(arg, t)
	if err != nil {
		return nil, err
	}
	if d.Dtype() != dt {
		return nil, argError(ErrDtype, arg, "dtype "+d.Dtype().String(), "is wrong", dt.String())
	}
	return d, checkShape(arg, d.Shape(), shape...)
}

// checkRows wants rows of classes: a dtype of logits and labels and a shape of one or more
// dimensions, none of them empty.
func checkRows(arg string, o Operand) error {
	if missing(o) {
		return argError(ErrNil, arg, "nil", "is no tensor", arg+" [N, K]")
	}
	if err := checkFloat(arg, o.Dtype()); err != nil {
		return err
	}
	return checkFull(arg, o.Shape())
}

// checkFloat wants one of the two dtypes of logits and labels.
func checkFloat(arg string, dt tensor.Dtype) error {
	switch {
	case dt.Type == nil: // it has no name either
		return argError(ErrDtype, arg, "a dtype without a type", "is not supported", "float32 or float64")
	case dt != tensor.Float32 && dt != tensor.Float64:
		return argError(ErrDtype, arg, "dtype "+dt.String(), "is not supported", "float32 or float64")
	}
	return nil
}

// checkFull wants an axis, and none that is empty.
func checkFull(arg string, s tensor.Shape) error {
	if len(s) == 0 {
		return argError(ErrShape, arg, "a scalar", "has no classes", "[N, K], or [K] for one row")
	}
	if slices.Min(s) < 1 {
		return argError(ErrShape, arg, fmt.Sprintf("shape %v", s), "is empty", "at least one row and one class")
	}
	return nil
}

// checkShape wants exactly the given shape: unlike tensor.Shape.Eq it tells (N) from (N, 1).
func checkShape(arg string, s tensor.Shape, want ...int) error {
	if !slices.Equal(s, want) {
		return shapeError(arg, s, fmt.Sprintf("shape %v", tensor.Shape(slices.Clone(want))))
	}
	return nil
}

func shapeError(arg string, s tensor.Shape, want string) *Error {
	return argError(ErrShape, arg, fmt.Sprintf("shape %v", s), "is wrong", want)
}

// extent returns the number of rows of x and their length.
func extent(x *tensor.Dense) (n, k int) {
	k = x.Shape()[len(x.Shape())-1]
	return x.Shape().TotalSize() / k, k
}

// narrow returns a new tensor of the dtype that holds x.
func narrow(dt tensor.Dtype, x []float64, shape ...int) *tensor.Dense {
	out := dense.New(dt, shape...)
	store(out, 0, x)
	return out
}

// store stores x in a contiguous tensor, from its element number at on.
func store(out *tensor.Dense, at int, x []float64) {
	if out.Dtype() == tensor.Float64 {
		copy(out.Float64s()[at:], x)
		return
	}
	kernel.Round(out.Float32s()[at:at+len(x)], x)
}

// validRows returns the rows of a tensor of labels, and how many make a row, or the error of the
// first label that is negative, NaN or infinite.
func validRows[T dense.Float](arg string, labels *tensor.Dense) (t []T, k int, err error) {
	_, k = extent(labels)
	t = dense.Rows(labels, dense.Last, new([]T))
	for i, v := range t {
		if !valid(v) {
			return nil, k, labelError(arg, i/k, i%k, v)
		}
	}
	return t, k, nil
}
