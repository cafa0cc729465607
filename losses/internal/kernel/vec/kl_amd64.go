//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// KL is [spec.KL]. scratch holds k elements.
func KL[T spec.Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	u, v := unitOf[T](), wideOf[T]()
	if inTiles[T](k) {
		return klTiles(v, loss, grad, z, t, scale, k)
	}
	return eachRow(loss, grad, z, t, scale, k,
		func(loss *float64, g, x, y []T, f float64) bool {
			s, ok := begin(u, x)
			return ok && s.kl(u, v, loss, g, scratch[:k], x, y, f)
		}, spec.KL)
}

// kl computes one row in float64. It returns false for a row with an invalid label and for one whose
// labels overflow.
func (s *softrow[T]) kl(u unit[T], v wide[T], loss *float64, g []T, e []float64, x, y []T, f float64) bool {
	r, a, ok := s.exps64(u, v, e, x)
	if !ok {
		return false
	}
	sum, mass, bad := v.klTerms(&x[0], &y[0], len(x), float64(s.m), math.Log1p(r))
	if bad != 0 || !fits[T](mass, f) {
		return false
	}
	*loss = sum
	if g == nil {
		return true
	}
	v.klGrad(&g[0], &e[0], &y[0], len(e), mass/((1+r)*e[a]), f)
	if r < 1 { // p_a > 1/2
		g[a] = T(f * (Sum(y[:a]) + Sum(y[a+1:]) - mass*(r/(1+r))))
	}
	return true
}

// klTiles computes in float64.
func klTiles[T spec.Float](v wide[T], loss []float64, grad, z, t, scale []T, k int) (bad int) {
	most := largest[T]()
	return doubleTiles(v, loss, grad, z, t, nil, scale, k,
		func(u double, s *tile[float64], loss []float64, i, w int) (rejected uint32) {
			rejected = u.klTile(&s.z[0], &s.t[0], k, &s.lane[0])
			copy(s.h[:k*w], s.t[:k*w])
			copy(loss, s.numbers(laneLoss, w))
			log := s.numbers(laneLog, w)
			for j := range loss {
				if !(gradLanes(s, j, w, -1) <= most) || log[j] != log[j] {
					rejected |= 1 << j
				}
			}
			return rejected
		}, func(j int) bool {
			x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
			return spec.KL(loss[j:j+1], g, x, y, spec.FactorOf(scale, j), k) < 0
		})
}
