//go:build !purego

package loops

import (
	"slices"

	"softloss/internal/isa"
)

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg loops

var (
	hasAVX2   = slices.Contains(isa.Vectors(), isa.AVX2)
	hasAVX512 = slices.Contains(isa.Vectors(), isa.AVX512)
)

// Each of these does its loop on a multiple of the lanes of a vector, and returns on how many
// elements.

func whole(n, lanes int, has bool) int {
	if !has {
		return 0
	}
	return n &^ (lanes - 1)
}

func (a *Adam) vectors(value, m, v, grad []float32) int {
	n := whole(len(value), 8, hasAVX2)
	if n > 0 {
		common := [...]float32{a.Rate, a.Eps, a.Scale, a.L2, a.Keep}
		adamAVX2(&common[0], &value[0], &m[0], &v[0], &grad[0], n)
	}
	return n
}

func rectifyVectors(x []float32) int {
	n := whole(len(x), 8, hasAVX2)
	if n > 0 {
		rectifyAVX2(&x[0], n)
	}
	return n
}

func rectifyGradVectors(out, y, up []float32) int {
	n := whole(len(out), 8, hasAVX2)
	if n > 0 {
		rectifyGradAVX2(&out[0], &y[0], &up[0], n)
	}
	return n
}

// addRowsVectors returns how many columns it has added.
func addRowsVectors(sum []float64, x []float32) int {
	n := whole(len(sum), 16, hasAVX2)
	if n > 0 && len(x) > 0 {
		addRowsAVX2(&sum[0], &x[0], len(x)/len(sum), len(sum), n)
	}
	return n
}

// magnitudeVectors returns the bits of the largest magnitude of its elements.
func magnitudeVectors(x []float32) (top uint32, n int) {
	if n = whole(len(x), 32, hasAVX2); n > 0 {
		top = magnitudeAVX2(&x[0], n)
	}
	return top, n
}

func addFixedVectors(sum []int64, x []float32, scale float64) int {
	n := whole(len(x), 8, hasAVX512)
	if n > 0 {
		addFixedAVX512(&sum[0], &x[0], n, scale)
	}
	return n
}

func fromFixedVectors(x []float32, sum []int64, unit float64) int {
	n := whole(len(x), 8, hasAVX512)
	if n > 0 {
		fromFixedAVX512(&x[0], &sum[0], n, unit)
	}
	return n
}
