package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Generalised cross entropy of float32 elements by pieces, as in [sigmoidPieces]. With F = exp(-a)
// and G = exp(-q a) for a = |z| and the exponent q, and the p of the likely class,
//
//	loss = t F N + u R,   slope = S (t F - u G)
//
// for the labels t of the likely class and u, and the functions N = (1-p^q)/(q F), S = p^(1+q) and
// R = (1-(1-p)^q)/q of a. F and G are 2^pieceRaise times what they are, N and S so much less.

// What the kernel takes: numbers, then the tables of N, S and R as those of [sigmoidPieces], of
// pieceCount numbers each.
const (
	parPower    = iota         // q and what float32 has lost of it
	parFarthest = parPower + 2 // pieceLowest/q
	powerWidth  = 2.25         // of the intervals
	powerPieces = 3
)

var sigmoidPowerPieces = sigmoidLoss{name: "sigmoidPowerPieces",
	doc:     "φ = (1 - p^a)/a, by pieces; par is its plan's.",
	prepare: byLikelihood(powerPiecesQuestion), logs: none, exact: true, ways: 2, size: true}

// powerPiecesQuestion: see above.
func powerPiecesQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		var f, w reg.VecVirtual
		var functions []reg.VecVirtual
		interleave(func() {
			f = g.raisedExp(c, g.atLeast(pieceLowest, q.minus), nil, nil)
		}, func() {
			farthest := g.parameter(par, parFarthest)
			g.max(q.minus, farthest, farthest)
			w = g.raisedExp(c, farthest, g.parameter(par, parPower), g.parameter(par, parPower+1))
		}, func() {
			index, x, _ := g.piece(powerWidth, q.minus)
			functions = each(powerPieces, func(i int) reg.VecVirtual {
				return g.polynomial(x, i*pieceTerms, pieceTerms, func(row int, c reg.VecVirtual) {
					VPERMPS(Mem{Base: par, Disp: g.floatSize() * (parPieces + row*pieceCount)}, index, c)
					emitted()
				})
			})
		})
		t, u := labels()
		g.mul(f, t, t)
		loss = functions[2]
		g.mul(u, loss, loss)
		g.madd(t, functions[0], loss)
		g.nmadd(w, u, t)
		slope = functions[1]
		g.mul(t, slope, slope)
		return loss, slope
	}
}
