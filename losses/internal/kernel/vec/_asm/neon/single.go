package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// Separable losses of float32 elements, in float32. With e = exp(-|z|) polynomials in s = 2p-1 of
// the likely class are the numbers that do not depend on how large |z| is,
//
//	A = p^(a+1),  V = (1 - p^a)/(a e)  or  B = (L - e p)/e²,  L = log1p(e);
//
// exp(-a |z|) is the rest. Nothing cancels.

// singleTerms is how many coefficients each of the two polynomials has, an even number.
const singleTerms = 10

// singleConsts are the numbers of such a loss. Its parameters are vectors: what |z| is cut at, the
// lanes a log2 e, a, what float32 has lost of that, and a number of the loss, a+1 again and
// again, what the number of the loss has lost, and then the polynomials.
type singleConsts struct {
	exp                      expConsts
	log2e, rate, lost, other Lane
	ln2hi, ln2lo             Lane // ln 2 without its last bits, and those
	second, power            polynomial
}

// singleTurn emits the losses of a turn as [sigmoidTurn] does.
type singleTurn func(c singleConsts, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec)

// singles emits the kernel of such a loss.
func (a *asm) singles(name, formula string, turn singleTurn) {
	a.Kernel32(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float64", "",
		name+sigmoidDoc+formula+"\npar is a singlePlan's.", func() {
			a.Pointer("par", "R7")
			one := a.Hold(1)
			c := a.singleConsts(one)
			a.sigmoidTurns(one, func(_ Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
				return turn(c, z, labels)
			})
		})
}

func (a *asm) singleConsts(one Vec) (c singleConsts) {
	c.exp = a.raisedExp(one, 0)
	v, at := a.Take(), 0
	a.vectorOf(v, 1)
	c.log2e, c.rate, c.lost, c.other = Lane{Of: v}, Lane{Of: v, Index: 1}, Lane{Of: v, Index: 2}, Lane{Of: v, Index: 3}
	const ln2 = 0x1.62e4p-1 // whose products with whole numbers up to 255 are exact
	x := a.HoldLanes(ln2, math.Ln2-ln2)
	c.ln2hi, c.ln2lo = x[0], x[1]
	c.second, at = a.parPolynomial(4, singleTerms)
	c.power, _ = a.parPolynomial(at, singleTerms)
	return c
}

// fallBy emits exp(-a |z|), or what stands for a, = (1-x) 2^n with x and t as reduce has them.
func (a *asm) fallBy(c singleConsts, z []Vec) (x, t []Vec) {
	sum, low := a.Row(unroll), a.Row(unroll) // of which -r is the sum
	t, n := a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.vectorOf(low[i], 0) })
	each(func(i int) { a.Op(Fmin, low[i], low[i], z[i]) })
	each(func(i int) { a.Move(t[i], c.exp.magic) })
	each(func(i int) { a.OpLane(Fmls, t[i], low[i], c.log2e) })
	each(func(i int) { a.Op(Fsub, n[i], t[i], c.exp.magic) })
	each(func(i int) { a.OpLane(Fmul, sum[i], n[i], c.ln2hi) })
	each(func(i int) { a.OpLane(Fmla, sum[i], low[i], c.rate) })
	each(func(i int) { a.OpLane(Fmul, low[i], low[i], c.lost) })
	each(func(i int) { a.OpLane(Fmla, low[i], n[i], c.ln2lo) })
	x = a.Row(unroll)
	each(func(i int) { a.Op(Fadd, x[i], sum[i], low[i]) })
	each(func(i int) { a.Op(Fsub, sum[i], sum[i], x[i]) })
	each(func(i int) { a.Op(Fadd, low[i], low[i], sum[i]) })
	a.Drop(sum...)
	a.reduced(c.exp, x, t, n, low)
	a.Drop(low...)
	return x, t
}

// exactFall emits |z| in the place of z, as sizes does, e, and the share of it that rounding took.
func (a *asm) exactFall(c expConsts, z []Vec) (e, lost []Vec) {
	a.sizes(z)
	e = a.Row(unroll)
	t := a.reduceOf(c, e, z)
	p, lost := a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fsub, p[i], c.one, e[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], c.one, p[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], lost[i], e[i]) })
	each(func(i int) { a.Op(Fmla, lost[i], lost[i], e[i]) })
	each(func(i int) { a.Iadd(p[i], p[i], t[i]) })
	a.keepNaN(c, e, p)
	a.Release(p, t)
	return e, lost
}

// ratios emits A and V (1+lost), for the share lost of e that rounding took. What p lacks shows in
// both: V is nearly a multiple of p^((a+1)/2).
func (a *asm) ratios(c singleConsts, e, lost []Vec) (power, second []Vec) {
	s := a.Row(unroll)
	off, square := a.besideMirror(c, s, e, lost)
	power = a.valueBeside(c.power, s, square, off)
	half := a.Hold(0.5)
	each(func(i int) { a.Op(Fmul, off[i], off[i], half) })
	each(func(i int) { a.Op(Fadd, off[i], off[i], lost[i]) })
	a.Drop(half)
	second = a.valueBeside(c.second, s, square, off)
	a.Release(s, square, off)
	return power, second
}

// besideMirror emits s as mirror does, and the share of A that it lacks for what rounding took from
// p.
func (a *asm) besideMirror(c singleConsts, s, e, lost []Vec) (off, square []Vec) {
	off = a.likelihood(c.exp.one, s, e)
	x := a.Row(unroll)
	each(func(i int) { a.Op(Fmul, x[i], e[i], s[i]) })
	each(func(i int) { a.Op(Fmls, off[i], x[i], lost[i]) })
	each(func(i int) { a.vectorOf(x[i], 2) })
	each(func(i int) { a.Op(Fmul, off[i], off[i], x[i]) })
	a.Drop(x...)
	return off, a.mirror(c.exp.one, s, s)
}

// mirror emits s = 2p-1, which no rounding changes, and s².
func (a *asm) mirror(one Vec, s, p []Vec) (square []Vec) {
	square = a.Row(unroll)
	each(func(i int) { a.Op(Fadd, s[i], p[i], p[i]) })
	each(func(i int) { a.Op(Fsub, s[i], s[i], one) })
	each(func(i int) { a.Op(Fmul, square[i], s[i], s[i]) })
	return square
}

// gceSingle: with E = exp(-a |z|), near = e V, W = p^a = A (1+e), far = near + W (1 - E)/a, and the
// labels t of the likely class and u
//
//	loss = t near + u far,   slope by |z| = A u E - A t e.
func (a *asm) gceSingle(c singleConsts, z []Vec, labels func() (likely, other, positive []Vec)) (
	loss, slope []Vec) {
	e, lost := a.exactFall(c.exp, z)
	x, t := a.fallBy(c, z)
	a.Release(z)
	each(func(i int) { a.Iadd(t[i], t[i], c.exp.one) })
	each(func(i int) { a.OpLane(Fmul, t[i], t[i], c.exp.back) })
	power, near := a.ratios(c, e, lost)
	over, less := a.fallen(c, x, t)
	each(func(i int) { a.Op(Fmul, near[i], near[i], e[i]) })
	w := a.Row(unroll)
	each(func(i int) { a.Move(w[i], power[i]) })
	each(func(i int) { a.Op(Fmla, w[i], power[i], e[i]) })
	far := less
	each(func(i int) { a.Op(Fmul, far[i], less[i], w[i]) })
	each(func(i int) { a.Op(Fadd, far[i], far[i], near[i]) })
	each(func(i int) { a.Op(Fmla, far[i], over[i], w[i]) })
	a.Release(over, w)
	fall := lost // A e
	each(func(i int) { a.Op(Fmul, fall[i], lost[i], power[i]) })
	each(func(i int) { a.Op(Fmul, fall[i], fall[i], e[i]) })
	each(func(i int) { a.Op(Fmla, fall[i], power[i], e[i]) })
	each(func(i int) { a.Op(Fmul, power[i], power[i], t[i]) }) // by a power of two
	a.Release(e, t)
	likely, other, positive := labels()
	each(func(i int) { a.Op(Fmul, near[i], near[i], likely[i]) })
	each(func(i int) { a.Op(Fmla, near[i], far[i], other[i]) })
	rise := power
	each(func(i int) { a.Op(Fmul, rise[i], power[i], other[i]) })
	each(func(i int) { a.Op(Fmls, rise[i], rise[i], x[i]) })
	each(func(i int) { a.Op(Fmls, rise[i], fall[i], likely[i]) })
	a.Release(far, fall, x, likely, other)
	slope = a.signed(rise, positive)
	a.Release(rise, positive)
	return near, slope
}

// fallen emits (1 - E)/a for E = (1-x) t, and what rounding took from that.
func (a *asm) fallen(c singleConsts, x, t []Vec) (over, less []Vec) {
	rest, whole := a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fsub, rest[i], c.exp.one, t[i]) })
	each(func(i int) { a.Move(whole[i], rest[i]) })
	each(func(i int) { a.Op(Fmla, whole[i], t[i], x[i]) })
	each(func(i int) { a.Op(Fsub, rest[i], rest[i], whole[i]) })
	each(func(i int) { a.Op(Fmla, rest[i], t[i], x[i]) }) // what whole lacks
	over, less = a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.OpLane(Fmul, over[i], whole[i], c.other) })
	inverse := a.Take()
	a.vectorOf(inverse, 3)
	each(func(i int) { a.OpOne(Fneg, less[i], over[i]) })
	each(func(i int) { a.OpLane(Fmla, less[i], whole[i], c.other) })
	each(func(i int) { a.Op(Fmla, less[i], whole[i], inverse) })
	each(func(i int) { a.OpLane(Fmla, less[i], rest[i], c.other) })
	a.Drop(inverse)
	a.Release(whole, rest)
	return over, less
}

// polySingle: with L = e (p + e B) for a polynomial B in s, rest = e p, and the labels t of the
// likely class and u
//
//	loss = t e ((1+a) p + e B) + u (|z| + e² B + (e+a) p),
//	slope by |z| = p u + a (p u rest) + p t (a e rest - (1+a) e).
func (a *asm) polySingle(c singleConsts, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
	e, p := a.fall(c.exp, z)
	off := a.likelihood(c.exp.one, p, e)
	s := a.Row(unroll)
	square := a.mirror(c.exp.one, s, p)
	b := a.value(c.second, s, square)
	each(func(i int) { a.Op(Fmla, p[i], p[i], off[i]) })
	rest, near := off, s
	each(func(i int) { a.Op(Fmul, rest[i], e[i], p[i]) })
	each(func(i int) { a.Op(Fmul, b[i], b[i], e[i]) })
	each(func(i int) { a.Op(Fmla, z[i], b[i], e[i]) })
	each(func(i int) { a.Move(near[i], e[i]) })
	each(func(i int) { a.OpLane(Fmla, near[i], c.exp.one, c.other) })
	each(func(i int) { a.Op(Fmla, z[i], near[i], p[i]) }) // far
	fall, above := near, square
	each(func(i int) { a.vectorOf(above[i], 2) })
	near = b
	each(func(i int) { a.Op(Fmla, near[i], p[i], above[i]) })
	each(func(i int) { a.Op(Fmul, near[i], near[i], e[i]) })
	each(func(i int) { a.Op(Fmul, fall[i], rest[i], e[i]) })
	each(func(i int) { a.OpLane(Fmul, fall[i], fall[i], c.other) })
	for _, at := range []int{3, 2} { // what rounding 1+a loses, and 1+a
		each(func(i int) { a.vectorOf(above[i], at) })
		each(func(i int) { a.Op(Fmls, fall[i], e[i], above[i]) })
	}
	a.Release(e, above)
	t, u, positive := labels()
	a.where(z, u)
	each(func(i int) { a.Op(Fmul, near[i], near[i], t[i]) })
	each(func(i int) { a.Op(Fmla, near[i], z[i], u[i]) })
	each(func(i int) { a.Op(Fmul, u[i], u[i], p[i]) })
	each(func(i int) { a.Op(Fmul, rest[i], rest[i], u[i]) })
	each(func(i int) { a.OpLane(Fmla, u[i], rest[i], c.other) })
	each(func(i int) { a.Op(Fmul, t[i], t[i], p[i]) })
	each(func(i int) { a.Op(Fmla, u[i], fall[i], t[i]) })
	a.Release(z, fall, rest, p, t)
	slope = a.signed(u, positive)
	a.Release(u, positive)
	return near, slope
}
