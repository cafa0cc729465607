package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What a label of yes costs more than one of no, of a loss whose two classes are alike, by pieces:
// with a = |z| it is -D(a) or D(a), where
//
//	D = c + x P,   x = m - a
//
// for c, the coefficients of P, and the middle m of a's interval; m and c are 0 in the first one,
// so that D keeps its digits where it is nearly 0. The intervals are those of y = 1 + a/w, four
// between one power of two and the next, and beyond the last one D stays or grows as a does. Sums
// and products are those of float64, which what is looked up loses nothing of.

// What the kernel takes: 1/w, minus the end of the intervals, bits that keep a number or none, and
// tables of pieceCount numbers: m, the coefficients of P from the highest degree on, and c.
const (
	apartRate = iota
	apartEnd
	apartGrows
	apartTables = 16 // a vector on

	apartTerms = 8
	apartPars  = apartTables + (1+apartTerms)*pieceCount
)

// apartPieces emits the kernel, for float32 with AVX-512.
func (g isa) apartPieces() {
	g.text("apartPieces", "func(dst *float64, z *T, n int, par *A)",
		"stores how much more n elements of logits (z, 0) cost with a label 1 than with 0, of a loss by pieces; par is "+
			"its plan's.")
	dst, z, n, par := g.param("dst"), g.param("z"), g.param("n"), g.param("par")
	wide := isa{avx512: true, f64: true}
	sign := g.constant(math.Copysign(0, -1))
	one := func(i reg.GPVirtual, v int, m *mask) {
		minus, a, index := g.get(z, i, v, m), g.parameter(par, apartEnd), g.vec()
		negative := g.vec()
		VANDNPS_BCST(sign, minus, negative) // the sign of -z
		emitted()
		g.noInfinity(minus)
		g.or(sign, minus, minus)
		g.max(minus, a, a)
		beyond := g.vec()
		g.sub(minus, a, beyond)
		g.pick(VANDPS_BCST, nil, Mem{Base: par, Disp: g.floatSize() * apartGrows}, beyond, beyond)
		g.load(g.constant(1), index)
		g.nmadd(g.parameter(par, apartRate), a, index)
		const mantissa, places = 23, 2
		VPSRLD(Imm(mantissa-places), index, index)
		emitted()
		number := func(row int) reg.VecVirtual {
			v := g.vec()
			VPERMPS(Mem{Base: par, Disp: g.floatSize() * (apartTables + row*pieceCount)}, index, v)
			emitted()
			return v
		}
		x := number(0)
		g.add(a, x, x)
		p := number(1)
		for j := 2; j < apartTerms; j++ {
			c := number(j)
			g.madd(p, x, c)
			p = c
		}
		c := number(apartTerms)
		for _, y := range []reg.VecVirtual{x, c, beyond} {
			VPXORD(negative, y, y)
			emitted()
		}
		xs, ps, beyonds := g.halves(x), g.halves(p), g.halves(beyond)
		for half, d := range g.halves(c) {
			wide.madd(xs[half], ps[half], d)
			wide.add(beyonds[half], d, d)
			to := at(dst, i, wide, (2*v+half)*wide.bytes())
			if m == nil {
				g.store(d, to)
				continue
			}
			wide.storeTail(d, g.halfMask(*m, half), to)
		}
	}
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	g.groups(2, i, left, nil, nil, func(v int) { one(i, v, nil) })
	g.rest(i, left, func(m *mask) { one(i, 0, m) })
	g.ret()
}
