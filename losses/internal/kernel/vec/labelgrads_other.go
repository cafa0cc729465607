//go:build !amd64 || purego

package vec

import "softloss/losses/internal/kernel/spec"

// HasLabels is false: no more than [Separable] and [KL] may have gradients by the labels in this
// build.
const HasLabels = false

// CrossEntropyLabels panics: it is not in this build.
func CrossEntropyLabels[T spec.Float](
	loss []float64, grad, labelGrad, z, t, scale []T, k int, o spec.LabelGrads[T]) int {
	panic(noTiles)
}

// TakeLabelGrads is not called.
func TakeLabelGrads[T spec.Float](labelGrad, y, t []T, k int, o spec.LabelGrads[T]) {}

// SymmetricLabels panics: it is not in this build.
func SymmetricLabels[T spec.Float](r spec.Reverse, labelGrad, z, t []T, scratch []float64, k int, alone func(j int)) {
	panic(noTiles)
}

// HasSymmetricLabelsOf is false: there is no [SymmetricLabelsOf] in this build.
func HasSymmetricLabelsOf[T spec.Float](spec.Reverse, int) bool { return false }

// SymmetricLabelsOf panics: it is not in this build.
func SymmetricLabelsOf[T spec.Float](r spec.Reverse, dst, e, z, t []T, s spec.SoftmaxOf, scratch []float64) (ok bool) {
	panic(noTiles)
}

// LogP panics: it is not in this build.
func LogP[T spec.Float](dst, z []T, s spec.SoftmaxOf) { panic(noTiles) }

// HasSlopes is false: there are no [Slopes] in this build.
func HasSlopes[T spec.Float](f spec.Family, a float64) bool { return false }

// Slopes is not called.
func Slopes(f spec.Family, a float64, dst, l []float64) {}
