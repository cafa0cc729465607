package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sparseNames are the maps by their exponents.
var sparseNames = [...]string{1: "sparsemax", 2: "entmax"}

// sparseRejected are the rows that kernels leave to the specification.
const sparseRejected = "has an invalid label, a loss that is not finite or no probabilities"

// sparseTile emits the loss of a sparse map for a tile, which has 8 rows of float32: with AVX2 they are computed
// by fours.
func (g isa) sparseTile(n int) {
	g.text(sparseNames[n]+"Tile", "func(e *T, h *float64, z, t *T, k int, scale *T, loss *float64) (rejected uint32)",
		"stores the losses of the rows of a tile and in e the gradients; it overwrites h, room for k vectors. rejected has",
		"the bits of the rows that", sparseRejected+".")
	in, all := g, GP32()
	if g.narrow {
		in = isa{}
	}
	XORL(all, all)
	for first := 0; first < in.lanes(); first += g.lanes() {
		rejected := g.sparseLanes(n, in, first)
		SHLL(Imm(uint64(first)), rejected)
		ORL(rejected, all)
	}
	Store(all, Return("rejected"))
	g.ret()
}

// sparseLanes emits what sparseTile does for the rows from the first one on.
func (g isa) sparseLanes(n int, in isa, first int) (rejected reg.GPVirtual) {
	e, h, z, t, k := g.param("e"), g.param("h"), g.param("z"), g.param("t"), g.param("k")
	column := func(p, off reg.GPVirtual) Mem { return Mem{Base: p, Index: off, Scale: 1, Disp: first * g.size()} }
	gap := func(off reg.GPVirtual) Mem { return Mem{Base: h, Index: off, Scale: uint8(8 / g.size())} }
	s, factor := sparse{isa: g, n: n, zero: g.zeros(1)[0], start: g.constant(0)}, g.vec()
	g.fetch(Mem{Base: g.param("scale"), Disp: first * g.size()}, factor)
	s.factor = g.park(factor)
	s.total = func(v reg.VecVirtual) reg.VecVirtual { return v }
	top := g.vec()
	g.load(g.infinity(-1), top)
	in.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.fetch(column(z, off), x)
		g.max(x, top, top)
	})
	s.top = g.park(top)
	ties := g.vec()
	g.load(g.constant(-1), ties)
	in.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.fetch(column(z, off), x)
		most := g.cmp(eqOQ, s.top, x)
		g.addWhere(most, g.constant(1), ties)
		s.beyond(x)
		g.blend(most, g.constant(-1), x)
		g.store(x, gap(off))
	})
	s.ties = g.park(ties)
	s.near = func(body func(x reg.VecVirtual)) {
		in.columns(k, func(off reg.GPVirtual) {
			x := g.vec()
			g.load(gap(off), x)
			body(x)
		})
	}
	s.each = func(body func(z, t reg.VecVirtual, put func(d Op))) {
		in.columns(k, func(off reg.GPVirtual) {
			x, y := g.vec(), g.vec()
			g.fetch(column(z, off), x)
			g.fetch(column(t, off), y)
			body(x, y, func(d Op) { g.leave(d, column(e, off)) })
		})
	}
	loss, rejected := s.losses(s.search())
	g.store(loss, Mem{Base: g.param("loss"), Disp: first * 8})
	return rejected
}

// sparseRow emits the loss of a sparse map for a row of labels, or of a class.
func (g isa) sparseRow(n int, hot bool) {
	s, label, of := sparse{isa: g, n: n, hot: hot}, "Row", "z, t *T, n int"
	if hot {
		label, of = "Index", "z *T, n, y int"
	}
	g.text(sparseNames[n]+label, "func(grad, "+of+", near *T, f A) (loss float64, rejected uint32)",
		"returns the loss of a row, with the labels t or that of class y, and stores f times the gradient; near is",
		"memory for n elements and a vector. rejected != 0 where the row", sparseRejected+".")
	grad, z, size := g.param("grad"), g.param("z"), g.param("n")
	s.zero, s.factor, s.total = g.zeros(1)[0], g.held("f"), g.sumOfLanes
	s.setTop(z, size)
	s.list(z, size)
	found := s.search()
	s.each = func(body func(z, t reg.VecVirtual, put func(d Op))) {
		labels := g.rowLabels(hot)
		g.loop(size, 1, func(i reg.GPVirtual, v int, m *mask) {
			body(g.getLogits(z, i, v, m), labels(i, v, m), func(d Op) { g.put(d, grad, i, v, m) })
		})
	}
	loss, rejected := s.losses(found)
	g.result(loss, "loss")
	Store(rejected, Return("rejected"))
	g.ret()
}

// sumOfLanes emits the sum of the lanes of v, float64, in each of them. It overwrites v.
func (g isa) sumOfLanes(v reg.VecVirtual) reg.VecVirtual {
	t := g.vec()
	if g.avx512 {
		VSHUFF64X2(Imm(0x4e), v, v, t)
		g.add(t, v, v)
		VSHUFF64X2(Imm(0xb1), v, v, t)
	} else {
		VPERM2F128(Imm(1), v, v, t)
	}
	g.add(t, v, v)
	VPERMILPD(Imm(0x55), v, t)
	g.add(t, v, v)
	return v
}

// rowLabels returns what loads the labels of a vector, or makes those of class y.
func (g isa) rowLabels(hot bool) func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	if !hot {
		t := g.param("t")
		return func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual { return g.get(t, i, v, m) }
	}
	y := g.param("y")
	return func(i reg.GPVirtual, _ int, _ *mask) reg.VecVirtual {
		at, t := GP64(), g.vec()
		MOVQ(y, at)
		SUBQ(i, at)
		g.load(g.constant(1), t)
		g.drop(g.butLane(g.allLanes(), at), t)
		return t
	}
}

// getLogits is get with -Inf past the tail.
func (g isa) getLogits(z, i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x := g.get(z, i, v, m)
	if m == nil {
		return x
	}
	y := g.vec()
	g.load(g.infinity(-1), y)
	g.blend(*m, x, y)
	return y
}

// setTop finds the largest of n logits, and from where on search goes. The δ of a row is no less than that of
// some of its classes, those that are the largest in a lane of m, whose g have the sum Σ y - m δ for y = 1 + x,
// and no larger one than 1 for n = 1 and √m for n = 2.
func (s *sparse) setTop(z, n reg.GPVirtual) {
	in := s.elements()
	lanes := in.rowMax(z, n)
	top, sum, parts := s.vec(), s.zeros(1)[0], []reg.VecVirtual{lanes}
	s.most = in.reduce(lanes, in.max)
	if s.narrow {
		parts = in.halves(lanes)
		wide := XMM()
		VCVTSS2SD(s.most, s.most, wide)
		s.bcast(wide, top)
	} else {
		s.bcast(s.most, top)
	}
	s.top = s.park(top)
	for _, y := range parts {
		s.beyond(y)
		s.add(s.constant(1), y, y)
		s.max(y, s.zero, y)
		s.add(y, sum, sum)
	}
	start, m := s.total(sum), float64(in.lanes())
	s.mul(s.constant(-1/m), start, start)
	s.add(s.constant(math.Pow(m, 1/float64(s.n)-1)), start, start)
	s.min(start, s.zero, start)
	s.start = s.park(start)
}

// elements is what the elements of rows are compared in.
func (g isa) elements() isa { return isa{avx512: g.avx512, f64: g.f64 && !g.narrow} }

// list stores in near the logits of the classes that may have a p, but the maxima, and -Inf behind them.
func (s *sparse) list(z, n reg.GPVirtual) {
	in, at, count := s.elements(), s.param("near"), GP64()
	top, least, limit := in.vec(), in.vec(), s.vec()
	in.bcast(s.most, top)
	s.load(s.constant(-1), limit) // M + n (δ - 1), rounded: no logit that is larger is less than that
	s.sub(s.start, limit, limit)
	if s.n == 2 {
		s.add(limit, limit, limit)
	}
	s.add(s.top, limit, limit)
	if s.narrow {
		limit = s.narrowed(limit)
	}
	in.bcast(limit.AsX(), least)
	MOVQ(I64(-1), count)
	in.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := in.getLogits(z, i, v, m)
		most, some, ties := in.cmp(eqOQ, top, x), in.cmp(nltUQ, least, x), GP64() // NaN too
		in.maskDrop(most, some)
		POPCNTL(in.maskBits(most), ties.As32())
		ADDQ(ties, count)
		in.compress(x, Mem{Base: z, Index: i, Scale: uint8(in.size()), Disp: v * in.bytes()}, some, at)
	})
	end, one, ties := in.vec(), XMM(), s.vec()
	in.load(in.infinity(-1), end)
	in.store(end, Mem{Base: at})
	VXORPD(one, one, one)
	VCVTSI2SDQ(count, one, one)
	s.bcast(one, ties)
	s.ties = s.park(ties)
	near, vectors := s.param("near"), at
	SUBQ(near, vectors)
	SHRQ(Imm(uint64(log2(s.bytes()))), vectors)
	INCQ(vectors)
	s.near = func(body func(x reg.VecVirtual)) {
		s.columns(vectors, func(off reg.GPVirtual) {
			x := s.vec()
			s.fetch(col(near, off), x)
			s.beyond(x)
			body(x)
		})
	}
}

// compress stores the lanes of m of x, which lies in memory, in to, which it moves behind them. It overwrites a
// vector there.
func (g isa) compress(x reg.VecVirtual, from Mem, m mask, to reg.GPVirtual) {
	bits := g.maskBits(m)
	if g.avx512 {
		y := g.vec()
		if g.f64 {
			VCOMPRESSPD_Z(x, m.op, y)
		} else {
			VCOMPRESSPS_Z(x, m.op, y)
		}
		g.store(y, Mem{Base: to})
		POPCNTL(bits, bits)
		LEAQ(Mem{Base: to, Index: bits.As64(), Scale: uint8(g.size())}, to)
		return
	}
	first, element, next, done := GP64(), GP64(), label("lane"), label("none")
	LEAQ(from, first)
	TESTL(bits, bits)
	JEQ(LabelRef(done))
	Label(next)
	lane := GP64()
	BSFL(bits, lane.As32())
	if one := (Mem{Base: first, Index: lane, Scale: uint8(g.size())}); g.f64 {
		MOVQ(one, element)
		MOVQ(element, Mem{Base: to})
	} else {
		MOVL(one, element.As32())
		MOVL(element.As32(), Mem{Base: to})
	}
	ADDQ(Imm(uint64(g.size())), to)
	BLSRL(bits, bits)
	JNE(LabelRef(next))
	Label(done)
}
