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

// isDouble reports whether a tensor is of float64 and not of float32: [ErrShape] or [ErrDtype] when
// it is of neither.
func isDouble(arg string, t *tensor.Dense) (bool, error) {
	if t != nil && (t.Dtype() == tensor.Float64 || t.Dtype() == tensor.Float32) {
		return t.Dtype() == tensor.Float64, nil
	}
	if _, err := numbersOf[float32](arg, t); err != nil {
		return false, err
	}
	return false, fail(ErrDtype, "%s: got dtype %v, want float32 or float64", arg, t.Dtype())
}

// features are the numbers of a feature table, float32 or float64.
type features struct {
	matrix[float64]                 // of a float64 table; else only its shape
	singles         matrix[float32] // of a float32 table
	buf             []float64
}

// featuresOf returns a tensor as features: [ErrShape] or [ErrDtype] when it is none.
func featuresOf(t *tensor.Dense) (x features, err error) {
	double, err := isDouble("features", t)
	switch {
	case err != nil:
		return x, err
	case double:
		x.matrix, err = matrixOf[float64]("features", t)
		return x, err
	}
	x.singles, err = matrixOf[float32]("features", t)
	x.n, x.k, x.buf = x.singles.n, x.singles.k, make([]float64, x.singles.k)
	return x, err
}

// row returns row i, until the next call.
func (x *features) row(i int) []float64 {
	if x.singles.data == nil {
		return x.matrix.row(i)
	}
	for j, v := range x.singles.row(i) {
		x.buf[j] = float64(v)
	}
	return x.buf
}

// newMatrix returns a zeroed row-major [n, k] tensor and its elements.
// [ErrShape] when a side is below 1 or there would be 2³¹ elements or more.
func newMatrix[T dense.Float](arg string, n, k int) (*tensor.Dense, []T, error) {
	if n < 1 || k < 1 {
		return nil, nil, fail(ErrShape, "%s: got a table of %s and %s, want at least 1 of each", arg,
			plural(n, "row"), plural(k, "column"))
	}
	if k > math.MaxInt32/n {
		return nil, nil, fail(ErrShape, "%s: got a table of %s and %s, want less than 2^31 elements", arg,
			plural(n, "row"), plural(k, "column"))
	}
	data := make([]T, n*k)
	return tensor.New(tensor.WithShape(n, k), tensor.WithBacking(data)), data, nil
}

// pick returns a copy of these rows and columns, nil for all of them, of a float32 or float64
// table. Column -1 is 0 in every row.
func pick(arg string, t *tensor.Dense, rows, columns []int) (*tensor.Dense, error) {
	double, err := isDouble(arg, t)
	switch {
	case err != nil:
		return nil, err
	case double:
		return pickOf[float64](arg, t, rows, columns)
	}
	return pickOf[float32](arg, t, rows, columns)
}

func pickOf[T dense.Float](arg string, t *tensor.Dense, rows, columns []int) (*tensor.Dense, error) {
	from, err := matrixOf[T](arg, t)
	if err != nil {
		return nil, err
	}
	n, k := from.n, from.k
	if rows != nil {
		n = len(rows)
	}
	if columns != nil {
		k = len(columns)
	}
	out, data, err := newMatrix[T](arg, n, k)
	if err != nil {
		return nil, err
	}
	for i := range n {
		row := i
		if rows != nil {
			row = rows[i]
		}
		src, dst := from.row(row), data[i*k:(i+1)*k]
		if columns == nil {
			copy(dst, src)
		}
		for j, c := range columns {
			if c >= 0 {
				dst[j] = src[c]
			}
		}
	}
	return out, nil
}

// finite reports whether v is neither NaN nor infinite.
func finite(v float64) bool { return v-v == 0 }
