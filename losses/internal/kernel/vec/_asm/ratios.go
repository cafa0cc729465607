package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

// Ratios of predictions that nearly agree, of which the logarithms are y = log(p/q).

// alike is how large y is at most: log(2)/2 is where the series of the exponential ends.
const alike = 1. / 3

// expLess1 returns exp(x) - 1 for |x| < alike.
func (g isa) expLess1(c expConsts, x reg.VecVirtual) reg.VecVirtual {
	square := g.vec()
	g.mul(x, x, square)
	y := g.estrin(c.q, x, square)
	g.horner(x, square, y)
	return y
}

// small returns the mask of |x| < alike.
func (g isa) small(x reg.VecVirtual) mask {
	size := g.vec()
	g.load(g.abs(), size)
	g.and(size, x, size)
	return g.cmp(ltOQ, g.constant(alike), size)
}

// numberOr returns x where m is set, NaN elsewhere.
func (g isa) numberOr(m mask, x reg.VecVirtual) reg.VecVirtual {
	y := g.vec()
	g.load(g.constant(math.NaN()), y)
	g.blend(m, x, y)
	return y
}

func (g isa) ratios() {
	g.text("ratios", "func(h, z, other, p, q *A, n int, at, low A) (sum, excess, rest float64)",
		"stores x = (z - other) - (at + low) in h, NaN where it is not small, and returns Σ q and Σ q (exp(x) - 1) of "+
			"the small ones and Σ (q - p) of the others.")
	h, z, other, p, q := g.param("h"), g.param("z"), g.param("other"), g.param("p"), g.param("q")
	n, at, low := g.param("n"), g.held("at"), g.held("low")
	c, sums := g.expConstsInMemory(), g.zeros(3)
	g.loop(n, 2, func(i reg.GPVirtual, v int, k *mask) {
		mass := g.get(q, i, v, k)
		x, lost := g.difference(g.get(z, i, v, k), g.get(other, i, v, k))
		g.sub(at, x, x)
		g.sub(low, lost, lost)
		g.add(lost, x, x)
		near, apart := g.small(x), g.vec()
		g.put(g.numberOr(near, x), h, i, v, k)
		g.sub(g.get(p, i, v, k), mass, apart)
		g.drop(near, apart)
		g.add(apart, sums[2], sums[2])
		g.keep(near, mass, mass)
		g.add(mass, sums[0], sums[0])
		g.keep(near, x, x) // infinite times 0
		g.madd(g.expLess1(c, x), mass, sums[1])
	})
	for i, name := range []string{"sum", "excess", "rest"} {
		doubleResult(g.total(sums[i:i+1]), name)
	}
	g.ret()
}

func (g isa) shiftRatios() {
	g.text("shiftRatios", "func(h, sum *A, n int, shift A)",
		"adds shift to h, which is NaN where that is not small, and exp(h) - 1 to sum.")
	h, sum, n, shift := g.param("h"), g.param("sum"), g.param("n"), g.held("shift")
	c := g.expConstsInMemory()
	g.loop(n, 2, func(i reg.GPVirtual, v int, k *mask) {
		x, s := g.get(h, i, v, k), g.get(sum, i, v, k)
		g.add(shift, x, x)
		x = g.numberOr(g.small(x), x)
		g.put(x, h, i, v, k)
		g.add(g.expLess1(c, x), s, s)
		g.put(s, sum, i, v, k)
	})
	g.ret()
}

func (g isa) meanRatios() {
	g.text("meanRatios", "func(minus, l, sum *A, n int, f A)",
		"stores -log(1 + f sum) in minus and 0 in l where sum is a number.")
	minus, l, sum, n, f := g.param("minus"), g.param("l"), g.param("sum"), g.param("n"), g.held("f")
	g.loop(n, 1, func(i reg.GPVirtual, v int, k *mask) {
		x, inverse, log := g.get(sum, i, v, k), g.vec(), g.vec()
		g.mul(f, x, x)
		some := g.parkMask(g.cmp(eqOQ, x, x))
		g.log1p(x, inverse, log)
		g.negateAll(log)
		to, zero := g.get(minus, i, v, k), g.zeros(1)[0]
		g.blend(g.maskOf(some), log, to)
		g.put(to, minus, i, v, k)
		to = g.get(l, i, v, k)
		g.blend(g.maskOf(some), zero, to)
		g.put(to, l, i, v, k)
	})
	g.ret()
}

func (g isa) takeRatios() {
	g.text("takeRatios", "func(l, h, sum *A, n int)", "stores h in l where sum is a number.")
	l, h, sum, n := g.param("l"), g.param("h"), g.param("sum"), g.param("n")
	g.loop(n, 2, func(i reg.GPVirtual, v int, k *mask) {
		x, to := g.get(sum, i, v, k), g.get(l, i, v, k)
		g.blend(g.cmp(eqOQ, x, x), g.get(h, i, v, k), to)
		g.put(to, l, i, v, k)
	})
	g.ret()
}
