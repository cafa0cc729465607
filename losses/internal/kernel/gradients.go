package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// few is how many elements take plain Go no longer than a call of vectors.
const few = 16

// Moments returns two sums of h; see [spec.Moments].
func Moments[T Float](p, h []T, from float64) (plain, weighted float64) {
	if vec.On() && len(p) > few {
		return vec.Moments(p, h, from)
	}
	return spec.Moments(p, h, from)
}

// Expectation returns Σ p (h - from), of float32 to its digits; see [spec.Expectation].
func Expectation[T Float](p, h []T, from float64) (sum float64) {
	if vec.On() && len(p) > few {
		return vec.Expectation(p, h, from)
	}
	return spec.Expectation(p, h, from)
}

// Tilt multiplies p by a function of h and subtracts labels; see [spec.Tilt].
func Tilt[T Float](p, t, h []T, from, a, b, c float64) {
	if vec.On() && len(p) > few {
		vec.Tilt(p, t, h, from, a, b, c)
		return
	}
	spec.Tilt(p, t, h, from, a, b, c)
}

// Affine is [Tilt] of a constant, with a sum; see [spec.Affine].
func Affine[T Float](p, t []T, a, b, c float64) {
	if vec.On() && len(p) > few {
		vec.Affine(p, t, a, b, c)
		return
	}
	spec.Affine(p, t, a, b, c)
}

// Add adds x to dst and reports whether all that gives is finite; see [spec.Add].
func Add[T Float](dst, x []T) (finite bool) {
	if vec.On() && len(x) > 0 {
		return vec.Add(dst, x)
	}
	return spec.Add(dst, x)
}

// Rests stores 1 - p in rest and reports whether a p is above 1/2.
func Rests(rest, p []float64) (sure bool) {
	if vec.On() && len(p) > few {
		return vec.Rests(rest, p)
	}
	return spec.Rests(rest, p)
}

// MinusLogs stores bounded logarithms of labels; see [spec.MinusLogs].
func MinusLogs[T Float](dst, t []T, most float64) {
	if vec.On() {
		vec.MinusLogs(dst, t, most)
		return
	}
	spec.MinusLogs(dst, t, most)
}
