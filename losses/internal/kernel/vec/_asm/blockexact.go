package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exactExp are the numbers of exponentials in float64: exp(z) 2^-shift or, by tables, where z - m
// is exact, exp(z - m).
type exactExp struct {
	g      isa
	c      expConsts
	powers powers
}

func (g isa) exactExp() (x exactExp) {
	switch x.g = g; {
	case g.looksUp():
		x.powers = g.powers(true)
	case g.avx512:
		x.c = g.expConsts()
	default:
		x.c = g.expConstsInMemory()
	}
	return x
}

// of emits the exponentials of z, NaN for NaN, in a row with the maximum top.
func (x exactExp) of(z reg.VecVirtual, top, low Op, shift expShift) (e reg.VecVirtual) {
	g, y := x.g, x.g.vec()
	if g.looksUp() {
		d := g.vec()
		g.sub(top, z, d)
		g.load(g.constant(g.lowest()), y)
		g.max(d, y, y)
		return g.exp2(x.powers, g.constant(math.Log2E), y)[0]
	}
	e = g.vec()
	g.load(low, y)
	g.max(z, y, y)
	g.expShifted(x.c, y, shift, e)
	return e
}

func (g isa) exps64() {
	g.text("exps64", "func(e *float64, z *T, n int, m, low, shift A, ahead int) (sum float64)",
		"is exps with the exponentials in float64, perhaps all divided by a number, for a row with the maximum m.")
	e, z, n, ahead := g.param("e"), g.param("z"), g.param("n"), g.param("ahead")
	ADDQ(z, ahead)
	exp, top, low, shift := g.exactExp(), g.broadcast("m"), g.broadcast("low"), g.prepareShift(g.arg("shift"))
	sum := g.zeros(2)
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		g.prefetch(ahead, i, v)
		y := exp.of(g.get(z, i, v, m), top, low, shift)
		g.putFloat64(y, e, i, v, m)
		if m != nil {
			g.keep(*m, y, y)
		}
		g.add(y, sum[v], sum[v])
	})
	g.result(g.total(sum), "sum")
	g.ret()
}

// blockExps emits tileStats for blocks, in float64.
func (g isa) blockExps() {
	g.text("blockExps", "func(e *float64, z *T, k, n int, work, lanes *A) (rejected uint32)",
		"stores the exponentials of n rows of k elements, W at most, in e, as exps64 does, and the softmax's numbers in "+
			"lanes; rejected has the bits of the rows that are for the specification. What it says of a row with a NaN is NaN.")
	k := g.param("k")
	shift, rejected := g.blockMaxima(k)
	Store(rejected, Return("rejected"))
	exp, e := g.exactExp(), g.param("e")
	g.blockRows(k, []string{"z"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		top, low, by := g.ofRow(row, "Max"), g.ofRow(row, "Low"), shift
		by.n = g.ofRow(row, "Shift")
		sums, count := g.zeros(2), GP64()
		MOVQ(I64(-1), count)
		g.fours(k, func(i reg.GPVirtual, v int, m *mask) {
			z := g.get(p[0], i, v, m)
			y := exp.of(z, top, low, by)
			g.putFloat64(y, e, i, v, m)
			most := g.cmp(eqOQ, top, z)
			if m != nil {
				most = g.maskAnd(*m, most)
				g.keep(*m, y, y)
			}
			ties := GP64()
			POPCNTL(g.maskBits(most), ties.As32())
			ADDQ(ties, count)
			g.drop(most, y)
			g.add(y, sums[v%2], sums[v%2])
		}, func() {})
		g.add(sums[1], sums[0], sums[0])
		g.store(sums[0], g.blockSum(row)(0))
		g.storeCount(count, g.lane(row, "Ties"))
		LEAQ(Mem{Base: e, Index: k, Scale: 8}, e)
	})
	lanes := g.param("lanes")
	r, ea := g.collapsed(g.param("work"), 0, g.add), g.vec()
	g.load(g.lane(lanes, "Coef"), ea)
	if g.looksUp() {
		g.load(g.constant(1), ea)
	}
	g.madd(g.lane(lanes, "Ties"), ea, r)
	g.softmaxNumbers(lanes, r, ea)
	g.ret()
}
