package main

import . "softloss/internal/_asm/neon"

// terms emits the terms of a separable loss: phi, whose constants are ready when it is called,
// returns what emits φ(l) in v and -t φ'(l) in h, for l = log p, where t > 0, and 0. It may
// overwrite l and p.
func (a *asm) terms(name, formula string, phi func() func(l, t, p []Vec) (v, h []Vec)) {
	doc := name + " stores h = -t φ'(l) of classes but the largest and returns Σ t φ, Σ h and the or of the bits\n" +
		"of t, with l = (z - m) - log and p = c e; " + formula + ", a = par[0]."
	params := "h *T, e *float64, z, t *T, n int, m, log, c float64, par *float64"
	a.wideKernel(name, params, "sum, mass float64, signs uint64", doc, func() {
		a.pointers("h", "R4", "e", "R0", "z", "R1", "t", "R3", "n", "R2", "par", "R7")
		m, log := a.Arg("m"), a.Arg("log")
		sum, mass, signs := a.Take(), a.Take(), a.Take()
		for _, v := range []Vec{sum, mass, signs} {
			a.Zero(v)
		}
		emit := phi()
		a.loop(unroll*2, func() {
			l, t, p := a.Row(unroll), a.Row(unroll), a.Row(unroll)
			a.wideLoad("R1", l)
			a.wideLoad("R3", t)
			each(func(i int) { a.Or(signs, signs, t[i]) })
			each(func(i int) { a.Op(Fsub, l[i], l[i], m) })
			each(func(i int) { a.Op(Fsub, l[i], l[i], log) })
			// Where t = 0 nothing counts, whatever l is.
			each(func(i int) { a.Zero(p[i]) })
			each(func(i int) { a.Op(Fcmgt, p[i], t[i], p[i]) })
			each(func(i int) { a.And(l[i], l[i], p[i]) })
			v, h := emit(l, t, p)
			each(func(i int) { a.Op(Fmla, sum, v[i], t[i]) })
			each(func(i int) { a.Op(Fadd, mass, mass, h[i]) })
			a.wideStore("R4", h)
			a.Release(l, t, p, v, h)
		})
		a.total("sum", sum)
		a.total("mass", mass)
		a.resultBits("signs", signs)
	})
}

// separable emits the kernels of the terms of a loss, and of φ alone.
func (a *asm) separable(name, formula string, phi func() func(l, t, p []Vec) (v, h []Vec)) {
	a.terms(name+"Terms", formula, phi)
	name += "Phi"
	params := "y *T, e *float64, z *T, n int, m, log, c float64, par *float64"
	a.wideKernel(name, params, "", name+" stores φ(l) in y, where l = (z - m) - log and p = c e; "+formula+",\n"+
		"a = par[0]; n is a positive multiple of the block.", func() {
		a.pointers("y", "R4", "e", "R0", "z", "R1", "n", "R2", "par", "R7")
		m, log := a.Arg("m"), a.Arg("log")
		emit := phi()
		a.loop(unroll*2, func() {
			l, t, p := a.Row(unroll), a.Row(unroll), a.Row(unroll)
			a.wideLoad("R1", l)
			each(func(i int) { a.Op(Fsub, l[i], l[i], m) })
			each(func(i int) { a.Op(Fsub, l[i], l[i], log) })
			each(func(i int) { a.Fill(t[i], 1) })
			v, h := emit(l, t, p)
			a.wideStore("R4", v)
			a.Release(l, t, p, v, h)
		})
	})
}

// par emits a register filled with parameter i.
func (a *asm) par(i int) Vec {
	v := a.Take()
	a.F("MOVD %d(R7), R9", 8*i)
	a.Dup(v)
	return v
}

// probabilities emits p = c e.
func (a *asm) probabilities(p []Vec, c Vec) {
	a.Load("R0", p...)
	each(func(i int) { a.Op(Fmul, p[i], p[i], c) })
}

// polyTerms is φ = -l + a (1-p), -φ' = 1 + a p.
func (a *asm) polyTerms() {
	a.separable("poly", "φ = -l + a (1-p)", func() func(l, t, p []Vec) (v, h []Vec) {
		par, one, c := a.par(0), a.Hold(1), a.Arg("c")
		return func(l, t, p []Vec) (v, h []Vec) {
			v, h = a.Row(unroll), a.Row(unroll)
			a.probabilities(p, c)
			each(func(i int) { a.Op(Fsub, v[i], one, p[i]) })
			each(func(i int) { a.Op(Fmul, v[i], v[i], par) })
			each(func(i int) { a.Op(Fsub, v[i], v[i], l[i]) })
			each(func(i int) { a.Move(h[i], t[i]) })
			each(func(i int) { a.Op(Fmul, p[i], p[i], par) })
			each(func(i int) { a.Op(Fmla, h[i], p[i], t[i]) })
			return v, h
		}
	})
}

// powers is the largest exponent of the focal loss with a kernel.
const powers = 8

// focalTerms is φ = -(1-p)^a l, -φ' = (1-p)^(a-1) ((1-p) - a p l).
func (a *asm) focalTerms() {
	a.separable("focal", "φ = -(1-p)^a l, (1-p)^(a-1) = Σ par[i] (1-p)^(i-1)", func() func(l, t, p []Vec) (v, h []Vec) {
		par, one, c := a.par(0), a.Hold(1), a.Arg("c")
		var coefs []Vec
		for i := range powers {
			coefs = append(coefs, a.par(1+i))
		}
		return func(l, t, p []Vec) (v, h []Vec) {
			q := a.Row(unroll)
			v, h = a.Row(unroll), a.Row(unroll)
			a.probabilities(p, c)
			each(func(i int) { a.Op(Fsub, q[i], one, p[i]) })
			w := func(int) Vec { return coefs[powers-1] }
			for n := powers - 2; n >= 0; n-- {
				dst, last := [][]Vec{v, h}[n%2], w
				each(func(i int) { a.Move(dst[i], coefs[n]) })
				each(func(i int) { a.Op(Fmla, dst[i], last(i), q[i]) })
				w = func(i int) Vec { return dst[i] }
			}
			// Now v, of the last turn, is (1-p)^(a-1).
			a.Drop(h...)
			return a.focalTurn(par, v, q, l, t, p)
		}
	})
}

// focalTurn emits the terms, given w = (1-p)^(a-1) and q = 1-p, for which it returns v and drops q.
func (a *asm) focalTurn(par Vec, w, q, l, t, p []Vec) (v, h []Vec) {
	v, h = w, a.Row(unroll)
	each(func(i int) { a.Op(Fmul, p[i], p[i], l[i]) })
	each(func(i int) { a.Op(Fmul, p[i], p[i], par) })
	each(func(i int) { a.Op(Fsub, h[i], q[i], p[i]) })
	each(func(i int) { a.Op(Fmul, h[i], h[i], v[i]) })
	each(func(i int) { a.Op(Fmul, h[i], h[i], t[i]) })
	each(func(i int) { a.Op(Fmul, q[i], q[i], v[i]) })
	each(func(i int) { a.Zero(v[i]) })
	each(func(i int) { a.Op(Fmls, v[i], q[i], l[i]) })
	a.Drop(q...)
	return v, h
}

// gceTerms is a φ = 1 - p^a, -φ' = p^a.
func (a *asm) gceTerms() {
	a.separable("gce", "φ = 1 - p^a, which is a times the loss's", func() func(l, t, p []Vec) (v, h []Vec) {
		c := a.expNumbers(a.Hold(-746), a.Hold(0x1.8p52+offset), a.Hold(1))
		return func(l, t, p []Vec) (v, h []Vec) {
			par := a.par(0) // there is no register to keep it in
			each(func(i int) { a.Op(Fmul, l[i], l[i], par) })
			a.Drop(par)
			a.Drop(p...)
			h = a.exp(c, l)
			each(func(i int) { a.Op(Fsub, l[i], c.one, h[i]) })
			each(func(i int) { a.Op(Fmul, h[i], h[i], t[i]) })
			return l, h
		}
	})
}

// rowPolynomials emits the registers of n polynomials behind a among the parameters.
func (a *asm) rowPolynomials(n int) (ps []polynomial) {
	terms, at := smoothNarrow, 1
	if a.elements64 {
		terms = smoothWide
	}
	for range n {
		p, next := a.parPolynomial(at, terms)
		ps, at = append(ps, p), next
	}
	return ps
}

// quarter emits p = c e, and p - 1/4 and its square in new registers.
func (a *asm) quarter(p []Vec, c Vec) (x, square []Vec) {
	x, square = a.Row(unroll), a.Row(unroll)
	a.probabilities(p, c)
	each(func(i int) { a.Fill(x[i], -0.25) })
	each(func(i int) { a.Op(Fadd, x[i], x[i], p[i]) })
	each(func(i int) { a.Op(Fmul, square[i], x[i], x[i]) })
	return x, square
}

const behindA = ", in p-1/4, behind a in par"

// smoothTerms is a φ that is a polynomial in p, φ' = -p W.
func (a *asm) smoothTerms() {
	a.separable("smooth", "φ = V, φ' = -p W with polynomials V and W"+behindA, func() func(l, t, p []Vec) (v, h []Vec) {
		c, ps := a.Arg("c"), a.rowPolynomials(2)
		return func(l, t, p []Vec) (v, h []Vec) {
			a.Drop(l...)
			x, square := a.quarter(p, c)
			v = a.value(ps[0], x, square)
			h = a.value(ps[1], x, square)
			a.Release(x, square)
			each(func(i int) { a.Op(Fmul, h[i], h[i], p[i]) })
			each(func(i int) { a.Op(Fmul, h[i], h[i], t[i]) })
			return v, h
		}
	})
}

// powerTerms is focalTerms for any a.
func (a *asm) powerTerms() {
	a.separable("power", "φ = -(1-p)^a l, (1-p)^(a-1) = W with a polynomial W"+behindA,
		func() func(l, t, p []Vec) (v, h []Vec) {
			par, one, c, ps := a.par(0), a.Hold(1), a.Arg("c"), a.rowPolynomials(1)
			return func(l, t, p []Vec) (v, h []Vec) {
				x, square := a.quarter(p, c)
				w := a.value(ps[0], x, square)
				q := x
				each(func(i int) { a.Op(Fsub, q[i], one, p[i]) })
				a.Drop(square...)
				return a.focalTurn(par, w, q, l, t, p)
			}
		})
}

// gradient emits what follows the terms: f (e b - h).
func (a *asm) gradient() {
	a.wideKernel("separableGrad", "h *T, e *float64, n int, b, f float64", "",
		"separableGrad stores f (b e - h) in h.", func() {
			a.pointers("h", "R0", "h", "R4", "e", "R1", "n", "R2")
			b, f := a.Arg("b"), a.Arg("f")
			e, h := a.Row(unroll), a.Row(unroll)
			a.loop(unroll*2, func() {
				a.Load("R1", e...)
				a.wideLoad("R0", h)
				each(func(i int) { a.Op(Fmul, e[i], e[i], b) })
				each(func(i int) { a.Op(Fsub, e[i], e[i], h[i]) })
				each(func(i int) { a.Op(Fmul, e[i], e[i], f) })
				a.wideStore("R4", e)
			})
		})
}
