package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// blockLogits are how the rows of a block come by their logits. What they need of a row is a number
// of the row in lanes.
type blockLogits interface {
	// prepare emits the search for the row maxima and what exp needs of them, and returns the mask
	// of the rows that are for the specification.
	prepare(k reg.GPVirtual) (rejected reg.GPVirtual)
	// row readies the numbers of a row z for exp.
	row(z, row reg.GPVirtual)
	// exp returns the exponentials of vector v at i of a row z, the mask of the maxima, and what
	// emits its logits less m of top, where they count beside labels.
	exp(z, i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, most mask, less func(lab reg.VecVirtual) reg.VecVirtual)
	// single reports whether a row has one maximum, of as many as may be as large.
	single() bool
	// tops returns a sum for the exponentials of a row's maxima, for AVX2 at m, nil for none.
	tops(m Mem) Op
	// topExps returns the exponentials that exp has for the maxima of all rows, and leaves them in
	// the lane Coef.
	topExps(work, lanes reg.GPVirtual) reg.VecVirtual
	// top returns the maxima of all rows as m + more, more small, which it leaves in the lane Max, and
	// makes the dot of s, of what exp emits, one of logits less m.
	top(lanes reg.GPVirtual, s *crossEntropySums) (m, more reg.VecVirtual)
}

// plainBlock are the logits in memory.
type plainBlock struct {
	g         isa
	c         expConsts
	shift     expShift
	most, low Op
}

func (p *plainBlock) prepare(k reg.GPVirtual) (rejected reg.GPVirtual) {
	g := p.g
	p.shift, rejected = g.blockMaxima(k)
	p.c = g.expConstsOfBlock()
	return rejected
}

func (p *plainBlock) row(_, row reg.GPVirtual) {
	g := p.g
	p.most, p.low = g.park(g.ofRow(row, "Max")), g.park(g.ofRow(row, "Low"))
	p.shift.n = g.park(g.ofRow(row, "Shift"))
}

func (p *plainBlock) exp(z, i reg.GPVirtual, v int, m *mask) (
	e reg.VecVirtual, most mask, less func(lab reg.VecVirtual) reg.VecVirtual) {
	g := p.g
	x, e, y := g.vec(), g.vec(), g.get(z, i, v, m)
	g.load(p.low, x)
	g.max(y, x, x)
	g.expShifted(p.c, x, p.shift, e)
	return e, g.cmp(eqOQ, p.most, y), func(lab reg.VecVirtual) reg.VecVirtual {
		g.sub(p.most, y, y)
		return g.counting(y, lab)
	}
}

func (p *plainBlock) single() bool { return false }

func (p *plainBlock) tops(Mem) Op { return nil }

func (p *plainBlock) topExps(_, lanes reg.GPVirtual) reg.VecVirtual {
	ea := p.g.vec()
	p.g.load(p.g.lane(lanes, "Coef"), ea)
	return ea
}

func (p *plainBlock) top(lanes reg.GPVirtual, _ *crossEntropySums) (m, more reg.VecVirtual) {
	m = p.g.vec()
	p.g.load(p.g.lane(lanes, "Max"), m)
	return m, p.g.zeros(1)[0]
}

// counting makes y, which may be infinite, 0 where lab is.
func (g isa) counting(y, lab reg.VecVirtual) reg.VecVirtual {
	g.keep(g.cmp(neqUQ, g.constant(0), lab), y, y)
	return y
}

// preparedBlock are the prepared logits of a block.
type preparedBlock struct {
	preparedLogits
	minusM, most Op
}

// gets returns what loads the numbers by which a row z is searched for its maximum: those of logits
// that are not shifted apart are in the order of z.
func (p *preparedBlock) gets(z reg.GPVirtual) func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	g := p.g
	return func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
		x := g.get(z, i, v, m)
		if !p.shifted {
			return x
		}
		y := g.get(p.hi, i, v, m)
		g.madd(p.b, x, y)
		return y
	}
}

// added loads hi - m and low.
func (p *preparedBlock) added(i reg.GPVirtual, v int, m *mask) (c Op, low reg.VecVirtual) {
	if !p.shifted {
		return p.minusM, nil
	}
	x := p.g.get(p.hi, i, v, m)
	p.g.add(p.minusM, x, x)
	return x, p.g.get(p.low, i, v, m)
}

func (p *preparedBlock) prepare(k reg.GPVirtual) (rejected reg.GPVirtual) {
	g := p.g
	top := g.blockMost(k, func(z, _ reg.GPVirtual) func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
		return p.gets(z)
	})
	minusM, rejected := p.onGrid(top, mostPrepared)
	lanes := g.param("lanes")
	g.store(minusM, g.lane(lanes, "Grid"))
	if p.shifted { // b z + hi is too rough a number
		top = g.blockMost(k, func(z, row reg.GPVirtual) func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
			p.minusM = g.park(g.ofRow(row, "Grid"))
			return func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
				c, low := p.added(i, v, m)
				return p.less(g.get(z, i, v, m), c, low)
			}
		})
	}
	g.store(top, g.lane(lanes, "Max"))
	return rejected
}

func (p *preparedBlock) single() bool { return false }

func (p *preparedBlock) tops(m Mem) Op { return p.g.zeroAt(m) }

func (p *preparedBlock) topExps(work, lanes reg.GPVirtual) reg.VecVirtual {
	ea := p.g.collapsed(work, blockTops, p.g.max)
	p.g.store(ea, p.g.lane(lanes, "Coef"))
	return ea
}

func (p *preparedBlock) top(lanes reg.GPVirtual, _ *crossEntropySums) (m, more reg.VecVirtual) {
	g := p.g
	most, minusM, m := g.vec(), g.vec(), g.zeros(1)[0]
	g.load(g.lane(lanes, "Max"), most)
	g.load(g.lane(lanes, "Grid"), minusM)
	if !p.shifted {
		most = p.less(most, minusM, nil)
		g.store(most, g.lane(lanes, "Max"))
	}
	g.sub(minusM, m, m)
	return m, most
}

func (p *preparedBlock) row(_, row reg.GPVirtual) {
	p.minusM, p.most = p.g.park(p.g.ofRow(row, "Grid")), p.g.park(p.g.ofRow(row, "Max"))
}

func (p *preparedBlock) exp(z, i reg.GPVirtual, v int, m *mask) (
	e reg.VecVirtual, most mask, less func(lab reg.VecVirtual) reg.VecVirtual) {
	x := p.g.get(z, i, v, m)
	c, low := p.added(i, v, m)
	e, y := p.preparedLogits.exp(x, c, low)
	if p.shifted {
		x = y
	}
	return e, p.g.cmp(eqOQ, p.most, x), func(lab reg.VecVirtual) reg.VecVirtual { return p.g.counting(y, lab) }
}

// preparedLess emits what takes prepared logits to where [isa.labelGrads] finds those in memory.
func (g isa) preparedLess(name string, shifted bool) {
	params, doc := preparedParams(shifted)
	g.text(name, "func(dst, z *T, k, n int, lanes *T"+params+")", append([]string{
		"stores in dst the logits of n rows of k elements, with the number in the lane Grid added to them."}, doc...)...)
	x := &preparedBlock{preparedLogits: g.preparedLogits(shifted)}
	g.blockRows(g.param("k"), []string{"dst", "z"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		x.minusM = g.park(g.ofRow(row, "Grid"))
		g.loop(g.param("k"), 4, func(i reg.GPVirtual, v int, m *mask) {
			c, low := x.added(i, v, m)
			g.put(x.less(g.get(p[1], i, v, m), c, low), p[0], i, v, m)
		})
	})
	g.ret()
}
