package main

import . "softloss/internal/_asm/neon"

// Pieces of the losses that are made of several kernels.

// gradientPieces emits them, in float64 but for logarithms.
func (a *asm) gradientPieces() {
	a.moments()
	a.wideKernel("tilt", "p, t, h *T, n int, from, a, b, c float64", "",
		"tilt stores p (a + b (h - from)) - c t in p; n is a positive multiple of the block.", func() {
			a.Pointer("h", "R1")
			from, plus, by, c := a.Arg("from"), a.Arg("a"), a.Arg("b"), a.Arg("c")
			a.changeLabelled(func(p, t []Vec) {
				h, x := a.Row(unroll), a.Row(unroll)
				a.wideLoad("R1", h)
				each(func(i int) { a.Op(Fsub, h[i], h[i], from) })
				each(func(i int) { a.Move(x[i], plus) })
				each(func(i int) { a.Op(Fmla, x[i], h[i], by) })
				each(func(i int) { a.Op(Fmul, p[i], p[i], x[i]) })
				each(func(i int) { a.Op(Fmls, p[i], t[i], c) })
				a.Release(h, x)
			})
		})
	a.wideKernel("affine", "p, t *T, n int, a, b, c float64", "",
		"affine stores (a p + b) - c t in p; n is a positive multiple of the block.", func() {
			by, plus, c := a.Arg("a"), a.Arg("b"), a.Arg("c")
			a.changeLabelled(func(p, t []Vec) {
				each(func(i int) { a.Op(Fmul, p[i], p[i], by) })
				each(func(i int) { a.Op(Fadd, p[i], p[i], plus) })
				each(func(i int) { a.Op(Fmls, p[i], t[i], c) })
			})
		})
	a.minusLogs()
}

// changeLabelled emits a loop over p and t that changes p.
func (a *asm) changeLabelled(change func(p, t []Vec)) {
	a.pointers("p", "R0", "p", "R4", "t", "R3", "n", "R2")
	p, t := a.Row(unroll), a.Row(unroll)
	a.loop(unroll*2, func() {
		a.wideLoad("R0", p)
		a.wideLoad("R3", t)
		change(p, t)
		a.wideStore("R4", p)
	})
}

func (a *asm) moments() {
	a.wideKernel("moments", "p, h *T, n int, from float64", "plain, weighted float64",
		"moments returns Σ (h - from) and Σ p (h - from); n is a positive multiple of the block.", func() {
			a.pointers("p", "R0", "h", "R1", "n", "R2")
			from, plain, weighted := a.Arg("from"), a.Row(unroll), a.Row(unroll)
			each(func(i int) { a.Zero(plain[i]) })
			each(func(i int) { a.Zero(weighted[i]) })
			p, h := a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R0", p)
				a.wideLoad("R1", h)
				each(func(i int) { a.Op(Fsub, h[i], h[i], from) })
				each(func(i int) { a.Op(Fadd, plain[i], plain[i], h[i]) })
				each(func(i int) { a.Op(Fmla, weighted[i], p[i], h[i]) })
			})
			for _, x := range []struct {
				name string
				sum  []Vec
			}{{"plain", plain}, {"weighted", weighted}} {
				a.Op(Fadd, x.sum[0], x.sum[0], x.sum[1])
				a.total(x.name, x.sum[0])
			}
		})
}

// minusLogs emits the bounded logarithms of labels, in the element type.
func (a *asm) minusLogs() {
	a.Kernel("minusLogs", "dst, t *T, n int, most T", "",
		"minusLogs stores -log t in dst, most where it is more or t is not positive; n is a positive multiple\n"+
			"of the block.", func() {
			a.elements64 = a.F64
			a.pointers("dst", "R0", "t", "R3", "n", "R2")
			most, log := a.Arg("most"), a.logOfLabels()
			a.loop(unroll*a.Lanes(), func() {
				t, positive := a.Row(unroll), a.Row(unroll)
				a.Load("R3", t...)
				x := log(t)
				each(func(i int) { a.OpOne(Fneg, x[i], x[i]) })
				each(func(i int) { a.Op(Fmin, x[i], x[i], most) })
				each(func(i int) { a.Zero(positive[i]) })
				each(func(i int) { a.Op(Fcmgt, positive[i], t[i], positive[i]) })
				each(func(i int) { a.Move(t[i], most) })
				each(func(i int) { a.Insert(t[i], x[i], positive[i]) })
				a.Store("R0", t...)
				a.Release(t, positive, x)
			})
		})
}

// logOfLabels emits the numbers of logarithms in the element type, and returns what emits those of
// labels, of any number where a label is 0.
func (a *asm) logOfLabels() func(t []Vec) (log []Vec) {
	if a.F64 {
		c := a.logConsts()
		return func(t []Vec) []Vec { return a.labelLog(c, t) }
	}
	c, one := a.polynomial(logOfSum), a.Hold(1)
	return func(t []Vec) []Vec {
		return a.raisedLog(t, 0x1p-60, 60, func(x []Vec) []Vec {
			a.logSingle(c, one, x, nil)
			return x
		})
	}
}
