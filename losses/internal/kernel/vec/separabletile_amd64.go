//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// separableTiles is Separable for few classes.
func separableTiles[T spec.Float](v wide[T], p *plan, loss []float64, grad, z, t, scale []T, k int,
	generic func(loss []float64, grad, z, t, scale []T, k int) (bad int)) (bad int) {
	most := largest[T]()
	return doubleTiles(v, loss, grad, z, t, nil, scale, k,
		func(u double, s *tile[float64], loss []float64, _, w int) (rejected uint32) {
			return p.tile(u, s, k) | p.finish(s, loss, w, most)
		}, func(j int) bool {
			x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
			return generic(loss[j:j+1], g, x, y, spec.FactorOf(scale, j), k) < 0
		})
}

// finish adds what the maximum of each row gives and readies the lanes for tileCombine. rejected
// has the bits of the rows whose labels overflow.
func (p *plan) finish(s *tile[float64], loss []float64, w int, most float64) (rejected uint32) {
	log, rest := s.numbers(laneLog, w), s.numbers(laneRest, w)
	sums, own := s.numbers(laneLoss, w), s.numbers(laneOwn, w)
	for j := range loss {
		phi, dphi, _ := spec.Phi(p.family, p.a, -log[j], rest[j])
		loss[j] = sums[j]
		if p.kind == gce {
			loss[j] /= p.a
		}
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
	doubleTiles(v, loss, grad, z, nil, index, scale, k,
		func(_ double, s *tile[float64], loss []float64, i, w int) (rejected uint32) {
			copy(s.h[:k*w], s.t[:k*w])
			finishIndex(f, a, s, loss, index[i:i+len(loss)], w)
			return 0
		}, func(j int) bool {
			g, x := spec.Row(grad, j, k), spec.Row(z, j, k)
			spec.SeparableIndex(f, a, loss[j:j+1], g, x, index[j:j+1], spec.FactorOf(scale, j), k)
			return true
		})
}

// finishIndex is finish for class indices.
func finishIndex(f spec.Family, a float64, s *tile[float64], loss []float64, index []int, w int) {
	top, log, rest := s.numbers(laneMax, w), s.numbers(laneLog, w), s.numbers(laneRest, w)
	coef, scale := s.numbers(laneCoef, w), s.numbers(laneScale, w)
	atTop, slope := s.numbers(laneAtTop, w), s.numbers(laneSlope, w)
	for j, y := range index {
		d, p, q := s.z[y*w+j]-top[j], s.e[y*w+j]*coef[j], rest[j]
		if atTop[j] = -q; d < 0 {
			atTop[j], q = 1-q, 1-p
		}
		v, dv := spec.PhiOf(f, a, d-log[j], p, q)
		loss[j] = v
		scale[j] *= -dv
		slope[j] = -1
	}
}
