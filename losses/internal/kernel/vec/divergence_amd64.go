//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// Divergence is [spec.Divergence].
func Divergence[T spec.Float](h, d, p, l, m, minus []float64) {
	doublesFor[T]().divergence(&h[0], &d[0], &p[0], &l[0], &m[0], &minus[0], len(h))
}

// Ratios is [spec.Ratios].
func Ratios(h, z, other, p, q []float64, a int) (sum, excess, rest float64) {
	at, low := spec.Difference(z[a], other[a])
	return doubles().ratios(&h[0], &z[0], &other[0], &p[0], &q[0], len(h), at, low)
}

// ShiftRatios is [spec.ShiftRatios].
func ShiftRatios(h, sum []float64, shift float64) {
	doubles().shiftRatios(&h[0], &sum[0], len(h), shift)
}

// MeanRatios is [spec.MeanRatios].
func MeanRatios(minus, l, sum []float64, f float64) {
	doubles().meanRatios(&minus[0], &l[0], &sum[0], len(sum), f)
}

// TakeRatios is [spec.TakeRatios].
func TakeRatios(l, h, sum []float64) { doubles().takeRatios(&l[0], &h[0], &sum[0], len(sum)) }

// CloseRatios is [spec.CloseRatios].
func CloseRatios[T spec.Float](apart []bool, w, mean []float64, z, other []T, q []float64, f float64, k int) {
	wideOf[T]().closeRatios(&apart[0], &w[0], &mean[0], &z[0], &other[0], &q[0], k, len(apart), f)
}

// CloseDivergence is [spec.CloseDivergence].
func CloseDivergence[T spec.Float](h, d, p, q, mean []float64) {
	doublesFor[T]().closeDivergence(&h[0], &d[0], &p[0], &q[0], &mean[0], len(h))
}

// RowSums is [spec.RowSums].
func RowSums[T spec.Float](dst []float64, x []T, k int) {
	if halfOf[T](k) > 0 {
		for i := range dst {
			dst[i] = Sum(spec.Row(x, i, k))
		}
		return
	}
	wideOf[T]().rowSums(&dst[0], &x[0], k, len(dst))
}

// WeightedRowSums is [spec.WeightedRowSums].
func WeightedRowSums[T spec.Float](dst []float64, x []T, w []float64) {
	if halfOf[T](len(w)) > 0 {
		for i := range dst {
			_, dst[i], _ = WeightedSum(spec.Row(x, i, len(w)), w)
		}
		return
	}
	wideOf[T]().weightedRowSums(&dst[0], &x[0], &w[0], len(w), len(dst))
}

// CentredRows is [spec.CentredRows].
func CentredRows[T spec.Float](dst []T, p, d, mean, f []float64, k int) {
	wideOf[T]().centredRows(&dst[0], &p[0], &d[0], &mean[0], &f[0], k, len(mean))
}
