package numtest

import "math"

// Ulps returns how many floating-point numbers lie between a and b, 0 when they are equal. -0 and
// +0 are equal, a NaN is only equal to a NaN and at the greatest distance from everything else, and
// an infinity is one step beyond the largest finite number.
func Ulps[T float32 | float64](a, b T) uint64 {
	if a == b || a != a && b != b {
		return 0
	}
	if a != a || b != b {
		return math.MaxUint64
	}
	x, y := order(a), order(b)
	if x > y {
		x, y = y, x
	}
	return uint64(y) - uint64(x)
}

// order maps the floats in their order to integers in theirs.
func order[T float32 | float64](v T) int64 {
	var bits, sign int64
	switch v := any(v).(type) {
	case float32:
		bits, sign = int64(int32(math.Float32bits(v))), math.MinInt32
	case float64:
		bits, sign = int64(math.Float64bits(v)), math.MinInt64
	}
	if bits < 0 {
		return sign - bits
	}
	return bits
}

// Ulp returns the distance from |x| to the next larger number of T, the unit
// in the last place of x. It is the smallest denormal for 0, NaN for NaN and infinities.
func Ulp[T float32 | float64](x T) float64 {
	switch v := any(x).(type) {
	case float32:
		v = float32(math.Abs(float64(v)))
		return float64(math.Nextafter32(v, float32(math.Inf(1)))) - float64(v)
	default:
		f := math.Abs(float64(x))
		return math.Nextafter(f, math.Inf(1)) - f
	}
}
