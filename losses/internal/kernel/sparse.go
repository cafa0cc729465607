package kernel

import "softloss/losses/internal/kernel/vec"

// HasSparse reports whether there is a kernel of sparse maps: [Sparse] may be called where it is
// so.
func HasSparse() bool { return vec.On() && vec.HasSparse }

// SparseScratch returns how many elements [Sparse] takes as scratch.
func SparseScratch(k int) int { return vec.SparseScratch(k) }

// Sparse computes the loss of a sparse map of rows, and by row those that are not for vectors; see
// [vec.Sparse].
func Sparse[T Float](n int, loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	row func(j int) (valid bool)) (bad int) {
	return vec.Sparse(n, loss, grad, labelGrad, z, t, index, scale, scratch, k, row)
}
