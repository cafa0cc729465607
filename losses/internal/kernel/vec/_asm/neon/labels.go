package main

// labels emits what readies labels and logits, in float64.
func (a *asm) labels() {
	a.labelSums()
	a.pairwise("weigh", "w *float64, n int", "(w t)", []string{}, true, func(x, w, y []vec, c []vec) {
		each(func(i int) { a.op(fmul, y[i], x[i], w[i]) })
	})
	a.pairwise("mix", "w *float64, n int, keep, add float64", "keep t + add w", []string{"keep", "add"}, true,
		func(x, w, y []vec, c []vec) {
			each(func(i int) { a.op(fmul, y[i], w[i], c[1]) })
			each(func(i int) { a.op(fmla, y[i], x[i], c[0]) })
		})
	a.pairwise("smooth", "n int, keep, cut, add float64", "max(keep t - cut, 0) + add",
		[]string{"keep", "cut", "add"}, false, func(x, zero, y []vec, c []vec) {
			each(func(i int) { a.zero(zero[i]) })
			each(func(i int) { a.op(fmul, y[i], x[i], c[0]) })
			each(func(i int) { a.op(fsub, y[i], y[i], c[1]) })
			each(func(i int) { a.op(fmax, y[i], y[i], zero[i]) })
			each(func(i int) { a.op(fadd, y[i], y[i], c[2]) })
		})
	a.pairwise("divide", "n int, top, by float64", "(t - top)/by", []string{"top", "by"}, false,
		func(x, _, y []vec, c []vec) {
			each(func(i int) { a.op(fsub, x[i], x[i], c[0]) })
			each(func(i int) { a.op(fdiv, y[i], x[i], c[1]) })
		})
	a.pairwise("addScaled", "u *T, n int, by float64", "t + by u", []string{"by"}, false, func(x, u, y []vec, c []vec) {
		a.wideLoad("R4", u)
		each(func(i int) { a.move(y[i], x[i]) })
		each(func(i int) { a.op(fmla, y[i], u[i], c[0]) })
	})
}

// pairwise emits a kernel that computes elements y of dst from those of t, in x, and the numbers w;
// emit may use the registers of w otherwise.
func (a *asm) pairwise(name, params, formula string, numbers []string, w bool, emit func(x, w, y []vec, c []vec)) {
	a.wideKernel(name, "dst, t *T, "+params, "",
		name+" stores "+formula+" in dst; n is a positive multiple of the block.", func() {
			a.pointer("dst", "R0")
			a.pointer("t", "R1")
			a.pointer("n", "R2")
			if w {
				a.pointer("w", "R3")
			}
			if _, ok := a.frame["u"]; ok {
				a.pointer("u", "R4")
			}
			var c []vec
			for _, name := range numbers {
				c = append(c, a.arg(name))
			}
			x, ws, y := a.row(unroll), a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R1", x)
				if w {
					a.load("R3", ws...)
				}
				emit(x, ws, y, c)
				a.wideStore("R0", y)
			})
		})
}

// labelSums emits the sums of labels.
func (a *asm) labelSums() {
	a.wideKernel("labelSums", "t *T, n int", "mass, positive float64, signs uint64",
		"labelSums returns Σ t, the number of t > 0 and the or of the bits of t.", func() {
			a.pointer("t", "R1")
			a.pointer("n", "R2")
			one, zero, mass, positive, signs := a.hold(1), a.take(), a.take(), a.take(), a.take()
			for _, v := range []vec{zero, mass, positive, signs} {
				a.zero(v)
			}
			t, u := a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R1", t)
				each(func(i int) { a.or(signs, signs, t[i]) })
				each(func(i int) { a.op(fcmgt, u[i], t[i], zero) })
				each(func(i int) { a.and(u[i], u[i], one) })
				each(func(i int) { a.op(fadd, mass, mass, t[i]) })
				each(func(i int) { a.op(fadd, positive, positive, u[i]) })
			})
			a.total("mass", mass)
			a.total("positive", positive)
			a.bits(signs, "R5")
			a.f("MOVD R5, signs+%d(FP)", a.offset("signs"))
		})
	a.wideKernel("weightedSum", "t *T, w *float64, n int", "plain, weighted float64, signs uint64",
		"weightedSum returns Σ t, Σ w t and the or of the bits of t.", func() {
			a.pointer("t", "R1")
			a.pointer("w", "R3")
			a.pointer("n", "R2")
			plain, weighted, signs := a.take(), a.take(), a.take()
			for _, v := range []vec{plain, weighted, signs} {
				a.zero(v)
			}
			t, w := a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R1", t)
				a.load("R3", w...)
				each(func(i int) { a.or(signs, signs, t[i]) })
				each(func(i int) { a.op(fadd, plain, plain, t[i]) })
				each(func(i int) { a.op(fmla, weighted, w[i], t[i]) })
			})
			a.total("plain", plain)
			a.total("weighted", weighted)
			a.bits(signs, "R5")
			a.f("MOVD R5, signs+%d(FP)", a.offset("signs"))
		})
}
