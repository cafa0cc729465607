//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// few reports whether n rows at the end of a batch take less time one by one than in a tile.
func few(n, k int) bool { return n == 1 || 16*n <= k }

// fewCrossEntropy computes row j of those of crossEntropyTiles, with the memory of s. It returns
// false for a row that is for the specification.
func fewCrossEntropy[T spec.Float](
	u unit[T], s *tile[T], loss []float64, grad, z, t []T, index []int, scale []T, j, k int) bool {
	x, y := spec.Row(z, j, k), spec.Row(t, j, k)
	if t == nil {
		y = s.t[:k]
		clear(y)
		y[index[j]] = 1
	}
	fewLanes := 32 / spec.Size[T]()
	var rejected, invalid uint32
	if g := spec.Row(grad, j, k); g != nil {
		f := s.numbers(laneScale, fewLanes)
		for i := range f {
			f[i] = T(spec.Factor(scale, j))
		}
		rejected, invalid = u.fewCrossEntropyGrad(&g[0], &x[0], &y[0], k, &s.h[0], &s.lane[0])
	} else {
		rejected, invalid = u.fewCrossEntropy(&x[0], &y[0], k, &s.h[0], &s.lane[0])
	}
	loss[j] = float64(s.lane[laneLoss*fewLanes])
	return rejected|invalid == 0 && loss[j] == loss[j]
}
