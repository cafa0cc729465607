package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// expConsts are the numbers of the exponential
//
//	exp(x) 2^-shift = 2^(n-shift) exp(r),  n = rint(x log2 e),  r = x - n ln 2,
//	exp(r) = 1 + (r + r² q(r)),
//
// with the polynomial q of the amd64 kernels. Dividing by a power of two instead of taking exp(x -
// M) spares the rounding of x - M, which would count |x - M|/2 ulps. The shift hides in the number
// whose addition rounds x log2 e to an integer: magic is its middle plus offset less shift. Below
// least the result is 0.
//
// A falling one is exp(-x) of an x that is not negative, for which least is the opposite: its signs
// are the others.
type expConsts struct {
	least, magic, one         Vec
	falling                   bool
	log2e, ln2hi, ln2lo, back Lane
	q                         polynomial
}

// offset is what the exponent is raised by until the last multiplication takes it back, for
// denormal results.
const offset = 64

// expConsts emits them; the function has the arguments least and magic of the element type.
func (a *asm) expConsts() expConsts {
	return a.expNumbers(a.Arg("least"), a.Arg("magic"), a.Hold(1))
}

// expNumbers emits those that are the same for every row.
func (a *asm) expNumbers(least, magic, one Vec) expConsts {
	hi, lo := math.Ln2, 0x1.abc9e3b39803fp-56
	q := []float64{0.5, 0.1666666666666666745588, 0.04166666666662399151589, 0.008333333333330051346372,
		0.00138888889172817933075, 0.0001984126986310596874839, 0.00002480152119021772765082,
		0.000002755726837868419287267, 2.762013871973399556876e-7, 2.510042415700506678762e-8}
	if !a.F64 {
		hi = float64(float32(math.Ln2))
		lo = math.Ln2 - hi
		q = []float64{0.5, 0.1666657684399597631061, 0.04166655443768593889945, 0.00836320297157585494652,
			0.001392621346633244303707}
	}
	x := a.HoldLanes(math.Log2E, hi, lo, math.Exp2(-offset))
	return expConsts{least: least, magic: magic, one: one, log2e: x[0], ln2hi: x[1], ln2lo: x[2], back: x[3],
		q: a.polynomial(q)}
}

// release gives back the registers of all but one.
func (c expConsts) release(a *asm) {
	a.Release([]Vec{c.least, c.magic, c.log2e.Of, c.ln2hi.Of, c.ln2lo.Of, c.back.Of})
	c.q.release(a)
}

// exp emits exp(x) 2^-shift for several vectors, step by step so that their chains overlap, and
// returns where it is. A NaN does not always stay one, which integer arithmetic on the exponent
// sees to; it stays in x, which is overwritten.
func (a *asm) exp(c expConsts, x []Vec) (p []Vec) {
	t := a.reduce(c, x)
	p = a.Row(len(x))
	a.power(c, p, x, t)
	a.Drop(t...)
	return p
}

// signs returns what adds products of x, and what subtracts them.
func (c expConsts) signs() (plus, minus Three) {
	if c.falling {
		return Fmls, Fmla
	}
	return Fmla, Fmls
}

// reduce is reduceOf x in its place.
func (a *asm) reduce(c expConsts, x []Vec) (t []Vec) { return a.reduceOf(c, x, x) }

// reduceOf emits exp(r) - 1, for a falling one 1 - exp(r), of the numbers from in x, and returns
// where n - shift + offset is, as what is to be added to the exponent.
func (a *asm) reduceOf(c expConsts, x, from []Vec) (t []Vec) {
	t, n := a.Row(len(x)), a.Row(len(x))
	each := func(f func(x, t, n Vec)) {
		for i := range x {
			f(x[i], t[i], n[i])
		}
	}
	within := Fmax
	if c.falling {
		within = Fmin
	}
	plus, minus := c.signs()
	for i := range x {
		a.Op(within, x[i], from[i], c.least)
	}
	each(func(_, t, _ Vec) { a.Move(t, c.magic) })
	each(func(x, t, _ Vec) { a.OpLane(plus, t, x, c.log2e) })
	each(func(_, t, n Vec) { a.Op(Fsub, n, t, c.magic) })
	each(func(x, _, n Vec) { a.OpLane(minus, x, n, c.ln2hi) })
	each(func(x, _, n Vec) { a.OpLane(minus, x, n, c.ln2lo) })
	a.reduced(c, x, t, n, nil)
	return t
}

// reduced turns r, in the place of x, into what reduce emits, and t into what is to be added to the
// exponent. Low is what r lacks, or nil; it is overwritten. It drops square.
func (a *asm) reduced(c expConsts, x, t, square, low []Vec) {
	mantissa := 23
	if a.F64 {
		mantissa = 52
	}
	for i := range x {
		a.Shl(t[i], t[i], mantissa)
	}
	for i := range x {
		a.Op(Fmul, square[i], x[i], x[i])
	}
	plus, _ := c.signs()
	q := c.q
	q.by = plus
	y := a.value(q, x, square)
	above := x
	if low != nil {
		above = low
	}
	for i := range x {
		a.Op(plus, above[i], y[i], square[i])
	}
	if low != nil {
		for i := range x {
			a.Op(Fadd, x[i], x[i], low[i])
		}
	}
	a.Drop(y...)
	a.Drop(square...)
}

// power emits p = exp(r) 2^(n-shift), given what reduce returns.
func (a *asm) power(c expConsts, p, x, t []Vec) {
	a.raised(c, p, x, t)
	for i := range x {
		a.OpLane(Fmul, p[i], p[i], c.back)
	}
}

// raised is power before it is multiplied by back.
func (a *asm) raised(c expConsts, p, x, t []Vec) {
	for i := range x {
		if c.falling {
			a.Op(Fsub, p[i], c.one, x[i])
		} else {
			a.Op(Fadd, p[i], x[i], c.one)
		}
	}
	for i := range x {
		a.Iadd(p[i], p[i], t[i])
	}
}
