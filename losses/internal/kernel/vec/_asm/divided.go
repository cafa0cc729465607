package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// divided are the logits y = z/t in memory, of which the exponential is that of [plain] ones by
// other numbers: with n for y
//
//	exp(z/t) = 2^-n exp(r/t),  r = z + n t ln 2.
type divided struct{ plain }

// factorLow says in documentation what that is.
const factorLow = "factorLow is what factor has lost, for float64."

func (d *divided) signature() (name, ins, outs string, doc []string) {
	return "divided", "factor, factorLow float64, ", "m, em, sum", []string{"is odds of other logits.", d.are()}
}

func (d *divided) are() string { return "The logits are y = factor z. " + factorLow }

func (d *divided) load(z reg.GPVirtual) {
	d.z = z
	d.c = d.g.dividedExp()
}

func (d *divided) unit(x reg.VecVirtual) {
	b := XMM()
	VMOVSD(address(Param("factor")), b)
	if !d.g.f64 {
		VCVTSD2SS(b, b, b)
	}
	d.g.pick(VMULSS, VMULSD, b, x, x)
}

func (d *divided) bound() float64 { return d.g.mostPreparedInRow() }

func (d *divided) prepare(top reg.VecVirtual, _ reg.GPVirtual) {
	d.around(top, func() {
		m, em := d.largest()
		doubleResult(m, "m")
		doubleResult(em, "em")
	})
}

func (d *divided) largest() (m, em reg.VecVirtual) {
	m, em = d.plain.largest()
	d.times(m, nil)
	return m, em
}

func (d *divided) times(dot, _ reg.VecVirtual) {
	VMULSD(address(Param("factor")), dot.AsX(), dot.AsX())
}

// dividedExp returns the numbers of the exponential of rows for divided logits.
func (g isa) dividedExp() (c rowExp) {
	var values []float64
	c = g.rowExp(func(x float64) Op {
		values = append(values, x)
		return g.inMemory(x)
	})
	coefficients := values[5:] // behind those of reducedConsts
	w := isa{avx512: g.avx512, f64: true}
	number := func(x float64) reg.VecVirtual {
		v := XMM()
		VMOVSD(w.constant(x), v)
		return v
	}
	held := func(x reg.VecVirtual) Op { return g.park(g.everyLane(x)) }
	b, t, lost := XMM(), XMM(), number(1)
	VMOVSD(address(Param("factor")), b)
	VDIVSD(b, lost, t)
	VFNMADD231SD(b, t, lost)
	if g.f64 {
		VFNMADD231SD(address(Param("factorLow")), t, lost)
	}
	VMULSD(t, lost, lost) // 1/factor = t + lost
	ln2, hi, lo, log2e := number(math.Ln2), XMM(), XMM(), number(math.Log2E)
	VMULSD(ln2, t, hi)
	if !g.f64 {
		VCVTSD2SS(hi, hi, hi)
		VCVTSS2SD(hi, hi, hi)
	}
	VMOVAPD(hi, lo)
	VFMSUB231SD(ln2, t, lo)
	VFMADD231SD(ln2, lost, lo)
	VFMADD231SD(number(0x1.abc9e3b39803fp-56), t, lo)
	VMULSD(b, log2e, log2e)
	c.log2e, c.ln2hi, c.ln2lo, c.first = held(log2e), held(hi), held(lo), held(b)
	power := XMM()
	VMOVAPD(b, power)
	for i := len(c.q) - 1; i >= 0; i-- {
		q := number(coefficients[i])
		VMULSD(b, power, power)
		VMULSD(power, q, q)
		c.q[i] = held(q)
	}
	return c
}
