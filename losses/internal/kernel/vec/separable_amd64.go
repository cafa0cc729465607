//go:build !purego

package vec

import (
	"math"
	"slices"

	"softloss/losses/internal/kernel/spec"
)

// Separable is [spec.Separable], and unless phi is nil it stores φ of every class there, the
// gradient by its label: alone does for the rows that are not for vectors. scratch holds 2k
// elements.
func Separable[T spec.Float](f spec.Family, a float64, loss []float64, grad, phi, z, t, scale, scratch []T, k int,
	alone func(j int)) (bad int) {
	generic := func(j int) (valid bool) {
		x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
		valid = spec.SeparableRow(f, a, &loss[j], g, x, y, spec.Factor(scale, j))
		if valid && phi != nil {
			alone(j)
		}
		return valid
	}
	p, ok := planFor[T](f, a)
	if !ok {
		return eachOf(len(loss), generic)
	}
	u, v := unitOf[T](), wideOf[T]()
	if inTiles[T](k) {
		return separableTiles(v, p, loss, grad, phi, z, t, scale, k, generic)
	}
	var rows oddsRows[T]
	rows.prepare(u, v, classTerms{plan: p}, scratch, k, grad != nil)
	defer rows.release()
	one := func(i, j int) (valid bool) { // row j of those from row i on
		x, y, g, factor := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k), spec.Factor(scale, j)
		switch o := &rows.rows[j-i]; {
		case !rows.separable(j-i, p, &loss[j], g, spec.Row(phi, j, k), x, y, factor):
			return generic(j)
		case g != nil && p.smooth != nil && spec.Lifts[T](loss[j]*factor) && o.far(x):
			var own float64 // of φ' of denormal p, as φ' is a multiple of p
			spec.SeparableRow(f, a, &own, g, x, y, factor)
		}
		return true
	}
	rows.together = phi == nil && rows.inBlocks && spec.Size[T]() == 4 && !termsFor[T](p).none()
	if rows.together {
		return rows.blocks(p, loss, grad, z, t, scale, one)
	}
	for i := 0; i < len(loss); i += rows.most {
		n := min(rows.most, len(loss)-i)
		rows.begin(grad, z, nil, i, n)
		if bad := eachRejected(1<<n-1, i, n, func(j int) bool { return one(i, j) }); bad >= 0 {
			return bad
		}
	}
	return -1
}

// SeparableIndex is [spec.SeparableIndex]. scratch holds k elements.
func SeparableIndex[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	u, v := unitOf[T](), wideOf[T]()
	if inTiles[T](k) {
		separableIndexTiles(v, f, a, loss, grad, z, index, scale, k)
		return
	}
	var rows oddsRows[T]
	rows.prepare(u, v, classTermsFor[T](f, a), scratch, k, grad != nil)
	defer rows.release()
	for i := 0; i < len(index); i += rows.most {
		n := min(rows.most, len(index)-i)
		rows.begin(grad, z, index, i, n)
		for j, y := range index[i : i+n] {
			o, g, j := &rows.rows[j], spec.Row(grad, i+j, k), i+j
			c := o.fall * spec.Factor(scale, j)
			if !o.ok || !fits[T](1, c) { // more than a gradient holds
				spec.SeparableIndex(f, a, loss[j:j+1], g, spec.Row(z, j, k), index[j:j+1], spec.FactorOf(scale, j), k)
				continue
			}
			loss[j] = o.phi
			if g != nil {
				o.indexGrad(u, g, o.top, y, o.r, c)
			}
		}
	}
}

// separable computes row j. It returns false for a row with an invalid label and for one whose
// labels overflow. It stores φ in phi, unless that is nil.
func (b *oddsRows[T]) separable(j int, p *plan, loss *float64, g, phi, x, y []T, scale float64) bool {
	o := &b.rows[j]
	if !o.ok {
		return false
	}
	h := b.terms(j)
	c, slope := o.coef, 1.0
	var sum, others float64
	var bad uint32
	switch {
	case o.small:
		sum, others, slope, bad = b.smallTerms(j, p, h, phi, x, y)
	case b.mixed(o, p):
		sum, others, slope, bad = b.mixedTerms(j, p, h, phi, x, y)
	default:
		sum, others, bad = exactTerms(b.v, p, h, phi, x, y, o.top, float64(o.m), o.log)
	}
	mass := others
	if o.top >= 0 && y[o.top] != 0 {
		at := float64(y[o.top])
		sum += at * o.phi
		mass += at * o.fall
	}
	if bad != 0 || !fits[T](mass, scale) {
		return false
	}
	*loss = sum
	if o.top >= 0 && phi != nil {
		phi[o.top] = T(o.phi)
	}
	if g == nil {
		return true
	}
	if spec.Lifts[T](mass * scale) {
		spec.Combine(g, h, x, float64(o.m), o.em, mass*c/slope, scale*slope)
	} else {
		b.combine(g, h, mass*c/slope, scale*slope)
	}
	if o.top >= 0 {
		g[o.top] = T(scale * o.atTop(others, mass, float64(y[o.top])))
	}
	return true
}

// far reports whether a p of the row of logits x may be a denormal number.
func (o *oddsRow[T]) far(x []T) bool {
	return slices.ContainsFunc(x, func(v T) bool { return v < o.m-80 && v > o.m-200 })
}

// atTop returns the gradient of a maximum with a label, from Σ -t φ'(l) of the others and of all:
// its smaller terms, of which rounding loses less.
func (o *oddsRow[T]) atTop(others, mass, label float64) float64 {
	if o.r < 1 { // p > 1/2
		return others - mass*o.rest
	}
	return mass/(1+o.r) - label*o.fall
}

// combine turns g, which holds the exponentials, into f (a g - h).
func (b *oddsRows[T]) combine(g, h []T, a, f float64) {
	if size := math.Abs(f); spec.Size[T]() == 8 || !(0x1p-100 < size && size < 0x1p100) {
		b.v.combine(&g[0], &h[0], len(g), a, f)
		return
	}
	a *= f
	high, top := float32(a), float32(f)
	singleOf(b.u).combineClosely(float(&g[0]), float(&h[0]), len(g), high, float32(a-float64(high)), top,
		float32(f-float64(top)))
}

// HasSlopes reports whether there are [Slopes] of a separable loss, exact enough for an element
// type: squaring loses digits of float64.
func HasSlopes[T spec.Float](f spec.Family, a float64) bool {
	p, ok := planFor[float64](f, a)
	return ok && (p.kind != focalPow || spec.Size[T]() == 4)
}

// Slopes stores φ' of every log p in l that is of a p <= 1/2, and anything for others.
func Slopes(f spec.Family, a float64, dst, l []float64) {
	p, _ := planFor[float64](f, a)
	for j := range dst { // labels, of which each is read before what it makes is stored
		dst[j] = -1
	}
	exactTerms(wideOf[float64](), p, dst, nil, l, dst, len(l), 0, 0)
}
