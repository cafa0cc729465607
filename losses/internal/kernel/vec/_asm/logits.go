package main

import (
	"github.com/mmcloughlin/avo/reg"
)

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
