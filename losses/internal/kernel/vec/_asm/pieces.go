package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Losses of float32 elements by pieces, with AVX-512, which looks up 32 numbers in one instruction:
// what a loss makes of a = |z| is a polynomial for every interval of a, where exponentials and
// logarithms would have to be exact to more digits than float32 has. With F = exp(-k a) for the k
// of the likely class
//
//	loss = t (sure + F N) + u (R + beyond),   slope = t F S - u D V
//
// for the labels t of the likely class and u, functions N, S, R and V of a, D = F or 1, and beyond
// = a less the end of the intervals, or 0.

// What the kernel takes: numbers, then the tables of the functions in turn, each with the
// coefficients from that of the highest degree on. A coefficient has pieceCount numbers where the
// likely class is no, then as many where it is yes.
const (
	parRate    = iota // k of a likely yes, what float32 has lost of it, and both of a likely no
	parSure    = parRate + 4
	parFalls   = parSure + 1   // 1 where D is F
	parSteady  = parFalls + 1  // 1 where it is not
	parGrows   = parSteady + 1 // 1 where there is something beyond
	parPieces  = 16            // where the tables begin: a vector on
	parLost    = parPieces + pieceFunctions*pieceTerms*2*pieceCount
	piecesPars = parLost + pieceFunctions*2*pieceCount
)

// The intervals are those of y = 1 + a/pieceWidth, four between one power of two and the next.
const (
	pieceWidth     = 1.375
	pieceCount     = 16
	pieceTerms     = 7 // coefficients of a polynomial
	pieceFunctions = 4 // functions; behind them is what the lowest coefficient of each has lost
	// Of exponentials, the least argument, of which little is left.
	pieceLowest = -120
	pieceRaise  = 24 // F is 2^pieceRaise times what it is, lest it is denormal, and what it multiplies less
	unraise     = 1. / (1 << pieceRaise)
)

var sigmoidPieces = sigmoidLoss{name: "sigmoidPieces",
	doc:     "The loss is by pieces; par is its plan's.",
	prepare: byLikelihood(piecesQuestion), logs: none, exact: true, ways: 2, size: true}

// piecesQuestion: see above.
func piecesQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	grows := K()
	g.pick(VCMPPS_BCST, nil, Imm(neqUQ), Mem{Base: par, Disp: g.floatSize() * parGrows}, g.zeros(1)[0], grows)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		positive := q.positive()
		var f, excess reg.VecVirtual
		var functions, lost []reg.VecVirtual
		interleave(func() {
			f = g.fall(c, par, q.minus, positive)
		}, func() {
			var index, x reg.VecVirtual
			index, x, excess = g.piece(pieceWidth, q.minus)
			function := g.unlike(par, index, positive)
			functions = each(pieceFunctions, func(i int) reg.VecVirtual { return function(x, i*pieceTerms, pieceTerms) })
			const behind = pieceFunctions * pieceTerms
			lost = []reg.VecVirtual{function(nil, behind+1, 1), function(nil, behind+3, 1)}
		})
		t, u := labels()
		loss = g.parameter(par, parSure)
		g.madd(f, functions[0], loss)
		g.mul(t, loss, loss)
		g.madd(u, functions[2], loss)
		labelled := K()
		g.pick(VCMPPS_BCST, nil, Imm(neqUQ), g.constant(0), u, grows, labelled)
		g.pick(VFNMADD231PS, nil, excess, u, labelled, loss)
		d := g.parameter(par, parSteady)
		g.madd(g.parameter(par, parFalls), f, d)
		other, rounded := g.product(u, d)
		pair, beside := g.product(t, f)
		return loss, g.fallsLess(running{pair, beside}, running{functions[1], lost[0]},
			running{other, rounded}, running{functions[3], lost[1]})
	}
}

// unlike returns what emits a polynomial of n rows of the tables in par, which are not those of
// both likely classes, or a row, where n is 1. It overwrites index.
func (g isa) unlike(par reg.GPVirtual, index reg.VecVirtual, positive mask) func(x reg.VecVirtual,
	first, n int) reg.VecVirtual {
	g.and(g.bitsOf(pieceCount-1), index, index)
	g.pick(VPORD_BCST, nil, g.bitsOf(pieceCount), index, positive.op, index)
	return func(x reg.VecVirtual, first, n int) reg.VecVirtual {
		return g.polynomial(x, first, n, func(row int, c reg.VecVirtual) {
			at := pieceTable(g, par, row)
			g.load(at, c)
			VPERMT2PS(at.Offset(pieceCount*g.floatSize()), index, c)
			emitted()
		})
	}
}

// each returns what function emits for 0 to n-1.
func each(n int, function func(i int) reg.VecVirtual) (all []reg.VecVirtual) {
	for i := range n {
		all = append(all, function(i))
	}
	return all
}

// inPairs is each of an even n, two of which do not wait for each other.
func inPairs(n int, function func(i int) reg.VecVirtual) (all []reg.VecVirtual) {
	all = make([]reg.VecVirtual, n)
	for i := 0; i < n; i += 2 {
		interleave(func() { all[i] = function(i) }, func() { all[i+1] = function(i + 1) })
	}
	return all
}

// fallsLess emits x a - y b of numbers with what they have lost, of which there may be none.
func (g isa) fallsLess(x, a, y, b running) reg.VecVirtual {
	less, off := g.product(y.sum, b.sum)
	beside := func(p, q reg.VecVirtual) {
		if p != nil && q != nil {
			g.madd(p, q, off)
		}
	}
	beside(y.lost, b.sum)
	beside(y.sum, b.lost)
	g.msub2(x.lost, a.sum, off)
	beside(x.sum, a.lost)
	g.msub2(x.sum, a.sum, less)
	g.add(off, less, less)
	return less
}

// product emits a b and what rounding took from it.
func (g isa) product(a, b reg.VecVirtual) (p, lost reg.VecVirtual) {
	p, lost = g.vec(), g.vec()
	g.mul(a, b, p)
	g.move(p, lost)
	g.msub2(a, b, lost)
	return p, lost
}

// fall emits exp(-k a) 2^pieceRaise for the k of the likely class.
func (g isa) fall(c questionConsts, par reg.GPVirtual, minus reg.VecVirtual, positive mask) reg.VecVirtual {
	y, rest := g.rated(par, minus, positive)
	return g.expSingle(g.raised(c.single), y, rest)
}

// rated emits -k a for the k of the likely class, a sum of two numbers.
func (g isa) rated(par reg.GPVirtual, minus reg.VecVirtual, positive mask) (y, rest reg.VecVirtual) {
	k, low := g.parameter(par, parRate+2), g.parameter(par, parRate+3)
	g.pick(VBROADCASTSS, nil, Mem{Base: par, Disp: g.floatSize() * parRate}, positive.op, k)
	g.pick(VBROADCASTSS, nil, Mem{Base: par, Disp: g.floatSize() * (parRate + 1)}, positive.op, low)
	return g.ratedBy(g.atLeast(pieceLowest, minus), k, low)
}

// ratedBy emits (k + low) x, a sum of two numbers.
func (g isa) ratedBy(x, k, low reg.VecVirtual) (y, rest reg.VecVirtual) {
	y, rest = g.product(k, x) // and what rounding took from it
	g.madd(low, x, rest)
	return y, rest
}

// raisedExp emits exp((k + low) x) 2^pieceRaise, of which the argument is a sum of two numbers, or
// exp(x) 2^pieceRaise where k is nil. It overwrites x.
func (g isa) raisedExp(c questionConsts, x, k, low reg.VecVirtual) reg.VecVirtual {
	y, rest := x, reg.VecVirtual(nil)
	if k != nil {
		y, rest = g.ratedBy(x, k, low)
	}
	return g.expSingle(g.raised(c.single), y, rest)
}

// pieceNumber emits the number of a's interval for a width, in the lowest bits, -a, at least the
// end of the intervals, and that end less a where a is beyond.
func (g isa) pieceNumber(width float64, minus reg.VecVirtual) (index, a, excess reg.VecVirtual) {
	a = g.atLeast(-(16-0x1p-20)*width+width, minus)
	excess, index = g.vec(), g.vec()
	g.sub(a, minus, excess)
	g.load(g.constant(1), index)
	g.nmadd(g.constant(1/width), a, index) // y
	const mantissa, places = 23, 2
	VPSRLD(Imm(mantissa-places), index, index)
	emitted()
	return index, a, excess
}

// piece is pieceNumber with the middle of a's interval less a.
func (g isa) piece(width float64, minus reg.VecVirtual) (index, x, excess reg.VecVirtual) {
	index, a, excess := g.pieceNumber(width, minus)
	x = g.vec()
	VPERMPS(g.sixteen(fmt.Sprint("middles", width*1000), func(place float64) float64 {
		exponent, digits := math.Modf(math.Mod(place/4+1, 4)) // that of 1 is odd
		return width * (math.Ldexp(1.125+digits, int(exponent)) - 1)
	}), index, x)
	emitted()
	g.add(a, x, x)
	return index, x, excess
}

// pieceTable is where a row of the tables stands in par.
func pieceTable(g isa, par reg.GPVirtual, row int) Mem {
	return Mem{Base: par, Disp: g.floatSize() * (parPieces + row*2*pieceCount)}
}

// polynomial emits that in x of the coefficients that coefficient emits from n rows of the tables.
func (g isa) polynomial(x reg.VecVirtual, first, n int, coefficient func(row int, c reg.VecVirtual)) (
	v reg.VecVirtual) {
	for j := range n {
		c := g.vec()
		if coefficient(first+j, c); v != nil {
			g.madd(v, x, c)
		}
		v = c
	}
	return v
}
