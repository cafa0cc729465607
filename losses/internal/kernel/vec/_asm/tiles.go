package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// goSignature writes the type of elements for T and that of other numbers for A.
func goSignature(sig, element, float string) string {
	return strings.NewReplacer("*T", "*"+element, "*A", "*"+float, " A", " "+float).Replace(sig)
}

// The tiles: a block of W rows, W the lanes of a vector, transposed, so that column
// c of the W rows is one vector. lanes is memory for numbers of which a row has one each,
// W apart: see the constants.

// lane is where the number of that name lies.
func (g isa) lane(p reg.GPVirtual, name string) Mem {
	return Mem{Base: p, Disp: laneIndex(name) * g.column()}
}

// parkLane is park, with AVX2 in that lane, which lies in one line of a cache: a frame may not.
func (g isa) parkLane(v reg.VecVirtual, lanes reg.GPVirtual, name string) Op {
	if g.avx512 {
		return v
	}
	m := g.lane(lanes, name)
	g.store(v, m)
	return m
}

// laneOp returns the number of that name, with AVX2 where it lies.
func (g isa) laneOp(lanes reg.GPVirtual, name string) Op {
	m := g.lane(lanes, name)
	if g.avx512 {
		return g.loaded(m)
	}
	return m
}

// columns emits body for the k columns of tiles; off is the offset of a column in bytes.
func (g isa) columns(k reg.GPVirtual, body func(off reg.GPVirtual)) {
	off, end := GP64(), GP64()
	XORQ(off, off)
	MOVQ(k, end)
	SHLQ(Imm(uint64(log2(g.bytes()))), end)
	next := label("column")
	Label(next)
	body(off)
	ADDQ(Imm(uint64(g.bytes())), off)
	CMPQ(off, end)
	JLT(LabelRef(next))
}

// columnBlocks is columns with what is between blocks of [inBlock], unless that is nil.
func (g isa) columnBlocks(k reg.GPVirtual, body func(off reg.GPVirtual), between func()) {
	if between == nil {
		g.columns(k, body)
		return
	}
	off, end, stop, block, next, done := GP64(), GP64(), GP64(), label("block"), label("column"), label("done")
	XORQ(off, off)
	MOVQ(k, end)
	SHLQ(Imm(uint64(log2(g.bytes()))), end)
	Label(block)
	LEAQ(Mem{Base: off, Disp: inBlock * g.bytes()}, stop)
	CMPQ(stop, end)
	CMOVQGT(end, stop)
	Label(next)
	body(off)
	ADDQ(Imm(uint64(g.bytes())), off)
	CMPQ(off, stop)
	JLT(LabelRef(next))
	CMPQ(off, end)
	JGE(LabelRef(done))
	between()
	JMP(LabelRef(block))
	Label(done)
}

// columnPairs emits body for two columns at a time, and for one that is left.
func (g isa) columnPairs(k reg.GPVirtual, body func(off reg.GPVirtual, n int)) {
	off, last, next, single, done := GP64(), GP64(), label("pair"), label("single"), label("summed")
	XORQ(off, off)
	LEAQ(Mem{Base: k, Disp: -1}, last)
	SHLQ(Imm(uint64(log2(g.bytes()))), last)
	Label(next)
	CMPQ(off, last)
	JGE(LabelRef(single))
	body(off, 2)
	ADDQ(U32(uint32(2*g.bytes())), off)
	JMP(LabelRef(next))
	Label(single)
	JGT(LabelRef(done))
	body(off, 1)
	Label(done)
}

// nth is column i behind the one at off.
func nth(p, off reg.GPVirtual, i int, g isa) Mem {
	m := col(p, off)
	m.Disp = i * g.bytes()
	return m
}

func log2(n int) (l int) {
	for n > 1 {
		n >>= 1
		l++
	}
	return l
}

func col(p, off reg.GPVirtual) Mem { return Mem{Base: p, Index: off, Scale: 1} }

// advance moves pointers from one tile to the next: by k columns of that size.
func advance(k reg.GPVirtual, size int, ps ...reg.GPVirtual) {
	by := GP64()
	MOVQ(k, by)
	SHLQ(Imm(uint64(log2(size))), by)
	for _, p := range ps {
		ADDQ(by, p)
	}
}

// moreTiles repeats what follows the label tile, as many times as the parameter tiles says.
func moreTiles() {
	DECQ(address(Param("tiles")))
	JNE(LabelRef("tile"))
}

// quad is how many elements 16 bytes hold: the width in which tiles are transposed. column is the
// size of a column.
func (g isa) quad() int { return 16 / g.size() }

// numbersAtOnce is quad of the numbers that it computes with.
func (g isa) numbersAtOnce() int { return 16 / g.floatSize() }

func (g isa) column() int {
	if g.avx512 {
		return 64
	}
	return 32
}

// quads emits body for every group of quad columns from c on, of which there are some; the last may
// overlap the one before it. c is the first column, as a count. pair, unless it is nil, is for the
// last two columns, where no more are left behind a group.
func (g isa) quads(c, k reg.GPVirtual, body, pair func(c reg.GPVirtual)) {
	last := GP64()
	MOVQ(k, last)
	SUBQ(Imm(uint64(g.quad())), last)
	next, done := label("quad"), label("done")
	Label(next)
	body(c)
	CMPQ(c, last)
	JGE(LabelRef(done))
	ADDQ(Imm(uint64(g.quad())), c)
	if pair != nil {
		g.lastPair(c, k, pair, done)
	}
	CMPQ(c, last)
	CMOVQGT(last, c)
	JMP(LabelRef(next))
	Label(done)
}

// lastPair emits pair where no more than two columns are left from c on; behind that it goes to
// done.
func (g isa) lastPair(c, k reg.GPVirtual, pair func(c reg.GPVirtual), done string) {
	more, two := label("more"), GP64()
	LEAQ(Mem{Base: k, Disp: -2}, two)
	CMPQ(c, two)
	JLT(LabelRef(more))
	pair(two)
	JMP(LabelRef(done))
	Label(more)
}

// rowPointers returns, for each 16-byte lane, a pointer to the first of its quad rows, and the
// registers with one and three times the stride.
func (g isa) rowPointers(p, k reg.GPVirtual) (ps []reg.GPVirtual, s1, s3 reg.GPVirtual) {
	s1, s3 = GP64(), GP64()
	MOVQ(k, s1)
	SHLQ(Imm(uint64(log2(g.size()))), s1)
	LEAQ(Mem{Base: s1, Index: s1, Scale: 2}, s3)
	for i := range g.lanes() / g.quad() {
		q := GP64()
		if i == 0 {
			MOVQ(p, q)
		} else {
			LEAQ(Mem{Base: ps[i-1], Index: s1, Scale: uint8(g.quad())}, q)
		}
		ps = append(ps, q)
	}
	return ps, s1, s3
}

// rowMem is row j of the rows that p points to.
func rowMem(p, s1, s3 reg.GPVirtual, j int) Mem {
	switch j {
	case 0:
		return Mem{Base: p}
	case 1:
		return Mem{Base: p, Index: s1, Scale: 1}
	case 2:
		return Mem{Base: p, Index: s1, Scale: 2}
	}
	return Mem{Base: p, Index: s3, Scale: 1}
}

// transpose turns quad vectors of rows into quad vectors of columns, or back, lane by lane.
func (g isa) transpose(a []reg.VecVirtual) []reg.VecVirtual {
	unpacked := func(unpack func(...Op), a, b reg.VecVirtual) reg.VecVirtual {
		v := like(a)
		unpack(b, a, v)
		return v
	}
	both := func(a, b reg.VecVirtual) []reg.VecVirtual {
		return []reg.VecVirtual{unpacked(VUNPCKLPD, a, b), unpacked(VUNPCKHPD, a, b)}
	}
	if len(a) == 2 {
		return both(a[0], a[1])
	}
	var low, high []reg.VecVirtual
	for i := 0; i < len(a); i += 2 {
		low = append(low, unpacked(VUNPCKLPS, a[i], a[i+1]))
		high = append(high, unpacked(VUNPCKHPS, a[i], a[i+1]))
	}
	return append(both(low[0], low[1]), both(high[0], high[1])...)
}

// like returns a register of the size of v.
func like(v reg.VecVirtual) reg.VecVirtual {
	switch v.Size() {
	case 16:
		return XMM()
	case 32:
		return YMM()
	}
	return ZMM()
}

func (g isa) tileIn() {
	g.text("tileIn", "func(dst *A, src *T, k, tiles int)",
		"stores tiles of W rows of k elements in dst, each transposed. Where k is less than a quad it may read and "+
			"write a quad.")
	dst, src, k := g.param("dst"), g.param("src"), g.param("k")
	g.withFewColumns(dst, src, k, func(columns, v, i int) int { return i*columns + v })
	Label("tile")
	ps, s1, s3 := g.rowPointers(src, k)
	var pair func(c reg.GPVirtual)
	if g.quad() == 4 {
		pair = func(c reg.GPVirtual) { g.pairIn(g.columnAt(dst, c), c, ps, s1, s3) }
	}
	g.columnsIn(dst, k, ps, s1, s3, pair)
	advance(k, g.column(), dst)
	advance(k, g.bytes(), src)
	moreTiles()
	g.ret()
}

// movedQuads is how many quads a vector holds by which tiles are moved: those of half the lanes of
// AVX-512 are moved by more of AMD's ports.
func (g isa) movedQuads() int { return min(2, g.lanes()/g.quad()) }

// columnsIn stores k columns of the rows of [isa.rowPointers]; pair is that of [isa.quads].
func (g isa) columnsIn(dst, k reg.GPVirtual, ps []reg.GPVirtual, s1, s3 reg.GPVirtual, pair func(c reg.GPVirtual)) {
	c := GP64()
	XORQ(c, c)
	g.quads(c, k, func(c reg.GPVirtual) {
		out := g.columnAt(dst, c)
		for at := 0; at < len(ps); at += g.movedQuads() {
			rows := make([]reg.VecVirtual, g.quad())
			for j := range rows {
				for i := range g.movedQuads() {
					q := GP64()
					LEAQ(Mem{Base: ps[at+i], Index: c, Scale: uint8(g.size())}, q)
					if m := rowMem(q, s1, s3, j); i == 0 {
						rows[j] = XMM()
						VMOVUPS(m, rows[j])
					} else {
						rows[j] = withUpper(rows[j], m)
					}
				}
			}
			for j, v := range g.transpose(rows) {
				g.storeMoved(v, out, j, at)
			}
		}
	}, pair)
}

// withUpper returns the 16 bytes of v with those of upper behind them.
func withUpper(v reg.VecVirtual, upper Op) reg.VecVirtual {
	both := YMM()
	VINSERTF128(Imm(1), upper, v.AsY(), both)
	return both
}

// storeMoved stores in column j behind out the quads v, of which the first is quad at there.
func (g isa) storeMoved(v reg.VecVirtual, out reg.GPVirtual, j, at int) {
	to := Mem{Base: out, Disp: j*g.column() + at*g.quad()*g.floatSize()}
	if !g.narrow {
		isa{f64: g.f64}.store(v, to)
		return
	}
	wide := g.vec()
	VCVTPS2PD(v, wide)
	g.store(wide, to)
}

// loadMoved returns what storeMoved has stored.
func (g isa) loadMoved(in reg.GPVirtual, j, at int) reg.VecVirtual {
	from := Mem{Base: in, Disp: j*g.column() + at*g.quad()*g.floatSize()}
	if g.narrow {
		return g.narrowed(from)
	}
	return isa{f64: g.f64}.loaded(from)
}

// pairIn stores two columns of float32, from column c on, at out.
func (g isa) pairIn(out, c reg.GPVirtual, ps []reg.GPVirtual, s1, s3 reg.GPVirtual) {
	const even, odd = 0x88, 0xdd // numbers of two vectors that VSHUFPS takes
	for at := 0; at < len(ps); at += g.movedQuads() {
		var rows [2]reg.VecVirtual // of each 16 bytes the first two, and the others
		for j := range rows {
			for i := range g.movedQuads() {
				q, x := GP64(), XMM()
				LEAQ(Mem{Base: ps[at+i], Index: c, Scale: uint8(g.size())}, q)
				VMOVSD(rowMem(q, s1, s3, 2*j), x)
				VMOVHPS(rowMem(q, s1, s3, 2*j+1), x, x)
				if i == 0 {
					rows[j] = x
				} else {
					rows[j] = withUpper(rows[j], x)
				}
			}
		}
		for j, from := range []uint64{even, odd} {
			v := like(rows[0])
			VSHUFPS(Imm(from), rows[1], rows[0], v)
			g.storeMoved(v, out, j, at)
		}
	}
}

func (g isa) tileOut() {
	g.text("tileOut", "func(dst *T, src *A, k, tiles int)",
		"stores tiles of k columns in dst, each as W rows. Where k is less than a quad it may write a quad.")
	dst, src, k := g.param("dst"), g.param("src"), g.param("k")
	g.withFewColumns(dst, src, k, func(columns, v, i int) int {
		number := v*g.lanes() + i
		return number%columns*g.lanes() + number/columns
	})
	Label("tile")
	ps, s1, s3 := g.rowPointers(dst, k)
	stored, c := label("stored"), GP64()
	XORQ(c, c)
	if !g.f64 {
		c = g.eightsOut(src, k, ps, s1, s3, stored)
	}
	var pair func(c reg.GPVirtual)
	if g.quad() == 4 {
		pair = func(c reg.GPVirtual) { g.pairOut(g.columnAt(src, c), c, ps, s1, s3) }
	}
	g.quads(c, k, func(c reg.GPVirtual) {
		in := g.columnAt(src, c)
		cols := make([]reg.VecVirtual, g.quad())
		for j := range cols {
			if from := (Mem{Base: in, Disp: j * g.column()}); g.narrow {
				cols[j] = g.narrowed(from)
			} else {
				cols[j] = g.loaded(from)
			}
		}
		rows := g.transpose(cols)
		for i, p := range ps { // row after row: where k is less than a quad, each mends what the last wrote too much
			q := GP64()
			LEAQ(Mem{Base: p, Index: c, Scale: uint8(g.size())}, q)
			for j, v := range rows {
				storeLane(v, i, rowMem(q, s1, s3, j))
			}
		}
	}, pair)
	Label(stored)
	advance(k, g.bytes(), dst)
	advance(k, g.column(), src)
	moreTiles()
	g.ret()
}

// pairOut stores the two columns of float32 at in as those from column c on of the rows.
func (g isa) pairOut(in, c reg.GPVirtual, ps []reg.GPVirtual, s1, s3 reg.GPVirtual) {
	for at := 0; at < len(ps); at += g.movedQuads() {
		a, b := g.loadMoved(in, 0, at), g.loadMoved(in, 1, at)
		rows := [2]reg.VecVirtual{like(a), like(a)} // of each 16 bytes the first two, and the others
		VUNPCKLPS(b, a, rows[0])
		VUNPCKHPS(b, a, rows[1])
		for i := range g.movedQuads() {
			q := GP64()
			LEAQ(Mem{Base: ps[at+i], Index: c, Scale: uint8(g.size())}, q)
			for j, v := range rows {
				x := v.AsX()
				if i > 0 {
					y := XMM()
					VEXTRACTF128(Imm(1), v, y)
					x = y
				}
				VMOVLPS(x, rowMem(q, s1, s3, 2*j))
				VMOVHPS(x, rowMem(q, s1, s3, 2*j+1))
			}
		}
	}
}

// columnAt returns a pointer to column c.
func (g isa) columnAt(src, c reg.GPVirtual) reg.GPVirtual {
	p := GP64()
	MOVQ(c, p)
	SHLQ(Imm(uint64(log2(g.column()))), p)
	ADDQ(src, p)
	return p
}

// eightsOut stores eight columns of float32 at a time, by half as many stores as quads, as long as
// there are as many. It returns where the quads of the others begin; without any it goes to stored.
func (g isa) eightsOut(src, k reg.GPVirtual, ps []reg.GPVirtual, s1, s3 reg.GPVirtual, stored string) (
	c reg.GPVirtual) {
	const upper = 0x31 // the halves of two vectors that VPERM2F128 takes
	c = GP64()
	end, next, done := GP64(), label("eight"), label("fewer")
	XORQ(c, c)
	half := isa{}
	Label(next)
	LEAQ(Mem{Base: c, Disp: 8}, end)
	CMPQ(end, k)
	JGT(LabelRef(done))
	in := g.columnAt(src, c)
	for at := 0; at < g.column(); at += half.column() {
		var quads [2][]reg.VecVirtual
		for i := range quads {
			cols := make([]reg.VecVirtual, half.quad())
			for j := range cols {
				cols[j] = half.vec()
				half.load(Mem{Base: in, Disp: (i*half.quad()+j)*g.column() + at}, cols[j])
			}
			quads[i] = half.transpose(cols)
		}
		for i := range half.column() / 16 {
			q := GP64()
			LEAQ(Mem{Base: ps[at/16+i], Index: c, Scale: uint8(g.size())}, q)
			for j, v := range quads[0] {
				row := half.vec()
				if i == 0 {
					VINSERTF128(Imm(1), quads[1][j].AsX(), v, row)
				} else {
					VPERM2F128(Imm(upper), quads[1][j], v, row)
				}
				half.store(row, rowMem(q, s1, s3, j))
			}
		}
	}
	MOVQ(end, c)
	JMP(LabelRef(next))
	Label(done)
	CMPQ(c, k)
	JEQ(LabelRef(stored))
	few := label("few")
	TESTQ(c, c)
	JEQ(LabelRef(few))
	g.lastPair(c, k, func(c reg.GPVirtual) { g.pairOut(g.columnAt(src, c), c, ps, s1, s3) }, stored)
	Label(few)
	last, first := GP64(), GP64()
	LEAQ(Mem{Base: k, Disp: -g.quad()}, last)
	XORQ(first, first)
	CMPQ(c, last)
	CMOVQGT(last, c)
	TESTQ(c, c)
	CMOVQLT(first, c)
	return c
}

// storeLane stores 16-byte lane i of v, a quad, in m.
func storeLane(v reg.VecVirtual, i int, m Mem) {
	switch {
	case i == 0:
		VMOVUPS(v.AsX(), m)
	case v.Size() == 64:
		VEXTRACTF32X4(Imm(uint64(i)), v, m)
	default:
		VEXTRACTF128(Imm(uint64(i)), v, m)
	}
}

func (g isa) tileHot() {
	g.text("tileHot", "func(dst *A, index *int, k, tiles int)",
		"stores tiles of the one-hot rows of k elements of the classes index in dst, each transposed.")
	g.narrow = false
	dst, index, k, one := g.param("dst"), g.param("index"), g.param("k"), g.vec()
	g.load(g.constant(1), one)
	Label("tile")
	class, c := g.classes(index, 0), g.zeros(1)[0]
	g.columns(k, func(off reg.GPVirtual) {
		x := g.vec()
		g.keep(g.cmp(eqOQ, class, c), one, x)
		g.store(x, col(dst, off))
		g.add(one, c, c)
	})
	advance(k, g.column(), dst)
	ADDQ(Imm(uint64(8*g.lanes())), index)
	moreTiles()
	g.ret()
}

// classes loads the classes of a tile that lie disp bytes behind index, of which the lower half
// counts, as numbers.
func (g isa) classes(index reg.GPVirtual, disp int) reg.VecVirtual {
	const lower = 0x88 // of the two numbers at a time that VSHUFPS takes
	all, half, x := g.vec(), YMM(), XMM()
	switch from, behind := (Mem{Base: index, Disp: disp}), (Mem{Base: index, Disp: disp + g.column()}); {
	case g.avx512:
		v := g.vec()
		g.load(from, v)
		VPMOVQD(v, half)
		if g.f64 {
			VCVTDQ2PD(half, all)
			break
		}
		g.load(behind, v)
		next := YMM()
		VPMOVQD(v, next)
		VINSERTI64X4(Imm(1), next, half.AsZ(), all)
		VCVTDQ2PS(all, all)
	case g.f64:
		VMOVUPS(from, half)
		VEXTRACTF128(Imm(1), half, x)
		VSHUFPS(Imm(lower), x, half.AsX(), x)
		VCVTDQ2PD(x, all)
	default:
		VMOVUPS(from, half)
		VSHUFPS(Imm(lower), behind, half, half)
		VPERMQ(Imm(0xd8), half, half) // what was taken by 16 bytes of each in turn
		VCVTDQ2PS(half, all)
	}
	return all
}
