package portable

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Softmax is [spec.Softmax].
func Softmax[T spec.Float](dst, z []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		_, a, r := exps(d, spec.Row(z, i, k))
		spec.SoftmaxRow(d, a, r)
	}
}

// LogSoftmax is [spec.LogSoftmax].
func LogSoftmax[T spec.Float](dst, z []T, k int) {
	for i := range len(z) / k {
		x := spec.Row(z, i, k)
		m, _, r := exps(nil, x)
		spec.LogSoftmaxRow(spec.Row(dst, i, k), x, m, r)
	}
}

// LogSumExp is [spec.LogSumExp].
func LogSumExp[T spec.Float](dst, z []T, k int) {
	for i := range dst {
		m, _, r := exps(nil, spec.Row(z, i, k))
		dst[i] = T(m + math.Log1p(r))
	}
}

// SoftmaxGrad is [spec.SoftmaxGrad].
func SoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		_, a, r := exps(d, spec.Row(z, i, k))
		spec.SoftmaxGradRow(d, spec.Row(u, i, k), a, r, 1)
	}
}

// LogSoftmaxGrad is [spec.LogSoftmaxGrad].
func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		_, a, r := exps(d, spec.Row(z, i, k))
		spec.LogSoftmaxGradRow(d, spec.Row(u, i, k), a, r, 1)
	}
}

// LogSumExpGrad is [spec.LogSumExpGrad].
func LogSumExpGrad[T spec.Float](dst, z, u []T, k int) {
	for i, v := range u {
		d := spec.Row(dst, i, k)
		_, a, r := exps(d, spec.Row(z, i, k))
		spec.LogSumExpGradRow(d, v, a, r, 1)
	}
}
