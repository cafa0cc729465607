package main

import . "softloss/internal/_asm/neon"

// What the losses of whole exponents take, each a number: two of their own, then the exponent bit
// by bit, b and 1-b for each, from the lowest on, and those of its last bit.
const (
	parBits   = 2
	parLast   = parBits + 2*powerBits
	powerBits = 3
)

// wholePower emits x^k for the k of which the bits stand among the parameters. It overwrites x.
func (a *asm) wholePower(x []Vec) (w []Vec) {
	w = a.factor(x, parBits)
	for k := 1; k < powerBits; k++ {
		each(func(i int) { a.Op(Fmul, x[i], x[i], x[i]) })
		f := a.factor(x, parBits+2*k)
		each(func(i int) { a.Op(Fmul, w[i], w[i], f[i]) })
		a.Drop(f...)
	}
	return w
}

// factor emits x or 1, as the numbers b and 1-b of the parameters say.
func (a *asm) factor(x []Vec, at int) (f []Vec) {
	b, but := a.par(at), a.par(at+1)
	f = a.Row(unroll)
	each(func(i int) { a.Move(f[i], but) })
	each(func(i int) { a.Op(Fmla, f[i], x[i], b) })
	a.Drop(b, but)
	return f
}

// margin emits what the label u of no costs, u d^γ n, and its derivative u p q (d^γ/r + γ d^(γ-1)
// n), with the p and q = 1-p of no, d = q - margin, r = 1-d = p + margin and n = -log r, 0 where d
// is not above 0. The parameters are γ and the margin, the bits of γ-1, or of γ = 0, and whether
// that is γ-1.
func (a *asm) margin(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
	c := a.raisedExp(one, 0)
	p, rest := a.classes(c, z)
	c.release(a)
	u, other, positive := labels() // one of which is 0
	each(func(i int) { a.Op(Fadd, u[i], u[i], other[i]) })
	slope, r := other, a.Row(unroll)
	each(func(i int) { a.Op(Fmul, slope[i], p[i], rest[i]) })
	each(func(i int) { a.Move(r[i], p[i]) })
	each(func(i int) { a.Insert(r[i], rest[i], positive[i]) })
	each(func(i int) { a.Insert(rest[i], p[i], positive[i]) })
	a.Release(p, positive)
	margin, d := a.par(1), rest
	each(func(i int) { a.Op(Fsub, d[i], d[i], margin) })
	each(func(i int) { a.Op(Fadd, r[i], r[i], margin) })
	a.Drop(margin)
	a.where(u, d)
	n := a.marginLog(one, d, r)
	inverse := r
	each(func(i int) { a.Op(Fdiv, inverse[i], one, r[i]) })
	x := a.Row(unroll)
	each(func(i int) { a.Move(x[i], d[i]) })
	w := a.wholePower(x)
	last, gamma := a.factor(d, parLast), a.par(0)
	each(func(i int) { a.Op(Fmul, last[i], last[i], w[i]) }) // d^γ
	each(func(i int) { a.Op(Fmul, w[i], w[i], n[i]) })
	each(func(i int) { a.Op(Fmul, w[i], w[i], gamma) })
	each(func(i int) { a.Op(Fmla, w[i], last[i], inverse[i]) })
	each(func(i int) { a.Op(Fmul, w[i], w[i], u[i]) }) // before p, which may be denormal
	each(func(i int) { a.Op(Fmul, slope[i], slope[i], w[i]) })
	each(func(i int) { a.Op(Fmul, n[i], n[i], last[i]) })
	each(func(i int) { a.Op(Fmul, n[i], n[i], u[i]) })
	a.Drop(gamma)
	a.Release(u, d, r, x, w, last)
	return n, slope
}

// marginLog emits -log r for r = 1-d, with what rounding took from r, which counts where it is near
// 1; float32 has the digits without the quotient. There n stays a number where d is none.
func (a *asm) marginLog(one Vec, d, r []Vec) (n []Vec) {
	x := a.Row(unroll)
	each(func(i int) { a.Move(x[i], r[i]) })
	log := a.logConsts()
	n = a.log(log, x)
	log.tail.release(a)
	each(func(i int) { a.OpOne(Fneg, n[i], n[i]) })
	lost, half, near := a.Row(unroll), a.Hold(0.5), a.Row(unroll)
	each(func(i int) { a.Op(Fsub, lost[i], one, r[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], lost[i], d[i]) })
	each(func(i int) { a.Op(Fcmgt, near[i], r[i], half) })
	each(func(i int) { a.And(lost[i], lost[i], near[i]) })
	if a.elements64 {
		each(func(i int) { a.Op(Fdiv, lost[i], lost[i], r[i]) })
	}
	each(func(i int) { a.Op(Fsub, n[i], n[i], lost[i]) })
	a.Drop(half)
	a.Release(lost, near)
	return n
}
