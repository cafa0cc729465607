package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// blockExpSums emits what maxExp and exps do for the rows of a block.
func (g isa) blockExpSums() {
	g.text("blockExpSums", "func(e, z *T, k, n int, sum *float64, work, lanes *T) (declined uint32)",
		"stores exp(z) 2^-shift of n rows of k elements, W at most, in e, their sums, and in lanes the largest logit, shift "+
			"and, as Coef, its exponential.", "declined has the bits of the rows that are for the specification.")
	k := g.param("k")
	shift, rejected := g.blockMaxima(k)
	Store(rejected, Return("declined"))
	c := g.expConstsInMemory()
	if g.avx512 {
		c = g.expConsts()
	}
	g.blockRows(k, []string{"z", "e"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		low, by := g.park(g.ofRow(row, "Low")), shift
		by.n = g.park(g.ofRow(row, "Shift"))
		at := g.blockSum(row)
		sum := g.foldedAt(at(blockOdds))
		g.fours(k, func(i reg.GPVirtual, v int, m *mask) {
			x, y := g.vec(), g.vec()
			g.load(low, x)
			g.max(g.get(p[0], i, v, m), x, x)
			g.expShifted(c, x, by, y)
			g.put(y, p[1], i, v, m)
			if m != nil {
				g.keep(*m, y, y)
			}
			g.add(y, sum.inner[v%2], sum.inner[v%2])
		}, func() { g.fold(sum) })
		if g.avx512 && !g.f64 {
			g.store(sum.sum, at(blockOdds))
			g.store(sum.lost, at(blockOdds+1))
		}
	})
	lanes, n := g.param("lanes"), g.vec() // the shift as a number
	g.load(c.magic, n)
	g.madd(c.log2e, g.loaded(g.lane(lanes, "Max")), n)
	g.sub(c.magic, n, n)
	g.store(n, g.lane(lanes, "Shift"))
	sum := g.collapsedSum(g.param("work"), blockOdds)
	g.storeDoubles(sum.sum, sum.lost, Mem{Base: g.param("sum")})
	g.ret()
}
