package main

import . "softloss/internal/_asm/neon"

// unroll is how many vectors a turn of most loops takes.
const unroll = 2

// loop emits a loop that ends when R2, which counts elements, is 0; body takes n of them.
func (a *asm) loop(n int, body func()) {
	a.Label("loop")
	body()
	a.F("SUBS $%d, R2, R2", n)
	a.F("BNE loop")
}

// rowMax emits the search for the largest element.
func (a *asm) rowMax() {
	a.Kernel("rowMax", "z *T, n int", "m T",
		"rowMax returns the largest of n elements, NaN where there is one; n is a positive multiple of\nthe block.", func() {
			a.pointers("z", "R1", "n", "R2")
			m, x := a.Row(unroll), a.Row(unroll)
			for _, m := range m {
				a.F("VLD1R (R1), [V%d.%s]", m, a.Arrangement())
			}
			a.loop(unroll*a.Lanes(), func() {
				a.Load("R1", x...)
				for i := range m {
					a.Op(Fmax, m[i], m[i], x[i])
				}
			})
			a.Op(Fmax, m[0], m[0], m[1])
			a.Op(Fmaxp, m[0], m[0], m[0])
			if !a.F64 {
				a.Op(Fmaxp, m[0], m[0], m[0])
			}
			a.result("m", m[0])
		})
}

// result stores the first lane of v.
func (a *asm) result(name string, v Vec) {
	move := "FMOVS"
	if a.F64 {
		move = "FMOVD"
	}
	a.F("%s F%d, %s", move, v, a.Place(name))
}

// find emits the search for an element.
func (a *asm) find() {
	a.Kernel("find", "z *T, n int, m T", "left uint64",
		"find returns how many elements are left from the first block on that holds m, 0 where none does; n\n"+
			"is a positive multiple of the block.", func() {
			a.pointers("z", "R1", "n", "R2")
			m, x := a.Arg("m"), a.Row(unroll)
			a.search(m, "R5", func() []Vec {
				a.Load("R1", x...)
				return x
			})
		})
}

// search emits the loop over blocks that next emits until one has m, with what is left of n in R2.
// It overwrites r.
func (a *asm) search(m Vec, r string, next func() []Vec) {
	a.Label("loop")
	x := next()
	each(func(i int) { a.Op(Fcmeq, x[i], x[i], m) })
	a.Or(x[0], x[0], x[1])
	a.bits(x[0], r)
	a.F("CBNZ %s, done", r)
	a.F("SUBS $%d, R2, R2", unroll*a.Lanes())
	a.F("BNE loop")
	a.Label("done")
	a.F("MOVD R2, %s", a.Place("left"))
}

// bits emits the or of the two halves of v.
func (a *asm) bits(v Vec, r string) {
	a.F("VMOV V%d.D[0], %s", v, r)
	a.F("VMOV V%d.D[1], R6", v)
	a.F("ORR R6, %s, %s", r, r)
}

// resultBits stores them.
func (a *asm) resultBits(name string, v Vec) {
	a.bits(v, "R5")
	a.F("MOVD R5, %s", a.Place(name))
}

// exps emits the kernel of exponentials: with labels, or without; it may store them, or only sum.
func (a *asm) exps(store, labels bool) {
	name, params, results := "sumExp", "z *T, n int, least, magic T", "sum float64"
	doc := "sumExp returns Σ exp(z) 2^-shift; n is a positive multiple of the block, least and magic are\n" +
		"those of [softrow]."
	switch {
	case labels && store:
		name, params, results = "expDot", "sums *[3]float64, e, z, t *T, n int, m, least, magic T", "signs uint64"
		doc = "expDot is dot that also stores exp(z) 2^-shift in e."
	case labels:
		name, params, results = "dot", "sums *[3]float64, z, t *T, n int, m, least, magic T", "signs uint64"
		doc = "dot stores Σ exp(z) 2^-shift, Σ t and Σ t (z - m) in sums, where t = 0 counts nothing whatever z\n" +
			"is, and returns the or of the bits of t; n is a positive multiple of the block."
	case store:
		name, params = "exps", "e, z *T, n int, least, magic T"
		doc = "exps is sumExp that also stores exp(z) 2^-shift in e, which may be z."
	}
	a.Kernel(name, params, results, doc, func() {
		a.pointers("z", "R1", "n", "R2")
		c := a.expConsts()
		sums := []Vec{a.Take()}
		var m, signs, zero Vec
		if store {
			a.Pointer("e", "R0")
		}
		if labels {
			a.Pointer("t", "R3")
			m, signs, zero = a.Arg("m"), a.Take(), a.Take()
			sums = append(sums, a.Take(), a.Take())
			a.Zero(signs)
			a.Zero(zero)
		}
		for _, s := range sums {
			a.Zero(s)
		}
		a.loop(unroll*a.Lanes(), func() {
			x := a.Row(unroll)
			a.Load("R1", x...)
			if labels {
				a.labelTerms(x, sums[1], sums[2], signs, m, zero)
			}
			p := a.exp(c, x)
			if store {
				a.Store("R0", p...)
			}
			a.Op(Fadd, p[0], p[0], p[1])
			a.sum(sums[0], p[0], p[1])
			a.Drop(x...)
			a.Drop(p...)
		})
		a.Wide(func() {
			for _, s := range sums {
				a.Conv(Faddpd, s, s)
			}
		})
		if !labels {
			a.F("FMOVD F%d, %s", sums[0], a.Place("sum"))
			return
		}
		a.Pointer("sums", "R4")
		for i, s := range sums {
			a.F("FMOVD F%d, %d(R4)", s, 8*i)
		}
		a.resultBits("signs", signs)
	})
}

// labelTerms emits the sums of t and of t (x - m).
func (a *asm) labelTerms(x []Vec, mass, dot, signs, m, zero Vec) {
	t, d, mask := a.Row(unroll), a.Row(unroll), a.Take()
	a.Load("R3", t...)
	for i := range x {
		a.Or(signs, signs, t[i])
		a.Op(Fsub, d[i], x[i], m)
		a.Op(Fcmgt, mask, t[i], zero)
		a.And(d[i], d[i], mask)
	}
	a.Op(Fmul, d[0], d[0], t[0])
	a.Op(Fmla, d[0], d[1], t[1])
	a.Op(Fadd, t[0], t[0], t[1])
	a.sum(dot, d[0], mask)
	a.sum(mass, t[0], mask)
	a.Drop(mask)
	a.Drop(t...)
	a.Drop(d...)
}

// sum emits the addition of x to a sum in float64. It overwrites x and t.
func (a *asm) sum(s, x, t Vec) {
	if a.F64 {
		a.Op(Fadd, s, s, x)
		return
	}
	a.Conv(Fcvtl, t, x)
	a.Conv(Fcvtl2, x, x)
	a.Wide(func() {
		a.Op(Fadd, t, t, x)
		a.Op(Fadd, s, s, t)
	})
}

// elementwise emits the kernels that change the elements of p one by one.
func (a *asm) elementwise() {
	body := func(x2 bool, numbers []string, emit func(x, t, y Vec, c []Vec)) func() {
		return func() {
			a.pointers("p", "R0", "p", "R1", "n", "R2")
			var c []Vec
			for _, name := range numbers {
				c = append(c, a.Arg(name))
			}
			x, t, y := a.Row(unroll), a.Row(unroll), a.Row(unroll)
			if x2 {
				a.Pointer("t", "R3")
			}
			a.loop(unroll*a.Lanes(), func() {
				a.Load("R1", x...)
				if x2 {
					a.Load("R3", t...)
				}
				for i := range x {
					emit(x[i], t[i], y[i], c)
				}
				a.Store("R0", y...)
			})
		}
	}
	a.Kernel("combine", "p, t *T, n int, c, f T", "",
		"combine stores f (t - c p) in p; n is a positive multiple of the block.",
		body(true, []string{"c", "f"}, func(x, t, y Vec, c []Vec) {
			a.Op(Fmls, t, x, c[0])
			a.Op(Fmul, y, t, c[1])
		}))
	a.Kernel("scale", "p *T, n int, c T", "", "scale stores c p in p; n is a positive multiple of the block.",
		body(false, []string{"c"}, func(x, _, y Vec, c []Vec) { a.Op(Fmul, y, x, c[0]) }))
	a.Kernel("shift", "p, t *T, n int, m, c T", "",
		"shift stores (t - m) - c in p; n is a positive multiple of the block.",
		body(true, []string{"m", "c"}, func(_, t, y Vec, c []Vec) {
			a.Op(Fsub, y, t, c[0])
			a.Op(Fsub, y, y, c[1])
		}))
}
