//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Rows of float32 of up to mostMinute classes are computed in float64 where a label is below
// minute.
const (
	minute     = 0x1p-64
	mostMinute = 256
)

// KL is [spec.KL], and unless labelGrad is nil it stores the gradients by the labels there: alone
// does for the rows that are not for vectors. scratch and narrow hold k elements.
func KL[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, narrow []T, k int,
	alone func(j int)) (bad int) {
	u, v := unitOf[T](), wideOf[T]()
	generic := func(j int) (valid bool) {
		x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
		valid = spec.KL(loss[j:j+1], g, x, y, spec.FactorOf(scale, j), k) < 0
		if valid && labelGrad != nil {
			alone(j)
		}
		return valid
	}
	if inTiles[T](k) {
		return klTiles(v, loss, grad, labelGrad, z, t, scale, k, generic)
	}
	row := func(s exact, loss *float64, g, l []T, e []float64, x, y []T, f float64) (ok bool) {
		return klRow(s, v, loss, g, l, e, x, y, f)
	}
	if spec.Size[T]() == 8 {
		return exactRows(loss, grad, labelGrad, z, t, scale, scratch, k, row, generic)
	}
	tile := getTile[T]()
	defer putTile(tile)
	terms, from := tile.kl[:], 0 // of rows from that one on
	block := func(i int, s []spec.SoftmaxOf) {
		from = i
		klBlock(singleOf(u), terms[:len(s)], s, labelGrad, z, t, i, k)
	}
	return eachSoftmax(grad, z, t, narrow, k, block, func(j int, s *spec.SoftmaxOf, e []T) (ok bool) {
		x, y, f := spec.Row(z, j, k), spec.Row(t, j, k), spec.Factor(scale, j)
		ok = klSingle(u, v, s, &terms[j-from], scratch[:k], &loss[j], spec.Row(labelGrad, j, k), x, y)
		if !ok || !fits[T](s.Others+s.Own, f) {
			return false
		}
		if grad != nil {
			u.combine(&e[0], &y[0], k, T((s.Others+s.Own)*s.Coef), T(f))
			if s.Top >= 0 {
				e[s.Top] = T(f * (s.Others - (s.Others+s.Own)*s.Rest))
			}
		}
		return true
	}, func(j int) (valid bool) {
		return exactOne(loss, grad, labelGrad, z, t, scale, scratch, k, j, row) || generic(j)
	})
}

// farthest is the log-sum-exp up to which the terms of a row are computed in float32.
const farthest = 256

// klBlock computes the terms of the rows from row i on in float32, and unless labelGrad is nil
// stores their gradients by the labels there.
func klBlock[T spec.Float](u single, terms []klTerms, s []spec.SoftmaxOf, labelGrad, z, t []T, i, k int) {
	for j := range terms {
		x := &terms[j]
		x.c, x.rest = 0, 0
		if lse := s[j].Max + s[j].Log; math.Abs(lse) < farthest {
			x.c = float32(math.Round(lse*0x1p14) * 0x1p-14)
			x.rest = float32(lse - float64(x.c))
		}
	}
	u.klSingleTerms(&terms[0].sum, floats(spec.Row(labelGrad, i, k)), float(&z[i*k]), float(&t[i*k]), k, len(terms))
}

// klSingle computes the loss of one row of float32, where e is scratch memory: with the log-sum-exp
// of float32 where that has digits enough, and with the terms of [klBlock] where they cancel
// little. It returns false for an invalid label, and for a minute one.
func klSingle[T spec.Float](u unit[T], v wide[T], s *spec.SoftmaxOf, terms *klTerms, e []float64, loss *float64,
	l, x, y []T) (ok bool) {
	mass, few := s.Others+s.Own, len(x) <= mostMinute
	if few && terms.least < minute {
		return false
	}
	const normal = 0x1p-126 // AVX2 takes denormal labels for others
	if math.Abs(s.Max+s.Log) < farthest && terms.least >= normal {
		sum := terms.sum + mass*((s.Max-float64(terms.c))+s.Log)
		if sum >= terms.size/3 && sum >= mass*min(s.Log, 1) {
			*loss = sum
			return true
		}
	}
	sum, mass, bad := v.klTerms(first(l), &x[0], &y[0], len(x), s.Max, s.Log)
	if !(sum >= mass*min(s.Log, 1)) {
		w, ok := exactRow(u, v, e, x)
		if !ok {
			return false
		}
		sum += mass * (w.log - s.Log)
	}
	*loss = sum
	return bad == 0
}

// klRow computes one row in float64. It returns false for a row with an invalid label and for one
// whose labels overflow.
func klRow[T spec.Float](s exact, v wide[T], loss *float64, g, l []T, e []float64, x, y []T, f float64) bool {
	sum, mass, bad := v.klTerms(first(l), &x[0], &y[0], len(x), s.m, s.log)
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
func klTiles[T spec.Float](v wide[T], loss []float64, grad, labelGrad, z, t, scale []T, k int,
	generic func(j int) (valid bool)) (bad int) {
	u, most, logs := doubles(), largest[T](), doublesFor[T]()
	return doubleTiles(u, v, loss, grad, labelGrad, z, t, nil, scale, k,
		func(_ double, s *tile[float64], i, n, w int) {
			tiles := tilesOf(n, w)
			logs.klTile(first(s.labelsFrom(0, labelGrad != nil)), &s.z[0], &s.t[0], k, tiles, &s.declined[0], &s.lane[0], most)
			s.takeLosses(laneLoss, loss[i:i+n], w)
			if grad != nil {
				u.tileCombine(&s.e[0], &s.t[0], &s.z[0], k, tiles, &s.lane[0])
			}
		}, generic)
}
