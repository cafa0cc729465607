package main

import (
	"math"
	"math/big"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowExp are the numbers of the exponential of rows of many classes
//
//	exp(x) = 2^-n exp(r),  n = -rint(16 x log2 e)/16,  r = x + n ln 2,  |r| <= ln(2)/32,
//	exp(r) = 1 + r + r² q(r),
//
// q of degree 1 for float32 and 4 for float64, where [expConsts] have one of degree 4 and 9: 2^-n
// takes the sixteenths of n from a table, with AVX2 the eighths, for float32 alone. The table is
// multiplied by a number next to 1, which makes no difference to a softmax, and by which its
// numbers lie next to those of their type: within 0.14 and 0.10 units of the last place, with AVX2
// 0.06. The relative error of q is 4.7e-9 and 2.8e-17, with AVX2 2.6e-8.
type rowExp struct {
	expConsts
	table Op  // the first half of float64's
	rest  Mem // the second one
}

// rowParts is how many parts the powers of two of a rowExp have, 1 where there is no table.
func (g isa) rowParts() int {
	switch {
	case g.avx512:
		return 16
	case g.f64:
		return 1
	}
	return 8
}

// rowExp returns the numbers of the exponential of rows.
func (g isa) rowExp(hold func(x float64) Op) (c rowExp) {
	if g.rowParts() == 1 {
		return rowExp{expConsts: g.expConstsBy(hold)}
	}
	c.expConsts = g.reducedConsts(hold)
	q := []float64{0.1666686220369223538223, 0.5000097768731267497700}
	switch {
	case g.f64:
		q = []float64{0.001388903437769301188990, 0.008333449724528356156896, 0.04166666666495976709692,
			0.1666666666530114478580, 0.5}
	case !g.avx512:
		q = []float64{0.16666858441087534, 0.5000644848504311}
	}
	for _, x := range q {
		c.q = append(c.q, hold(x))
	}
	table := g.rowPowers()
	c.magic, c.table = hold(g.magicNumber()/float64(g.rowParts())), table
	if g.avx512 {
		c.table, c.rest = g.loaded(table), table.Offset(64)
	}
	return c
}

// rowExpPrepared is rowExp, mostly in memory, for logits that are prepared: with their ln 2.
func (g isa) rowExpPrepared() (c rowExp) {
	c = g.rowExp(g.inMemory)
	first, others := g.ln2InRow()
	c.log2e, c.magic = g.hold(math.Log2E), g.hold(g.magicNumber()/float64(g.rowParts()))
	c.ln2hi, c.ln2lo = g.hold(first), g.hold(others)
	return c
}

// hold brings n numbers to registers, of which AVX2 has few, those first that a vector takes twice:
// with all in memory the loads would take longer than the arithmetic.
func (c *rowExp) hold(g isa, n int, first ...*Op) {
	alike := c.first == c.one
	c.q = slices.Clone(c.q) // which others have, too
	numbers := first
	if alike || c.table == nil { // what has a table takes none but the first
		numbers = append(numbers, &c.one)
	}
	numbers = append(numbers, &c.ln2hi, &c.log2e, &c.ln2lo)
	if !alike {
		numbers = append(numbers, &c.first)
	}
	for i := range c.q {
		numbers = append(numbers, &c.q[i])
	}
	if c.table != nil {
		numbers = append(numbers, &c.table)
	}
	for _, x := range numbers[:min(n, len(numbers))] {
		*x = g.loaded(*x)
	}
	if alike {
		c.first = c.one
	}
}

// rowBound is the size of the largest logit that a rowExp takes.
func (g isa) rowBound() float64 { return g.bound() / float64(g.rowParts()) }

// mostInRow is the largest of what expInRow returns for an ordinary row.
func (g isa) mostInRow() float64 { return g.magicNumber()/float64(g.rowParts()) + g.mostPowers() }

// rowFactor is what the table is multiplied by, and 1 where there is none.
func (g isa) rowFactor() float64 {
	switch {
	case g.rowParts() == 1:
		return 1
	case g.f64:
		return 1.0142136585550718
	case g.avx512:
		return 1.0323659069903366
	}
	return 1.0877149089649463
}

// rowPowers returns memory with 2^(-i/16), or 2^(-i/8), as 2^-n is made of it: with i in the bits
// below the exponent, where it stands in n.
func (g isa) rowPowers() Mem {
	name := "rowPowers" + g.suffix()
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	step := big.NewFloat(0.5).SetPrec(200)
	for range log2(g.rowParts()) {
		step.Sqrt(step)
	}
	power := big.NewFloat(g.rowFactor()).SetPrec(200)
	for i := range g.rowParts() {
		if g.f64 {
			x, _ := power.Float64()
			DATA(8*i, U64(math.Float64bits(x)+uint64(i)<<g.partBits()))
		} else {
			x, _ := power.Float32()
			DATA(4*i, U32(math.Float32bits(x)+uint32(i)<<g.partBits()))
		}
		power.Mul(power, step)
	}
	constants[name] = m
	return m
}

// partBits is where n stands in the bits of 2^-n.
func (g isa) partBits() int {
	if g.f64 {
		return 52 - log2(g.rowParts())
	}
	return 23 - log2(g.rowParts())
}

// expInRow emits e = exp(x) 2^-shift, a normal number, with magic of rowShift: the low bits of that
// less the product, which it returns, are n.
func (g isa) expInRow(c rowExp, x reg.VecVirtual, magic Op, e reg.VecVirtual) (t reg.VecVirtual) {
	t, r := g.lessProduct(c.expConsts, x, magic)
	g.expOfRow(c, t, r, e)
	return t
}

// expOfRow emits e = 2^-n exp(r), a normal number, with n in the low bits of t. It overwrites r.
func (g isa) expOfRow(c rowExp, t, r, e reg.VecVirtual) {
	if g.rowParts() == 1 {
		g.expPolynomial(c.expConsts, r, e)
		g.overNormalPower(t, e)
		return
	}
	q := g.powerOfRow(c, t, r, e)
	g.madd(r, q, e)
}

// powerOfRow is expOfRow in parts, where there is a table: e = 2^-n, to which r q is to be added.
func (g isa) powerOfRow(c rowExp, t, r, e reg.VecVirtual) (q reg.VecVirtual) {
	g.powerByTable(c, t, e)
	q = c.overReduced(g, r)
	g.mul(e, r, r)
	return q
}

// powerByTable emits e = 2^-n, with n in the low bits of t.
func (g isa) powerByTable(c rowExp, t, e reg.VecVirtual) {
	power, bits := g.vec(), Imm(uint64(g.partBits()))
	if g.f64 {
		g.move(t, e)
		VPERMI2PD(c.rest, c.table, e)
		VPSLLQ(bits, t, power)
		VPSUBQ(power, e, e)
	} else {
		VPERMPS(c.table, t, e)
		VPSLLD(bits, t, power)
		VPSUBD(power, e, e)
	}
}

// overReduced returns (exp(r) - 1)/r.
func (c *rowExp) overReduced(g isa, r reg.VecVirtual) reg.VecVirtual {
	q := g.vec()
	g.load(c.q[0], q)
	for _, k := range append(c.q[1:], c.first) {
		g.horner(k, r, q)
	}
	return q
}

// wideExpInRow returns exp(x) 2^-shift of expInRow for the largest x of the row in float64: to more
// digits than float32 has, as the sum of many that are rounded apart is.
func (g isa) wideExpInRow(c rowExp, x reg.VecVirtual, magic Op) reg.VecVirtual {
	if g.f64 {
		e := g.vec()
		g.expInRow(c, x, magic, e)
		return g.wideNumber(e)
	}
	_, r := g.lessProduct(c.expConsts, x, magic) // n is 0
	q, e := g.wideNumber(c.overReduced(g, r)), XMM()
	wide := isa{avx512: g.avx512, f64: true}
	VMOVSD(wide.constant(1), e)
	VFMADD231SD(q, g.wideNumber(r), e)
	VMULSD(wide.constant(g.rowFactor()), e, e)
	return e
}

// wideExpsInRow is wideExpInRow of float32 for the largest of many rows, in two vectors.
func (g isa) wideExpsInRow(c rowExp, x reg.VecVirtual, magic Op) (es []reg.VecVirtual) {
	_, r := g.lessProduct(c.expConsts, x, magic) // n is 0
	q, wide := g.halves(c.overReduced(g, r)), isa{avx512: g.avx512, f64: true}
	for i, r := range g.halves(r) {
		e := g.vec()
		wide.load(wide.constant(1), e)
		wide.madd(q[i], r, e)
		wide.mul(wide.constant(g.rowFactor()), e, e)
		es = append(es, e)
	}
	return es
}
