package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Made says how labels are made of others; see [spec.Made].
type Made[T Float] = spec.Made[T]

// MakesLabels reports whether there is [MadeCrossEntropy] for n rows of k classes, of labels or an
// index, and takes less time than labels that are there.
func MakesLabels[T Float](n, k int, labels bool) bool {
	return vec.On() && vec.MakesLabels[T](n, k, labels)
}

// MadeCrossEntropy computes the cross entropy of rows, the labels of which it makes while it reads
// them; see [vec.MadeCrossEntropy].
func MadeCrossEntropy[T Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	m *Made[T], o LabelGrads[T]) (all bool) {
	return vec.MadeCrossEntropy(loss, grad, labelGrad, z, t, index, scale, scratch, k, m, o)
}
