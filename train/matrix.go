package train

import (
	"errors"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/internal/gemm"
	"softloss/internal/phrase"
)

// matrix is row-major here, without gaps.
type matrix = gemm.Matrix[float32]

// matrixOf returns a float32 tensor [n, k] as a row-major matrix: its own memory, or a copy of a
// view. Errors: [ErrEmpty], [ErrMismatch], [ErrDtype].
func matrixOf(arg string, t *tensor.Dense) (matrix, error) {
	d, err := floatsOf(arg, t, 2)
	if err != nil {
		return matrix{}, err
	}
	n, k := d.Shape()[0], d.Shape()[1]
	if n < 1 || k < 1 {
		return matrix{}, fail(ErrEmpty, "%s: got shape %v, want at least one row and one column", arg, d.Shape())
	}
	return gemm.RowMajor(n, k, k, dense.Rows(d, 1, new([]float32))), nil
}

// floatsOf returns a float32 tensor of dims dimensions. Errors: those of matrixOf.
func floatsOf(arg string, t *tensor.Dense, dims int) (*tensor.Dense, error) {
	d, err := dense.Of(t)
	want := phrase.Plural(dims, "dimension")
	var e *dense.Error
	switch {
	case errors.As(err, &e) && e.Kind == dense.Missing:
		return nil, fail(ErrEmpty, "%s: got %s, want a tensor with %s", arg, e.Got, want)
	case errors.As(err, &e) && e.Kind == dense.Type:
		return nil, fail(ErrDtype, "%s: got %s, which %s, want float32", arg, e.Got, e.Problem)
	case err != nil:
		return nil, fail(ErrMismatch, "%s: %v", arg, err)
	case d.Dims() != dims:
		return nil, fail(ErrMismatch, "%s: got shape %v, want %s", arg, d.Shape(), want)
	case d.Dtype() != tensor.Float32:
		return nil, fail(ErrDtype, "%s: got dtype %v, want float32", arg, d.Dtype())
	}
	return d, nil
}

// matrixIn returns a row-major float32 tensor [n, k], or [k] as [1, k], where it lies.
func matrixIn(d *tensor.Dense) matrix {
	size := d.Shape().TotalSize()
	cols := d.Shape()[d.Dims()-1]
	return gemm.RowMajor(size/cols, cols, cols, d.Float32s()[:size])
}
