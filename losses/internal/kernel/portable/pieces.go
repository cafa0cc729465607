package portable

import (
	"math"

	"softloss/losses/internal/kernel/recent"
	"softloss/losses/internal/kernel/spec"
)

// A piecesPlan is a family by pieces: for every interval of the smaller p of an element,
// polynomials in the distance from its middle are V and W of the likely class and then of the other
// one, with
//
//	φ = c + (1-p) V,   φ' = -p W.
//
// Of GCE W is -φ', and there is none of the other class.
type piecesPlan struct {
	piecesOf
	c      float64 // the loss of a certain class
	lost   float64 // the largest relative error
	pieces [pieceCount][4][pieceTerms]float64
}

const (
	pieceCount = 32 + 1  // the last is of 1/2
	pieceWidth = 1. / 64 // of an interval
	pieceTerms = 8
	shortTerms = 6
)

// exact reports whether the polynomials are exact enough for elements that may be short. Some of
// what is lost is what the specification rounds.
func (s *piecesPlan) exact(short bool) bool { return s.lost < 0x1.1p-48 || short && s.lost < 0x1p-28 }

// piecesOf is what a plan is for.
type piecesOf struct {
	family spec.Family
	a      float64
	short  bool // the polynomials have shortTerms coefficients
}

var piecesPlans recent.Plans[piecesOf, piecesPlan]

// piecesFor returns the plan for a family, with short polynomials if those are exact enough.
func piecesFor(f spec.Family, a float64, short bool) (s *piecesPlan) {
	if s = planFor(f, a, short); short && !s.exact(true) {
		s = planFor(f, a, false)
	}
	return s
}

func planFor(f spec.Family, a float64, short bool) *piecesPlan {
	return piecesPlans.For(piecesOf{f, a, short}, newPlan)
}

func newPlan(of piecesOf) *piecesPlan {
	s, functions := &piecesPlan{piecesOf: of}, 2
	if of.family.Smooth() {
		s.c, _ = spec.PhiOf(of.family, of.a, 0, 1, 0)
		functions = 4
	}
	for i := range s.pieces {
		for j := range functions {
			s.fit(i, j)
		}
	}
	return s
}

// fit stores the coefficients of function j in interval i.
func (s *piecesPlan) fit(i, j int) {
	const half = pieceWidth / 2
	at := func(x float64) float64 { // where x is -1 to 1
		p := (float64(2*i+1) + x) * half
		rest := 1 - p
		if j < 2 {
			p, rest = rest, p
		}
		v, dv := spec.PhiOf(s.family, s.a, spec.LogOf(p, rest), p, rest)
		switch {
		case j%2 == 0:
			return (v - s.c) / rest
		case s.family.Smooth():
			dv /= p
		}
		return -dv
	}
	c := s.pieces[i][j][:]
	if s.short {
		c = c[pieceTerms-shortTerms:]
	}
	n := len(c)
	Interpolate(c, at)
	for k := range 2*n + 1 { // between the nodes, too, but where p and 1-p are none
		x := 0.999 * math.Cos(math.Pi*float64(k)/float64(2*n))
		want := at(x)
		if off := math.Abs(Horner(c, x)-want) / math.Abs(want); !(off <= s.lost) {
			s.lost = off
		}
	}
	scale := 1.0
	for k := range c { // in the distance
		c[n-1-k] *= scale
		scale /= half
	}
}

// smooth are the terms of a smooth family.
func (s *piecesPlan) smooth(q likely) (v classTerms) {
	c, x := s.piece(q)
	y, slope := x*x, q.p*q.rest
	if s.short {
		v.near, v.nearSlope = s.c+q.rest*sixth(&c[0], x, y), slope*sixth(&c[1], x, y)
		v.far, v.farSlope = s.c+q.p*sixth(&c[2], x, y), slope*sixth(&c[3], x, y)
		return v
	}
	v.near, v.nearSlope = s.c+q.rest*eighth(&c[0], x, y), slope*eighth(&c[1], x, y)
	v.far, v.farSlope = s.c+q.p*eighth(&c[2], x, y), slope*eighth(&c[3], x, y)
	return v
}

// power are the terms of generalised cross entropy: with the power w of the likely class's p, that
// of the other one is w exp(-a |z|).
func (s *piecesPlan) power(inverse float64, q likely) (v classTerms) {
	c, x := s.piece(q)
	y, w := x*x, 0.
	if s.short {
		v.near, w = q.rest*sixth(&c[0], x, y), sixth(&c[1], x, y)
	} else {
		v.near, w = q.rest*eighth(&c[0], x, y), eighth(&c[1], x, y)
	}
	less, fall := expm1(-s.a * q.size)
	v.nearSlope = w * q.rest
	v.far, v.farSlope = fall*v.near-less*inverse, w*fall*q.p
	return v
}

// piece returns the polynomials for an element, and the distance that they take.
func (s *piecesPlan) piece(q likely) (c *[4][pieceTerms]float64, x float64) {
	i := int(q.rest * (1 / pieceWidth))
	return &s.pieces[i], q.rest - (float64(i)+0.5)*pieceWidth
}

// eighth returns the polynomial in x, with y = x².
func eighth(c *[pieceTerms]float64, x, y float64) float64 {
	return ((c[7] + x*c[6]) + y*(c[5]+x*c[4])) + y*y*((c[3]+x*c[2])+y*(c[1]+x*c[0]))
}

// sixth is eighth of a short one.
func sixth(c *[pieceTerms]float64, x, y float64) float64 {
	return (c[7] + x*c[6]) + y*((c[5]+x*c[4])+y*(c[3]+x*c[2]))
}
