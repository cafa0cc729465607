//go:build !amd64 || purego

package vec

import "softloss/losses/internal/kernel/spec"

// Divergence is [spec.Divergence].
func Divergence[T spec.Float](h, d, p, l, m, minus []float64) { spec.Divergence(h, d, p, l, m, minus) }

// Ratios is [spec.Ratios].
func Ratios(h, z, other, p, q []float64, a int) (sum, excess, rest float64) {
	return spec.Ratios(h, z, other, p, q, a)
}

// ShiftRatios is [spec.ShiftRatios].
func ShiftRatios(h, sum []float64, shift float64) { spec.ShiftRatios(h, sum, shift) }

// MeanRatios is [spec.MeanRatios].
func MeanRatios(minus, l, sum []float64, f float64) { spec.MeanRatios(minus, l, sum, f) }

// TakeRatios is [spec.TakeRatios].
func TakeRatios(l, h, sum []float64) { spec.TakeRatios(l, h, sum) }

// CloseRatios is [spec.CloseRatios].
func CloseRatios[T spec.Float](apart []bool, w, mean []float64, z, other []T, q []float64, f float64, k int) {
	spec.CloseRatios(apart, w, mean, z, other, q, f, k)
}

// CloseDivergence is [spec.CloseDivergence].
func CloseDivergence[T spec.Float](h, d, p, q, mean []float64) {
	spec.CloseDivergence(h, d, p, q, mean)
}

// RowSums is [spec.RowSums].
func RowSums[T spec.Float](dst []float64, x []T, k int) {
	for i := range dst {
		dst[i] = Sum(spec.Row(x, i, k))
	}
}

// WeightedRowSums is [spec.WeightedRowSums].
func WeightedRowSums[T spec.Float](dst []float64, x []T, w []float64) {
	for i := range dst {
		_, dst[i], _ = WeightedSum(spec.Row(x, i, len(w)), w)
	}
}

// CentredRows is [spec.CentredRows].
func CentredRows[T spec.Float](dst []T, p, d, mean, f []float64, k int) {
	spec.CentredRows(dst, p, d, mean, f, k)
}
