package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The asymmetric loss of float32 elements with a margin and the exponents 0 of yes and a whole γ of
// no, as the paper's 4, with AVX-512. What yes costs is cross entropy; what no costs is by pieces,
// as in [marginPieces], of a pair of polynomials alone: for its label u and x = c - |z|
//
//	loss = u x^(γ+1) N,  slope = u x^γ S  where no is the likely class and x > 0
//	loss = u N,          slope = u e S    where yes is.
//
// A piece is one of x in the first case and of |z| in the second; N and S are polynomials in |z|
// less a number of the piece.

// What the kernels take beside c, as parEnd: the end of the pieces of |z|, less 0, the inverse of
// the width of the first pieces of x, less 0, and that of |z|, then the tables of N, S and the
// numbers that |z| is less, as those of [sigmoidPieces].
const (
	productLast   = iota
	productByX    = productLast + 1
	productBySize = productByX + 1
	productMiddle = 2 * pieceTerms // a row
)

// marginProducts are the kernels.
func marginProducts() []sigmoidLoss {
	return marginKernels("sigmoidMarginProducts", "0",
		func(g isa, c questionConsts, par reg.GPVirtual, gamma int) questionLoss {
			return func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
				return g.marginProduct(c, par, q, labels, gamma)
			}
		})
}

// marginProduct: see above.
func (g isa) marginProduct(c questionConsts, par reg.GPVirtual, q question, labels func() (yes, no reg.VecVirtual),
	gamma int) (loss, slope reg.VecVirtual) {
	positive, no := q.positive(), K()
	KNOTW(positive.op, no)
	var power, rest, n, p, l, near, fall reg.VecVirtual
	var x running
	interleave(func() {
		power, rest, n = g.singleParts(c.single, g.atLeast(pieceLowest, q.minus), nil)
		e, sum := g.vec(), g.vec()
		g.add(rest, power, e)
		g.pick(VSCALEFPS, nil, n, e, e)
		g.add(g.constant(1), e, sum)
		p = g.inverseOfSum(sum, e)
		l = g.singleLog1p(c.single.singleLogs, e, nil)
		g.pick(VSUBPS, nil, q.minus, l, no, l)
	}, func() {
		near, fall = g.productPieces(par, q.minus, positive)
		x = g.fromEnd(par, q.minus, positive, no)
		g.mul(x.sum, near, near)
		x = g.whole(x, gamma)
	})
	t, u := labels()
	g.mul(u, near, near)
	loss = g.vec()
	VMULPS_Z(l, t, g.cmp(neqUQ, g.constant(0), t).op, loss) // l may be infinite
	emitted()
	g.madd(x.lost, near, loss)
	g.madd(x.sum, near, loss)
	g.mul(u, fall, fall)
	slope = g.vec()
	g.mul(t, p, slope)
	g.msub2(x.sum, fall, slope)
	g.madd(x.lost, fall, slope)
	g.mul(slope, rest, rest)
	g.pick(VFMADD213PS, nil, rest, power, positive.op, slope)
	g.pick(VSCALEFPS, nil, n, slope, positive.op, slope) // by e, which may be denormal
	return loss, slope
}

// productPieces emits N and S.
func (g isa) productPieces(par reg.GPVirtual, minus reg.VecVirtual, positive mask) (near, fall reg.VecVirtual) {
	size, from, rate := g.parameter(par, productLast), g.parameter(par, parEnd), g.parameter(par, productByX)
	g.max(minus, size, size)
	g.add(size, from, from) // x, near enough
	g.blend(positive, size, from)
	g.pick(VBROADCASTSS, nil, Mem{Base: par, Disp: g.floatSize() * productBySize}, positive.op, rate)
	index, d := g.vec(), g.vec()
	g.load(g.constant(1), index)
	g.nmadd(rate, from, index)
	const mantissa, places = 23, 2
	VPSRLD(Imm(mantissa-places), index, index)
	emitted()
	g.and(g.bitsOf(pieceCount-1), index, index)
	g.pick(VPORD_BCST, nil, g.bitsOf(pieceCount), index, positive.op, index)
	number := func(row int, c reg.VecVirtual) {
		table := pieceTable(g, par, row)
		g.load(table, c)
		VPERMT2PS(table.Offset(pieceCount*g.floatSize()), index, c)
		emitted()
	}
	number(productMiddle, d)
	g.add(size, d, d)
	both := inPairs(2, func(i int) reg.VecVirtual { return g.polynomial(d, i*pieceTerms, pieceTerms, number) })
	return both[0], both[1]
}
