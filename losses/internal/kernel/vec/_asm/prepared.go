package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// prepared are logits y = factor z + s, exact to far more digits than their type has. With b +
// bLow = factor, hi + low = s, and hi and top, which is next to the largest y, multiples of a grid,
// 2^-9 for float32 and 2^-38 for float64, the argument of the exponential is
//
//	y - top = u + q,   u = b z + (hi - top),   q = bLow z + low,
//
// and with n of [rowExp] for u its reduced one r = (b z + ((hi - top) + n ln2hi)) + (q + n ln2lo),
// where the inner sum is exact.
type prepared struct {
	g     isa
	keeps bool // M, the largest y, is no result
	alone bool // nobody wants the logits less top
	far   farthest
	above func() []reg.VecVirtual // M - top, and M

	z, hi, low reg.GPVirtual
	b, bLow    Op
	minusTop   Op
	c          rowExp // with others than its ln 2
	held       int    // how many of the numbers that every vector takes AVX2 has registers for
}

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

func (p *prepared) signature() (name, ins, outs string, doc []string) {
	return "shifted", "hi, low *T, factor, factorLow float64, ", "m, em, sum",
		[]string{"is odds of other logits.", p.are()}
}

func (p *prepared) are() string {
	return "The logits are y = factor z + hi + low, hi a multiple of the grid. " + factorLow
}

func (p *prepared) load(z reg.GPVirtual) {
	g := p.g
	p.z, p.hi, p.low = z, g.param("hi"), g.param("low")
	p.b, p.bLow = g.factorParts()
}

// everywhere returns the lowest lane of x in all lanes.
func (g isa) everywhere(x reg.VecVirtual) Op {
	v := g.vec()
	g.bcast(x, v)
	return g.park(v)
}

// get loads b z + hi.
func (p *prepared) get(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x, y := p.g.get(p.z, i, v, m), p.g.get(p.hi, i, v, m)
	p.g.madd(p.b, x, y)
	return y
}

func (p *prepared) unit(reg.VecVirtual) {}

func (p *prepared) times(dot, others reg.VecVirtual) {
	VFNMADD231SD(p.above()[0], others.AsX(), dot.AsX())
}

func (p *prepared) bound() float64 { return p.g.mostPreparedInRow() }

func (p *prepared) prepare(top reg.VecVirtual, a reg.GPVirtual) {
	g, m, minusTop := p.g, XMM(), p.g.vec()
	g.move(top, minusTop)
	g.minusGrid(minusTop)
	p.minusTop = g.park(minusTop)
	minus, z, above, low := g.wideNumber(minusTop), g.wideNumber(at(p.z, a, g, 0)), g.wideNumber(at(p.hi, a, g, 0)),
		g.wideNumber(at(p.low, a, g, 0))
	VADDSD(minus, above, above)
	VFMADD231SD(address(Param("factor")), z, above)
	VFMADD231SD(address(Param("factorLow")), z, low)
	VADDSD(low, above, above)
	VSUBSD(minus, above, m)
	p.above = g.keptNumbers(above, m)
	p.c = g.rowExpPrepared()
	if !g.avx512 {
		p.c.hold(g, p.held, &p.b, &p.c.magic)
	}
	if !p.keeps {
		m, em := p.largest()
		doubleResult(m, "m")
		doubleResult(em, "em")
	}
}

// minusGrid makes y the multiple of the grid next to -y.
func (g isa) minusGrid(y reg.VecVirtual) {
	grid := g.vec()
	g.load(g.constant(toGrid), grid)
	g.add(grid, y, y)
	g.sub(y, grid, y)
}

// largest returns exp(M - top) as Taylor's series has it: that is next to 1.
func (p *prepared) largest() (m, em reg.VecVirtual) {
	x, w := p.above(), isa{avx512: p.g.avx512, f64: true}
	em = XMM()
	VMOVSD(w.constant(1./6), em)
	for _, c := range []float64{1. / 2, 1, 1} {
		VFMADD213SD(w.constant(c), x[0], em)
	}
	VMULSD(w.constant(p.g.rowFactor()), em, em)
	return x[1], em
}

func (p *prepared) measures() *farthest { return &p.far }

func (p *prepared) farthest() float64 { return p.g.mostInRow() }

func (p *prepared) exp(i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, less func() reg.VecVirtual) {
	g := p.g
	x, c, q := g.get(p.z, i, v, m), g.vec(), g.get(p.low, i, v, m)
	g.load(p.minusTop, c)
	g.add(g.get(p.hi, i, v, m), c, c)
	u := g.vec()
	g.move(c, u)
	g.madd(p.b, x, u)
	g.madd(p.bLow, x, q)
	sum := u
	if p.alone {
		sum = nil
	}
	e, t := g.expOfPrepared(p.c, p.b, x, u, sum, q, func() reg.VecVirtual { return c })
	p.far.take(g, t, m)
	return e, func() reg.VecVirtual { return u }
}

// expOfPrepared emits e = exp(u + q), a normal number, and t of which the low bits are n, for the
// parts of a prepared logit b z and from, which emits hi - top; n is that of v, which is u as far
// as that has such an exponential. It leaves u + q in u, unless that is nil, and overwrites q and
// what from returns.
func (g isa) expOfPrepared(x rowExp, b Op, z, v, u, q reg.VecVirtual, from func() reg.VecVirtual) (
	e, t reg.VecVirtual) {
	t, n := g.vec(), g.vec()
	g.load(x.magic, t)
	g.nmadd(x.log2e, v, t)
	g.sub(x.magic, t, n) // less than 0, as n is not
	r := from()
	g.madd(x.ln2hi, n, r)
	g.madd(b, z, r)
	if u != nil {
		g.add(q, u, u)
	}
	g.madd(x.ln2lo, n, q)
	g.add(q, r, r)
	e = g.vec()
	g.expOfRow(x, t, r, e)
	return e, t
}
