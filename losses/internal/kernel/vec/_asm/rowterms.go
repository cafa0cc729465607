package main

import (
	"math"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of separable losses for classes without large exponentials, p < 1/8, in the element
// type.

// A smallTerm is such a kernel.
type smallTerm struct {
	name     string
	pointers []string // where -t φ'(l) go, the numbers that are limited, perhaps logits, and labels
	numbers  []string // of a row
	doc      []string

	// prepare emits what comes before the rows. What it returns emits what comes before one, with the
	// number of a name in all lanes, and returns the body of its loop.
	prepare func(g isa, par reg.GPVirtual) func(number func(name string) reg.VecVirtual, z reg.GPVirtual) termBody
}

// A termBody emits the terms of elements. It returns -t φ'(l).
type termBody func(s small) near

// small is what a termBody is given of elements: the numbers, the labels, the sum of t φ(l), which
// is added to, where they stand, and what takes φ(l).
type small struct {
	x, t, sum reg.VecVirtual
	i         reg.GPVirtual
	v         int
	k         *mask
	keep      func(value func() reg.VecVirtual)
}

// smallTerms emits the kernel of a row and, in float32, that of a block.
func (g isa) smallTerms(s smallTerm) {
	g.rowTerms(s)
	if !g.f64 {
		g.blockSmallTerms(s)
	}
}

// takes returns the parameters: pointers, numbers and perhaps those of the loss.
func (s smallTerm) takes(pointers []string, numbers string) (ins string) {
	if ins = strings.Join(pointers, ", ") + " *T, " + numbers; !s.ofLogits() {
		ins += ", par *A"
	}
	return ins
}

// ofLogits reports whether only the numbers of a row are parameters.
func (s smallTerm) ofLogits() bool { return s.pointers[1] == "z" }

func (g isa) rowTerms(s smallTerm) {
	numbers := strings.Join(append([]string{"n int, limit"}, s.numbers...), ", ") + " A"
	pointers := slices.Insert(slices.Clone(s.pointers), 1, "phi")
	g.text(s.name, "func("+s.takes(pointers, numbers)+", ahead int) (sum, mass float64, bad uint32)",
		append(s.doc, "Unless phi is nil it stores φ(l) there.", labelSigns, "It prefetches t ahead bytes in advance.")...)
	p, par := map[string]reg.GPVirtual{}, reg.GPVirtual(nil)
	for _, name := range append(pointers, "n") {
		p[name] = g.param(name)
	}
	if !s.ofLogits() {
		par = g.param("par")
	}
	body, ahead := s.prepare(g, par)(g.broadcast, p["z"]), g.param("ahead")
	sums, limit := g.termSums(), g.held("limit")
	ADDQ(p["t"], ahead)
	g.fours(p["n"], func(i reg.GPVirtual, v int, k *mask) {
		g.prefetch(ahead, i, v)
		g.smallVector(sums, limit, body, p["h"], p[s.pointers[1]], p["t"], i, v, k, func(value func() reg.VecVirtual) {
			where(p["phi"], func() { g.put(value(), p["phi"], i, v, k) })
		})
	}, func() { sums.fold(g) })
	g.sums(sums, g.massTotal(sums, p["h"], p["n"]))
}

// smallVector emits body, without the labels of the numbers x that are larger than limit.
func (g isa) smallVector(s termSums, limit Op, body termBody, h, x, t, i reg.GPVirtual, v int, k *mask,
	keep func(value func() reg.VecVirtual)) {
	lab, y := s.label(g, t, i, v, k), g.get(x, i, v, k)
	g.drop(g.cmp(gtOQ, limit, y), lab)
	g.put(g.addNear(body(small{y, lab, s.sum.inner[v%2], i, v, k, keep}), s, v), h, i, v, k)
}

// blockSmallTerms emits the kernel for the rows of a block.
func (g isa) blockSmallTerms(s smallTerm) {
	name := "block" + strings.ToUpper(s.name[:1]) + s.name[1:]
	g.text(name, "func("+s.takes(s.pointers, "k, n int, sum, mass *float64, work, lanes *T")+") (bad uint32)",
		"is", s.name, "for n rows of k elements, W at most, of which lanes holds limit,", strings.Join(s.numbers, ", ")+
			".", "bad has the bits of the rows of which a t has a sign. Infinite sums are NaN.")
	par, rejected, k := reg.GPVirtual(nil), GP32(), g.param("k")
	if !s.ofLogits() {
		par = g.param("par")
	}
	XORL(rejected, rejected)
	Store(rejected, Return("bad"))
	prepared := s.prepare(g, par)
	g.blockRows(k, s.pointers, func(p []reg.GPVirtual, row reg.GPVirtual) {
		number := func(name string) reg.VecVirtual {
			v := g.vec()
			g.bcast(Mem{Base: row, Disp: (1 + slices.Index(s.numbers, name)) * g.column()}, v)
			return v
		}
		t := p[len(p)-1]
		body, limit := prepared(number, p[len(p)-2]), number("limit")
		at := g.blockSum(row)
		sums := g.termSumsIn(g.foldedAt(at(0)))
		g.fours(k, func(i reg.GPVirtual, v int, m *mask) {
			g.smallVector(sums, limit, body, p[0], p[1], t, i, v, m, func(func() reg.VecVirtual) {})
		}, func() { sums.fold(g) })
		if g.avx512 {
			g.store(sums.sum.sum, at(0))
			g.store(sums.sum.lost, at(1))
		}
		mass, i := g.param("mass"), GP64()
		MOVQ(row, i)
		SUBQ(address(Param("lanes")), i)
		VMOVSD(g.massTotal(sums, p[0], k).AsX(), Mem{Base: mass, Index: i, Scale: 2}) // a float64, not a float32
		bits := GP32()
		Load(Return("bad"), bits)
		g.orSign(sums.signs, row, bits)
		Store(bits, Return("bad"))
	})
	sum := g.collapsedSum(g.param("work"), 0)
	g.storeDoubles(sum.sum, sum.lost, Mem{Base: g.param("sum")})
	g.ret()
}

// near is a number near another, base: with what add adds to it or takes away, which is smaller, if
// anything.
type near struct {
	base, more reg.VecVirtual
	add        func(a, b, sum Op)
}

// addNear returns n rounded, and adds it to the mass or, for float32, what it has lost: equal
// numbers are rounded alike, which a mean does not make good.
func (g isa) addNear(n near, to termSums, v int) reg.VecVirtual {
	y := n.base
	if n.more != nil {
		y = g.vec()
		n.add(n.more, n.base, y)
	}
	if g.f64 {
		g.add(y, to.mass.inner[v%2], to.mass.inner[v%2])
		return y
	}
	if n.more != nil {
		lost := g.vec()
		g.sub(y, n.base, lost)
		n.add(n.more, lost, lost)
		g.add(lost, to.lost, to.lost)
	}
	return y
}

// polyTerms: φ = a (1-p) - l, -φ' = 1 + a p.
func (g isa) polyTerms() {
	g.smallTerms(smallTerm{name: "polyTerms", pointers: []string{"h", "e", "z", "t"}, numbers: classNumbers,
		doc: []string{"is polyExact for p = c e < 1/8, as if the labels of e > limit were 0; par is a."},
		prepare: func(g isa, par reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			a := g.parameter(par, 0)
			return func(number func(string) reg.VecVirtual, z reg.GPVirtual) termBody {
				m, log, ac := g.park(number("m")), g.park(number("log")), number("c")
				g.mul(a, ac, ac)
				return func(s small) near {
					l, phi := g.logP(m, log, z, s.i, s.v, s.k), g.vec()
					g.move(a, phi)
					g.nmadd(ac, s.x, phi)
					g.sub(l, phi, phi)
					s.keep(same(phi))
					g.madd(s.t, g.whereLabelled(phi, s.t), s.sum)
					g.mul(ac, s.x, s.x)
					g.mul(s.t, s.x, s.x)
					return near{s.t, s.x, g.add}
				}
			}
		}})
}

// focalTerms: with (1-p)^(a-1) = 1 - p V and W = 1 + (1-p) V,
//
//	φ = -(1 - p W) l,   -φ' = 1 - p (W + a (1 - p V) l),
//
// where what is rounded most is multiplied by p.
// few stands for integers a up to 3, of which V is a polynomial of degree 1 at most.
func (g isa) focalTerms(name string, few bool) {
	first, last, only := 1, 1+focalDegree32, ""
	if g.f64 {
		last = 1 + focalDegree64
	}
	if few {
		first, only = last-1, "It takes the last two of them."
	}
	g.smallTerms(smallTerm{name: name, pointers: []string{"h", "e", "z", "t"}, numbers: classNumbers,
		doc: []string{"is focalNExact for p = c e < 1/8, as if the labels of e > limit were 0; par is a and the " +
			"coefficients, from the highest degree on, of a polynomial in p that is (1 - (1-p)^(a-1))/p: 17, or 8 for " +
			"float32.", only},
		prepare: func(g isa, par reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			low, one := g.hold(g.lowest()), g.hold(1)
			return func(number func(string) reg.VecVirtual, z reg.GPVirtual) termBody {
				m, log, c := g.park(number("m")), g.park(number("log")), g.park(number("c"))
				return func(s small) near {
					p, l, u, w := s.x, g.logP(m, log, z, s.i, s.v, s.k), g.vec(), g.vec()
					g.mul(c, p, p)
					v := g.polynomialMemory(par, first, last-first+1, p)
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
					g.mul(s.t, p, p)
					g.mul(p, w, w)
					return near{s.t, w, g.sub}
				}
			}
		}})
}

// smoothTerms: φ = V, -φ' = p W. The e of h is that of the gradient's p: its rounding then is one
// of the gradient, not of the two that it is the difference of.
func (g isa) smoothTerms(name string, count32, count64 int) {
	count := count32
	if g.f64 {
		count = count64
	}
	g.smallTerms(smallTerm{name: name, pointers: []string{"h", "e", "t"}, numbers: smoothNumbers,
		doc: []string{"stores h = t e W and returns Σ t φ(l) and Σ h for c e <= 2, as if the labels of e > limit were 0; " +
			"par is the coefficients of two polynomials V and W in c e - 1, from the highest degree on, with φ = V and " +
			"φ' = -e W."},
		prepare: func(g isa, par reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			one := g.hold(1)
			return func(number func(string) reg.VecVirtual, _ reg.GPVirtual) termBody {
				c := number("c")
				return func(s small) near {
					x := g.vec()
					g.load(one, x)
					g.msub2(c, s.x, x)
					v, w := g.polynomialsApart(par, 0, count, count-1, x)
					g.hornerMemory(par, count-1, x, v)
					s.keep(same(v))
					g.madd(s.t, v, s.sum)
					g.mul(x, w, w)
					return g.timesNear(s, w)
				}
			}
		}})
}

// linkedTerms is smoothTerms of one polynomial, for families whose φ is linear in W.
func (g isa) linkedTerms(name string, count32, count64 int) {
	count := count32
	if g.f64 {
		count = count64
	}
	g.smallTerms(smallTerm{name: name, pointers: []string{"h", "e", "t"}, numbers: smoothNumbers,
		doc: []string{"stores h = t e W and returns Σ t V and Σ h for c e <= 2, as if the labels of e > limit were 0, with " +
			"x = c e - 1, W = 1 + y and V = 1 + b x + (a + b x) y; par is a, b and the coefficients of y/x, a polynomial in " +
			"x, from the highest degree on."},
		prepare: func(g isa, par reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			one := g.hold(1)
			a, b := g.parameter(par, 0), g.parameter(par, 1)
			return func(number func(string) reg.VecVirtual, _ reg.GPVirtual) termBody {
				c := number("c")
				return func(s small) near {
					x, v, f := g.vec(), g.vec(), g.vec()
					g.load(one, x)
					g.msub2(c, s.x, x)
					y := g.polynomialMemory(par, 2, count-1, x)
					g.mul(x, y, y)
					g.load(one, v)
					g.madd(b, x, v)
					g.move(a, f)
					g.madd(b, x, f)
					g.madd(f, y, v)
					s.keep(same(v))
					g.madd(s.t, v, s.sum)
					return g.timesNear(s, y)
				}
			}
		}})
}

// timesNear emits t e (1 + y), which loses nothing of t e.
func (g isa) timesNear(s small, y reg.VecVirtual) near {
	te := g.vec()
	g.mul(s.t, s.x, te)
	g.msub(te, s.t, s.x)
	g.madd(te, y, s.x)
	return near{te, s.x, g.add}
}

// polynomialMemory emits the polynomial in x of n coefficients from par[first] on, from that of the
// highest degree on: with AVX-512 by halves that do not wait for each other, as a processor looks
// ahead no more than four such terms, with AVX2, whose registers are few, by even and odd powers.
func (g isa) polynomialMemory(par reg.GPVirtual, first, n int, x reg.VecVirtual) reg.VecVirtual {
	one := func(i int) reg.VecVirtual { return g.parameter(par, first+i) }
	if n <= 2 {
		v := one(0)
		for j := 1; j < n; j++ {
			g.hornerMemory(par, first+j, x, v)
		}
		return v
	}
	if g.avx512 {
		square := g.vec()
		g.mul(x, x, square)
		return g.estrinBy(n, x, square, one, func(i int) reg.VecVirtual {
			v := one(i)
			g.hornerMemory(par, first+i+1, x, v)
			return v
		})
	}
	return g.polynomialOfTwo(par, first, n, x)
}

// polynomialOfTwo emits the polynomial in x of n coefficients from par[first] on, from that of the
// highest degree on, by those of even and of odd degrees, which do not wait for each other.
func (g isa) polynomialOfTwo(par reg.GPVirtual, first, n int, x reg.VecVirtual) reg.VecVirtual {
	high, low, square := g.parameter(par, first), g.parameter(par, first+1), g.vec()
	if n > 2 {
		g.mul(x, x, square)
	}
	for i := first + 2; i < first+n; i++ {
		g.hornerMemory(par, i, square, high)
		high, low = low, high
	}
	g.madd(high, x, low)
	return low
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
	g.smallTerms(smallTerm{name: "powTerms", pointers: []string{"h", "z", "t"},
		numbers: powNumbers,
		doc: []string{"stores h = t w with w = 2^-shift exp((a + aLow) max(z, low) - rem), and returns Σ t (1 - w) and " +
			"Σ h, as if the labels of z > limit were 0. For w < (1/8)^a."},
		prepare: func(g isa, _ reg.GPVirtual) func(func(string) reg.VecVirtual, reg.GPVirtual) termBody {
			exp := g.expConsts()
			return func(number func(string) reg.VecVirtual, _ reg.GPVirtual) termBody {
				held := func(name string) Op { return g.park(number(name)) }
				power, low := powerConsts{exp, held("a"), held("aLow"), held("shift"), held("rem")}, number("low")
				return func(e small) near {
					g.max(e.x, low, e.x)
					s, q := g.powerParts(power, e.x)
					e.keep(func() reg.VecVirtual {
						u := g.vec()
						g.load(power.exp.one, u)
						g.sub(s, u, u)
						g.nmadd(q, s, u)
						return u
					})
					g.mul(e.t, s, s)
					g.sub(s, e.t, e.t)
					g.add(e.t, e.sum, e.sum)
					g.nmadd(q, s, e.sum)
					g.mul(s, q, q)
					return near{s, q, g.add}
				}
			}
		}})
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
