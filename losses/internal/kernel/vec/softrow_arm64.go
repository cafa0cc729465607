//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// softrow is what the exponentials of one row need: its maximum m, first at a, and exp(m) = 2^shift
// top. The kernels give exp(z) 2^-shift; magic, which hides the shift, is the number whose addition
// rounds to an integer and leaves the exponent in the low bits. Terms below least are 0.
type softrow[T spec.Float] struct {
	m, least, magic  T
	least64, magic64 float64 // for the kernels that compute in float64
	top              float64
	a                int
}

// begin prepares a row. It declines one with a NaN and one whose largest logit is not finite, or so
// large that the kernels would lose bits.
func begin[T spec.Float](z []T) (s softrow[T], ok bool) {
	bound, lowest, middle := 1.0*(1<<20), -104.5, 0x1.8p23
	if spec.Size[T]() == 8 {
		bound, lowest, middle = 1<<40, -746, 0x1.8p52
	}
	whole := wholeBlocks[T](len(z))
	s.m = z[whole%len(z)]
	for _, v := range z[whole:] {
		s.m = max(s.m, v) // NaN where either is
	}
	if whole > 0 {
		s.m = max(s.m, rowMax(&z[0], whole))
	}
	m := float64(s.m)
	if !(math.Abs(m) < bound) {
		return s, false
	}
	if whole > 0 {
		s.a = whole - int(find(&z[0], whole, s.m))
	}
	for z[s.a] != s.m {
		s.a++
	}
	shift := math.RoundToEven(m * math.Log2E)
	s.top = math.Exp((m - shift*ln2High) - shift*ln2Low)
	s.least, s.magic = T(m+lowest), T(middle+expOffset-shift)
	s.least64, s.magic64 = m-746, 0x1.8p52+expOffset-shift
	return s, true
}

// walk runs blocks on the whole blocks [from, to) of a row of n elements, and padded on those at
// from that hold the maximum or reach beyond the row.
func (s *softrow[T]) walk(n int, blocks func(from, to int), padded func(from int)) {
	w := block[T]()
	home, whole := wholeBlocks[T](s.a), wholeBlocks[T](n)
	if home > 0 {
		blocks(0, home)
	}
	padded(home)
	if home+w < whole {
		blocks(home+w, whole)
	}
	if home < whole && whole < n {
		padded(whole)
	}
}

// pad copies the block of x at from into b and fills it with v behind the row and at the maximum.
func (s *softrow[T]) pad(b *[8]T, x []T, from int, v T) {
	for j := copy(b[:block[T]()], x[from:]); j < len(b); j++ {
		b[j] = v
	}
	if j := s.a - from; j >= 0 && j < block[T]() {
		b[j] = v
	}
}

// rowSums are what a row adds up without its maximum.
type rowSums struct {
	exps, mass, dot float64 // Σ exp(z) 2^-shift, Σ t, Σ t (z - m)
	signs           uint64  // or of the bits of t
}

// sums adds up a row without its maximum, which is left out so that small others are not lost
// beside it. It stores the exponentials in e, unless that is nil, with 0 for the maximum's; t may
// be nil. e may be z.
func (s *softrow[T]) sums(e, z, t []T) (o rowSums) {
	add := func(e, z, t []T) {
		var part [3]float64
		switch n := len(z); {
		case t == nil && e == nil:
			part[0] = sumExp(&z[0], n, s.least, s.magic)
		case t == nil:
			part[0] = exps(&e[0], &z[0], n, s.least, s.magic)
		case e == nil:
			o.signs |= dot(&part, &z[0], &t[0], n, s.m, s.least, s.magic)
		default:
			o.signs |= expDot(&part, &e[0], &z[0], &t[0], n, s.m, s.least, s.magic)
		}
		o.exps, o.mass, o.dot = o.exps+part[0], o.mass+part[1], o.dot+part[2]
	}
	s.walk(len(z), func(from, to int) {
		add(part(e, from, to), z[from:to], part(t, from, to))
	}, func(from int) {
		var be, bz, bt [8]T
		w := block[T]()
		s.pad(&bz, z, from, s.least)
		var pe, pt []T
		if e != nil {
			pe = be[:w]
		}
		if t != nil {
			s.pad(&bt, t, from, 0)
			pt = bt[:w]
		}
		add(pe, bz[:w], pt)
		if e != nil {
			copy(e[from:min(from+w, len(z))], pe)
		}
	})
	return o
}

// sums64 adds up the exponentials of a row without its maximum in float64, and stores them in e,
// unless that is nil, with 0 for the maximum's.
func (s *softrow[T]) sums64(e []float64, z []T) (sum float64) {
	s.walk(len(z), func(from, to int) {
		if e == nil {
			sum += sumExp64(&z[from], to-from, s.least64, s.magic64)
		} else {
			sum += exps64(&e[from], &z[from], to-from, s.least64, s.magic64)
		}
	}, func(from int) {
		var be [8]float64
		var bz [8]T
		s.pad(&bz, z, from, T(math.Inf(-1)))
		sum += exps64(&be[0], &bz[0], block[T](), s.least64, s.magic64)
		if e != nil {
			copy(e[from:min(from+block[T](), len(z))], be[:])
		}
	})
	return sum
}

// exp returns exp(z) 2^-shift of one logit.
func (s *softrow[T]) exp(z T) float64 {
	var be [8]float64
	var bz [8]T
	bz[0] = z
	exps64(&be[0], &bz[0], block[T](), s.least64, s.magic64)
	return be[0]
}
