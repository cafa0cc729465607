package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// Pieces of the losses that are made of several kernels.

func (g isa) moments() {
	g.text("moments", "func(p *T, h *float64, n int, from A) (mass, sum A)", "returns Σ p and Σ p (h - from).")
	p, h, n := g.param("p"), g.param("h"), g.param("n")
	from, mass, sum := g.broadcast("from"), g.zeros(4), g.zeros(4)
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x, y := g.get(p, i, v, m), g.getFloat64(h, i, v, m)
		g.add(x, mass[v], mass[v])
		g.sub(from, y, y)
		g.madd(x, y, sum[v])
	})
	g.result(g.total(mass), "mass")
	g.result(g.total(sum), "sum")
	g.ret()
}

func (g isa) tilt() {
	g.text("tilt", "func(p, t *T, h *float64, n int, a, b, c A)", "stores p (a + b h) - c t in p.")
	p, t, h, n := g.param("p"), g.param("t"), g.param("h"), g.param("n")
	a, b, c := g.broadcast("a"), g.broadcast("b"), g.broadcast("c")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x, y, f := g.get(p, i, v, m), g.get(t, i, v, m), g.getFloat64(h, i, v, m)
		g.horner(a, b, f)
		g.mul(c, y, y)
		g.msub(y, f, x)
		g.put(x, p, i, v, m)
	})
	g.ret()
}

func (g isa) affine() {
	g.text("affine", "func(p, t *T, n int, a, b, c A)", "stores (a p + b) - c t in p.")
	p, t, n := g.param("p"), g.param("t"), g.param("n")
	a, b, c := g.broadcast("a"), g.broadcast("b"), g.broadcast("c")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x, y := g.get(p, i, v, m), g.get(t, i, v, m)
		g.horner(b, a, x)
		g.nmadd(c, y, x)
		g.put(x, p, i, v, m)
	})
	g.ret()
}

func (g isa) minusLogs() {
	g.text("minusLogs", "func(dst, t *T, n int, most A)",
		"stores -log t in dst, most where it is more or t is 0 or denormal.")
	dst, t, n := g.param("dst"), g.param("t"), g.param("n")
	most := g.broadcast("most")
	tiny := g.constant(0x1p-1022)
	if !g.f64 {
		tiny = g.constant(0x1p-126)
	}
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		x, c, l := g.get(t, i, v, m), g.zeros(1)[0], g.vec()
		small := g.places(1)(0, x)
		g.log(x, c, l)
		g.zero(c)
		g.sub(l, c, c)
		g.min(c, most, c)
		g.load(small, x)
		g.blend(g.cmp(ltOQ, tiny, x), most, c)
		g.put(c, dst, i, v, m)
	})
	g.ret()
}

func (g isa) temperedLogs() {
	g.text("temperedLogs", "func(dst, inverse, gap *float64, n int, c, mu, f A) (bad uint32)",
		"stores f log x in dst and 1/x in inverse for x = 1 + c (gap + mu); bad != 0 when an x is not below 2^1000.")
	dst, inverse, gap, n := g.param("dst"), g.param("inverse"), g.param("gap"), g.param("n")
	c, mu, f := g.broadcast("c"), g.broadcast("mu"), g.broadcast("f")
	bad, most := g.noLanes(), g.constant(0x1p1000)
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		x, inv, l := g.get(gap, i, v, m), g.vec(), g.vec()
		g.add(mu, x, x)
		g.mul(c, x, x)
		g.orInto(g.cmp(nltUQ, most, x), bad)
		g.log1p(x, inv, l)
		g.mul(f, l, l)
		g.put(l, dst, i, v, m)
		g.put(inv, inverse, i, v, m)
	})
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}
