package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// LabelGrads says what gradients by labels are; see [spec.LabelGrads].
type LabelGrads[T Float] = spec.LabelGrads[T]

// CrossEntropyLabels is [CrossEntropy] and stores the gradients by the labels t in labelGrad.
func CrossEntropyLabels[T Float](
	loss []float64, grad, labelGrad, z, t, scale []T, k int, o LabelGrads[T]) (bad int) {
	if HasLabels() {
		return vec.CrossEntropyLabels(loss, grad, labelGrad, z, t, scale, k, o)
	}
	bad = CrossEntropy(loss, grad, z, t, scale, k)
	LogSoftmax(labelGrad, z, k)
	for i := range loss {
		o.Row(spec.Row(labelGrad, i, k), spec.Row(t, i, k), i)
	}
	return bad
}

// TakeLabelGrads stores in labelGrad what o makes of y, the derivatives of a loss by its target, in
// the place of log p, for labels t.
func TakeLabelGrads[T Float](labelGrad, y, t []T, k int, o LabelGrads[T]) {
	if HasLabels() {
		vec.TakeLabelGrads(labelGrad, y, t, k, o)
		return
	}
	copy(labelGrad, y)
	for i := range len(y) / k {
		o.Row(spec.Row(labelGrad, i, k), spec.Row(t, i, k), i)
	}
}

// HasLabels reports whether there are kernels of all losses that have some with the gradients by
// the labels, before smoothing and class weights.
func HasLabels() bool { return vec.HasLabels && vec.On() }

// HasSeparableLabels reports whether there is [SeparableLabels] for a loss.
func HasSeparableLabels[T Float](f Family, a float64) bool {
	return vec.On() && vec.HasSeparableLabels[T](f, a)
}

// HasKLLabels reports whether there is [KLLabels].
func HasKLLabels() bool { return vec.On() }

// SeparableLabels is [Separable] and stores the gradients by the labels in labelGrad, and by alone
// those of rows that are not for vectors.
func SeparableLabels[T Float](f Family, a float64, loss []float64, grad, labelGrad, z, t, scale, scratch []T, k int,
	alone func(j int)) (bad int) {
	return vec.Separable(f, a, loss, grad, labelGrad, z, t, scale, scratch, k, alone)
}

// KLLabels is [KL] with the gradients by the labels, as [SeparableLabels] stores them.
func KLLabels[T Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, narrow []T,
	k int, alone func(j int)) (bad int) {
	return vec.KL(loss, grad, labelGrad, z, t, scale, scratch, narrow, k, alone)
}

// MAELabels is [MAE] with the gradients by the labels, as [SeparableLabels] stores them.
func MAELabels[T Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, narrow []T,
	k int, alone func(j int)) (bad int) {
	return vec.MAE(loss, grad, labelGrad, z, t, scale, scratch, narrow, k, alone)
}

// Reverse is the derivative of the symmetric cross entropy by a label; see [spec.Reverse].
type Reverse = spec.Reverse

// ReverseOf returns that for a logarithm of at least -most.
func ReverseOf[T Float](alpha, beta, most float64) Reverse {
	return spec.ReverseOf[T](alpha, beta, most)
}

// SymmetricLabels stores the gradients of the symmetric cross entropy by the labels of rows of many
// classes; see [vec.SymmetricLabels].
func SymmetricLabels[T Float](r Reverse, labelGrad, z, t []T, scratch []float64, k int, alone func(j int)) {
	vec.SymmetricLabels(r, labelGrad, z, t, scratch, k, alone)
}

// HasSymmetricLabelsOf reports whether [SymmetricLabelsOf] is for rows of k classes.
func HasSymmetricLabelsOf[T Float](r Reverse, k int) bool {
	return vec.On() && vec.HasSymmetricLabelsOf[T](r, k)
}

// SymmetricLabelsOf stores those of an ordinary row; see [vec.SymmetricLabelsOf].
func SymmetricLabelsOf[T Float](r Reverse, dst, e, z, t []T, s SoftmaxOf, scratch []float64) (ok bool) {
	return vec.SymmetricLabelsOf(r, dst, e, z, t, s, scratch)
}

// LogP stores log p of an ordinary row; see [vec.LogP].
func LogP[T Float](dst, z []T, s SoftmaxOf) { vec.LogP(dst, z, s) }
