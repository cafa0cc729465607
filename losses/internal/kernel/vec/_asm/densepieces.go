package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Losses of float32 elements of which both classes have the same φ, by pieces of a = |z| as in
// [sigmoidPieces]. A polynomial's derivative takes no table of its own: with x = m - a for the
// middle m of an interval and F = exp(-k a) for its k
//
//	loss = t F N + u (R + beyond),   slope = t F (k N + N') - u R'
//
// for the labels t of the likely class and u, and polynomials N and R in x. k is what makes N' 0 in
// the middle, or almost, so that the N there is next to a number of float32, and in the last
// interval that of all a beyond. The intervals lie closer where
// (1-p)^γ changes faster: the number of one is the integer next to denseScale/(a + denseFrom).

// What the kernel takes: what float32 has lost of the last k, which all have besides, and tables of
// denseCount numbers: k, and the coefficients of N and R from that of the highest degree on.
const (
	denseLow   = iota
	denseRate  = 16 // a vector on
	denseCount = 32
	denseTerms = 7
	denseNear  = denseRate + denseCount
	denseFar   = denseNear + denseTerms*denseCount

	denseFrom  = 2.5
	denseFirst = 4 // the number of the last interval, which stands there, and denseCount at 0
	denseScale = denseFrom * (denseFirst + denseCount - 0.54)
	denseEnd   = denseScale/(denseFirst-0.48) - denseFrom
)

var sigmoidDensePieces = sigmoidLoss{name: "sigmoidDensePieces",
	doc:     "φ = -(1-p)^a l or -l + a (1-p), by pieces; par is its plan's.",
	prepare: byLikelihood(densePieces), logs: none, exact: true, ways: 2, size: true}

// densePieces: see above.
func densePieces(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		index, x, excess := g.densePiece(q.minus)
		number := func(first int) reg.VecVirtual {
			return g.lookUpIn(Mem{Base: par, Disp: g.floatSize() * first}, index)
		}
		function := func(first int, closely bool) (v, derivative reg.VecVirtual) {
			v = number(first)
			for j := 1; j < denseTerms; j++ {
				c, last := number(first+j*denseCount), v
				if j == 1 {
					derivative = last
				} else if !closely || j < denseTerms-1 {
					g.horner(last, x, derivative)
				}
				if closely && j == denseTerms-2 { // one rounding of its size is left
					sum := derivative
					g.add(last, sum, sum)
					derivative = g.vec()
					g.move(c, derivative)
					g.madd(sum, x, derivative)
				}
				g.madd(last, x, c)
				v = c
			}
			return v, derivative
		}
		k, low := number(denseRate), g.parameter(par, denseLow)
		var f, far, near, falls reg.VecVirtual
		interleave(func() {
			f = g.raisedExp(c, g.atLeast(pieceLowest, q.minus), k, low)
		}, func() {
			far, slope = function(denseFar, true)
			near, falls = function(denseNear, false)
		})
		g.madd(low, near, falls)
		g.madd(k, near, falls)
		t, u := labels()
		pair, rounded := g.product(t, f)
		g.mul(u, far, far)
		g.subLabelled(excess, u, far)
		g.mul(u, slope, slope)
		g.mul(t, near, near)
		g.madd(f, near, far)
		g.madd(rounded, falls, slope)
		g.madd(pair, falls, slope)
		return far, slope
	}
}

// densePiece is [isa.piece] for intervals by 1/(a + denseFrom).
func (g isa) densePiece(minus reg.VecVirtual) (index, x, excess reg.VecVirtual) {
	a, y := g.atLeast(-denseEnd, minus), g.vec()
	excess, index = g.vec(), g.vec()
	g.sub(a, minus, excess)
	g.load(g.constant(denseFrom), y)
	g.sub(a, y, y)
	VRCP14PS(y, y)
	emitted()
	g.load(g.magic(), index)
	g.madd(g.constant(denseScale), y, index)
	x = g.lookUpIn(g.floats("denseMiddles", denseCount, func(place float64) float64 {
		if place < denseFirst {
			place += denseCount
		}
		least, most := denseEnds(place)
		return (least + most) / 2
	}), index)
	g.add(a, x, x)
	return index, x, excess
}

// denseEnds returns where an interval begins and ends.
func denseEnds(number float64) (least, most float64) {
	return max(denseScale/(number+0.5)-denseFrom, 0), min(denseScale/(number-0.5)-denseFrom, denseEnd)
}

// lookUpIn emits the numbers of a table of 32 in memory at the lowest bits of index.
func (g isa) lookUpIn(table Mem, index reg.VecVirtual) (v reg.VecVirtual) {
	v = g.vec()
	g.load(table, v)
	VPERMT2PS(table.Offset(16*g.floatSize()), index, v)
	emitted()
	return v
}
