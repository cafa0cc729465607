//go:build !purego

package vec

import (
	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// SigmoidCrossEntropy is [spec.SigmoidCrossEntropy].
func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return portable.SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
}

// SigmoidSeparable is [spec.SigmoidSeparable].
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return portable.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
}

// SigmoidMAE is [spec.SigmoidMAE].
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return portable.SigmoidMAE(loss, grad, z, yes, no, scale)
}

// SigmoidKL is [spec.SigmoidKL].
func SigmoidKL[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return portable.SigmoidKL(loss, grad, z, yes, no, scale)
}

// SigmoidAsymmetric is [spec.SigmoidAsymmetric].
func SigmoidAsymmetric[T spec.Float](a spec.Asymmetric, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return portable.SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
}
