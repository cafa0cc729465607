package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Smooth families of float32 elements with AVX-512, which looks up 16 numbers in one instruction:
// functions of e = exp(-|z|), which is at most 1, are polynomials for every sixteenth of that, of
// fewer terms than those of |z| in [sigmoidPieces] have.
//
//	loss = t (sure + e N) + u R,   slope = e (t S - u V)
//
// for the labels t of the likely class and u, and functions N, S, R and V of e.

// What the kernel takes: a number, and from fineTables on the tables of N, S, R and V in turn, each
// with the coefficients from that of the highest degree on.
const (
	fineSure   = 0
	fineTables = 16 // a vector on
	fineCount  = 16
	fineTerms  = 6     // coefficients of a function
	fineScale  = 15.99 // e times that is below 16
)

var sigmoidFine = sigmoidLoss{name: "sigmoidFine",
	doc:     "The loss is of a smooth family, by sixteenths; par is its plan's.",
	prepare: byLikelihood(fineQuestion), logs: none, exact: true, ways: 2, size: true}

// fineQuestion: see above.
func fineQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	scale := g.hold(fineScale)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		e := g.expSingle(c.single, g.atLeast(g.lowest(), q.minus), nil, 0)
		index, n, x := g.vec(), g.vec(), g.vec()
		g.load(g.magic(), index)
		VFMADD231PS_RD_SAE(scale, e, index) // rounded down
		emitted()
		g.sub(g.magic(), index, n)
		g.sub(g.constant(0.5/fineScale), e, x)
		g.nmadd(g.constant(1/fineScale), n, x) // from the middle
		function := func(i int) (v reg.VecVirtual) {
			for j := range fineTerms {
				c := g.vec()
				VPERMPS(Mem{Base: par, Disp: g.floatSize() * (fineTables + (i*fineTerms+j)*fineCount)}, index, c)
				emitted()
				if v != nil {
					g.madd(v, x, c)
				}
				v = c
			}
			return v
		}
		t, u := labels()
		loss = g.parameter(par, fineSure)
		g.madd(e, function(0), loss)
		g.mul(t, loss, loss)
		g.madd(u, function(2), loss)
		slope = function(3)
		g.mul(u, slope, slope)
		g.msub2(t, function(1), slope)
		g.mul(e, slope, slope)
		return loss, slope
	}
}
