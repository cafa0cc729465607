package main

import . "softloss/internal/_asm/neon"

// shares emits the check of labels that stand for those of both classes.
func (a *asm) shares() {
	a.Kernel("shares", "t *T, n int", "good uint64",
		"shares returns all ones when every t is in [0, 1]; n is a positive multiple of the block.", func() {
			a.pointers("t", "R1", "n", "R2")
			good := a.shareCheck()
			a.loop(unroll*a.Lanes(), func() {
				x := a.Row(unroll)
				a.Load("R1", x...)
				good.add(a, x)
				a.Drop(x...)
			})
			good.result(a)
		})
}

// shareCheck is the registers of the check: good is all ones as long as all labels are in [0, 1].
type shareCheck struct{ one, zero, good Vec }

func (a *asm) shareCheck() shareCheck {
	c := shareCheck{a.Hold(1), a.Take(), a.Take()}
	a.Zero(c.zero)
	a.Op(Fcmeq, c.good, c.zero, c.zero)
	return c
}

// add emits the check of t.
func (c shareCheck) add(a *asm, t []Vec) {
	low, high := a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fcmge, low[i], t[i], c.zero) })
	each(func(i int) { a.Op(Fcmge, high[i], c.one, t[i]) })
	each(func(i int) { a.And(high[i], high[i], low[i]) })
	each(func(i int) { a.And(c.good, c.good, high[i]) })
	a.Release(low, high)
}

// result emits good as a result of that name.
func (c shareCheck) result(a *asm) {
	a.F("VMOV V%d.D[0], R5", c.good)
	a.F("VMOV V%d.D[1], R6", c.good)
	a.F("AND R6, R5, R5")
	a.F("MOVD R5, %s", a.Place("good"))
}

// smoothElements emits the labels of both classes of elements.
func (a *asm) smoothElements() {
	a.wideKernel("smoothElements", "yes, no, t *T, w *float64, n int, keep, add, addYes, addNo float64", "good uint64",
		"smoothElements stores keep y + (add + addYes (y+u)) in yes and keep u + (add + addNo (y+u)) in no, for\n"+
			"y = w t, or t where w is nil, and u = 1 - t, and returns all ones when every t is in [0, 1]; n is a\n"+
			"positive multiple of the block.", func() {
			for i, name := range []string{"yes", "no", "n", "t", "w"} {
				a.Pointer(name, []string{"R0", "R1", "R2", "R3", "R4"}[i])
			}
			keep, add, good := a.Arg("keep"), a.Arg("add"), a.shareCheck()
			addYes, addNo := a.Arg("addYes"), a.Arg("addNo")
			a.loop(unroll*2, func() {
				y, u, w := a.Row(unroll), a.Row(unroll), a.Row(unroll)
				a.wideLoad("R3", y)
				good.add(a, y)
				each(func(i int) { a.Op(Fsub, u[i], good.one, y[i]) })
				a.F("CBZ R4, unweighted")
				a.Load("R4", w...)
				each(func(i int) { a.Op(Fmul, y[i], y[i], w[i]) })
				a.Label("unweighted")
				each(func(i int) { a.Op(Fadd, w[i], y[i], u[i]) })
				out := a.Row(unroll)
				for _, x := range []struct {
					to    string
					label []Vec
					share Vec
				}{{"R0", y, addYes}, {"R1", u, addNo}} {
					each(func(i int) { a.Move(out[i], add) })
					each(func(i int) { a.Op(Fmla, out[i], w[i], x.share) })
					each(func(i int) { a.Op(Fmla, out[i], x.label[i], keep) })
					a.wideStore(x.to, out)
				}
				a.Release(y, u, w, out)
			})
			good.result(a)
		})
}
