package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// element is what a separable loss sees of one class: l = log p, -Inf included, and the label t; p
// and u = 1-p, with p <= 1/2, are computed when asked for.
type element struct {
	l, t reg.VecVirtual
	p    func() reg.VecVirtual
	u    func(p reg.VecVirtual) reg.VecVirtual
}

// separable is a loss of the family. What prepare emits comes before the loop; the function it
// returns adds t φ(l) to sum and returns -φ'(l). It may overwrite what it is given, but not t.
type separable struct {
	name, doc string
	prepare   func(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) (h reg.VecVirtual)
}

// separables have kernels for rows with large exponentials and for tiles, all of which compute in
// float64. par points to their parameters.
var separables = []separable{
	{"poly", "φ = -l + a (1-p); par is a.", polyTerm},
	{"focal1", "φ = -(1-p)^a l; par is a and a polynomial of degree 1 as for focalN.", focalTerm(1)},
	{"focal7", "φ = -(1-p)^a l; par is a and a polynomial of degree 7 as for focalN.", focalTerm(7)},
	{"focalN",
		"φ = -(1-p)^a l; par is a, x, y and the coefficients, from that of the highest degree, of a polynomial in " +
			"x p + y that is (1-p)^(a-1), 24 of them.", focalTerm(powDegree)},
	{"focalPow", "φ = -(1-p)^a l; par is a.", focalPowTerm},
	{"gce", "φ = 1 - p^a, without the factor 1/a; par is a.", gceTerm},
	{"smooth", "φ = c + (1-p) V, φ' = -p W; par is c and the coefficients of V and W, " +
		"polynomials in 2p-1, from the highest degree on.", smoothTerm},
}

// parameter returns par[i] in all lanes.
func (g isa) parameter(par reg.GPVirtual, i int) reg.VecVirtual {
	v := g.vec()
	g.bcast(Mem{Base: par, Disp: g.floatSize() * i}, v)
	return v
}

// holdLane returns a number of the rows in a register, for AVX2 in memory.
func (g isa) holdLane(lanes reg.GPVirtual, name string) Op {
	m := g.lane(lanes, name)
	if !g.avx512 {
		return m
	}
	v := g.vec()
	g.load(m, v)
	return v
}

// polyTerm: -φ' = 1 + a p.
func polyTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	a, one := g.parameter(par, 0), g.hold(1)
	return func(x element, sum reg.VecVirtual) reg.VecVirtual {
		p := x.p()
		u := x.u(p)
		l := g.whereLabelled(x.l, x.t)
		g.msub(l, a, u)
		g.madd(x.t, u, sum)
		g.horner(one, a, p)
		return p
	}
}

// focalTerm: -φ' = w (u - a p l) with w = u^(a-1).
func focalTerm(degree int) func(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	return func(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
		low := g.hold(lowest64) // p is 0 below
		return func(e element, sum reg.VecVirtual) reg.VecVirtual {
			p := e.p()
			u, s := e.u(p), g.parameter(par, 2)
			g.madd(g.parameter(par, 1), p, s)
			w := g.parameter(par, 3)
			for i := range degree {
				g.hornerMemory(par, 4+i, s, w)
			}
			l, f := g.whereLabelled(e.l, e.t), g.vec()
			g.mul(u, w, f)
			g.mul(l, f, f)
			g.nmadd(e.t, f, sum)
			g.load(low, l)
			g.max(e.l, l, l)
			g.mul(g.parameter(par, 0), p, p)
			g.nmadd(p, l, u)
			g.mul(w, u, u)
			return u
		}
	}
}

// focalPowTerm is focalTerm for any exponent: w = exp((a-1) log u), of p <= 1/2.
func focalPowTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	low, c, shift := g.constant(lowest64), g.expConstsInMemory(), g.prepareShift(g.constant(0))
	shift.n = g.park(shift.n.(reg.VecVirtual))
	park := g.places(3)
	return func(e element, sum reg.VecVirtual) reg.VecVirtual {
		p := e.p()
		u, w, x := e.u(p), g.vec(), g.zeros(1)[0]
		keptP, keptL, keptU := park(0, p), park(1, e.l), park(2, u)
		g.log(u, x, w)
		g.load(g.constant(-1), x)
		g.add(g.parameter(par, 0), x, x)
		g.mul(x, w, w)
		g.max(low, w, x)
		g.expShifted(c, x, shift, w)
		l := g.vec()
		p, u = g.vec(), g.vec()
		g.load(keptP, p)
		g.load(keptU, u)
		g.load(keptL, l)
		x = g.whereLabelled(l, e.t)
		f := g.vec()
		g.mul(u, w, f)
		g.mul(x, f, f)
		g.nmadd(e.t, f, sum)
		g.max(low, l, l) // p is 0 below
		g.mul(g.parameter(par, 0), p, p)
		g.nmadd(p, l, u)
		g.mul(w, u, u)
		return u
	}
}

// gceTerm: 1 - w and w = p^a = s (1 + q), s = 2^n, q = expm1(r), so that neither cancels where a l
// is small.
func gceTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	return g.gceTermBy(par, g.hold)
}

func (g isa) gceTermBy(par reg.GPVirtual, hold func(x float64) Op) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	a, low := g.parameter(par, 0), hold(lowest64) // beyond, p^a is 0
	c := g.expConstsBy(hold)
	if g.narrow {
		c.q = g.shortExp(hold)
	}
	return func(x element, sum reg.VecVirtual) reg.VecVirtual {
		l, t, n, r := x.l, g.vec(), g.vec(), g.vec()
		g.mul(a, l, l)
		g.load(low, r)
		g.max(l, r, r)
		g.load(c.magic, t)
		g.madd(c.log2e, r, t)
		g.sub(c.magic, t, n)
		g.nmadd(c.ln2hi, n, r)
		g.nmadd(c.ln2lo, n, r)
		q, square := g.vec(), g.vec()
		g.load(c.q[0], q)
		for _, k := range c.q[1:] {
			g.horner(k, r, q)
		}
		g.mul(r, r, square)
		g.horner(r, square, q)
		g.powerOf2(n, t)
		w, v := g.vec(), g.vec()
		g.move(t, w)
		g.madd(q, t, w)
		g.load(c.one, v)
		g.sub(t, v, v)
		g.nmadd(q, t, v)
		g.madd(x.t, v, sum)
		return w
	}
}

// smoothTerm is for families that are polynomials in p, with digits enough.
func smoothTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	n := g.smoothCount()
	return func(x element, sum reg.VecVirtual) reg.VecVirtual {
		p := x.p()
		u, s := x.u(p), g.vec()
		g.sub(u, p, s)
		v, w := g.polynomials(par, 1, n, s)
		g.horner(g.parameter(par, 0), u, v)
		g.madd(x.t, v, sum)
		g.mul(p, w, w)
		return w
	}
}

// smoothAt emits what the maxima of a tile's rows need.
func (g isa) smoothAt() {
	g.text("smoothAt", "func(v, h, p, rest, par *A)",
		"stores φ in v and -φ' in h for a vector of p and rest = 1-p; par is that of smoothExact.")
	v, h, p, rest, par := g.param("v"), g.param("h"), g.param("p"), g.param("rest"), g.param("par")
	x, u, s := g.vec(), g.vec(), g.vec()
	g.load(Mem{Base: p}, x)
	g.load(Mem{Base: rest}, u)
	g.sub(u, x, s)
	y, w := g.polynomials(par, 1, g.smoothCount(), s)
	g.horner(g.parameter(par, 0), u, y)
	g.mul(x, w, w)
	g.store(y, Mem{Base: v})
	g.store(w, Mem{Base: h})
	g.ret()
}

// smoothCount is how many coefficients the polynomials of smoothTerm have.
func (g isa) smoothCount() int {
	if g.narrow {
		return smoothNarrow
	}
	return smoothWide
}

// polynomials emits two polynomials in s, of n coefficients each at par[i].
func (g isa) polynomials(par reg.GPVirtual, i, n int, s reg.VecVirtual) (v, w reg.VecVirtual) {
	v, w = g.parameter(par, i), g.parameter(par, i+n)
	for j := 1; j < n; j++ {
		g.hornerMemory(par, i+j, s, v)
		g.hornerMemory(par, i+n+j, s, w)
	}
	return v, w
}

// shortExp returns (exp(r)-1-r)/r² to 5e-10, for results that are rounded to float32.
func (g isa) shortExp(hold func(x float64) Op) (q []Op) {
	for _, x := range []float64{0.00019890990824673654, 0.001393364999630925, 0.0083333109254809008,
		0.041666464925285905, 0.16666666681623231, 0.50000000134658092} {
		q = append(q, hold(x))
	}
	return q
}

// whereLabelled returns l where t is not 0, and 0 elsewhere.
func (g isa) whereLabelled(l, t reg.VecVirtual) reg.VecVirtual {
	x := g.vec()
	g.keep(g.cmp(neqUQ, g.constant(0), t), l, x)
	return x
}

// exactTerms emits the kernel of a separable loss for a row with few large exponentials, for which
// those of float32 are not exact enough.
func (g isa) exactTerms(s separable) {
	g.text(s.name+"Exact", "func(h, z, t *T, n int, m, log A, par *A) (sum, mass A, bad uint32)",
		"stores h = -t φ'(l) with l = (z - m) - log and returns Σ t φ(l) and Σ h, for p = exp(l) <= "+
			"1/2,", s.doc, "bad is as expsDot's.")
	h, z, t, n, par := g.param("h"), g.param("z"), g.param("t"), g.param("n"), g.param("par")
	m, log := g.held("m"), g.held("log")
	c, shift := g.expConstsInMemory(), g.prepareShift(g.constant(0))
	body := s.prepare(g, par)
	g.terms(h, z, t, n, m, log, func(l, t, sum reg.VecVirtual, _ reg.GPVirtual, _ int, _ *mask) reg.VecVirtual {
		return body(element{l: l, t: t, p: func() reg.VecVirtual {
			x, p := g.vec(), g.vec()
			g.load(g.constant(g.lowest()), x)
			g.max(l, x, x)
			g.expShifted(c, x, shift, p)
			return p
		}, u: g.oneMinus}, sum)
	})
}

// terms emits the loop of a separable loss for a row: body is given l, the label, the sum of t
// φ(l), to which it adds, where the element stands, and returns -φ'(l).
func (g isa) terms(h, z, t, n reg.GPVirtual, m, log Op,
	body func(l, t, sum reg.VecVirtual, i reg.GPVirtual, v int, k *mask) reg.VecVirtual) {
	sum, mass, bad := g.folded(!g.f64), g.folded(!g.f64), g.noLanes()
	g.loop(n, 4, func(i reg.GPVirtual, v int, k *mask) {
		lab := g.get(t, i, v, k)
		g.orInto(g.invalid(lab), bad)
		l := g.get(z, i, v, k)
		g.sub(m, l, l)
		g.sub(log, l, l)
		out := body(l, lab, sum.inner[v%2], i, v, k)
		g.mul(lab, out, out)
		g.add(out, mass.inner[v%2], mass.inner[v%2])
		g.put(out, h, i, v, k)
		if v == 3 {
			g.fold(sum)
			g.fold(mass)
		}
	})
	g.sums(sum, mass, bad)
}

// sums ends a kernel of terms.
func (g isa) sums(sum, mass folded, bad mask) {
	doubleResult(g.foldedTotal(sum), "sum")
	doubleResult(g.foldedTotal(mass), "mass")
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

// The kernels for rows without large exponentials, p < 1/8, in the element type.

// oneMinus returns 1 - p.
func (g isa) oneMinus(p reg.VecVirtual) reg.VecVirtual {
	u := g.vec()
	g.load(g.constant(1), u)
	g.sub(p, u, u)
	return u
}

// tileTerms emits the kernel of a separable loss for a tile.
func (g isa) tileTerms(s separable) {
	g.text(s.name+"Tile", "func(h, e, z, t *A, k int, lanes, par *A) (bad uint32)",
		"takes e and lanes from tileStats, stores h = -t φ'(l) in h, 0 at the maximum, and in lanes Σ t φ(l) and Σ "+
			"h without", "the maximum, and its label.", s.doc,
		"bad has the bits of the rows with an invalid label.")
	h, e, z, t, k := g.param("h"), g.param("e"), g.param("z"), g.param("t"), g.param("k")
	lanes, par := g.param("lanes"), g.param("par")
	top, log, coef := g.holdLane(lanes, "Max"), g.holdLane(lanes, "Log"), g.holdLane(lanes, "Coef")
	acc := g.zeros(3)
	sum, mass, own := acc[0], acc[1], acc[2]
	bad := g.noLanes()
	body := s.prepare(g, par)
	g.columns(k, func(off reg.GPVirtual) {
		lab, l, other := g.vec(), g.vec(), g.vec()
		g.load(col(t, off), lab)
		g.load(col(z, off), l)
		g.orInto(g.invalid(lab), bad)
		g.keep(g.cmp(neqUQ, top, l), lab, other) // the labels of the others
		g.addWhere(g.cmp(eqOQ, top, l), lab, own)
		g.sub(top, l, l)
		g.sub(log, l, l)
		out := body(element{l: l, t: other, p: func() reg.VecVirtual {
			p := g.vec()
			g.load(col(e, off), p)
			g.mul(coef, p, p)
			return p
		}, u: g.oneMinus}, sum)
		g.mul(other, out, out)
		g.add(out, mass, mass)
		g.store(out, col(h, off))
	})
	g.store(sum, g.lane(lanes, "Loss"))
	g.store(mass, g.lane(lanes, "Mass"))
	g.store(own, g.lane(lanes, "Own"))
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

// tileCombine emits the gradient of a tile.
func (g isa) tileCombine() {
	g.text("tileCombine", "func(e, h, z, t *A, k int, lanes *A)",
		"stores scale (coef e - h) in e, at a maximum of p > 1/2 scale atTop, at several maxima scale (coef e + "+
			"slope t).")
	e, h, z, t, k, lanes := g.param("e"), g.param("h"), g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	numbers := make([]reg.VecVirtual, 6)
	for i, name := range []string{"Max", "Coef", "AtTop", "Scale", "Slope", "Top"} {
		numbers[i] = g.vec()
		g.load(g.lane(lanes, name), numbers[i])
	}
	top, coef, atTop, scale, slope := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
	half := g.vec()
	g.load(g.constant(0.5), half)
	sure := g.cmp(gtOQ, half, numbers[5])
	g.columns(k, func(off reg.GPVirtual) {
		y, tied := g.vec(), g.vec()
		g.mul(col(e, off), coef, y)
		g.mul(col(t, off), slope, tied)
		g.add(y, tied, tied)
		g.blend(sure, atTop, tied)
		g.sub(col(h, off), y, y)
		g.blend(g.cmp(eqOQ, col(z, off), top), tied, y)
		g.mul(scale, y, y)
		g.store(y, col(e, off))
	})
	g.ret()
}
