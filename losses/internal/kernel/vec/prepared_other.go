//go:build (!amd64 && !arm64) || purego

package vec

import "softloss/losses/internal/kernel/spec"

// There are no kernels of prepared logits in this build, nor of softmaxes row by row: what these
// functions would do nobody asks for.

func Prepares[T spec.Float](*spec.Prepared[T]) bool { return false }
func Together[T spec.Float](int) bool               { return false }
func Shifts[T spec.Float]() bool                    { return false }
func RowByRow[T spec.Float](int) bool               { return false }

func CrossEntropyRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, z, t []T, index []int,
	scale, extra []T, k int) bool {
	return false
}
func CrossEntropyRowsLabels[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, labelGrad, z, t,
	scale, extra []T, k int, l spec.LabelGrads[T]) bool {
	return false
}
func CrossEntropyRow[T spec.Float](p *spec.Prepared[T], loss *float64, grad, z, t []T, index int, f, extra float64) (
	lse float64, ok bool) {
	return 0, false
}
func CrossEntropyRowLabels[T spec.Float](p *spec.Prepared[T], loss *float64, grad, labelGrad, z, t []T,
	f, extra float64, l spec.LabelGrads[T]) (lse float64, ok bool) {
	return 0, false
}
func Lower[T spec.Float](p *spec.Prepared[T], t []T, margin, shift []float64, temperature float64) bool {
	return false
}
func Set[T spec.Float](p *spec.Prepared[T], k int, s, temperature float64) bool { return false }
func SigmoidShifted[T spec.Float](loss []float64, grad, yes, no, scale []T) bool {
	return false
}
func SoftmaxRows[T spec.Float](s []spec.SoftmaxOf, e, z, t []T, index []int, k int) {}
