package main

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ln2Parts returns the first digits of ln 2, a multiple of the grid, and the others.
func (g isa) ln2Parts() (first, others float64) {
	const short, long = 355.0 / (1 << 9), 190530846196.0 / (1 << 38)
	if g.f64 {
		return long, math.Ln2 - long
	}
	return short, math.Ln2 - short
}

// ln2InRow is ln2Parts for n in parts: as many fewer digits of ln 2 as n has more, but for float32
// two more than that, as b z has fewer.
func (g isa) ln2InRow() (first, others float64) {
	const eighths, sixteenths, long = 177.0 / (1 << 8), 89.0 / (1 << 7), 11908177887.0 / (1 << 34)
	switch {
	case g.rowParts() == 1:
		return g.ln2Parts()
	case g.f64:
		return long, math.Ln2 - long
	case g.avx512:
		return sixteenths, math.Ln2 - sixteenths
	}
	return eighths, math.Ln2 - eighths
}

// mostPrepared bounds y: hi, top and their difference then have no more than 24 digits, or 53.
// toGrid is added to round such a number to the grid.
const (
	mostPrepared = 1 << 13
	toGrid       = 0x1.8p14
)

// mostPreparedInRow bounds y in rows: with s of [spec.MostShift] b z is at most 2^13, of which
// float32 has multiples of 2^-11.
func (g isa) mostPreparedInRow() float64 {
	if g.f64 {
		return mostPrepared
	}
	return mostPrepared - 1<<10
}

// everywhere returns the lowest lane of x in all lanes.
func (g isa) everywhere(x reg.VecVirtual) Op {
	v := g.vec()
	g.bcast(x, v)
	return g.park(v)
}

// minusGrid makes y the multiple of the grid next to -y.
func (g isa) minusGrid(y reg.VecVirtual) {
	grid := g.loaded(g.constant(toGrid))
	g.add(grid, y, y)
	g.sub(y, grid, y)
}

// expOfPrepared returns exp(u + q), a normal number, for the parts of a prepared logit b z and
// from, which emits hi - top; n is that of v, which is u as far as that has such an exponential. It
// leaves u + q in u, and overwrites q and what from returns.
func (g isa) expOfPrepared(x rowExp, b Op, z, v, u, q reg.VecVirtual, from func() reg.VecVirtual) reg.VecVirtual {
	t, n, e := g.vec(), g.vec(), g.vec()
	g.load(x.magic, t)
	g.nmadd(x.log2e, v, t)
	g.sub(x.magic, t, n) // less than 0, as n is not
	r := from()
	g.madd(x.ln2hi, n, r)
	g.madd(b, z, r)
	g.add(q, u, u)
	g.madd(x.ln2lo, n, q)
	g.add(q, r, r)
	g.expOfRow(x, t, r, e)
	return e
}
