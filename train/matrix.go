package train

import (
	"errors"

	"gonum.org/v1/gonum/blas/blas32"
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// matrixOf returns a float32 tensor [n, k] as a row-major matrix: its own memory, or a copy of a
// view. Errors: [ErrEmpty], [ErrMismatch], [ErrDtype].
func matrixOf(arg string, t *tensor.Dense) (blas32.General, error) {
	none := blas32.General{}
	d, err := dense.Of(t)
	var e *dense.Error
	switch {
	case errors.As(err, &e) && e.Kind == dense.Missing:
		return none, fail(ErrEmpty, "%s: got %s, want a tensor with 2 dimensions", arg, e.Got)
	case errors.As(err, &e) && e.Kind == dense.Type:
		return none, fail(ErrDtype, "%s: got %s, which %s, want float32", arg, e.Got, e.Problem)
	case err != nil:
		return none, fail(ErrMismatch, "%s: %v", arg, err)
	}
	shape := d.Shape()
	switch {
	case len(shape) != 2:
		return none, fail(ErrMismatch, "%s: got shape %v, want 2 dimensions", arg, shape)
	case shape[0] < 1 || shape[1] < 1:
		return none, fail(ErrEmpty, "%s: got shape %v, want at least one row and one column", arg, shape)
	case d.Dtype() != tensor.Float32:
		return none, fail(ErrDtype, "%s: got dtype %v, want float32", arg, d.Dtype())
	}
	return blas32.General{Rows: shape[0], Cols: shape[1], Stride: shape[1], Data: dense.Rows(d, 1, new([]float32))}, nil
}

// general returns a row-major float32 tensor [n, k], or [k] as [1, k], for BLAS.
func general(d *tensor.Dense) blas32.General {
	shape := d.Shape()
	rows, cols := 1, shape[len(shape)-1]
	if len(shape) == 2 {
		rows = shape[0]
	}
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: d.Float32s()[:rows*cols]}
}
