package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Divergence stores the terms of a Kullback-Leibler divergence, to the digits of T; see
// [spec.Divergence].
func Divergence[T Float](h, d, p, l, m, minus []float64) {
	if vec.On() && len(h) > 0 {
		vec.Divergence[T](h, d, p, l, m, minus)
		return
	}
	spec.Divergence(h, d, p, l, m, minus)
}

// Alike is how much logarithms of probabilities differ at most that nearly agree.
const Alike = spec.Alike

// Ratios compares predictions that nearly agree; see [spec.Ratios].
func Ratios(h, z, other, p, q []float64, a int) (sum, excess, rest float64) {
	if vec.On() {
		return vec.Ratios(h, z, other, p, q, a)
	}
	return spec.Ratios(h, z, other, p, q, a)
}

// ShiftRatios is part of that; see [spec.ShiftRatios].
func ShiftRatios(h, sum []float64, shift float64) {
	if vec.On() {
		vec.ShiftRatios(h, sum, shift)
		return
	}
	spec.ShiftRatios(h, sum, shift)
}

// MeanRatios is part of that; see [spec.MeanRatios].
func MeanRatios(minus, l, sum []float64, f float64) {
	if vec.On() {
		vec.MeanRatios(minus, l, sum, f)
		return
	}
	spec.MeanRatios(minus, l, sum, f)
}

// TakeRatios is part of that; see [spec.TakeRatios].
func TakeRatios(l, h, sum []float64) {
	if vec.On() {
		vec.TakeRatios(l, h, sum)
		return
	}
	spec.TakeRatios(l, h, sum)
}

// CloseRatios compares predictions that agree; see [spec.CloseRatios].
func CloseRatios[T Float](apart []bool, w, mean []float64, z, other []T, q []float64, f float64, k int) {
	if vec.On() {
		vec.CloseRatios(apart, w, mean, z, other, q, f, k)
		return
	}
	spec.CloseRatios(apart, w, mean, z, other, q, f, k)
}

// CloseDivergence is Divergence of predictions that agree; see [spec.CloseDivergence].
func CloseDivergence[T Float](h, d, p, q, mean []float64) {
	if vec.On() {
		vec.CloseDivergence[T](h, d, p, q, mean)
		return
	}
	spec.CloseDivergence(h, d, p, q, mean)
}

// RowSums stores the sums of rows; see [spec.RowSums].
func RowSums[T Float](dst []float64, x []T, k int) {
	if vec.On() {
		vec.RowSums(dst, x, k)
		return
	}
	spec.RowSums(dst, x, k)
}

// WeightedRowSums stores the weighted sums of rows; see [spec.WeightedRowSums].
func WeightedRowSums[T Float](dst []float64, x []T, w []float64) {
	if vec.On() {
		vec.WeightedRowSums(dst, x, w)
		return
	}
	spec.WeightedRowSums(dst, x, w)
}

// CentredRows multiplies rows of probabilities by what is centred; see [spec.CentredRows].
func CentredRows[T Float](dst []T, p, d, mean, f []float64, k int) {
	if vec.On() {
		vec.CentredRows(dst, p, d, mean, f, k)
		return
	}
	spec.CentredRows(dst, p, d, mean, f, k)
}
