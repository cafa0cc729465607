//go:build !purego

package optim

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg optim

var hasAVX2 = cpu.X86.HasAVX2

// vectors makes the step on a multiple of 8 elements, and returns on how many.
func (a *Adam) vectors(value, m, v, grad []float32) int {
	n := len(value) &^ 7
	if n == 0 || !hasAVX2 {
		return 0
	}
	common := [...]float32{a.Rate, a.Eps, a.Scale, a.L2, a.Keep}
	adamAVX2(&common[0], &value[0], &m[0], &v[0], &grad[0], n)
	return n
}
