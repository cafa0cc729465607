package main

import (
	"github.com/mmcloughlin/avo/reg"
)

// The asymmetric loss of float32 elements with the exponent γ of yes, 0 or 1, and 4 of no, without
// a margin, with AVX-512. With the probabilities P of yes and Q of no, l = log1p(e) and the weights
// a = t Q^γ and b = u P⁴
//
//	loss = (a+b) l + |z| (b where yes is likely, a elsewhere)
//	slope = b (P - 4 Q log Q) - a (Q - γ P log P),
//
// where powers magnify what a number has lost, so that P and Q are two numbers each.
var asymmetricSingles = []sigmoidLoss{
	{name: "sigmoidAsymmetricSingle", doc: "φ = -(1-p)^γ l of each class, of γ = 0 and 4.",
		prepare: asymmetricSingle(false), exact: true, pairs: true, ways: 2},
	{name: "sigmoidFocalAsymmetricSingle", doc: "φ = -(1-p)^γ l of each class, of γ = 1 and 4.",
		prepare: asymmetricSingle(true), exact: true, pairs: true, ways: 2},
}

// asymmetricSingle: see above; focal says that γ of yes is 1.
func asymmetricSingle(focal bool) func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
		return func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			l := q.log()
			rest, restLow := g.product(q.e, q.p)
			g.madd(q.e, q.pLow, restLow)
			g.madd(q.eLow, q.p, restLow)
			far := g.finiteMinus(q)
			g.sub(far, l, far)
			positive := q.positive()
			choose := func(likely, other reg.VecVirtual) reg.VecVirtual { // where yes is likely, and elsewhere
				x := g.vec()
				g.move(other, x)
				g.blend(positive, likely, x)
				return x
			}
			ofNo, p, low, other := choose(far, l), choose(q.p, rest), choose(q.pLow, restLow), choose(rest, q.p)
			slope = g.vec()
			g.mul(g.constant(4), other, slope)
			g.horner(p, ofNo, slope)
			var ofYes, otherLow reg.VecVirtual
			if focal {
				otherLow, ofYes = choose(restLow, q.pLow), choose(l, far)
				g.horner(other, p, ofYes)
			}
			square, off := g.product(p, p)
			g.add(p, p, p)
			g.madd(p, low, off)
			fourth, fourthLow := g.product(square, square)
			g.add(square, square, square)
			g.madd(square, off, fourthLow)
			t, u := labels()
			g.mul(u, fourthLow, fourthLow)
			g.horner(fourthLow, fourth, u)
			if focal {
				lost := g.vec()
				g.mul(otherLow, t, lost)
				g.horner(lost, other, t)
				other = ofYes
			}
			loss, far = g.vec(), g.vec()
			g.add(t, u, loss)
			g.mul(l, loss, loss)
			g.move(t, far)
			g.blend(q.positive(), u, far)
			g.subFar(q.minus, far, loss)
			g.mul(t, other, other)
			g.msub(other, u, slope)
			return loss, slope
		}
	}
}
