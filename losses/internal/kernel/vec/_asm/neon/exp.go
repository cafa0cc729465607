package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// expConsts are the numbers of the exponential
//
//	exp(x) 2^-shift = 2^(n-shift) exp(r),  n = rint(x log2 e),  r = x - n ln 2,
//	exp(r) = 1 + r + r² q(r),
//
// with the polynomial q of the amd64 kernels. Dividing by a power of two instead of taking exp(x -
// M) spares the rounding of x - M, which would count |x - M|/2 ulps. The shift hides in the number
// whose addition rounds x log2 e to an integer: magic is its middle plus offset less shift. Below
// least the result is 0.
type expConsts struct {
	least, log2e, magic, ln2hi, ln2lo, one, back Vec
	denormal                                     bool  // results may be, by way of back
	q                                            []Vec // highest degree first
}

// offset is what the exponent is raised by until the last multiplication takes it back, for
// denormal results.
const offset = 64

// expConsts emits them; the function has the arguments least and magic of the element type.
func (a *asm) expConsts() (c expConsts) {
	return a.expNumbers(expConsts{least: a.Arg("least"), magic: a.Arg("magic"), denormal: true})
}

// expNumbers emits those that are the same for every row.
func (a *asm) expNumbers(c expConsts) expConsts {
	hi, lo := math.Ln2, 0x1.abc9e3b39803fp-56
	q := []float64{
		2.510042415700506678762e-8, 2.762013871973399556876e-7, 0.000002755726837868419287267,
		0.00002480152119021772765082, 0.0001984126986310596874839, 0.00138888889172817933075,
		0.008333333333330051346372, 0.04166666666662399151589, 0.1666666666666666745588, 0.5,
	}
	if !a.F64 {
		hi = float64(float32(math.Ln2))
		lo = math.Ln2 - hi
		q = []float64{0.001392621346633244303707, 0.00836320297157585494652, 0.04166655443768593889945,
			0.1666657684399597631061, 0.5}
	}
	c.log2e, c.ln2hi, c.ln2lo = a.Hold(math.Log2E), a.Hold(hi), a.Hold(lo)
	c.one = a.Hold(1)
	if c.denormal {
		c.back = a.Hold(math.Exp2(-offset))
	}
	for _, x := range q {
		c.q = append(c.q, a.Hold(x))
	}
	return c
}

// exp emits exp(x) 2^-shift for several vectors, step by step so that their chains overlap, and
// returns where it is. A NaN does not always stay one, which integer arithmetic on the exponent
// sees to: rows with one are none of the kernels'. It overwrites x.
func (a *asm) exp(c expConsts, x []Vec) (p []Vec) {
	t, y := a.Row(len(x)), a.Row(len(x))
	p = a.Row(len(x))
	each := func(f func(x, t, p Vec)) {
		for i := range x {
			f(x[i], t[i], p[i])
		}
	}
	mantissa := 23
	if a.F64 {
		mantissa = 52
	}
	each(func(x, _, _ Vec) { a.Op(Fmax, x, x, c.least) })
	each(func(_, t, _ Vec) { a.Move(t, c.magic) })
	each(func(x, t, _ Vec) { a.Op(Fmla, t, x, c.log2e) })
	each(func(_, t, p Vec) { a.Op(Fsub, p, t, c.magic) })
	each(func(x, _, p Vec) { a.Op(Fmls, x, p, c.ln2hi) })
	each(func(x, _, p Vec) { a.Op(Fmls, x, p, c.ln2lo) })
	each(func(_, t, _ Vec) { a.Shl(t, t, mantissa) })
	// Horner's rule; fmla adds to its destination, so that two registers take turns.
	last := func(int) Vec { return c.q[0] }
	for n, q := range append(append([]Vec{}, c.q[1:]...), c.one, c.one) {
		dst := [][]Vec{p, y}[n%2]
		for i := range x {
			a.Move(dst[i], q)
		}
		for i := range x {
			a.Op(Fmla, dst[i], last(i), x[i])
		}
		last = func(i int) Vec { return dst[i] }
	}
	for i := range x {
		a.Iadd(p[i], last(i), t[i])
	}
	if c.denormal {
		each(func(_, _, p Vec) { a.Op(Fmul, p, p, c.back) })
	}
	a.Drop(t...)
	a.Drop(y...)
	return p
}
