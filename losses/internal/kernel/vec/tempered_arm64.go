//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// TemperedSums is [spec.TemperedSums].
func TemperedSums[T spec.Float](d []T, c, mu float64) (s0, s1, s2 float64) {
	return spec.TemperedSums(d, c, mu)
}

// TemperedPowers is [spec.TemperedPowers].
func TemperedPowers(r spec.Tempered, d []float64, c, mu, e float64) (s0, s1, s2 float64) {
	return spec.TemperedPowers(r, d, c, mu, e)
}

// TemperedWhole is [spec.TemperedWhole].
func TemperedWhole(r spec.Tempered, d []float64, c, mu float64, n int) (s0, s1, s2 float64) {
	return spec.TemperedWhole(r, d, c, mu, n)
}

// TemperedShift is [spec.TemperedShift].
func TemperedShift(r spec.Tempered, c, step, e float64) { spec.TemperedShift(r, c, step, e) }

// TemperedMoments is [spec.TemperedMoments].
func TemperedMoments[T spec.Float](t []T, r spec.Tempered) (v, e, o float64) {
	return spec.TemperedMoments(t, r)
}

// TemperedGrad is [spec.TemperedGrad].
func TemperedGrad[T spec.Float](grad, t []T, r spec.Tempered, a, f float64) {
	spec.TemperedGrad(grad, t, r, a, f)
}

// TemperedLoss is [spec.TemperedLoss].
func TemperedLoss[T spec.Float](labelGrad, t []T, r spec.Tempered, e float64) (sum, mass float64, bad int) {
	return spec.TemperedLoss(labelGrad, t, r, e)
}

// TemperedApart has no kernel here.
func TemperedApart[T spec.Float](_ []T, _ spec.Tempered, _ float64) (sum, mass float64, ok bool) {
	return 0, 0, false
}
