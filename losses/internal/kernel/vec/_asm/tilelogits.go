package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileLogits are how the tiles of cross entropy with options come by the logits.
type tileLogits interface {
	// sums emits tileMaxima and tileSums.
	sums(index bool)
	// maxima returns them as m + more, m as what emits it, more small, which is in the lane Max, or
	// nil for 0.
	maxima(lanes reg.GPVirtual) (m func() reg.VecVirtual, more Op)
}

// plainTile are the logits of a tile.
type plainTile struct{ g isa }

func (p *plainTile) sums(index bool) {
	p.g.tileMaxima()
	p.g.tileSums(true, index)
}

func (p *plainTile) maxima(lanes reg.GPVirtual) (m func() reg.VecVirtual, more Op) {
	return func() reg.VecVirtual { return p.g.loaded(p.g.lane(lanes, "Max")) }, nil
}

// preparedTile are the prepared logits of a tile. The first of several maxima is the first of those
// of which b z + hi is the largest; others are larger by a rounding of that at most.
type preparedTile struct {
	preparedLogits
	z, k         reg.GPVirtual
	minusM       Op
	m            maxima
	near         bool
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

func (p *preparedTile) sums(index bool) {
	g, declined := p.g, p.g.param("declined")
	r := g.rowsOfTiles(true, index)
	r.z = g.param("z")
	p.z, p.k, p.x = r.z, r.k, g.rowExpPrepared()
	p.farMagic = g.constant(g.magicNumber()/float64(g.rowParts()) - g.offset())
	g.tilePass(func(lanes reg.GPVirtual) {
		r.lanes = lanes
		rejected, least := p.prepare(lanes)
		bits, far, summed := p.farRows(least, lanes), label("far"), label("summed")
		TESTL(bits, bits)
		JNE(LabelRef(far))
		p.sumsOf(r, true, rejected)
		JMP(LabelRef(summed))
		Label(far)
		p.sumsOf(r, false, rejected)
		Label(summed)
		MOVL(rejected, Mem{Base: declined})
		ADDQ(Imm(4), declined)
		p.keep(lanes)
		r.advance()
	})
}

// sumsOf is sums of a tile of which all rows are near or not. It adds to rejected the bits of those
// with a negative label.
func (p *preparedTile) sumsOf(r *tileRows, near bool, rejected reg.GPVirtual) {
	g := p.g
	p.near, r.c.near = near, near
	var less [2]reg.VecVirtual // of a pair of columns
	var firsts [2]mask
	exp := func(off reg.GPVirtual, i int) (y reg.VecVirtual) {
		y, less[i], firsts[i] = p.column(off, i)
		g.store(y, nth(r.e, off, i, g))
		return y
	}
	column := func(_ reg.GPVirtual, i int) (d reg.VecVirtual, first mask) { return less[i], firsts[i] }
	var s crossEntropySums
	if r.index != nil {
		s = r.classSums(exp, column, true)
		g.drop(g.cmp(eqOQ, g.constant(1), s.own), s.dot.sum) // the maximum does not count: its less is M - m
	} else {
		var signs reg.VecVirtual
		s, signs = r.labelSums(exp, column, true)
		ORL(g.signBits(signs), rejected)
	}
	g.keepSums(r.lanes, s)
}

// farRows returns the bits of the rows that are not near, of which the least is given of what they
// are compared by. It stores their least logits, less m, in the lane Low.
func (p *preparedTile) farRows(least reg.VecVirtual, lanes reg.GPVirtual) reg.GPVirtual {
	g, u := p.g, p.g.vec()
	g.load(p.minusM, u)
	if p.shifted {
		g.add(least, u, u)
	} else {
		g.madd(p.b, least, u)
	}
	g.store(u, g.lane(lanes, "Low"))
	return g.maskBits(g.cmp(ltOQ, g.constant(-g.gap()), u))
}

// prepare emits the search for the row maxima and what column needs of them, and returns the mask
// of the rows that are for the specification, and the least of what they are compared by.
func (p *preparedTile) prepare(lanes reg.GPVirtual) (rejected reg.GPVirtual, least reg.VecVirtual) {
	g := p.g
	top, least := g.vec(), g.vec()
	g.load(g.infinity(-1), top)
	g.load(g.infinity(1), least)
	g.columns(p.k, func(off reg.GPVirtual) {
		x := p.rough(off, 0)
		g.max(top, x, top)
		g.min(least, x, least)
	})
	minusM, rejected := p.onGrid(top, g.mostPreparedInRow())
	g.store(minusM, g.lane(lanes, "Grid"))
	p.minusM = g.park(minusM)
	if p.shifted {
		v := g.zeros(2)
		p.delta, p.found = g.park(v[0]), g.park(v[1])
	} else {
		e, delta := p.expInTile(top, minusM, nil, true)
		p.delta, p.found = g.park(delta), g.park(e)
	}
	p.m = g.maxima(g.park(top))
	return rejected, least
}

// column returns the exponentials of column i behind the one at off, its logits less m of top, and
// the mask of the rows whose first maximum it is.
func (p *preparedTile) column(off reg.GPVirtual, i int) (e, less reg.VecVirtual, first mask) {
	g := p.g
	z := g.vec()
	g.load(nth(p.z, off, i, g), z)
	c, low := p.added(off, i)
	if e, less = p.expInTile(z, c, low, p.near); !p.shifted {
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

// keep stores, when all columns have been taken, the exponentials that column has for the maxima in
// the lane Coef, and in others what maxima needs.
func (p *preparedTile) keep(lanes reg.GPVirtual) {
	p.g.store(p.g.loaded(p.found), p.g.lane(lanes, "Coef"))
	p.g.store(p.g.zeros(1)[0], p.g.lane(lanes, "Under")) // as it is next to a number of the table
	p.g.store(p.g.loaded(p.delta), p.g.lane(lanes, "Max"))
}

func (p *preparedTile) maxima(lanes reg.GPVirtual) (m func() reg.VecVirtual, more Op) {
	return func() reg.VecVirtual {
		m := p.g.zeros(1)[0]
		p.g.sub(p.g.lane(lanes, "Grid"), m, m)
		return m
	}, p.g.lane(lanes, "Max")
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
