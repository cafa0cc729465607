//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// Divide is [spec.Divide].
func Divide[T spec.Float](dst, z []T, shift []float64, t float64) (top float64) {
	v := wideOf[T]()
	if shift == nil {
		return v.divide(&dst[0], &z[0], len(z), t)
	}
	return v.shiftDivide(&dst[0], &z[0], &shift[0], len(z), t)
}

// AddScaled is [spec.AddScaled].
func AddScaled[T spec.Float](dst, p []T, a float64) {
	wideOf[T]().addScaled(&dst[0], &p[0], len(dst), a)
}
