package main

// terms emits the terms of a separable loss: phi, whose constants are ready when it is called,
// returns what emits φ(l) in v and -t φ'(l) in h, for l = log p, where t > 0, and 0. It may
// overwrite l and p.
func (a *asm) terms(name, formula string, phi func() func(l, t, p []vec) (v, h []vec)) {
	doc := name + " stores h = -t φ'(l) of classes but the largest and returns Σ t φ, Σ h and the or of the bits\n" +
		"of t, with l = (z - m) - log and p = c e; " + formula + ", a = par[0]."
	params := "h *T, e *float64, z, t *T, n int, m, log, c float64, par *float64"
	a.wideKernel(name, params, "sum, mass float64, signs uint64", doc, func() {
		a.pointer("h", "R4")
		a.pointer("e", "R0")
		a.pointer("z", "R1")
		a.pointer("t", "R3")
		a.pointer("n", "R2")
		a.pointer("par", "R7")
		m, log := a.arg("m"), a.arg("log")
		sum, mass, signs := a.take(), a.take(), a.take()
		for _, v := range []vec{sum, mass, signs} {
			a.zero(v)
		}
		emit := phi()
		a.loop(unroll*2, func() {
			l, t, p := a.row(unroll), a.row(unroll), a.row(unroll)
			a.wideLoad("R1", l)
			a.wideLoad("R3", t)
			each(func(i int) { a.or(signs, signs, t[i]) })
			each(func(i int) { a.op(fsub, l[i], l[i], m) })
			each(func(i int) { a.op(fsub, l[i], l[i], log) })
			// Where t = 0 nothing counts, whatever l is.
			each(func(i int) { a.zero(p[i]) })
			each(func(i int) { a.op(fcmgt, p[i], t[i], p[i]) })
			each(func(i int) { a.and(l[i], l[i], p[i]) })
			v, h := emit(l, t, p)
			each(func(i int) { a.op(fmla, sum, v[i], t[i]) })
			each(func(i int) { a.op(fadd, mass, mass, h[i]) })
			a.wideStore("R4", h)
			a.free = a.free | a.mask(l, t, p, v, h)
		})
		a.total("sum", sum)
		a.total("mass", mass)
		a.bits(signs, "R5")
		a.f("MOVD R5, signs+%d(FP)", a.offset("signs"))
	})
}

// mask has the bits of registers.
func (a *asm) mask(rows ...[]vec) (m uint32) {
	for _, r := range rows {
		for _, v := range r {
			m |= 1 << v
		}
	}
	return m
}

// par emits a register filled with parameter i.
func (a *asm) par(i int) vec {
	v := a.take()
	a.f("MOVD %d(R7), R9", 8*i)
	a.dup(v)
	return v
}

// probabilities emits p = c e.
func (a *asm) probabilities(p []vec, c vec) {
	a.load("R0", p...)
	each(func(i int) { a.op(fmul, p[i], p[i], c) })
}

// polyTerms is φ = -l + a (1-p), -φ' = 1 + a p.
func (a *asm) polyTerms() {
	a.terms("polyTerms", "φ = -l + a (1-p)", func() func(l, t, p []vec) (v, h []vec) {
		par, one, c := a.par(0), a.hold(1), a.arg("c")
		return func(l, t, p []vec) (v, h []vec) {
			v, h = a.row(unroll), a.row(unroll)
			a.probabilities(p, c)
			each(func(i int) { a.op(fsub, v[i], one, p[i]) })
			each(func(i int) { a.op(fmul, v[i], v[i], par) })
			each(func(i int) { a.op(fsub, v[i], v[i], l[i]) })
			each(func(i int) { a.move(h[i], t[i]) })
			each(func(i int) { a.op(fmul, p[i], p[i], par) })
			each(func(i int) { a.op(fmla, h[i], p[i], t[i]) })
			return v, h
		}
	})
}

// powers is the largest exponent of the focal loss with a kernel.
const powers = 8

// focalTerms is φ = -(1-p)^a l, -φ' = (1-p)^(a-1) ((1-p) - a p l).
func (a *asm) focalTerms() {
	a.terms("focalTerms", "φ = -(1-p)^a l, (1-p)^(a-1) = Σ par[i] (1-p)^(i-1)", func() func(l, t, p []vec) (v, h []vec) {
		par, one, c := a.par(0), a.hold(1), a.arg("c")
		var coefs []vec
		for i := range powers {
			coefs = append(coefs, a.par(1+i))
		}
		return func(l, t, p []vec) (v, h []vec) {
			q := a.row(unroll)
			v, h = a.row(unroll), a.row(unroll)
			a.probabilities(p, c)
			each(func(i int) { a.op(fsub, q[i], one, p[i]) })
			w := func(int) vec { return coefs[powers-1] }
			for n := powers - 2; n >= 0; n-- {
				dst, last := [][]vec{v, h}[n%2], w
				each(func(i int) { a.move(dst[i], coefs[n]) })
				each(func(i int) { a.op(fmla, dst[i], last(i), q[i]) })
				w = func(i int) vec { return dst[i] }
			}
			// Now v, of the last turn, is (1-p)^(a-1).
			each(func(i int) { a.op(fmul, p[i], p[i], l[i]) })
			each(func(i int) { a.op(fmul, p[i], p[i], par) })
			each(func(i int) { a.op(fsub, h[i], q[i], p[i]) })
			each(func(i int) { a.op(fmul, h[i], h[i], v[i]) })
			each(func(i int) { a.op(fmul, h[i], h[i], t[i]) })
			each(func(i int) { a.op(fmul, q[i], q[i], v[i]) })
			each(func(i int) { a.zero(v[i]) })
			each(func(i int) { a.op(fmls, v[i], q[i], l[i]) })
			a.drop(q...)
			return v, h
		}
	})
}

// gceTerms is a φ = 1 - p^a, -φ' = p^a.
func (a *asm) gceTerms() {
	a.terms("gceTerms", "φ = 1 - p^a, which is a times the loss's", func() func(l, t, p []vec) (v, h []vec) {
		c := a.expNumbers(expConsts{least: a.hold(-746), magic: a.hold(0x1.8p52 + offset), denormal: true})
		return func(l, t, p []vec) (v, h []vec) {
			par := a.par(0) // there is no register to keep it in
			each(func(i int) { a.op(fmul, l[i], l[i], par) })
			a.drop(par)
			a.drop(p...)
			h = a.exp(c, l)
			each(func(i int) { a.op(fsub, l[i], c.one, h[i]) })
			each(func(i int) { a.op(fmul, h[i], h[i], t[i]) })
			return l, h
		}
	})
}

// gradient emits what follows the terms: f (e b - h).
func (a *asm) gradient() {
	a.wideKernel("separableGrad", "h *T, e *float64, n int, b, f float64", "",
		"separableGrad stores f (b e - h) in h.", func() {
			a.pointer("h", "R0")
			a.pointer("h", "R4")
			a.pointer("e", "R1")
			a.pointer("n", "R2")
			b, f := a.arg("b"), a.arg("f")
			e, h := a.row(unroll), a.row(unroll)
			a.loop(unroll*2, func() {
				a.load("R1", e...)
				a.wideLoad("R0", h)
				each(func(i int) { a.op(fmul, e[i], e[i], b) })
				each(func(i int) { a.op(fsub, e[i], e[i], h[i]) })
				each(func(i int) { a.op(fmul, e[i], e[i], f) })
				a.wideStore("R4", e)
			})
		})
}
