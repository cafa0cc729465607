//go:build !purego

package kernel

import "math"

// chunk is how many elements are summed in the element type, 64 in a lane, before the sum goes to a float64.
func chunk[T Float](u unit[T]) int { return 64 * u.lanes() }

// softrow is what the exponentials of one row need: exp(z) 2^-shift for all z, with exp(m) = 2^shift em for the
// maximum m. Terms below low are 0.
type softrow[T Float] struct {
	m, low, shift T
	em            float64
	ahead         int // bytes to prefetch ahead: the next row, or part of this one
}

// begin prepares a row. It declines rows whose largest logit is not finite, or so
// large that the assembly would lose bits: those are for the specification.
func begin[T Float](u unit[T], z []T) (s softrow[T], ok bool) {
	m, shift, em := u.maxExp(&z[0], len(z))
	bound, lowest := T(1<<20), T(-104.5)
	if Tiny[T]() < 0x1p-200 {
		bound, lowest = T(1<<40), -746
	}
	ahead := min(len(z)*sizeOf[T](), 4096)
	return softrow[T]{m, m + lowest, shift, float64(em), ahead}, m < bound && m > -bound
}

// exactly stores the exponentials of z in e and returns what rest does, with no more than the errors of many float32
// exponentials: em is exact, and where one exponential dominates, the others are summed in float64.
func (s *softrow[T]) exactly(u unit[T], v wide[T], e, z []T) (r float64, a int) {
	sum := s.exps(u, e, z)
	if sizeOf[T]() == 8 {
		return s.rest(u, e, z, sum)
	}
	s.em = math.Exp(float64(s.m) - float64(s.shift)*math.Ln2)
	if sum > spread*s.em {
		return (sum - s.em) / s.em, -1
	}
	if a = u.find(&z[0], len(z), s.m); a == len(z) { // there is a NaN
		return sum, -1
	}
	return s.exactBut(v, z, a), a
}

// exactBut returns the sum of the exponentials but that at a over it, in float64.
func (s *softrow[T]) exactBut(v wide[T], z []T, a int) (r float64) {
	for _, part := range [2][]T{z[:a], z[a+1:]} {
		if len(part) > 0 {
			r += v.sumExp(&part[0], len(part), float64(s.low), float64(s.shift), 0)
		}
	}
	return r / s.em
}

// exactRest is rest without exponentials in the element type at all. ok is false when there is a NaN.
func (s *softrow[T]) exactRest(u unit[T], v wide[T], z []T) (r float64, a int, ok bool) {
	if sizeOf[T]() == 4 {
		s.em = math.Exp(float64(s.m) - float64(s.shift)*math.Ln2)
	}
	sum := v.sumExp(&z[0], len(z), float64(s.low), float64(s.shift), s.ahead)
	if sum > spread*s.em {
		return (sum - s.em) / s.em, -1, true
	}
	if a = u.find(&z[0], len(z), s.m); a == len(z) || sum != sum {
		return 0, 0, false
	}
	return s.exactBut(v, z, a), a, true
}

// spread is how many times the largest exponential their sum must be for it to be taken
// out by subtraction: the error of r then grows by a seventh.
const spread = 8

// largest returns a quarter of the largest number: a row whose labels sum to more is for the specification.
func largest[T Float]() float64 {
	if sizeOf[T]() == 4 {
		return math.MaxFloat32 / 4
	}
	return math.MaxFloat64 / 4
}

// fits reports whether neither the sum of a row's labels nor what it makes of the gradient's factor overflows.
func fits[T Float](mass, scale float64) bool { return mass*max(abs(scale), 1) <= largest[T]() }

// rest returns r, the sum of the exponentials but the largest over that, from the sum of all. Where one exponential dominates
// it finds it at a and adds up the others anew: from e, which holds them, or where e is nil from the logits z.
// Otherwise a is -1: no position is special.
func (s *softrow[T]) rest(u unit[T], e, z []T, sum float64) (r float64, a int) {
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
	for _, part := range [2][2]int{{0, a}, {a + 1, len(z)}} {
		for lo := part[0]; lo < part[1]; lo += chunk(u) {
			n := min(chunk(u), part[1]-lo)
			if e != nil {
				sum += u.sum(&e[lo], n)
			} else {
				sum += u.sumExp(&z[lo], n, s.low, s.shift, 0)
			}
		}
	}
	return sum
}

// exps stores the exponentials in e and returns their sum.
func (s *softrow[T]) exps(u unit[T], e, z []T) (sum float64) {
	for lo := 0; lo < len(z); lo += chunk(u) {
		sum += u.exps(&e[lo], &z[lo], min(chunk(u), len(z)-lo), s.low, s.shift, s.ahead)
	}
	return sum
}

// sum returns the sum of the exponentials.
func (s *softrow[T]) sum(u unit[T], z []T) (sum float64) {
	for lo := 0; lo < len(z); lo += chunk(u) {
		sum += u.sumExp(&z[lo], min(chunk(u), len(z)-lo), s.low, s.shift, s.ahead)
	}
	return sum
}
