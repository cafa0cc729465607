//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// Moments is [spec.Moments].
func Moments[T spec.Float](p, h []T, from float64) (plain, weighted float64) {
	return spec.Moments(p, h, from)
}

// Expectation is [spec.Expectation].
func Expectation[T spec.Float](p, h []T, from float64) (sum float64) {
	return spec.Expectation(p, h, from)
}

// Tilt is [spec.Tilt].
func Tilt[T spec.Float](p, t, h []T, from, a, b, c float64) { spec.Tilt(p, t, h, from, a, b, c) }

// Affine is [spec.Affine].
func Affine[T spec.Float](p, t []T, a, b, c float64) { spec.Affine(p, t, a, b, c) }

// Add is [spec.Add].
func Add[T spec.Float](dst, x []T) (finite bool) { return spec.Add(dst, x) }

// MinusLogs is [spec.MinusLogs].
func MinusLogs[T spec.Float](dst, t []T, most float64) { spec.MinusLogs(dst, t, most) }

// Rests is [spec.Rests].
func Rests(rest, p []float64) (sure bool) { return spec.Rests(rest, p) }
