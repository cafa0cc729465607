package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sparseNames are the maps by their exponents.
var sparseNames = [...]string{1: "sparsemax", 2: "entmax"}

// sparseRejected are the rows that kernels leave to the specification.
const sparseRejected = "has an invalid label, a loss that is not finite or no probabilities"

// sparseTile emits the loss of a sparse map for a tile.
func (g isa) sparseTile(n int) {
	g.text(sparseNames[n]+"Tile", "func(e, h, z, t *A, k int, lanes *A) (rejected uint32)",
		"stores the losses in lanes and the gradients in e; it overwrites h. rejected has the bits of the rows that",
		sparseRejected+".")
	e, h, z, t, k, lanes := g.param("e"), g.param("h"), g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	s := sparse{isa: g, n: n, zero: g.zeros(1)[0], factor: g.holdLane(lanes, "Scale")}
	s.total = func(v reg.VecVirtual) reg.VecVirtual { return v }
	top := g.vec()
	g.load(g.infinity(-1), top)
	g.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.load(col(z, off), x)
		g.max(x, top, top)
	})
	s.top = g.park(top)
	ties := g.vec()
	g.load(g.constant(-1), ties)
	g.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.load(col(z, off), x)
		most := g.cmp(eqOQ, s.top, x)
		g.addWhere(most, g.constant(1), ties)
		s.beyond(x)
		g.blend(most, g.constant(-1), x)
		g.store(x, col(h, off))
	})
	s.ties = g.park(ties)
	s.near = func(body func(x reg.VecVirtual)) {
		g.columns(k, func(off reg.GPVirtual) {
			x := g.vec()
			g.load(col(h, off), x)
			body(x)
		})
	}
	s.each = func(body func(z, t reg.VecVirtual, put func(d Op))) {
		g.columns(k, func(off reg.GPVirtual) {
			x, y := g.vec(), g.vec()
			g.load(col(z, off), x)
			g.load(col(t, off), y)
			body(x, y, func(d Op) { g.store(d, col(e, off)) })
		})
	}
	rejected := s.search()
	g.store(s.losses(rejected), g.lane(lanes, "Loss"))
	Store(g.maskBits(rejected), Return("rejected"))
	g.ret()
}

// sparseRow emits the loss of a sparse map for a row of labels, or of a class.
func (g isa) sparseRow(n int, hot bool) {
	s, label, of := sparse{isa: g, n: n, hot: hot}, "Row", "z, t *T, n int"
	if hot {
		label, of = "Index", "z *T, n, y int"
	}
	g.text(sparseNames[n]+label, "func(grad, "+of+", near *float64, f A) (loss float64, rejected uint32)",
		"returns the loss of a row, with the labels t or that of class y, and stores f times the gradient; near is",
		"memory for n - 1 numbers and a vector. rejected != 0 where the row", sparseRejected+".")
	grad, z, size := g.param("grad"), g.param("z"), g.param("n")
	s.zero, s.factor, s.total = g.zeros(1)[0], g.held("f"), g.sumOfLanes
	s.setTop(z, size)
	s.list(z, size)
	rejected := s.search()
	s.each = func(body func(z, t reg.VecVirtual, put func(d Op))) {
		labels := g.rowLabels(hot)
		g.loop(size, 1, func(i reg.GPVirtual, v int, m *mask) {
			body(g.getLogits(z, i, v, m), labels(i, v, m), func(d Op) { g.put(d, grad, i, v, m) })
		})
	}
	g.result(s.losses(rejected), "loss")
	Store(g.maskBits(rejected), Return("rejected"))
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

// setTop finds the largest of n logits.
func (s *sparse) setTop(z, n reg.GPVirtual) {
	in := isa{avx512: s.avx512, f64: s.f64 && !s.narrow}
	most, top := in.reduce(in.rowMax(z, n), in.max), s.vec()
	if s.narrow {
		VCVTSS2SD(most, most, most)
	}
	s.bcast(most, top)
	s.top = s.park(top)
}

// list stores in near, one behind the other, the x of classes that may have a p, which are in (-1, 0).
func (s *sparse) list(z, n reg.GPVirtual) {
	at, ties := s.param("near"), s.zeros(1)[0]
	s.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		x := s.getLogits(z, i, v, m)
		most := s.cmp(eqOQ, s.top, x)
		s.addWhere(most, s.constant(1), ties)
		s.beyond(x)
		some := s.cmp(nleUQ, s.constant(-1), x) // NaN too
		s.maskDrop(most, some)
		s.compress(x, some, at)
	})
	end := s.vec()
	s.load(s.constant(-1), end)
	s.store(end, Mem{Base: at})
	ties = s.total(ties)
	s.sub(s.constant(1), ties, ties)
	s.ties = s.park(ties)
	near, count := s.param("near"), at
	SUBQ(near, count)
	SHRQ(Imm(uint64(log2(s.column()))), count)
	INCQ(count)
	s.near = func(body func(x reg.VecVirtual)) {
		isa{avx512: s.avx512, f64: true}.columns(count, func(off reg.GPVirtual) {
			x := s.vec()
			s.load(col(near, off), x)
			body(x)
		})
	}
}

// compress stores the lanes of m of x, float64, at a place, which it moves behind them; it overwrites a vector
// of memory.
func (g isa) compress(x reg.VecVirtual, m mask, at reg.GPVirtual) {
	bits, y := g.maskBits(m), g.vec()
	if g.avx512 {
		VCOMPRESSPD_Z(x, m.op, y)
	} else {
		table, order := GP64(), YMM()
		LEAQ(compressTable(), table)
		place := GP64()
		MOVL(bits, place.As32())
		SHLQ(Imm(5), place)
		VMOVUPS(Mem{Base: table, Index: place, Scale: 1}, order)
		VPERMPS(x, order, y)
	}
	g.store(y, Mem{Base: at})
	POPCNTL(bits, bits)
	LEAQ(Mem{Base: at, Index: bits.As64(), Scale: 8}, at)
}

// compressTable has, for each set of 4 lanes of float64, where VPERMPS finds the two halves of each.
func compressTable() Mem {
	const name = "compress"
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for set := range 16 {
		to := 0
		for lane := range 4 {
			if set>>lane&1 != 0 {
				DATA(32*set+8*to, U32(2*lane))
				DATA(32*set+8*to+4, U32(2*lane+1))
				to++
			}
		}
		for ; to < 4; to++ {
			DATA(32*set+8*to, U64(0))
		}
	}
	constants[name] = m
	return m
}
