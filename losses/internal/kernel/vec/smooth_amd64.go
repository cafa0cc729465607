//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

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
	factor      float64 // of V
	more        bool    // they have as many coefficients as smoothMoreTerms takes
	linked      bool    // they are what linkedTerms takes
}

func smoothPlanFor(f spec.Family, a float64, size int) (s *smoothPlan) {
	s = new(smoothPlan)
	last, _, w, beyond := smoothParts(f, a)
	s.wide[0], s.narrow[0] = last, last
	s.wideError, _ = fitPair(s.wide[1:], 1, beyond, w)
	s.narrowError, _ = fitPair(s.narrow[1:], 1, beyond, w)
	s.small = fitSmall(f, a, size)
	return s
}

// fitSmall returns the fit for elements of a size.
func fitSmall(f spec.Family, a float64, size int) (s smallFit) {
	few, more, limit := smoothFew64, smoothMore64, 0x1p-49
	if size == 4 {
		few, more, limit = smoothFew32, smoothMore32, 0x1p-27
	}
	_, v, w, _ := smoothParts(f, a)
	exact := func(worst, growth float64) bool { return worst < limit && (size == 8 || growth < 2) } // no rounding grows
	for _, most := range []float64{mostSmall, mostSmall / 2, mostSmall / 4, mostSmall / 8} {
		for _, n := range []int{few, more} {
			l, worst, growth, part := linkFor(f, a, most, n)
			if !exact(worst, growth) || !(part < 1.5) {
				continue
			}
			s = smallFit{slope: l.middle, most: most, factor: l.value, more: n == more, linked: true}
			by := l.middle / l.value
			s.set(append([]float64{l.at * by, l.slope * by}, l.c...), 2, s.slope)
			return s
		}
		for _, n := range []int{few, more} {
			c := make([]float64, 2*n)
			if !exact(fitPair(c, most, v, w)) {
				continue
			}
			s = smallFit{slope: c[2*n-1], most: most, factor: 1, more: n == more}
			s.set(c, n, s.slope)
			return s
		}
	}
	return s
}

// set stores the coefficients c, those from place from on over slope.
func (s *smallFit) set(c []float64, from int, slope float64) {
	for i, x := range c {
		if i >= from {
			x /= slope
		}
		s.c64[i] = x
		if i < len(s.c32) {
			s.c32[i] = float32(x)
		}
	}
}

// exact reports whether the kernels that compute in float64 are exact enough for elements of a
// size.
func (s *smoothPlan) exact(size int) bool {
	if size == 4 {
		return s.narrowError < 0x1p-32 && s.wideError < 0x1p-32
	}
	return s.wideError < 0x1p-49
}
