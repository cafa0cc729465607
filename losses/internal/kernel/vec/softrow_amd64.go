//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// chunk is how many elements are summed in the element type, 64 in a lane, before the sum goes to a
// float64.
func chunk[T spec.Float](u unit[T]) int { return 64 * u.lanes() }

// softrow is what the exponentials of one row need: exp(z) 2^-shift for all z, with exp(m) =
// 2^shift em for the maximum m. Terms below low are 0.
type softrow[T spec.Float] struct {
	m, low, shift T
	em            float64
	ahead         int // bytes to prefetch ahead: the next row, or part of this one
}

// begin prepares a row. It declines rows whose largest logit is not finite, or so large that the
// assembly would lose bits: those are for the specification.
func begin[T spec.Float](u unit[T], z []T) (s softrow[T], ok bool) {
	m, shift, em := u.maxExp(&z[0], len(z))
	bound := T(bound32)
	if spec.Size[T]() == 8 {
		most := bound64 // no constant of float32
		bound = T(most)
	}
	s.set(m, shift, em, len(z))
	return s, m < bound && m > -bound
}

// set makes s a row of k elements with what maxExp returns. It is prefetched as aheadOfPasses says.
func (s *softrow[T]) set(m, shift, em T, k int) {
	lowest := T(lowest32)
	if spec.Size[T]() == 8 {
		least := lowest64 // no constant of float32
		lowest = T(least)
	}
	s.m, s.low, s.shift, s.em, s.ahead = m, m+lowest, shift, float64(em), min(k*spec.Size[T](), mostAhead)
}

// odds returns r, the sum of the exponentials but the largest over that, from the sum of all. Where
// one exponential dominates it finds it at a and adds up the others again: from e, which holds
// them, or where e is nil from the logits z. Otherwise a is -1: no position is special.
func (s *softrow[T]) odds(u unit[T], e, z []T, sum float64) (r float64, a int) {
	if sum > spread*s.em {
		return (sum - s.em) / s.em, -1
	}
	a = u.find(&z[0], len(z), s.m)
	if a == len(z) { // there is a NaN: m is finite, so it is in the sum
		return sum, -1
	}
	return s.sumBut(u, e, z, a) / s.em, a
}

// sumBut returns the sum of the exponentials but that at a.
func (s *softrow[T]) sumBut(u unit[T], e, z []T, a int) (sum float64) {
	if e == nil {
		return u.sumExp(&z[0], len(z), a, s.low, s.shift, 0)
	}
	for _, part := range [2][]T{e[:a], e[a+1:]} {
		for lo := 0; lo < len(part); lo += chunk(u) {
			sum += u.sum(&part[lo], min(chunk(u), len(part)-lo))
		}
	}
	return sum
}

// exps stores the exponentials in e and returns their sum.
func (s *softrow[T]) exps(u unit[T], e, z []T) (sum float64) {
	return u.exps(&e[0], &z[0], len(z), s.low, s.shift, s.ahead)
}

// sum returns the sum of the exponentials.
func (s *softrow[T]) sum(u unit[T], z []T) (sum float64) {
	return u.sumExp(&z[0], len(z), len(z), s.low, s.shift, s.ahead)
}

// wideOdds is odds with no more than the errors of many float32 exponentials, for an em of float64:
// where one exponential dominates, the others are computed in float64 or, for a loss that is gentle
// and p > 1/2, on which other p depend little, summed so.
func (s *softrow[T]) wideOdds(u unit[T], v wide[T], e, z []T, sum float64, gentle bool) (r float64, a int) {
	if spec.Size[T]() == 8 {
		return s.odds(u, e, z, sum)
	}
	if sum > spread*s.em {
		return (sum - s.em) / s.em, -1
	}
	if a = u.find(&z[0], len(z), s.m); a == len(z) { // there is a NaN
		return sum, -1
	}
	return s.wideSumBut(v, e, z, a, gentle && sum < 2*s.em) / s.em, a
}

// wideSumBut returns the sum of the exponentials but that at a: of those in e where that is exact
// enough, otherwise computed in float64.
func (s *softrow[T]) wideSumBut(v wide[T], e, z []T, a int, enough bool) (sum float64) {
	if enough {
		return Sum(e[:a]) + Sum(e[a+1:])
	}
	return v.sumExp(&z[0], len(z), a, float64(s.low), float64(s.shift), s.ahead)
}

// ahead is how many elements ahead the kernels prefetch: the next row, or part of this one.
func ahead[T spec.Float](z []T) int { return min(len(z), reach/spec.Size[T]()) }

// reach is how many bytes ahead the kernels prefetch at most. On AMD's processors before Zen 5 that
// is nothing: they fetch rows ahead by themselves, more at a time than a program's requests let
// them, with which a batch that no cache holds takes a third longer. On Zen 5 it takes up to a
// third less with them. Where it is nothing, kernels of ordinary rows ask for the next page.
var reach = func() int {
	if amd, family := processor(); amd && family < zen5 {
		return 0
	}
	return mostAhead
}()

const zen5 = 26 // its family

const mostAhead = 4096

// aheadOfPasses is ahead for rows over which several passes go: those are prefetched on AMD's
// processors, too, where a batch that the last cache holds takes up to a fifth less.
func aheadOfPasses[T spec.Float](z []T) int { return min(len(z), mostAhead/spec.Size[T]()) }
