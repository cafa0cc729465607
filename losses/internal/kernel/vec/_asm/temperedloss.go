package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (g isa) temperedLoss() {
	g.text("temperedLoss", "func(labelGrad, t *T, log, pow *float64, n int, e A) (sum, mass A, bad uint32)",
		"returns Σ t (t^e - p^e) and Σ t t^e for log p and p^e; bad is as expsDot's, and for denormal labels. Unless "+
			"labelGrad is nil it stores (t^e - p^e)/e there.")
	t, log, pow, n, e := g.param("t"), g.param("log"), g.param("pow"), g.param("n"), g.held("e")
	exp, low, apart := g.expConstsInMemory(), g.constant(g.lowest()), g.constant(-0.5)
	sums, bad, labelGrad := g.zeros(2), g.noLanes(), g.param("labelGrad")
	keep := func(i reg.GPVirtual, v int, m *mask, some mask, d reg.VecVirtual) {
		y := g.minus(g.getFloat64(pow, i, v, m))
		g.blend(some, d, y)
		g.div(e, y, y)
		g.put(y, labelGrad, i, v, m)
	}
	if g.avx512 {
		one, alone, done := g.temperedLossByTables(t, log, e, sums, bad), label("alone"), label("done")
		TESTQ(labelGrad, labelGrad)
		JNE(LabelRef(alone))
		g.interleaved(n, func(i reg.GPVirtual, v int, m *mask) {
			one(i, v, m, func(reg.GPVirtual, int, *mask, mask, reg.VecVirtual) {})
		})
		JMP(LabelRef(done))
		Label(alone)
		g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) { one(i, v, m, keep) })
		Label(done)
		g.temperedLossResult(sums, bad)
		return
	}
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		lab := g.get(t, i, v, m)
		g.orInto(g.invalid(lab), bad)
		l, u := g.vec(), g.vec()
		some := g.cmp(neqUQ, g.constant(0), lab)
		g.load(g.constant(1), u)
		g.blend(some, lab, u)
		g.orInto(g.cmp(ltOQ, g.constant(0x1p-1000), u), bad)
		g.log(u, g.zeros(1)[0], l)
		g.mul(e, l, l)
		near := g.cmp(ngeUQ, apart, l)
		s, q := g.expParts(exp, low, l)
		d, w := g.vec(), g.vec()
		g.move(s, w)
		g.madd(q, s, w) // t^e
		g.sub(g.constant(1), s, d)
		g.madd(q, s, d) // t^e - 1
		other := g.getFloat64(log, i, v, m)
		g.mul(e, other, other)
		near = g.maskAnd(near, g.cmp(ngeUQ, apart, other))
		s, q = g.expParts(exp, low, other)
		g.sub(g.constant(1), s, u)
		g.madd(q, s, u) // p^e - 1
		g.sub(u, d, d)
		g.move(w, u)
		g.sub(g.getFloat64(pow, i, v, m), u, u)
		g.blend(near, u, d)
		where(labelGrad, func() { keep(i, v, m, some, d) })
		g.keep(some, d, d)
		g.madd(lab, d, sums[0])
		g.madd(lab, w, sums[1])
	})
	g.temperedLossResult(sums, bad)
}

// temperedLossByTables returns the body of temperedLoss where both powers are the s + d q of
// tables: where one is near 1 s is 1, and nothing cancels. keep is given which labels are not 0,
// and t^e - p^e of these.
func (g isa) temperedLossByTables(t, log reg.GPVirtual, e Op, sums []reg.VecVirtual, bad mask) func(
	i reg.GPVirtual, v int, m *mask, keep func(i reg.GPVirtual, v int, m *mask, some mask, d reg.VecVirtual)) {
	tables, by := g.temperedTables(), g.loaded(g.constant(math.Log2E))
	g.mul(e, by, by)
	return func(i reg.GPVirtual, v int, m *mask, keep func(reg.GPVirtual, int, *mask, mask, reg.VecVirtual)) {
		lab := g.get(t, i, v, m)
		g.orInto(g.invalid(lab), bad)
		some, u := g.cmp(neqUQ, g.constant(0), lab), g.loaded(g.constant(1))
		g.blend(some, lab, u)
		g.orInto(g.cmp(ltOQ, g.constant(0x1p-1000), u), bad)
		l := g.lookUpLogs(tables.logs, nil, u)[0]
		g.negateAll(l)
		g.mul(by, l, l)
		other, least := g.getFloat64(log, i, v, m), g.vec()
		g.mul(by, other, other)
		g.load(g.constant(-1100), least) // 2 to that is 0, as a p may be
		g.max(other, least, other)
		x := g.parts(tables.powers, g.constant(1), l, other)
		d := g.vec()
		g.sub(x[1].s, x[0].s, d)
		g.madd(x[0].d, x[0].q, d)
		g.nmadd(x[1].d, x[1].q, d) // t^e - p^e
		g.madd(x[0].d, x[0].q, x[0].s)
		keep(i, v, m, some, d)
		g.keep(some, d, d)
		g.madd(lab, d, sums[0])
		g.madd(lab, x[0].s, sums[1])
	}
}

func (g isa) temperedLossResult(sums []reg.VecVirtual, bad mask) {
	g.result(g.total(sums[:1]), "sum")
	g.result(g.total(sums[1:]), "mass")
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

// temperedLabels emits what temperedLoss takes where no p^e is near 1: the power of a label 0 is 0,
// as its logarithm is infinite or, with AVX2, -709.
func (g isa) temperedLabels() {
	g.text("temperedLabels", "func(t *T, pow *float64, n int, f A) (powers, products A, bad uint32)",
		"returns Σ t^f and Σ t pow for an f of 1.06 and more; bad is not 0 where a t has a sign, and the sums are no "+
			"numbers where one is infinite or NaN.")
	t, pow, n := g.param("t"), g.param("pow"), g.param("n")
	power, powers, products, signs := g.labelPower(), g.zeros(2), g.zeros(2), g.zeros(1)[0]
	g.interleaved(n, func(i reg.GPVirtual, v int, m *mask) {
		lab, u := g.get(t, i, v, m), g.vec()
		g.or(lab, signs, signs)
		g.madd(g.getFloat64(pow, i, v, m), lab, products[v])
		g.move(lab, u)
		g.add(power(u), powers[v], powers[v])
	})
	g.result(g.total(powers), "powers")
	g.result(g.total(products), "products")
	Store(g.signBits(signs), Return("bad"))
	g.ret()
}

// rootReach is how small what temperedRoots takes a root of may be: smaller than labels are.
const rootReach = 0x1p-200

// temperedRoots: the root r = u^(-1/n) by exponents, which are about logarithms, and then, with d =
// 1 - u r^n, of whose powers the fifth is small,
//
//	u^(-1/n) = r (1-d)^(-1/n),   u^(1/n) = u r^(n-1) (1-d)^(-(n-1)/n).
func (g isa) temperedRoots() {
	g.text("temperedRoots",
		"func(t *T, pow *float64, n, less int, rate, start float32, par *A) (powers, products A, bad uint32)",
		"is temperedLabels for f = 1 + 1/n, where less is n - 1, rate -1/n and start the upper half of a root of 1, as an",
		"integer; par are the coefficients of d, d², d³ and d⁴ in (1-d)^(-1/n) and (1-d)^(-(n-1)/n), from the last on.")
	t, pow, n, less, par := g.param("t"), g.param("pow"), g.param("n"), g.param("less"), g.param("par")
	rate, start, one, least := g.vec(), g.vec(), g.constant(1), g.constant(rootReach)
	VBROADCASTSS(address(Param("rate")), rate)
	VBROADCASTSS(address(Param("start")), start)
	emitted()
	sums := g.zeros(3)
	powers, products, signs := sums[0], sums[1], sums[2]
	more := func(x, d reg.VecVirtual, first int) { // x times a power of 1-d
		s := g.parameter(par, first)
		for i := 1; i < rootTerms; i++ {
			g.hornerMemory(par, first+i, d, s)
		}
		g.mul(x, d, d)
		g.madd(d, s, x)
	}
	apart := func(u, r reg.VecVirtual) (power, d reg.VecVirtual) { // r^(n-1) and 1 - u r^n
		power, d = g.wholePower(less, r), g.vec()
		g.mul(power, r, d)
		g.rsub(one, u, d)
		return power, d
	}
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		lab, u, r := g.get(t, i, v, m), g.vec(), g.vec()
		g.or(lab, signs, signs)
		g.madd(g.getFloat64(pow, i, v, m), lab, products)
		g.load(least, u)
		g.max(lab, u, u)
		VCVTDQ2PS(u, r)
		VFMADD213PS(start, rate, r)
		VCVTPS2DQ(r, r)
		emitted()
		_, d := apart(u, r)
		more(r, d, 0)
		root, d := apart(u, r)
		g.mul(u, root, root)
		more(root, d, rootTerms)
		g.madd(lab, root, powers)
	})
	g.result(g.total([]reg.VecVirtual{powers}), "powers")
	g.result(g.total([]reg.VecVirtual{products}), "products")
	Store(g.signBits(signs), Return("bad"))
	g.ret()
}

// labelPower returns what emits u^f.
func (g isa) labelPower() func(u reg.VecVirtual) reg.VecVirtual {
	if g.avx512 {
		by, least := g.broadcast("f"), g.vec()
		tables := g.temperedTables()
		g.mul(g.constant(-math.Log2E), by, by)
		g.load(g.constant(-1100), least) // 2 to that is 0
		return func(u reg.VecVirtual) reg.VecVirtual {
			l := g.lookUpLogs(tables.logs, nil, u)[0]
			g.mul(by, l, l)
			g.max(l, least, l)
			return g.exp2(tables.powers, g.constant(1), l)[0]
		}
	}
	by, exp, shift := g.held("f"), g.expConstsInMemory(), g.prepareShift(g.constant(0))
	return func(u reg.VecVirtual) reg.VecVirtual {
		l, x := g.vec(), g.vec()
		g.log(u, g.zeros(1)[0], l)
		g.mul(by, l, l)
		g.load(g.constant(g.lowest()), x)
		g.max(l, x, x)
		e := g.vec()
		g.expShifted(exp, x, shift, e)
		return e
	}
}

// expParts emits s and q with s (1 + q) = exp(x), s a power of 2. It overwrites x.
func (g isa) expParts(c expConsts, low Op, x reg.VecVirtual) (s, q reg.VecVirtual) {
	s, q = g.vec(), g.vec()
	n, square := g.vec(), g.vec()
	g.load(low, n)
	g.max(x, n, x)
	g.load(c.magic, s)
	g.madd(c.log2e, x, s)
	g.sub(c.magic, s, n)
	g.nmadd(c.ln2hi, n, x)
	g.nmadd(c.ln2lo, n, x)
	g.load(c.q[0], q)
	for _, k := range c.q[1:] {
		g.horner(k, x, q)
	}
	g.mul(x, x, square)
	g.horner(x, square, q)
	g.powerOf2(n, s)
	return s, q
}
