package dataset

import (
	"math"

	"gorgonia.org/tensor"
)

// number lists the element types that tables are read from.
type number interface {
	float32 | float64 | int | int32 | int64
}

// matrix is a two-dimensional tensor seen as rows; strides allow for views and
// transposes.
type matrix[T number] struct {
	data   []T
	n, k   int // shape
	s0, s1 int // strides
}

func (m matrix[T]) at(i, j int) T { return m.data[i*m.s0+j*m.s1] }

// buffer returns what row needs to return rows that are not contiguous.
func (m matrix[T]) buffer() []T {
	if m.s1 == 1 {
		return nil
	}
	return make([]T, m.k)
}

// row returns row i: a slice of the tensor where it is contiguous, otherwise a
// copy in buf, which buffer made.
func (m matrix[T]) row(i int, buf []T) []T {
	if m.s1 == 1 {
		return m.data[i*m.s0 : i*m.s0+m.k]
	}
	for j := range buf[:m.k] {
		buf[j] = m.at(i, j)
	}
	return buf[:m.k]
}

// contiguous reports whether data is the matrix in row-major order.
func (m matrix[T]) contiguous() bool { return m.s1 == 1 && m.s0 == m.k }

// shapeOf checks that t is a two-dimensional tensor with at least one element.
func shapeOf(arg string, t *tensor.Dense) error {
	if t == nil {
		return fail(ErrShape, "%s: got a nil tensor, want one with 2 dimensions", arg)
	}
	if shape := t.Shape(); len(shape) != 2 || shape[0] < 1 || shape[1] < 1 {
		return fail(ErrShape, "%s: got shape %v, want 2 dimensions, each of size 1 or more", arg, shape)
	}
	return nil
}

// view returns t as a matrix of T, or [ErrShape] or [ErrDtype].
func view[T number](arg string, t *tensor.Dense) (matrix[T], error) {
	if err := shapeOf(arg, t); err != nil {
		return matrix[T]{}, err
	}
	data, ok := t.Data().([]T)
	if !ok {
		var want T
		return matrix[T]{}, fail(ErrDtype, "%s: got dtype %v, want %T", arg, t.Dtype(), want)
	}
	shape, strides := t.Shape(), t.Strides()
	m := matrix[T]{data: data, n: shape[0], k: shape[1]}
	if len(strides) != 2 {
		return matrix[T]{}, fail(ErrShape, "%s: got strides %v, want 2 of them", arg, strides)
	}
	m.s0, m.s1 = strides[0], strides[1]
	if last := (m.n-1)*m.s0 + (m.k-1)*m.s1; m.s0 < 0 || m.s1 < 0 || last >= len(data) {
		return matrix[T]{}, fail(ErrShape, "%s: got %d elements, want more than %d for shape %v",
			arg, len(data), last, shape)
	}
	return m, nil
}

// viewFloat64 returns t, of any dtype that [number] lists, as a matrix of
// float64: a copy unless t is float64 itself.
func viewFloat64(arg string, t *tensor.Dense) (matrix[float64], error) {
	if err := shapeOf(arg, t); err != nil {
		return matrix[float64]{}, err
	}
	switch t.Data().(type) {
	case []float64:
		return view[float64](arg, t)
	case []float32:
		return convert[float32](arg, t)
	case []int:
		return convert[int](arg, t)
	case []int32:
		return convert[int32](arg, t)
	case []int64:
		return convert[int64](arg, t)
	}
	return matrix[float64]{}, fail(ErrDtype, "%s: got dtype %v, want float32, float64, int, int32 or int64", arg, t.Dtype())
}

func convert[T number](arg string, t *tensor.Dense) (matrix[float64], error) {
	m, err := view[T](arg, t)
	if err != nil {
		return matrix[float64]{}, err
	}
	out := matrix[float64]{data: make([]float64, m.n*m.k), n: m.n, k: m.k, s0: m.k, s1: 1}
	for i := range m.n {
		for j := range m.k {
			out.data[i*m.k+j] = float64(m.at(i, j))
		}
	}
	return out, nil
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

// argmax returns the position of the largest entry, ties to the lowest. A NaN
// is never the largest; a row of nothing but NaN gives 0.
func argmax[T number](row []T) int {
	best := 0
	for j, v := range row {
		if v > row[best] || row[best] != row[best] && v == v {
			best = j
		}
	}
	return best
}

// finite reports whether v is neither NaN nor infinite.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
