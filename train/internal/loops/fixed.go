package loops

import "math"

// Magnitude returns the largest |x_i|, +Inf for one that is infinite or NaN, 0 without any. It
// compares bits, whose order is that of the numbers.
func Magnitude(x []float32) float64 {
	const inf = 0xff << 23
	top, n := magnitudeVectors(x)
	for _, v := range x[n:] {
		top = max(top, math.Float32bits(v)&^(1<<31))
	}
	return float64(math.Float32frombits(min(top, inf)))
}

// AddFixed adds x_i times scale, a power of two, to sum_i, cut off towards 0. The products are
// smaller than 2^63.
func AddFixed(sum []int64, x []float32, scale float64) {
	sum = sum[:len(x)]
	n := addFixedVectors(sum, x, scale)
	addFixed(sum[n:], x[n:], scale)
}

func addFixed(sum []int64, x []float32, scale float64) {
	sum = sum[:len(x)]
	for i, v := range x {
		sum[i] += int64(float64(v) * scale)
	}
}

// FromFixed sets x_i to sum_i times unit, a power of two, rounded to float64 and then to float32.
func FromFixed(x []float32, sum []int64, unit float64) {
	sum = sum[:len(x)]
	n := fromFixedVectors(x, sum, unit)
	fromFixed(x[n:], sum[n:], unit)
}

func fromFixed(x []float32, sum []int64, unit float64) {
	sum = sum[:len(x)]
	for i := range x {
		x[i] = float32(float64(sum[i]) * unit)
	}
}
