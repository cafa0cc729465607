package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predictions that nearly agree in all classes.

func (g isa) disagree() {
	g.text("disagree", "func(apart *bool, p, q *A, k, n int, share, least A)",
		"makes apart true of the rows, of n of k classes, where |p - q| < share q - least does not hold everywhere.")
	apart, p, q, k := g.param("apart"), g.param("p"), g.param("q"), g.param("k")
	share, least := g.broadcast("share"), g.broadcast("least")
	g.eachRow(k, g.param("n"), []reg.GPVirtual{p, q}, nil, func() {
		found := g.noLanes()
		g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
			x, bound := g.get(p, i, v, m), g.get(q, i, v, m)
			g.sub(bound, x, x)
			g.and(g.abs(), x, x)
			g.msub(least, share, bound)
			far := g.cmp(nltUQ, bound, x)
			if m != nil {
				far = g.maskAnd(*m, far)
			}
			g.orInto(far, found)
		})
		bits, far := g.maskBits(found), GP8()
		TESTL(bits, bits)
		SETNE(far)
		ORB(far, Mem{Base: apart})
		INCQ(apart)
	})
	g.ret()
}

// difference returns a - b and what it has lost. It overwrites both.
func (g isa) difference(a, b reg.VecVirtual) (x, lost reg.VecVirtual) {
	x, lost = g.vec(), g.vec()
	back := g.vec()
	g.sub(b, a, x)
	g.sub(a, x, back)
	g.sub(back, x, lost)
	g.sub(lost, a, lost)
	g.add(back, b, b)
	g.sub(b, lost, lost)
	return x, lost
}

// closeRatios: of y = log(p/q) it is known that Σ q exp(y) = 1. From the difference of the logits
// it takes that of the first class, of what is left the mean by q, and of what is left of that, x,
// log1p(E) with E = Σ q (exp(x) - 1). p/q - 1 is then (exp(x) - 1 - E)/(1 + E).
func (g isa) closeRatios() {
	g.text("closeRatios", "func(y, less, sum, z, other, q *A, k, n int)",
		"stores log(p/q) of n rows of k classes in y and adds p/q - 1 to sum, p and q the softmaxes of z and other. It "+
			"overwrites less.")
	k, n, c := g.param("k"), g.param("n"), g.expConstsInMemory()
	y, less, sum := g.param("y"), g.param("less"), g.param("sum")
	z, other, q := g.param("z"), g.param("other"), g.param("q")
	g.eachRow(k, n, []reg.GPVirtual{y, less, sum, z, other, q}, nil, func() {
		g.closeRatiosOfRow(c, y, less, sum, z, other, q, k)
	})
	g.ret()
}

func (g isa) closeRatiosOfRow(c expConsts, y, less, sum, z, other, q, k reg.GPVirtual) {
	first, second := g.vec(), g.vec()
	g.bcast(Mem{Base: z}, first)
	g.bcast(Mem{Base: other}, second)
	at, low := g.difference(first, second)
	difference := func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
		x, lost := g.difference(g.get(z, i, v, m), g.get(other, i, v, m))
		g.sub(at, x, x)
		g.sub(low, lost, lost)
		g.add(lost, x, x)
		return x
	}
	mean := g.zeros(2)
	g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) { g.madd(difference(i, v, m), g.get(q, i, v, m), mean[v]) })
	shift := g.loaded(g.everywhere(g.total(mean)))
	whole, lost := g.vec(), g.vec()
	g.twoSum(at, shift, whole, lost)
	g.move(whole, at)
	g.add(lost, low, low)
	excess := g.zeros(2)
	g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := difference(i, v, m)
		g.put(x, y, i, v, m)
		if m != nil {
			g.keep(*m, x, x)
		}
		e := g.expLess1(c, x)
		g.put(e, less, i, v, m)
		g.madd(e, g.get(q, i, v, m), excess[v])
	})
	inverse, log, all := g.vec(), g.vec(), g.vec()
	g.bcast(g.total(excess), all)
	g.move(all, first)
	g.log1p(first, inverse, log)
	g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
		x, e, s := g.get(y, i, v, m), g.get(less, i, v, m), g.get(sum, i, v, m)
		g.sub(log, x, x)
		g.put(x, y, i, v, m)
		g.sub(all, e, e)
		g.madd(inverse, e, s)
		g.put(s, sum, i, v, m)
	})
}
