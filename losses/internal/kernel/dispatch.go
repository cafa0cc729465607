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
	return vec.KL(loss, grad, nil, z, t, scale, scratch, narrow, k, nil)
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
	return vec.MAE(loss, grad, nil, z, t, scale, scratch, narrow, k, nil)
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
	return vec.Separable(f, a, loss, grad, nil, z, t, scale, scratch, k, nil)
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

// SigmoidByLabel computes derivatives of elements by their labels; see [spec.SigmoidByLabel].
func SigmoidByLabel[T Float](l ByLabel, dst []float64, z, yes, no []T) {
	if vec.On() {
		vec.SigmoidByLabel(l, dst, z, yes, no)
		return
	}
	spec.SigmoidByLabel(l, dst, z, yes, no)
}

// SeparableApart computes what a label 1 of elements costs more than 0; see [vec.SeparableApart].
func SeparableApart[T Float](f Family, a float64, dst []float64, z []T) (ok bool) {
	return vec.On() && vec.SeparableApart(f, a, dst, z)
}

// NormalisedApart is that of the question Normalised; see [vec.NormalisedApart].
func NormalisedApart[T Float](dst []float64, z []T) (ok bool) {
	return vec.On() && vec.NormalisedApart(dst, z)
}

// SignedLabels reports whether the losses of elements take labels of both classes that are negative
// too: those of 1 and -1 have a difference of losses.
func SignedLabels() bool { return !vec.On() || vec.SignedLabels }

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

// Regain gives softmaxes the digits that vectors keep; see [spec.Regain].
func Regain[T Float](p, z []T, k int) {
	if !vec.On() {
		spec.Regain(p, z, k)
	}
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
