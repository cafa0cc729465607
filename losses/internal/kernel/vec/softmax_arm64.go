//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// Softmax is [spec.Softmax].
func Softmax[T spec.Float](dst, z []T, k int) {
	for i := range len(z) / k {
		x, d := spec.Row(z, i, k), spec.Row(dst, i, k)
		s, ok := begin(x)
		if !ok {
			portable.Softmax(d, x, k)
			continue
		}
		r := s.sums(d, x, nil).exps / s.top
		scaleRow(d, T(1/((1+r)*s.top)))
		d[s.a] = T(1 / (1 + r))
	}
}

// LogSoftmax is [spec.LogSoftmax].
func LogSoftmax[T spec.Float](dst, z []T, k int) {
	for i := range len(z) / k {
		x, d := spec.Row(z, i, k), spec.Row(dst, i, k)
		s, ok := begin(x)
		if !ok {
			portable.LogSoftmax(d, x, k)
			continue
		}
		r := s.sums(nil, x, nil).exps / s.top
		shiftRow(d, x, s.m, T(math.Log1p(r)))
	}
}

// LogSumExp is [spec.LogSumExp].
func LogSumExp[T spec.Float](dst, z []T, k int) {
	for i := range dst {
		x := spec.Row(z, i, k)
		s, ok := begin(x)
		if !ok {
			portable.LogSumExp(dst[i:i+1], x, k)
			continue
		}
		r := s.sums(nil, x, nil).exps / s.top
		dst[i] = T(float64(s.m) + math.Log1p(r))
	}
}

// odds stores exp(z - M) in e and returns what [spec.Exps] does.
func odds[T spec.Float](e, z []T) (a int, r float64) {
	s, ok := begin(z)
	if !ok {
		_, a, r = spec.Exps(e, z)
		return a, r
	}
	r = s.sums(e, z, nil).exps / s.top
	scaleRow(e, T(1/s.top))
	e[s.a] = 1
	return s.a, r
}

// SoftmaxGrad is [spec.SoftmaxGrad].
func SoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		a, r := odds(d, spec.Row(z, i, k))
		spec.SoftmaxGradRow(d, spec.Row(u, i, k), a, r)
	}
}

// LogSoftmaxGrad is [spec.LogSoftmaxGrad].
func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		a, r := odds(d, spec.Row(z, i, k))
		spec.LogSoftmaxGradRow(d, spec.Row(u, i, k), a, r)
	}
}

// LogSumExpGrad is [spec.LogSumExpGrad].
func LogSumExpGrad[T spec.Float](dst, z, u []T, k int) {
	for i, v := range u {
		d := spec.Row(dst, i, k)
		a, r := odds(d, spec.Row(z, i, k))
		spec.LogSumExpGradRow(d, v, a, r)
	}
}
