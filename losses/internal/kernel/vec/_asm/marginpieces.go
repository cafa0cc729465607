package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The asymmetric loss of float32 elements with a margin and a whole exponent γ of no, by pieces, as
// in [sigmoidPieces]. Where no is the likely class and x = c - |z| > 0, beyond which it costs
// nothing, d = p - margin is x times a smooth function of |z|, so that the loss is X F Y times
// another, with X = x^γ and Y = x, and a rate k of F that makes that function change little. Where
// yes is likely X = 1, and Y = F or 1:
//
//	loss = t X F Y N + u (R + beyond),   slope = t X F S - u D V
//
// for the labels t of the likely class and u, S with the factor Y and D = F where yes is likely,
// and D = 1 where no is.

// What the kernels take beside the numbers of [sigmoidPieces], in the places that it leaves: c and
// what float32 has lost of it, the factor of F in Y and the rest of that, and
// the exponent of yes.
const (
	parEnd   = parGrows + 1
	parShare = parEnd + 2
	parYes   = parShare + 2
)

// marginTerms is how many coefficients V has: where the margin is small, its pole is too close for
// pieceTerms. The last one stands behind those of all functions.
const marginTerms = pieceTerms + 1

// marginMiddle is the row, behind those, of the middles of the intervals: numbers next to which
// float32 loses little of S and V.
const marginMiddle = pieceFunctions*pieceTerms + 1

// mostMarginPower is the largest γ that there are kernels for.
const mostMarginPower = 4

// marginKernels returns the kernels of all γ, for what of yes they are and what emits the loss.
func marginKernels(name, yes string, prepare func(g isa, c questionConsts, par reg.GPVirtual, gamma int) questionLoss) (
	all []sigmoidLoss) {
	for gamma := 1; gamma <= mostMarginPower; gamma++ {
		all = append(all, sigmoidLoss{name: fmt.Sprint(name, gamma),
			doc: fmt.Sprintf("φ of the asymmetric loss with a margin and the exponents %s of yes and %d of no, by pieces; par "+
				"is its plan's.", yes, gamma),
			prepare: func(g isa, c questionConsts, par reg.GPVirtual) questionLoss { return prepare(g, c, par, gamma) },
			logs:    none, exact: true, ways: 2, size: true})
	}
	return all
}

// marginPieces are the kernels of the exponents 0 and 1 of yes.
func marginPieces() []sigmoidLoss {
	return marginKernels("sigmoidMarginPieces", "0 or 1",
		func(g isa, c questionConsts, par reg.GPVirtual, gamma int) questionLoss {
			return byLikelihood(func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
				return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
					return g.marginQuestion(c, par, q, labels, gamma)
				}
			})(g, c, par)
		})
}

// marginQuestion: see above.
func (g isa) marginQuestion(c questionConsts, par reg.GPVirtual, q question,
	labels func() (likely, other reg.VecVirtual), gamma int) (loss, slope reg.VecVirtual) {
	positive, no := q.positive(), K()
	KNOTW(positive.op, no)
	var v, excess reg.VecVirtual
	var f, fall running
	var functions []reg.VecVirtual
	interleave(func() {
		x := g.fromEnd(par, q.minus, positive, no)
		v = x.sum
		y, rest := g.rated(par, q.minus, positive)
		f.sum, f.lost = g.expPair(g.raised(c.single), y, rest)
		fall = g.productOf(running{sum: f.sum}, g.whole(x, gamma))
	}, func() {
		var index, a reg.VecVirtual
		index, a, excess = g.pieceNumber(pieceWidth, q.minus)
		function := g.unlike(par, index, positive)
		x := function(nil, marginMiddle, 1)
		g.add(a, x, x)
		functions = inPairs(pieceFunctions, func(i int) reg.VecVirtual {
			n := pieceTerms
			if i == pieceFunctions-1 {
				n = marginTerms
			}
			return function(x, i*pieceTerms, n)
		})
	})
	t, u := labels()
	// What F has lost is common to both parts of a likely yes's slope, but that of Y is not.
	g.pick(VMULPS_BCST, nil, Mem{Base: par, Disp: g.floatSize() * parYes}, f.lost, positive.op, fall.lost)
	pair, lost := g.product(t, fall.sum)
	g.madd(t, fall.lost, lost)
	share := g.parameter(par, parShare+1)
	g.madd(g.parameter(par, parShare), fall.sum, share)
	g.blend(positive, share, v)
	d := g.vec()
	g.load(g.constant(1), d)
	g.blend(positive, fall.sum, d)
	other, rounded := g.product(u, d)
	loss = functions[2]
	g.mul(u, loss, loss)
	near, off := g.product(v, functions[0])
	g.madd(lost, near, loss)
	g.madd(pair, off, loss)
	g.madd(pair, near, loss)
	labelled := K()
	g.pick(VCMPPS_BCST, nil, Imm(neqUQ), g.constant(0), u, no, labelled)
	g.pick(VFNMADD231PS, nil, excess, u, labelled, loss)
	near, off = functions[1], g.vec()
	g.move(near, off)
	g.pick(VMULPS, nil, v, near, positive.op, near)
	VFMSUB213PS_Z(near, v, positive.op, off) // what rounding took from it
	emitted()
	return loss, g.fallsLess(running{pair, lost}, running{near, off},
		running{other, rounded}, running{sum: functions[3]})
}

// whole emits x^n of a sum of two numbers, as one.
func (g isa) whole(x running, n int) running {
	switch {
	case n == 1:
		return x
	case n%2 == 0:
		square, lost := g.product(x.sum, x.sum)
		twice := g.vec()
		g.add(x.sum, x.sum, twice)
		g.madd(twice, x.lost, lost)
		return g.whole(running{square, lost}, n/2)
	}
	return g.productOf(x, g.whole(x, n-1))
}

// productOf emits x y of two sums of two numbers, of which x may be one alone, as such a sum.
func (g isa) productOf(x, y running) running {
	product, lost := g.product(x.sum, y.sum)
	g.madd(x.sum, y.lost, lost)
	if x.lost != nil {
		g.madd(x.lost, y.sum, lost)
	}
	return running{product, lost}
}

// fromEnd emits x = c - |z| and what that has lost, 0 where it is not above 0 or yes is likely,
// with an x of 1 there.
func (g isa) fromEnd(par reg.GPVirtual, minus reg.VecVirtual, positive mask, no Op) running {
	end, sum, off := g.parameter(par, parEnd), g.vec(), g.vec()
	x, low := g.vec(), g.parameter(par, parEnd+1)
	g.add(minus, end, sum)
	g.sub(end, sum, off)
	g.sub(off, minus, off)
	g.add(off, low, low)
	g.add(low, sum, x)
	g.sub(sum, x, off)
	g.sub(off, low, low)
	inside := K()
	g.pick(VCMPPS_BCST, nil, Imm(gtOQ), g.constant(0), x, no, inside)
	g.keep(mask{op: inside}, x, x)
	g.keep(mask{op: inside}, low, low)
	g.blend(positive, g.constant(1), x)
	return running{x, low}
}
