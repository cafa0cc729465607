package main

// unroll is how many vectors a turn of most loops takes.
const unroll = 2

// loop emits a loop that ends when R2, which counts elements, is 0; body takes n of them.
func (a *asm) loop(n int, body func()) {
	a.label("loop")
	body()
	a.f("SUBS $%d, R2, R2", n)
	a.f("BNE loop")
}

// rowMax emits the search for the largest element.
func (a *asm) rowMax() {
	a.kernel("rowMax", "z *T, n int", "m T",
		"rowMax returns the largest of n elements, NaN where there is one; n is a positive multiple of\nthe block.", func() {
			a.pointer("z", "R1")
			a.pointer("n", "R2")
			m, x := a.row(unroll), a.row(unroll)
			for _, m := range m {
				a.f("VLD1R (R1), [V%d.%s]", m, a.arrangement())
			}
			a.loop(unroll*a.lanes(), func() {
				a.load("R1", x...)
				for i := range m {
					a.op(fmax, m[i], m[i], x[i])
				}
			})
			a.op(fmax, m[0], m[0], m[1])
			a.op(fmaxp, m[0], m[0], m[0])
			if !a.f64 {
				a.op(fmaxp, m[0], m[0], m[0])
			}
			a.result("m", m[0])
		})
}

// result stores the first lane of v.
func (a *asm) result(name string, v vec) {
	move := "FMOVS"
	if a.f64 {
		move = "FMOVD"
	}
	a.f("%s F%d, %s+%d(FP)", move, v, name, a.offset(name))
}

// find emits the search for an element.
func (a *asm) find() {
	a.kernel("find", "z *T, n int, m T", "left uint64",
		"find returns how many elements are left from the first block on that holds m, 0 where none does; n\nis a positive multiple of the block.", func() {
			a.pointer("z", "R1")
			a.pointer("n", "R2")
			m, x := a.arg("m"), a.row(unroll)
			a.label("loop")
			a.load("R1", x...)
			for _, x := range x {
				a.op(fcmeq, x, x, m)
			}
			a.or(x[0], x[0], x[1])
			a.bits(x[0], "R5")
			a.f("CBNZ R5, done")
			a.f("SUBS $%d, R2, R2", unroll*a.lanes())
			a.f("BNE loop")
			a.label("done")
			a.f("MOVD R2, left+%d(FP)", a.offset("left"))
		})
}

// bits emits the or of the two halves of v.
func (a *asm) bits(v vec, r string) {
	a.f("VMOV V%d.D[0], %s", v, r)
	a.f("VMOV V%d.D[1], R6", v)
	a.f("ORR R6, %s, %s", r, r)
}

// exps emits the kernel of exponentials: with labels, or without; it may store them, or only sum.
func (a *asm) exps(store, labels bool) {
	name, params, results := "sumExp", "z *T, n int, least, magic T", "sum float64"
	doc := "sumExp returns Σ exp(z) 2^-shift; n is a positive multiple of the block, least and magic are\nthose of [softrow]."
	switch {
	case labels && store:
		name, params, results = "expDot", "sums *[3]float64, e, z, t *T, n int, m, least, magic T", "signs uint64"
		doc = "expDot is dot that also stores exp(z) 2^-shift in e."
	case labels:
		name, params, results = "dot", "sums *[3]float64, z, t *T, n int, m, least, magic T", "signs uint64"
		doc = "dot stores Σ exp(z) 2^-shift, Σ t and Σ t (z - m) in sums, where t = 0 counts nothing whatever z\nis, and returns the or of the bits of t; n is a positive multiple of the block."
	case store:
		name, params = "exps", "e, z *T, n int, least, magic T"
		doc = "exps is sumExp that also stores exp(z) 2^-shift in e, which may be z."
	}
	a.kernel(name, params, results, doc, func() {
		a.pointer("z", "R1")
		a.pointer("n", "R2")
		c := a.expConsts()
		sums := []vec{a.take()}
		var m, signs, zero vec
		if store {
			a.pointer("e", "R0")
		}
		if labels {
			a.pointer("t", "R3")
			m, signs, zero = a.arg("m"), a.take(), a.take()
			sums = append(sums, a.take(), a.take())
			a.zero(signs)
			a.zero(zero)
		}
		for _, s := range sums {
			a.zero(s)
		}
		a.loop(unroll*a.lanes(), func() {
			x := a.row(unroll)
			a.load("R1", x...)
			if labels {
				a.labelTerms(x, sums[1], sums[2], signs, m, zero)
			}
			p := a.exp(c, x)
			if store {
				a.store("R0", p...)
			}
			a.op(fadd, p[0], p[0], p[1])
			a.sum(sums[0], p[0], p[1])
			a.drop(x...)
			a.drop(p...)
		})
		a.wide(func() {
			for _, s := range sums {
				a.conv(faddpd, s, s)
			}
		})
		if !labels {
			a.f("FMOVD F%d, sum+%d(FP)", sums[0], a.offset("sum"))
			return
		}
		a.pointer("sums", "R4")
		for i, s := range sums {
			a.f("FMOVD F%d, %d(R4)", s, 8*i)
		}
		a.bits(signs, "R5")
		a.f("MOVD R5, signs+%d(FP)", a.offset("signs"))
	})
}

// labelTerms emits the sums of t and of t (x - m).
func (a *asm) labelTerms(x []vec, mass, dot, signs, m, zero vec) {
	t, d, mask := a.row(unroll), a.row(unroll), a.take()
	a.load("R3", t...)
	for i := range x {
		a.or(signs, signs, t[i])
		a.op(fsub, d[i], x[i], m)
		a.op(fcmgt, mask, t[i], zero)
		a.and(d[i], d[i], mask)
	}
	a.op(fmul, d[0], d[0], t[0])
	a.op(fmla, d[0], d[1], t[1])
	a.op(fadd, t[0], t[0], t[1])
	a.sum(dot, d[0], mask)
	a.sum(mass, t[0], mask)
	a.drop(mask)
	a.drop(t...)
	a.drop(d...)
}

// sum emits the addition of x to a sum in float64. It overwrites x and t.
func (a *asm) sum(s, x, t vec) {
	if a.f64 {
		a.op(fadd, s, s, x)
		return
	}
	a.conv(fcvtl, t, x)
	a.conv(fcvtl2, x, x)
	a.wide(func() {
		a.op(fadd, t, t, x)
		a.op(fadd, s, s, t)
	})
}

// elementwise emits the kernels that change the elements of p one by one.
func (a *asm) elementwise() {
	body := func(x2 bool, numbers []string, emit func(x, t, y vec, c []vec)) func() {
		return func() {
			a.pointer("p", "R0")
			a.pointer("p", "R1")
			a.pointer("n", "R2")
			var c []vec
			for _, name := range numbers {
				c = append(c, a.arg(name))
			}
			x, t, y := a.row(unroll), a.row(unroll), a.row(unroll)
			if x2 {
				a.pointer("t", "R3")
			}
			a.loop(unroll*a.lanes(), func() {
				a.load("R1", x...)
				if x2 {
					a.load("R3", t...)
				}
				for i := range x {
					emit(x[i], t[i], y[i], c)
				}
				a.store("R0", y...)
			})
		}
	}
	a.kernel("combine", "p, t *T, n int, c, f T", "",
		"combine stores f (t - c p) in p; n is a positive multiple of the block.",
		body(true, []string{"c", "f"}, func(x, t, y vec, c []vec) {
			a.op(fmls, t, x, c[0])
			a.op(fmul, y, t, c[1])
		}))
	a.kernel("scale", "p *T, n int, c T", "", "scale stores c p in p; n is a positive multiple of the block.",
		body(false, []string{"c"}, func(x, _, y vec, c []vec) { a.op(fmul, y, x, c[0]) }))
	a.kernel("shift", "p, t *T, n int, m, c T", "",
		"shift stores (t - m) - c in p; n is a positive multiple of the block.",
		body(true, []string{"m", "c"}, func(_, t, y vec, c []vec) {
			a.op(fsub, y, t, c[0])
			a.op(fsub, y, y, c[1])
		}))
}
