package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileLogits are how the tiles of cross entropy with options come by the logits.
type tileLogits interface {
	// prepare emits the search for the row maxima and what column needs of them, and returns the mask
	// of the rows that are for the specification.
	prepare() (rejected reg.GPVirtual)
	// column returns the exponentials of a column, its logits less the maxima, and the mask of the rows
	// whose first maximum it is.
	column(off reg.GPVirtual) (e, less reg.VecVirtual, first mask)
	// maximum returns the mask of the rows of which a column holds a maximum.
	maximum(off reg.GPVirtual) mask
	// top returns the maxima as sums of two numbers, the second small, and the exponentials that column
	// has for them.
	top() (m, more, e reg.VecVirtual)
}

// plainTile are the logits of a tile.
type plainTile struct {
	g        isa
	z, k     reg.GPVirtual
	most, ea Op
	low      Op
	shift    expShift
	c        expConsts
	m        maxima
}

func (p *plainTile) prepare() (rejected reg.GPVirtual) {
	g := p.g
	top, low, shift, rejected := g.tileMax(p.z, p.k)
	ea := g.vec()
	p.c = g.expConsts()
	g.expShifted(p.c, top, shift, ea)
	shift.n = g.park(shift.n.(reg.VecVirtual))
	p.most, p.ea, p.low, p.shift = g.park(top), g.park(ea), g.park(low), shift
	p.m = g.maxima(p.most)
	return rejected
}

func (p *plainTile) column(off reg.GPVirtual) (e, less reg.VecVirtual, first mask) {
	g := p.g
	x, e, less := g.vec(), g.vec(), g.vec()
	g.load(p.low, x)
	g.max(col(p.z, off), x, x)
	g.expShifted(p.c, x, p.shift, e)
	g.load(col(p.z, off), less)
	first = g.first(p.m, less)
	g.sub(p.most, less, less)
	return e, less, first
}

func (p *plainTile) maximum(off reg.GPVirtual) mask {
	return p.g.cmp(eqOQ, col(p.z, off), p.g.loaded(p.most))
}

func (p *plainTile) top() (m, more, e reg.VecVirtual) {
	return p.g.loaded(p.most), p.g.zeros(1)[0], p.g.loaded(p.ea)
}

// preparedTile are the prepared logits of a tile: with the numbers of [prepared], of every row its own
// top and topLow.
type preparedTile struct {
	g                  isa
	z, k, hi, low      reg.GPVirtual
	b, bLow            Op
	most               Op // the largest b z + hi
	minusTop, minusLow Op
	shift              expShift
	c                  expConsts
	m                  maxima
}

// each returns the memory of a number of a column.
func (p *preparedTile) each(from, off reg.GPVirtual) Mem {
	i := GP64()
	MOVQ(off, i)
	SHRQ(Imm(uint64(log2(p.g.lanes()))), i)
	return Mem{Base: from, Index: i, Scale: 1}
}

// rounded returns b z + hi.
func (p *preparedTile) rounded(off reg.GPVirtual) reg.VecVirtual {
	x := p.g.vec()
	p.g.bcast(p.each(p.hi, off), x)
	p.g.madd(col(p.z, off), p.g.loaded(p.b), x)
	return x
}

func (p *preparedTile) prepare() (rejected reg.GPVirtual) {
	g := p.g
	f, b, rest := XMM(), XMM(), XMM()
	VMOVSD(address(Param("factor")), f)
	VCVTSD2SS(f, f, b)
	VCVTSS2SD(b, b, rest)
	VSUBSD(rest, f, rest)
	VCVTSD2SS(rest, rest, rest)
	p.b, p.bLow = g.everywhere(b), g.everywhere(rest)
	top, v := g.vec(), g.zeros(3)
	g.load(g.infinity(-1), top)
	z, hi, low := v[0], v[1], v[2] // of the largest
	g.columns(p.k, func(off reg.GPVirtual) {
		x, y := p.rounded(off), g.vec()
		more := g.cmp(gtOQ, top, x)
		g.max(top, x, top)
		g.load(col(p.z, off), y)
		g.blend(more, y, z)
		g.bcast(p.each(p.hi, off), y)
		g.blend(more, y, hi)
		g.bcast(p.each(p.low, off), y)
		g.blend(more, y, low)
	})
	size, most := g.vec(), g.vec()
	g.load(g.abs(), size)
	g.and(top, size, size)
	g.load(g.constant(mostPrepared), most)
	rejected = g.maskBits(g.cmp(nltUQ, most, size))
	grid, m := g.vec(), g.vec()
	g.load(g.constant(0x1.8p14), grid)
	g.add(grid, top, m)
	g.sub(grid, m, m) // M, a multiple of 2^-9
	g.sub(m, hi, hi)
	g.madd(g.loaded(p.b), z, hi)
	g.madd(g.loaded(p.bLow), z, low)
	g.add(low, hi, hi)
	zero := g.zeros(1)[0]
	g.sub(m, zero, m)
	g.sub(hi, zero, hi)
	p.minusTop, p.minusLow, p.most = g.park(m), g.park(hi), g.park(top)
	p.c = g.expConstsInMemory()
	if !g.avx512 {
		p.shift = g.shiftOf(g.zeros(1)[0])
		p.shift.n = g.park(p.shift.n.(reg.VecVirtual))
	}
	p.m = g.maxima(p.most)
	return rejected
}

func (p *preparedTile) column(off reg.GPVirtual) (e, less reg.VecVirtual, first mask) {
	g := p.g
	z, c, q := g.vec(), g.vec(), g.vec()
	g.load(col(p.z, off), z)
	g.bcast(p.each(p.hi, off), c)
	g.add(p.minusTop, c, c)
	g.bcast(p.each(p.low, off), q)
	g.add(p.minusLow, q, q)
	u, t, n := g.vec(), g.vec(), g.vec()
	g.move(c, u)
	g.madd(p.b, z, u)
	g.madd(p.bLow, z, q)
	least := g.vec()
	g.load(g.constant(g.lowest()), least)
	g.max(u, least, least)
	g.load(p.c.magic, t)
	g.madd(p.c.log2e, least, t)
	g.sub(p.c.magic, t, n)
	g.nmadd(g.constant(ln2Grid), n, c)
	g.madd(p.b, z, c)
	g.add(q, u, u)
	g.nmadd(g.constant(ln2Rest), n, q)
	g.add(q, c, c)
	e = g.vec()
	g.expOf(p.c, c, t, n, p.shift, e)
	g.load(g.constant(g.lowest()), least)
	g.drop(g.cmp(ltOQ, least, u), e)
	first = g.first(p.m, p.rounded(off))
	g.drop(first, u) // which rounding has made something of
	return e, u, first
}

func (p *preparedTile) maximum(off reg.GPVirtual) mask {
	return p.g.cmp(eqOQ, p.rounded(off), p.g.loaded(p.most))
}

func (p *preparedTile) top() (m, more, e reg.VecVirtual) {
	g := p.g
	v := g.zeros(2)
	g.sub(p.minusTop, v[0], v[0])
	g.sub(p.minusLow, v[1], v[1])
	e = g.vec()
	g.load(g.constant(1), e)
	return v[0], v[1], e
}
