package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The asymmetric loss of float32 elements with a margin, by pieces, as in [sigmoidPieces]. Where no
// is the likely class and x = c - |z| > 0, beyond which it costs nothing, d = p - margin is x times
// a smooth function of |z|, so that the loss is X F Y times another, with X = x⁴ and Y = x, and a
// rate k of F that makes that function change little. Where yes is likely X = 1, and Y = F or 1:
//
//	loss = t X F Y N + u (R + beyond),   slope = t X F S - u D V
//
// for the labels t of the likely class and u, S with the factor Y and D = F where yes is likely,
// and D = 1 where no is.

// What the kernel takes beside the numbers of [sigmoidPieces], in the places that it leaves: c and
// what float32 has lost of it, and the factor of F in Y and the rest of that.
const (
	parEnd   = parGrows + 1
	parShare = parEnd + 2
)

var sigmoidMarginPieces = sigmoidLoss{name: "sigmoidMarginPieces",
	doc:     "φ of the asymmetric loss with a margin, by pieces; par is its plan's.",
	prepare: byLikelihood(marginPieces), logs: none, exact: true, ways: 2, size: true}

// marginPieces: see above.
func marginPieces(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		positive, no := q.positive(), K()
		KNOTW(positive.op, no)
		var f, v, excess reg.VecVirtual
		var x4 running
		var functions []reg.VecVirtual
		interleave(func() {
			f = g.fall(c, par, q.minus, positive)
			v, x4.lost = g.fromEnd(par, q.minus, positive, no)
			x4.sum = v
			for range 2 {
				square, lost := g.product(x4.sum, x4.sum)
				twice := g.vec()
				g.add(x4.sum, x4.sum, twice)
				g.madd(twice, x4.lost, lost)
				x4 = running{square, lost}
			}
		}, func() {
			var index, x reg.VecVirtual
			index, x, excess = g.piece(pieceWidth, q.minus)
			functions = each(pieceFunctions, g.unlike(par, index, x, positive))
		})
		t, u := labels()
		fall, lost := g.product(f, x4.sum)
		g.madd(f, x4.lost, lost)
		pair, lostBeside := g.product(t, fall)
		g.madd(t, lost, lostBeside)
		share := g.parameter(par, parShare+1)
		g.madd(g.parameter(par, parShare), f, share)
		g.blend(positive, share, v)
		d := g.vec()
		g.load(g.constant(1), d)
		g.blend(positive, f, d)
		other, rounded := g.product(u, d)
		near := functions[0]
		g.mul(v, near, near)
		loss = functions[2]
		g.mul(u, loss, loss)
		g.madd(pair, near, loss)
		g.madd(lostBeside, near, loss)
		labelled := K()
		g.pick(VCMPPS_BCST, nil, Imm(neqUQ), g.constant(0), u, no, labelled)
		g.pick(VFNMADD231PS, nil, excess, u, labelled, loss)
		near = functions[1]
		g.pick(VMULPS, nil, v, near, positive.op, near)
		return loss, g.fallsLess(running{pair, lostBeside}, running{sum: near},
			running{other, rounded}, running{sum: functions[3]})
	}
}

// fromEnd emits x = c - |z| and what that has lost, 0 where it is not above 0 or yes is likely,
// with an x of 1 there.
func (g isa) fromEnd(par reg.GPVirtual, minus reg.VecVirtual, positive mask, no Op) (x, low reg.VecVirtual) {
	end, sum, off := g.parameter(par, parEnd), g.vec(), g.vec()
	x, low = g.vec(), g.parameter(par, parEnd+1)
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
	return x, low
}
