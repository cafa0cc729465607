//go:build (amd64 || arm64) && !purego

package vec

import "math"

// wholePower reports whether k is an exponent that kernels make of squares.
func wholePower(k float64) bool { return k < 1<<powerBits && k == math.Trunc(k) }

// setPower stores the bits of an exponent, and 1 less each of them.
func setPower(par []float64, k float64) {
	for i := range powerBits {
		b := float64(int(k) >> i & 1)
		par[2*i], par[2*i+1] = b, 1-b
	}
}
