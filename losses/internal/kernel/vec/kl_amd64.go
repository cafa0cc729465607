//go:build !purego

package vec

import (
	"softloss/losses/internal/kernel/spec"
)

// KL is [spec.KL]. scratch holds k elements.
func KL[T spec.Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	v := wideOf[T]()
	if inTiles[T](k) {
		return klTiles(v, loss, grad, z, t, scale, k)
	}
	return exactRows(loss, grad, z, t, scale, scratch, k,
		func(s exact, loss *float64, g []T, e []float64, x, y []T, f float64) bool {
			return klRow(s, v, loss, g, e, x, y, f)
		}, spec.KL)
}

// klRow computes one row in float64. It returns false for a row with an invalid label and for one
// whose labels overflow.
func klRow[T spec.Float](s exact, v wide[T], loss *float64, g []T, e []float64, x, y []T, f float64) bool {
	sum, mass, bad := v.klTerms(&x[0], &y[0], len(x), s.m, s.log)
	if bad != 0 || !fits[T](mass, f) {
		return false
	}
	*loss = sum
	if g == nil {
		return true
	}
	v.klGrad(&g[0], &e[0], &y[0], len(e), mass*s.coef, f)
	if s.rest < 0.5 {
		g[s.a] = T(f * (Sum(y[:s.a]) + Sum(y[s.a+1:]) - mass*s.rest))
	}
	return true
}

// klTiles computes in float64.
func klTiles[T spec.Float](v wide[T], loss []float64, grad, z, t, scale []T, k int) (bad int) {
	most, logs := largest[T](), doublesFor[T]()
	return doubleTilesBy(doubles(), v, loss, grad, z, t, nil, scale, k,
		func(u double, s *tile[float64], loss []float64, i, w int) (rejected uint32) {
			rejected = logs.klTile(&s.z[0], &s.t[0], k, &s.lane[0], most)
			copy(loss, s.numbers(laneLoss, w))
			if grad != nil {
				u.tileCombine(&s.e[0], &s.t[0], &s.z[0], &s.t[0], k, &s.lane[0])
			}
			return rejected
		}, func(j int) bool {
			x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
			return spec.KL(loss[j:j+1], g, x, y, spec.FactorOf(scale, j), k) < 0
		})
}
