//go:build !amd64 || purego

package vec

import "softloss/losses/internal/kernel/spec"

// SignedLabels is false: there are kernels that take none below 0.
const SignedLabels = false

// SigmoidByLabel is [spec.SigmoidByLabel].
func SigmoidByLabel[T spec.Float](l spec.ByLabel, dst []float64, z, yes, no []T) {
	spec.SigmoidByLabel(l, dst, z, yes, no)
}

// SeparableApart is false: there is no kernel.
func SeparableApart[T spec.Float](f spec.Family, a float64, dst []float64, z []T) (ok bool) {
	return false
}

// NormalisedApart is false.
func NormalisedApart[T spec.Float](dst []float64, z []T) (ok bool) { return false }
