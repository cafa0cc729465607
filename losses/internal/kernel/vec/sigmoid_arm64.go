//go:build !purego

package vec

import (
	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// SigmoidCrossEntropy is [spec.SigmoidCrossEntropy].
func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) {
	portable.SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
}

// SigmoidSeparable is [spec.SigmoidSeparable].
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) {
	portable.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
}

// SigmoidMAE is [spec.SigmoidMAE].
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) {
	portable.SigmoidMAE(loss, grad, z, yes, no, scale)
}

// Complement is [spec.Complement].
func Complement[T spec.Float](dst, t []T) (ok bool) { return spec.Complement(dst, t) }
