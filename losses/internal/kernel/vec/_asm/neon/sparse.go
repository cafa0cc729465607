package main

import . "softloss/internal/_asm/neon"

// The losses of elements of sparse maps, which take no exponential: see the specification.

// apart emits g = |z|/n up to 1, and what is beyond. It drops the registers of z.
func (a *asm) apart(one Vec, z []Vec, n float64) (gap, excess []Vec) {
	a.sizes(z)
	gap, excess = a.Row(unroll), z
	each(func(i int) { a.Fill(gap[i], 1/n) })
	each(func(i int) { a.Op(Fmul, z[i], z[i], gap[i]) })
	each(func(i int) { a.Op(Fmin, gap[i], z[i], one) })
	each(func(i int) { a.Op(Fsub, excess[i], z[i], gap[i]) })
	return gap, excess
}

// sparsemax: with the rest (1-g)/2 the loss is ((1-t-rest)² + (rest-u)²)/2 + u excess.
func (a *asm) sparsemax(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
	rest, excess := a.apart(one, z, 1)
	half := a.Hold(0.5)
	each(func(i int) { a.Op(Fsub, rest[i], one, rest[i]) })
	each(func(i int) { a.Op(Fmul, rest[i], rest[i], half) })
	t, u, positive := labels()
	d := t
	a.complement(one, d, u)
	each(func(i int) { a.Op(Fsub, d[i], d[i], rest[i]) })
	each(func(i int) { a.Op(Fsub, rest[i], rest[i], u[i]) })
	loss = a.Row(unroll)
	each(func(i int) { a.Op(Fmul, loss[i], rest[i], rest[i]) })
	each(func(i int) { a.Op(Fmla, loss[i], d[i], d[i]) })
	each(func(i int) { a.Op(Fmul, loss[i], loss[i], half) })
	a.where(excess, u)
	each(func(i int) { a.Op(Fmla, loss[i], excess[i], u[i]) })
	slope = a.signed(d, positive)
	a.Drop(half)
	a.Release(rest, excess, d, u, positive)
	return loss, slope
}

// entmax15: see the specification.
func (a *asm) entmax15(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
	gap, excess := a.apart(one, z, 2)
	half, top, root := a.Hold(0.5), a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Fill(top[i], 2) })
	each(func(i int) { a.Op(Fmls, top[i], gap[i], gap[i]) })
	each(func(i int) { a.OpOne(Fsqrt, top[i], top[i]) })
	each(func(i int) { a.Op(Fadd, top[i], top[i], gap[i]) }) // 2√p
	each(func(i int) { a.Op(Fsub, root[i], one, gap[i]) })
	each(func(i int) { a.Op(Fadd, gap[i], one, gap[i]) })
	each(func(i int) { a.Op(Fmul, root[i], root[i], gap[i]) })
	each(func(i int) { a.Op(Fdiv, root[i], root[i], top[i]) })
	each(func(i int) { a.Op(Fmul, top[i], top[i], half) })
	each(func(i int) { a.Op(Fadd, excess[i], excess[i], excess[i]) })
	rest := gap
	each(func(i int) { a.Op(Fmul, rest[i], root[i], root[i]) })
	a.Drop(half)
	t, u, positive := labels()
	d := a.Row(unroll)
	each(func(i int) { a.Move(d[i], t[i]) })
	a.complement(one, d, u)
	each(func(i int) { a.Op(Fsub, d[i], d[i], rest[i]) })
	each(func(i int) { a.Op(Fsub, rest[i], rest[i], u[i]) })
	loss = a.entmaxTerm(d, t, top)
	term := a.entmaxTerm(rest, u, root)
	each(func(i int) { a.Op(Fadd, loss[i], loss[i], term[i]) })
	a.where(excess, u)
	each(func(i int) { a.Op(Fmla, loss[i], excess[i], u[i]) })
	slope = a.signed(d, positive)
	a.Release(top, root, excess, rest, t, u, d, term, positive)
	return loss, slope
}

// entmaxTerm emits 2/3 (d/s)² (s + √t), s = √t + root, which may be 0, and d with it.
func (a *asm) entmaxTerm(d, t, root []Vec) (x []Vec) {
	r, s := a.Row(unroll), a.Row(unroll)
	x = a.Row(unroll)
	each(func(i int) { a.OpOne(Fsqrt, r[i], t[i]) })
	each(func(i int) { a.Op(Fadd, s[i], r[i], root[i]) })
	each(func(i int) { a.Fill(x[i], 0x1p-1000) })
	each(func(i int) { a.Op(Fadd, x[i], x[i], s[i]) })
	each(func(i int) { a.Op(Fdiv, x[i], d[i], x[i]) })
	each(func(i int) { a.Op(Fmul, x[i], x[i], x[i]) })
	each(func(i int) { a.Op(Fadd, s[i], s[i], r[i]) })
	each(func(i int) { a.Fill(r[i], 2./3) })
	each(func(i int) { a.Op(Fmul, s[i], s[i], r[i]) })
	each(func(i int) { a.Op(Fmul, x[i], x[i], s[i]) })
	a.Release(r, s)
	return x
}
