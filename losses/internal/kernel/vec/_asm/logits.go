package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// divide emits dst = (x - M)/t for x = z or, with shift, (z - top) + s. Where the memory holds
// float32 the quotient is a product: as exact, rounded to that.
func (g isa) divide(shift bool) {
	name, sig, x := "divide", "func(dst *float64, z *T, n int, t A) (top float64)", "z"
	if shift {
		name, sig = "shiftDivide", "func(dst *float64, z *T, s *float64, n int, t A) (top, most float64)"
		x = "(z - top) + s, top the largest z"
	}
	g.text(name, sig, "stores (x - M)/t in dst for x =", x+", and returns top, or top and M, the largest, NaN aside.")
	dst, z, n := g.param("dst"), g.param("z"), g.param("n")
	get := func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual { return g.get(z, i, v, m) }
	top := g.largest(n, get)
	g.result(top, "top")
	most := top
	if shift {
		s := g.param("s")
		get = func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
			x := g.get(z, i, v, m)
			g.sub(top, x, x)
			g.add(g.getFloat64(s, i, v, m), x, x)
			return x
		}
		most = g.largest(n, get)
		g.result(most, "most")
	}
	t := g.broadcast("t")
	if g.narrow {
		one := g.loaded(g.constant(1))
		g.div(t, one, t)
	}
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := get(i, v, m)
		g.sub(most, x, x)
		if g.narrow {
			g.mul(t, x, x)
		} else {
			g.div(t, x, x)
		}
		g.putFloat64(x, dst, i, v, m)
	})
	g.ret()
}

// lowered emits what a shift and soft labels with margins add to the logits of a row, as
// [preparedLogits] take it.
func (g isa) lowered() {
	g.text("lowered", "func(hi, low, t *T, margin, shift *float64, n int, by A) (most A)",
		"stores (shift - t margin) by as hi + low, hi a multiple of 2^-9, and returns the size of the largest; shift and t "+
			"are 0 where they are nil.")
	hi, low, t, margin, shift := g.param("hi"), g.param("low"), g.param("t"), g.param("margin"), g.param("shift")
	by, most, magic := g.held("by"), g.zeros(1)[0], g.hold(0x1.8p43)
	g.loop(g.param("n"), 1, func(i reg.GPVirtual, v int, m *mask) {
		s, none, alone, size := g.zeros(1)[0], label("none"), label("alone"), g.vec()
		TESTQ(shift, shift)
		JEQ(LabelRef(none))
		g.add(g.getFloat64(shift, i, v, m), s, s)
		Label(none)
		TESTQ(t, t)
		JEQ(LabelRef(alone))
		g.nmadd(g.get(t, i, v, m), g.getFloat64(margin, i, v, m), s)
		Label(alone)
		g.mul(by, s, s)
		g.load(g.abs(), size)
		g.and(s, size, size)
		g.max(most, size, most)
		whole := g.vec()
		g.load(magic, whole)
		g.add(s, whole, whole)
		g.sub(magic, whole, whole)
		g.put(whole, hi, i, v, m)
		g.sub(whole, s, s)
		g.put(s, low, i, v, m)
	})
	g.result(g.reduce(most, g.max), "most")
	g.ret()
}

// largest emits the search for the largest of n elements, NaN aside, and returns it in every lane.
func (g isa) largest(n reg.GPVirtual, get func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual) reg.VecVirtual {
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
	all := g.vec()
	g.bcast(most, all)
	return all
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

// addSquares is for float64.
func (g isa) addSquares() {
	g.text("addSquares", "func(dst, x *float64, n int, f float64) (most float64)",
		"adds f x² to dst, and returns the largest |x|, NaN aside.")
	dst, x, n, f, most := g.param("dst"), g.param("x"), g.param("n"), g.broadcast("f"), g.zeros(1)[0]
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		y, to, square := g.get(x, i, v, m), g.get(dst, i, v, m), g.vec()
		g.mul(f, y, square)
		g.mul(y, square, square)
		g.add(square, to, to)
		g.put(to, dst, i, v, m)
		g.and(g.abs(), y, y)
		g.max(most, y, most)
	})
	g.result(g.reduce(most, g.max), "most")
	g.ret()
}

func (g isa) factors() {
	g.text("factors", "func(dst, x *T, n int, f A)", "stores f x in dst.")
	dst, x, n := g.param("dst"), g.param("x"), g.param("n")
	f := g.broadcast("f")
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(x, i, v, m)
		g.mul(f, y, y)
		g.put(y, dst, i, v, m)
	})
	g.ret()
}

func (g isa) sizes() {
	g.text("sizes", "func(x *A, n int) (least, most A, infinite, negative, zero uint32)",
		"returns the smallest |x| that is not 0 and the largest, NaN aside, and not 0 where an x is not finite, negative,",
		"or 0.")
	x, n := g.param("x"), g.param("n")
	abs, endless, least, most := g.vec(), g.vec(), g.vec(), g.zeros(1)[0]
	g.load(g.abs(), abs)
	g.load(g.infinity(1), endless)
	g.move(endless, least)
	infinite, negative, zero := g.noLanes(), g.noLanes(), g.noLanes()
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		y, size := g.get(x, i, v, m), g.vec()
		g.orInto(g.cmp(ltOQ, g.constant(0), y), negative)
		g.and(abs, y, size)
		g.max(most, size, most)
		g.orInto(g.cmp(nltUQ, endless, size), infinite)
		none := g.cmp(eqOQ, g.constant(0), size)
		g.blend(none, endless, size)
		g.min(least, size, least)
		if m != nil {
			none = g.maskAnd(*m, none)
		}
		g.orInto(none, zero)
	})
	g.result(g.reduce(least, g.min), "least")
	g.result(g.reduce(most, g.max), "most")
	Store(g.maskBits(infinite), Return("infinite"))
	Store(g.maskBits(negative), Return("negative"))
	Store(g.maskBits(zero), Return("zero"))
	g.ret()
}

func (g isa) multiply() {
	g.text("times", "func(dst *float64, x *T, n int)", "multiplies dst by x.")
	dst, x, n := g.param("dst"), g.param("x"), g.param("n")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		y := g.getFloat64(dst, i, v, m)
		g.mul(g.get(x, i, v, m), y, y)
		g.putFloat64(y, dst, i, v, m)
	})
	g.ret()
}

// addEights is for float64.
func (g isa) addEights() {
	g.text("addEights", "func(lanes, x *float64, n, turns, most int) (done int)",
		"adds to the eight lanes as many of x as come in eights without a 0, and returns how many. After so many turns, and",
		"after the most from then on, the lanes go to the sums behind them, and what that loses behind those.")
	lanes, x, left, done := g.param("lanes"), g.param("x"), g.param("n"), GP64()
	turns, most := g.param("turns"), g.param("most")
	var kept [3][]reg.VecVirtual // the lanes, the sums, and what is lost
	each := func(f func(v reg.VecVirtual, at Mem)) {
		for n := range kept {
			for i, v := range kept[n] {
				f(v, Mem{Base: lanes, Disp: 8*8*n + i*g.bytes()})
			}
		}
	}
	for n := range kept {
		for range 8 / g.lanes() {
			kept[n] = append(kept[n], g.vec())
		}
	}
	each(func(v reg.VecVirtual, at Mem) { g.load(at, v) })
	inner := kept[0]
	XORQ(done, done)
	next, end := label("eight"), label("end")
	Label(next)
	SUBQ(Imm(8), left)
	JLT(LabelRef(end))
	zero, any := g.zeros(1)[0], g.noLanes()
	eight := make([]reg.VecVirtual, len(inner))
	for i := range eight {
		eight[i] = g.get(x, done, i, nil)
		g.orInto(g.cmp(eqOQ, zero, eight[i]), any)
	}
	bits := g.maskBits(any)
	TESTL(bits, bits)
	JNE(LabelRef(end))
	for i, v := range eight {
		g.add(v, inner[i], inner[i])
	}
	ADDQ(Imm(8), done)
	DECQ(turns)
	JNE(LabelRef(next))
	for i, v := range inner {
		sum, less := g.vec(), g.vec()
		g.twoSum(kept[1][i], v, sum, less)
		g.move(sum, kept[1][i])
		g.add(less, kept[2][i], kept[2][i])
		g.zero(v)
	}
	MOVQ(most, turns)
	JMP(LabelRef(next))
	Label(end)
	each(func(v reg.VecVirtual, at Mem) { g.store(v, at) })
	Store(done, Return("done"))
	g.ret()
}

func (g isa) widen() {
	g.text("widen", "func(dst *float64, x *T, n int)", "stores x in dst.")
	dst, x, n := g.param("dst"), g.param("x"), g.param("n")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) { g.putFloat64(g.get(x, i, v, m), dst, i, v, m) })
	g.ret()
}

func (g isa) round() {
	g.text("round", "func(dst *T, x *float64, n int)", "stores x in dst, rounded.")
	dst, x, n := g.param("dst"), g.param("x"), g.param("n")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) { g.put(g.getFloat64(x, i, v, m), dst, i, v, m) })
	g.ret()
}
