//go:build !(amd64 || arm64) || purego

package vec

import "softloss/losses/internal/kernel/spec"

// There is no assembly in this build: On is false, and nobody calls the functions below.

const noVectors = "vec: no assembly in this build"

// Rows.

func CrossEntropy[T spec.Float](loss []float64, grad, z, t, scale []T, k int) int { panic(noVectors) }
func HasSeparableLabels[T spec.Float](f spec.Family, a float64) bool              { return false }
func CrossEntropyIndex[T spec.Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	panic(noVectors)
}
func KL[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, narrow []T, k int,
	alone func(j int)) int {
	panic(noVectors)
}
func MAE[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, narrow []T, k int,
	alone func(j int)) int {
	panic(noVectors)
}
func Separable[T spec.Float](f spec.Family, a float64, loss []float64, grad, labelGrad, z, t, scale, scratch []T, k int,
	alone func(j int)) int {
	panic(noVectors)
}
func SeparableIndex[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	panic(noVectors)
}

// Elements.

func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}
func SigmoidSeparable[T spec.Float](f spec.Family, a float64, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool { panic(noVectors) }
func SigmoidKL[T spec.Float](loss []float64, grad, z, yes, no, scale []T) bool  { panic(noVectors) }
func SigmoidQuestion[T spec.Float](q spec.Question, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}
func SigmoidAsymmetric[T spec.Float](a spec.Asymmetric, loss []float64, grad, z, yes, no, scale []T) bool {
	panic(noVectors)
}
func SmoothElements[T spec.Float](yes, no, t []T, w []float64, s spec.ElementSmoothing) bool {
	panic(noVectors)
}

// The softmax.

func Softmax[T spec.Float](dst, z []T, k int)           { panic(noVectors) }
func LogSoftmax[T spec.Float](dst, z []T, k int)        { panic(noVectors) }
func LogSumExp[T spec.Float](dst, z []T, k int)         { panic(noVectors) }
func SoftmaxGrad[T spec.Float](dst, z, u []T, k int)    { panic(noVectors) }
func Softmaxes[T spec.Float](l, p, z []T, k int)        { panic(noVectors) }
func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) { panic(noVectors) }
func LogSumExpGrad[T spec.Float](dst, z, u []T, k int)  { panic(noVectors) }

// Labels and logits.

func Smooth[T spec.Float](dst, t []T, keep, cut, add, addMass float64, k int) int { panic(noVectors) }
func Sum[T spec.Float](x []T) float64                                             { panic(noVectors) }
func WeightedSum[T spec.Float](t []T, w []float64) (plain, weighted float64, bad int) {
	panic(noVectors)
}
func Positives[T spec.Float](t []T) int                                             { panic(noVectors) }
func Weigh[T spec.Float](dst, t []T, w []float64) int                               { panic(noVectors) }
func Mix[T spec.Float](dst, t []T, w []float64, keep, add float64) int              { panic(noVectors) }
func Divide[T spec.Float](dst []float64, z []T, shift []float64, t float64) float64 { panic(noVectors) }
func ElementLogits[T spec.Float](dst []float64, z []T, shift []float64, t float64) bool {
	panic(noVectors)
}
func AddScaled[T spec.Float](dst, p []T, a float64)              { panic(noVectors) }
func Widen[T spec.Float](dst []float64, x []T)                   { panic(noVectors) }
func Round[T spec.Float](dst []T, x []float64)                   { panic(noVectors) }
func AddSquares(dst, x []float64, f float64) (most float64)      { panic(noVectors) }
func Factors[T spec.Float](dst, x []T, f float64)                { panic(noVectors) }
func SizesOf[T spec.Float](x []T) spec.Sizes                     { panic(noVectors) }
func Times[T spec.Float](dst []float64, x []T)                   { panic(noVectors) }
func AddEights(e *spec.Eights, x []float64, most int) (done int) { panic(noVectors) }
func Position(x []float64, v float64) int                        { panic(noVectors) }

// Gradients.

func Moments[T spec.Float](p, h []T, from float64) (plain, weighted float64) { panic(noVectors) }
func Expectation[T spec.Float](p, h []T, from float64) (sum float64)         { panic(noVectors) }
func Tilt[T spec.Float](p, t, h []T, from, a, b, c float64)                  { panic(noVectors) }
func Affine[T spec.Float](p, t []T, a, b, c float64)                         { panic(noVectors) }
func Add[T spec.Float](dst, x []T) (finite bool)                             { panic(noVectors) }
func Rests(rest, p []float64) bool                                           { panic(noVectors) }
func MinusLogs[T spec.Float](dst, t []T, most float64)                       { panic(noVectors) }

// The tempered softmax.

func TemperedSums[T spec.Float](d []T, c, mu float64) (s0, s1, s2 float64) { panic(noVectors) }
func TemperedPowers(r spec.Tempered, d []float64, c, mu, e float64) (s0, s1, s2 float64) {
	panic(noVectors)
}
func TemperedWhole(r spec.Tempered, d []float64, c, mu float64, n int) (s0, s1, s2 float64) {
	panic(noVectors)
}
func TemperedShift(r spec.Tempered, c, step, e float64)                      { panic(noVectors) }
func TemperedMoments[T spec.Float](t []T, r spec.Tempered) (v, e, o float64) { panic(noVectors) }
func TemperedGrad[T spec.Float](grad, t []T, r spec.Tempered, a, f float64)  { panic(noVectors) }
func TemperedLoss[T spec.Float](labelGrad, t []T, r spec.Tempered, e float64) (sum, mass float64, bad int) {
	panic(noVectors)
}
func TemperedApart[T spec.Float]([]T, spec.Tempered, float64) (sum, mass float64, ok bool) {
	panic(noVectors)
}
