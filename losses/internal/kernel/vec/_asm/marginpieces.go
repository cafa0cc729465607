package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The asymmetric loss of float32 elements with a margin, by pieces, as in [sigmoidPieces]. Where no
// is the likely class and x = c - |z| > 0, beyond which it costs nothing, d = p - margin is x times
// a smooth function of |z|, so that the loss is X F Y times another, with X = x^γ for the exponent
// γ of no and Y = x, and a rate k of F that makes that function change little. Where yes is likely
// X = 1, and Y = F or 1:
//
//	loss = t X F Y N + u (R + beyond),   slope = t X F S - u D V
//
// for the labels t of the likely class and u, S with the factor Y and D = F where yes is likely,
// and D = 1 where no is. X F is the product of F and x⁴, or for another γ one exponential.

// What the kernels take beside the numbers of [sigmoidPieces], in the places that it leaves: c and
// what float32 has lost of it, the factor of F in Y and the rest of that, and γ as c.
const (
	parEnd   = parGrows + 1
	parShare = parEnd + 2
	parGamma = parShare + 2
)

// marginTerms is how many coefficients V has with a γ that is not 4: where the margin is smaller,
// or γ is, its pole is too close for pieceTerms. The last one stands behind those of all functions.
const marginTerms = pieceTerms + 1

var marginLosses = []sigmoidLoss{
	{name: "sigmoidMarginPieces",
		doc:     "φ of the asymmetric loss with a margin and the exponent 4 of no, by pieces; par is its plan's.",
		prepare: byLikelihood(marginPieces(isa.fourthFall, pieceTerms)), logs: none, exact: true, ways: 2, size: true},
	{name: "sigmoidMarginPowers",
		doc:     "φ of the asymmetric loss with a margin, by pieces; par is its plan's.",
		prepare: byLikelihood(marginPieces(isa.powerFall, marginTerms)), logs: none, exact: true, ways: 2, size: true},
}

// A marginFall emits X F, which may be a sum of two numbers, for -|z| and x, which is one.
type marginFall func(minus reg.VecVirtual, x running, positive mask) running

// marginPieces returns the question for what prepares a marginFall, and as many coefficients of V.
func marginPieces(prepare func(g isa, c questionConsts, par reg.GPVirtual) marginFall, terms int) func(
	g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		fallOf := prepare(g, c, par)
		return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			return g.marginQuestion(par, q, labels, fallOf, terms)
		}
	}
}

// marginQuestion: see above.
func (g isa) marginQuestion(par reg.GPVirtual, q question, labels func() (likely, other reg.VecVirtual),
	fallOf marginFall, terms int) (loss, slope reg.VecVirtual) {
	positive, no := q.positive(), K()
	KNOTW(positive.op, no)
	var v, excess reg.VecVirtual
	var fall running
	var functions []reg.VecVirtual
	interleave(func() {
		x := g.fromEnd(par, q.minus, positive, no)
		v = x.sum
		fall = fallOf(q.minus, x, positive)
	}, func() {
		var index, a reg.VecVirtual
		index, a, excess = g.piece(pieceWidth, q.minus)
		function := g.unlike(par, index, a, positive)
		const last = pieceFunctions - 1
		functions = each(last, func(i int) reg.VecVirtual { return function(i*pieceTerms, pieceTerms) })
		functions = append(functions, function(last*pieceTerms, terms))
	})
	t, u := labels()
	pair, lost := g.product(t, fall.sum)
	if fall.lost != nil {
		g.madd(t, fall.lost, lost)
	}
	share := g.parameter(par, parShare+1)
	g.madd(g.parameter(par, parShare), fall.sum, share)
	g.blend(positive, share, v)
	d := g.vec()
	g.load(g.constant(1), d)
	g.blend(positive, fall.sum, d)
	other, rounded := g.product(u, d)
	loss = functions[2]
	g.mul(u, loss, loss)
	near := g.vec()
	g.mul(v, functions[0], near)
	g.madd(lost, near, loss)
	if fall.lost == nil { // an exponential of a power leaves less room for roundings
		off := g.vec()
		g.move(near, off)
		g.msub2(v, functions[0], off)
		g.madd(pair, off, loss)
	}
	g.madd(pair, near, loss)
	labelled := K()
	g.pick(VCMPPS_BCST, nil, Imm(neqUQ), g.constant(0), u, no, labelled)
	g.pick(VFNMADD231PS, nil, excess, u, labelled, loss)
	near = functions[1]
	g.pick(VMULPS, nil, v, near, positive.op, near)
	return loss, g.fallsLess(running{pair, lost}, running{sum: near},
		running{other, rounded}, running{sum: functions[3]})
}

// fourthFall is for a γ of 4.
func (g isa) fourthFall(c questionConsts, par reg.GPVirtual) marginFall {
	return func(minus reg.VecVirtual, x running, positive mask) running {
		f := g.fall(c, par, minus, positive)
		x = g.whole(x, 4)
		fall, lost := g.product(f, x.sum)
		g.madd(f, x.lost, lost)
		return running{fall, lost}
	}
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
	y := g.whole(x, n-1)
	product, lost := g.product(x.sum, y.sum)
	g.madd(x.sum, y.lost, lost)
	g.madd(x.lost, y.sum, lost)
	return running{product, lost}
}

// powerFall is for any γ.
func (g isa) powerFall(c questionConsts, par reg.GPVirtual) marginFall {
	logs := g.splitLogs()
	return func(minus reg.VecVirtual, x running, positive mask) running {
		u, inverse := g.vec(), g.vec()
		g.move(x.sum, u)
		log, logLow := g.splitLog(logs, u) // of 1/x
		VRCP14PS(x.sum, inverse)
		emitted()
		g.nmadd(x.lost, inverse, logLow)
		gamma := g.parameter(par, parGamma)
		power, powerLow := g.product(gamma, log)
		g.madd(g.parameter(par, parGamma+1), log, powerLow)
		g.madd(gamma, logLow, powerLow)
		y, rest := g.rated(par, minus, positive)
		sum, lost := g.vec(), g.vec()
		g.sub(power, y, sum)
		g.sub(y, sum, lost) // less power, as sum has it
		g.add(power, lost, power)
		g.sub(lost, sum, lost)
		g.sub(lost, y, y)
		g.sub(power, y, y)
		g.sub(powerLow, rest, rest)
		g.add(y, rest, rest)
		whole := g.vec() // the rest, of which logLow is part, may be too large beside a sum
		g.add(rest, sum, whole)
		g.sub(sum, whole, sum)
		g.sub(sum, rest, rest)
		f := g.expSingle(g.raised(c.single), g.atLeast(pieceLowest, whole), rest)
		g.keep(g.cmp(neqUQ, g.constant(0), x.sum), f, f)
		return running{sum: f}
	}
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
