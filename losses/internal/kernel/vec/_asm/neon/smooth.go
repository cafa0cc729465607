package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// How many coefficients polynomials of smooth families have, even numbers.
const (
	smoothNarrow = 14
	smoothWide   = 24
)

// smoothRaise is the logarithm of what exponentials are multiplied by, lest they are denormal where
// V and W are large.
const smoothRaise = 24

// sigmoidSmooth computes in the element type the smooth families, whose φ is c + (1-p) V and φ' =
// -p W with polynomials V and W in s = 2p-1.
func (a *asm) sigmoidSmooth() {
	name := "sigmoidSmooth"
	a.Kernel(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float64", "",
		name+sigmoidDoc+`φ = c + (1-p) V, φ' = -p W; par is vectors that repeat c, then the coefficients of V and those of W,
each from the highest degree on and at last what its type has lost of the lowest.`,
		func() {
			a.elements64 = a.F64
			a.Pointer("par", "R7")
			one := a.Hold(1)
			fall := a.HoldLanes(math.Exp2(-smoothRaise))[0]
			a.sigmoidTurns(one, func(_ Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
				return a.smooth(one, fall, z, labels)
			})
		})
}

// smooth emits the loss of the labels t of the likely class, with p, and u, t (c + (1-p) V(p)) + u
// (c + p V(1-p)), and its derivative by |z|, p (1-p) (u W(1-p) - t W(p)).
func (a *asm) smooth(one Vec, fall Lane, z []Vec, labels func() (likely, other, positive []Vec)) (
	loss, slope []Vec) {
	exp := a.raisedExp(one, smoothRaise)
	rest, p := a.fall(exp, z) // exp(-|z|), raised
	exp.release(a)
	off := a.likelihood(one, p, rest, fall)
	s, square, n := z, a.Row(unroll), smoothNarrow
	each(func(i int) { a.Move(s[i], one) })
	each(func(i int) { a.OpLane(Fmls, s[i], rest[i], fall) })
	each(func(i int) { a.Op(Fmul, s[i], s[i], p[i]) })
	each(func(i int) { a.Op(Fmla, s[i], s[i], off[i]) }) // V and W may show what p lacks
	each(func(i int) { a.Op(Fmul, square[i], s[i], s[i]) })
	product, lost := a.products(p, rest, off)
	if a.F64 {
		n = smoothWide
	}
	fourth := a.Row(unroll)
	each(func(i int) { a.Op(Fmul, fourth[i], square[i], square[i]) })
	near, far := a.mirrored(1, n, s, square, fourth)
	each(func(i int) { a.OpLane(Fmul, near[i], near[i], fall) })
	near, far = a.beyond(near, rest), a.beyond(far, p)
	nearSlope, farSlope := a.mirrored(2+n, n, s, square, fourth)
	a.Release(s, square, fourth)
	t, u, positive := labels()
	loss, x := near, a.Row(unroll)
	each(func(i int) { a.Op(Fmul, loss[i], near[i], t[i]) })
	each(func(i int) { a.Op(Fmla, loss[i], far[i], u[i]) })
	each(func(i int) { a.Op(Fmul, x[i], farSlope[i], u[i]) })
	each(func(i int) { a.Op(Fmls, x[i], nearSlope[i], t[i]) })
	each(func(i int) { a.Op(Fmul, lost[i], lost[i], x[i]) })
	each(func(i int) { a.Op(Fmla, lost[i], product[i], x[i]) })
	each(func(i int) { a.OpLane(Fmul, x[i], lost[i], fall) })
	a.Release(far, nearSlope, farSlope, t, u, product, lost)
	slope = a.signed(x, positive)
	a.Release(positive, x)
	return loss, slope
}

// beyond emits c + v rest. It drops v and rest.
func (a *asm) beyond(v, rest []Vec) (x []Vec) {
	x = a.Row(unroll)
	each(func(i int) { a.vectorOf(x[i], 0) })
	each(func(i int) { a.Op(Fmla, x[i], v[i], rest[i]) })
	a.Release(v, rest)
	return x
}

// likelihood emits p = 1/(1+e) for an e that is raised where there is a fall, and returns the share
// of p that it lacks, which rounding took from 1+e and from the quotient.
func (a *asm) likelihood(one Vec, p, e []Vec, fall ...Lane) (off []Vec) {
	sum, lost := a.Row(unroll), a.Row(unroll)
	if len(fall) == 0 {
		each(func(i int) { a.Op(Fadd, sum[i], one, e[i]) })
	} else {
		each(func(i int) { a.Move(sum[i], one) })
		each(func(i int) { a.OpLane(Fmla, sum[i], e[i], fall[0]) })
	}
	each(func(i int) { a.Op(Fdiv, p[i], one, sum[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], one, sum[i]) })
	if len(fall) == 0 {
		each(func(i int) { a.Op(Fadd, lost[i], lost[i], e[i]) })
	} else {
		each(func(i int) { a.OpLane(Fmla, lost[i], e[i], fall[0]) })
	}
	off = a.Row(unroll)
	each(func(i int) { a.Move(off[i], one) })
	each(func(i int) { a.Op(Fmls, off[i], p[i], sum[i]) })
	each(func(i int) { a.Op(Fmls, off[i], p[i], lost[i]) })
	a.Release(sum, lost)
	return off
}

// products emits e p and p, with the share off that p lacks, in the places of e and p, and e p²,
// and what rounding took from that. It drops off.
func (a *asm) products(p, e, off []Vec) (square, lost []Vec) {
	square, lost = a.Row(unroll), a.Row(unroll)
	rest := a.Row(unroll)
	each(func(i int) { a.Op(Fmul, rest[i], e[i], p[i]) })
	each(func(i int) { a.OpOne(Fneg, lost[i], rest[i]) })
	each(func(i int) { a.Op(Fmla, lost[i], e[i], p[i]) })
	each(func(i int) { a.Op(Fmul, square[i], rest[i], p[i]) })
	each(func(i int) { a.Op(Fmla, lost[i], rest[i], off[i]) }) // what e p lacks
	each(func(i int) { a.Op(Fadd, e[i], rest[i], lost[i]) })
	each(func(i int) { a.Op(Fmul, lost[i], lost[i], p[i]) })
	each(func(i int) { a.Op(Fmla, lost[i], square[i], off[i]) })
	x := a.Row(unroll)
	each(func(i int) { a.OpOne(Fneg, x[i], square[i]) })
	each(func(i int) { a.Op(Fmla, x[i], rest[i], p[i]) })
	each(func(i int) { a.Op(Fadd, lost[i], lost[i], x[i]) })
	each(func(i int) { a.Op(Fmla, p[i], p[i], off[i]) })
	a.Drop(x...)
	a.Release(rest, off)
	return square, lost
}

// mirrored emits the polynomial of n coefficients from par's vector at on, in s and in -s: those of
// even and of odd powers make both, each summed in two chains in s⁴. The lowest comes last, lest
// much is rounded.
func (a *asm) mirrored(at, n int, s, square, fourth []Vec) (plus, minus []Vec) {
	const chains = 4
	var sums [chains][]Vec // of the powers whose rest is that of n-1, n-2, …
	for j := range n {
		c, above := a.Row(unroll), sums[j%chains]
		k := at + j
		if j == n-1 {
			k++ // what is lost of the lowest
		}
		each(func(i int) { a.vectorOf(c[i], k) })
		if above != nil {
			each(func(i int) { a.Op(Fmla, c[i], above[i], fourth[i]) })
			a.Drop(above...)
		}
		sums[j%chains] = c
	}
	odd, minus := sums[(n-2)%chains], sums[(n-1)%chains]
	for k, low := range [][]Vec{odd, minus} {
		high := sums[(n-4+k)%chains]
		each(func(i int) { a.Op(Fmla, low[i], high[i], square[i]) })
		a.Drop(high...)
	}
	plus = a.Row(unroll)
	each(func(i int) { a.Move(plus[i], minus[i]) })
	each(func(i int) { a.Op(Fmla, plus[i], odd[i], s[i]) })
	each(func(i int) { a.Op(Fmls, minus[i], odd[i], s[i]) })
	lowest := odd[0]
	a.vectorOf(lowest, at+n-1)
	each(func(i int) { a.Op(Fadd, plus[i], plus[i], lowest) })
	each(func(i int) { a.Op(Fadd, minus[i], minus[i], lowest) })
	a.Drop(odd...)
	return plus, minus
}

// vectorOf emits v = a vector among the parameters.
func (a *asm) vectorOf(v Vec, i int) { a.F("FMOVQ %d(R7), F%d", 16*i, v) }
