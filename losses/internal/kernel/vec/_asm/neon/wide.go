package main

// Kernels that compute in float64 whatever the element type: where a loss would magnify the errors
// of float32.

// wideLoad fills the registers of a turn with elements.
func (a *asm) wideLoad(r string, x []vec) {
	if a.elements64 {
		a.load(r, x...)
		return
	}
	a.f64 = false
	a.load(r, x[0])
	a.f64 = true
	a.conv(fcvtl2, x[1], x[0])
	a.conv(fcvtl, x[0], x[0])
}

// wideStore stores x as elements. It overwrites x.
func (a *asm) wideStore(r string, x []vec) {
	if a.elements64 {
		a.store(r, x...)
		return
	}
	a.conv(fcvtn, x[0], x[0])
	a.conv(fcvtn2, x[0], x[1])
	a.f64 = false
	a.store(r, x[0])
	a.f64 = true
}

// wideKernel is kernel with vectors of float64.
func (a *asm) wideKernel(name, params, results, doc string, emit func()) {
	a.kernel(name, params, results, doc, func() {
		a.elements64, a.f64 = a.f64, true
		emit()
	})
}

// each runs emit for the numbers of the vectors of a turn: the same step of independent chains.
func each(emit func(i int)) {
	for i := range unroll {
		emit(i)
	}
}

// total emits the sum of the two lanes of s as a result.
func (a *asm) total(name string, s vec) {
	a.conv(faddpd, s, s)
	a.f("FMOVD F%d, %s+%d(FP)", s, name, a.offset(name))
}

// exps64 emits the exponentials in float64.
func (a *asm) exps64(store bool) {
	name, params, doc := "sumExp64", "z *T, n int, least, magic float64", "sumExp64 is sumExp in float64."
	if store {
		name, params, doc = "exps64", "e *float64, z *T, n int, least, magic float64", "exps64 is exps in float64."
	}
	a.wideKernel(name, params, "sum float64", doc, func() {
		a.pointer("z", "R1")
		a.pointer("n", "R2")
		if store {
			a.pointer("e", "R0")
		}
		c, sum, x := a.expConsts(), a.take(), a.row(unroll)
		a.zero(sum)
		a.loop(unroll*2, func() {
			a.wideLoad("R1", x)
			p := a.exp(c, x)
			if store {
				a.store("R0", p...)
			}
			a.op(fadd, p[0], p[0], p[1])
			a.op(fadd, sum, sum, p[0])
			a.drop(p...)
		})
		a.total("sum", sum)
	})
}

// sign emits d = sign(x), and x itself where that is NaN or 0. It overwrites t.
func (a *asm) sign(d, x, t, one, zero vec) {
	a.op(fcmgt, d, x, zero)
	a.and(d, d, one)
	a.op(fcmgt, t, zero, x)
	a.and(t, t, one)
	a.op(fsub, d, d, t)
}

// mae emits the two passes of the mean absolute error behind the exponentials.
func (a *asm) mae() {
	a.wideKernel("maeSum", "e *float64, t *T, n int, c, sa float64", "sum, delta float64, signs uint64",
		"maeSum returns Σ |d| and Σ (sa - sign(d)) c e, with d = c e - t, and the or of the bits of t.", func() {
			a.pointer("e", "R0")
			a.pointer("t", "R3")
			a.pointer("n", "R2")
			c, sa, one := a.arg("c"), a.arg("sa"), a.hold(1)
			sum, delta, signs, zero := a.take(), a.take(), a.take(), a.take()
			for _, v := range []vec{sum, delta, signs, zero} {
				a.zero(v)
			}
			p, t, s, u := a.row(unroll), a.row(unroll), a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.load("R0", p...)
				a.wideLoad("R3", t)
				each(func(i int) { a.or(signs, signs, t[i]) })
				each(func(i int) { a.op(fmul, p[i], p[i], c) })
				each(func(i int) { a.op(fsub, t[i], p[i], t[i]) })
				each(func(i int) { a.sign(s[i], t[i], u[i], one, zero) })
				each(func(i int) { a.op(fsub, s[i], sa, s[i]) })
				each(func(i int) { a.conv(fabs2, t[i], t[i]) })
				each(func(i int) { a.op(fmla, delta, s[i], p[i]) })
				a.op(fadd, t[0], t[0], t[1])
				a.op(fadd, sum, sum, t[0])
			})
			a.total("sum", sum)
			a.total("delta", delta)
			a.bits(signs, "R5")
			a.f("MOVD R5, signs+%d(FP)", a.offset("signs"))
		})
	a.wideKernel("maeGrad", "p *T, e *float64, t *T, n int, c, sa, delta, f float64", "",
		"maeGrad stores f e ((sign(c e - t) - sa) + delta) in p.", func() {
			a.pointer("p", "R4")
			a.pointer("e", "R0")
			a.pointer("t", "R3")
			a.pointer("n", "R2")
			c, sa, delta, f, one, zero := a.arg("c"), a.arg("sa"), a.arg("delta"), a.arg("f"), a.hold(1), a.take()
			a.zero(zero)
			e, t, s, u := a.row(unroll), a.row(unroll), a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.load("R0", e...)
				a.wideLoad("R3", t)
				each(func(i int) { a.op(fmul, u[i], e[i], c) })
				each(func(i int) { a.op(fsub, t[i], u[i], t[i]) })
				each(func(i int) { a.sign(s[i], t[i], u[i], one, zero) })
				each(func(i int) { a.op(fsub, s[i], s[i], sa) })
				each(func(i int) { a.op(fadd, s[i], s[i], delta) })
				each(func(i int) { a.op(fmul, e[i], e[i], f) })
				each(func(i int) { a.op(fmul, e[i], e[i], s[i]) })
				a.wideStore("R4", e)
			})
		})
}

// softmaxGrad emits the two passes of the softmax's gradient behind the exponentials.
func (a *asm) softmaxGrad() {
	a.wideKernel("pull", "e, u *T, n int, ua float64", "sum float64",
		"pull returns Σ e (ua - u), where e = 0 counts nothing whatever u is; n is a positive multiple of the\nblock.", func() {
			a.pointer("e", "R0")
			a.pointer("u", "R1")
			a.pointer("n", "R2")
			ua, sum, zero := a.arg("ua"), a.take(), a.take()
			a.zero(sum)
			a.zero(zero)
			e, u, mask := a.row(unroll), a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R0", e)
				a.wideLoad("R1", u)
				each(func(i int) { a.op(fsub, u[i], ua, u[i]) })
				each(func(i int) { a.op(fcmgt, mask[i], e[i], zero) })
				each(func(i int) { a.and(u[i], u[i], mask[i]) })
				each(func(i int) { a.op(fmla, sum, e[i], u[i]) })
			})
			a.total("sum", sum)
		})
	a.wideKernel("softmaxGrad", "e, u *T, n int, c, ua, mean float64", "",
		"softmaxGrad stores c e ((u - ua) + mean) in e, 0 where e = 0; n is a positive multiple of the block.", func() {
			a.pointer("e", "R0")
			a.pointer("e", "R4")
			a.pointer("u", "R1")
			a.pointer("n", "R2")
			c, ua, mean, zero := a.arg("c"), a.arg("ua"), a.arg("mean"), a.take()
			a.zero(zero)
			e, u, mask := a.row(unroll), a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R0", e)
				a.wideLoad("R1", u)
				each(func(i int) { a.op(fcmgt, mask[i], e[i], zero) })
				each(func(i int) { a.op(fmul, e[i], e[i], c) })
				each(func(i int) { a.op(fsub, u[i], u[i], ua) })
				each(func(i int) { a.op(fadd, u[i], u[i], mean) })
				each(func(i int) { a.op(fmul, e[i], e[i], u[i]) })
				each(func(i int) { a.and(e[i], e[i], mask[i]) })
				a.wideStore("R4", e)
			})
		})
}
