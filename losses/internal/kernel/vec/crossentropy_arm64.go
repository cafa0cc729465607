//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// CrossEntropy is [spec.CrossEntropy].
func CrossEntropy[T spec.Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		x, y, g := spec.Row(z, i, k), spec.Row(t, i, k), spec.Row(grad, i, k)
		if !crossEntropyRow(&loss[i], g, x, y, spec.Factor(scale, i)) &&
			portable.CrossEntropy(loss[i:i+1], g, x, y, spec.FactorOf(scale, i), k) >= 0 {
			return i
		}
	}
	return -1
}

// crossEntropyRow computes one row. It returns false for one that is left to plain Go: that begin
// declines, with a label that is negative, -0 or not finite, or whose labels overflow.
func crossEntropyRow[T spec.Float](loss *float64, g, x, y []T, f float64) bool {
	s, ok := begin(x)
	if !ok {
		return false
	}
	o := s.sums(g, x, y)
	own := float64(y[s.a])
	mass := o.mass + own
	if negative[T](o.signs) || math.Signbit(own) || !fits[T](mass, f) {
		return false
	}
	r := o.exps / s.top
	if spec.Lifts[T](mass) && r < faintOdds {
		return false
	}
	*loss = mass*math.Log1p(r) - o.dot
	if g == nil {
		return true
	}
	if c := mass / ((1 + r) * s.top); spec.Lifts[T](mass * f) {
		spec.Combine(g, y, x, float64(s.m), s.top, c, f)
	} else {
		combineRow(g, y, T(c), T(-f))
	}
	if r < 1 { // p_a > 1/2
		g[s.a] = T(f * (o.mass - mass*(r/(1+r))))
	} else {
		g[s.a] = T(f * (mass/(1+r) - own))
	}
	return true
}

// faintOdds is below what odds may have lost digits, as sums of denormal numbers of float32.
const faintOdds = 0x1p-100

// negative reports whether one of the labels whose bits are in signs has a sign.
func negative[T spec.Float](signs uint64) bool {
	if spec.Size[T]() == 4 {
		return signs&0x8000000080000000 != 0
	}
	return int64(signs) < 0
}

// CrossEntropyIndex is [spec.CrossEntropyIndex].
func CrossEntropyIndex[T spec.Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	for i, y := range index {
		x, g, f := spec.Row(z, i, k), spec.Row(grad, i, k), spec.Factor(scale, i)
		s, ok := begin(x)
		if !ok || !fits[T](1, f) {
			portable.CrossEntropyIndex(loss[i:i+1], g, x, index[i:i+1], spec.FactorOf(scale, i), k)
			continue
		}
		r := s.sums(g, x, nil).exps / s.top
		loss[i] = math.Log1p(r) - (float64(x[y]) - float64(s.m))
		if g != nil {
			s.indexGrad(g, y, r, f)
		}
	}
}

// indexGrad turns g, which holds the exponentials, into f (p - [k=y]).
func (s *softrow[T]) indexGrad(g []T, y int, r, f float64) {
	rest := r / (1 + r) // 1 - p_y
	if y != s.a {
		rest = 1 - float64(g[y])/((1+r)*s.top)
	}
	scaleRow(g, T(f/((1+r)*s.top)))
	g[s.a] = T(f / (1 + r))
	g[y] = T(-f * rest)
}
