package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// prepared are logits y = factor z + s in float32, exact to far more digits than that. With b +
// bLow = factor, hi + low = s and top + topLow = M, the largest y, hi and top multiples of 2^-9,
// the argument of the exponential is
//
//	y - M = u + q,   u = b z + (hi - top),   q = bLow z + (low - topLow),
//
// and with n next to u log2 e its reduced one r = (b z + ((hi - top) - n ln2hi)) + (q - n ln2lo),
// where the inner difference is exact.
type prepared struct {
	g       isa
	shifted bool // otherwise s is 0

	z, hi, low         reg.GPVirtual
	b, bLow            Op
	minusTop, minusLow Op
	c                  expConsts
	ln2hi, ln2lo       Op
}

// The first digits of ln 2, a multiple of 2^-9, and the others.
const (
	ln2Grid = 355.0 / 512
	ln2Rest = -2.12194440054690583e-4
)

// mostPrepared bounds y and s: hi, top and their difference then have no more than 24 digits.
const mostPrepared = 1 << 13

func (p *prepared) signature() (name, ins, outs string, doc []string) {
	name, ins, doc = "divided", "factor float64, ", []string{
		"is odds of the logits y = factor z; m is the largest, and em 1."}
	if p.shifted {
		name, ins, doc = "shifted", "hi, low *T, factor float64, ", []string{
			"is odds of the logits y = factor z + hi + low, hi a " +
				"multiple of 2^-9; m is the largest, and em 1."}
	}
	return name, ins, "m, sum", doc
}

func (p *prepared) load(z reg.GPVirtual) {
	g := p.g
	p.z = z
	if p.shifted {
		p.hi, p.low = g.param("hi"), g.param("low")
	}
	p.b, p.bLow = g.factorParts()
}

// everywhere returns the lowest lane of x in all lanes.
func (g isa) everywhere(x reg.VecVirtual) Op {
	v := g.vec()
	g.bcast(x, v)
	return g.park(v)
}

// get loads b z + hi, or z alone: where no two elements are shifted apart their order is that of z.
func (p *prepared) get(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x := p.g.get(p.z, i, v, m)
	if !p.shifted {
		return x
	}
	y := p.g.get(p.hi, i, v, m)
	p.g.madd(p.b, x, y)
	return y
}

func (p *prepared) unit(x reg.VecVirtual) {
	if !p.shifted {
		b := XMM()
		VMOVSD(address(Param("factor")), b)
		VCVTSD2SS(b, b, b)
		VMULSS(b, x, x)
	}
}

func (p *prepared) bound() float64 { return mostPrepared }

func (p *prepared) prepare(_ reg.VecVirtual, a reg.GPVirtual) {
	g := p.g
	m, x, grid := XMM(), XMM(), XMM()
	number := func(from reg.GPVirtual) {
		VMOVSS(Mem{Base: from, Index: a, Scale: 4}, x)
		VCVTSS2SD(x, x, x)
	}
	number(p.z)
	VMULSD(address(Param("factor")), x, m)
	if p.shifted {
		number(p.hi)
		VADDSD(x, m, m)
		number(p.low)
		VADDSD(x, m, m)
	}
	VMOVSD(m, address(Return("m")))
	wide := isa{avx512: g.avx512, f64: true}
	VMOVSD(wide.constant(0x1.8p43), grid)
	VSUBSD(m, grid, x)
	VSUBSD(grid, x, x) // -m on the grid
	VADDSD(x, m, m)
	VXORPS(grid, grid, grid)
	VSUBSD(m, grid, m)
	VCVTSD2SS(x, x, x)
	VCVTSD2SS(m, m, m)
	p.minusTop, p.minusLow = g.everywhere(x), g.everywhere(m)
	p.c = g.expConstsInMemory()
	p.c.log2e, p.c.magic = g.hold(math.Log2E), g.hold(g.magicNumber())
	p.ln2hi, p.ln2lo = g.hold(ln2Grid), g.hold(ln2Rest)
}

func (p *prepared) exp(i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, less func() reg.VecVirtual) {
	g := p.g
	x, c, q := g.get(p.z, i, v, m), g.vec(), g.vec()
	g.load(p.minusTop, c)
	g.load(p.minusLow, q)
	if p.shifted {
		g.add(g.get(p.hi, i, v, m), c, c)
		g.add(g.get(p.low, i, v, m), q, q)
	}
	u, t, n := g.vec(), g.vec(), g.vec()
	g.move(c, u)
	g.madd(p.b, x, u)
	g.madd(p.bLow, x, q)
	g.load(p.c.magic, t)
	g.madd(p.c.log2e, u, t)
	g.sub(p.c.magic, t, n)
	g.nmadd(p.ln2hi, n, c)
	g.madd(p.b, x, c)
	g.add(q, u, u)
	g.nmadd(p.ln2lo, n, q)
	g.add(q, c, c)
	e = g.vec()
	g.expNormal(p.c, c, t, e)
	return e, func() reg.VecVirtual { return u }
}
