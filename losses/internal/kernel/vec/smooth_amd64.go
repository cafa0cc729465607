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
// and for p <= 1/8, in 16p-1, φ = V and φ' = -slope p W, where W is 1 in the middle: of float32 too.
type smoothPlan struct {
	wide    [1 + 2*smoothWide]float64 // c, V, W
	narrow  [1 + 2*smoothNarrow]float64
	small64 [2 * smoothCount64]float64 // V, W
	small32 [2 * smoothCount32]float32
	slopes  [2]float64 // of float32 and of float64

	wideError, narrowError, error64, error32 float64 // relative, of the worst of V and W
	growth32                                 float64 // of a rounding to float32 in the worst of V and W
}

func smoothPlanFor(f spec.Family, a float64) (s *smoothPlan) {
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
	s.error64, _, s.slopes[1] = fitSmall(s.small64[:], v, w)
	var c [2 * smoothCount32]float64
	s.error32, s.growth32, s.slopes[0] = fitSmall(c[:], v, w)
	for i, x := range c {
		s.small32[i] = float32(x)
	}
	return s
}

// fitSmall is fitPair for p <= 1/8, with the second polynomial divided by slope, its last coefficient.
func fitSmall(c []float64, f, g func(p float64) float64) (worst, growth, slope float64) {
	worst, growth = fitPair(c, 1./8, f, g)
	slope = c[len(c)-1]
	for i := len(c) / 2; i < len(c); i++ {
		c[i] /= slope
	}
	return worst, growth, slope
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

// exactSmall is exact for those of the element type.
func (s *smoothPlan) exactSmall(size int) bool {
	if size == 4 {
		return s.error32 < 0x1p-27 && s.growth32 < 2
	}
	return s.error64 < 0x1p-49
}

// slope is -φ'/(p W) of the kernels of the element type.
func (s *smoothPlan) slope(size int) float64 { return s.slopes[size/8] }
