package main

import . "softloss/internal/_asm/neon"

// The losses of elements that are no sums of terms of one class each. With L = log1p(e), q = e p
// and the labels t of the likely class and u
//
//	C = (t + u) L + u |z|,   C' = (u - t e) p,   H = L + q |z|
//
// are cross entropy, its derivative by |z|, and the entropy.

// finite emits |z|, a finite number for a z of -Inf.
func (a *asm) finite(size []Vec) (x []Vec) {
	x = a.Row(unroll)
	each(func(i int) { a.Fill(x[i], 0x1p1000) })
	each(func(i int) { a.Op(Fmin, x[i], x[i], size[i]) })
	return x
}

// normalisedQuestion: with D = 2L + |z| the loss is C/D, its derivative (u - t) H/D².
func (a *asm) normalisedQuestion(c questionConsts) questionLoss {
	return func(q question, labels func() (likely, other []Vec)) (loss, slope []Vec) {
		l, square, tail := a.log1p(c, q.s)
		a.Release(square, tail, q.s)
		size := a.finite(q.size) // the other class of a z of -Inf takes the whole sum
		by, entropy := q.size, q.e
		each(func(i int) { a.Op(Fadd, by[i], l[i], l[i]) })
		each(func(i int) { a.Op(Fadd, by[i], by[i], size[i]) })
		each(func(i int) { a.Op(Fdiv, by[i], c.exp.one, by[i]) })
		each(func(i int) { a.Op(Fmul, entropy[i], q.e[i], q.p[i]) })
		each(func(i int) { a.Op(Fmul, entropy[i], entropy[i], size[i]) })
		each(func(i int) { a.Op(Fadd, entropy[i], entropy[i], l[i]) })
		each(func(i int) { a.Op(Fmul, entropy[i], entropy[i], by[i]) })
		each(func(i int) { a.Op(Fmul, entropy[i], entropy[i], by[i]) })
		a.Drop(q.p...)
		t, u := labels()
		slope = a.Row(unroll)
		each(func(i int) { a.Op(Fsub, slope[i], u[i], t[i]) })
		each(func(i int) { a.Op(Fmul, slope[i], slope[i], entropy[i]) })
		each(func(i int) { a.Op(Fadd, t[i], t[i], u[i]) })
		each(func(i int) { a.Op(Fmul, t[i], t[i], l[i]) })
		each(func(i int) { a.Op(Fmla, t[i], size[i], u[i]) })
		each(func(i int) { a.Op(Fmul, t[i], t[i], by[i]) })
		a.Release(l, size, by, entropy, u)
		return t, slope
	}
}

// penalisedQuestion: the loss is C - A H, its derivative C' + A p q |z|.
func (a *asm) penalisedQuestion(c questionConsts) questionLoss {
	by, _ := a.pars()
	return func(q question, labels func() (likely, other []Vec)) (loss, slope []Vec) {
		l, square, tail := a.log1p(c, q.s)
		a.Release(square, tail, q.s)
		far := a.finite(q.size) // q |z|, which is 0 where q is
		each(func(i int) { a.Op(Fmul, far[i], far[i], q.e[i]) })
		each(func(i int) { a.Op(Fmul, far[i], far[i], q.p[i]) })
		t, u := labels()
		loss, slope = a.crossed(q, l, t, u)
		each(func(i int) { a.Op(Fmul, q.p[i], q.p[i], far[i]) })
		each(func(i int) { a.OpLane(Fmla, slope[i], q.p[i], by) })
		each(func(i int) { a.Op(Fadd, far[i], far[i], l[i]) })
		each(func(i int) { a.OpLane(Fmls, loss[i], far[i], by) })
		a.Release(l, far, u, q.size, q.e, q.p)
		return loss, slope
	}
}

// crossed emits C in the place of t, and C'. It overwrites the |z| of the question.
func (a *asm) crossed(q question, l, t, u []Vec) (loss, slope []Vec) {
	slope = a.Row(unroll)
	each(func(i int) { a.Move(slope[i], u[i]) })
	each(func(i int) { a.Op(Fmls, slope[i], t[i], q.e[i]) })
	each(func(i int) { a.Op(Fmul, slope[i], slope[i], q.p[i]) })
	each(func(i int) { a.Op(Fadd, t[i], t[i], u[i]) })
	each(func(i int) { a.Op(Fmul, t[i], t[i], l[i]) })
	a.where(q.size, u)
	each(func(i int) { a.Op(Fmla, t[i], q.size[i], u[i]) })
	return t, slope
}

// symmetric: with the logarithms a of t and b of u, at least C, the loss is A C - B (p a + q b),
// its derivative A C' - B p q (a - b). The parameters are A, B and C.
func (a *asm) symmetric(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
	c := a.questionConsts(one)
	q := a.question(c, z)
	l, square, tail := a.log1p(c, q.s)
	c.release(a)
	a.Release(square, tail, q.s)
	t, u, positive := labels()
	kept := a.Row(unroll)
	each(func(i int) { a.Move(kept[i], t[i]) })
	loss, slope = a.crossed(q, l, t, u)
	t = kept
	rest, by := q.e, l
	each(func(i int) { a.Op(Fmul, rest[i], rest[i], q.p[i]) })
	a.Release(q.p, q.size)
	alpha := a.par(0)
	each(func(i int) { a.Move(by[i], alpha) })
	each(func(i int) { a.Op(Fmul, slope[i], slope[i], alpha) })
	each(func(i int) { a.Op(Fmul, loss[i], loss[i], alpha) })
	a.where(loss, by) // which may be no number
	a.Drop(alpha)
	a.Drop(by...)
	near, far := a.labelLogs(one, t, u)
	p, d, beta := a.Row(unroll), a.Row(unroll), a.par(1)
	each(func(i int) { a.Op(Fsub, p[i], one, rest[i]) })
	each(func(i int) { a.Op(Fsub, d[i], near[i], far[i]) })
	each(func(i int) { a.Op(Fmul, d[i], d[i], p[i]) })
	each(func(i int) { a.Op(Fmul, d[i], d[i], rest[i]) })
	each(func(i int) { a.Op(Fmls, slope[i], d[i], beta) })
	each(func(i int) { a.Op(Fmul, near[i], near[i], p[i]) })
	each(func(i int) { a.Op(Fmul, far[i], far[i], rest[i]) })
	each(func(i int) { a.Op(Fadd, near[i], near[i], far[i]) })
	each(func(i int) { a.Op(Fmls, loss[i], near[i], beta) })
	a.Drop(beta)
	d2 := a.signed(slope, positive)
	a.Release(p, d, rest, near, far, slope, positive)
	return loss, d2
}

// labelLogs emits log t and log u, at least parameter 2. It drops t and u.
func (a *asm) labelLogs(one Vec, t, u []Vec) (near, far []Vec) {
	log := func(x []Vec, lost func() []Vec) (y []Vec) {
		c := a.logConsts()
		y = a.log(c, x) // of 0 less than parameter 2
		c.tail.release(a)
		small, least := lost(), a.par(2)
		each(func(i int) { a.Op(Fadd, y[i], y[i], small[i]) })
		each(func(i int) { a.Op(Fmax, y[i], y[i], least) })
		a.Drop(least)
		a.Drop(small...)
		return y
	}
	x := a.Row(unroll)
	each(func(i int) { a.OpOne(Fabs, x[i], t[i]) }) // a label may be -0
	each(func(i int) { a.OpOne(Fabs, u[i], u[i]) })
	near = log(x, func() []Vec { return a.lostBeside(one, t, u) })
	small := a.lostBeside(one, u, t)
	a.Drop(t...)
	return near, log(u, func() []Vec { return small })
}

// lostBeside emits what the logarithm of a label t lacks where t is 1 less a small label u, and has
// lost digits of that: what rounding took from t, and 0 elsewhere.
func (a *asm) lostBeside(one Vec, t, u []Vec) (lost []Vec) {
	lost = a.Row(unroll)
	near, x := a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fsub, lost[i], one, t[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], lost[i], u[i]) })
	each(func(i int) { a.OpOne(Fabs, near[i], lost[i]) })
	each(func(i int) { a.Fill(x[i], 0x1.8p-51) })
	each(func(i int) { a.Op(Fcmge, near[i], x[i], near[i]) })
	each(func(i int) { a.Fill(x[i], 0.75) })
	each(func(i int) { a.Op(Fcmgt, x[i], t[i], x[i]) })
	each(func(i int) { a.And(lost[i], lost[i], near[i]) })
	each(func(i int) { a.And(lost[i], lost[i], x[i]) })
	a.Release(near, x)
	a.where(lost, u)
	return lost
}
