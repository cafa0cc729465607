//go:build (amd64 || arm64) && !purego

package vec

import "math"

// The logarithm of 2, in two numbers: products of the first with whole numbers that an exponent can
// be are exact.
const ln2High, ln2Low = 6.93147180369123816490e-01, 1.90821492927058770002e-10

// wholePower reports whether k is an exponent that kernels make of squares.
func wholePower(k float64) bool { return k < 1<<powerBits && k == math.Trunc(k) }

// setPower stores the bits of an exponent, and 1 less each of them.
func setPower(par []float64, k float64) {
	for i := range powerBits {
		b := float64(int(k) >> i & 1)
		par[2*i], par[2*i+1] = b, 1-b
	}
}
