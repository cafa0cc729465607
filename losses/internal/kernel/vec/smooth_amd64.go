//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// A smoothPlan is what the kernels of a smooth family take: polynomials V and W with, in 2p-1,
//
//	φ = c + (1-p) V,   φ' = -p W
//
// and for p <= most, in 2p/most-1, φ = V and φ' = -slope p W, where W is 1 in the middle: of
// float32 too.
type smoothPlan struct {
	wide   [1 + 2*smoothWide]float64 // c, V, W
	narrow [1 + 2*smoothNarrow]float64
	small  smallFit

	wideError, narrowError float64 // relative, of the worst of V and W
}

// mostSmall is the largest p of the kernels for rows without large exponentials.
const mostSmall = 1. / 8

// A smallFit is V and W for p <= most, 0 where they are not exact enough.
type smallFit struct {
	c64         [2 * smoothMore64]float64
	c32         [2 * smoothMore32]float32 // for elements of float32
	slope, most float64
	more        bool // they have as many coefficients as smoothMoreTerms takes
}

func smoothPlanFor(f spec.Family, a float64, size int) (s *smoothPlan) {
	s = new(smoothPlan)
	last, _, _ := spec.SmoothPhi(f, a, 1, 0)
	v := func(p float64) float64 {
		phi, _, _ := spec.SmoothPhi(f, a, p, 1-p)
		return phi
	}
	w := func(p float64) float64 {
		_, dphi, _ := spec.SmoothPhi(f, a, p, 1-p)
		return -dphi / p
	}
	beyond := func(p float64) float64 { // what φ has beyond c
		if f == spec.AEL {
			return last * math.Expm1((1-p)/a) / (1 - p)
		}
		return v(p) / (1 - p)
	}
	s.wide[0], s.narrow[0] = last, last
	s.wideError, _ = fitPair(s.wide[1:], 1, beyond, w)
	s.narrowError, _ = fitPair(s.narrow[1:], 1, beyond, w)
	s.small = fitSmall(size, v, w)
	return s
}

// fitSmall returns the fit of v and w for elements of a size.
func fitSmall(size int, v, w func(p float64) float64) (s smallFit) {
	few, more, limit := smoothFew64, smoothMore64, 0x1p-49
	if size == 4 {
		few, more, limit = smoothFew32, smoothMore32, 0x1p-27
	}
	for _, most := range []float64{mostSmall, mostSmall / 8} {
		for _, n := range []int{few, more} {
			c := s.c64[:2*n]
			worst, growth := fitPair(c, most, v, w)
			if !(worst < limit && (size == 8 || growth < 2)) { // what float32 rounds does not grow
				continue
			}
			s.slope, s.most, s.more = c[2*n-1], most, n == more
			for i := range n {
				c[n+i] /= s.slope
			}
			for i, x := range s.c64[:2*smoothMore32] {
				s.c32[i] = float32(x)
			}
			return s
		}
	}
	return s
}

// fitPair interpolates f and g for 0 <= p <= most, each by half of c, and returns the larger
// relative error of the two, and what Σ |c| is of the smallest value at most.
func fitPair(c []float64, most float64, f, g func(p float64) float64) (worst, growth float64) {
	n := len(c) / 2
	for i, f := range []func(p float64) float64{f, g} {
		c := c[i*n : (i+1)*n]
		at := func(s float64) float64 { return f(most * (1 + s) / 2) }
		interpolate(c, at)
		for j := range 2 * n { // between the nodes, where the error is largest, too, and where p is almost 0
			s := math.Cos(math.Pi * (float64(j) + 1) / float64(2*n))
			size, want := 0.0, f(most*max((1+s)/2, 0x1p-60))
			for _, x := range c {
				size += math.Abs(x) // the roundings
			}
			worst = worse(worst, max(math.Abs(horner(c, s)-want), 0x1p-54*size)/math.Abs(want))
			growth = worse(growth, size/math.Abs(want))
		}
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

// exact reports whether the kernels that compute in float64 are exact enough for elements of a
// size.
func (s *smoothPlan) exact(size int) bool {
	if size == 4 {
		return s.narrowError < 0x1p-32 && s.wideError < 0x1p-32
	}
	return s.wideError < 0x1p-49
}
