//go:build !purego

package kernel

import (
	"math"
	"math/bits"
)

// powConsts make p^a = 2^-shift exp((a + aLow) z - rem) for the logits z >= low of a row.
type powConsts[T Float] struct{ a, aLow, low, shift, rem T }

func powFor[T Float](s *softrow[T], a, log float64) (c powConsts[T]) {
	const hi, lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10 // ln 2: shift hi is exact
	// log p^a = a z - top, top = a (m + log), of which only the part beyond shift ln 2 counts.
	m := float64(s.m)
	am := a * m
	shift := math.RoundToEven((am + a*log) * math.Log2E)
	c.a = T(a)
	c.aLow = T(a - float64(c.a))
	c.low = T(m + float64(s.low-s.m)/a)
	c.shift = T(shift)
	c.rem = T((am - shift*hi) + (a*log + (math.FMA(a, m, -am) - shift*lo)))
	return c
}

// powIsExact reports whether powTerms is good for a row without large exponentials: the arguments that it reduces must not be
// so large that their last digits count, and a z - top must not lose the digits of a l, which is beyond log 8.
func powIsExact[T Float](a, m, log float64) bool {
	most := 1.0 * (1 << 13)
	if sizeOf[T]() == 4 {
		most = 1 << 8
	}
	return abs(m) < most && (a >= 0.1 || abs(m)+log < 12)
}

func separableRows[T Float](u unit[T], v wide[T], f Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	p, ok := planFor(f, a)
	if !ok {
		return separable(f, a, loss, grad, z, t, scale, k)
	}
	for i := range loss {
		x, y, g := rowOf(z, i, k), rowOf(t, i, k), rowOf(grad, i, k)
		s, ok := begin(u, x)
		if ok {
			ok = s.separable(u, v, p, &loss[i], g, x, y, scratch, at(scale, i))
		}
		if !ok && !separableRow(f, a, &loss[i], g, x, y, at(scale, i)) {
			return i
		}
	}
	return -1
}

// separable computes one row. It returns false for a row with an invalid
// label and for one whose labels overflow.
func (s softrow[T]) separable(u unit[T], v wide[T], p *plan, loss *float64, g, x, y, scratch []T, scale float64) bool {
	e, h := scratch[:len(x)], scratch[len(x):2*len(x)]
	if g != nil {
		e = g
	}
	r, top := s.exactly(u, v, e, x)
	log, c := math.Log1p(r), 1/((1+r)*s.em)
	if top >= 0 || p.kind == gce && !powIsExact[T](p.a, float64(s.m), log) {
		return s.sureSeparable(u, v, p, loss, g, e, h, x, y, scale, r, top)
	}
	var sum, mass float64
	for lo := 0; lo < len(x); lo += chunk(u) {
		hi := min(lo+chunk(u), len(x))
		ps, ph, bad := terms(u, p, &s, h[lo:hi], e[lo:hi], x[lo:hi], y[lo:hi], log, c)
		if bad != 0 {
			return false
		}
		sum, mass = sum+ps, mass+ph
	}
	if !fits[T](mass, scale) {
		return false
	}
	if *loss = sum; p.kind == gce {
		*loss /= p.a
	}
	if g != nil {
		u.combine(&g[0], &h[0], len(g), T(mass*c), T(scale))
	}
	return true
}

// sureSeparable is separable for a row whose largest exponential, at top, dominates; -1 is for a place not known yet.
func (s *softrow[T]) sureSeparable(u unit[T], v wide[T], p *plan, loss *float64, g, e, h, x, y []T, scale, r float64, top int) bool {
	if top < 0 {
		if top = u.find(&x[0], len(x), s.m); top == len(x) {
			return false
		}
	}
	log, q := math.Log1p(r), r/(1+r)
	var sum, rest float64
	for _, part := range [2][2]int{{0, top}, {top + 1, len(x)}} {
		if lo, hi := part[0], part[1]; lo < hi {
			ps, ph, bad := exactTerms(v, p, h[lo:hi], x[lo:hi], y[lo:hi], float64(s.m), log)
			if bad != 0 {
				return false
			}
			sum, rest = sum+ps, rest+ph
		}
	}
	if p.kind == gce {
		sum /= p.a
	}
	own := float64(y[top])
	phi, dphi, _ := Phi(p.family, p.a, -log, q)
	if own != 0 {
		sum += own * phi
	}
	mass := rest - own*dphi
	if !(own >= 0) || !fits[T](mass, scale) {
		return false
	}
	*loss = sum
	if g != nil {
		v.combine(&e[0], &h[0], len(e), mass/((1+r)*s.em), scale)
		e[top] = T(scale * (rest - mass*q))
	}
	return true
}

// terms stores h = -t φ'(l) of some neighbours, all of p < 1/8, and returns Σ t φ(l), without a factor 1/a, and Σ h.
func terms[T Float](u unit[T], p *plan, s *softrow[T], h, e, x, y []T, log, c float64) (sum, mass float64, bad uint32) {
	n := len(x)
	if p.kind == gce {
		k := powFor(s, p.a, log)
		return u.powTerms(&h[0], &x[0], &y[0], n, k.a, k.aLow, k.low, k.shift, k.rem, s.ahead)
	}
	par := parameters[T](p)
	if p.kind == poly1 {
		return u.polyTerms(&h[0], &e[0], &x[0], &y[0], n, s.m, T(log), T(c), par, s.ahead)
	}
	return u.focalTerms(&h[0], &e[0], &x[0], &y[0], n, s.m, T(log), T(c), par, s.ahead)
}

func separableIndexRows[T Float](u unit[T], v wide[T], f Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	for i, y := range index {
		x, g := rowOf(z, i, k), rowOf(grad, i, k)
		s, ok := begin(u, x)
		if !ok || !fits[T](1, at(scale, i)) {
			separableIndex(f, a, loss[i:i+1], g, x, index[i:i+1], factor(scale, i), k)
			continue
		}
		e := g
		if g == nil {
			e = scratch[:k]
		}
		r, top := s.exactly(u, v, e, x)
		d := float64(x[y]) - float64(s.m)
		l, p, q := d-math.Log1p(r), float64(e[y])/((1+r)*s.em), r/(1+r)
		if sizeOf[T]() == 4 {
			p = math.Exp(d) / (1 + r)
		}
		if d < 0 {
			q = -math.Expm1(l)
		}
		phi, dphi := phiOf(f, a, l, p, q)
		loss[i] = phi
		if g != nil {
			s.indexGrad(u, g, top, y, r, -dphi*at(scale, i))
		}
	}
}

// separableTiles is for labels t, or for index where t is nil.
func separableTiles[T Float](v wide[T], f Family, a float64, loss []float64, grad, z, t []T, index []int, scale []T, k int) (bad int) {
	if t == nil {
		return doubleTiles(v, loss, grad, z, nil, index, scale, k, func(_ double, s *tile[float64], loss []float64, i, w int) (weird uint32) {
			copy(s.h[:k*w], s.t[:k*w])
			finishIndex(f, a, s, loss, index[i:i+len(loss)], w)
			return 0
		}, func(j int) bool {
			separableIndex(f, a, loss[j:j+1], rowOf(grad, j, k), rowOf(z, j, k), index[j:j+1], factor(scale, j), k)
			return true
		})
	}
	p, ok := planFor(f, a)
	if !ok {
		return separable(f, a, loss, grad, z, t, scale, k)
	}
	return doubleTiles(v, loss, grad, z, t, nil, scale, k, func(u double, s *tile[float64], loss []float64, _, w int) (weird uint32) {
		return p.tile(u, s, k) | p.finish(s, loss, w, largest[T]())
	}, func(j int) bool {
		return separableRow(f, a, &loss[j], rowOf(grad, j, k), rowOf(z, j, k), rowOf(t, j, k), at(scale, j))
	})
}

// doubleTiles computes a loss in float64, for labels t, or for index where t is nil. For the tile s of rows from i on, terms stores
// the losses, -t φ'(l) in s.h and what tileCombine takes; weird has the bits of the rows that are for the specification, which
// row runs on row j; it returns false for an invalid label.
func doubleTiles[T Float](v wide[T], loss []float64, grad, z, t []T, index []int, scale []T, k int,
	terms func(u double, s *tile[float64], loss []float64, i, w int) (weird uint32), row func(j int) bool) (bad int) {
	u, s, pad, w := doubles(), getTile[float64](), getTile[T](), v.lanes()
	defer putTile(s)
	defer putTile(pad)
	for i := 0; i < len(loss); i += w {
		n := min(w, len(loss)-i)
		lo, hi := i*k, (i+n)*k
		tileIn(v, s.z[:], z[lo:hi], pad.padZ[:], k)
		setTarget(v, s, t, pad.padT[:], index, i, n, k)
		setScale(s, scale, i, n, w)
		weird := u.tileStats(&s.e[0], &s.z[0], k, &s.lane[0])
		weird |= terms(u, s, loss[i:i+n], i, w)
		if grad != nil {
			u.tileCombine(&s.e[0], &s.h[0], &s.z[0], &s.t[0], k, &s.lane[0])
			tileOut(v, grad[lo:hi], s.e[:], pad.padG[:], k)
		}
		for m := weird & (1<<n - 1); m != 0; m &= m - 1 {
			if j := i + bits.TrailingZeros32(m); !row(j) {
				return j
			}
		}
	}
	return -1
}

// finish adds what the maximum of each row gives and readies the lanes for tileCombine. weird has the bits of the rows whose
// labels overflow.
func (p *plan) finish(s *tile[float64], loss []float64, w int, most float64) (weird uint32) {
	log, rest, sums, own := s.numbers(laneLog, w), s.numbers(laneRest, w), s.numbers(laneLoss, w), s.numbers(laneOwn, w)
	for j := range loss {
		phi, dphi, _ := Phi(p.family, p.a, -log[j], rest[j])
		loss[j] = sums[j]
		if p.kind == gce {
			loss[j] /= p.a
		}
		if own[j] != 0 {
			loss[j] += own[j] * phi
		}
		if !(gradLanes(s, j, w, dphi) <= most) {
			weird |= 1 << j
		}
	}
	return weird
}

// gradLanes readies row j for tileCombine, where φ' of the maximum is slope, and returns Σ -t φ'.
func gradLanes(s *tile[float64], j, w int, slope float64) (mass float64) {
	others, rest := s.lane[laneMass*w+j], &s.lane[laneRest*w+j]
	mass = others - s.lane[laneOwn*w+j]*slope
	s.lane[laneCoef*w+j] *= mass
	*rest = others - mass**rest
	s.lane[laneSlope*w+j] = slope
	return mass
}

// finishIndex is finish for class indices.
func finishIndex(f Family, a float64, s *tile[float64], loss []float64, index []int, w int) {
	top, log, rest, coef := s.numbers(laneMax, w), s.numbers(laneLog, w), s.numbers(laneRest, w), s.numbers(laneCoef, w)
	scale, slope := s.numbers(laneScale, w), s.numbers(laneSlope, w)
	for j, y := range index {
		d, p, q := s.z[y*w+j]-top[j], s.e[y*w+j]*coef[j], rest[j]
		if rest[j] = -q; d < 0 {
			rest[j], q = 1-q, 1-p
		}
		v, dv := phiOf(f, a, d-log[j], p, q)
		loss[j] = v
		scale[j] *= -dv
		slope[j] = -1
	}
}
