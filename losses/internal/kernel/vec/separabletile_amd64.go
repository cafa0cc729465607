//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// separableTiles is separable for few classes.
func separableTiles[T spec.Float](v wide[T], p *plan, loss []float64, grad, phi, z, t, scale []T, k int,
	generic func(j int) (valid bool)) (bad int) {
	return doubleTiles(doublesFor[T](), v, loss, grad, phi, z, t, nil, scale, k,
		func(u double, s *tile[float64], i, n, w int) {
			p.tiles(u, s, s.labelsFrom(0, phi != nil), k, tilesOf(n, w))
			s.takeLosses(laneLoss, loss[i:i+n], w)
			scalePhi(loss[i:i+n], p.factor)
			if grad != nil {
				u.tileCombine(&s.e[0], &s.h[0], &s.z[0], k, tilesOf(n, w), &s.lane[0])
			}
		}, generic)
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
