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

// Softmaxes is [LogSoftmax] in l and [Softmax] in p.
func Softmaxes[T spec.Float](l, p, z []T, k int) {
	LogSoftmax(l, z, k)
	Softmax(p, z, k)
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

// SoftmaxGrad is [spec.SoftmaxGrad].
func SoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	whole := wholeBlocks[T](k)
	for i := range len(z) / k {
		x, d, up := spec.Row(z, i, k), spec.Row(dst, i, k), spec.Row(u, i, k)
		s, ok := begin(x)
		if !ok {
			portable.SoftmaxGrad(d, x, up, k)
			continue
		}
		o := s.sums(d, x, nil)
		c, ua := 1/(o.exps+s.top), float64(up[s.a])
		mean := 0.0
		if whole > 0 { // the maximum's exponential is 0 still
			mean = pull(&d[0], &up[0], whole, ua)
		}
		for j := whole; j < k; j++ {
			if d[j] != 0 {
				mean += float64(d[j]) * (ua - float64(up[j]))
			}
		}
		mean *= c
		if whole > 0 {
			softmaxGrad(&d[0], &up[0], whole, c, ua, mean)
		}
		for j := whole; j < k; j++ {
			if d[j] != 0 {
				d[j] = T(c * float64(d[j]) * ((float64(up[j]) - ua) + mean))
			}
		}
		d[s.a] = T(s.top * c * mean)
	}
}

// LogSoftmaxGrad is [spec.LogSoftmaxGrad].
func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		x, d, up := spec.Row(z, i, k), spec.Row(dst, i, k), spec.Row(u, i, k)
		s, ok := begin(x)
		others := Sum(up[:s.a]) + Sum(up[s.a:][1:])
		sum := others + float64(up[s.a])
		if !ok || !(math.Abs(sum) <= 1<<100) {
			portable.LogSoftmaxGrad(d, x, up, k)
			continue
		}
		r := s.sums(d, x, nil).exps / s.top
		combineRow(d, up, T(sum/((1+r)*s.top)), 1)
		d[s.a] = T(sum*(r/(1+r)) - others)
	}
}

// LogSumExpGrad is [spec.LogSumExpGrad].
func LogSumExpGrad[T spec.Float](dst, z, u []T, k int) {
	for i, v := range u {
		x, d, up := spec.Row(z, i, k), spec.Row(dst, i, k), float64(v)
		s, ok := begin(x)
		if !ok || !(math.Abs(up) <= 1<<100) {
			portable.LogSumExpGrad(d, x, u[i:i+1], k)
			continue
		}
		r := s.sums(d, x, nil).exps / s.top
		scaleRow(d, T(up/((1+r)*s.top)))
		d[s.a] = T(up / (1 + r))
	}
}
