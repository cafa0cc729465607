package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// labels emits what readies labels and logits, in float64.
func (a *asm) labels() {
	a.labelSums()
	a.pairwise("weigh", "w *float64, n int", "(w t)", []string{}, true, func(x, w, y []Vec, c []Vec) {
		each(func(i int) { a.Op(Fmul, y[i], x[i], w[i]) })
	})
	a.pairwise("mix", "w *float64, n int, keep, add float64", "keep t + add w", []string{"keep", "add"}, true,
		func(x, w, y []Vec, c []Vec) {
			each(func(i int) { a.Op(Fmul, y[i], w[i], c[1]) })
			each(func(i int) { a.Op(Fmla, y[i], x[i], c[0]) })
		})
	a.pairwise("smooth", "n int, keep, cut, add float64", "max(keep t - cut, 0) + add",
		[]string{"keep", "cut", "add"}, false, func(x, zero, y []Vec, c []Vec) {
			each(func(i int) { a.Zero(zero[i]) })
			each(func(i int) { a.Op(Fmul, y[i], x[i], c[0]) })
			each(func(i int) { a.Op(Fsub, y[i], y[i], c[1]) })
			each(func(i int) { a.Op(Fmax, y[i], y[i], zero[i]) })
			each(func(i int) { a.Op(Fadd, y[i], y[i], c[2]) })
		})
	a.pairwise("divide", "n int, top, by float64", "(t - top)/by", []string{"top", "by"}, false,
		func(x, _, y []Vec, c []Vec) {
			each(func(i int) { a.Op(Fsub, x[i], x[i], c[0]) })
			each(func(i int) { a.Op(Fdiv, y[i], x[i], c[1]) })
		})
	a.pairwise("addScaled", "u *T, n int, by float64", "t + by u", []string{"by"}, false, func(x, u, y []Vec, c []Vec) {
		a.wideLoad("R4", u)
		each(func(i int) { a.Move(y[i], x[i]) })
		each(func(i int) { a.Op(Fmla, y[i], u[i], c[0]) })
	})
}

// widths emits what changes the type of numbers.
func (a *asm) widths() {
	a.wideKernel("widen", "dst *float64, t *T, n int", "",
		"widen stores t in dst; n is a positive multiple of the block.", func() {
			a.widthLoop(a.wideLoad, func(r string, x []Vec) { a.Store(r, x...) })
		})
	a.wideKernel("round", "dst *T, t *float64, n int", "",
		"round stores t in dst, rounded; n is a positive multiple of the block.", func() {
			a.widthLoop(func(r string, x []Vec) { a.Load(r, x...) }, a.wideStore)
		})
}

func (a *asm) widthLoop(load, store func(r string, x []Vec)) {
	a.pointers("dst", "R0", "t", "R1", "n", "R2")
	x := a.Row(unroll)
	a.loop(unroll*2, func() {
		load("R1", x)
		store("R0", x)
	})
}

// pairwise emits a kernel that computes elements y of dst from those of t, in x, and the numbers w;
// emit may use the registers of w otherwise.
func (a *asm) pairwise(name, params, formula string, numbers []string, w bool, emit func(x, w, y []Vec, c []Vec)) {
	a.wideKernel(name, "dst, t *T, "+params, "",
		name+" stores "+formula+" in dst; n is a positive multiple of the block.", func() {
			a.pointers("dst", "R0", "t", "R1", "n", "R2")
			if w {
				a.Pointer("w", "R3")
			}
			if a.Takes("u") {
				a.Pointer("u", "R4")
			}
			var c []Vec
			for _, name := range numbers {
				c = append(c, a.Arg(name))
			}
			x, ws, y := a.Row(unroll), a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R1", x)
				if w {
					a.Load("R3", ws...)
				}
				emit(x, ws, y, c)
				a.wideStore("R0", y)
			})
		})
}

// shiftMost emits the logits that are to be divided.
func (a *asm) shiftMost() {
	a.wideKernel("shiftMost", "dst *float64, z *T, shift *float64, n int, top float64", "most float64",
		"shiftMost stores x = (z - top) + shift in dst, a nil shift being 0, and returns the largest x, NaN\n"+
			"where there is one; n is a positive multiple of the block.", func() {
			for i, name := range []string{"dst", "z", "n", "shift"} {
				a.Pointer(name, []string{"R0", "R1", "R2", "R3"}[i])
			}
			top, most, x, by := a.Arg("top"), a.Row(unroll), a.Row(unroll), a.Row(unroll)
			each(func(i int) { a.Fill(most[i], math.Inf(-1)) })
			a.loop(unroll*2, func() {
				a.wideLoad("R1", x)
				each(func(i int) { a.Op(Fsub, x[i], x[i], top) })
				a.F("CBZ R3, alone")
				a.Load("R3", by...)
				each(func(i int) { a.Op(Fadd, x[i], x[i], by[i]) })
				a.Label("alone")
				each(func(i int) { a.Op(Fmax, most[i], most[i], x[i]) })
				a.Store("R0", x...)
			})
			a.Op(Fmax, most[0], most[0], most[1])
			a.Op(Fmaxp, most[0], most[0], most[0])
			a.result("most", most[0])
		})
}

// labelSums emits the sums of labels.
func (a *asm) labelSums() {
	a.wideKernel("labelSums", "t *T, n int", "mass, positive float64, signs uint64",
		"labelSums returns Σ t, the number of t > 0 and the or of the bits of t.", func() {
			a.pointers("t", "R1", "n", "R2")
			one, zero, mass, positive, signs := a.Hold(1), a.Take(), a.Take(), a.Take(), a.Take()
			for _, v := range []Vec{zero, mass, positive, signs} {
				a.Zero(v)
			}
			t, u := a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R1", t)
				each(func(i int) { a.Or(signs, signs, t[i]) })
				each(func(i int) { a.Op(Fcmgt, u[i], t[i], zero) })
				each(func(i int) { a.And(u[i], u[i], one) })
				each(func(i int) { a.Op(Fadd, mass, mass, t[i]) })
				each(func(i int) { a.Op(Fadd, positive, positive, u[i]) })
			})
			a.total("mass", mass)
			a.total("positive", positive)
			a.resultBits("signs", signs)
		})
	a.wideKernel("weightedSum", "t *T, w *float64, n int", "plain, weighted float64, signs uint64",
		"weightedSum returns Σ t, Σ w t and the or of the bits of t.", func() {
			a.pointers("t", "R1", "w", "R3", "n", "R2")
			plain, weighted, signs := a.Take(), a.Take(), a.Take()
			for _, v := range []Vec{plain, weighted, signs} {
				a.Zero(v)
			}
			t, w := a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.wideLoad("R1", t)
				a.Load("R3", w...)
				each(func(i int) { a.Or(signs, signs, t[i]) })
				each(func(i int) { a.Op(Fadd, plain, plain, t[i]) })
				each(func(i int) { a.Op(Fmla, weighted, w[i], t[i]) })
			})
			a.total("plain", plain)
			a.total("weighted", weighted)
			a.resultBits("signs", signs)
		})
}
