package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (g isa) labelSums() {
	g.text("labelSums", "func(t *T, n int) (mass float64, nnz A, bad uint32)",
		"returns Σ t, the number of t > 0, and bad as expsDot does.")
	mass, nnz, bad := g.sumsOfLabels(g.param("t"), g.param("n"), func(count func()) { count() })
	doubleResult(mass, "mass")
	g.result(nnz, "nnz")
	Store(bad, Return("bad"))
	g.ret()
}

// sumsOfLabels emits labelSums, numbers in the lowest lane, mass in float64. What counts is emitted
// by when.
func (g isa) sumsOfLabels(t, n reg.GPVirtual, when func(count func())) (
	mass, positive reg.VecVirtual, invalid reg.GPVirtual) {
	const unroll = 2
	wide := isa{avx512: g.avx512, f64: true}
	sum, nnz := wide.zeros(unroll*8/g.size()), g.zeros(unroll)
	zero, bad, one := g.zeros(1)[0], g.noLanes(), g.constant(1)
	g.loop(n, unroll, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		g.orInto(g.invalid(x), bad)
		for j, part := range g.doubles(x) {
			wide.add(part, sum[v+unroll*j], sum[v+unroll*j])
		}
		when(func() { g.addWhere(g.cmp(gtOQ, zero, x), one, nnz[v]) })
	})
	return wide.total(sum), g.total(nnz), g.maskBits(bad)
}

func (g isa) positives() {
	g.text("positives", "func(t *T, n int) (count int)", "returns how many t are above 0.")
	t, n, count, zero := g.param("t"), g.param("n"), GP64(), g.zeros(1)[0]
	XORQ(count, count)
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		bits := g.maskBits(g.cmp(gtOQ, zero, g.get(t, i, v, m)))
		POPCNTL(bits, bits)
		ADDQ(bits.As64(), count)
	})
	Store(count, Return("count"))
	g.ret()
}

func (g isa) smooth() {
	g.text("smooth", "func(dst, t *T, n int, keep, cut, add A)", "stores max(keep t - cut, 0) + add in dst.")
	g.smoothRow(g.param("dst"), g.param("t"), g.param("n"), g.broadcast("keep"), g.broadcast("cut"), g.broadcast("add"))
	g.ret()
}

// smoothRow is smooth with the numbers in every lane.
func (g isa) smoothRow(dst, t, n reg.GPVirtual, keep, cut, add reg.VecVirtual) {
	zero := g.zeros(1)[0]
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		g.msub(cut, keep, x)
		g.max(zero, x, x)
		g.add(add, x, x)
		g.put(x, dst, i, v, m)
	})
}

// smoothRows emits labelSums and smooth for rows, of which each is smoothed by its own sums.
func (g isa) smoothRows() {
	g.text("smoothRows", "func(dst, t *T, k, n int, keep A, cut, add, addMass float64) (done int)",
		"stores max(keep t - cut/nnz, 0) + add + addMass Σ t in dst, of n rows of k elements, nnz the number of t > 0 in "+
			"the row, 1 for none. It ends before a row with an invalid label or an infinite sum, and returns how many it "+
			"has done.")
	dst, t, k, keep := g.param("dst"), g.param("t"), g.param("k"), g.broadcast("keep")
	w, done, end, cuts := isa{avx512: g.avx512, f64: true}, GP64(), label("end"), GP64()
	XORQ(done, done)
	MOVQ(address(Param("cut")), cuts)
	g.eachRow(k, g.param("n"), []reg.GPVirtual{dst, t}, nil, func() {
		mass, nnz, bad := g.sumsOfLabels(t, k, func(count func()) { where(cuts, count) })
		TESTL(bad, bad)
		JNE(LabelRef(end))
		VUCOMISD(w.constant(math.MaxFloat64), mass.AsX())
		JA(LabelRef(end))
		positive, cut, add := g.wideNumber(nnz), XMM(), XMM()
		VMAXSD(w.constant(1), positive, positive)
		VMOVSD(address(Param("cut")), cut)
		VDIVSD(positive, cut, cut)
		VMULSD(address(Param("addMass")), mass.AsX(), add)
		VADDSD(address(Param("add")), add, add)
		g.smoothRow(dst, t, k, keep, g.everyLane(cut), g.everyLane(add))
		INCQ(done)
	})
	Label(end)
	Store(done, Return("done"))
	g.ret()
}

// smoothAlike emits smooth without a cut, for labels that it looks at while it reads them.
func (g isa) smoothAlike() {
	g.text("smoothAlike", "func(dst, t *T, n int, keep, add A) (odd uint32)",
		"stores keep t + add in dst. odd is 0 only where no t has a sign, and all are numbers with a sum that is one.")
	dst, t, n := g.param("dst"), g.param("t"), g.param("n")
	keep, add, signs, sums := g.broadcast("keep"), g.broadcast("add"), g.zeros(1)[0], g.zeros(2)
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		g.or(x, signs, signs)
		g.add(x, sums[v%2], sums[v%2])
		g.mul(keep, x, x)
		g.add(add, x, x)
		g.put(x, dst, i, v, m)
	})
	sum, odd := g.total(sums), GP32()
	XORL(odd, odd)
	g.pick(VSUBSS, VSUBSD, sum, sum, sum) // NaN of what is none or infinite
	g.compare(sum, sum)
	SETPS(odd.As8())
	ORL(g.signBits(signs), odd)
	Store(odd, Return("odd"))
	g.ret()
}

func (g isa) tileSmooth() {
	g.text("tileSmooth", "func(t *T, k, tiles int, keep, cut, add, addMass A, bad *uint32)",
		"replaces t by max(keep t - cut/nnz, 0) + add + addMass Σ t, nnz the number of t > 0 in the row,",
		"with cut/nnz = 0 where there is none; bad has, for each tile, the bits of the rows with an invalid label or, "+
			"where it is taken, an infinite sum.")
	t, k, rejected := g.param("t"), g.param("k"), g.param("bad")
	zero, one := g.zeros(1)[0], g.constant(1)
	g.eachTile(k, t, func() {
		sum, nnz, bad, summed := g.compensated(), g.zeros(1)[0], g.noLanes(), label("summed")
		g.unlessZero([]string{"cut", "addMass"}, summed)
		g.columns(k, func(off reg.GPVirtual) {
			x := g.loaded(col(t, off))
			g.addWhere(g.cmp(gtOQ, zero, x), one, nnz)
			g.addTo(sum, x)
		})
		Label(summed)
		mass := g.value(sum)
		inf := g.loaded(g.infinity(1))
		g.orInto(g.cmp(nltUQ, inf, mass), bad)
		keep, cut, add := g.broadcast("keep"), g.broadcast("cut"), g.broadcast("add")
		g.madd(g.broadcast("addMass"), mass, add)
		g.max(one, nnz, nnz)
		g.div(nnz, cut, cut)
		g.columns(k, func(off reg.GPVirtual) {
			x := g.loaded(col(t, off))
			g.orInto(g.invalid(x), bad)
			g.msub(cut, keep, x)
			g.max(zero, x, x)
			g.add(add, x, x)
			g.store(x, col(t, off))
		})
		MOVL(g.maskBits(bad), Mem{Base: rejected})
		ADDQ(Imm(4), rejected)
	})
	g.ret()
}

// unlessZero jumps to done where all those parameters are 0.
func (g isa) unlessZero(numbers []string, done string) {
	bits, move, or := reg.Register(GP32()), MOVL, ORL
	if g.f64 {
		bits, move, or = GP64(), MOVQ, ORQ
	}
	move(address(Param(numbers[0])), bits)
	for _, x := range numbers[1:] {
		or(address(Param(x)), bits)
	}
	JEQ(LabelRef(done))
}

func (g isa) tileWeigh() {
	g.text("tileWeigh", "func(t *T, w *float64, k, tiles int)",
		"multiplies the columns of tiles by w. What is no label makes none.")
	t, w, k, class, halves := g.param("t"), g.param("w"), g.param("k"), GP64(), 1
	if g.narrow { // whose columns fill two vectors of float64
		halves = 2
	}
	tiles, next, column := g.param("tiles"), label("tile"), label("column")
	Label(next)
	XORQ(class, class)
	Label(column)
	y := g.vec()
	VBROADCASTSD(Mem{Base: w, Index: class, Scale: 8}, y)
	for i := range halves {
		x := g.vec()
		g.fetch(Mem{Base: t, Disp: i * g.bytes()}, x)
		g.mul(y, x, x)
		g.leave(x, Mem{Base: t, Disp: i * g.bytes()})
	}
	ADDQ(Imm(uint64(halves*g.bytes())), t)
	INCQ(class)
	CMPQ(class, k)
	JNE(LabelRef(column))
	DECQ(tiles)
	JNE(LabelRef(next))
	g.ret()
}

// eachTile emits body for the tiles at t, which it moves to the next one.
func (g isa) eachTile(k, t reg.GPVirtual, body func()) {
	tiles, next := g.param("tiles"), label("tile")
	Label(next)
	body()
	advance(k, g.column(), t)
	DECQ(tiles)
	JNE(LabelRef(next))
}

func (g isa) weightedSum() {
	g.text("weightedSum", "func(t *T, w *float64, n int) (plain, weighted float64, bad uint32)",
		"returns Σ t, Σ w t, and bad as expsDot does.")
	t, w, n := g.param("t"), g.param("w"), g.param("n")
	plain, weighted, bad := g.zeros(4), g.zeros(4), g.noLanes()
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
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

func (g isa) weighRows() {
	g.text("weighRows", "func(dst, t *T, w *float64, k, n int) (done int)",
		"stores w t in dst, of n rows of k elements. It ends at a row with an invalid label, and returns how many it has "+
			"done before.")
	dst, t, w, k := g.param("dst"), g.param("t"), g.param("w"), g.param("k")
	done, end := GP64(), label("end")
	XORQ(done, done)
	g.eachRow(k, g.param("n"), []reg.GPVirtual{dst, t}, nil, func() {
		bad := g.noLanes()
		g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
			x := g.get(t, i, v, m)
			g.orInto(g.invalid(x), bad)
			g.mul(g.getFloat64(w, i, v, m), x, x)
			g.put(x, dst, i, v, m)
		})
		bits := g.maskBits(bad)
		TESTL(bits, bits)
		JNE(LabelRef(end))
		INCQ(done)
	})
	Label(end)
	Store(done, Return("done"))
	g.ret()
}

func (g isa) mixRows() {
	g.text("mixRows", "func(dst, t *T, w *float64, k, n int, keep, add A) (done int)",
		"stores keep t + add (Σ t) w in dst, of n rows of k elements. It ends before a row with an invalid label, and "+
			"returns how many it has done.")
	dst, t, w, k, keep := g.param("dst"), g.param("t"), g.param("w"), g.param("k"), g.broadcast("keep")
	done, end := GP64(), label("end")
	XORQ(done, done)
	g.eachRow(k, g.param("n"), []reg.GPVirtual{dst, t}, nil, func() {
		sum, bad, add := g.zeros(4), g.noLanes(), g.vec()
		g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
			x := g.get(t, i, v, m)
			g.orInto(g.invalid(x), bad)
			g.add(x, sum[v], sum[v])
		})
		bits := g.maskBits(bad)
		TESTL(bits, bits)
		JNE(LabelRef(end))
		g.bcast(g.total(sum).AsX(), add)
		g.mul(g.broadcast("add"), add, add)
		g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
			x := g.get(t, i, v, m)
			y := g.getFloat64(w, i, v, m)
			g.mul(add, y, y)
			g.horner(y, keep, x)
			g.put(x, dst, i, v, m)
		})
		INCQ(done)
	})
	Label(end)
	Store(done, Return("done"))
	g.ret()
}

// smoothElements emits the labels of both classes of elements.
func (g isa) smoothElements() {
	g.text("smoothElements", "func(yes, no, t *T, w *A, n int, keep, add, addYes, addNo A) (bad uint32)",
		"stores keep y + add + addYes (y + u) in yes and keep u + add + addNo (y + u) in no, for y = w t, t where w is "+
			"nil, and u = 1-t; bad != 0 when a t is not in [0, 1].")
	yes, no, t, w, n := g.param("yes"), g.param("no"), g.param("t"), g.param("w"), g.param("n")
	keep, add, addYes, addNo := g.held("keep"), g.held("add"), g.held("addYes"), g.held("addNo")
	bad := GP32()
	XORL(bad, bad)
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		y, u, sum := g.get(t, i, v, m), g.vec(), g.vec()
		g.other(y, u)
		g.orOutside(y, u, bad)
		plain := label("plain")
		TESTQ(w, w)
		JEQ(LabelRef(plain))
		g.mul(g.getFloat64(w, i, v, m), y, y)
		Label(plain)
		g.add(y, u, sum)
		for _, x := range []struct {
			label reg.VecVirtual
			share Op
			to    reg.GPVirtual
		}{{y, addYes, yes}, {u, addNo, no}} {
			out := g.vec()
			g.load(add, out)
			g.madd(x.share, sum, out)
			g.madd(keep, x.label, out)
			g.put(out, x.to, i, v, m)
		}
	})
	Store(bad, Return("bad"))
	g.ret()
}
