package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (g isa) maxExp() {
	g.text("maxExp", "func(z *T, n int) (m, shift, em A)", "returns the largest of n >= 1 elements, and",
		"shift and em with exp(m) = 2^shift em, where em is in [√½, √2]. NaN is passed over; when",
		"there is nothing else, m is -Inf. For an infinite m the last two mean nothing.")
	z, n := g.param("z"), g.param("n")
	acc := make([]reg.VecVirtual, 4)
	minusInf := g.infinity(-1)
	for i := range acc {
		acc[i] = g.vec()
		g.load(minusInf, acc[i])
	}
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		if m == nil {
			g.max(acc[v], g.get(z, i, v, m), acc[v])
			return
		}
		x := g.vec()
		g.load(minusInf, x)
		g.blend(*m, g.get(z, i, v, m), x)
		g.max(acc[0], x, acc[0])
	})
	for _, a := range acc[1:] {
		g.max(a, acc[0], acc[0])
	}
	m := g.reduce(acc[0], g.max)
	g.result(m, "m")
	all, n2, em := g.vec(), g.vec(), g.vec()
	g.bcast(m, all)
	c := g.expConsts()
	g.load(c.magic, n2)
	g.madd(c.log2e, all, n2)
	g.sub(c.magic, n2, n2)
	g.expShifted(c, all, g.shiftOf(n2), em)
	g.result(n2, "shift")
	g.result(em, "em")
	g.ret()
}

func (g isa) find() {
	g.text("find", "func(z *T, n int, m A) (a int)", "returns the first position of m, or n.")
	z, n := g.param("z"), g.param("n")
	all := g.broadcast("m")
	i := GP64()
	XORQ(i, i)
	scan, tail, found, done := label("scan"), label("last"), label("found"), label("end")
	left := GP64()
	MOVQ(n, left)
	bits := GP32()
	Label(scan)
	CMPQ(left, Imm(uint64(g.lanes())))
	JLT(LabelRef(tail))
	MOVL(g.maskBits(g.cmp(eqOQ, at(z, i, g, 0), all)), bits)
	TESTL(bits, bits)
	JNE(LabelRef(found))
	ADDQ(Imm(uint64(g.lanes())), i)
	SUBQ(Imm(uint64(g.lanes())), left)
	JMP(LabelRef(scan))
	Label(tail)
	TESTQ(left, left)
	JEQ(LabelRef(done))
	tm := g.tail(left)
	MOVL(g.maskBits(g.maskAnd(tm, g.cmp(eqOQ, g.get(z, i, 0, &tm), all))), bits)
	TESTL(bits, bits)
	JNE(LabelRef(found))
	ADDQ(left, i)
	JMP(LabelRef(done))
	Label(found)
	BSFL(bits, bits)
	pos := GP64()
	MOVL(bits, pos.As32())
	ADDQ(pos, i)
	Label(done)
	Store(i, Return("a"))
	g.ret()
}

func (g isa) sum() {
	g.text("sum", "func(x *T, n int) (sum float64)", "returns Σ x.")
	x, n := g.param("x"), g.param("n")
	acc := g.zeros(4)
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) { g.add(g.get(x, i, v, m), acc[v], acc[v]) })
	doubleResult(g.doubleTotal(acc), "sum")
	g.ret()
}

func (g isa) exps(store bool) {
	name, sig, doc := "sumExp", "func(z *T, n, but int, low, shift A, ahead int) (sum float64)", "returns Σ exp(max(z, "+
		"low)) 2^-shift without the element but; at n there is none."
	if store {
		name, sig, doc = "exps", "func(e, z *T, n int, low, shift A, ahead int) (sum float64)", "stores exp(max(z, "+
			"low)) 2^-shift in e and returns the sum."
	}
	g.text(name, sig, doc, "NaN stays NaN. The results must not overflow. It prefetches ahead bytes in advance.")
	z, n, ahead := g.param("z"), g.param("n"), g.param("ahead")
	but := n
	var e, eAhead reg.GPVirtual
	if store {
		e, eAhead = g.param("e"), GP64()
		MOVQ(ahead, eAhead)
		ADDQ(e, eAhead)
	} else {
		but = g.param("but")
	}
	ADDQ(z, ahead)
	exp, low := g.scaledExp(g.expConsts, g.arg("shift")), g.broadcast("low")
	sum := g.folded(true)
	g.aroundMaximum(n, but, func(i reg.GPVirtual, v int, m, others *mask) {
		x := g.clamped(z, i, v, m, low)
		g.prefetch(ahead, i, v)
		if store {
			g.prefetch(eAhead, i, v)
		}
		y := exp(x)
		if store {
			g.put(y, e, i, v, m)
		}
		if others != nil {
			g.keep(*others, y, y)
		}
		g.add(y, sum.inner[v%2], sum.inner[v%2])
	}, func() { g.fold(sum) })
	doubleResult(g.foldedTotal(sum), "sum")
	g.ret()
}

// prefetch asks for the memory of vector v of p at i, once a line.
func (g isa) prefetch(p, i reg.GPVirtual, v int) {
	if disp := v * g.bytes(); disp%64 == 0 {
		PREFETCHT0(at(p, i, g, disp))
	}
}

// clamped loads max(z, low), NaN for NaN.
func (g isa) clamped(z, i reg.GPVirtual, v int, m *mask, low Op) reg.VecVirtual {
	x := g.vec()
	if m == nil && !g.narrow {
		g.max(at(z, i, g, v*g.bytes()), low, x)
		return x
	}
	g.max(g.get(z, i, v, m), low, x)
	return x
}

func (g isa) expDot(store bool) {
	name, sig := "sumExpDot", "func(z, t *T, n int, m, low, shift A, ahead int) (sum, dot, mass float64, bad uint32)"
	doc := "returns sum = Σ exp(max(z, low)) 2^-shift, dot = Σ_{t≠0} t (z - m), mass = Σ t,"
	if store {
		name, sig = "expsDot", "func(e, z, t *T, n int, m, low, shift A, ahead int) (sum, dot, mass float64, bad "+
			"uint32)"
		doc = "stores exp(max(z, low)) 2^-shift in e and returns its sum, dot = Σ_{t≠0} t (z - m), mass = Σ t,"
	}
	g.text(name, sig, doc,
		"and bad != 0 when a t is negative; a NaN makes mass NaN and an infinite t makes it infinite.", "It "+
			"prefetches z and t ahead bytes in advance.")
	z, t, n := g.param("z"), g.param("t"), g.param("n")
	zAhead, tAhead, eAhead := g.param("ahead"), GP64(), GP64()
	MOVQ(zAhead, tAhead)
	MOVQ(zAhead, eAhead)
	ADDQ(z, zAhead)
	ADDQ(t, tAhead)
	var e reg.GPVirtual
	if store {
		e = g.param("e")
	}
	if store {
		ADDQ(e, eAhead)
	}
	c := g.expConsts()
	top, low, shift := g.broadcast("m"), g.broadcast("low"), g.prepareShift(g.arg("shift"))
	unroll := 2
	if !g.avx512 {
		unroll = 1
	}
	sum, dot, mass := g.running(unroll), g.running(unroll), g.running(unroll)
	least, zero := g.zeros(1)[0], g.zeros(1)[0]
	g.loop(n, len(sum), func(i reg.GPVirtual, v int, m *mask) {
		g.prefetch(zAhead, i, v)
		g.prefetch(tAhead, i, v)
		if store {
			g.prefetch(eAhead, i, v)
		}
		y := g.vec()
		g.expShifted(c, g.clamped(z, i, v, m, low), shift, y)
		if store {
			g.put(y, e, i, v, m)
		}
		if m != nil {
			g.keep(*m, y, y)
		}
		g.addTo(sum[v], y)
		lab, d := g.get(t, i, v, m), g.vec()
		g.min(lab, least, least)
		g.addTo(mass[v], lab)
		if m == nil {
			g.load(at(z, i, g, v*g.bytes()), d)
		} else {
			g.loadTail(at(z, i, g, 0), *m, d)
		}
		g.sub(top, d, d)
		g.keep(g.cmp(neqUQ, zero, lab), d, d)
		g.mul(lab, d, d)
		g.addTo(dot[v], d)
	})
	doubleResult(g.runningTotal(sum), "sum")
	doubleResult(g.runningTotal(dot), "dot")
	doubleResult(g.runningTotal(mass), "mass")
	Store(g.maskBits(g.cmp(ltOQ, zero, least)), Return("bad"))
	g.ret()
}

func (g isa) combine() {
	g.text("combine", "func(p, t *T, n int, a, f A)", "stores f (a p - t) in p.")
	g.combineRow(g.param("p"), g.param("t"), g.param("n"), g.broadcast("a"), g.broadcast("f"))
	g.ret()
}

// combineRow is combine with a and f in every lane.
func (g isa) combineRow(p, t, n reg.GPVirtual, a, f reg.VecVirtual) {
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(p, i, v, m)
		if m == nil && !g.narrow {
			g.msub(at(t, i, g, v*g.bytes()), a, x)
		} else {
			g.msub(g.get(t, i, v, m), a, x)
		}
		g.mul(f, x, x)
		g.put(x, p, i, v, m)
	})
}

// combineClosely is combine with f a and f as a float32 each and what that has lost.
func (g isa) combineClosely() {
	g.text("combineClosely", "func(p, t *T, n int, a, aLow, f, fLow A)", "stores (a + aLow) p - (f + fLow) t in p.")
	var numbers [4]reg.VecVirtual
	for i, name := range []string{"a", "aLow", "f", "fLow"} {
		numbers[i] = g.broadcast(name)
	}
	g.combineRowClosely(g.param("p"), g.param("t"), g.param("n"), numbers)
	g.ret()
}

// combineRowClosely is combineClosely with a, aLow, f and fLow in every lane.
func (g isa) combineRowClosely(p, t, n reg.GPVirtual, numbers [4]reg.VecVirtual) {
	a, aLow, f, fLow := numbers[0], numbers[1], numbers[2], numbers[3]
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x, h, y := g.get(p, i, v, m), g.get(t, i, v, m), g.vec()
		g.mul(aLow, x, y)
		g.nmadd(fLow, h, y)
		g.nmadd(f, h, y)
		g.madd(a, x, y)
		g.put(y, p, i, v, m)
	})
}

func (g isa) scale() {
	g.text("scale", "func(p *T, n int, a A)", "stores a p in p.")
	g.scaleRow(g.param("p"), g.param("n"), g.broadcast("a"))
	g.ret()
}

// scaleRow is scale with a in every lane.
func (g isa) scaleRow(p, n reg.GPVirtual, a reg.VecVirtual) {
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(p, i, v, m)
		g.mul(a, y, y)
		g.put(y, p, i, v, m)
	})
}

func (g isa) shift() {
	g.text("shift", "func(dst, z *T, n int, m, c A)", "stores (z - m) - c in dst.")
	dst, z, n := g.param("dst"), g.param("z"), g.param("n")
	top, c := g.broadcast("m"), g.broadcast("c")
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(z, i, v, m)
		g.sub(top, y, y)
		g.sub(c, y, y)
		g.put(y, dst, i, v, m)
	})
	g.ret()
}
