package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// heights are the rows of the tiles, the highest first: as many as the registers hold beside a row
// of B, and what the last rows of C are made up of. The last is 1.
func (g isa) heights() []int {
	if g.avx512 {
		return []int{12, 8, 4, 2, 1}
	}
	return []int{6, 4, 2, 1}
}

// panel is the function that does the work. It goes down a panel of C, of up to two vectors in
// width, in tiles that stay in registers for all of k.
type panel struct {
	isa
	m                   reg.GPVirtual // rows to go
	a, aRow, aCol, bRow reg.GPVirtual
	c, cRow             reg.GPVirtual
	last                reg.GPVirtual // lanes of the last vector of a row
	mask                Op            // of these lanes, with AVX-512
}

func (g isa) panel() {
	g.function("panel", "func(m, k int, a *%[1]s, aRow, aCol int, b *%[1]s, bRow int, "+
		"c *%[1]s, cRow, cols int, add bool, packed *%[1]s)",
		fmt.Sprintf(`computes C ← A B, or C ← C + A B with add, for C [m, cols], A [m, k], B [k, cols].
aRow, bRow and cRow are the distances of the rows in elements, aCol that of the columns of A.
1 <= cols <= %d, k >= 1; the rows of B
are read in whole vectors of %d. If packed is not nil, cols is %d and m at least %d: then the
first tile leaves a copy of B without gaps there, from which the others read.`,
			2*g.lanes(), g.lanes(), 2*g.lanes(), g.heights()[0]))
	p := panel{isa: g, m: load64("m"), a: load64("a"), aRow: g.stride("aRow"), aCol: g.stride("aCol"),
		bRow: g.stride("bRow"), c: load64("c"), cRow: g.stride("cRow"), last: load64("cols")}
	CMPQ(p.last, Imm(uint64(g.lanes())))
	JLE(LabelRef("narrow"))
	SUBQ(Imm(uint64(g.lanes())), p.last)
	p.down(2)
	Label("narrow")
	p.down(1)
}

// down goes down the panel in tiles of the given number of vectors and returns.
func (p panel) down(vectors int) {
	if p.avx512 {
		p.mask = p.isa.mask(p.last)
	}
	if vectors == 2 {
		packed := load64("packed")
		TESTQ(packed, packed)
		JZ(LabelRef("asItIs"))
		p.tile("copying", p.heights()[0], vectors, true)
		SUBQ(Imm(uint64(p.heights()[0])), p.m)
		packed = load64("packed")
		MOVQ(packed, param("b"))
		MOVQ(U32(uint32(vectors*p.bytes())), p.bRow)
		Label("asItIs")
	}
	for _, height := range p.heights() {
		loop, done := fmt.Sprintf("tile%dx%d", height, vectors), fmt.Sprintf("below%dx%d", height, vectors)
		Label(loop)
		CMPQ(p.m, Imm(uint64(height)))
		JLT(LabelRef(done))
		p.tile(loop, height, vectors, false)
		SUBQ(Imm(uint64(height)), p.m)
		JMP(LabelRef(loop))
		Label(done)
	}
	VZEROUPPER()
	RET()
}

// tile computes one tile and moves a and c on to the next. If it is told to, it copies B to packed.
func (p panel) tile(name string, height, vectors int, copying bool) {
	acc := make([][]reg.VecVirtual, height)
	for i := range acc {
		acc[i] = make([]reg.VecVirtual, vectors)
		for j := range acc[i] {
			acc[i][j] = p.vec()
		}
	}
	add := GP8()
	Load(Param("add"), add)
	TESTB(add, add)
	JZ(LabelRef(name + "zero"))
	p.rows(name+"load", acc, p.move, p.loadMasked)
	JMP(LabelRef(name + "start"))
	Label(name + "zero")
	for i := range acc {
		for j := range acc[i] {
			p.zero(acc[i][j])
		}
	}
	Label(name + "start")
	p.chains(name+"k", acc, copying)
	store := func(mem, r Op) { p.move(r, mem) }
	p.rows(name+"store", acc, store, func(mem Mem, mask, r Op) { p.storeMasked(r, mask, mem) })
	for range height {
		ADDQ(p.cRow, p.c)
	}
}

// rows moves the tile between registers and C with full for whole vectors and part, which has the
// mask of the last vector's lanes, for others.
func (p panel) rows(name string, acc [][]reg.VecVirtual, full func(mem, r Op), part func(mem Mem, mask, r Op)) {
	every := func(last func(mem Mem, r Op)) {
		row := GP64()
		MOVQ(p.c, row)
		for i := range acc {
			if i > 0 {
				ADDQ(p.cRow, row)
			}
			for j, r := range acc[i] {
				mem := Mem{Base: row, Disp: j * p.bytes()}
				if j < len(acc[i])-1 {
					full(mem, r)
				} else {
					last(mem, r)
				}
			}
		}
	}
	if p.avx512 { // a mask costs nothing
		every(func(mem Mem, r Op) { part(mem, p.mask, r) })
		return
	}
	CMPQ(p.last, Imm(uint64(p.lanes())))
	JNE(LabelRef(name + "part"))
	every(func(mem Mem, r Op) { full(mem, r) })
	JMP(LabelRef(name + "done"))
	Label(name + "part")
	mask := p.isa.mask(p.last)
	every(func(mem Mem, r Op) { part(mem, mask, r) })
	Label(name + "done")
}

// reach is how many rows of A are addressed from one register: at 0, 1 and 2 times the stride.
const reach = 3

// ahead is how many rows before their turn rows of B that are not packed are asked for: they are
// too far from each other for the processor to foresee them.
const ahead = 8

// chains runs the chains of a tile over all of k, and moves a on to the next tile.
func (p panel) chains(name string, acc [][]reg.VecVirtual, copying bool) {
	var at []reg.GPVirtual
	for i := 0; i < len(acc); i += reach {
		r := GP64()
		if i == 0 {
			MOVQ(p.a, r)
		} else {
			LEAQ(Mem{Base: at[len(at)-1], Index: p.aRow, Scale: 1}, r)
			LEAQ(Mem{Base: r, Index: p.aRow, Scale: 2}, r)
		}
		at = append(at, r)
	}
	b, k := load64("b"), load64("k")
	var packed reg.GPVirtual
	if copying {
		packed = load64("packed")
	}
	row := make([]reg.VecVirtual, len(acc[0]))
	for j := range row {
		row[j] = p.vec()
	}
	Label(name)
	for j := range row {
		if copying {
			PREFETCHT0(Mem{Base: b, Index: p.bRow, Scale: ahead, Disp: j * p.bytes()})
		}
		p.move(Mem{Base: b, Disp: j * p.bytes()}, row[j])
		if copying {
			p.move(row[j], Mem{Base: packed, Disp: j * p.bytes()})
		}
	}
	if copying {
		ADDQ(Imm(uint64(len(row)*p.bytes())), packed)
	}
	for i := range acc {
		x := Mem{Base: at[i/reach]}
		if i%reach > 0 {
			x.Index, x.Scale = p.aRow, uint8(i%reach)
		}
		p.multiplyAdd(x, row, acc[i])
	}
	for _, r := range at {
		ADDQ(p.aCol, r)
	}
	ADDQ(p.bRow, b)
	DECQ(k)
	JNZ(LabelRef(name))
	for range acc {
		ADDQ(p.aRow, p.a)
	}
}

// multiplyAdd adds x times the row to acc.
func (p panel) multiplyAdd(x Mem, row, acc []reg.VecVirtual) {
	v := p.vec()
	if p.f64 {
		VBROADCASTSD(x, v)
	} else {
		VBROADCASTSS(x, v)
	}
	for j := range row {
		p.pick(VFMADD231PS, VFMADD231PD, v, row[j], acc[j])
	}
}
