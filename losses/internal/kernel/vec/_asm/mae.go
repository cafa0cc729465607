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
	g.text("tileMAE", "func(labelGrad, e, z, t *A, k, tiles, grad int, declined *uint32, lanes *A)",
		"takes e and lanes of tiles from tileStats, stores the losses in lanes and unless grad is 0 the gradients in e,",
		"and sign(p - t) in t. declined, for each tile, takes the bits of the rows with an invalid label, too. Unless",
		"labelGrad is nil it stores -sign(p - t) there.")
	labelGrad := g.param("labelGrad")
	e, z, t, k := g.param("e"), g.param("z"), g.param("t"), g.param("k")
	g.tileLosses(k, labelGrad, []reg.GPVirtual{e, z, t}, func(lanes reg.GPVirtual) {
		g.tileMAEOf(labelGrad, e, z, t, k, lanes)
	})
}

// tileMAEOf is tileMAE of one tile.
func (g isa) tileMAEOf(labelGrad, e, z, t, k, lanes reg.GPVirtual) {
	top, coef, rest := g.vec(), g.vec(), g.vec()
	g.load(g.lane(lanes, "Max"), top)
	g.load(g.lane(lanes, "Coef"), coef)
	g.load(g.lane(lanes, "Rest"), rest)
	acc := g.zeros(4)
	sa, mass, least, zero := acc[0], acc[1], acc[2], acc[3]
	sum, delta := g.tileSum(), g.tileSum()
	g.columns(k, func(off reg.GPVirtual) {
		lab, x, atTop := g.loaded(col(t, off)), g.vec(), g.vec()
		g.min(lab, least, least)
		g.add(lab, mass, mass)
		g.mul(col(e, off), coef, x)
		g.sub(lab, x, x)
		g.load(g.constant(1), atTop)
		g.sub(lab, atTop, atTop)
		g.sub(rest, atTop, atTop)
		eq := g.cmp(eqOQ, col(z, off), top)
		g.blend(eq, atTop, x) // p - t
		s := g.sign(x, zero)
		g.blend(eq, s, sa)
		g.store(s, col(t, off))
		where(labelGrad, func() { g.store(g.minus(s), col(labelGrad, off)) })
		g.mul(s, x, x)
		g.addTo(sum, x)
	})
	g.value(sum)
	bad := g.negative(least)
	for _, x := range []reg.VecVirtual{mass, sum.sum} {
		g.notFinite(x, bad)
	}
	g.decline(bad)
	g.store(sum.sum, g.lane(lanes, "Loss"))
	where(g.param("grad"), func() {
		g.columns(k, func(off reg.GPVirtual) {
			s, p := g.loaded(col(t, off)), g.vec()
			g.sub(s, sa, s)
			g.mul(col(e, off), s, p)
			g.addTo(delta, p)
		})
		f, deltas := g.vec(), g.value(delta)
		g.mul(coef, deltas, deltas)
		g.load(g.lane(lanes, "Scale"), f)
		g.columns(k, func(off reg.GPVirtual) {
			s, p := g.loaded(col(t, off)), g.vec()
			g.mul(col(e, off), coef, p)
			g.sub(sa, s, s)
			g.add(deltas, s, s)
			g.mul(f, p, p)
			g.mul(s, p, p)
			g.store(p, col(e, off))
		})
	})
}

// tileSum is compensated, or, of terms that do not cancel, for results that are rounded to float32,
// a sum alone.
func (g isa) tileSum() running {
	if g.short {
		return running{sum: g.zeros(1)[0]}
	}
	return g.compensated()
}
