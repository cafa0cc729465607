package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sparseTile emits the loss of a sparse map for tiles, which have 8 rows of float32: with AVX2 they
// are computed by fours. hot stands for the labels of an index.
func (g isa) sparseTile(n int, hot bool) {
	const args = "h *float64, z, t *T, k, tiles int, scale *T, step int, loss *float64, declined *uint32, lanes *float64)"
	const rest = "the scales of a tile lie step bytes behind those of the last. It overwrites h, room for k vectors. " +
		"declined has, for each tile, the bits of the rows that " + sparseRejected + "."
	if hot {
		g.text(sparseNames[n]+"HotTile", "func(e *T, "+args, "stores the losses of the rows of tiles,",
			"with labels that are a 1 and zeros, and in e scale times the gradients;", rest)
	} else {
		g.text(sparseNames[n]+"Tile", "func(e, labelGrad *T, "+args, "stores the losses of the rows of tiles,",
			"in e scale times the gradients and unless labelGrad is nil those by the labels there;", rest)
	}
	x := sparseTiles{isa: g, in: g.elementTile(), n: n, hot: hot, k: g.param("k")}
	h := g.param("h")
	x.pass(func(lanes reg.GPVirtual, first int) {
		s := x.rows()
		s.tileTop(x.in, x.k, h, x.column(x.z, first))
		g.store(g.loaded(s.top), g.lane(lanes, "Max"))
		g.store(g.loaded(s.start), g.lane(lanes, "Low"))
	}, func() {})
	x.search()
	x.readyLosses()
	x.pass(func(lanes reg.GPVirtual, first int) {
		s := x.rows()
		s.top, s.ties = g.laneOp(lanes, "Max"), g.laneOp(lanes, "Ties")
		s.one, s.shift = g.laneOp(lanes, "High"), g.laneOp(lanes, "Added")
		rejected := x.losses(&s, g.noLanes(), first)
		SHLL(Imm(uint64(first)), rejected)
		ORL(rejected, Mem{Base: g.param("declined")})
	}, func() {
		step := g.param("step")
		ADDQ(step, x.scale)
		ADDQ(Imm(uint64(8*x.in.lanes())), x.loss)
		ADDQ(Imm(4), address(Param("declined")))
		advance(x.k, x.in.bytes(), x.e, x.t)
		where(x.labels, func() { advance(x.k, x.in.bytes(), x.labels) })
	})
	g.ret()
}

// search emits the searches of all rows, a step of all tiles at once: its numbers come out of a
// long chain, for which those of the next tile need not wait.
func (x *sparseTiles) search() {
	g, steps, next, done, open := x.isa, GP64(), label("steps"), label("searched"), GP32()
	x.searchPass(func(s *sparse, lanes reg.GPVirtual, first int) {
		s.top, s.start = g.laneOp(lanes, "Max"), g.laneOp(lanes, "Low")
		count := s.tileList(x.in, x.k, x.h, x.column(x.z, first))
		MOVQ(count, g.lane(lanes, "Near"))
		g.store(g.loaded(s.ties), g.lane(lanes, "Ties"))
		g.keepSearched(s.begin(), lanes)
	})
	MOVQ(I64(mostSteps), steps)
	Label(next)
	XORL(open, open)
	x.searchPass(func(s *sparse, lanes reg.GPVirtual, _ int) {
		settled := label("settled")
		y := g.searched(lanes)
		bits := g.maskBits(y.open)
		TESTL(bits, bits)
		JEQ(LabelRef(settled))
		s.ties = g.laneOp(lanes, "Ties")
		s.listed(x.h, g.lane(lanes, "Near"))
		s.step(y)
		g.keepSearched(y, lanes)
		ORL(g.maskBits(y.open), open)
		Label(settled)
	})
	TESTL(open, open)
	JEQ(LabelRef(done))
	DECQ(steps)
	JNE(LabelRef(next))
	Label(done)
	declined, all := g.param("declined"), GP32()
	x.searchPass(func(s *sparse, lanes reg.GPVirtual, first int) {
		y := g.searched(lanes)
		s.ties = g.laneOp(lanes, "Ties")
		s.listed(x.h, g.lane(lanes, "Near"))
		s.end(y)
		g.store(g.loaded(s.shift), g.lane(lanes, "Added"))
		if first == 0 {
			XORL(all, all)
		}
		s.addRejected(g.maskBits(y.open), first, all)
		MOVL(all, Mem{Base: declined})
		if first+g.lanes() == x.in.lanes() {
			ADDQ(Imm(4), declined)
		}
	})
}

// searchPass is pass with a list of the classes that may have a p for each of the rows that are
// computed together.
func (x *sparseTiles) searchPass(body func(s *sparse, lanes reg.GPVirtual, first int)) {
	x.h = x.param("h")
	x.pass(func(lanes reg.GPVirtual, first int) {
		s := x.rows()
		body(&s, lanes, first)
		advance(x.k, x.isa.column(), x.h)
	}, func() {})
}

// keepSearched stores how far a search has come, and searched loads it.
func (g isa) keepSearched(x searched, lanes reg.GPVirtual) {
	g.store(x.one, g.lane(lanes, "High"))
	g.store(x.shift, g.lane(lanes, "Added"))
	g.store(x.number, g.lane(lanes, "Number"))
	if open := g.lane(lanes, "Open"); g.avx512 {
		KMOVW(x.open.op, open)
	} else {
		g.store(x.open.op, open)
	}
}

func (g isa) searched(lanes reg.GPVirtual) (x searched) {
	x.one, x.shift = g.loaded(g.lane(lanes, "High")), g.loaded(g.lane(lanes, "Added"))
	x.number = g.loaded(g.lane(lanes, "Number"))
	if open := g.lane(lanes, "Open"); g.avx512 {
		x.open = mask{op: K()}
		KMOVW(open, x.open.op)
	} else {
		x.open = mask{op: g.loaded(open)}
	}
	return x
}

// sparseNearTile emits sparseTile for a tile of only the classes that may have a p and, with hot,
// that of the index.
func (g isa) sparseNearTile(n int, hot bool) {
	name, labels := "HotNearTile", "a 1 and zeros"
	params, doc := "e *T, h *float64, z, t *T, k int, scale *T, loss, top, start *float64", ""
	if !hot {
		name, labels = "NearTile", "t"
		params = "e, labelGrad *T, h *float64, z, t *T, k int, scale *T, loss, top, start, one, shift *float64"
		doc = "Unless labelGrad is nil it stores the gradients by the labels there. Labels are not checked."
	}
	g.text(sparseNames[n]+name, "func("+params+") (rejected uint32)",
		"stores the losses of the rows of a tile, with labels that are", labels+", of the classes that may have a p, and in "+
			"e scale times the gradients; top and start are what", sparseNames[n]+"Gather has stored; "+
			"it overwrites h, room for k vectors.", "rejected has the bits of the rows that "+sparseRejected+".", doc)
	x, h, all := sparseTiles{isa: g, in: g.elementTile(), n: n, hot: hot, part: true}, g.param("h"), GP32()
	XORL(all, all)
	x.z, x.k = g.param("z"), g.param("k")
	x.readyLosses()
	for first := 0; first < x.in.lanes(); first += g.lanes() {
		s := x.rows()
		s.top, s.start = g.rowNumber("top", first), g.rowNumber("start", first)
		s.tileList(x.in, x.k, h, x.column(x.z, first))
		unsettled := s.search()
		if !hot {
			g.store(g.loaded(s.one), Mem{Base: g.param("one"), Disp: first * 8})
			g.store(g.loaded(s.shift), Mem{Base: g.param("shift"), Disp: first * 8})
		}
		s.addRejected(x.losses(&s, unsettled, first), first, all)
	}
	Store(all, Return("rejected"))
	g.ret()
}

// sparseTiles is what the parts of sparseTile share.
type sparseTiles struct {
	isa
	in                                 isa // what steps over the columns
	n                                  int // of the map
	hot, part                          bool
	e, h, z, t, k, scale, loss, labels reg.GPVirtual
}

// elementTile is what steps over the columns of a tile of elements.
func (g isa) elementTile() isa {
	if g.narrow {
		return isa{}
	}
	return g
}

// pass is tilePass for the rows from the first one on that are computed together, each with lanes
// of their own; next is done behind each tile.
func (x *sparseTiles) pass(body func(lanes reg.GPVirtual, first int), next func()) {
	x.z = x.param("z")
	x.tilePass(func(at reg.GPVirtual) {
		for first := 0; first < x.in.lanes(); first += x.lanes() {
			if first > 0 {
				ADDQ(U32(uint32(len(lanes)*x.isa.column())), at)
			}
			body(at, first)
		}
		advance(x.k, x.in.bytes(), x.z)
		next()
	})
}

// rows is the map of rows of a tile.
func (x *sparseTiles) rows() sparse {
	return sparse{isa: x.isa, n: x.n, hot: x.hot, part: x.part, classes: "k", zero: x.zeros(1)[0],
		total: func(v reg.VecVirtual) reg.VecVirtual { return v }}
}

// column returns what says where those of a column lie.
func (x *sparseTiles) column(p reg.GPVirtual, first int) func(off reg.GPVirtual) Mem {
	return func(off reg.GPVirtual) Mem { return Mem{Base: p, Index: off, Scale: 1, Disp: first * x.size()} }
}

// readyLosses loads what losses takes.
func (x *sparseTiles) readyLosses() {
	x.e, x.t, x.scale, x.loss = x.param("e"), x.param("t"), x.param("scale"), x.param("loss")
	if !x.hot {
		x.labels = x.param("labelGrad")
	}
}

// losses emits losses and gradients of the rows from the first one on.
func (x *sparseTiles) losses(s *sparse, unsettled mask, first int) (rejected reg.GPVirtual) {
	g, factor := x.isa, x.vec()
	g.fetch(Mem{Base: x.scale, Disp: first * g.size()}, factor)
	s.factor, s.labels = g.park(factor), x.labels
	s.each = func(body func(z, t reg.VecVirtual, put, keep func(d Op)), between func()) {
		x.in.columnBlocks(x.k, func(off reg.GPVirtual) {
			z, t := g.vec(), g.vec()
			g.fetch(x.column(x.z, first)(off), z)
			g.fetch(x.column(x.t, first)(off), t)
			to := func(p reg.GPVirtual) func(d Op) { return func(d Op) { g.leave(d, x.column(p, first)(off)) } }
			body(z, t, to(x.e), to(x.labels))
		}, between)
	}
	loss, rejected := s.losses(unsettled)
	g.store(loss, Mem{Base: x.loss, Disp: first * 8})
	return rejected
}

// addRejected adds the bits of the rows from the first one on to all.
func (s *sparse) addRejected(bits reg.GPVirtual, first int, all reg.GPVirtual) {
	SHLL(Imm(uint64(first)), bits)
	ORL(bits, all)
}

// rowNumber emits numbers of rows from the first one on.
func (g isa) rowNumber(name string, first int) Op {
	v := g.loaded(Mem{Base: g.param(name), Disp: first * 8})
	return g.park(v)
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

// tileList stores in h the columns of x with a class that may have a p, and returns how many.
func (s *sparse) tileList(in isa, k, h reg.GPVirtual, z func(off reg.GPVirtual) Mem) (count reg.GPVirtual) {
	ties, to, some := s.vec(), GP64(), label("some")
	count = GP64()
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
	s.listed(h, count)
	return count
}

// listed takes as the classes that may have a p the columns of x in h.
func (s *sparse) listed(h reg.GPVirtual, count Op) {
	s.near = func(body func(x reg.VecVirtual)) {
		n := GP64()
		MOVQ(count, n)
		s.vectors().columns(n, func(off reg.GPVirtual) {
			x := s.vec()
			s.load(col(h, off), x)
			body(x)
		})
	}
}
