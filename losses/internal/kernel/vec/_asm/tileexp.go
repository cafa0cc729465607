package main

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileExp are the numbers of the exponentials exp(z) 2^-shift of rows in tiles, by [rowExp]. Those
// of rows that are near, whose logits are within gap of the largest, are normal numbers. Of others
// they are multiplied by a power of two, so that they are normal before the last multiplication,
// which takes it back: what near rows have is the same either way, bit for bit.
type tileExp struct {
	rowExp
	g     isa
	near  bool
	shift Op // what rowShift returns, of other rows less the power of two
	least Op // of them: where exponentials are 0
}

func (g isa) tileExp() tileExp { return tileExp{rowExp: g.rowExp(g.hold), g: g, near: true} }

// prepare makes c that of rows with the largest logits top, and returns the bits of those beyond
// bound.
func (c *tileExp) prepare(top reg.VecVirtual) (rejected reg.GPVirtual) {
	g, size, most := c.g, c.g.vec(), c.g.vec()
	g.load(g.abs(), size)
	g.and(top, size, size)
	g.load(g.constant(g.rowBound()), most)
	rejected = g.maskBits(g.cmp(nltUQ, most, size))
	c.shift = g.rowShift(c.expConsts, top)
	return rejected
}

// farRows returns the bits of the rows that are not near, of which the largest and the least logits
// are given.
func (g isa) farRows(top, least Op) reg.GPVirtual { return g.maskBits(g.farLanes(top, least)) }

// farLanes is farRows as a mask.
func (g isa) farLanes(top, least Op) mask {
	from := g.loaded(g.constant(-g.gap()))
	g.add(top, from, from)
	return g.cmp(ltOQ, from, g.loaded(least))
}

// far is c for rows that need not be near; park says where it keeps its numbers, by their lanes.
func (c tileExp) far(top Op, park func(v reg.VecVirtual, lane string) Op) tileExp {
	g, shift, least := c.g, c.g.vec(), c.g.vec()
	g.load(g.constant(-g.offset()), shift)
	g.add(c.shift, shift, shift)
	g.load(g.constant(g.lowest()), least)
	g.add(top, least, least)
	c.near, c.shift, c.least = false, park(shift, "Shift"), park(least, "Top")
	return c
}

// expOfTop emits the exponential e of the largest logit as exp does, and returns what its last
// addition has lost, 0 where there is no table.
func (c *tileExp) expOfTop(z, e reg.VecVirtual) (lost reg.VecVirtual) {
	g := c.g
	if g.rowParts() == 1 {
		c.exp(z, e)
		return g.zeros(1)[0]
	}
	t, r := g.lessProduct(c.expConsts, z, c.shift)
	q := g.powerOfRow(c.rowExp, t, r, e)
	lost = g.vec()
	g.move(e, lost)
	g.madd(r, q, e)
	g.sub(e, lost, lost)
	g.madd(r, q, lost)
	return lost
}

// exp emits the exponentials e of z.
func (c *tileExp) exp(z Op, e reg.VecVirtual) {
	g, x := c.g, c.g.vec()
	if c.near {
		g.load(z, x)
	} else {
		g.load(c.least, x)
		g.max(z, x, x)
	}
	g.expInRow(c.rowExp, x, c.shift, e)
	if !c.near {
		g.mul(g.constant(math.Exp2(-g.offset())), e, e)
	}
	if g.rowParts() == 1 {
		g.madd(g.constant(0), x, e) // integer arithmetic has made something of a NaN: bring it back
	}
}
