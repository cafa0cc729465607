package main

import (
	"math"

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

// tileOptions emits tileCrossEntropyGrad for a gradient with an additional term, that of a multiple of
// lse², and of logits as they are or prepared.
func (g isa) tileOptions(prepared bool) {
	doc := []string{"is tileCrossEntropyGrad with the gradient f ((S + extra lse) p - t), extra in lanes;",
		"lse is the sum of the lanes Max and Log."}
	if prepared {
		g.text("tilePrepared", "func(e, z, t *T, k int, lanes, hi, low *T, factor float64) (rejected, bad uint32)", append(doc,
			"The logits are factor z + hi + low, hi a multiple of 2^-9. It rejects rows whose loss is not finite.")...)
	} else {
		g.text("tileZLoss", "func(e, z, t *T, k int, lanes *T) (rejected, bad uint32)", doc...)
	}
	e, z, t, k, lanes := g.param("e"), g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	var x tileLogits = &plainTile{g: g, z: z, k: k}
	if prepared {
		x = &preparedTile{g: g, z: z, k: k, hi: g.param("hi"), low: g.param("low")}
	}
	Store(x.prepare(), Return("rejected"))
	r, others, own, dot := g.compensated(), g.compensated(), g.zeros(1)[0], g.running(1)[0]
	zero, bad := g.hold(0), g.noLanes()
	g.columns(k, func(off reg.GPVirtual) {
		y, d, first := x.column(off)
		g.store(y, col(e, off))
		g.drop(first, y)
		g.addTo(r, y)
		lab, other := g.vec(), g.vec()
		g.load(col(t, off), lab)
		g.move(lab, other)
		g.drop(first, other)
		g.addTo(others, other)
		g.addWhere(first, lab, own)
		g.load(col(t, off), lab)
		g.orInto(g.invalid(lab), bad)
		g.keep(g.cmp(neqUQ, zero, lab), d, d)
		g.mul(lab, d, d)
		g.addTo(dot, d)
	})
	g.optionNumbers(e, t, k, lanes, x, crossEntropySums{r, others, dot, own, bad})
}

// optionNumbers emits the losses and the gradients from the sums.
func (g isa) optionNumbers(e, t, k, lanes reg.GPVirtual, x tileLogits, s crossEntropySums) {
	mass, inf := g.vec(), g.constant(math.Inf(1))
	g.add(g.value(s.others), s.own, mass)
	bad := g.parkMask(s.bad)
	own, others, dot, whole := g.park(s.own), g.park(s.others.sum), g.park(g.value(s.dot)), g.park(mass)
	kept := [2]Op{g.kept(s.r.sum), g.kept(s.r.lost)}
	top, more, ea := x.top()
	log, inv, q, unit, parts := g.softmaxParts(lanes, top, g.value(s.r), ea)
	g.add(g.lost(parts, log), more, more)
	// loss = mass log1p(r) - dot
	loss := g.vec()
	g.move(log, loss)
	g.msub(dot, g.loaded(whole), loss)
	g.store(loss, g.lane(lanes, "Loss"))
	half := g.vec()
	g.load(g.constant(0.5), half)
	sure := g.sureOf(g.cmp(gtOQ, half, inv), g.loaded(whole), inv, q, own, others)
	// At the maximum of p > 1/2 it is f (others - mass q + extra lse p).
	g.rsub(others, g.loaded(whole), q)
	kq, kInv, kUnit := g.park(q), g.park(inv), g.park(unit)
	kSure := g.parkMask(sure)
	// The additional term is extra lse = add + less.
	extra, lse, less, add, lack := g.vec(), g.vec(), g.vec(), g.vec(), g.vec()
	g.twoSum(top, log, lse, lack)
	g.add(lack, more, more)
	g.move(lse, add)
	g.twoSum(add, more, lse, less)
	g.load(g.lane(lanes, "Extra"), extra)
	g.store(lse, g.lane(lanes, "Max"))
	g.store(less, g.lane(lanes, "Log"))
	g.mul(extra, less, less)
	g.mul(extra, lse, add)
	g.move(add, lack)
	g.msub2(extra, lse, lack) // what the product has lost
	g.add(lack, less, less)
	sum, lost := g.vec(), g.vec()
	g.twoSum(g.loaded(whole), add, sum, lost)
	g.add(lost, less, less)
	end := g.maskOf(bad)
	for _, y := range []reg.VecVirtual{loss, sum} {
		size, most := g.vec(), g.vec()
		g.load(g.abs(), size)
		g.and(y, size, size)
		if g.load(inf, most); y == sum {
			g.load(g.constant(1e30), most)
		}
		g.orInto(g.cmp(nltUQ, most, size), end)
	}
	Store(g.maskBits(end), Return("bad"))
	q = g.loaded(kq)
	g.madd(add, g.loaded(kInv), q)
	_, _, ea = x.top()
	g.divBySum(sum, ea, running{g.loaded(kept[0]), g.loaded(kept[1])})
	g.madd(g.loaded(kUnit), less, sum)
	f := g.vec()
	g.load(g.lane(lanes, "Scale"), f)
	sure = g.maskOf(kSure)
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.load(col(e, off), y)
		g.msub(col(t, off), sum, y)
		g.blend(g.maskAnd(sure, x.maximum(off)), q, y)
		g.mul(f, y, y)
		g.store(y, col(e, off))
	})
	g.ret()
}

// sureOf returns the rows of those with p > 1/2 whose others - mass q is of smaller numbers than mass p -
// own.
func (g isa) sureOf(half mask, mass, inv, q reg.VecVirtual, own, others Op) mask {
	p, rest := g.vec(), g.vec()
	g.mul(mass, inv, p)
	g.max(own, p, p)
	g.mul(mass, q, rest)
	g.max(others, rest, rest)
	return g.maskAnd(half, g.cmp(ltOQ, p, rest))
}

// twoSum emits sum + lost = a + b, sum the rounded one.
func (g isa) twoSum(a, b, sum, lost reg.VecVirtual) {
	d, x := g.vec(), g.vec()
	g.add(a, b, sum)
	g.sub(a, sum, d)
	g.sub(d, sum, x)
	g.sub(x, a, x)
	g.sub(d, b, lost)
	g.add(x, lost, lost)
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
	if g.avx512 {
		p.c = g.expConsts()
	}
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
