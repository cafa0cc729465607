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
// interval that of all a beyond. The intervals lie closer where (1-p)^γ changes faster: the number
// of one is the integer next to denseScale/(a + denseFrom).

// What the kernel takes: what float32 has lost of the last k, which all have besides, and tables of
// denseCount numbers: k, the coefficients of N from that of the highest degree on, the middle and
// the coefficients of R.
const (
	denseLow     = iota
	denseNumbers = 16 // a vector on

	denseRate   = 0
	denseNear   = denseRate + 1
	denseTerms  = 7
	denseMiddle = denseNear + denseTerms
	denseFar    = denseMiddle + 1
	denseEach   = denseFar + denseTerms

	denseCount = 32
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
		number, a, excess := g.densePiece(par, q.minus)
		x := number(denseMiddle)
		g.add(a, x, x)
		k, low := number(denseRate), g.parameter(par, denseLow)
		var f reg.VecVirtual
		var near, far denseFunction
		interleave(func() {
			f = g.raisedExp(c, g.atLeast(pieceLowest, q.minus), k, low)
		}, func() {
			far = g.denseFunction(number, denseFar, denseTerms, x, true)
			near = g.denseFunction(number, denseNear, denseTerms, x, false)
		})
		g.madd(low, near.v, near.derivative)
		g.madd(k, near.v, near.derivative)
		return g.denseSum(f, near, far, excess, labels)
	}
}

// denseFunction is a function of an interval and its derivative.
type denseFunction struct{ v, derivative reg.VecVirtual }

// denseFunction emits that in x whose n coefficients begin with the number first; closely says that
// one rounding of its size is left of the derivative's.
func (g isa) denseFunction(number func(i int) reg.VecVirtual, first, n int, x reg.VecVirtual, closely bool) (
	f denseFunction) {
	f.v = number(first)
	for j := 1; j < n; j++ {
		c, last := number(first+j), f.v
		if j == 1 {
			f.derivative = last
		} else if !closely || j < n-1 {
			g.horner(last, x, f.derivative)
		}
		if closely && j == n-2 {
			sum := f.derivative
			g.add(last, sum, sum)
			f.derivative = g.vec()
			g.move(c, f.derivative)
			g.madd(sum, x, f.derivative)
		}
		g.madd(last, x, c)
		f.v = c
	}
	return f
}

// denseSum emits the loss and its derivative for f = F, near = N and k N + N', and far = R and R'.
func (g isa) denseSum(f reg.VecVirtual, near, far denseFunction, excess reg.VecVirtual,
	labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
	t, u := labels()
	pair, slope := g.product(t, f)
	g.mul(u, far.v, far.v)
	g.subLabelled(excess, u, far.v)
	g.mul(t, near.v, near.v)
	g.madd(f, near.v, far.v)
	g.mul(near.derivative, slope, slope) // the least first
	g.madd(u, far.derivative, slope)
	g.madd(pair, near.derivative, slope)
	return far.v, slope
}

// densePiece emits a = |z| up to the end of the intervals and what -|z| has beyond; number emits a
// number of a's interval: of those by 1/(a + denseFrom).
func (g isa) densePiece(par reg.GPVirtual, minus reg.VecVirtual) (
	number func(i int) reg.VecVirtual, a, excess reg.VecVirtual) {
	a, y, index := g.atLeast(-denseEnd, minus), g.vec(), g.vec()
	excess = g.vec()
	g.sub(a, minus, excess)
	g.load(g.constant(denseFrom), y)
	g.sub(a, y, y)
	VRCP14PS(y, y)
	emitted()
	g.load(g.magic(), index)
	g.madd(g.constant(denseScale), y, index)
	return func(i int) (v reg.VecVirtual) {
		v = g.vec()
		table := Mem{Base: par, Disp: g.floatSize() * (denseNumbers + i*denseCount)}
		g.load(table, v)
		VPERMT2PS(table.Offset(16*g.floatSize()), index, v)
		emitted()
		return v
	}, a, excess
}
