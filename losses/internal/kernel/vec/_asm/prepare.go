package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels that ready logits and labels, and those of the Kullback-Leibler divergence, all in
// float64.

// getFloat64 loads vector v of p at i, where p points to float64 whatever the type of other
// elements.
func (g isa) getFloat64(p, i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	g.narrow = false
	return g.get(p, i, v, m)
}

// putFloat64 stores vector v of p at i, where p points to float64.
func (g isa) putFloat64(x Op, p, i reg.GPVirtual, v int, m *mask) {
	g.narrow = false
	g.put(x, p, i, v, m)
}

func (g isa) exps64() {
	g.text("exps64", "func(e *float64, z *T, n int, low, shift A, ahead int) (sum float64)", "is exps with the exponentials in float64.")
	e, z, n, ahead := g.param("e"), g.param("z"), g.param("n"), g.param("ahead")
	ADDQ(z, ahead)
	c := g.expConsts()
	low, shift := g.broadcast("low"), g.prepareShift(g.arg("shift"))
	sum := g.zeros(2)
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		y := g.vec()
		g.prefetch(ahead, i, v)
		g.expShifted(c, g.clamped(z, i, v, m, low), shift, y)
		g.putFloat64(y, e, i, v, m)
		if m != nil {
			g.keep(*m, y, y)
		}
		g.add(y, sum[v], sum[v])
	})
	g.result(g.total(sum), "sum")
	g.ret()
}

func (g isa) weightedSum() {
	g.text("weightedSum", "func(t *T, w *float64, n int) (plain, weighted float64, bad uint32)", "returns Σ t, Σ w t, and bad as expsDot does.")
	t, w, n := g.param("t"), g.param("w"), g.param("n")
	plain, weighted, bad := g.zeros(2), g.zeros(2), g.noLanes()
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		g.orInto(g.invalid(x), bad)
		g.add(x, plain[v], plain[v])
		g.madd(g.getFloat64(w, i, v, m), x, weighted[v])
	})
	g.result(g.total(plain), "plain")
	g.result(g.total(weighted), "weighted")
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

func (g isa) weigh() {
	g.text("weigh", "func(dst, t *T, w *float64, n int) (bad uint32)", "stores w t in dst; bad is as expsDot's.")
	dst, t, w, n := g.param("dst"), g.param("t"), g.param("w"), g.param("n")
	bad := g.noLanes()
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		g.orInto(g.invalid(x), bad)
		g.mul(g.getFloat64(w, i, v, m), x, x)
		g.put(x, dst, i, v, m)
	})
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

func (g isa) mix() {
	g.text("mix", "func(dst, t *T, w *float64, n int, keep, add A)", "stores keep t + add w in dst.")
	dst, t, w, n := g.param("dst"), g.param("t"), g.param("w"), g.param("n")
	keep, add := g.broadcast("keep"), g.broadcast("add")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		y := g.getFloat64(w, i, v, m)
		g.mul(add, y, y)
		g.horner(y, keep, x)
		g.put(x, dst, i, v, m)
	})
	g.ret()
}

// divide emits dst = (z - M)/t, or with shift (z + s - M)/t.
func (g isa) divide(shift bool) {
	name, sig, x := "divide", "func(dst, z *T, n int, t A) (top float64)", "z"
	if shift {
		name, sig, x = "shiftDivide", "func(dst, z *T, s *float64, n int, t A) (top float64)", "z + s"
	}
	g.text(name, sig, "stores (x - M)/t in dst for x =", x, "and returns M, the largest x, NaN aside.")
	dst, z, n := g.param("dst"), g.param("z"), g.param("n")
	get := func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual { return g.get(z, i, v, m) }
	if shift {
		s := g.param("s")
		get = func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
			x := g.get(z, i, v, m)
			g.add(g.getFloat64(s, i, v, m), x, x)
			return x
		}
	}
	top, lowest := g.vec(), g.infinity(-1)
	g.load(lowest, top)
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := get(i, v, m)
		if m != nil {
			y := g.vec()
			g.load(lowest, y)
			g.blend(*m, x, y)
			x = y
		}
		g.max(top, x, top)
	})
	most := g.reduce(top, g.max)
	g.result(most, "top")
	g.bcast(most, top)
	t := g.broadcast("t")
	if g.narrow { // rounded to float32 a product is as exact
		one := g.vec()
		g.load(g.constant(1), one)
		g.div(t, one, t)
	}
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := get(i, v, m)
		g.sub(top, x, x)
		if g.narrow {
			g.mul(t, x, x)
		} else {
			g.div(t, x, x)
		}
		g.put(x, dst, i, v, m)
	})
	g.ret()
}

func (g isa) addScaled() {
	g.text("addScaled", "func(dst, p *T, n int, a A)", "adds a p to dst.")
	dst, p, n := g.param("dst"), g.param("p"), g.param("n")
	a := g.broadcast("a")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(dst, i, v, m)
		g.madd(a, g.get(p, i, v, m), x)
		g.put(x, dst, i, v, m)
	})
	g.ret()
}

// klTerm returns t (log t - l), 0 for t = 0.
func (g isa) klTerm(l, t reg.VecVirtual) reg.VecVirtual {
	u, scale, c := g.vec(), g.vec(), g.vec()
	// Where t may be denormal log t is log(2^200 t) - 200 log 2.
	const power = 200
	small := g.cmp(ltOQ, g.constant(0x1p-1000), t)
	g.load(g.constant(1), scale)
	g.blend(small, g.constant(0x1p200), scale)
	g.mul(t, scale, u)
	g.zero(c)
	log := g.vec()
	g.log(u, c, log)
	g.zero(c)
	g.blend(small, g.constant(power*0.6931471805599453), c)
	g.sub(c, log, log)
	g.sub(l, log, log)
	g.mul(t, log, log)
	out := g.vec()
	g.keep(g.cmp(neqUQ, g.constant(0), t), log, out)
	return out
}

func (g isa) klTerms() {
	g.text("klTerms", "func(z, t *T, n int, m, log A) (sum, mass float64, bad uint32)", "returns Σ t (log t - l) with l = (z - m) - log, Σ t, and bad as expsDot does.")
	z, t, n := g.param("z"), g.param("t"), g.param("n")
	m, log := g.broadcast("m"), g.broadcast("log")
	sum, mass, bad := g.folded(false), g.folded(false), g.noLanes()
	g.loop(n, 1, func(i reg.GPVirtual, v int, k *mask) {
		lab, l := g.get(t, i, v, k), g.get(z, i, v, k)
		g.orInto(g.invalid(lab), bad)
		g.add(lab, mass.inner[0], mass.inner[0])
		g.sub(m, l, l)
		g.sub(log, l, l)
		g.add(g.klTerm(l, lab), sum.inner[0], sum.inner[0])
	})
	g.sums(sum, mass, bad)
}

func (g isa) klTile() {
	g.text("klTile", "func(z, t *A, k int, lanes *A) (bad uint32)",
		"takes lanes from tileStats and stores in them Σ t (log t - l), Σ t without the maximum, and its label; bad has the bits", "of the rows with an invalid label.")
	z, t, k, lanes := g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	top, log := g.holdLane(lanes, "Max"), g.holdLane(lanes, "Log")
	acc := g.zeros(3)
	sum, mass, own := acc[0], acc[1], acc[2]
	bad := g.noLanes()
	g.columns(k, func(off reg.GPVirtual) {
		lab, l, other := g.vec(), g.vec(), g.vec()
		g.load(col(t, off), lab)
		g.load(col(z, off), l)
		g.orInto(g.invalid(lab), bad)
		g.keep(g.cmp(neqUQ, top, l), lab, other) // the labels of the others
		g.addWhere(g.cmp(eqOQ, top, l), lab, own)
		g.add(other, mass, mass)
		g.sub(top, l, l)
		g.sub(log, l, l)
		g.add(g.klTerm(l, lab), sum, sum)
	})
	g.store(sum, g.lane(lanes, "Loss"))
	g.store(mass, g.lane(lanes, "Mass"))
	g.store(own, g.lane(lanes, "Own"))
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}
