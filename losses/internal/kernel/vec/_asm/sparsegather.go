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

// sparseGather emits what makes a tile of the classes of rows that may have a p.
func (g isa) sparseGather(n int) {
	g.text(sparseNames[n]+"Gather",
		"func(tile, lists *T, at *int32, counts *int, top, start *float64, z *T, k, rows int, index *int) (columns int)",
		"stores in the columns of a tile the logits of rows of k classes that may have a p, and -Inf behind them; if index "+
			"is not nil, before them that of the class there. at has the classes, of each row nearStride behind the last, counts "+
			"how many these are, of a row of too many mostNear; top the largest logits, M, and start where search begins: classes "+
			"of a logit below M + n (-1 - start) have no p. Rows behind the last one are that again. It overwrites lists, rows as "+
			"those of at, and returns how many columns there are.")
	x := nearLists{isa: g, in: g.elements(), row: GP64()}
	from, columns, next, last := GP64(), GP64(), label("row"), label("last")
	XORQ(x.row, x.row)
	XORQ(from, from)
	MOVQ(I64(1), columns)
	Label(next)
	s, z, own := sparse{isa: g, n: n, zero: g.zeros(1)[0], total: g.sumOfLanes}, g.param("z"), GP64()
	s.setTop(z, g.param("k"))
	VMOVSD(g.loaded(s.top).AsX(), Mem{Base: g.param("top"), Index: x.row, Scale: 8})
	VMOVSD(g.loaded(s.start).AsX(), Mem{Base: g.param("start"), Index: x.row, Scale: 8})
	MOVQ(I64(-1), own)
	where(g.param("index"), func() {
		MOVQ(Mem{Base: g.param("index"), Index: from, Scale: 8}, own)
		g.moveOne(at(z, own, g, 0), GP64(), at(g.param("tile"), x.row, g, 0))
	})
	count, none := x.list(z, s.least(), own), GP64()
	MOVQ(count, Mem{Base: g.param("counts"), Index: x.row, Scale: 8})
	XORQ(none, none)
	CMPQ(count, U32(mostNear))
	CMOVQEQ(none, count)
	CMPQ(columns, count)
	CMOVQLT(count, columns)
	DECQ(address(Param("rows")))
	JLE(LabelRef(last))
	INCQ(from)
	step := g.param("k")
	SHLQ(Imm(uint64(log2(g.size()))), step)
	ADDQ(step, address(Param("z")))
	Label(last)
	INCQ(x.row)
	CMPQ(x.row, Imm(uint64(g.elementTile().lanes())))
	JLT(LabelRef(next))
	x.fill(columns)
	x.transpose(columns)
	g.ret()
}

// nearLists is what the parts of sparseGather share.
type nearLists struct {
	isa
	in  isa           // of the logits
	row reg.GPVirtual // which one
}

// of returns where in a parameter the row lies, in elements of that size.
func (x *nearLists) of(name string, size int) reg.GPVirtual {
	p := GP64()
	IMUL3Q(U32(uint32(nearStride*size)), x.row, p)
	ADDQ(x.param(name), p)
	return p
}

// list stores the logits of the row, at z, that are not less than least, but that of class own, and
// their classes, and returns how many these are.
func (x *nearLists) list(z reg.GPVirtual, least Op, own reg.GPVirtual) (count reg.GPVirtual) {
	g, most := x.in, GP64()
	to, classes, count := x.of("lists", g.size()), x.of("at", 4), GP64()
	XORQ(count, count)
	MOVQ(U32(mostNear), most)
	add := func(n Op) {
		ADDQ(n, count)
		CMPQ(count, most)
		CMOVQGT(most, count)
	}
	store := func(i reg.GPVirtual, _ reg.VecVirtual, some mask) {
		g.eachBit(g.maskBits(some), func(class reg.GPVirtual) {
			same := label("own")
			ADDQ(i, class)
			CMPQ(class, own)
			JEQ(LabelRef(same))
			MOVL(class.As32(), Mem{Base: classes, Index: count, Scale: 4})
			g.moveOne(at(z, class, g, 0), class, at(to, count, g, 0))
			add(Imm(1))
			Label(same)
		})
	}
	if g.avx512 {
		store = g.compressing(own, func(logits, numbers reg.VecVirtual, n Op) {
			g.store(logits, at(to, count, g, 0))
			VMOVDQU32(numbers, Mem{Base: classes, Index: count, Scale: 4})
			add(n)
		})
	}
	g.loop(x.param("k"), 1, func(i reg.GPVirtual, v int, m *mask) {
		logits := g.getLogits(z, i, v, m)
		some := g.cmp(nltUQ, least, logits) // NaN too
		if m != nil {
			some = g.maskAnd(*m, some)
		}
		store(i, logits, some)
	})
	return count
}

// compressing emits what comes before a loop of vectors one by one. What it returns emits put for
// the lanes of a mask, but that of class own, of vectors of numbers, for the numbers of these lanes,
// and for how many they are.
func (g isa) compressing(own reg.GPVirtual, put func(x, lanes reg.VecVirtual, n Op)) func(
	i reg.GPVirtual, x reg.VecVirtual, m mask) {
	numbers, step := g.laneNumbers()
	not := g.integers()
	VPBROADCASTD(own.As32(), not)
	return func(_ reg.GPVirtual, x reg.VecVirtual, m mask) {
		y, places := g.vec(), g.integers()
		VPCMPD(Imm(neqUQ), not, numbers, m.op, m.op)
		g.compressed(x, m, y)
		VPCOMPRESSD_Z(numbers, m.op, places)
		VPADDD(step, numbers, numbers)
		bits := g.maskBits(m)
		POPCNTL(bits, bits)
		put(y, places, bits.As64())
	}
}

// fill stores -Inf behind the lists of all rows, as far as there are columns.
func (x *nearLists) fill(columns reg.GPVirtual) {
	g, end, row, more := x.in, x.in.vec(), label("fill"), label("more")
	g.load(g.infinity(-1), end)
	XORQ(x.row, x.row)
	Label(row)
	to, count := x.of("lists", g.size()), GP64()
	MOVQ(Mem{Base: x.param("counts"), Index: x.row, Scale: 8}, count)
	Label(more)
	g.store(end, at(to, count, g, 0))
	ADDQ(Imm(uint64(g.lanes())), count)
	CMPQ(count, columns)
	JLT(LabelRef(more))
	INCQ(x.row)
	CMPQ(x.row, Imm(uint64(x.elementTile().lanes())))
	JLT(LabelRef(row))
}

// transpose stores the columns of the lists behind that of the index, if there is one, and how many
// there are as the result.
func (x *nearLists) transpose(columns reg.GPVirtual) {
	g, to, all, stride := x.elementTile(), x.param("tile"), GP64(), GP64()
	MOVQ(columns, all)
	where(x.param("index"), func() {
		INCQ(all)
		ADDQ(Imm(uint64(g.column())), to)
	})
	Store(all, Return("columns"))
	MOVQ(U32(nearStride), stride)
	ps, s1, s3 := g.rowPointers(x.param("lists"), stride)
	g.columnsIn(to, columns, ps, s1, s3, nil)
}
