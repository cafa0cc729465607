package train

import (
	"errors"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/gemm"
)

// matrix is row-major here, without gaps.
type matrix = gemm.Matrix[float32]

// matrixOf returns a float32 tensor [n, k] as a row-major matrix: its own memory, or a copy of a
// view. Errors: [ErrEmpty], [ErrMismatch], [ErrDtype].
func matrixOf(arg string, t *tensor.Dense) (matrix, error) {
	none := matrix{}
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
	return gemm.RowMajor(shape[0], shape[1], shape[1], dense.Rows(d, 1, new([]float32))), nil
}

// matrixIn returns a row-major float32 tensor [n, k], or [k] as [1, k], where it lies.
func matrixIn(d *tensor.Dense) matrix {
	size := d.Shape().TotalSize()
	cols := d.Shape()[d.Dims()-1]
	return gemm.RowMajor(size/cols, cols, cols, d.Float32s()[:size])
}
