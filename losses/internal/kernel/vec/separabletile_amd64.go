//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// separableTiles is separable for few classes.
func separableTiles[T spec.Float](v wide[T], p *plan, loss []float64, grad, phi, z, t, scale []T, k int,
	generic func(j int) (valid bool)) (bad int) {
	most := largest[T]()
	return doubleTiles(doublesFor[T](), v, loss, grad, phi, z, t, nil, scale, k,
		func(u double, s *tile[float64], i, n, w int) {
			p.tiles(u, s, s.labelsFrom(0, phi != nil), k, tilesOf(n, w))
			p.finish(s, loss[i:i+n], w, most)
			if grad != nil {
				u.tileCombine(&s.e[0], &s.h[0], &s.z[0], &s.t[0], k, tilesOf(n, w), &s.lane[0])
			}
		}, generic)
}

// finish stores the losses of tiles, and adds to those declined the rows whose labels overflow.
func (p *plan) finish(s *tile[float64], loss []float64, w int, most float64) {
	for i := range tilesOf(len(loss), w) {
		lane, loss := s.lane[i*lanesPerRow*w:], loss[i*w:min(len(loss), (i+1)*w)]
		sums, masses := numbersOf(lane, laneLoss, w), numbersOf(lane, laneMass, w)
		for j := range loss {
			loss[j] = sums[j] * p.factor
			if !(masses[j] <= most) {
				s.declined[i] |= 1 << j
			}
		}
	}
}

// separableIndexTiles is SeparableIndex for few classes.
func separableIndexTiles[T spec.Float](v wide[T], f spec.Family, a float64,
	loss []float64, grad, z []T, index []int, scale []T, k int) {
	terms := classTermsFor[T](f, a)
	doubleTiles(doublesFor[T](), v, loss, grad, nil, z, nil, nil, scale, k,
		func(u double, s *tile[float64], i, n, w int) {
			classes, tiles := s.classes(index, i, n, w), tilesOf(n, w)
			u.tileClass(&s.e[0], &s.z[0], classes, k, tiles, &s.lane[0])
			terms.at(u, s.lane[:], n, w)
			s.takeLosses(lanePhi, loss[i:i+n], w)
			if grad != nil {
				u.tileClassGrads(&s.e[0], &s.z[0], classes, k, tiles, &s.lane[0])
			}
		}, func(j int) bool {
			g, x := spec.Row(grad, j, k), spec.Row(z, j, k)
			spec.SeparableIndex(f, a, loss[j:j+1], g, x, index[j:j+1], spec.FactorOf(scale, j), k)
			return true
		})
}
