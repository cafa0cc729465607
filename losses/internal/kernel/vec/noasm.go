//go:build !(amd64 || arm64) || purego

package vec

import "softloss/losses/internal/kernel/spec"

// There is no assembly in this build: On is false, and nobody calls the functions below.

const noVectors = "vec: no assembly in this build"

// CrossEntropy panics: this build has no vectors.
func CrossEntropy[T spec.Float](loss []float64, grad, z, t, scale []T, k int) int { panic(noVectors) }

// CrossEntropyLabels panics: this build has no vectors.
func CrossEntropyLabels[T spec.Float](
	loss []float64, grad, labelGrad, z, t, scale []T, k int, o spec.LabelGrads[T]) int {
	panic(noVectors)
}

// HasKLLabels is false: this build has no vectors.
const HasKLLabels = false

// HasSeparableLabels is not called.
func HasSeparableLabels[T spec.Float](f spec.Family, a float64) bool { return false }

// SeparableLabels panics: this build has no vectors.
func SeparableLabels[T spec.Float](f spec.Family, a float64, loss []float64, grad, labelGrad, z, t, scale, scratch []T,
	k int, alone func(j int)) int {
	panic(noVectors)
}

// KLLabels panics: this build has no vectors.
func KLLabels[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, narrow []T, k int,
	alone func(j int)) int {
	panic(noVectors)
}

// CrossEntropyIndex panics: this build has no vectors.
func CrossEntropyIndex[T spec.Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	panic(noVectors)
}

// KL panics: this build has no vectors.
func KL[T spec.Float](loss []float64, grad, z, t, scale []T, scratch []float64, narrow []T, k int) int {
	panic(noVectors)
}

// MAE panics: this build has no vectors.
func MAE[T spec.Float](loss []float64, grad, z, t, scale []T, scratch []float64, narrow []T, k int) int {
	panic(noVectors)
}

// Separable panics: this build has no vectors.
func Separable[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) int {
	panic(noVectors)
}

// SeparableIndex panics: this build has no vectors.
func SeparableIndex[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	panic(noVectors)
}

// SigmoidCrossEntropy panics: this build has no vectors.
func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}

// SigmoidSeparable panics: this build has no vectors.
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}

// SigmoidMAE panics: this build has no vectors.
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool { panic(noVectors) }

// SigmoidKL panics: this build has no vectors.
func SigmoidKL[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool { panic(noVectors) }

// SigmoidQuestion panics: this build has no vectors.
func SigmoidQuestion[T spec.Float](q spec.Question, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}

// SigmoidAsymmetric panics: this build has no vectors.
func SigmoidAsymmetric[T spec.Float](a spec.Asymmetric, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}

// SmoothElements panics: this build has no vectors.
func SmoothElements[T spec.Float](yes, no, t []T, w []float64, s spec.ElementSmoothing) bool {
	panic(noVectors)
}

// Softmax panics: this build has no vectors.
func Softmax[T spec.Float](dst, z []T, k int) { panic(noVectors) }

// LogSoftmax panics: this build has no vectors.
func LogSoftmax[T spec.Float](dst, z []T, k int) { panic(noVectors) }

// LogSumExp panics: this build has no vectors.
func LogSumExp[T spec.Float](dst, z []T, k int) { panic(noVectors) }

// SoftmaxGrad panics: this build has no vectors.
func SoftmaxGrad[T spec.Float](dst, z, u []T, k int) { panic(noVectors) }

// Softmaxes panics: this build has no vectors.
func Softmaxes[T spec.Float](l, p, z []T, k int) { panic(noVectors) }

// LogSoftmaxGrad panics: this build has no vectors.
func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) { panic(noVectors) }

// LogSumExpGrad panics: this build has no vectors.
func LogSumExpGrad[T spec.Float](dst, z, u []T, k int) { panic(noVectors) }

// Smooth panics: this build has no vectors.
func Smooth[T spec.Float](dst, t []T, keep, cut, add, addMass float64, k int) int {
	panic(noVectors)
}

// Sum panics: this build has no vectors.
func Sum[T spec.Float](x []T) float64 { panic(noVectors) }

// WeightedSum panics: this build has no vectors.
func WeightedSum[T spec.Float](t []T, w []float64) (plain, weighted float64, bad int) {
	panic(noVectors)
}

// Positives panics: this build has no vectors.
func Positives[T spec.Float](t []T) int { panic(noVectors) }

// Weigh panics: this build has no vectors.
func Weigh[T spec.Float](dst, t []T, w []float64) int { panic(noVectors) }

// Mix panics: this build has no vectors.
func Mix[T spec.Float](dst, t []T, w []float64, keep, add float64) int { panic(noVectors) }

// Divide panics: this build has no vectors.
func Divide[T spec.Float](dst []float64, z []T, shift []float64, t float64) float64 { panic(noVectors) }

// ElementLogits panics: this build has no vectors.
func ElementLogits[T spec.Float](dst []float64, z []T, shift []float64, t float64) bool {
	panic(noVectors)
}

// AddScaled panics: this build has no vectors.
func AddScaled[T spec.Float](dst, p []T, a float64) { panic(noVectors) }

// Moments panics: this build has no vectors.
func Moments[T spec.Float](p, h []T, from float64) (plain, weighted float64) { panic(noVectors) }

// Expectation panics: this build has no vectors.
func Expectation[T spec.Float](p, h []T, from float64) (sum float64) { panic(noVectors) }

// Tilt panics: this build has no vectors.
func Tilt[T spec.Float](p, t, h []T, from, a, b, c float64) { panic(noVectors) }

// Affine panics: this build has no vectors.
func Affine[T spec.Float](p, t []T, a, b, c float64) { panic(noVectors) }

// Add panics: this build has no vectors.
func Add[T spec.Float](dst, x []T) (finite bool) { panic(noVectors) }

// Rests panics: this build has no vectors.
func Rests(rest, p []float64) bool { panic(noVectors) }

// MinusLogs panics: this build has no vectors.
func MinusLogs[T spec.Float](dst, t []T, most float64) { panic(noVectors) }

// TemperedSums panics: this build has no vectors.
func TemperedSums[T spec.Float](d []T, c, mu float64) (s0, s1, s2 float64) { panic(noVectors) }

// TemperedPowers panics: this build has no vectors.
func TemperedPowers(r spec.Tempered, d []float64, c, mu, e float64) (s0, s1, s2 float64) {
	panic(noVectors)
}

// TemperedWhole panics: this build has no vectors.
func TemperedWhole(r spec.Tempered, d []float64, c, mu float64, n int) (s0, s1, s2 float64) {
	panic(noVectors)
}

// TemperedShift panics: this build has no vectors.
func TemperedShift(r spec.Tempered, c, step, e float64) { panic(noVectors) }

// TemperedMoments panics: this build has no vectors.
func TemperedMoments[T spec.Float](t []T, r spec.Tempered) (v, e, o float64) { panic(noVectors) }

// TemperedGrad panics: this build has no vectors.
func TemperedGrad[T spec.Float](grad, t []T, r spec.Tempered, a, f float64) { panic(noVectors) }

// TemperedLoss panics: this build has no vectors.
func TemperedLoss[T spec.Float](labelGrad, t []T, r spec.Tempered, e float64) (sum, mass float64, bad int) {
	panic(noVectors)
}

// TemperedApart panics: this build has no vectors.
func TemperedApart[T spec.Float]([]T, spec.Tempered, float64) (sum, mass float64, ok bool) {
	panic(noVectors)
}

// Widen panics: this build has no vectors.
func Widen[T spec.Float](dst []float64, x []T) { panic(noVectors) }

// Round panics: this build has no vectors.
func Round[T spec.Float](dst []T, x []float64) { panic(noVectors) }

// AddSquares panics: this build has no vectors.
func AddSquares(dst, x []float64, f float64) (most float64) { panic(noVectors) }

// Factors panics: this build has no vectors.
func Factors[T spec.Float](dst, x []T, f float64) { panic(noVectors) }

// SizesOf panics: this build has no vectors.
func SizesOf[T spec.Float](x []T) spec.Sizes { panic(noVectors) }

// Times panics: this build has no vectors.
func Times[T spec.Float](dst []float64, x []T) { panic(noVectors) }

// AddEights panics: this build has no vectors.
func AddEights(e *spec.Eights, x []float64, most int) (done int) { panic(noVectors) }

// Position panics: this build has no vectors.
func Position(x []float64, v float64) int { panic(noVectors) }
