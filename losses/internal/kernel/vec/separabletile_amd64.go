//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// separableTiles is Separable for few classes.
func separableTiles[T spec.Float](v wide[T], p *plan, loss []float64, grad, z, t, scale []T, k int,
	generic func(loss []float64, grad, z, t, scale []T, k int) (bad int)) (bad int) {
	most := largest[T]()
	return doubleTiles(v, loss, grad, z, t, nil, scale, k,
		func(u double, s *tile[float64], loss []float64, _, w int) (rejected uint32) {
			return p.tile(u, s, k) | p.finish(u, s, loss, w, most)
		}, func(j int) bool {
			x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
			return generic(loss[j:j+1], g, x, y, spec.FactorOf(scale, j), k) < 0
		})
}

// finish adds what the maximum of each row gives and readies the lanes for tileCombine. rejected
// has the bits of the rows whose labels overflow.
func (p *plan) finish(u double, s *tile[float64], loss []float64, w int, most float64) (rejected uint32) {
	log, rest := s.numbers(laneLog, w), s.numbers(laneRest, w)
	sums, own := s.numbers(laneLoss, w), s.numbers(laneOwn, w)
	values, falls := s.numbers(lanePhi, w), s.numbers(laneFall, w)
	if p.kind == smooth {
		u.smoothAt(&values[0], &falls[0], &s.numbers(laneTop, w)[0], &rest[0], &p.smooth.wide[0])
	}
	for j := range loss {
		phi, dphi := values[j], -falls[j]
		if p.kind != smooth {
			phi, dphi, _ = spec.Phi(p.family, p.a, -log[j], rest[j])
		}
		loss[j] = sums[j] * p.factor
		if own[j] != 0 {
			loss[j] += own[j] * phi
		}
		if !(gradLanes(s, j, w, dphi) <= most) {
			rejected |= 1 << j
		}
	}
	return rejected
}

// separableIndexTiles is SeparableIndex for few classes.
func separableIndexTiles[T spec.Float](v wide[T], f spec.Family, a float64,
	loss []float64, grad, z []T, index []int, scale []T, k int) {
	var p *plan
	if f.Smooth() {
		if q, ok := planFor[T](f, a); ok && q.kind == smooth {
			p = q
		}
	}
	doubleTiles(v, loss, grad, z, nil, index, scale, k,
		func(u double, s *tile[float64], loss []float64, i, w int) (rejected uint32) {
			copy(s.h[:k*w], s.t[:k*w])
			finishIndex(u, p, f, a, s, loss, index[i:i+len(loss)], w)
			return 0
		}, func(j int) bool {
			g, x := spec.Row(grad, j, k), spec.Row(z, j, k)
			spec.SeparableIndex(f, a, loss[j:j+1], g, x, index[j:j+1], spec.FactorOf(scale, j), k)
			return true
		})
}

// finishIndex is finish for class indices; p is the plan of a smooth family that has one.
func finishIndex(u double, p *plan, f spec.Family, a float64, s *tile[float64], loss []float64, index []int, w int) {
	top, log, rest := s.numbers(laneMax, w), s.numbers(laneLog, w), s.numbers(laneRest, w)
	coef, scale := s.numbers(laneCoef, w), s.numbers(laneScale, w)
	atTop, slope := s.numbers(laneAtTop, w), s.numbers(laneSlope, w)
	own, others := s.numbers(laneP, w), s.numbers(laneQ, w) // p and 1-p of the label's class
	values, falls := s.numbers(lanePhi, w), s.numbers(laneFall, w)
	for j, y := range index {
		own[j], others[j], atTop[j] = s.e[y*w+j]*coef[j], rest[j], -rest[j]
		if s.z[y*w+j] < top[j] {
			atTop[j], others[j] = 1-rest[j], 1-own[j]
		}
	}
	if p != nil {
		u.smoothAt(&values[0], &falls[0], &own[0], &others[0], &p.smooth.wide[0])
	}
	for j, y := range index {
		v, dv := values[j], -falls[j]
		if p == nil {
			v, dv = spec.PhiOf(f, a, s.z[y*w+j]-top[j]-log[j], own[j], others[j])
		}
		loss[j] = v
		scale[j] *= -dv
		slope[j] = -1
	}
}
