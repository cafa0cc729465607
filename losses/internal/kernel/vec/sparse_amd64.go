//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// HasSparse reports whether there is [Sparse].
const HasSparse = true

// SparseScratch returns how many numbers [Sparse] takes as scratch for rows of k classes: all but one, and a
// vector behind.
func SparseScratch(k int) int { return k - 1 + 8 }

// Sparse computes the loss of a sparse map, sparsemax for n = 1 and entmax for n = 2, of rows with labels t or,
// where t is nil, class indices. spare holds k elements, scratch as many as [SparseScratch] says. row is that
// of [NCE].
func Sparse[T spec.Float](n int, loss []float64, grad, z, t []T, index []int, scale, spare []T, scratch []float64,
	k int, row func(j int) (valid bool)) (bad int) {
	if inTiles[T](k) {
		return sparseTiles(n, loss, grad, z, t, index, scale, k, row)
	}
	v := wideOf[T]()
	soft, hot := v.sparsemaxRow, v.sparsemaxIndex
	if n == 2 {
		soft, hot = v.entmaxRow, v.entmaxIndex
	}
	for j := range loss {
		x, f, g := &z[j*k], spec.Factor(scale, j), &spare[0]
		if grad != nil {
			g = &grad[j*k]
		}
		var rejected uint32
		if t != nil {
			loss[j], rejected = soft(g, x, &t[j*k], k, &scratch[0], f)
		} else {
			loss[j], rejected = hot(g, x, k, index[j], &scratch[0], f)
		}
		if rejected != 0 && !row(j) {
			return j
		}
	}
	return -1
}

func sparseTiles[T spec.Float](n int, loss []float64, grad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	return tilesBy(wideOf[T](), loss, grad, z, t, index, scale, k,
		func(u double, s *tile[float64], loss []float64, _, w int) (rejected uint32) {
			run := u.sparsemaxTile
			if n == 2 {
				run = u.entmaxTile
			}
			rejected = run(&s.e[0], &s.h[0], &s.z[0], &s.t[0], k, &s.lane[0])
			copy(loss, s.numbers(laneLoss, w))
			return rejected
		}, row)
}
