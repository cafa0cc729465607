//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// CrossEntropyLabels is [spec.CrossEntropy] and stores factor log p in labelGrad.
func CrossEntropyLabels[T spec.Float](loss []float64, grad, labelGrad, z, t, scale, factor []T, k int) (bad int) {
	bad = CrossEntropy(loss, grad, z, t, scale, k)
	LogSoftmax(labelGrad, z, k)
	spec.ScaleRows(labelGrad, factor, 0, k)
	return bad
}

// KeepAbove is [spec.KeepAbove].
func KeepAbove[T spec.Float](dst, t []T, cut float64) { spec.KeepAbove(dst, t, cut) }

// Positives is [spec.Positives].
func Positives[T spec.Float](t []T) int { return spec.Positives(t) }
