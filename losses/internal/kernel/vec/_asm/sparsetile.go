package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sparseTile emits the loss of a sparse map for a tile, which has 8 rows of float32: with AVX2 they
// are computed by fours. hot stands for the labels of an index, near for a tile of only the classes
// that may have a p, and those of an index.
func (g isa) sparseTile(n int, hot, near bool) {
	const losses, rest = "stores the losses of the rows of a tile,", "it overwrites h, room for k vectors."
	rejected := "rejected has the bits of the rows that " + sparseRejected + "."
	switch {
	case near:
		g.text(sparseNames[n]+"NearTile",
			"func(e *T, h *float64, z, t *T, k int, scale *T, loss, top, start *float64) (rejected uint32)", losses,
			"with labels that are a 1 and zeros, of the classes that may have a p and that of the 1, and the gradients in e;",
			"top and start are what", sparseNames[n]+"Top has returned;", rest, rejected)
	case hot:
		g.text(sparseNames[n]+"HotTile", "func(e *T, h *float64, z, t *T, k int, scale *T, loss *float64) (rejected uint32)",
			losses, "with labels that are a 1 and zeros, and in e the gradients;", rest, rejected)
	default:
		g.text(sparseNames[n]+"Tile",
			"func(e, labelGrad *T, h *float64, z, t *T, k int, scale *T, loss *float64) (rejected uint32)", losses,
			"in e the gradients and unless labelGrad is nil those by the labels there;", rest, rejected)
	}
	in, all := g, GP32()
	if g.narrow {
		in = isa{}
	}
	XORL(all, all)
	for first := 0; first < in.lanes(); first += g.lanes() {
		rejected := g.sparseLanes(n, in, first, hot, near)
		SHLL(Imm(uint64(first)), rejected)
		ORL(rejected, all)
	}
	Store(all, Return("rejected"))
	g.ret()
}

// sparseLanes emits what sparseTile does for the rows from the first one on.
func (g isa) sparseLanes(n int, in isa, first int, hot, near bool) (rejected reg.GPVirtual) {
	e, h, z, t, k := g.param("e"), g.param("h"), g.param("z"), g.param("t"), g.param("k")
	column := func(p, off reg.GPVirtual) Mem { return Mem{Base: p, Index: off, Scale: 1, Disp: first * g.size()} }
	s, factor := sparse{isa: g, n: n, hot: hot, classes: "k", zero: g.zeros(1)[0]}, g.vec()
	g.fetch(Mem{Base: g.param("scale"), Disp: first * g.size()}, factor)
	s.factor = g.park(factor)
	s.total = func(v reg.VecVirtual) reg.VecVirtual { return v }
	if near {
		s.top, s.start = g.rowNumber("top", first), g.rowNumber("start", first)
	} else {
		s.tileTop(in, k, h, func(off reg.GPVirtual) Mem { return column(z, off) })
	}
	s.tileList(in, k, h, func(off reg.GPVirtual) Mem { return column(z, off) })
	s.each = func(body func(z, t reg.VecVirtual, put, keep func(d Op)), between func()) {
		if !hot {
			s.labels = g.param("labelGrad")
		}
		in.columnBlocks(k, func(off reg.GPVirtual) {
			x, y := g.vec(), g.vec()
			g.fetch(column(z, off), x)
			g.fetch(column(t, off), y)
			to := func(p reg.GPVirtual) func(d Op) { return func(d Op) { g.leave(d, column(p, off)) } }
			body(x, y, to(e), to(s.labels))
		}, between)
	}
	loss, rejected := s.losses(s.search())
	g.store(loss, Mem{Base: g.param("loss"), Disp: first * 8})
	return rejected
}

// rowNumber emits numbers of rows from the first one on.
func (g isa) rowNumber(name string, first int) Op {
	v := g.vec()
	g.load(Mem{Base: g.param(name), Disp: first * 8}, v)
	return g.park(v)
}

// sparseSearch emits what is behind a sparse map of the rows of a tile.
func (g isa) sparseSearch(n int) {
	g.text(sparseNames[n]+"Search",
		"func(h *float64, z *T, k int, top, start, ties, one, shift *float64) (rejected uint32)",
		"stores how many of the classes of a tile's rows have the largest logit beside one, and what search finds of the "+
			"classes that may have a p, of which top and start are what", sparseNames[n]+"Top has returned; it overwrites h, "+
			"room for k vectors.", "rejected has the bits of the rows where it finds nothing.")
	in, all := g, GP32()
	if g.narrow {
		in = isa{}
	}
	XORL(all, all)
	for first := 0; first < in.lanes(); first += g.lanes() {
		s := sparse{isa: g, n: n, zero: g.zeros(1)[0], total: func(v reg.VecVirtual) reg.VecVirtual { return v }}
		h, z, k := g.param("h"), g.param("z"), g.param("k")
		s.top, s.start = g.rowNumber("top", first), g.rowNumber("start", first)
		s.tileList(in, k, h, func(off reg.GPVirtual) Mem {
			return Mem{Base: z, Index: off, Scale: 1, Disp: first * g.size()}
		})
		rejected := g.maskBits(s.search())
		for i, name := range []string{"ties", "one", "shift"} {
			g.store(g.loaded([]Op{s.ties, s.one, s.shift}[i]), Mem{Base: g.param(name), Disp: first * 8})
		}
		SHLL(Imm(uint64(first)), rejected)
		ORL(rejected, all)
	}
	Store(all, Return("rejected"))
	g.ret()
}

// tileTop emits the maxima of the rows of a tile, and from where search goes on, by the maxima of
// groups of 8 columns, which it stores in h.
func (s *sparse) tileTop(in isa, k, h reg.GPVirtual, z func(off reg.GPVirtual) Mem) {
	const group = 8
	top, most, at, left := s.vec(), s.vec(), GP64(), GP64()
	s.load(s.infinity(-1), top)
	s.load(s.infinity(-1), most)
	XORQ(at, at)
	MOVQ(U32(group), left)
	in.columns(k, func(off reg.GPVirtual) {
		x, same := s.vec(), label("same")
		s.fetch(z(off), x)
		s.max(x, most, most)
		s.max(x, top, top)
		s.store(most, col(h, at))
		DECQ(left)
		JNE(LabelRef(same))
		s.load(s.infinity(-1), most)
		ADDQ(Imm(uint64(s.column())), at)
		MOVQ(U32(group), left)
		Label(same)
	})
	s.top = s.park(top)
	groups, one, m, together := GP64(), XMM(), s.vec(), s.vec()
	LEAQ(Mem{Base: k, Disp: group - 1}, groups)
	SHRQ(Imm(uint64(log2(group))), groups)
	VXORPD(one, one, one)
	VCVTSI2SDQ(groups, one, one)
	s.bcast(one, m)
	s.load(s.constant(1), together)
	if s.n == 2 {
		s.sqrt(m, together)
	}
	sum := s.zeros(1)[0]
	s.vectors().columns(groups, func(off reg.GPVirtual) {
		x := s.vec()
		s.load(col(h, off), x)
		s.addNear(x, sum)
	})
	s.setStart(sum, together, s.inverse(m))
}

// vectors is what steps over vectors of float64.
func (g isa) vectors() isa { return isa{avx512: g.avx512, f64: true} }

// tileList stores in h the columns of x with a class that may have a p.
func (s *sparse) tileList(in isa, k, h reg.GPVirtual, z func(off reg.GPVirtual) Mem) {
	ties, to, some, count := s.vec(), GP64(), label("some"), GP64()
	s.load(s.constant(-1), ties)
	MOVQ(h, to)
	in.columns(k, func(off reg.GPVirtual) {
		x, any := s.vec(), GP64()
		s.fetch(z(off), x)
		most := s.cmp(eqOQ, s.top, x)
		s.addWhere(most, s.constant(1), ties)
		s.beyond(x)
		s.blend(most, s.constant(-1), x)
		s.store(x, Mem{Base: to})
		s.add(s.constant(1), x, x)
		s.add(s.start, x, x)
		bits := s.maskBits(s.cmp(nleUQ, s.zero, x)) // NaN too
		XORQ(any, any)
		TESTL(bits, bits)
		SETNE(any.As8())
		SHLQ(Imm(uint64(log2(s.column()))), any)
		ADDQ(any, to)
	})
	s.ties = s.park(ties)
	CMPQ(to, h)
	JNE(LabelRef(some))
	none := s.vec()
	s.load(s.constant(-1), none)
	s.store(none, Mem{Base: to})
	ADDQ(Imm(uint64(s.column())), to)
	Label(some)
	MOVQ(to, count)
	SUBQ(h, count)
	SHRQ(Imm(uint64(log2(s.column()))), count)
	s.near = func(body func(x reg.VecVirtual)) {
		s.vectors().columns(count, func(off reg.GPVirtual) {
			x := s.vec()
			s.load(col(h, off), x)
			body(x)
		})
	}
}
