//go:build (!amd64 && !arm64) || purego

package vec

import "softloss/losses/internal/kernel/spec"

// Prepares is false: there is no such kernel in this build.
func Prepares[T spec.Float](*spec.Prepared[T]) bool { return false }

// Together is false: there are no such kernels in this build.
func Together[T spec.Float](int) bool { return false }

// CrossEntropyRows is not called.
func CrossEntropyRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, z, t []T, index []int,
	scale, extra []T, k int) (all bool) {
	return false
}

// CrossEntropyRowsLabels is not called.
func CrossEntropyRowsLabels[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, labelGrad, z, t,
	scale, extra []T, k int, l spec.LabelGrads[T]) (all bool) {
	return false
}

// CrossEntropyRowLabels is not called.
func CrossEntropyRowLabels[T spec.Float](p *spec.Prepared[T], loss *float64, grad, labelGrad, z, t []T,
	f, extra float64, l spec.LabelGrads[T]) (lse float64, ok bool) {
	return 0, false
}

// Lower is not called.
func Lower[T spec.Float](p *spec.Prepared[T], t []T, margin, shift []float64, temperature float64) (ok bool) {
	return false
}

// Set is not called.
func Set[T spec.Float](p *spec.Prepared[T], k int, s, temperature float64) (ok bool) { return false }

// CrossEntropyRow is not called.
func CrossEntropyRow[T spec.Float](p *spec.Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	lse float64, ok bool) {
	return 0, false
}

// Shifts is false: there is no such kernel in this build.
func Shifts[T spec.Float]() bool { return false }

// SigmoidShifted is not called.
func SigmoidShifted[T spec.Float](loss []float64, grad, yes, no, scale []T) (ok bool) { return false }

// RowByRow is false: there is no such kernel in this build.
func RowByRow[T spec.Float](int) bool { return false }

// SoftmaxRows is not called.
func SoftmaxRows[T spec.Float](s []spec.SoftmaxOf, e, z, t []T, index []int, k int) {}
