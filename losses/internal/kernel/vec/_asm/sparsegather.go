package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	mostNear   = 128           // a row of a tile has fewer classes that may have a p
	nearStride = mostNear + 16 // how many elements behind the list of a row that of the next one lies
)

// sparseGather emits what makes a tile of the classes of rows that may have a p, with their labels
// or, with hot, for an index.
func (g isa) sparseGather(n int, hot bool) {
	name, args, doc := "Gather", "z, t *T, k, rows int", "and in labels their labels, 0 there"
	if hot {
		name, args, doc = "HotGather", "z *T, k, rows int, index *int", "and before them that of the class of index"
	}
	g.text(sparseNames[n]+name,
		"func(tile, "+map[bool]string{false: "labels, "}[hot]+"lists *T, at *int32, counts *int, top, start *float64, "+args+
			") (columns int)",
		"stores in the columns of a tile the logits of rows of k classes that may have a p, -Inf behind them,", doc+
			"; in at the classes, of each row nearStride behind the last, in counts how many these are, of a row of too many "+
			"mostNear; in top the largest logits, M, and in start where search begins: classes of a logit below M + n (-1 - "+
			"start) have no p. Rows behind the last one are that again. It overwrites lists, rows as those of at, twice as "+
			"many as the tile has, and returns how many columns there are.")
	x, columns := nearLists{isa: g, in: g.elements(), hot: hot, row: GP64()}, GP64()
	MOVQ(I64(1), columns)
	x.pass(func(z reg.GPVirtual) {
		s := sparse{isa: g, n: n, zero: g.zeros(1)[0], total: g.sumOfLanes}
		s.setTop(z, g.param("k"))
		VMOVSD(g.loaded(s.top).AsX(), x.number("top", 8))
		VMOVSD(g.loaded(s.start).AsX(), x.number("start", 8))
	}, func(step reg.GPVirtual) {})
	x.pass(func(z reg.GPVirtual) {
		if hot {
			x.own = GP64()
			MOVQ(Mem{Base: g.param("index")}, x.own)
			g.moveOne(at(z, x.own, g, 0), GP64(), x.number("tile", g.size()))
		}
		s := sparse{isa: g, n: n, top: x.ofRow("top"), start: x.ofRow("start")}
		count, most, none := x.list(z, s.least()), GP64(), GP64()
		XORQ(none, none)
		MOVQ(U32(mostNear), most)
		CMPQ(count, most)
		CMOVQGE(most, count)
		MOVQ(count, x.number("counts", 8))
		CMOVQGE(none, count)
		CMPQ(columns, count)
		CMOVQLT(count, columns)
	}, func(step reg.GPVirtual) {
		if hot {
			ADDQ(Imm(8), address(Param("index")))
		} else {
			ADDQ(step, address(Param("t")))
		}
	})
	x.fill(columns)
	x.transpose(columns)
	g.ret()
}

// nearLists is what the parts of sparseGather share.
type nearLists struct {
	isa
	in  isa // of the logits
	hot bool
	row reg.GPVirtual // which one
	own reg.GPVirtual // its class, with hot
}

// labels is how far the labels of the lists lie behind the logits.
func (x *nearLists) labels() int { return x.elementTile().lanes() * nearStride * x.size() }

// pass emits body for all rows, and next where one follows, of which the logits lie p bytes behind:
// what one waits for in a long chain, those of the next need not wait for.
func (x *nearLists) pass(body, next func(p reg.GPVirtual)) {
	z, rows, again, last := x.param("z"), x.param("rows"), label("row"), label("last")
	XORQ(x.row, x.row)
	Label(again)
	body(z)
	DECQ(rows)
	JLE(LabelRef(last))
	step := x.param("k")
	SHLQ(Imm(uint64(log2(x.size()))), step)
	ADDQ(step, z)
	next(step)
	Label(last)
	x.eachRow(again)
}

// eachRow repeats what follows a label for the next row of the tile.
func (x *nearLists) eachRow(next string) {
	INCQ(x.row)
	CMPQ(x.row, Imm(uint64(x.elementTile().lanes())))
	JLT(LabelRef(next))
}

// number returns where a parameter has what there is one of a row, of that size.
func (x *nearLists) number(name string, size int) Mem {
	return Mem{Base: x.param(name), Index: x.row, Scale: uint8(size)}
}

// of returns where in a parameter the row lies, in elements of that size.
func (x *nearLists) of(name string, size int) reg.GPVirtual {
	p := GP64()
	IMUL3Q(U32(uint32(nearStride*size)), x.row, p)
	ADDQ(x.param(name), p)
	return p
}

// list stores the logits of the row, at z, that are not less than least, but its own class's, with
// their labels and classes, and returns how many these are, or as many as mostNear or more.
func (x *nearLists) list(z reg.GPVirtual, least Op) (count reg.GPVirtual) {
	g, t, full := x.in, reg.GPVirtual(nil), label("full")
	if !x.hot {
		t = x.param("t")
	}
	to, classes, count, class := x.of("lists", g.size()), x.of("at", 4), GP64(), GP64()
	XORQ(count, count)
	add := func(n Op) {
		ADDQ(n, count)
		CMPQ(count, U32(mostNear))
		JGE(LabelRef(full))
	}
	store := func(i reg.GPVirtual, _ *mask, _ reg.VecVirtual, some mask) {
		g.eachBit(g.maskBits(some), class, func() {
			same, tmp := label("own"), GP64()
			ADDQ(i, class)
			if x.hot {
				CMPQ(class, x.own)
				JEQ(LabelRef(same))
			}
			g.moveOne(at(z, class, g, 0), tmp, at(to, count, g, 0))
			if !x.hot {
				g.moveOne(at(t, class, g, 0), tmp, at(to, count, g, x.labels()))
			}
			MOVL(class.As32(), Mem{Base: classes, Index: count, Scale: 4})
			add(Imm(1))
			Label(same)
		})
	}
	if g.avx512 {
		store = x.compressing(t, to, classes, count, class, add)
	}
	g.loop(x.param("k"), 1, func(i reg.GPVirtual, v int, m *mask) {
		logits := g.getLogits(z, i, v, m)
		some := g.cmp(nltUQ, least, logits) // NaN too
		if m != nil {
			some = g.maskAnd(*m, some)
		}
		store(i, m, logits, some)
	})
	Label(full)
	return count
}

// compressing is what stores the lanes of vectors one by one with AVX-512.
func (x *nearLists) compressing(t, to, classes, count, n reg.GPVirtual, add func(n Op)) func(
	i reg.GPVirtual, m *mask, z reg.VecVirtual, some mask) {
	g, numbers, step, own := x.in, x.in.integers(), x.in.integers(), x.in.integers()
	VMOVDQU32(g.firstIntegers(), numbers)
	MOVL(U32(g.lanes()), n.As32())
	VPBROADCASTD(n.As32(), step)
	if x.hot {
		VPBROADCASTD(x.own.As32(), own)
	}
	return func(i reg.GPVirtual, m *mask, z reg.VecVirtual, some mask) {
		y, lanes := g.vec(), g.integers()
		if x.hot {
			VPCMPD(Imm(neqUQ), own, numbers, some.op, some.op)
		}
		g.compressed(z, some, y)
		g.store(y, at(to, count, g, 0))
		if !x.hot {
			g.compressed(g.get(t, i, 0, m), some, y)
			g.store(y, at(to, count, g, x.labels()))
		}
		VPCOMPRESSD_Z(numbers, some.op, lanes)
		VMOVDQU32(lanes, Mem{Base: classes, Index: count, Scale: 4})
		VPADDD(step, numbers, numbers)
		POPCNTL(g.maskBits(some), n.As32())
		add(n)
	}
}

// fill stores what is behind the lists of all rows, as far as there are columns.
func (x *nearLists) fill(columns reg.GPVirtual) {
	g, end, none, row, more := x.in, x.in.vec(), x.in.zeros(1)[0], label("fill"), label("more")
	g.load(g.infinity(-1), end)
	XORQ(x.row, x.row)
	Label(row)
	to, count := x.of("lists", g.size()), GP64()
	MOVQ(x.number("counts", 8), count)
	Label(more)
	g.store(end, at(to, count, g, 0))
	if !x.hot {
		g.store(none, at(to, count, g, x.labels()))
	}
	ADDQ(Imm(uint64(g.lanes())), count)
	CMPQ(count, columns)
	JLT(LabelRef(more))
	x.eachRow(row)
}

// transpose stores the columns of the lists, with hot behind that of the index, and how many there
// are as the result.
func (x *nearLists) transpose(columns reg.GPVirtual) {
	g, to, all, stride := x.elementTile(), x.param("tile"), GP64(), GP64()
	MOVQ(columns, all)
	if x.hot {
		INCQ(all)
		ADDQ(Imm(uint64(g.column())), to)
	}
	Store(all, Return("columns"))
	MOVQ(U32(nearStride), stride)
	from := x.param("lists")
	x.columnsOf(to, from, columns, stride)
	if !x.hot {
		ADDQ(U32(uint32(x.labels())), from)
		x.columnsOf(x.param("labels"), from, columns, stride)
	}
}

// columnsOf stores the columns of lists.
func (x *nearLists) columnsOf(to, from, columns, stride reg.GPVirtual) {
	g := x.elementTile()
	ps, s1, s3 := g.rowPointers(from, stride)
	g.columnsIn(to, columns, ps, s1, s3, nil)
}
