package main

import "math"

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
	least, log2e, magic, ln2hi, ln2lo, one, back vec
	denormal                                     bool  // results may be, by way of back
	q                                            []vec // highest degree first
}

// offset is what the exponent is raised by until the last multiplication takes it back, for
// denormal results.
const offset = 64

// expConsts emits them; the function has the arguments least and magic of the element type.
func (a *asm) expConsts() (c expConsts) {
	return a.expNumbers(expConsts{least: a.arg("least"), magic: a.arg("magic"), denormal: true})
}

// expNumbers emits those that are the same for every row.
func (a *asm) expNumbers(c expConsts) expConsts {
	hi, lo := math.Ln2, 0x1.abc9e3b39803fp-56
	q := []float64{
		2.510042415700506678762e-8, 2.762013871973399556876e-7, 0.000002755726837868419287267,
		0.00002480152119021772765082, 0.0001984126986310596874839, 0.00138888889172817933075,
		0.008333333333330051346372, 0.04166666666662399151589, 0.1666666666666666745588, 0.5,
	}
	if !a.f64 {
		hi = float64(float32(math.Ln2))
		lo = math.Ln2 - hi
		q = []float64{0.001392621346633244303707, 0.00836320297157585494652, 0.04166655443768593889945,
			0.1666657684399597631061, 0.5}
	}
	c.log2e, c.ln2hi, c.ln2lo = a.hold(math.Log2E), a.hold(hi), a.hold(lo)
	c.one = a.hold(1)
	if c.denormal {
		c.back = a.hold(math.Exp2(-offset))
	}
	for _, x := range q {
		c.q = append(c.q, a.hold(x))
	}
	return c
}

// exp emits exp(x) 2^-shift for several vectors, step by step so that their chains overlap, and
// returns where it is. A NaN does not always stay one, which integer arithmetic on the exponent
// sees to: rows with one are none of the kernels'. It overwrites x.
func (a *asm) exp(c expConsts, x []vec) (p []vec) {
	t, y := a.row(len(x)), a.row(len(x))
	p = a.row(len(x))
	each := func(f func(x, t, p vec)) {
		for i := range x {
			f(x[i], t[i], p[i])
		}
	}
	mantissa := 23
	if a.f64 {
		mantissa = 52
	}
	each(func(x, _, _ vec) { a.op(fmax, x, x, c.least) })
	each(func(_, t, _ vec) { a.move(t, c.magic) })
	each(func(x, t, _ vec) { a.op(fmla, t, x, c.log2e) })
	each(func(_, t, p vec) { a.op(fsub, p, t, c.magic) })
	each(func(x, _, p vec) { a.op(fmls, x, p, c.ln2hi) })
	each(func(x, _, p vec) { a.op(fmls, x, p, c.ln2lo) })
	each(func(_, t, _ vec) { a.shl(t, t, mantissa) })
	// Horner's rule; fmla adds to its destination, so that two registers take turns.
	last := func(int) vec { return c.q[0] }
	for n, q := range append(append([]vec{}, c.q[1:]...), c.one, c.one) {
		dst := [][]vec{p, y}[n%2]
		for i := range x {
			a.move(dst[i], q)
		}
		for i := range x {
			a.op(fmla, dst[i], last(i), x[i])
		}
		last = func(i int) vec { return dst[i] }
	}
	for i := range x {
		a.iadd(p[i], last(i), t[i])
	}
	if c.denormal {
		each(func(_, _, p vec) { a.op(fmul, p, p, c.back) })
	}
	a.drop(t...)
	a.drop(y...)
	return p
}
