//go:build !purego

package kernel

import "math"

func vectorSum[T Float](x []T) float64 { return wideOf[T]().sum(&x[0], len(x)) }

func vectorWeightedSum[T Float](t []T, w []float64) (plain, weighted float64, ok bool) {
	plain, weighted, bad := wideOf[T]().weightedSum(&t[0], &w[0], len(t))
	return plain, weighted, bad == 0
}

func vectorWeigh[T Float](dst, t []T, w []float64) (ok bool) {
	return wideOf[T]().weigh(&dst[0], &t[0], &w[0], len(t)) == 0
}

func vectorMix[T Float](dst, t []T, w []float64, keep, add float64) {
	wideOf[T]().mix(&dst[0], &t[0], &w[0], len(t), keep, add)
}

func vectorDivide[T Float](dst, z []T, shift []float64, t float64) (top float64) {
	if shift == nil {
		return wideOf[T]().divide(&dst[0], &z[0], len(z), t)
	}
	return wideOf[T]().shiftDivide(&dst[0], &z[0], &shift[0], len(z), t)
}

func vectorAddScaled[T Float](dst, p []T, a float64) {
	wideOf[T]().addScaled(&dst[0], &p[0], len(dst), a)
}

func vectorKL[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	if inTiles[T](k) {
		return klTiles(wideOf[T](), loss, grad, z, t, scale, k)
	}
	u, v := unitOf[T](), wideOf[T]()
	for i := range loss {
		x, y, g := rowOf(z, i, k), rowOf(t, i, k), rowOf(grad, i, k)
		s, ok := begin(u, x)
		if ok {
			ok = s.kl(u, v, &loss[i], g, x, y, at(scale, i))
		}
		if !ok && kl(loss[i:i+1], g, x, y, factor(scale, i), k) >= 0 {
			return i
		}
	}
	return -1
}

// kl computes one row. It returns false for a row with an invalid label and for one whose labels overflow.
func (s softrow[T]) kl(u unit[T], v wide[T], loss *float64, g, x, y []T, f float64) bool {
	r, a, ok := s.exactRest(u, v, x)
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
	s.exps(u, g, x)
	s.softGrad(u, g, y, a, r, mass, f)
	return true
}

// klTiles computes in float64.
func klTiles[T Float](v wide[T], loss []float64, grad, z, t, scale []T, k int) (bad int) {
	return doubleTiles(v, loss, grad, z, t, nil, scale, k, func(u double, s *tile[float64], loss []float64, i, w int) (weird uint32) {
		weird = u.klTile(&s.z[0], &s.t[0], k, &s.lane[0])
		copy(s.h[:k*w], s.t[:k*w])
		copy(loss, s.numbers(laneLoss, w))
		log := s.numbers(laneLog, w)
		for j := range loss {
			if !(gradLanes(s, j, w, -1) <= largest[T]()) || log[j] != log[j] {
				weird |= 1 << j
			}
		}
		return weird
	}, func(j int) bool {
		return kl(loss[j:j+1], rowOf(grad, j, k), rowOf(z, j, k), rowOf(t, j, k), factor(scale, j), k) < 0
	})
}
