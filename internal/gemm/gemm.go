// Package gemm multiplies matrices so that the result is one number, to the last bit, however many
// processors compute it and whichever instructions they have.
//
//	C ← β C + A (α B)        A [m, k], B [k, n], C [m, n]
//
// Every element of C is one chain of fused multiply-adds in the order of k; package spec says
// exactly which. Package vec runs many chains side by side in assembly for AVX2, for AVX-512 and
// for the NEON of arm64; without those instructions, on other machines and with the build tag
// purego the specification runs. The bits are the same, except for those of a NaN.
package gemm

import (
	"fmt"

	"softloss/internal/gemm/spec"
)

// Float is an element type.
type Float = spec.Float

// Matrix is a view of numbers in memory; see [spec.Matrix].
type Matrix[T Float] = spec.Matrix[T]

// RowMajor returns a matrix whose rows begin stride elements apart.
func RowMajor[T Float](rows, cols, stride int, data []T) Matrix[T] {
	return Matrix[T]{Rows: rows, Cols: cols, RowStride: stride, ColStride: 1, Data: data}
}

// Vector returns a matrix of one column whose elements stand stride elements apart.
func Vector[T Float](rows, stride int, data []T) Matrix[T] {
	return Matrix[T]{Rows: rows, Cols: 1, RowStride: stride, ColStride: 1, Data: data}
}

// Mul computes C ← β C + A (α B) on up to GOMAXPROCS processors, as [spec.Mul] defines it for the
// matrix α B: its elements are rounded, because nothing else leaves a chain whole, and where α is
// not 1 that makes a copy of B. Where α is 0 neither A nor B is read. Any strides will do; C must
// not share memory with A or B.
//
// It panics when the shapes do not fit together or a matrix is longer than its memory. That is a
// mistake of the caller: what reaches this package from outside has been checked.
func Mul[T Float](c Matrix[T], beta, alpha T, a, b Matrix[T]) {
	if a.Rows != c.Rows || b.Cols != c.Cols || a.Cols != b.Rows {
		panic(fmt.Sprintf("gemm: A [%d, %d] times B [%d, %d] is no matrix C [%d, %d]",
			a.Rows, a.Cols, b.Rows, b.Cols, c.Rows, c.Cols))
	}
	if alpha == 0 || c.Rows == 0 || c.Cols == 0 || a.Cols == 0 {
		spec.Scale(c, beta)
		return
	}
	a, b, c = a.Slice(0, a.Rows, 0, a.Cols), b.Slice(0, b.Rows, 0, b.Cols), c.Slice(0, c.Rows, 0, c.Cols)
	if alpha != 1 {
		b = copyOf(b)
		spec.Scale(b, alpha)
	}
	switch {
	case c.Cols == 1 && c.RowStride == 1, c.ColStride != 1 && c.RowStride == 1:
		split(c.Transposed(), beta, b.Transposed(), a.Transposed())
	case c.Cols > 1 && c.ColStride == 1:
		split(c, beta, a, b)
	default:
		whole := copyOf(c)
		Mul(whole, beta, 1, a, b)
		spec.Copy(c, whole)
	}
}

// copyOf returns a row-major copy without gaps.
func copyOf[T Float](m Matrix[T]) Matrix[T] {
	c := RowMajor(m.Rows, m.Cols, m.Cols, make([]T, m.Rows*m.Cols))
	spec.Copy(c, m)
	return c
}
