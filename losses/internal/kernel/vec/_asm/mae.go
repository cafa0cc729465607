package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (g isa) maeSum() {
	g.text("maeSum", "func(labelGrad *T, e *float64, t *T, n, but int, c, sa A) (sum, delta A, bad uint32)",
		"returns Σ |p - t| and Σ (sa - sign(p - t)) e for p = c e, without the element but; at n there is none.",
		"bad is as expsDot's. Unless labelGrad is nil it stores -sign(p - t) there.")
	labelGrad := g.param("labelGrad")
	e, t, n := g.param("e"), g.param("t"), g.param("n")
	c, sa := g.broadcast("c"), g.broadcast("sa")
	sum, delta := g.zeros(2), g.zeros(2)
	zero, bad := g.zeros(1)[0], g.noLanes()
	g.aroundMaximum(n, g.param("but"), func(i reg.GPVirtual, v int, m, others *mask) {
		x, lab := g.getFloat64(e, i, v, m), g.get(t, i, v, m)
		g.orInto(g.invalid(lab), bad)
		if others != nil {
			g.keep(*others, x, x)
			g.keep(*others, lab, lab)
		}
		d := g.vec()
		g.mul(c, x, d)
		g.sub(lab, d, d)
		s := g.sign(d, zero)
		where(labelGrad, func() { g.put(g.minus(s), labelGrad, i, v, m) })
		u := g.vec()
		g.mul(s, d, u)
		g.add(u, sum[v%2], sum[v%2])
		g.sub(s, sa, s)
		g.madd(s, x, delta[v%2])
	}, func() {})
	g.result(g.total(sum), "sum")
	g.result(g.total(delta), "delta")
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

// sign returns the sign of d, 0 for 0, NaN for NaN.
func (g isa) sign(d, zero reg.VecVirtual) reg.VecVirtual {
	s := g.vec()
	g.move(d, s)
	g.blend(g.cmp(gtOQ, zero, d), g.constant(1), s)
	g.blend(g.cmp(ltOQ, zero, d), g.constant(-1), s)
	return s
}

func (g isa) maeGrad() {
	g.text("maeGrad", "func(dst *T, e *float64, t *T, n int, c, sa, delta, f A)",
		"stores f e ((sign(p - t) - sa) + delta) in dst for p = c e.")
	dst, e, t, n := g.param("dst"), g.param("e"), g.param("t"), g.param("n")
	c, sa, delta, f := g.broadcast("c"), g.broadcast("sa"), g.broadcast("delta"), g.broadcast("f")
	zero := g.zeros(1)[0]
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		p, lab := g.getFloat64(e, i, v, m), g.get(t, i, v, m)
		d := g.vec()
		g.mul(c, p, d)
		g.sub(lab, d, d)
		s := g.sign(d, zero)
		g.sub(sa, s, s)
		g.add(delta, s, s)
		g.mul(f, p, p)
		g.mul(s, p, p)
		g.put(p, dst, i, v, m)
	})
	g.ret()
}

// maeErrors and maeSigns are maeSum and maeGrad in float32, for rows of which no p is near its
// label.
func (g isa) maeErrors() {
	g.text("maeErrors", "func(labelGrad, e, t *T, n, but int, c, near A) (sum, over, under float64, some uint32)",
		"returns Σ |d| for d = c e - t, Σ e where that is not negative, and where it is, all without the element but; at n",
		"there is none. some is not 0 where |d| < near e somewhere. Unless labelGrad is nil it stores -sign(d) there. The",
		"sums of e are those of float64: one of them may be most of a sum.")
	labelGrad := g.param("labelGrad")
	e, t, n := g.param("e"), g.param("t"), g.param("n")
	c, near := g.broadcast("c"), g.broadcast("near")
	sum, signs := g.folded(g.avx512), g.zeros(1)[0]
	wide := g
	wide.f64 = true
	over, under := wide.zeros(2), wide.zeros(2)
	g.aroundMaximum(n, g.param("but"), func(i reg.GPVirtual, v int, m, others *mask) {
		x, lab := g.get(e, i, v, m), g.get(t, i, v, m)
		if others != nil {
			g.keep(*others, x, x)
			g.keep(*others, lab, lab)
		}
		d, less := g.maeError(x, lab, c)
		g.addApart(less, x, under, over)
		where(labelGrad, func() { g.put(g.minus(g.sign(d, g.zeros(1)[0])), labelGrad, i, v, m) })
		g.and(g.abs(), d, d)
		g.add(d, sum.inner[v%2], sum.inner[v%2])
		g.nmadd(near, x, d)
		g.or(d, signs, signs)
	}, func() { g.fold(sum) })
	doubleResult(g.foldedTotal(sum), "sum")
	doubleResult(wide.total(over), "over")
	doubleResult(wide.total(under), "under")
	Store(g.signBits(signs), Return("some"))
	g.ret()
}

// addApart adds x, float32, to the sums in, of float64, where m is set, and to out elsewhere.
func (g isa) addApart(m mask, x reg.VecVirtual, in, out []reg.VecVirtual) {
	wide := g
	wide.f64 = true
	for h, part := range g.halves(x) {
		half := g.halfMask(m, h)
		if g.avx512 {
			rest := K()
			KNOTW(half.op, rest)
			wide.addWhere(half, part, in[h])
			wide.addWhere(mask{op: rest}, part, out[h])
			continue
		}
		y := g.vec()
		wide.keep(half, part, y)
		wide.sub(y, part, part)
		wide.add(y, in[h], in[h])
		wide.add(part, out[h], out[h])
	}
}

// maeError emits d = c e - t, which it overwrites t with, and where it is negative.
func (g isa) maeError(e, t reg.VecVirtual, c Op) (d reg.VecVirtual, less mask) {
	d = t
	g.msub2(c, e, d)
	return d, g.cmp(ltOQ, g.constant(0), d)
}

func (g isa) maeSigns() {
	g.text("maeSigns", "func(e, t *T, n int, c, over, overLow, under, underLow A)",
		"multiplies e by under + underLow where the d of maeErrors is negative, by over + overLow elsewhere.")
	e, t, n := g.param("e"), g.param("t"), g.param("n")
	c, over, under := g.broadcast("c"), g.broadcast("over"), g.broadcast("under")
	overLow, underLow := g.broadcast("overLow"), g.broadcast("underLow")
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x, f, y := g.get(e, i, v, m), g.vec(), g.vec()
		_, less := g.maeError(x, g.get(t, i, v, m), c)
		g.load(over, f)
		g.load(overLow, y)
		g.blend(less, under, f)
		g.blend(less, underLow, y)
		g.mul(x, y, y)
		g.madd(x, f, y)
		g.put(y, e, i, v, m)
	})
	g.ret()
}

func (g isa) tileMAE() {
	g.text("tileMAE", "func(labelGrad, e, z, t *A, k int, lanes *A) (bad uint32)",
		"takes e and lanes from tileStats, stores the losses in lanes and the gradients in e, and unless labelGrad is nil",
		"-sign(p - t) there.")
	labelGrad := g.param("labelGrad")
	e, z, t, k, lanes := g.param("e"), g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	top, coef, rest := g.vec(), g.vec(), g.vec()
	g.load(g.lane(lanes, "Max"), top)
	g.load(g.lane(lanes, "Coef"), coef)
	g.load(g.lane(lanes, "Rest"), rest)
	acc := g.zeros(2)
	sum, sa, delta, zero := g.compensated(), acc[0], g.compensated(), acc[1]
	bad := g.noLanes()
	// d returns p - t, at a maximum (1 - t) - rest.
	d := func(off reg.GPVirtual, p, lab reg.VecVirtual) (reg.VecVirtual, mask) {
		x, v := g.vec(), g.vec()
		g.sub(lab, p, x)
		g.load(g.constant(1), v)
		g.sub(lab, v, v)
		g.sub(rest, v, v)
		eq := g.cmp(eqOQ, col(z, off), top)
		g.blend(eq, v, x)
		return x, eq
	}
	load := func(off reg.GPVirtual) (p, lab reg.VecVirtual) {
		p, lab = g.vec(), g.vec()
		g.load(col(t, off), lab)
		g.mul(col(e, off), coef, p)
		return p, lab
	}
	mass := g.vec()
	g.zero(mass)
	g.columns(k, func(off reg.GPVirtual) {
		p, lab := load(off)
		g.orInto(g.invalid(lab), bad)
		g.add(lab, mass, mass)
		x, eq := d(off, p, lab)
		s := g.sign(x, zero)
		g.blend(eq, s, sa)
		where(labelGrad, func() { g.store(g.minus(s), col(labelGrad, off)) })
		g.mul(s, x, x)
		g.addTo(sum, x)
	})
	inf := g.vec()
	g.load(g.infinity(1), inf)
	g.orInto(g.cmp(nltUQ, inf, mass), bad)
	g.value(sum)
	g.orInto(g.cmp(nltUQ, inf, sum.sum), bad)
	Store(g.maskBits(bad), Return("bad"))
	g.store(sum.sum, g.lane(lanes, "Loss"))
	g.columns(k, func(off reg.GPVirtual) {
		p, lab := load(off)
		x, _ := d(off, p, lab)
		s := g.sign(x, zero)
		g.sub(s, sa, s)
		g.mul(s, p, p)
		g.addTo(delta, p)
	})
	f, deltas := g.vec(), g.value(delta)
	g.load(g.lane(lanes, "Scale"), f)
	g.columns(k, func(off reg.GPVirtual) {
		p, lab := load(off)
		x, _ := d(off, p, lab)
		s := g.sign(x, zero)
		g.sub(sa, s, s)
		g.add(deltas, s, s)
		g.mul(f, p, p)
		g.mul(s, p, p)
		g.store(p, col(e, off))
	})
	g.ret()
}
