package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// prepared are logits y = factor z + s, exact to far more digits than their type has. With b +
// bLow = factor, hi + low = s and top + topLow = M, the largest y, hi and top multiples of a grid,
// 2^-9 for float32 and 2^-38 for float64, the argument of the exponential is
//
//	y - M = u + q,   u = b z + (hi - top),   q = bLow z + (low - topLow),
//
// and with n of [rowExp] for u its reduced one r = (b z + ((hi - top) + n ln2hi)) + (q + n ln2lo),
// where the inner sum is exact.
type prepared struct {
	g     isa
	keeps bool // M is no result
	alone bool // nobody wants the logits less M
	far   farthest
	most  func() []reg.VecVirtual // M, where it is kept

	z, hi, low         reg.GPVirtual
	b, bLow            Op
	minusTop, minusLow Op
	c                  rowExp // with others than its ln 2
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

func (p *prepared) times(reg.VecVirtual) {}

func (p *prepared) bound() float64 { return p.g.mostPreparedInRow() }

func (p *prepared) prepare(_ reg.VecVirtual, a reg.GPVirtual) {
	g := p.g
	top, low := p.topOf(a)
	p.minusTop, p.minusLow = g.everywhere(top), g.everywhere(low)
	p.c = g.rowExpPrepared()
	if !p.keeps {
		doubleResult(p.ofTop(), "em")
	}
}

// ofTop returns the exponential of M, of which others are multiples.
func (p *prepared) ofTop() (em reg.VecVirtual) {
	em = XMM()
	VMOVSD(isa{avx512: p.g.avx512, f64: true}.constant(p.g.rowFactor()), em)
	return em
}

// topOf stores M, the logit at a, and returns -top and -topLow.
func (p *prepared) topOf(a reg.GPVirtual) (top, low reg.VecVirtual) {
	g := p.g
	number := func(from reg.GPVirtual) (x reg.VecVirtual) { // in float64
		x = XMM()
		if g.f64 {
			VMOVSD(Mem{Base: from, Index: a, Scale: 8}, x)
			return x
		}
		VMOVSS(Mem{Base: from, Index: a, Scale: 4}, x)
		VCVTSS2SD(x, x, x)
		return x
	}
	wide, grid, m := isa{avx512: g.avx512, f64: true}, XMM(), XMM()
	z := number(p.z)
	VMULSD(address(Param("factor")), z, m)
	VADDSD(number(p.hi), m, m)
	VADDSD(number(p.low), m, m)
	if !g.f64 {
		p.found(m)
		VMOVSD(wide.constant(0x1.8p43), grid)
	} else {
		VMOVSD(wide.constant(toGrid), grid)
	}
	top, low = XMM(), XMM()
	VSUBSD(m, grid, top)
	VSUBSD(grid, top, top)
	if g.f64 { // m has not the digits
		VMOVAPD(top, m)
		VADDSD(number(p.hi), m, m)
		low = number(p.low)
		VFMADD231SD(address(Param("factor")), z, m)
		VFMADD231SD(address(Param("factorLow")), z, low)
		VADDSD(low, m, low)
		VSUBSD(top, low, m)
		p.found(m)
	} else {
		VADDSD(top, m, low)
	}
	VXORPD(m, m, m)
	VSUBSD(low, m, low)
	if !g.f64 {
		VCVTSD2SS(top, top, top)
		VCVTSD2SS(low, low, low)
	}
	return top, low
}

// found keeps M or stores it.
func (p *prepared) found(m reg.VecVirtual) {
	if !p.keeps {
		VMOVSD(m, address(Return("m")))
		return
	}
	x := XMM()
	VMOVAPD(m, x)
	p.most = p.g.keptNumbers(x)
}

func (p *prepared) largest() (m, em reg.VecVirtual) { return p.most()[0], p.ofTop() }

func (p *prepared) measures() *farthest { return &p.far }

func (p *prepared) farthest() float64 { return p.g.mostInRow() }

func (p *prepared) exp(i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, less func() reg.VecVirtual) {
	g := p.g
	x, c, q := g.get(p.z, i, v, m), g.vec(), g.vec()
	g.load(p.minusTop, c)
	g.load(p.minusLow, q)
	g.add(g.get(p.hi, i, v, m), c, c)
	g.add(g.get(p.low, i, v, m), q, q)
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
