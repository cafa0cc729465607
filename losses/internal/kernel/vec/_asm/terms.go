package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// element is what a separable loss sees of one class: the label t; l = log p, -Inf included, p and
// u = 1-p are computed when asked for. phi, unless it is nil, takes what emits φ(l).
type element struct {
	t    reg.VecVirtual
	l, p func() reg.VecVirtual
	u    func(p reg.VecVirtual) reg.VecVirtual
	phi  func(value func() reg.VecVirtual)
}

// keep gives φ(l) to phi.
func (e element) keep(value func() reg.VecVirtual) {
	if e.phi != nil {
		e.phi(value)
	}
}

// keepPhi returns what stores φ of an element where p is not nil: nothing without a p.
func (g isa) keepPhi(p reg.GPVirtual, store func(v reg.VecVirtual)) func(value func() reg.VecVirtual) {
	if p == nil {
		return func(func() reg.VecVirtual) {}
	}
	return func(value func() reg.VecVirtual) { where(p, func() { store(value()) }) }
}

// same returns what emits v.
func same(v reg.VecVirtual) func() reg.VecVirtual { return func() reg.VecVirtual { return v } }

// separable is a loss of the family. What prepare emits comes before the loop; the function it
// returns adds t φ(l) to sum and returns -φ'(l). It may overwrite what it is given, but not t.
type separable struct {
	name, doc string
	prepare   termsOf // for p <= 1/2
	at        termsOf // for p of any size, where that needs another way
}

type termsOf func(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) (h reg.VecVirtual)

// anywhere is prepare for p of any size.
func (s separable) anywhere(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) (h reg.VecVirtual) {
	if s.at != nil {
		return s.at(g, par)
	}
	return s.prepare(g, par)
}

// separables have kernels for rows with large exponentials and for tiles, all of which compute in
// float64. par points to their parameters.
var separables = []separable{
	{"poly", "φ = -l + a (1-p); par is a.", polyTerm, polyAt},
	{"focal1", "φ = -(1-p)^a l; par is a and a polynomial of degree 1 as for focalN, of 1-p.", focalTerm(1), nil},
	{"focal7", "φ = -(1-p)^a l; par is a and a polynomial of degree 7 as for focalN, of 1-p.", focalTerm(7), nil},
	{"focalN",
		"φ = -(1-p)^a l; par is a, x, y and the coefficients, from that of the highest degree, of a polynomial in " +
			"x p + y that is (1-p)^(a-1), 24 of them, or 13 for float32.", focalTerm(powDegree), focalAt},
	{"focalPow", "φ = -(1-p)^a l; par is that of focalN for a root of (1-p)^(a-1), and how often that is squared.",
		focalPowTerm, focalAt},
	{"gce", "φ = 1 - p^a, without the factor 1/a; par is a.", gceTerm, nil},
	{"base", "φ = 1 - w, φ' = -c p w/x, w = x^a, x = b (d + e p), without the factor of φ; par is a, d, e, b and c.",
		baseTerm, baseAt},
	{"ael", "φ = exp(-a p); par is a.", aelTerm, nil},
	{"smooth", "φ = c + (1-p) V, φ' = -p W; par is c and the coefficients of V and W, " +
		"polynomials in 2p-1, from the highest degree on.", smoothTerm, nil},
	{likeSmooth, linkedDoc + "smooth.", linkedTerm, behind(smoothTerm, 0)},
	{nearPole, "φ = c + d x w, φ' = -p w, w = 2^(k r) m^r, x = 2^k m = a + b p, r an exponent, for p <= 1/2; par is " +
		"a, b, c, d, m^r at m = 3/2, the coefficients of what that lacks elsewhere over s = 2m-3, a polynomial in s, from " +
		"the highest degree on, 2^(k r) by the lowest bits of k + 1023, and for other p behind them that of base.", powerTerm,
		behind(baseAt, 8)},
	{likeBase, linkedDoc + "base.", linkedTerm, behind(baseAt, 0)},
}

const (
	likeSmooth, likeBase, nearPole = "linked", "linkedBase", "linkedPower"

	linkedDoc = "φ = c + d s + (e + f s) y, φ' = -p (g + y), s = 4p-1, for p <= 1/2; par is c, d, e, f, g and the " +
		"coefficients of y/s, a polynomial in s, from the highest degree on, and for other p behind them that of "
)

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
		g.msub(x.l(), a, u)
		x.keep(same(u))
		g.madd(x.t, g.whereLabelled(u, x.t), sum)
		g.horner(one, a, p)
		return p
	}
}

// focalTerm: -φ' = w (u - a p l) with w = u^(a-1).
func focalTerm(degree int) termsOf {
	return func(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
		return g.focalTermBy(par, degree, func(reg.VecVirtual) {})
	}
}

// focalPowTerm is focalTerm for large exponents. Squaring doubles the relative error, as the
// rounding of 1-p does that w is a power of.
func focalPowTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	times := GP64()
	CVTTSD2SQ(Mem{Base: par, Disp: g.floatSize() * (4 + powDegree)}, times)
	return g.focalTermBy(par, powDegree, func(w reg.VecVirtual) {
		left, again := GP64(), label("square")
		MOVQ(times, left)
		Label(again)
		g.mul(w, w, w)
		DECQ(left)
		JNE(LabelRef(again))
	})
}

func (g isa) focalTermBy(par reg.GPVirtual, degree int, raise func(w reg.VecVirtual)) func(
	x element, sum reg.VecVirtual) reg.VecVirtual {
	low := g.hold(lowest64) // p is 0 below
	return func(e element, sum reg.VecVirtual) reg.VecVirtual {
		p := e.p()
		u, s := e.u(p), g.vec()
		if degree < powDegree {
			g.move(u, s)
		} else {
			g.load(g.parameter(par, 2), s)
			g.madd(g.parameter(par, 1), p, s)
		}
		degree := degree
		if degree == powDegree && g.rounded() {
			degree = powShort
		}
		w := g.polynomialOfTwo(par, 3, degree+1, s)
		raise(w)
		log, l, f := e.l(), g.vec(), g.vec()
		g.mul(u, w, f)
		g.mul(log, f, f)
		e.keep(func() reg.VecVirtual { return g.minus(f) })
		g.nmadd(e.t, g.whereLabelled(f, e.t), sum)
		g.load(low, l)
		g.max(log, l, l)
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
	a, power := g.parameter(par, 0), g.powersBy(hold)
	return func(x element, sum reg.VecVirtual) reg.VecVirtual {
		l := x.l()
		g.mul(a, l, l)
		s, q := power(l)
		g.lessPower(s, q, x, sum)
		w := g.vec()
		g.move(s, w)
		g.madd(q, s, w)
		return w
	}
}

// lessPower is for φ = 1 - w, w = s (1 + q).
func (g isa) lessPower(s, q reg.VecVirtual, e element, sum reg.VecVirtual) {
	v := g.vec()
	g.load(g.constant(1), v)
	g.sub(s, v, v)
	g.nmadd(q, s, v)
	e.keep(same(v))
	g.madd(e.t, v, sum)
}

// powersBy returns what emits s and q with exp(x) = s (1 + q), s a power of 2.
func (g isa) powersBy(hold func(x float64) Op) func(x reg.VecVirtual) (s, q reg.VecVirtual) {
	low := hold(lowest64) // below, exp(x) is 0
	c := g.expConstsBy(hold)
	if g.narrow {
		c.q = nil
		for _, x := range shortExp {
			c.q = append(c.q, hold(x))
		}
	}
	return func(x reg.VecVirtual) (s, q reg.VecVirtual) {
		t, n, r := g.vec(), g.vec(), g.vec()
		g.load(low, r)
		g.max(x, r, r)
		g.load(c.magic, t)
		g.madd(c.log2e, r, t)
		g.sub(c.magic, t, n)
		g.nmadd(c.ln2hi, n, r)
		g.nmadd(c.ln2lo, n, r)
		q = g.vec()
		square := g.vec()
		g.load(c.q[0], q)
		for _, k := range c.q[1:] {
			g.horner(k, r, q)
		}
		g.mul(r, r, square)
		g.horner(r, square, q)
		g.powerOf2(n, t)
		return t, q
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
		x.keep(same(v))
		g.madd(x.t, v, sum)
		g.mul(p, w, w)
		return w
	}
}

// smoothCount is how many coefficients the polynomials of smoothTerm have.
func (g isa) smoothCount() int {
	if g.rounded() {
		return smoothNarrow
	}
	return smoothWide
}

// linkedTerm is for families whose φ is linear in φ'/p: one polynomial does for both.
func linkedTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	one, four := g.hold(1), g.hold(4)
	return func(x element, sum reg.VecVirtual) reg.VecVirtual {
		p, s := x.p(), g.vec()
		g.load(one, s)
		g.msub2(four, p, s)
		y := g.linkedPart(par, s)
		v, f := g.parameter(par, 1), g.parameter(par, 3)
		g.hornerMemory(par, 0, s, v)
		g.hornerMemory(par, 2, s, f)
		g.madd(f, y, v)
		x.keep(same(v))
		g.madd(x.t, v, sum)
		g.add(g.parameter(par, 4), y, y)
		g.mul(p, y, y)
		return y
	}
}

// linkedPart emits the product of s and the polynomial.
func (g isa) linkedPart(par reg.GPVirtual, s reg.VecVirtual) (y reg.VecVirtual) {
	y = g.polynomialOfTwo(par, linkedPars, g.linkedCount(), s)
	g.mul(s, y, y)
	return y
}

// powerTerm is linkedTerm beside the pole of a power, of which it is a polynomial in the mantissa.
func powerTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	two, three := g.hold(2), g.hold(3)
	return func(e element, sum reg.VecVirtual) reg.VecVirtual {
		p, x, m, s := e.p(), g.parameter(par, 0), g.vec(), g.vec()
		g.madd(g.parameter(par, 1), p, x)
		g.load(g.bitsOf(1<<mantissa-1), m)
		g.and(x, m, m)
		g.or(g.bitsOf(math.Float64bits(1)), m, m)
		g.load(three, s)
		g.msub2(two, m, s)
		y := g.linkedPart(par, s)
		g.add(g.parameter(par, 4), y, y)
		g.mul(g.eightAt(par, linkedPars+g.linkedCount(), x), y, y)
		g.mul(g.parameter(par, 3), x, x)
		g.hornerMemory(par, 2, y, x)
		e.keep(same(x))
		g.madd(e.t, x, sum)
		g.mul(p, y, y)
		return y
	}
}

// mantissa is how many bits of a float64 are behind its exponent.
const mantissa = 52

// eightAt emits the numbers at par[i] by the lowest bits of the exponents of x.
func (g isa) eightAt(par reg.GPVirtual, i int, x reg.VecVirtual) (v reg.VecVirtual) {
	at, v := Mem{Base: par, Disp: g.floatSize() * i}, g.vec()
	places, beyond, high := g.vec(), g.vec(), g.vec()
	if g.avx512 {
		VPSRLQ(Imm(mantissa), x, places)
		VPERMPD(at, places, v)
		emitted()
		return v
	}
	VPSRLQ(Imm(mantissa-1), x, places) // of the halves of numbers, twice the bits and 0 or 1
	VPSHUFD(Imm(0xa0), places, places)
	g.and(g.bitsOf(0xfffffffe_fffffffe), places, places)
	g.or(g.bitsOf(1<<32), places, places)
	VPERMPS(at, places, v)
	VPERMPS(at.Offset(g.column()), places, high)
	VPSLLQ(Imm(63-mantissa-2), x, beyond)
	g.blend(mask{op: beyond}, high, v)
	return v
}

// numbersAt emits the numbers of float64 behind at by their index.
func (g isa) numbersAt(at Mem, index reg.VecVirtual) (v reg.VecVirtual) {
	v = g.zeros(1)[0]
	all := g.allLanes().op
	at.Index, at.Scale = index, 8
	if g.avx512 {
		VGATHERQPD(at, all, v)
	} else {
		VGATHERQPD(all, at, v)
	}
	return v
}

// behind is at with what stands behind the parameters of linkedTerm and more.
func behind(at termsOf, more int) termsOf {
	return func(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
		behind := GP64()
		LEAQ(Mem{Base: par, Disp: g.floatSize() * (linkedPars + g.linkedCount() + more)}, behind)
		return at(g, behind)
	}
}

// linkedPars is how many numbers linkedTerm takes beside the coefficients.
const linkedPars = 5

// linkedCount is how many coefficients these are.
func (g isa) linkedCount() int {
	if g.rounded() {
		return linkedNarrow
	}
	return linkedWide
}

// polynomials emits two polynomials in s, of n coefficients each at par[i].
func (g isa) polynomials(par reg.GPVirtual, i, n int, s reg.VecVirtual) (v, w reg.VecVirtual) {
	return g.polynomialsApart(par, i, n, n, s)
}

// polynomialsApart is polynomials with coefficients at par[i] and apart from there.
func (g isa) polynomialsApart(par reg.GPVirtual, i, apart, n int, s reg.VecVirtual) (v, w reg.VecVirtual) {
	v, w = g.parameter(par, i), g.parameter(par, i+apart)
	for j := 1; j < n; j++ {
		g.hornerMemory(par, i+j, s, v)
		g.hornerMemory(par, i+apart+j, s, w)
	}
	return v, w
}

// shortExp are the coefficients of (exp(r)-1-r)/r² to 5e-10, for results that are rounded to
// float32.
var shortExp = []float64{0.00019890990824673654, 0.001393364999630925, 0.0083333109254809008, 0.041666464925285905,
	0.16666666681623231, 0.50000000134658092}

// whereLabelled returns l where t is not 0, and 0 elsewhere.
func (g isa) whereLabelled(l, t reg.VecVirtual) reg.VecVirtual {
	x := g.vec()
	g.keep(g.cmp(neqUQ, g.constant(0), t), l, x)
	return x
}

// subLabelled takes t x from sum where t is not 0.
func (g isa) subLabelled(x, t, sum reg.VecVirtual) {
	if g.avx512 {
		g.pick(VFNMADD231PS, VFNMADD231PD, x, t, g.cmp(neqUQ, g.constant(0), t).op, sum)
		return
	}
	g.nmadd(g.whereLabelled(x, t), t, sum)
}

// oneMinus returns 1 - p.
func (g isa) oneMinus(p reg.VecVirtual) reg.VecVirtual {
	u := g.vec()
	g.load(g.constant(1), u)
	g.sub(p, u, u)
	return u
}
