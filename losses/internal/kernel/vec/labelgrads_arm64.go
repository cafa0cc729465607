//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// HasKLLabels says that there is [KLLabels].
const HasKLLabels = true

// CrossEntropyLabels is [spec.CrossEntropy] and stores the gradients by the labels in labelGrad.
func CrossEntropyLabels[T spec.Float](
	loss []float64, grad, labelGrad, z, t, scale []T, k int, o spec.LabelGrads[T]) (bad int) {
	bad = CrossEntropy(loss, grad, z, t, scale, k)
	LogSoftmax(labelGrad, z, k)
	for i := range loss {
		o.Row(spec.Row(labelGrad, i, k), spec.Row(t, i, k), i)
	}
	return bad
}
