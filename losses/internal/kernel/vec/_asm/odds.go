package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Losses of float32 elements by pieces: functions of e = exp(-|z|), which is at most 1, are
// polynomials for every seventh of that with AVX2, which looks up 8 numbers in one instruction, and
// for every sixteenth with AVX-512, which looks up 16. They have fewer terms than those of |z| in
// [sigmoidPieces].

// What the kernels take: numbers, then the tables of the functions in turn, each with the
// coefficients from that of the highest degree on; with AVX2 the lowest stands behind what float32
// has lost of it.
const (
	oddsRate      = iota // k of exp(-k |z|), and what float32 has lost of it
	oddsRateLow          //
	oddsLowest           // the lowest number that is multiplied by it
	oddsParameter        // the loss's, the inverse of that, or the loss of a certain class
	oddsTables    = 16   // a vector on
	oddsCount     = 8
	oddsTerms     = 8 // coefficients of a function
	fineCount     = 16
	fineTerms     = 6
	fineScale     = 15.99 // e times that is below 16
)

// oddsLosses are those of the file.
var oddsLosses = []sigmoidLoss{
	{name: "sigmoidGCEOdds", doc: "φ = (1 - p^a)/a; par is its plan's.",
		prepare: byLikelihood(gceOdds), logs: none, exact: true, ways: 2, size: true},
	{name: "sigmoidSmoothOdds", doc: "The loss is that of smoothExact; par is its plan's.",
		prepare: byLikelihood(smoothOdds), logs: none, exact: true, ways: 2, odds: true, staged: 3},
}

// smoothOdds: with functions N, S, R and V of e
//
//	loss = t (sure + e N) + u R,   slope = e (t S - u V)
//
// where e is raised, lest it is denormal, and N, S and V are as much smaller.
func smoothOdds(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	functions := g.ofOdds(par, unraise)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		function := functions(q.raised)
		near := function(0)
		loss = g.parameter(par, oddsParameter)
		g.madd(q.raised, near, loss)
		t, u := labels()
		g.mul(t, loss, loss)
		g.madd(u, function(2), loss)
		slope = function(3)
		g.mul(u, slope, slope)
		g.msub2(t, function(1), slope)
		g.mul(q.raised, slope, slope)
		return loss, slope
	}
}

// oddsExp emits exp(x) for x <= 0. It overwrites x.
func (g isa) oddsExp(c questionConsts, x reg.VecVirtual) (e reg.VecVirtual) {
	x = g.atLeast(g.lowest(), x)
	if g.avx512 {
		return g.expSingle(c.single, x, nil)
	}
	e = g.vec()
	g.expBounded(c, x, e)
	return e
}

// ofOdds returns what finds the interval of an e that is times what it is given, and returns what
// emits the functions in par of that.
func (g isa) ofOdds(par reg.GPVirtual, times float64) func(e reg.VecVirtual) func(i int) reg.VecVirtual {
	if !g.avx512 {
		return func(e reg.VecVirtual) func(i int) reg.VecVirtual { return g.oddsPieces(par, e, times) }
	}
	scale := g.hold(fineScale * times)
	return func(e reg.VecVirtual) func(i int) reg.VecVirtual {
		index, n, x := g.vec(), g.vec(), g.vec()
		g.load(g.magic(), index)
		VFMADD231PS_RD_SAE(scale, e, index) // rounded down
		emitted()
		g.sub(g.magic(), index, n)
		g.load(g.constant(times), x)
		g.msub(g.constant(0.5/fineScale), e, x)
		g.nmadd(g.constant(1/fineScale), n, x) // from the middle
		return func(i int) (v reg.VecVirtual) {
			for j := range fineTerms {
				c := g.vec()
				VPERMPS(Mem{Base: par, Disp: g.floatSize() * (oddsTables + (i*fineTerms+j)*fineCount)}, index, c)
				emitted()
				if v != nil {
					g.madd(v, x, c)
				}
				v = c
			}
			return v
		}
	}
}

// gceOdds: with G = exp(-q |z|), N = (1-p^q)/(q e) and S = p^(1+q) of the likely class's p
//
//	loss = t e N + u (1 - G p^q)/q,   slope = S (t e - u G),
//
// p^q = 1 - q e N and G = 2^n (1+m), so that (1 - G p^q)/q = (1-2^n)/q - 2^n (m/q - e N (1+m)).
func gceOdds(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	functions := g.ofOdds(par, 1)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		number := func(i int) reg.VecVirtual { return g.parameter(par, i) }
		m, power, n := g.ratedReduced(c, q.minus, number)
		g.expm1Reduced(c, m)
		e := g.oddsExp(c, q.minus)
		piece := functions(e)
		near, v := piece(0), g.vec()
		g.mul(e, near, near)
		g.add(g.constant(1), m, v)
		inverse := number(oddsParameter)
		g.mul(inverse, m, m)
		g.nmadd(near, v, m)
		fall, far := g.vec(), g.vec()
		if g.avx512 {
			g.load(g.constant(1), power)
			g.pick(VSCALEFPS, nil, n, power, power)
			g.mul(power, v, fall)
		} else { // lest 2^n is denormal
			back := g.constant(0x1p-64)
			VPSLLD(Imm(23), power, power)
			VPADDD(g.bitsOf(uint64(math.Float32bits(0x1p64))), power, power)
			g.mul(power, v, fall)
			g.mul(back, fall, fall)
			g.mul(back, power, power)
		}
		g.load(g.constant(1), far)
		g.sub(power, far, far)
		g.mul(inverse, far, far)
		g.nmadd(power, m, far)
		s := piece(1)
		t, u := labels()
		loss, slope = near, e
		g.mul(t, loss, loss)
		g.madd(u, far, loss)
		g.mul(fall, u, u)
		g.msub(u, t, slope)
		g.mul(s, slope, slope)
		return loss, slope
	}
}

// ratedReduced is reduced of the product of minus and a rate, whose numbers number emits.
func (g isa) ratedReduced(c questionConsts, minus reg.VecVirtual, number func(i int) reg.VecVirtual) (
	y, t, n reg.VecVirtual) {
	least, k := number(oddsLowest), number(oddsRate)
	g.max(minus, least, least)
	y, lost := g.product(k, least)
	g.madd(number(oddsRateLow), least, lost)
	t, n = g.reduced(c, y, lost)
	return y, t, n
}

// reduced makes y + low, of which y is an exponential's argument, y + low - n log 2 in y, rounded
// once, for the integer n next to y log2 e, which stands in the low bits of t too. It overwrites
// low.
func (g isa) reduced(c questionConsts, y, low reg.VecVirtual) (t, n reg.VecVirtual) {
	t, n = g.vec(), g.vec()
	g.load(c.exp.magic, t)
	g.madd(c.exp.log2e, y, t)
	g.sub(c.exp.magic, t, n)
	g.nmadd(g.constant(g.log2High()), n, y) // exact
	g.nmadd(g.constant(log2Low32), n, low)
	g.add(low, y, y)
	return t, n
}

// oddsPieces returns what emits the functions of e times a number in par.
func (g isa) oddsPieces(par reg.GPVirtual, e reg.VecVirtual, times float64) func(i int) reg.VecVirtual {
	index, x, square := g.vec(), g.vec(), g.vec()
	g.load(g.magic(), index)
	g.madd(g.constant((oddsCount-1)*times), e, index) // in the low bits
	g.sub(g.magic(), index, square)
	g.mul(g.constant(times), e, x)
	g.nmadd(g.constant(1./(oddsCount-1)), square, x)
	g.mul(x, x, square)
	return func(i int) reg.VecVirtual {
		one := func(j int) reg.VecVirtual {
			v := g.vec()
			VPERMPS(Mem{Base: par, Disp: g.floatSize() * (oddsTables + (i*(oddsTerms+1)+j)*oddsCount)}, index, v)
			return v
		}
		v := g.estrinBy(oddsTerms, x, square, one, func(j int) reg.VecVirtual {
			high, low := one(j), one(j+1)
			g.madd(high, x, low)
			return low
		})
		g.add(one(oddsTerms), v, v)
		return v
	}
}
