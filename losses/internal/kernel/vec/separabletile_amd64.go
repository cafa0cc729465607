//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// separableTiles is separable for few classes.
func separableTiles[T spec.Float](v wide[T], p *plan, loss []float64, grad, phi, z, t, scale []T, k int,
	generic func(j int) (valid bool)) (bad int) {
	most := largest[T]()
	return doubleTiles(doublesFor[T](), v, loss, grad, phi, z, t, nil, scale, k,
		func(u double, s tilePart[float64], loss []float64, _, w int) (rejected uint32) {
			return p.tile(u, s, s.labels(phi != nil), k) | p.finish(s, loss, w, most)
		}, generic)
}

// finish stores the losses of a tile. rejected has the bits of the rows whose labels overflow.
func (p *plan) finish(s tilePart[float64], loss []float64, w int, most float64) (rejected uint32) {
	sums, masses := s.numbers(laneLoss, w), s.numbers(laneMass, w)
	for j := range loss {
		loss[j] = sums[j] * p.factor
		if !(masses[j] <= most) {
			rejected |= 1 << j
		}
	}
	return rejected
}

// separableIndexTiles is SeparableIndex for few classes.
func separableIndexTiles[T spec.Float](v wide[T], f spec.Family, a float64,
	loss []float64, grad, z []T, index []int, scale []T, k int) {
	terms := classTermsFor[T](f, a)
	doubleTiles(doublesFor[T](), v, loss, grad, nil, z, nil, index, scale, k,
		func(u double, s tilePart[float64], loss []float64, i, w int) (rejected uint32) {
			copy(s.h[s.first:][:k*w], s.t[s.first:])
			finishIndex(u, terms, s, loss, index[i:i+len(loss)], w)
			return 0
		}, func(j int) bool {
			g, x := spec.Row(grad, j, k), spec.Row(z, j, k)
			spec.SeparableIndex(f, a, loss[j:j+1], g, x, index[j:j+1], spec.FactorOf(scale, j), k)
			return true
		})
}

// finishIndex stores the losses of a tile and readies the lanes for tileCombine.
func finishIndex(u double, terms classTerms, s tilePart[float64], loss []float64, index []int, w int) {
	top, log, rest := s.numbers(laneMax, w), s.numbers(laneLog, w), s.numbers(laneRest, w)
	coef, scale := s.numbers(laneCoef, w), s.numbers(laneScale, w)
	atTop, slope := s.numbers(laneAtTop, w), s.numbers(laneSlope, w)
	l, own, others := s.numbers(laneLogP, w), s.numbers(laneP, w), s.numbers(laneQ, w) // of the label's class
	for j, y := range index {
		at := s.first + y*w + j
		x := s.z[at]
		l[j] = x - top[j] - log[j]
		own[j], others[j], atTop[j] = s.e[at]*coef[j], rest[j], -rest[j]
		if x < top[j] {
			atTop[j], others[j] = 1-rest[j], 1-own[j]
		}
	}
	terms.at(u, s.lane[s.rows:], len(index), w)
	values, falls := s.numbers(lanePhi, w), s.numbers(laneFall, w)
	for j := range index {
		loss[j] = values[j]
		scale[j] *= falls[j]
		slope[j] = -1
	}
}
