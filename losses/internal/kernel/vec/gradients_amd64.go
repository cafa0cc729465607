//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Moments is [spec.Moments].
func Moments[T spec.Float](p, h []T, from float64) (plain, weighted float64) {
	if len(p) == 0 {
		return 0, 0
	}
	return wideOf[T]().moments(&p[0], &h[0], len(p), from)
}

// Expectation is [spec.Expectation].
func Expectation[T spec.Float](p, h []T, from float64) (sum float64) {
	if spec.Size[T]() == 4 {
		return singleOf(unitOf[T]()).expectation(float(&p[0]), float(&h[0]), len(p), float32(from))
	}
	_, sum = Moments(p, h, from)
	return sum
}

// Tilt is [spec.Tilt].
func Tilt[T spec.Float](p, t, h []T, from, a, b, c float64) {
	if c == 0 {
		t = nil
	}
	wideOf[T]().tilt(&p[0], first(t), &h[0], len(p), from, a, b, c)
}

// Affine is [spec.Affine].
func Affine[T spec.Float](p, t []T, a, b, c float64) {
	if size := math.Abs(a) + math.Abs(b) + math.Abs(c); spec.Size[T]() == 4 && 0x1p-60 < size && size < 0x1p60 {
		high, factor := float32(b), float32(c)
		singleOf(unitOf[T]()).affineClosely(float(&p[0]), float(&t[0]), len(p), float32(a), high,
			float32(b-float64(high)), factor, float32(c-float64(factor)))
		return
	}
	wideOf[T]().affine(&p[0], &t[0], len(p), a, b, c)
}

// Add is [spec.Add].
func Add[T spec.Float](dst, x []T) (finite bool) {
	sum := float64(unitOf[T]().addRows(&dst[0], &x[0], len(dst)))
	return sum-sum == 0 || spec.Finite(dst)
}

// MinusLogs is [spec.MinusLogs].
func MinusLogs[T spec.Float](dst, t []T, most float64) {
	if most > -math.Log(spec.Tiny[T]()) { // the logarithm of a denormal label may count
		spec.MinusLogs(dst, t, most)
		return
	}
	unitOf[T]().minusLogs(&dst[0], &t[0], len(t), T(most))
}

// Rests is [spec.Rests].
func Rests(rest, p []float64) (sure bool) { return doubles().rests(&rest[0], &p[0], len(p)) != 0 }
