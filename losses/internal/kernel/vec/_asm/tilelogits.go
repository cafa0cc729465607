package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileLogits are how the tiles of cross entropy with options come by the logits.
type tileLogits interface {
	// prepare emits the search for the row maxima and what column needs of them, and returns the
	// mask of the rows that are for the specification.
	prepare(lanes reg.GPVirtual) (rejected reg.GPVirtual)
	// column returns the exponentials of column i behind the one at off, its logits less m of top, and
	// the mask of the rows whose first maximum it is.
	column(off reg.GPVirtual, i int) (e, less reg.VecVirtual, first mask)
	// exact reports whether the maxima less m are 0.
	exact() bool
	// keep stores, when all columns have been taken, the exponentials that column has for the maxima
	// in the lane Coef, and in others what maxima needs.
	keep(lanes reg.GPVirtual)
	// maxima returns them as m + more, more small, which is in the lane Max where it is not 0.
	maxima(lanes reg.GPVirtual) (m, more reg.VecVirtual)
}

// plainTile are the logits of a tile.
type plainTile struct {
	g         isa
	z, k      reg.GPVirtual
	most, low Op
	shift     expShift
	c         expConsts
	m         maxima
}

func (p *plainTile) prepare(lanes reg.GPVirtual) (rejected reg.GPVirtual) {
	g := p.g
	top, low, shift, rejected := g.tileMax(p.z, p.k)
	ea := g.vec()
	p.c = g.expConsts()
	g.expShifted(p.c, top, shift, ea)
	shift.n = g.park(shift.n.(reg.VecVirtual))
	g.store(ea, g.lane(lanes, "Coef"))
	g.store(top, g.lane(lanes, "Max"))
	p.most, p.low, p.shift = g.park(top), g.park(low), shift
	p.m = g.maxima(p.most)
	return rejected
}

func (p *plainTile) column(off reg.GPVirtual, i int) (e, less reg.VecVirtual, first mask) {
	g := p.g
	x, e, less := g.vec(), g.vec(), g.vec()
	g.load(p.low, x)
	g.max(nth(p.z, off, i, g), x, x)
	g.expShifted(p.c, x, p.shift, e)
	g.load(nth(p.z, off, i, g), less)
	first = g.first(p.m, less)
	g.sub(p.most, less, less)
	return e, less, first
}

func (p *plainTile) exact() bool { return true }

func (p *plainTile) keep(reg.GPVirtual) {} // prepare has

func (p *plainTile) maxima(lanes reg.GPVirtual) (m, more reg.VecVirtual) {
	return p.g.loaded(p.g.lane(lanes, "Max")), p.g.zeros(1)[0]
}

// preparedTile are the prepared logits of a tile. The first of several maxima is the first of those
// of which b z + hi is the largest; others are larger by a rounding of that at most.
type preparedTile struct {
	preparedLogits
	z, k         reg.GPVirtual
	minusM       Op
	m            maxima
	delta, found Op // of the first maxima: M - m, and the exponentials
}

// each returns the memory of a number of column i behind the one at off.
func (p *preparedTile) each(from, off reg.GPVirtual, i int) Mem {
	at := GP64()
	MOVQ(off, at)
	SHRQ(Imm(uint64(log2(p.g.lanes()))), at)
	return Mem{Base: from, Index: at, Scale: 1, Disp: i * p.g.size()}
}

// rough returns what the maxima are searched by, z or b z + hi.
func (p *preparedTile) rough(off reg.GPVirtual, i int) reg.VecVirtual {
	x := p.g.vec()
	if !p.shifted {
		p.g.load(nth(p.z, off, i, p.g), x)
		return x
	}
	p.g.bcast(p.each(p.hi, off, i), x)
	p.g.madd(nth(p.z, off, i, p.g), p.g.loaded(p.b), x)
	return x
}

// added loads hi - m and low of column i behind the one at off.
func (p *preparedTile) added(off reg.GPVirtual, i int) (c Op, low reg.VecVirtual) {
	if !p.shifted {
		return p.minusM, nil
	}
	hi, low := p.g.vec(), p.g.vec()
	p.g.bcast(p.each(p.hi, off, i), hi)
	p.g.bcast(p.each(p.low, off, i), low)
	p.g.add(p.minusM, hi, hi)
	return hi, low
}

func (p *preparedTile) prepare(lanes reg.GPVirtual) (rejected reg.GPVirtual) {
	g := p.g
	top := g.vec()
	g.load(g.infinity(-1), top)
	g.columns(p.k, func(off reg.GPVirtual) { g.max(top, p.rough(off, 0), top) })
	minusM, rejected := p.onGrid(top, mostPrepared)
	g.store(minusM, g.lane(lanes, "Grid"))
	p.minusM = g.park(minusM)
	if p.shifted {
		v := g.zeros(2)
		p.delta, p.found = g.park(v[0]), g.park(v[1])
	} else {
		e, delta := p.exp(top, minusM, nil)
		p.delta, p.found = g.park(delta), g.park(e)
	}
	p.m = g.maxima(g.park(top))
	return rejected
}

func (p *preparedTile) column(off reg.GPVirtual, i int) (e, less reg.VecVirtual, first mask) {
	g := p.g
	z := g.vec()
	g.load(nth(p.z, off, i, g), z)
	c, low := p.added(off, i)
	if e, less = p.exp(z, c, low); !p.shifted {
		return e, less, g.first(p.m, z)
	}
	first = g.first(p.m, p.rough(off, i))
	g.gather(first, less, p.delta)
	g.gather(first, e, p.found)
	return e, less, first
}

// gather stores x in what is parked at to where m is set.
func (g isa) gather(m mask, x reg.VecVirtual, to Op) {
	all := g.loaded(to)
	if g.blend(m, x, all); !g.avx512 {
		g.store(all, to)
	}
}

func (p *preparedTile) exact() bool { return false }

func (p *preparedTile) keep(lanes reg.GPVirtual) {
	p.g.store(p.g.loaded(p.found), p.g.lane(lanes, "Coef"))
	p.g.store(p.g.loaded(p.delta), p.g.lane(lanes, "Max"))
}

func (p *preparedTile) maxima(lanes reg.GPVirtual) (m, more reg.VecVirtual) {
	m = p.g.zeros(1)[0]
	p.g.sub(p.g.lane(lanes, "Grid"), m, m)
	return m, p.g.loaded(p.g.lane(lanes, "Max"))
}

// tileLess emits preparedLess for a tile.
func (g isa) tileLess(name string, shifted bool) {
	params, doc := preparedParams(shifted)
	g.text(name, "func(z *T, k int, lanes *T"+params+")", append([]string{
		"stores in the place of z the logits of a tile, with the number in the lane Grid added to them."}, doc...)...)
	z, minusM := g.param("z"), g.vec()
	g.load(g.lane(g.param("lanes"), "Grid"), minusM)
	x := &preparedTile{preparedLogits: g.preparedLogits(shifted), minusM: g.park(minusM)}
	g.columns(g.param("k"), func(off reg.GPVirtual) {
		v := g.vec()
		g.load(col(z, off), v)
		c, low := x.added(off, 0)
		g.store(x.less(v, c, low), col(z, off))
	})
	g.ret()
}
