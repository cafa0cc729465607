//go:build !purego && (amd64 || arm64)

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// smoothParts returns what a smooth family is of polynomials in p: with c, the loss of a certain
// class,
//
//	φ = v = c + (1-p) beyond,   φ' = -p w.
func smoothParts(f spec.Family, a float64) (c float64, v, w, beyond func(p float64) float64) {
	c, _, _ = spec.SmoothPhi(f, a, 1, 0)
	v = func(p float64) float64 {
		phi, _, _ := spec.SmoothPhi(f, a, p, 1-p)
		return phi
	}
	w = func(p float64) float64 {
		_, dphi, _ := spec.SmoothPhi(f, a, p, 1-p)
		return -dphi / p
	}
	beyond = func(p float64) float64 {
		if f == spec.AEL {
			return c * math.Expm1((1-p)/a) / (1 - p)
		}
		return v(p) / (1 - p)
	}
	return c, v, w, beyond
}

// fitPair is [fitOne] of f and g, each by half of c; of two errors it returns the larger.
func fitPair(c []float64, most float64, f, g func(p float64) float64) (worst, growth float64) {
	n := len(c) / 2
	worst, growth = fitOne(c[:n], most, f)
	other, more := fitOne(c[n:], most, g)
	return worse(worst, other), worse(growth, more)
}

// fitOne interpolates f for 0 <= p <= most, in 2p/most-1, by all of c, and returns the relative
// error, and what Σ |c| is of the smallest value at most.
func fitOne(c []float64, most float64, f func(p float64) float64) (worst, growth float64) {
	n := len(c)
	portable.Interpolate(c, func(s float64) float64 { return f(most * (1 + s) / 2) })
	for j := range 2 * n { // between the nodes, where the error is largest, too, and where p is almost 0
		s := math.Cos(math.Pi * (float64(j) + 1) / float64(2*n))
		size, want := 0.0, f(most*max((1+s)/2, 0x1p-60))
		for _, x := range c {
			size += math.Abs(x) // the roundings
		}
		worst = worse(worst, max(math.Abs(portable.Horner(c, s)-want), 0x1p-54*size)/math.Abs(want))
		growth = worse(growth, size/math.Abs(want))
	}
	return worst, growth
}

// worse returns the larger of two errors, of which a NaN is the largest.
func worse(a, b float64) float64 {
	if b <= a {
		return a
	}
	return b
}
