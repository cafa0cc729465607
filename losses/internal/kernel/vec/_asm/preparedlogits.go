package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// preparedLogits are the logits y = factor z + s of tiles and blocks, exact to far more digits than
// their type has. With b + bLow = factor, hi + low = s, and hi and m, which is next to the largest
// y of a row, multiples of a grid, 2^-9 for float32 and 2^-38 for float64, the argument of the
// exponential is
//
//	y - m = u + q,   u = b z + (hi - m),   q = bLow z + low,
//
// and with n of [rowExp] for u its reduced one r = (b z + ((hi - m) + n ln2hi)) + (q + n ln2lo),
// where the inner sum is exact.
type preparedLogits struct {
	g       isa
	shifted bool // otherwise hi and low are 0
	b, bLow Op
	hi, low reg.GPVirtual
	c       expConsts
	shift   expShift
	x       rowExp // of tiles, with others than its ln 2

	farMagic Op // of tiles whose rows are not near: x.magic less a power of two
}

// preparedLogits loads the parameters.
func (g isa) preparedLogits(shifted bool) preparedLogits {
	p := preparedLogits{g: g, shifted: shifted, c: g.expConstsInMemory()}
	p.b, p.bLow = g.factorParts()
	if shifted {
		p.hi, p.low = g.param("hi"), g.param("low")
	}
	if !g.avx512 {
		p.shift = g.shiftOf(g.zeros(1)[0])
		p.shift.n = g.park(p.shift.n.(reg.VecVirtual))
	}
	return p
}

// factorParts returns b and bLow, the factor as a sum of two numbers.
func (g isa) factorParts() (b, bLow Op) {
	if g.f64 {
		return g.held("factor"), g.held("factorLow")
	}
	f := XMM()
	VMOVSD(address(Param("factor")), f)
	return g.partsOf(f)
}

// partsOf returns f, a float64, as a sum of two numbers.
func (g isa) partsOf(f reg.VecVirtual) (b, low Op) {
	if g.f64 {
		return g.everywhere(f), g.constant(0)
	}
	x, rest := XMM(), XMM()
	VCVTSD2SS(f, f, x)
	VCVTSS2SD(x, x, rest)
	VSUBSD(rest, f, rest)
	VCVTSD2SS(rest, rest, rest)
	return g.everywhere(x), g.everywhere(rest)
}

// onGrid returns -m for the largest x of what the rows are compared by, and the mask of the rows
// whose largest logit is above the bound.
func (p *preparedLogits) onGrid(x reg.VecVirtual, bound float64) (minusM reg.VecVirtual, rejected reg.GPVirtual) {
	g := p.g
	y, size, most := p.unit(x), g.loaded(g.abs()), g.vec()
	g.and(y, size, size)
	g.load(g.constant(bound), most)
	rejected = g.maskBits(g.cmp(nltUQ, most, size))
	g.minusGrid(y)
	return y, rejected
}

// unit returns the logits for x, by which the rows are compared.
func (p *preparedLogits) unit(x reg.VecVirtual) (y reg.VecVirtual) {
	y = p.g.vec()
	if p.g.move(x, y); !p.shifted {
		p.g.mul(p.b, y, y)
	}
	return y
}

// parts returns u and q of logits z, with c = hi - m, and low, which it overwrites, nil for 0.
func (p *preparedLogits) parts(z reg.VecVirtual, c Op, low reg.VecVirtual) (u, q reg.VecVirtual) {
	g := p.g
	u = g.vec()
	g.load(c, u)
	g.madd(p.b, z, u)
	if low == nil {
		low = g.vec()
		g.mul(p.bLow, z, low)
	} else {
		g.madd(p.bLow, z, low)
	}
	return u, low
}

// less returns u + q, or where z is -Inf that.
func (p *preparedLogits) less(z reg.VecVirtual, c Op, low reg.VecVirtual) reg.VecVirtual {
	u, q := p.parts(z, c, low)
	p.g.min(q, p.g.loaded(p.g.constant(1)), q) // which may be NaN or Inf there
	p.g.add(q, u, u)
	return u
}

// exp returns the exponentials of u + q, and that. Where z is -Inf they are 0, and it is NaN.
func (p *preparedLogits) exp(z reg.VecVirtual, c Op, low reg.VecVirtual) (e, sum reg.VecVirtual) {
	g := p.g
	u, q := p.parts(z, c, low)
	r, t, n, least := g.vec(), g.vec(), g.vec(), g.loaded(g.constant(g.lowest()))
	g.max(u, least, least)
	none := g.cmp(ltOQ, g.constant(g.lowest()), u)
	g.load(p.c.magic, t)
	g.madd(p.c.log2e, least, t)
	g.sub(p.c.magic, t, n)
	g.load(c, r)
	ln2Grid, ln2Rest := g.ln2Parts()
	g.nmadd(g.constant(ln2Grid), n, r)
	g.madd(p.b, z, r)
	g.add(q, u, u)
	g.nmadd(g.constant(ln2Rest), n, q)
	g.add(q, r, r)
	e = g.vec()
	g.expOf(p.c, r, t, n, p.shift, e)
	g.drop(none, e)
	return e, u
}

// from returns what emits a copy of c, which the next ones take, too.
func (p *preparedLogits) from(c Op) func() reg.VecVirtual {
	return func() reg.VecVirtual {
		r := p.g.vec()
		p.g.load(c, r)
		return r
	}
}

// expInTile is exp of rows that are near, or of others, as [tileExp] has them.
func (p *preparedLogits) expInTile(z reg.VecVirtual, c Op, low reg.VecVirtual, near bool) (e, sum reg.VecVirtual) {
	g := p.g
	u, q := p.parts(z, c, low)
	v, x, none := u, p.x, mask{}
	if !near {
		v, x.magic = g.vec(), p.farMagic
		g.load(g.constant(g.lowest()), v)
		g.max(u, v, v)
		none = g.cmp(ltOQ, g.constant(g.lowest()), u)
	}
	e = g.expOfPrepared(x, p.b, z, v, u, q, p.from(c))
	if g.rowParts() == 1 {
		g.madd(g.constant(0), u, e) // for NaN, as in a tileExp
	}
	if !near {
		g.mul(g.constant(math.Exp2(-g.offset())), e, e)
		g.drop(none, e)
	}
	return e, u
}
