//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// The kernels take whole blocks; what is left of a row is for plain Go.

// wholeBlocks returns how many of n elements are in whole blocks.
func wholeBlocks[T spec.Float](n int) int { return n &^ (block[T]() - 1) }

// combineRow stores f (t - c p) in p for any number of elements, scaleRow c p, shiftRow (z - m) - c
// in dst.
func combineRow[T spec.Float](p, t []T, c, f T) {
	whole := wholeBlocks[T](len(p))
	if whole > 0 {
		combine(&p[0], &t[0], whole, c, f)
	}
	for j := whole; j < len(p); j++ {
		p[j] = f * (t[j] - c*p[j])
	}
}

func scaleRow[T spec.Float](p []T, c T) {
	whole := wholeBlocks[T](len(p))
	if whole > 0 {
		scale(&p[0], whole, c)
	}
	for j := whole; j < len(p); j++ {
		p[j] *= c
	}
}

func shiftRow[T spec.Float](dst, z []T, m, c T) {
	whole := wholeBlocks[T](len(z))
	if whole > 0 {
		shift(&dst[0], &z[0], whole, m, c)
	}
	for j := whole; j < len(z); j++ {
		dst[j] = (z[j] - m) - c
	}
}
