// Package spec says in plain Go what a matrix product is, to the last bit, and computes it where
// there is no assembly.
package spec

// Float is an element type.
type Float interface{ float32 | float64 }

// Matrix is a view of numbers in memory: element (i, j) is Data[i*RowStride+j*ColStride]. A
// row-major matrix has ColStride 1, its transpose RowStride 1; a vector with gaps is a matrix of
// one column.
type Matrix[T Float] struct {
	Rows, Cols           int
	RowStride, ColStride int
	Data                 []T
}

// Transposed returns the transpose, a view of the same memory.
func (m Matrix[T]) Transposed() Matrix[T] {
	return Matrix[T]{Rows: m.Cols, Cols: m.Rows, RowStride: m.ColStride, ColStride: m.RowStride, Data: m.Data}
}

// Slice returns the rows [i0, i1) and columns [j0, j1), a view of the same memory. It panics where
// that ends before they do.
func (m Matrix[T]) Slice(i0, i1, j0, j1 int) Matrix[T] {
	s := Matrix[T]{Rows: i1 - i0, Cols: j1 - j0, RowStride: m.RowStride, ColStride: m.ColStride}
	if s.Rows > 0 && s.Cols > 0 {
		first, last := i0*m.RowStride+j0*m.ColStride, (i1-1)*m.RowStride+(j1-1)*m.ColStride
		_ = m.Data[last] // up to the length: the slice alone might go on up to the capacity
		s.Data = m.Data[first : last+1]
	}
	return s
}

// Copy copies src to dst, which has its shape.
func Copy[T Float](dst, src Matrix[T]) {
	for i := range dst.Rows {
		for j := range dst.Cols {
			dst.Data[i*dst.RowStride+j*dst.ColStride] = src.Data[i*src.RowStride+j*src.ColStride]
		}
	}
}

// Scale multiplies c by beta, each element with one rounding. A beta of 0 sets it to 0, whatever
// it held.
func Scale[T Float](c Matrix[T], beta T) {
	if beta == 1 {
		return
	}
	for i := range c.Rows {
		for j := range c.Cols {
			x := &c.Data[i*c.RowStride+j*c.ColStride]
			if beta == 0 {
				*x = 0
			} else {
				*x *= beta
			}
		}
	}
}
