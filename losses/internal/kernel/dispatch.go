package kernel

import (
	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// CrossEntropy computes the cross entropy of rows with soft labels; see [spec.CrossEntropy].
func CrossEntropy[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.CrossEntropy(loss, grad, z, t, scale, k)
	case vec.Portable:
		return portable.CrossEntropy(loss, grad, z, t, scale, k)
	}
	return vec.CrossEntropy(loss, grad, z, t, scale, k)
}

// CrossEntropyIndex computes the cross entropy of rows with class indices; see
// [spec.CrossEntropyIndex].
func CrossEntropyIndex[T Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.CrossEntropyIndex(loss, grad, z, index, scale, k)
	case vec.Portable:
		portable.CrossEntropyIndex(loss, grad, z, index, scale, k)
	default:
		vec.CrossEntropyIndex(loss, grad, z, index, scale, k)
	}
}

// CrossEntropyAlone computes one row; see [vec.CrossEntropyAlone].
func CrossEntropyAlone[T Float](grad, z, t []T, y int, f T) (loss float64, ok bool) {
	if vec.On() {
		return vec.CrossEntropyAlone(grad, z, t, y, f)
	}
	return 0, false
}

// ProbCrossEntropy computes the cross entropy from probabilities; see [spec.ProbCrossEntropy].
func ProbCrossEntropy[T Float](loss []float64, grad, p, t, scale []T, k int) (bad int) {
	return spec.ProbCrossEntropy(loss, grad, p, t, scale, k)
}

// KL computes the Kullback-Leibler divergence of rows with soft labels; see [spec.KL]. scratch
// and narrow hold k elements.
func KL[T Float](
	loss []float64, grad, z, t, scale []T, scratch []float64, narrow []T, k int) (bad int) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.KL(loss, grad, z, t, scale, k)
	case vec.Portable:
		return portable.KL(loss, grad, z, t, scale, k)
	}
	return vec.KL(loss, grad, z, t, scale, scratch, narrow, k)
}

// MAE computes the mean absolute error of rows with soft labels; see [spec.MAE]. scratch and
// narrow hold k elements.
func MAE[T Float](
	loss []float64, grad, z, t, scale []T, scratch []float64, narrow []T, k int) (bad int) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.MAE(loss, grad, z, t, scale, scratch, k)
	case vec.Portable:
		return portable.MAE(loss, grad, z, t, scale, scratch, k)
	}
	return vec.MAE(loss, grad, z, t, scale, scratch, narrow, k)
}

// Separable computes a separable loss of rows with soft labels; see [spec.Separable]. scratch holds
// 2k elements.
func Separable[T Float](
	f Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.Separable(f, a, loss, grad, z, t, scale, k)
	case vec.Portable:
		return portable.Separable(f, a, loss, grad, z, t, scale, scratch, k)
	}
	return vec.Separable(f, a, loss, grad, z, t, scale, scratch, k)
}

// SeparableIndex computes a separable loss of rows with class indices; see [spec.SeparableIndex].
// scratch holds k elements.
func SeparableIndex[T Float](
	f Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.SeparableIndex(f, a, loss, grad, z, index, scale, k)
	case vec.Portable:
		portable.SeparableIndex(f, a, loss, grad, z, index, scale, k)
	default:
		vec.SeparableIndex(f, a, loss, grad, z, index, scale, scratch, k)
	}
}

// SigmoidCrossEntropy computes the cross entropy of elements; see [spec.SigmoidCrossEntropy].
func SigmoidCrossEntropy[T Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
	case vec.Portable:
		return portable.SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
	}
	return vec.SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
}

// SigmoidSeparable computes a separable loss of elements; see [spec.SigmoidSeparable].
func SigmoidSeparable[T Float](f Family, a float64, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
	case vec.Portable:
		return portable.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
	}
	return vec.SigmoidSeparable(f, a, loss, grad, z, yes, no, scale)
}

// SigmoidMAE computes the mean absolute error of elements; see [spec.SigmoidMAE].
func SigmoidMAE[T Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.SigmoidMAE(loss, grad, z, yes, no, scale)
	case vec.Portable:
		return portable.SigmoidMAE(loss, grad, z, yes, no, scale)
	}
	return vec.SigmoidMAE(loss, grad, z, yes, no, scale)
}

// SigmoidKL computes the Kullback-Leibler divergence of elements; see [spec.SigmoidKL].
func SigmoidKL[T Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.SigmoidKL(loss, grad, z, yes, no, scale)
	case vec.Portable:
		return portable.SigmoidKL(loss, grad, z, yes, no, scale)
	}
	return vec.SigmoidKL(loss, grad, z, yes, no, scale)
}

// SigmoidQuestion computes another loss of elements; see [spec.SigmoidQuestion].
func SigmoidQuestion[T Float](q Question, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.SigmoidQuestion(q, loss, grad, z, yes, no, scale)
	case vec.Portable:
		return portable.SigmoidQuestion(q, loss, grad, z, yes, no, scale)
	}
	return vec.SigmoidQuestion(q, loss, grad, z, yes, no, scale)
}

// SigmoidAsymmetric computes the asymmetric loss of elements; see [spec.SigmoidAsymmetric].
func SigmoidAsymmetric[T Float](a Asymmetric, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	switch vec.InUse() {
	case vec.Specification:
		return spec.SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
	case vec.Portable:
		return portable.SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
	}
	return vec.SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
}

// SmoothElements smooths the labels of elements; see [spec.SmoothElements].
func SmoothElements[T Float](yes, no, t []T, w []float64, s ElementSmoothing) (ok bool) {
	if vec.On() {
		return vec.SmoothElements(yes, no, t, w, s)
	}
	return spec.SmoothElements(yes, no, t, w, s)
}

// Softmax stores the softmax of every row in dst; see [spec.Softmax].
func Softmax[T Float](dst, z []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.Softmax(dst, z, k)
	case vec.Portable:
		portable.Softmax(dst, z, k)
	default:
		vec.Softmax(dst, z, k)
	}
}

// LogSoftmax stores the log-softmax of every row in dst; see [spec.LogSoftmax].
func LogSoftmax[T Float](dst, z []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.LogSoftmax(dst, z, k)
	case vec.Portable:
		portable.LogSoftmax(dst, z, k)
	default:
		vec.LogSoftmax(dst, z, k)
	}
}

// Softmaxes stores the log-softmax of every row in l and its softmax in p: see [spec.LogSoftmax]
// and [spec.Softmax].
func Softmaxes[T Float](l, p, z []T, k int) {
	if vec.On() {
		vec.Softmaxes(l, p, z, k)
		return
	}
	LogSoftmax(l, z, k)
	Softmax(p, z, k)
}

// LogSumExp stores the log-sum-exp of every row in dst; see [spec.LogSumExp].
func LogSumExp[T Float](dst, z []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.LogSumExp(dst, z, k)
	case vec.Portable:
		portable.LogSumExp(dst, z, k)
	default:
		vec.LogSumExp(dst, z, k)
	}
}

// SoftmaxGrad stores the gradient of the softmax with the upstream gradient u in dst; see
// [spec.SoftmaxGrad].
func SoftmaxGrad[T Float](dst, z, u []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.SoftmaxGrad(dst, z, u, k)
	case vec.Portable:
		portable.SoftmaxGrad(dst, z, u, k)
	default:
		vec.SoftmaxGrad(dst, z, u, k)
	}
}

// LogSoftmaxGrad stores the gradient of the log-softmax with the upstream gradient u in dst; see
// [spec.LogSoftmaxGrad].
func LogSoftmaxGrad[T Float](dst, z, u []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.LogSoftmaxGrad(dst, z, u, k)
	case vec.Portable:
		portable.LogSoftmaxGrad(dst, z, u, k)
	default:
		vec.LogSoftmaxGrad(dst, z, u, k)
	}
}

// LogSumExpGrad stores the gradient of the log-sum-exp with the upstream gradient u in dst; see
// [spec.LogSumExpGrad].
func LogSumExpGrad[T Float](dst, z, u []T, k int) {
	switch vec.InUse() {
	case vec.Specification:
		spec.LogSumExpGrad(dst, z, u, k)
	case vec.Portable:
		portable.LogSumExpGrad(dst, z, u, k)
	default:
		vec.LogSumExpGrad(dst, z, u, k)
	}
}

// Sum returns Σ x, summed in float64.
func Sum[T Float](x []T) float64 {
	if vec.On() {
		return vec.Sum(x)
	}
	return spec.Sum(x)
}

// Positives returns how many labels are above 0.
func Positives[T Float](t []T) int {
	if vec.On() && len(t) > few {
		return vec.Positives(t)
	}
	return spec.Positives(t)
}

// WeightedSum returns two sums of a row of labels and its first invalid one; see
// [spec.WeightedSum].
func WeightedSum[T Float](t []T, w []float64) (plain, weighted float64, bad int) {
	if vec.On() {
		return vec.WeightedSum(t, w)
	}
	return spec.WeightedSum(t, w)
}

// Weigh multiplies labels by class weights; see [spec.Weigh].
func Weigh[T Float](dst, t []T, w []float64) (bad int) {
	if vec.On() {
		return vec.Weigh(dst, t, w)
	}
	return spec.Weigh(dst, t, w)
}

// Mix mixes labels with a distribution; see [spec.Mix].
func Mix[T Float](dst, t []T, w []float64, keep, add float64) (bad int) {
	if vec.On() {
		return vec.Mix(dst, t, w, keep, add)
	}
	return spec.Mix(dst, t, w, keep, add)
}

// Smooth smooths the labels of every row; see [spec.Smooth].
func Smooth[T Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	if vec.On() {
		return vec.Smooth(dst, t, keep, cut, add, addMass, k)
	}
	return spec.Smooth(dst, t, keep, cut, add, addMass, k)
}

// Divide shifts and divides the logits of a row; see [spec.Divide].
func Divide[T Float](dst []float64, z []T, shift []float64, t float64) (top float64) {
	if vec.On() && t >= 0x1p-1000 { // 1/t is finite
		return vec.Divide(dst, z, shift, t)
	}
	return spec.Divide(dst, z, shift, t)
}

// ElementLogits shifts and divides the logits of elements; see [spec.ElementLogits].
func ElementLogits[T Float](dst []float64, z []T, shift []float64, t float64) (ok bool) {
	if vec.On() && t >= 0x1p-1000 { // 1/t is finite
		return vec.ElementLogits(dst, z, shift, t)
	}
	return spec.ElementLogits(dst, z, shift, t)
}

// Position returns the first place of v in x, or len(x).
func Position(x []float64, v float64) int {
	if vec.On() && len(x) > 0 {
		return vec.Position(x, v)
	}
	return spec.Position(x, v)
}

// AddScaled adds a p to dst.
func AddScaled[T Float](dst, p []T, a float64) {
	if vec.On() {
		vec.AddScaled(dst, p, a)
		return
	}
	spec.AddScaled(dst, p, a)
}

// AddSquares adds f x² to dst, as long, and returns the size of the largest x, NaN aside.
func AddSquares(dst, x []float64, f float64) (most float64) {
	if vec.On() && len(x) > 0 {
		return vec.AddSquares(dst, x, f)
	}
	return spec.AddSquares(dst, x, f)
}

// Factors stores f x in dst, as long, rounded to the element type.
func Factors[T Float](dst, x []T, f float64) {
	if vec.On() && len(x) > 0 {
		vec.Factors(dst, x, f)
		return
	}
	spec.Factors(dst, x, f)
}

// Sizes are those of numbers; see [spec.Sizes].
type Sizes = spec.Sizes

// SizesOf returns those of x.
func SizesOf[T Float](x []T) Sizes {
	if vec.On() && len(x) > 0 {
		return vec.SizesOf(x)
	}
	return spec.SizesOf(x)
}

// Times multiplies dst by x, as long.
func Times[T Float](dst []float64, x []T) {
	if vec.On() && len(x) > 0 {
		vec.Times(dst, x)
		return
	}
	spec.Times(dst, x)
}

// Eights are a sum; see [spec.Eights].
type Eights = spec.Eights

// MostTurns is how many turns the lanes of [Eights] have at most; see [spec.MostTurns].
const MostTurns = spec.MostTurns

// AddEights adds as many of x as come in eights without a 0, with most turns of the lanes, and
// returns how many.
func AddEights(e *Eights, x []float64, most int) (done int) {
	if vec.On() && len(x) > 0 {
		return vec.AddEights(e, x, most)
	}
	return spec.AddEights(e, x, most)
}

// Widen stores x in dst, as long.
func Widen[T Float](dst []float64, x []T) {
	if vec.On() && len(x) > 0 {
		vec.Widen(dst, x)
		return
	}
	spec.Widen(dst, x)
}

// Round stores x in dst, as long, rounded to the element type.
func Round[T Float](dst []T, x []float64) {
	if vec.On() && len(x) > 0 {
		vec.Round(dst, x)
		return
	}
	spec.Round(dst, x)
}
