//go:build !amd64 || purego

package vec

import "softloss/losses/internal/kernel/spec"

// MakesLabels returns false: there is no [MadeCrossEntropy] in this build.
func MakesLabels[T spec.Float](n, k int, labels bool) bool { return false }

// MadeCrossEntropy panics: it is not in this build.
func MadeCrossEntropy[T spec.Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	m *spec.Made[T], o spec.LabelGrads[T]) (all bool) {
	panic(noTiles)
}
