package dataset

import (
	"errors"
	"math"
	"reflect"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// matrix is the elements of a two-dimensional tensor row by row: its own memory, or a copy of a
// view.
type matrix[T dense.Float] struct {
	data []T
	n, k int // shape
}

// row returns row i.
func (m matrix[T]) row(i int) []T { return m.data[i*m.k : (i+1)*m.k] }

// numbersOf returns a tensor of any number dtype as a matrix: [ErrShape] or [ErrDtype] when it is
// none.
func numbersOf[T dense.Float](arg string, t *tensor.Dense) (matrix[T], error) {
	d, err := dense.Of(t)
	if err != nil {
		var e *dense.Error
		if kind := ErrShape; errors.As(err, &e) {
			if e.Kind == dense.Type {
				kind = ErrDtype
			}
			return matrix[T]{}, fail(kind, "%s: got %s, which %s, want %s", arg, e.Got, e.Problem, e.Want)
		}
		return matrix[T]{}, err
	}
	if shape := d.Shape(); len(shape) != 2 || shape[0] < 1 || shape[1] < 1 {
		return matrix[T]{}, fail(ErrShape, "%s: got shape %v, want 2 dimensions, each of size 1 or more", arg, shape)
	}
	return matrix[T]{dense.Rows(d, 1, new([]T)), d.Shape()[0], d.Shape()[1]}, nil
}

// matrixOf is numbersOf a tensor of dtype T.
func matrixOf[T dense.Float](arg string, t *tensor.Dense) (matrix[T], error) {
	m, err := numbersOf[T](arg, t)
	if want := reflect.TypeFor[T](); err == nil && t.Dtype().Type != want {
		return matrix[T]{}, fail(ErrDtype, "%s: got dtype %v, want %v", arg, t.Dtype(), want)
	}
	return m, err
}

// newMatrix returns a zeroed row-major [n, k] float32 tensor and its elements.
// [ErrShape] when a side is below 1 or there would be 2³¹ elements or more.
func newMatrix(arg string, n, k int) (*tensor.Dense, []float32, error) {
	if n < 1 || k < 1 {
		return nil, nil, fail(ErrShape, "%s: got a table of %d rows and %d columns, want at least 1 of each", arg, n, k)
	}
	if k > math.MaxInt32/n {
		return nil, nil, fail(ErrShape, "%s: got a table of %d rows and %d columns, want less than 2^31 elements", arg, n, k)
	}
	data := make([]float32, n*k)
	return tensor.New(tensor.WithShape(n, k), tensor.WithBacking(data)), data, nil
}

// finite reports whether v is neither NaN nor infinite.
func finite(v float64) bool { return v-v == 0 }
