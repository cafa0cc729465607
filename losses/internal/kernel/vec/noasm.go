//go:build !(amd64 || arm64) || purego

package vec

import "softloss/losses/internal/kernel/spec"

// There is no assembly in this build: On is false, and nobody calls the functions below.

const noVectors = "vec: no assembly in this build"

func CrossEntropy[T spec.Float](loss []float64, grad, z, t, scale []T, k int) int { panic(noVectors) }

func CrossEntropyIndex[T spec.Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	panic(noVectors)
}

func KL[T spec.Float](loss []float64, grad, z, t, scale []T, k int) int { panic(noVectors) }

func MAE[T spec.Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) int {
	panic(noVectors)
}

func Separable[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) int {
	panic(noVectors)
}

func SeparableIndex[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	panic(noVectors)
}

func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}

func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}

func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool { panic(noVectors) }

func SigmoidKL[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool { panic(noVectors) }

func SigmoidAsymmetric[T spec.Float](a spec.Asymmetric, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}

func SmoothElements[T spec.Float](yes, no, t []T, w []float64, s spec.ElementSmoothing) bool {
	panic(noVectors)
}

func Softmax[T spec.Float](dst, z []T, k int) { panic(noVectors) }

func LogSoftmax[T spec.Float](dst, z []T, k int) { panic(noVectors) }

func LogSumExp[T spec.Float](dst, z []T, k int) { panic(noVectors) }

func SoftmaxGrad[T spec.Float](dst, z, u []T, k int) { panic(noVectors) }

func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) { panic(noVectors) }

func LogSumExpGrad[T spec.Float](dst, z, u []T, k int) { panic(noVectors) }

func Smooth[T spec.Float](dst, t []T, keep, cut, add, addMass float64, k int) int {
	panic(noVectors)
}

func Sum[T spec.Float](x []T) float64 { panic(noVectors) }

func WeightedSum[T spec.Float](t []T, w []float64) (plain, weighted float64, bad int) {
	panic(noVectors)
}

func Weigh[T spec.Float](dst, t []T, w []float64) int { panic(noVectors) }

func Mix[T spec.Float](dst, t []T, w []float64, keep, add float64) int { panic(noVectors) }

func Divide[T spec.Float](dst []float64, z []T, shift []float64, t float64) float64 { panic(noVectors) }

func AddScaled[T spec.Float](dst, p []T, a float64) { panic(noVectors) }

func Moments[T spec.Float](p []T, h []float64, from float64) (mass, sum float64) { panic(noVectors) }

func Tilt[T spec.Float](p, t []T, h []float64, a, b, c float64) { panic(noVectors) }

func Affine[T spec.Float](p, t []T, a, b, c float64) { panic(noVectors) }

func MinusLogs[T spec.Float](dst, t []T, most float64) { panic(noVectors) }

func TemperedLogs(dst, inverse, gap []float64, c, mu float64) { panic(noVectors) }

func Widen[T spec.Float](dst []float64, x []T) { panic(noVectors) }

func Round[T spec.Float](dst []T, x []float64) { panic(noVectors) }
