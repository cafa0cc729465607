package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// separableAlong is alongDirection for a loss of f, whose φ' come from kernels for many rows. Rows
// with something that is not finite are those of rowAlong.
func separableAlong[T kernel.Float](b *batch[T], f phi) (bad int) {
	quick := b.index != nil || kernel.HasSlopes[T](f.family, f.a)
	for lo := 0; lo < b.n; lo += b.chunk() {
		hi := min(lo+b.chunk(), b.n)
		logP, p, _ := b.softmaxes(lo, hi)
		slopes := dense.Grow(&b.slopes, len(p))
		if quick && b.index == nil {
			kernel.Slopes(f.family, f.a, slopes, logP)
		}
		for i := lo; i < hi; i++ {
			at := func(x []float64) []float64 { return part(x, i-lo, i-lo+1, b.k) }
			valid, done := false, false
			if quick {
				valid, done = b.rowBySlopes(f, i, at(logP), at(p), at(slopes))
			}
			if !done {
				valid = b.rowAlong(f, i)
			}
			if !valid {
				return i
			}
		}
	}
	return -1
}

// rowBySlopes is rowAlong from the softmax of the row, and from φ' of the classes of p <= 1/2 where
// there are labels, which it overwrites. done is false where something is not finite.
func (b *batch[T]) rowBySlopes(f phi, i int, logP, p, slopes []float64) (valid, done bool) {
	k := b.k
	w := dense.Grow(&b.wide, 6*k)
	field := func(j int) []float64 { return w[j*k : (j+1)*k : (j+1)*k] }
	r := Row{LogP: logP, P: p, Rest: field(0), Target: field(1)}
	a, e := field(2), field(3) // the direction less that of one class; t φ″, then that times a - mean
	if !b.rowTarget(r.Target, i) {
		return false, true
	}
	top := rests(r)
	mean := b.directionOf(a, p, i, top)
	if b.index != nil {
		clear(slopes)
		clear(e)
		y := b.index[i]
		_, slopes[y], e[y] = kernel.Phi(f.family, f.a, logP[y], r.Rest[y])
	} else {
		bends(f, e, slopes, r)
		if top >= 0 {
			_, slopes[top], e[top] = kernel.Phi(f.family, f.a, logP[top], r.Rest[top])
		}
	}
	if b.targetGrad != nil {
		tg, labels := field(4), field(5)
		for j, df := range slopes {
			tg[j] = df * (a[j] - mean)
		}
		if !finite(sumOf(tg)) {
			return true, false
		}
		b.storeTargetGrad(i, tg, labels)
	}
	var slope, sum, bend, curve float64 // Σ t φ' (a - mean), Σ t φ', Σ t φ″ a, Σ t φ″
	for j, t := range r.Target {
		h, d2 := t*slopes[j], t*e[j]
		at := a[j] - mean
		e[j] = d2 * at
		slope += h * at
		sum += h
		bend += d2 * a[j]
		curve += d2
	}
	if !finite(slope) || !finite(bend) || !finite(curve) {
		return true, false
	}
	b.loss[i] = slope
	if b.grad == nil {
		return true, true
	}
	c, g := of(b.scale, i), part(b.grad, i, i+1, k)
	less := mean * (curve + sum)
	for j, p := range p { // the mean may be far smaller than what it is subtracted from
		g[j] = T(c * (e[j] - p*((bend+sum*a[j])-less)))
	}
	if top >= 0 { // d - p Σ d, without what cancels
		others := total(e[:top]) + total(e[top+1:])
		g[top] = T(c * (e[top]*r.Rest[top] - p[top]*others + sum*p[top]*mean))
	}
	return true, true
}

// directionOf stores in a the direction of row i over the temperature, less that of the class of p
// > 1/2 or, where top is -1, of the likeliest, and returns the mean.
func (b *batch[T]) directionOf(a, p []float64, i, top int) (mean float64) {
	kernel.Widen(a, part(b.direction, i, i+1, b.k))
	if b.temperature != 1 {
		for j := range a {
			a[j] /= b.temperature
		}
	}
	if top < 0 {
		return lean(a, p, a)
	}
	kernel.Affine(a, a, 1, -a[top], 0)
	mean = kernel.Expectation(p, a, 0)
	return mean
}

// bends stores in dst φ″ of every class, by its φ'.
func bends(f phi, dst, slopes []float64, r Row) {
	a := f.a
	switch {
	case f.family.Bends():
		for j, df := range slopes {
			dst[j] = df * kernel.Bend(f.family, a, r.P[j], r.Rest[j])
		}
	case f.family == kernel.Poly1:
		for j, p := range r.P {
			dst[j] = -a * p
		}
	default: // Focal: φ' = -w (1 - a p l/q), φ″ = a p w/q ((2+l) - (a-1) p l/q), q = 1-p
		for j, df := range slopes {
			p, q, l := r.P[j], r.Rest[j], max(r.LogP[j], -math.MaxFloat64)
			dst[j] = -a * p * df / (q - a*p*l) * ((2 + l) - (a-1)*p*l/q)
		}
	}
}
