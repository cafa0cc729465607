package main

import (
	"fmt"
	"math"
	"math/big"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowExp are the numbers of the exponential of rows of many classes with AVX-512
//
//	exp(x) = 2^-n exp(r),  n = -rint(16 x log2 e)/16,  r = x + n ln 2,  |r| <= ln(2)/32,
//	exp(r) = 1 + r + r² q(r),
//
// q of degree 1 for float32 and 4 for float64, where [expConsts] have one of degree 4 and 9: 2^-n
// takes the sixteenths of n from a table. The table is multiplied by a number next to 1, which
// makes no difference to a softmax, and by which its numbers lie next to those of their type:
// within 0.14 and 0.10 units of the last place. The relative error of q is 4.7e-9 and 2.8e-17.
type rowExp struct {
	expConsts
	table reg.VecVirtual // the first half of float64's
	rest  Mem            // the second one
}

// sixteenths is how many parts the powers of two of a rowExp have.
const sixteenths = 16

// rowExp returns the numbers of the exponential of rows, with a table or, for AVX2, without.
func (g isa) rowExp() (c rowExp) {
	if !g.avx512 {
		return rowExp{expConsts: g.expConsts()}
	}
	c.expConsts = g.reducedConsts(g.hold)
	q := []float64{0.1666686220369223538223, 0.5000097768731267497700}
	if g.f64 {
		q = []float64{0.001388903437769301188990, 0.008333449724528356156896, 0.04166666666495976709692,
			0.1666666666530114478580, 0.5}
	}
	c.magic, c.q = g.hold(g.magicNumber()/sixteenths), g.constants(q)
	for i, x := range c.q {
		c.q[i] = g.loaded(x)
	}
	table := g.rowPowers()
	c.table, c.rest = g.loaded(table), table.Offset(64)
	return c
}

// rowBound is the size of the largest logit that a rowExp takes.
func (g isa) rowBound() float64 {
	if g.avx512 {
		return g.bound() / sixteenths
	}
	return g.bound()
}

// rowFactor is what the table is multiplied by.
func (g isa) rowFactor() float64 {
	if g.f64 {
		return 1.0142136585550718
	}
	return 1.0323659069903366
}

// rowPowers returns memory with 2^(-i/16), as 2^-n is made of it: with i in the bits below the
// exponent, where it stands in n.
func (g isa) rowPowers() Mem {
	name := fmt.Sprint("rowPowers", g.lanes())
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	step := big.NewFloat(0.5).SetPrec(200)
	for range log2(sixteenths) {
		step.Sqrt(step)
	}
	power := big.NewFloat(g.rowFactor()).SetPrec(200)
	for i := range sixteenths {
		if g.f64 {
			x, _ := power.Float64()
			DATA(8*i, U64(math.Float64bits(x)+uint64(i)<<48))
		} else {
			x, _ := power.Float32()
			DATA(4*i, U32(math.Float32bits(x)+uint32(i)<<19))
		}
		power.Mul(power, step)
	}
	constants[name] = m
	return m
}

// expInRow emits e = exp(x) 2^-shift, a normal number, with magic of rowShift: the low bits of that
// less the product, which it returns, are n.
func (g isa) expInRow(c rowExp, x reg.VecVirtual, magic Op, e reg.VecVirtual) (t reg.VecVirtual) {
	if !g.avx512 {
		return g.expOrdinary(c.expConsts, x, magic, e)
	}
	t, r := g.lessProduct(c.expConsts, x, magic)
	power := g.vec()
	if g.f64 {
		g.move(t, e)
		VPERMI2PD(c.rest, c.table, e)
		VPSLLQ(Imm(48), t, power)
		VPSUBQ(power, e, e)
	} else {
		VPERMPS(c.table, t, e)
		VPSLLD(Imm(19), t, power)
		VPSUBD(power, e, e)
	}
	q := c.overReduced(g, r)
	g.mul(e, r, r)
	g.madd(r, q, e)
	return t
}

// overReduced returns (exp(r) - 1)/r.
func (c *rowExp) overReduced(g isa, r reg.VecVirtual) reg.VecVirtual {
	q := g.vec()
	g.load(c.q[0], q)
	for _, k := range append(c.q[1:], c.one) {
		g.horner(k, r, q)
	}
	return q
}

// wideExpInRow returns exp(x) 2^-shift of expInRow for the largest x of the row in float64: to more
// digits than float32 has, as the sum of many that are rounded apart is.
func (g isa) wideExpInRow(c rowExp, x reg.VecVirtual, magic Op) reg.VecVirtual {
	if g.f64 || !g.avx512 {
		e := g.vec()
		g.expInRow(c, x, magic, e)
		return g.wideNumber(e)
	}
	_, r := g.lessProduct(c.expConsts, x, magic) // n is 0
	q, e := g.wideNumber(c.overReduced(g, r)), XMM()
	wide := isa{avx512: true, f64: true}
	VMOVSD(wide.constant(1), e)
	VFMADD231SD(q, g.wideNumber(r), e)
	VMULSD(wide.constant(g.rowFactor()), e, e)
	return e
}
