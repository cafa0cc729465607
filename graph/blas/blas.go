// Package blas is gonum's BLAS with faster products. Every Gorgonia program becomes faster with it,
// whatever its losses; nothing else in this module needs it or sets it:
//
//	tensor.Use(blas.Implementation{}) // the products of Gorgonia and its tensors
//	blas32.Use(blas.Implementation{}) // those of gonum's own packages; blas64 alike
//
// The products of matrices, and of a matrix and a vector, run in assembly on arm64 and on amd64
// with AVX2 or AVX-512, rows side by side on up to GOMAXPROCS processors. They do not depend on
// that: each element of a result is one chain of fused multiply-adds, with the same bits on every
// processor, also where plain Go computes it. Everything else of BLAS is gonum's.
package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"softloss/internal/gemm"
)

// Implementation is gonum's implementation of BLAS except for Sgemm, Dgemm, Sgemv and Dgemv:
//
//	c ← β c, then c ← fma(a, α b, c) over k, in order
//
// where each β c and α b is rounded, and so is each fma, once. Matrices are row-major. With β = 0
// what was in C is overwritten, NaN as well; with α = 0 A and B are not read. A zero in A or B
// hides no infinity and no NaN of the other, as it may in gonum's.
//
// Wrong arguments panic, with gonum's words: the interfaces of BLAS return no errors. Gorgonia
// checks shapes before it calls.
type Implementation struct{ gonum.Implementation }

var (
	_ blas.Float32 = Implementation{}
	_ blas.Float64 = Implementation{}
)

// Sgemm computes C ← β C + op(A) (α op(B)): op(A) [m, k], op(B) [k, n], C [m, n].
func (i Implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int,
	b []float32, ldb int, beta float32, c []float32, ldc int) {
	i.Implementation.Sgemm(tA, tB, m, n, k, 0, a, lda, b, ldb, 1, c, ldc) // checks the arguments, no more
	gemm.Mul(matrix(blas.NoTrans, m, n, c, ldc), beta, alpha, matrix(tA, m, k, a, lda), matrix(tB, k, n, b, ldb))
}

// Dgemm is [Implementation.Sgemm] for float64.
func (i Implementation) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int,
	b []float64, ldb int, beta float64, c []float64, ldc int) {
	i.Implementation.Dgemm(tA, tB, m, n, k, 0, a, lda, b, ldb, 1, c, ldc)
	gemm.Mul(matrix(blas.NoTrans, m, n, c, ldc), beta, alpha, matrix(tA, m, k, a, lda), matrix(tB, k, n, b, ldb))
}

// Sgemv computes y ← β y + op(A) (α x): A [m, n], whether transposed or not.
func (i Implementation) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int,
	x []float32, incX int, beta float32, y []float32, incY int) {
	i.Implementation.Sgemv(tA, m, n, 0, a, lda, x, incX, 1, y, incY) // checks the arguments, no more
	mulVector(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Dgemv is [Implementation.Sgemv] for float64.
func (i Implementation) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int,
	x []float64, incX int, beta float64, y []float64, incY int) {
	i.Implementation.Dgemv(tA, m, n, 0, a, lda, x, incX, 1, y, incY)
	mulVector(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// matrix returns op(data), which is [rows, cols].
func matrix[T gemm.Float](t blas.Transpose, rows, cols int, data []T, stride int) gemm.Matrix[T] {
	if t == blas.NoTrans {
		return gemm.RowMajor(rows, cols, stride, data)
	}
	return gemm.RowMajor(cols, rows, stride, data).Transposed()
}

// mulVector computes y ← β y + op(A) (α x).
func mulVector[T gemm.Float](t blas.Transpose, m, n int, alpha T, a []T, lda int,
	x []T, incX int, beta T, y []T, incY int) {
	if m == 0 || n == 0 {
		return
	}
	if t != blas.NoTrans {
		m, n = n, m
	}
	if incX < 0 {
		x, incX = reversed(x, n, incX), 1
	}
	to, step := y, incY
	if incY < 0 {
		to, step = reversed(y, m, incY), 1
	}
	gemm.Mul(gemm.Vector(m, step, to), beta, alpha, matrix(t, m, n, a, lda), gemm.Vector(n, incX, x))
	if incY < 0 {
		for i, v := range to {
			y[(i+1-m)*incY] = v
		}
	}
}

// reversed returns the n elements of a vector with a negative increment: the first is the last in
// memory.
func reversed[T gemm.Float](x []T, n, inc int) []T {
	r := make([]T, n)
	for i := range r {
		r[i] = x[(i+1-n)*inc]
	}
	return r
}
