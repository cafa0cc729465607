package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of separable losses for classes without large exponentials, p < 1/8, in the element
// type.

// small is what smallTerms gives of an element: the number, the label, the sum of t φ(l), which
// is added to, where it stands, and what takes φ(l).
type small struct {
	x, t, sum reg.VecVirtual
	i         reg.GPVirtual
	v         int
	k         *mask
	keep      func(value func() reg.VecVirtual)
}

// smallTerms emits the loop of a kernel over the numbers x of a row, those of which are larger than
// the parameter limit count as if their labels were 0: body returns -φ'(l) of one of them. It
// prefetches t.
func (g isa) smallTerms(x, h, t, n reg.GPVirtual, body func(s small) exactly) {
	sums, limit, ahead, phi := g.termSums(), g.held("limit"), g.param("ahead"), g.param("phi")
	ADDQ(t, ahead)
	g.fours(n, func(i reg.GPVirtual, v int, k *mask) {
		g.prefetch(ahead, i, v)
		lab, x := sums.label(g, t, i, v, k), g.get(x, i, v, k)
		g.drop(g.cmp(gtOQ, limit, x), lab)
		out := body(small{x, lab, sums.sum.inner[v%2], i, v, k, func(value func() reg.VecVirtual) {
			where(phi, func() { g.put(value(), phi, i, v, k) })
		}})
		g.put(g.addProduct(lab, out, sums.mass, v), h, i, v, k)
	}, func() { sums.fold(g) })
	g.sums(sums)
}

// polyTerms: φ = a (1-p) - l, -φ' = 1 + a p.
func (g isa) polyTerms() {
	g.text("polyTerms",
		"func(h, phi, e, z, t *T, n int, limit, m, log, c A, par *A, ahead int) (sum, mass float64, bad uint32)",
		"is polyExact, with phi, for p = c e < 1/8, as if the labels of e > limit were 0; par is a.",
		"bad is as expsDot's. It prefetches t ahead bytes in advance.")
	h, e, z, t, n, par := g.param("h"), g.param("e"), g.param("z"), g.param("t"), g.param("n"), g.param("par")
	m, log, ac := g.held("m"), g.held("log"), g.broadcast("c")
	a, one := g.parameter(par, 0), g.hold(1)
	g.mul(a, ac, ac)
	g.smallTerms(e, h, t, n, func(s small) exactly {
		l, phi := g.logP(m, log, z, s.i, s.v, s.k), g.vec()
		g.move(a, phi)
		g.nmadd(ac, s.x, phi)
		g.sub(l, phi, phi)
		s.keep(same(phi))
		g.madd(s.t, g.whereLabelled(phi, s.t), s.sum)
		return g.plusProduct(one, ac, s.x)
	})
}

// focalTerms: with (1-p)^(a-1) = 1 - p V and W = 1 + (1-p) V,
//
//	φ = -(1 - p W) l,   -φ' = 1 - p (W + a (1 - p V) l),
//
// where what is rounded most is multiplied by p.
func (g isa) focalTerms() {
	g.text("focalTerms",
		"func(h, phi, e, z, t *T, n int, limit, m, log, c A, par *A, ahead int) (sum, mass float64, bad uint32)",
		"is focalNExact, with phi, for p = c e < 1/8, as if the labels of e > limit were 0; par is a and the coefficients, "+
			"from the highest degree on, of a polynomial in p",
		"that is (1 - (1-p)^(a-1))/p: 17, or 8 for float32. bad is as expsDot's. It "+
			"prefetches t ahead bytes in advance.")
	h, e, z, t, n, par := g.param("h"), g.param("e"), g.param("z"), g.param("t"), g.param("n"), g.param("par")
	m, log, c := g.held("m"), g.held("log"), g.held("c")
	degree := focalDegree32
	if g.f64 {
		degree = focalDegree64
	}
	low, one := g.hold(g.lowest()), g.hold(1)
	g.smallTerms(e, h, t, n, func(s small) exactly {
		p, l, u, w := s.x, g.logP(m, log, z, s.i, s.v, s.k), g.vec(), g.vec()
		g.mul(c, p, p)
		v := g.parameter(par, 1)
		for i := range degree {
			g.hornerMemory(par, 2+i, p, v)
		}
		g.load(one, u)
		g.sub(p, u, u)
		g.load(one, w)
		g.madd(v, u, w) // W
		x := g.vec()
		g.load(one, x)
		g.nmadd(p, w, x)
		g.mul(l, x, x)
		s.keep(func() reg.VecVirtual { return g.minus(x) })
		g.nmadd(s.t, g.whereLabelled(x, s.t), s.sum)
		g.load(low, u)
		g.max(l, u, u)    // p is 0 below
		g.rsub(one, p, v) // 1 - p V
		g.mul(g.parameter(par, 0), u, u)
		g.madd(v, u, w)
		return g.lessProduct(one, p, w)
	})
}

// smoothTerms: φ = V, -φ' = p W. The e of h is that of the gradient's p: its rounding then is one
// of the gradient, not of the two that it is the difference of.
func (g isa) smoothTerms(name string, count32, count64 int) {
	g.text(name, "func(h, phi, e, t *T, n int, limit, c A, par *A, ahead int) (sum, mass float64, bad uint32)",
		"stores h = t e W and returns Σ t φ(l) and Σ h for c e <= 2, with phi as in baseExact, as if the labels of e > "+
			"limit were 0; par is the coefficients of two polynomials",
		"V and W in c e - 1, from the highest degree on, with φ = V and φ' = -e W.",
		"bad is as expsDot's. It prefetches t ahead bytes in advance.")
	h, e, t, n, par := g.param("h"), g.param("e"), g.param("t"), g.param("n"), g.param("par")
	c := g.broadcast("c")
	count, one := count32, g.hold(1)
	if g.f64 {
		count = count64
	}
	g.smallTerms(e, h, t, n, func(s small) exactly {
		x := g.vec()
		g.load(one, x)
		g.msub2(c, s.x, x)
		v, w := g.polynomialsApart(par, 0, count, count-1, x)
		g.hornerMemory(par, count-1, x, v)
		s.keep(same(v))
		g.madd(s.t, v, s.sum)
		return g.times(s.x, g.plusProduct(one, x, w))
	})
}

// hornerMemory is v = v x + par[i].
func (g isa) hornerMemory(par reg.GPVirtual, i int, x, v reg.VecVirtual) {
	if g.avx512 {
		g.pick(VFMADD213PS_BCST, VFMADD213PD_BCST, Mem{Base: par, Disp: g.floatSize() * i}, x, v)
		return
	}
	g.horner(g.parameter(par, i), x, v)
}

// powTerms: φ = (1 - p^a)/a, -φ' = w = p^a = exp(a z - top), whose argument is reduced before it is
// rounded, which would cost |a l|/2 ulps: top is shift ln 2 + rem, and a is the sum of a and aLow.
// With w = s (1 + q), s = 2^n and q = expm1(r), 1 - w does not cancel either.
func (g isa) powTerms() {
	g.text("powTerms",
		"func(h, phi, z, t *T, n int, limit, a, aLow, low, shift, rem A, ahead int) (sum, mass float64, bad uint32)",
		"stores h = t w with w = 2^-shift exp((a + aLow) max(z, low) - rem), and returns Σ t (1 - w) and Σ "+
			"h, as if the labels of z > limit were 0, with phi as in gceExact.",
		"bad is as expsDot's. It prefetches t ahead bytes in advance. For w < (1/8)^a.")
	h, z, t, n := g.param("h"), g.param("z"), g.param("t"), g.param("n")
	a, aLow, shift, rem, low := g.held("a"), g.held("aLow"), g.held("shift"), g.held("rem"), g.broadcast("low")
	power := powerConsts{g.expConsts(), a, aLow, shift, rem}
	g.smallTerms(z, h, t, n, func(e small) exactly {
		g.max(e.x, low, e.x)
		s, q := g.powerParts(power, e.x)
		u := g.vec()
		g.load(power.exp.one, u)
		g.sub(s, u, u)
		g.nmadd(q, s, u)
		e.keep(same(u))
		g.madd(e.t, u, e.sum)
		return g.plusProduct(s, q, s)
	})
}

// powerConsts are those of 2^-shift exp((a + aLow) x - rem); a is 1 where it is nil.
type powerConsts struct {
	exp                 expConsts
	a, aLow, shift, rem Op
}

// powerParts emits s and q with s (1 + q) = 2^-shift exp((a + aLow) x - rem), s a power of 2 and
// |q| < 1/2.
func (g isa) powerParts(c powerConsts, x reg.VecVirtual) (s, q reg.VecVirtual) {
	hi, lo := 6.93147180369123816490e-01, 1.90821492927058770002e-10 // n hi is exact
	if !g.f64 {
		hi, lo = 0.693359375, -2.12194440e-4
	}
	ax, n, r, square := g.vec(), g.vec(), g.vec(), g.vec()
	s, q = g.vec(), g.vec()
	if c.a == nil {
		g.sub(c.rem, x, ax)
	} else {
		g.load(c.rem, ax)
		g.msub2(c.a, x, ax)
	}
	g.load(c.exp.magic, s)
	g.madd(c.exp.log2e, ax, s)
	g.sub(c.exp.magic, s, n)
	g.load(c.rem, q) // what is small, first
	g.madd(g.constant(lo), n, q)
	if c.a == nil {
		g.move(x, r)
		g.nmadd(g.constant(hi), n, r)
	} else {
		g.mul(g.constant(-hi), n, r)
		g.madd(c.a, x, r)
		g.nmadd(c.aLow, x, q)
	}
	g.sub(q, r, r)
	g.load(c.exp.q[0], q)
	for _, y := range c.exp.q[1:] {
		g.horner(y, r, q)
	}
	g.mul(r, r, square)
	g.horner(r, square, q) // expm1(r)
	g.sub(c.shift, n, n)
	g.powerOf2(n, s)
	return s, q
}

// powerOf2 stores 2^n in s, for integers n, also where it is denormal.
func (g isa) powerOf2(n, s reg.VecVirtual) {
	if g.avx512 {
		g.load(g.constant(1), s)
		g.pick(VSCALEFPS, VSCALEFPD, n, s, s)
		return
	}
	if g.f64 {
		g.add(g.constant(g.magicNumber()+1023+g.offset()), n, s)
		VPSLLQ(Imm(52), s, s)
	} else {
		g.add(g.constant(g.magicNumber()+127+g.offset()), n, s)
		VPSLLD(Imm(23), s, s)
	}
	g.mul(g.constant(math.Exp2(-g.offset())), s, s)
}
