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

// sparseRow emits the loss of a sparse map for a row of labels, or of a class.
func (g isa) sparseRow(n int, hot bool) {
	s, kind, of := sparse{isa: g, n: n, hot: hot, classes: "n"}, "Row", "z, t *T, n int"
	if hot {
		kind, of = "Index", "z *T, n, y int"
	}
	grads, doc := "grad, labelGrad, ", "Unless labelGrad is nil it stores the gradients by the labels there."
	if hot {
		grads, doc = "grad, ", ""
	}
	g.text(sparseNames[n]+kind, "func("+grads+of+", near *T, f A) (loss float64, rejected uint32)",
		"returns the loss of a row, with the labels t or that of class y, and stores f times the gradient; near is",
		"memory for n elements and a vector. rejected != 0 where the row", sparseRejected+".", doc)
	s.zero, s.factor, s.total = g.zeros(1)[0], g.held("f"), g.sumOfLanes
	z := g.param("z")
	s.setTop(z, g.param("n"))
	s.list(z, g.param("n"))
	s.ofRow(s.search())
}

// ofRow emits the loss and the gradients of a row, and ends the kernel.
func (s *sparse) ofRow(unsettled mask) {
	g := s.isa
	s.each = func(body func(z, t reg.VecVirtual, put, keep func(d Op)), between func()) {
		z, grad, labels := g.param("z"), g.param("grad"), g.rowLabels(s.hot)
		if !s.hot {
			s.labels = g.param("labelGrad")
		}
		g.blocks(g.param("n"), func(i reg.GPVirtual, v int, m *mask) {
			to := func(p reg.GPVirtual) func(d Op) { return func(d Op) { g.put(d, p, i, v, m) } }
			body(g.getLogits(z, i, v, m), labels(i, v, m), to(grad), to(s.labels))
		}, between)
	}
	s.own = func() reg.VecVirtual {
		own := g.loaded(g.constant(1))
		if !s.hot {
			g.fetchOne(Mem{Base: g.param("t"), Index: s.at, Scale: uint8(g.size())}, own)
			return own
		}
		top := label("top")
		CMPQ(s.at, g.param("y"))
		JEQ(LabelRef(top))
		g.zero(own)
		Label(top)
		return own
	}
	s.put = func(d Op) { g.leaveOne(d, Mem{Base: g.param("grad"), Index: s.at, Scale: uint8(g.size())}) }
	loss, rejected := s.losses(unsettled)
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

// fetchOne and leaveOne move a number from memory to all lanes, and one from a lane.
func (g isa) fetchOne(from Mem, dst reg.VecVirtual) {
	if !g.narrow {
		g.bcast(from, dst)
		return
	}
	x := XMM()
	VMOVSS(from, x)
	VCVTSS2SD(x, x, x)
	g.bcast(x, dst)
}

func (g isa) leaveOne(src Op, to Mem) {
	if g.narrow {
		VMOVSS(g.narrowed(src).AsX(), to)
		return
	}
	VMOVSD(src.(reg.VecVirtual).AsX(), to)
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
	y := g.loaded(g.infinity(-1))
	g.blend(*m, x, y)
	return y
}

// setTop finds the largest of n logits, and from where search goes on, by the largest in each of 16
// groups, of float64 with AVX2 8.
func (s *sparse) setTop(z, n reg.GPVirtual) {
	in := s.elements()
	parts := in.rowMosts(n, func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual { return in.get(z, i, v, m) })
	top, sum, lanes, groups := s.vec(), s.zeros(1)[0], in.vec(), 2*in.lanes()
	in.max(parts[0], parts[1], lanes)
	if s.narrow {
		parts, groups = in.halves(lanes), in.lanes()
	}
	s.most = in.reduce(lanes, in.max)
	if s.narrow {
		wide := XMM()
		VCVTSS2SD(s.most, s.most, wide)
		s.bcast(wide, top)
	} else {
		s.bcast(s.most, top)
	}
	s.top = s.park(top)
	for _, x := range parts {
		s.addNear(x, sum)
	}
	m := float64(groups)
	s.setStart(s.total(sum), s.constant(math.Pow(m, 1-1/float64(s.n))), s.constant(1/m))
	s.lowerStart(parts)
}

// lowerStart takes a step of Newton's from start, of Σ p = 1 over classes of which it has the max(1
// + x, 0): as that is convex in the shift, what was no less than the root stays so, and that no
// less than the shift of all classes, but for roundings, for which limit has room. It overwrites
// parts.
func (s *sparse) lowerStart(parts []reg.VecVirtual) {
	sums := s.zeros(2)
	excess, slope, step := sums[0], sums[1], s.vec()
	for _, g := range parts {
		s.add(s.start, g, g)
		if s.n == 1 {
			s.addWhere(s.cmp(gtOQ, s.zero, g), s.constant(1), slope)
		}
		s.max(g, s.zero, g)
		if s.n == 1 {
			s.add(g, excess, excess)
		} else {
			s.add(g, slope, slope)
			s.madd(g, g, excess)
		}
	}
	excess, slope = s.total(excess), s.total(slope)
	if s.n == 2 {
		s.add(slope, slope, slope)
	}
	s.sub(s.constant(1), excess, excess)
	s.div(slope, excess, step)
	s.max(step, s.zero, step)
	start := s.vec()
	s.load(s.start, start)
	s.sub(step, start, start)
	s.start = s.park(start)
}

// addNear adds max(1 + x, 0) of logits, which it overwrites, to sum.
func (s *sparse) addNear(z, sum reg.VecVirtual) {
	s.beyond(z)
	s.add(s.constant(1), z, z)
	s.max(z, s.zero, z)
	s.add(z, sum, sum)
}

// setStart emits from where search goes on: of m classes, with the sum of max(1 + x, 0), the g are
// together no more than most, 1 for n = 1 and √m for n = 2, so that shift is at most (most -
// sum)/m. It overwrites sum.
func (s *sparse) setStart(sum reg.VecVirtual, most, byM Op) {
	start := s.vec()
	s.load(most, start)
	s.sub(sum, start, start)
	s.mul(byM, start, start)
	s.min(start, s.zero, start)
	s.start = s.park(start)
}

// elements is what the elements of rows are compared in.
func (g isa) elements() isa { return isa{avx512: g.avx512, f64: g.f64 && !g.narrow} }

// least returns what no logit is less than whose class may have a p: in all lanes of elements.
func (s *sparse) least() reg.VecVirtual {
	in, limit := s.elements(), s.limit()
	least := in.vec()
	in.bcast(limit.AsX(), least)
	return least
}

// limit returns least in as many lanes as numbers have.
func (s *sparse) limit() reg.VecVirtual {
	limit := s.vec()
	s.load(s.constant(-1-0x1p-40), limit) // M + n (δ - 1), rounded: no logit that is larger is less than that
	s.sub(s.start, limit, limit)
	if s.n == 2 {
		s.add(limit, limit, limit)
	}
	s.add(s.top, limit, limit)
	if s.narrow {
		return s.narrowed(limit)
	}
	return limit
}

// list stores in near the logits of the classes that may have a p, but the maxima, and -Inf behind
// them.
func (s *sparse) list(z, n reg.GPVirtual) {
	in, at, count := s.elements(), s.param("near"), GP64()
	top, least := in.vec(), s.least()
	in.bcast(s.most, top)
	s.at = GP64()
	XORQ(s.at, s.at)
	MOVQ(I64(-1), count)
	in.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := in.getLogits(z, i, v, m)
		most, some, ties := in.cmp(eqOQ, top, x), in.cmp(nltUQ, least, x), GP64() // NaN too
		if m != nil {
			// Where nothing is finite, what is past the tail would pass both.
			most, some = in.maskAnd(*m, most), in.maskAnd(*m, some)
		}
		in.maskDrop(most, some)
		bits, first := in.maskBits(most), GP64()
		POPCNTL(bits, ties.As32())
		ADDQ(ties, count)
		XORL(first.As32(), first.As32())
		BSFL(bits, first.As32())
		LEAQ(Mem{Base: i, Index: first, Scale: 1, Disp: v * in.lanes()}, first)
		CMOVQNE(first, s.at)
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

// compress stores the lanes of m of x, which lies in memory, in to, which it moves behind them. It
// overwrites a vector there.
func (g isa) compress(x reg.VecVirtual, from Mem, m mask, to reg.GPVirtual) {
	bits := g.maskBits(m)
	if g.avx512 {
		y := g.vec()
		g.compressed(x, m, y)
		g.store(y, Mem{Base: to})
		POPCNTL(bits, bits)
		LEAQ(Mem{Base: to, Index: bits.As64(), Scale: uint8(g.size())}, to)
		return
	}
	lane := GP64()
	g.eachBit(bits, lane, func() {
		ADDQ(from.Index, lane)
		from.Index = lane
		g.moveOne(from, lane, Mem{Base: to})
		ADDQ(Imm(uint64(g.size())), to)
	})
}

// compressed stores the lanes of m of x in the first ones of dst, with AVX-512.
func (g isa) compressed(x reg.VecVirtual, m mask, dst reg.VecVirtual) {
	if g.f64 {
		VCOMPRESSPD_Z(x, m.op, dst)
	} else {
		VCOMPRESSPS_Z(x, m.op, dst)
	}
}

// moveOne moves an element by way of x.
func (g isa) moveOne(from Mem, x reg.GPVirtual, to Mem) {
	if g.size() == 8 {
		MOVQ(from, x)
		MOVQ(x, to)
		return
	}
	MOVL(from, x.As32())
	MOVL(x.As32(), to)
}

// eachBit emits body for the places of all bits, which it clears. Place is a register for them.
func (g isa) eachBit(bits, place reg.GPVirtual, body func()) {
	next, done := label("found"), label("none")
	Label(next)
	BSFL(bits, place.As32())
	JEQ(LabelRef(done))
	BLSRL(bits, bits)
	body()
	JMP(LabelRef(next))
	Label(done)
}
