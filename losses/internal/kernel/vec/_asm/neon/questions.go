package main

import . "softloss/internal/_asm/neon"

// The losses of elements: what each makes of a question.

// crossEntropyQuestion: loss = t l + u (l + |z|) with l = log1p(e) for the labels t of the likely
// class and u, slope = (u - t e) p.
func (a *asm) crossEntropyQuestion(c questionConsts) questionLoss {
	return func(q question, labels func() (likely, other []Vec)) (loss, slope []Vec) {
		loss, square, tail := a.log1p(c, q.s)
		a.Drop(square...)
		a.Drop(tail...)
		a.Drop(q.s...)
		t, u := labels()
		slope = a.Row(unroll)
		each(func(i int) { a.Move(slope[i], u[i]) })
		each(func(i int) { a.Op(Fmls, slope[i], t[i], q.e[i]) })
		each(func(i int) { a.Op(Fmul, slope[i], slope[i], q.p[i]) })
		each(func(i int) { a.Op(Fadd, q.size[i], q.size[i], loss[i]) })
		each(func(i int) { a.Op(Fmul, loss[i], loss[i], t[i]) })
		a.where(q.size, u)
		each(func(i int) { a.Op(Fmla, loss[i], q.size[i], u[i]) })
		a.Release(q.size, q.e, q.p, t, u)
		return loss, slope
	}
}

// pars emits a register with the first two parameters.
func (a *asm) pars() (first, second Lane) {
	v := a.Take()
	a.Pointer("par", "R7")
	a.F("FMOVQ (R7), F%d", v)
	return Lane{Of: v}, Lane{Of: v, Index: 1}
}

// The slope of a separable loss is u h p - t h' (1-p) with the likely class's p, t and h' = -φ'(log
// p), and u and h of the other one.

// polyQuestion: the likely class's φ is (1+a) (1-p) and what -l has beyond 1-p,
//
//	-l - (1-p) = s² ((2+e) p + 2 s tail).
func (a *asm) polyQuestion(c questionConsts) questionLoss {
	x, y := a.pars() // a and 1+a
	return func(q question, labels func() (likely, other []Vec)) (loss, slope []Vec) {
		far, square, tail := a.log1p(c, q.s)
		near := a.Row(unroll)
		each(func(i int) { a.Fill(near[i], 2) })
		each(func(i int) { a.Op(Fadd, near[i], near[i], q.e[i]) })
		each(func(i int) { a.Op(Fmul, near[i], near[i], q.p[i]) })
		each(func(i int) { a.Op(Fadd, q.s[i], q.s[i], q.s[i]) })
		each(func(i int) { a.Op(Fmla, near[i], q.s[i], tail[i]) })
		each(func(i int) { a.Op(Fmul, near[i], near[i], square[i]) })
		rest := q.e
		each(func(i int) { a.Op(Fmul, rest[i], q.e[i], q.p[i]) })
		each(func(i int) { a.OpLane(Fmla, near[i], rest[i], y) })
		each(func(i int) { a.Op(Fadd, far[i], far[i], q.size[i]) })
		each(func(i int) { a.OpLane(Fmla, far[i], q.p[i], x) })
		a.Release(q.s, q.size, square, tail)
		t, u := labels()
		a.where(far, u)
		each(func(i int) { a.Op(Fmul, near[i], near[i], t[i]) })
		each(func(i int) { a.Op(Fmla, near[i], far[i], u[i]) })
		slope = far
		each(func(i int) { a.Move(slope[i], c.exp.one) })
		each(func(i int) { a.OpLane(Fmla, slope[i], rest[i], x) })
		each(func(i int) { a.Op(Fmul, slope[i], slope[i], u[i]) })
		each(func(i int) { a.Op(Fmul, slope[i], slope[i], q.p[i]) })
		each(func(i int) { a.Repeat(u[i], y) })
		each(func(i int) { a.OpLane(Fmls, u[i], rest[i], x) }) // 1 + a - a (1-p)
		each(func(i int) { a.Op(Fmul, u[i], u[i], t[i]) })
		each(func(i int) { a.Op(Fmls, slope[i], u[i], rest[i]) })
		a.Release(q.p, rest, t, u)
		return near, slope
	}
}

// gceQuestion: φ = (1 - p^a)/a, -φ' = p^a, and 1 - (1-p)^a = 1 - p^a + p^a (1 - ((1-p)/p)^a).
func (a *asm) gceQuestion(c questionConsts) questionLoss {
	par, inverse := a.pars() // a and 1/a
	// term turns x, which is -l or |z|, into 1 - p^a, and returns p^a.
	term := func(x []Vec) (h []Vec) {
		each(func(i int) { a.OpLane(Fmul, x[i], x[i], par) })
		t := a.reduce(c.exp, x)
		h = a.Row(unroll)
		each(func(i int) { a.Iadd(t[i], t[i], c.exp.one) })
		each(func(i int) { a.OpLane(Fmul, t[i], t[i], c.exp.back) })
		each(func(i int) { a.Move(h[i], t[i]) })
		each(func(i int) { a.Op(Fmls, h[i], t[i], x[i]) })
		each(func(i int) { a.Op(Fmul, x[i], x[i], t[i]) })
		each(func(i int) { a.Op(Fsub, t[i], c.exp.one, t[i]) })
		each(func(i int) { a.Op(Fadd, x[i], t[i], x[i]) })
		a.Drop(t...)
		return h
	}
	return func(q question, labels func() (likely, other []Vec)) (loss, slope []Vec) {
		far, rest := q.size, q.e
		ratio := term(far) // ((1-p)/p)^a
		near, square, tail := a.log1p(c, q.s)
		a.Release(q.s, square, tail)
		each(func(i int) { a.Op(Fmul, rest[i], q.e[i], q.p[i]) })
		h := term(near)
		each(func(i int) { a.Op(Fmul, rest[i], rest[i], h[i]) })
		each(func(i int) { a.Op(Fmul, far[i], far[i], h[i]) })
		each(func(i int) { a.Op(Fadd, far[i], far[i], near[i]) })
		each(func(i int) { a.Op(Fmul, h[i], h[i], ratio[i]) })
		each(func(i int) { a.Op(Fmul, h[i], h[i], q.p[i]) })
		a.Release(q.p, ratio)
		t, u := labels()
		each(func(i int) { a.Op(Fmul, near[i], near[i], t[i]) })
		each(func(i int) { a.Op(Fmla, near[i], far[i], u[i]) })
		each(func(i int) { a.OpLane(Fmul, near[i], near[i], inverse) })
		each(func(i int) { a.Op(Fmul, h[i], h[i], u[i]) })
		each(func(i int) { a.Op(Fmls, h[i], rest[i], t[i]) })
		a.Release(far, rest, t, u)
		return near, h
	}
}

// focalQuestion: with w = (1-p)^a = exp(a log(1-p)), where log(1-p) is the other class's l,
//
//	φ = -w l, -φ' = w (1 - a p l/(1-p)),  l/(1-p) = -(1+s) (1 + s² tail) of the likely class.
func (a *asm) focalQuestion(powers focalPowers) func(c questionConsts) questionLoss {
	return func(c questionConsts) questionLoss {
		x, _ := a.pars()
		return func(q question, labels func() (likely, other []Vec)) (loss, slope []Vec) {
			raise := powers(c, x, q.size)
			near, square, tail := a.log1p(c, q.s)
			one, ratio := c.exp.one, q.s
			each(func(i int) { a.Op(Fmul, tail[i], tail[i], square[i]) })
			each(func(i int) { a.Op(Fadd, tail[i], tail[i], one) })
			each(func(i int) { a.Op(Fadd, ratio[i], ratio[i], one) })
			each(func(i int) { a.Op(Fmul, ratio[i], ratio[i], tail[i]) }) // -l/(1-p)
			rest, far := square, tail
			each(func(i int) { a.Fill(far[i], 746) }) // beyond, p is 0
			each(func(i int) { a.Op(Fmin, far[i], far[i], q.size[i]) })
			each(func(i int) { a.Op(Fadd, far[i], far[i], near[i]) })
			each(func(i int) { a.Op(Fadd, q.size[i], q.size[i], near[i]) })
			each(func(i int) { a.Op(Fmul, rest[i], q.e[i], q.p[i]) })
			h := q.e
			each(func(i int) { a.Op(Fadd, h[i], h[i], one) })
			each(func(i int) { a.Op(Fmul, h[i], h[i], far[i]) }) // that of the other class
			for _, y := range []struct{ h, p, share []Vec }{{h, rest, q.p}, {ratio, q.p, rest}} {
				each(func(i int) { a.Op(Fmul, y.h[i], y.h[i], y.p[i]) })
				each(func(i int) { a.OpLane(Fmul, y.h[i], y.h[i], x) })
				each(func(i int) { a.Op(Fadd, y.h[i], y.h[i], one) })
				each(func(i int) { a.Op(Fmul, y.h[i], y.h[i], y.share[i]) })
			}
			a.Drop(far...)
			w, wOther := raise(near, rest, q.p)
			each(func(i int) { a.Op(Fmul, ratio[i], ratio[i], w[i]) })
			each(func(i int) { a.Op(Fmul, h[i], h[i], wOther[i]) })
			each(func(i int) { a.Op(Fmul, near[i], near[i], w[i]) })
			a.Drop(w...)
			t, u := labels()
			a.where(q.size, u)
			each(func(i int) { a.Op(Fmul, near[i], near[i], t[i]) })
			each(func(i int) { a.Op(Fmul, h[i], h[i], u[i]) })
			each(func(i int) { a.Op(Fmls, h[i], ratio[i], t[i]) })
			each(func(i int) { a.Op(Fmul, u[i], u[i], wOther[i]) })
			each(func(i int) { a.Op(Fmla, near[i], u[i], q.size[i]) })
			a.Release(wOther, ratio, q.size, t, u)
			return near, h
		}
	}
}

// focalPowers emit what powers want of |z| first, given a, and return what emits rest^a and p^a,
// given -log p. That overwrites rest and p, and drops those in which the powers are not.
type focalPowers func(c questionConsts, par Lane, size []Vec) (raise func(near, rest, p []Vec) (w, wOther []Vec))

// squares are those for a = 2.
func (a *asm) squares(questionConsts, Lane, []Vec) (raise func(near, rest, p []Vec) (w, wOther []Vec)) {
	return func(_, rest, p []Vec) (w, wOther []Vec) {
		each(func(i int) { a.Op(Fmul, rest[i], rest[i], rest[i]) })
		each(func(i int) { a.Op(Fmul, p[i], p[i], p[i]) })
		return rest, p
	}
}

// wholePowers are those for an a of which the bits follow.
func (a *asm) wholePowers(questionConsts, Lane, []Vec) (raise func(near, rest, p []Vec) (w, wOther []Vec)) {
	return func(_, rest, p []Vec) (w, wOther []Vec) {
		w = a.wholePower(rest)
		a.Drop(rest...)
		wOther = a.wholePower(p)
		a.Drop(p...)
		return w, wOther
	}
}

// exponentials are those for any a: p^a, and exp(-a |z|) times that.
func (a *asm) exponentials(c questionConsts, par Lane, size []Vec) (raise func(near, rest, p []Vec) (w, wOther []Vec)) {
	x := a.Row(unroll)
	each(func(i int) { a.Fill(x[i], 746) }) // beyond, exp(-|z|) is 0
	each(func(i int) { a.Op(Fmin, x[i], x[i], size[i]) })
	each(func(i int) { a.OpLane(Fmul, x[i], x[i], par) })
	fall := a.exp(c.exp, x)
	a.Drop(x...)
	return func(near, rest, p []Vec) (w, wOther []Vec) {
		a.Drop(p...)
		each(func(i int) { a.OpLane(Fmul, rest[i], near[i], par) })
		wOther = a.exp(c.exp, rest)
		a.Drop(rest...)
		each(func(i int) { a.Op(Fmul, fall[i], fall[i], wOther[i]) })
		return fall, wOther
	}
}

// sigmoidMAE: with the labels t of the likely class and u and d = p - t = complement - rest, rest -
// u of the other, loss = Σ |d|, slope = p rest (sign d - sign d of the other).
func (a *asm) sigmoidMAE() {
	name := "sigmoidMAE"
	a.wideKernel(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float64", "",
		name+sigmoidDoc+"The loss is the sum of |p - t| of both classes.", func() {
			one := a.Hold(1)
			c := a.raisedExp(one, 0)
			a.sigmoidTurns(one, func(_ Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
				p, rest := a.classes(c, z)
				each(func(i int) { a.Op(Fmul, p[i], p[i], rest[i]) })
				t, u, positive := labels()
				a.complement(one, t, u)
				each(func(i int) { a.Op(Fsub, t[i], t[i], rest[i]) })
				each(func(i int) { a.Op(Fsub, u[i], rest[i], u[i]) })
				zero, x, other := a.Take(), a.Row(unroll), a.Row(unroll)
				a.Zero(zero)
				each(func(i int) { a.sign(rest[i], t[i], x[i], one, zero) })
				each(func(i int) { a.sign(other[i], u[i], x[i], one, zero) })
				each(func(i int) { a.Op(Fsub, rest[i], rest[i], other[i]) })
				each(func(i int) { a.Op(Fmul, p[i], p[i], rest[i]) })
				each(func(i int) { a.OpOne(Fabs, t[i], t[i]) })
				each(func(i int) { a.OpOne(Fabs, u[i], u[i]) })
				each(func(i int) { a.Op(Fadd, t[i], t[i], u[i]) })
				a.Drop(zero)
				slope = a.signed(p, positive)
				a.Release(other, rest, x, u, p, positive)
				return t, slope
			})
		})
}

// complement turns labels t beside u into 1 - t: u, where t has lost digits of that.
func (a *asm) complement(one Vec, t, u []Vec) {
	near, off, x := a.Row(unroll), a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fsub, t[i], one, t[i]) })
	each(func(i int) { a.Op(Fsub, off[i], t[i], u[i]) })
	each(func(i int) { a.OpOne(Fabs, off[i], off[i]) })
	each(func(i int) { a.Fill(x[i], 0x1p-51) })
	each(func(i int) { a.Op(Fcmge, near[i], x[i], off[i]) })
	each(func(i int) { a.Fill(x[i], 0.25) })
	each(func(i int) { a.Op(Fcmgt, x[i], x[i], u[i]) })
	each(func(i int) { a.And(near[i], near[i], x[i]) })
	a.where(near, u)
	each(func(i int) { a.Insert(t[i], u[i], near[i]) })
	a.Release(near, off, x)
}
