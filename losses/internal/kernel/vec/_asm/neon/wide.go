package main

import . "softloss/internal/_asm/neon"

// Kernels that compute in float64 whatever the element type: where a loss would magnify the errors
// of float32.

// wideLoad fills the registers of a turn with elements.
func (a *asm) wideLoad(r string, x []Vec) {
	if a.elements64 {
		a.Load(r, x...)
		return
	}
	a.F64 = false
	a.Load(r, x[0])
	a.F64 = true
	a.Conv(Fcvtl2, x[1], x[0])
	a.Conv(Fcvtl, x[0], x[0])
}

// wideStore stores x as elements. It overwrites x.
func (a *asm) wideStore(r string, x []Vec) {
	if a.elements64 {
		a.Store(r, x...)
		return
	}
	a.Conv(Fcvtn, x[0], x[0])
	a.Conv(Fcvtn2, x[0], x[1])
	a.F64 = false
	a.Store(r, x[0])
	a.F64 = true
}

// wideKernel is kernel with vectors of float64.
func (a *asm) wideKernel(name, params, results, doc string, emit func()) {
	a.Kernel(name, params, results, doc, a.wide(emit))
}

// wide is emit with vectors of float64.
func (a *asm) wide(emit func()) func() {
	return func() {
		a.elements64, a.F64 = a.F64, true
		emit()
	}
}

// each runs emit for the numbers of the vectors of a turn: the same step of independent chains.
func each(emit func(i int)) {
	for i := range unroll {
		emit(i)
	}
}

// total emits the sum of the two lanes of s as a result.
func (a *asm) total(name string, s Vec) {
	a.Conv(Faddpd, s, s)
	a.F("FMOVD F%d, %s", s, a.Place(name))
}

// exps64 emits the exponentials in float64.
func (a *asm) exps64(store bool) {
	name, params, doc := "sumExp64", "z *T, n int, least, magic float64", "sumExp64 is sumExp in float64."
	if store {
		name, params, doc = "exps64", "e *float64, z *T, n int, least, magic float64", "exps64 is exps in float64."
	}
	a.wideKernel(name, params, "sum float64", doc, func() {
		a.pointers("z", "R1", "n", "R2")
		if store {
			a.Pointer("e", "R0")
		}
		c, sum, x := a.expConsts(), a.Take(), a.Row(unroll)
		a.Zero(sum)
		a.loop(unroll*2, func() {
			a.wideLoad("R1", x)
			p := a.exp(c, x)
			if store {
				a.Store("R0", p...)
			}
			a.Op(Fadd, p[0], p[0], p[1])
			a.Op(Fadd, sum, sum, p[0])
			a.Drop(p...)
		})
		a.total("sum", sum)
	})
}

// sign emits d = sign(x), and x itself where that is NaN or 0. It overwrites t.
func (a *asm) sign(d, x, t, one, zero Vec) {
	a.Op(Fcmgt, d, x, zero)
	a.And(d, d, one)
	a.Op(Fcmgt, t, zero, x)
	a.And(t, t, one)
	a.Op(Fsub, d, d, t)
}

// mae emits the two passes of the mean absolute error behind the exponentials.
func (a *asm) mae() {
	a.wideKernel("maeSum", "e *float64, t *T, n int, c, sa float64", "sum, delta float64, signs uint64",
		"maeSum returns Σ |d| and Σ (sa - sign(d)) c e, with d = c e - t, and the or of the bits of t.", func() {
			a.pointers("e", "R0", "t", "R3", "n", "R2")
			c, sa, one := a.Arg("c"), a.Arg("sa"), a.Hold(1)
			sum, delta, signs, zero := a.Take(), a.Take(), a.Take(), a.Take()
			for _, v := range []Vec{sum, delta, signs, zero} {
				a.Zero(v)
			}
			p, t, s, u := a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.Load("R0", p...)
				a.wideLoad("R3", t)
				each(func(i int) { a.Or(signs, signs, t[i]) })
				each(func(i int) { a.Op(Fmul, p[i], p[i], c) })
				each(func(i int) { a.Op(Fsub, t[i], p[i], t[i]) })
				each(func(i int) { a.sign(s[i], t[i], u[i], one, zero) })
				each(func(i int) { a.Op(Fsub, s[i], sa, s[i]) })
				each(func(i int) { a.OpOne(Fabs, t[i], t[i]) })
				each(func(i int) { a.Op(Fmla, delta, s[i], p[i]) })
				a.Op(Fadd, t[0], t[0], t[1])
				a.Op(Fadd, sum, sum, t[0])
			})
			a.total("sum", sum)
			a.total("delta", delta)
			a.resultBits("signs", signs)
		})
	a.wideKernel("maeGrad", "p *T, e *float64, t *T, n int, c, sa, delta, f float64", "",
		"maeGrad stores f e ((sign(c e - t) - sa) + delta) in p.", func() {
			a.pointers("p", "R4", "e", "R0", "t", "R3", "n", "R2")
			c, sa, delta, f, one, zero := a.Arg("c"), a.Arg("sa"), a.Arg("delta"), a.Arg("f"), a.Hold(1), a.Take()
			a.Zero(zero)
			e, t, s, u := a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.Load("R0", e...)
				a.wideLoad("R3", t)
				each(func(i int) { a.Op(Fmul, u[i], e[i], c) })
				each(func(i int) { a.Op(Fsub, t[i], u[i], t[i]) })
				each(func(i int) { a.sign(s[i], t[i], u[i], one, zero) })
				each(func(i int) { a.Op(Fsub, s[i], s[i], sa) })
				each(func(i int) { a.Op(Fadd, s[i], s[i], delta) })
				each(func(i int) { a.Op(Fmul, e[i], e[i], f) })
				each(func(i int) { a.Op(Fmul, e[i], e[i], s[i]) })
				a.wideStore("R4", e)
			})
		})
}

// softmaxGrad emits the two passes of the softmax's gradient behind the exponentials.
func (a *asm) softmaxGrad() {
	a.wideKernel("pull", "e, u *T, n int, ua float64", "sum float64",
		"pull returns Σ e (ua - u), where e = 0 counts nothing whatever u is; n is a positive multiple of the\n"+
			"block.", func() {
			a.pointers("e", "R0", "u", "R1", "n", "R2")
			ua, sum, zero := a.Arg("ua"), a.Take(), a.Take()
			a.Zero(sum)
			a.Zero(zero)
			e, u, mask := a.Row(unroll), a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R0", e)
				a.wideLoad("R1", u)
				each(func(i int) { a.Op(Fsub, u[i], ua, u[i]) })
				each(func(i int) { a.Op(Fcmgt, mask[i], e[i], zero) })
				each(func(i int) { a.And(u[i], u[i], mask[i]) })
				each(func(i int) { a.Op(Fmla, sum, e[i], u[i]) })
			})
			a.total("sum", sum)
		})
	a.wideKernel("softmaxGrad", "e, u *T, n int, c, ua, mean float64", "",
		"softmaxGrad stores c e ((u - ua) + mean) in e, 0 where e = 0; n is a positive multiple of the block.", func() {
			a.pointers("e", "R0", "e", "R4", "u", "R1", "n", "R2")
			c, ua, mean, zero := a.Arg("c"), a.Arg("ua"), a.Arg("mean"), a.Take()
			a.Zero(zero)
			e, u, mask := a.Row(unroll), a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R0", e)
				a.wideLoad("R1", u)
				each(func(i int) { a.Op(Fcmgt, mask[i], e[i], zero) })
				each(func(i int) { a.Op(Fmul, e[i], e[i], c) })
				each(func(i int) { a.Op(Fsub, u[i], u[i], ua) })
				each(func(i int) { a.Op(Fadd, u[i], u[i], mean) })
				each(func(i int) { a.Op(Fmul, e[i], e[i], u[i]) })
				each(func(i int) { a.And(e[i], e[i], mask[i]) })
				a.wideStore("R4", e)
			})
		})
}
