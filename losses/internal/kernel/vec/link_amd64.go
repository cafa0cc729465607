//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// A link is what φ of a smooth family is of its derivative, for 0 <= p <= most: with s = 2p/most-1
// and φ' = -p (middle + y), y a polynomial in s,
//
//	φ = value + slope middle s + (at + slope s) y.
//
// One polynomial does where φ is not much smaller than what it is the difference of.
type link struct {
	value, middle float64
	at, slope     float64
	c             []float64 // the coefficients of y/s, from the highest degree on
}

// linkFor fits a link with n coefficients of y, its own 0 among them. lost is relative, of φ too,
// growth that of [fitPair], and part the largest of the terms of φ over that.
func linkFor(f spec.Family, a, most float64, n int) (l link, lost, growth, part float64) {
	_, v, w, _ := smoothParts(f, a)
	c := make([]float64, n)
	lost, growth = fitOne(c, most, w)
	l.value, l.middle, l.c = v(most/2), c[n-1], c[:n-1]
	switch b := f.B; f { // φ is a constant and this, for p = 0, and what is added with p, times φ'/p
	case spec.AGCE(b):
		l.at, l.slope = -b/a, -1/a
	case spec.AUL(b):
		l.at, l.slope = b/a, -1/a
	default:
		l.at = a
	}
	for _, p := range []float64{0x1p-60, most} {
		part = worse(part, math.Abs((l.at+l.slope*p)*w(p)/v(p)))
	}
	l.slope *= most / 2
	l.at += l.slope
	return l, lost * max(part, 1), growth, part
}

// linkedFor returns what linkedTile takes of a plan for elements of its size, where that is exact
// enough, or linkedPowerTile, for which nearPole is true. Otherwise it returns nil.
func (p *plan) linkedFor() (par []float64, nearPole bool) {
	n, limit, most := linkedWide, 0x1p-49, 2.0
	if p.size == 4 {
		n, limit, most = linkedNarrow, 0x1p-30, 0x1p8
	}
	f := p.factor
	l, lost, growth, part := linkFor(p.family, p.a, 1./2, n+1)
	if lost < limit && growth < 3 && part < most {
		par = append([]float64{l.value / f, l.slope * l.middle / f, l.at / f, l.slope / f, l.middle}, l.c...)
		return append(par, p.exactParameters()...), false
	}
	if p.kind != base || p.family != spec.AGCE(p.family.B) {
		return nil, false
	}
	// By mantissas m, with x = b + p: φ is a constant less x^a/a.
	b := p.family.B
	c := make([]float64, n+1)
	lost, growth = fitOne(c, 1, func(s float64) float64 { return math.Pow(1+s, p.a-1) })
	value, _, _ := spec.SmoothPhi(p.family, p.a, 1./2, 1./2)
	last := math.Pow(b+1./2, p.a) / p.a // x^a/a at p = 1/2, where that is most of φ
	if !(lost*max(last/value, 1) < limit && growth < 3 && last < most*value && b >= 0x1p-8) {
		return nil, false
	}
	par = append([]float64{b, 1, (value + last) / f, -1 / p.a / f, c[n]}, c[:n]...)
	for i, least := 0, math.Ilogb(b); i < 8; i++ { // exponents of x
		k := least + (i+1-least)&7 // k + 1023 is i by the lowest bits
		par = append(par, math.Exp2(float64(k)*(p.a-1)))
	}
	return append(par, p.exactParameters()...), true
}
