package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Pieces of the losses that are made of several kernels.

func (g isa) moments() {
	g.text("moments", "func(p, h *T, n int, from A) (plain, weighted A)", "returns Σ (h - from) and Σ p (h - from).")
	p, h, n := g.param("p"), g.param("h"), g.param("n")
	from, plain, weighted := g.broadcast("from"), g.zeros(4), g.zeros(4)
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x, y := g.get(p, i, v, m), g.get(h, i, v, m)
		g.sub(from, y, y)
		if m != nil {
			g.keep(*m, y, y)
		}
		g.add(y, plain[v], plain[v])
		g.madd(x, y, weighted[v])
	})
	g.result(g.total(plain), "plain")
	g.result(g.total(weighted), "weighted")
	g.ret()
}

// expectation is that of moments in float32.
func (g isa) expectation() {
	g.text("expectation", "func(p, h *T, n int, from A) (sum float64)", "returns Σ p (h - from).")
	p, h, n := g.param("p"), g.param("h"), g.param("n")
	from, sum := g.broadcast("from"), g.folded(true)
	g.fours(n, func(i reg.GPVirtual, v int, m *mask) {
		x, y := g.get(p, i, v, m), g.get(h, i, v, m) // beyond the tail's lanes p is 0
		g.sub(from, y, y)
		g.madd(x, y, sum.inner[v%2])
	}, func() { g.fold(sum) })
	doubleResult(g.outerTotal(sum), "sum")
	g.ret()
}

func (g isa) tilt() {
	g.text("tilt", "func(p, t, h *T, n int, from, a, b, c A)",
		"stores p (a + b (h - from)) - c t in p; t may be nil for zeros.")
	p, h, n := g.param("p"), g.param("h"), g.param("n")
	from, a, b, c := g.broadcast("from"), g.broadcast("a"), g.broadcast("b"), g.broadcast("c")
	either(g.param("t"), func(t reg.GPVirtual) {
		g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
			x, f := g.get(p, i, v, m), g.get(h, i, v, m)
			g.sub(from, f, f)
			g.horner(a, b, f)
			if t == nil {
				g.mul(f, x, x)
			} else {
				y := g.get(t, i, v, m)
				g.mul(c, y, y)
				g.msub(y, f, x)
			}
			g.put(x, p, i, v, m)
		})
	})
	g.ret()
}

func (g isa) addRows() {
	g.text("addRows", "func(dst, x *T, n int) (sum A)",
		"adds x to dst and returns a sum that is finite only where all of dst is.")
	dst, x, n := g.param("dst"), g.param("x"), g.param("n")
	sum := g.zeros(4)
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(x, i, v, m)
		g.add(g.get(dst, i, v, m), y, y)
		g.put(y, dst, i, v, m)
		g.add(y, sum[v], sum[v])
	})
	g.result(g.total(sum), "sum")
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

// affineClosely is affine in float32, with what rounding has taken from b and c: that counts beside
// a label almost b/c.
func (g isa) affineClosely() {
	g.text("affineClosely", "func(p, t *T, n int, a, b, bLow, c, cLow A)",
		"stores ((b + bLow) - (c + cLow) t) + a p in p.")
	p, t, n := g.param("p"), g.param("t"), g.param("n")
	a, b, bLow, c, cLow := g.broadcast("a"), g.held("b"), g.held("bLow"), g.held("c"), g.held("cLow")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x, y, d, low := g.get(p, i, v, m), g.get(t, i, v, m), g.vec(), g.vec()
		g.load(b, d)
		g.load(bLow, low)
		g.nmadd(c, y, d)
		g.nmadd(cLow, y, low)
		g.add(low, d, d)
		g.madd(a, x, d)
		g.put(d, p, i, v, m)
	})
	g.ret()
}

func (g isa) rests() {
	g.text("rests", "func(rest, p *A, n int) (sure uint32)", "stores 1 - p in rest; sure != 0 when a p is above 1/2.")
	rest, p, n := g.param("rest"), g.param("p"), g.param("n")
	one, half, sure := g.hold(1), g.hold(0.5), g.noLanes()
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x, y := g.get(p, i, v, m), g.vec()
		g.orInto(g.cmp(gtOQ, half, x), sure)
		g.load(one, y)
		g.sub(x, y, y)
		g.put(y, rest, i, v, m)
	})
	Store(g.maskBits(sure), Return("sure"))
	g.ret()
}

func (g isa) minusLogs() {
	g.text("minusLogs", "func(dst, t *T, n int, most A)",
		"stores -log t in dst, most where it is more or t is 0 or denormal.")
	dst, t, n := g.param("dst"), g.param("t"), g.param("n")
	most := g.broadcast("most")
	if g.avx512 && !g.f64 {
		logs := g.splitLogs()
		g.interleaved(n, func(i reg.GPVirtual, v int, m *mask) {
			l, low := g.splitLog(logs, g.get(t, i, v, m))
			g.add(low, l, l)
			g.min(l, most, l)
			g.put(l, dst, i, v, m)
		})
		g.ret()
		return
	}
	tiny := g.constant(0x1p-1022)
	if !g.f64 {
		tiny = g.constant(0x1p-126)
	}
	if g.avx512 {
		logs := g.mantissas(false)
		if !g.short {
			logs.q = g.constants(log1pLongest)
		}
		g.interleaved(n, func(i reg.GPVirtual, v int, m *mask) {
			x, u := g.get(t, i, v, m), g.vec()
			g.move(x, u)
			l := g.lookUpLogs(logs, nil, u)[0]
			g.min(l, most, l)
			g.blend(g.cmp(ltOQ, tiny, x), most, l)
			g.put(l, dst, i, v, m)
		})
		g.ret()
		return
	}
	minusLog := func(x reg.VecVirtual) reg.VecVirtual {
		c, l := g.zeros(1)[0], g.vec()
		g.log(x, c, l)
		g.zero(c)
		g.sub(l, c, c)
		return c
	}
	if !g.f64 {
		logs := g.splitLogs()
		minusLog = func(x reg.VecVirtual) reg.VecVirtual {
			l, low := g.splitLog(logs, x)
			g.madd(g.constant(0), x, low) // NaN for NaN and +Inf
			g.add(low, l, l)
			return l
		}
	}
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		l := minusLog(x)
		g.min(l, most, l)
		g.blend(g.cmp(ltOQ, tiny, x), most, l)
		g.put(l, dst, i, v, m)
	})
	g.ret()
}

// reverseLabels emits the derivatives of the symmetric cross entropy by the labels. Of float32,
// whose exponentials are numbers of float64 here, none is unsure.
func (g isa) reverseLabels() {
	g.text("reverseLabels",
		"func(dst *T, e *float64, z, t *T, n int, c, m, log, alpha, beta, from, near A) (unsure uint32)",
		"stores -(beta p/t) - alpha l in dst for p = c e and l = (z - m) - log, without the first part where t <= from and,",
		"where alpha is 0, the second; unsure is not 0 where a t of float64 is nearer to from than near, or above it beside",
		"an l below what exp takes that is not -Inf.")
	dst, e, z, t, n := g.param("dst"), g.param("e"), g.param("z"), g.param("t"), g.param("n")
	top, less, unsure := g.held("m"), g.held("log"), g.noLanes()
	coef, alpha := g.minus(g.broadcast("beta")), g.minus(g.broadcast("alpha"))
	g.mul(g.broadcast("c"), coef, coef)
	crossed := g.cmp(neqUQ, g.constant(0), alpha)
	below, above := g.broadcast("from"), g.vec()
	g.add(g.broadcast("near"), below, above)
	g.sub(g.broadcast("near"), below, below)
	factor, minusAlpha, lower, upper := g.park(coef), g.park(alpha), g.park(below), g.park(above)
	log := func(i reg.GPVirtual, v int, k *mask) reg.VecVirtual {
		l := g.get(z, i, v, k)
		g.sub(top, l, l)
		g.sub(less, l, l)
		return l
	}
	both := func(i reg.GPVirtual, v int, k *mask) {
		l, p, lab := log(i, v, k), g.getFloat64(e, i, v, k), g.get(t, i, v, k)
		free := g.cmp(gtOQ, upper, lab)
		if !g.narrow {
			close := g.cmp(gtOQ, lower, lab)
			g.flip(free, close)
			g.orInto(close, unsure)
			small := g.cmp(ltOQ, g.constant(g.lowest()), l)
			g.keepWhere(small, gtOQ, g.constant(-1e300), l)
			g.orInto(g.maskAnd(free, small), unsure)
		}
		g.mul(factor, p, p)
		if g.looksUp() {
			g.mulWhere(free, g.inverse(lab), p)
		} else {
			g.divWhere(free, lab, p)
		}
		g.maddWhere(crossed, l, g.loaded(minusAlpha), p)
		g.put(p, dst, i, v, k)
	}
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	if g.narrow {
		g.whereAbove(t, i, left, "from", both, func(i reg.GPVirtual, v int, k *mask) {
			l := log(i, v, k)
			g.mulWhere(crossed, g.loaded(minusAlpha), l)
			g.put(l, dst, i, v, k)
		})
	}
	g.rest(i, left, func(k *mask) { both(i, 0, k) })
	Store(g.maskBits(unsure), Return("unsure"))
	g.ret()
}

// whereAbove emits the loop of fours of vectors, above for those of which a t of float32 is above
// the parameter from, and else otherwise.
func (g isa) whereAbove(t, i, left reg.GPVirtual, from string, above, otherwise func(i reg.GPVirtual, v int, m *mask)) {
	const count = 4
	single := isa{avx512: g.avx512}
	x, bound, many := XMM(), single.vec(), count*g.lanes()
	VCVTSD2SS(g.arg(from), x, x)
	single.pick(VBROADCASTSS, nil, x, bound)
	next, some, done, fewer := label("four"), label("some"), label("done"), label("fewer")
	Label(next)
	CMPQ(left, Imm(uint64(many)))
	JLT(LabelRef(fewer))
	most := single.get(t, i, 0, nil)
	single.max(single.get(t, i, 1, nil), most, most)
	bits := single.maskBits(single.cmp(gtOQ, bound, most))
	TESTL(bits, bits)
	JNE(LabelRef(some))
	for v := range count {
		otherwise(i, v, nil)
	}
	JMP(LabelRef(done))
	Label(some)
	for v := range count {
		above(i, v, nil)
	}
	Label(done)
	ADDQ(Imm(uint64(many)), i)
	SUBQ(Imm(uint64(many)), left)
	JMP(LabelRef(next))
	Label(fewer)
}

// labelRatios is reverseLabels where alpha is 0, in float32: with a factor of two numbers, and of a
// quotient what float32 does not hold.
func (g isa) labelRatios() {
	g.text("labelRatios", "func(dst, e, t *T, n int, from, f, fLow A) (least A)",
		"stores (f + fLow) e/t in dst, 0 where t <= from, for e and t of which the quotient is far from the ends of "+
			"float32, and returns the least e.")
	dst, e, t, n, from := g.param("dst"), g.param("e"), g.param("t"), g.param("n"), g.held("from")
	f, fLow, least := g.broadcast("f"), g.broadcast("fLow"), g.vec()
	g.load(g.infinity(1), least)
	g.loop(n, 4, func(i reg.GPVirtual, v int, k *mask) {
		lab, rest, seen, q, y := g.get(t, i, v, k), g.get(e, i, v, k), g.vec(), g.vec(), g.vec()
		if k == nil {
			g.min(rest, least, least)
		} else {
			g.load(g.infinity(1), seen)
			g.blend(*k, rest, seen)
			g.min(seen, least, least)
		}
		inverse := g.roughInverse(lab)
		g.mul(rest, inverse, q)
		g.nmadd(lab, q, rest) // exact
		g.mul(inverse, rest, rest)
		g.mul(f, rest, rest)
		g.madd(fLow, q, rest)
		g.madd(f, q, rest)
		g.keep(g.cmp(gtOQ, from, lab), rest, y)
		g.put(y, dst, i, v, k)
	})
	g.result(g.reduce(least, g.min), "least")
	g.ret()
}
