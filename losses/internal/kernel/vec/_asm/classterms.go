package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The terms of a separable loss for p of any size, and the kernels for one class of each of W rows:
// the maximum, or that of an index.

// polyAt is polyTerm with
//
//	φ = (1+a) u + (-l - u),   -φ' = (1+a) - a u where p > 1/2,
//
// which lose nothing where a is near -1.
func polyAt(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	return func(x element, sum reg.VecVirtual) reg.VecVirtual {
		p := x.p()
		u, square, series, beyond, more := x.u(p), g.vec(), g.vec(), g.zeros(1)[0], g.parameter(par, 0)
		g.sub(x.l(), beyond, beyond)
		g.sub(u, beyond, beyond)
		const terms = 17 // u²/2 + u³/3 + …
		g.load(g.constant(1./terms), series)
		for i := terms - 1; i >= 2; i-- {
			g.horner(g.constant(1/float64(i)), u, series)
		}
		g.mul(u, u, square)
		g.mul(square, series, series)
		g.blend(g.cmp(ltOQ, g.constant(0.1), u), series, beyond)
		g.add(g.constant(1), more, more)
		g.madd(more, u, beyond)
		x.keep(same(beyond))
		g.madd(x.t, beyond, sum)
		g.nmadd(g.parameter(par, 0), u, more)
		likely := g.cmp(ltOQ, g.constant(0.5), u)
		g.load(g.constant(1), series)
		g.horner(series, g.parameter(par, 0), p)
		g.blend(likely, more, p)
		return p
	}
}

// focalAt is focalTerm with
//
//	φ = -w l,   -φ' = w (1 - a p l/u),   w = u^a = exp(a log u).
func focalAt(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	power, park := g.powersBy(func(x float64) Op { return g.constant(x) }), g.places(2)
	return func(e element, sum reg.VecVirtual) reg.VecVirtual {
		p, logP := e.p(), e.l()
		u, ratio, l := e.u(p), g.vec(), g.vec()
		g.max(g.constant(0x1p-1022), u, u)
		g.load(g.constant(lowest64), l) // p is 0 below
		g.max(logP, l, l)
		g.div(u, l, ratio)
		g.mul(g.parameter(par, 0), p, p)
		g.mul(p, ratio, ratio)
		share := park(0, ratio)
		log, c, x := g.vec(), g.zeros(1)[0], g.vec()
		parts := g.log(u, c, log)
		lost := g.lost(parts, log)
		a := g.parameter(par, 0)
		g.mul(a, log, x)
		g.msub(x, a, log) // what the product has lost
		g.madd(a, lost, log)
		low := park(1, log)
		w, q := power(x)
		g.madd(q, w, w)
		g.madd(low, w, w)
		e.keep(func() reg.VecVirtual {
			phi := g.zeros(1)[0]
			g.nmadd(w, logP, phi)
			return phi
		})
		g.mul(w, g.whereLabelled(logP, e.t), l)
		g.nmadd(e.t, l, sum)
		g.load(g.constant(1), l)
		g.sub(share, l, l)
		g.mul(l, w, w)
		return w
	}
}

// baseTerm is for powers of a base x that is linear in p, and 1 where p is.
func baseTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	return g.baseTermBy(par, false)
}

// baseAt is baseTerm with the log of 1 - (1 - x) where p > 1/2.
func baseAt(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	return g.baseTermBy(par, true)
}

func (g isa) baseTermBy(par reg.GPVirtual, likely bool) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	power, park := g.powersBy(func(x float64) Op { return g.constant(x) }), g.places(1)
	return func(e element, sum reg.VecVirtual) reg.VecVirtual {
		p := e.p()
		x, log, c := g.parameter(par, 1), g.vec(), g.zeros(1)[0]
		g.madd(g.parameter(par, 2), p, x)
		g.mul(g.parameter(par, 3), x, x)
		if likely {
			g.baseNear(par, e.u(p), x, c)
		}
		g.ratio(p, x, p)
		share := park(0, p)
		g.log(x, c, log)
		g.mul(g.parameter(par, 0), log, log)
		s, q := power(log)
		g.lessPower(s, q, e, sum)
		g.madd(q, s, s)
		g.mul(share, s, s)
		g.mul(g.parameter(par, 4), s, s)
		return s
	}
}

// baseNear emits the base x = 1 - b e u where u < 1/2, and what that has lost, over x. It
// overwrites u.
func (g isa) baseNear(par reg.GPVirtual, u, x, lost reg.VecVirtual) {
	near := g.vec()
	half := g.cmp(ltOQ, g.constant(0.5), u)
	g.mul(g.parameter(par, 2), u, u)
	g.mul(g.parameter(par, 3), u, u)
	g.load(g.constant(1), near)
	g.move(near, lost)
	g.sub(u, near, near)
	g.sub(near, lost, lost)
	g.sub(u, lost, lost)
	g.blend(half, near, x)
	g.keep(half, lost, lost)
	g.ratio(lost, x, lost)
}

// aelTerm: -φ' = a p exp(-a p).
func aelTerm(g isa, par reg.GPVirtual) func(x element, sum reg.VecVirtual) reg.VecVirtual {
	power, park := g.powersBy(func(x float64) Op { return g.constant(x) }), g.places(1)
	return func(e element, sum reg.VecVirtual) reg.VecVirtual {
		p, x := e.p(), g.zeros(1)[0]
		g.mul(g.parameter(par, 0), p, p)
		g.sub(p, x, x)
		kept := park(0, p)
		s, q := power(x)
		g.madd(q, s, s)
		e.keep(same(s))
		g.madd(e.t, s, sum)
		g.mul(kept, s, s)
		return s
	}
}

// classTerm emits the kernel of a separable loss for a class of each row of tiles.
func (g isa) classTerm(s separable) {
	g.text(s.name+"At", "func(lanes, par *A, tiles int)",
		"takes log p, p and 1-p of a class of the rows of tiles from lanes and stores φ and -φ'.", s.doc)
	par, one := g.param("par"), g.constant(1)
	body := s.anywhere(g, par)
	g.tilePass(func(lanes reg.GPVirtual) {
		sum := g.zeros(1)[0]
		h := body(g.classOf(lanes, same(g.loaded(g.lane(lanes, "LogP"))), g.loaded(one), "P", "Q"), sum)
		g.store(sum, g.lane(lanes, "Phi"))
		g.store(h, g.lane(lanes, "Fall"))
	})
	g.ret()
}

// tileClass emits what classTerm takes of the classes of an index.
func (g isa) tileClass() {
	g.text("tileClass", "func(e, z *A, index *int, k, tiles int, lanes *A)",
		"takes e and lanes from tileStats and stores log p, p and 1-p of the classes index of the rows of tiles, and as",
		"AtTop their gradients by a maximum of p > 1/2, over -φ'.")
	x := tileRows{g: g, e: g.param("e"), z: g.param("z"), index: g.param("index"), k: g.param("k")}
	g.tilePass(func(lanes reg.GPVirtual) {
		at, atTop := g.vec(), g.zeros(1)[0]
		g.load(Mem{Base: x.index}, at)
		VPSLLQ(Imm(uint64(log2(g.lanes()))), at, at)
		VPADDQ(g.count(), at, at)
		l := g.numbersAt(Mem{Base: x.z}, at)
		p, top, rest := g.numbersAt(Mem{Base: x.e}, at), g.loaded(g.lane(lanes, "Max")), g.loaded(g.lane(lanes, "Rest"))
		g.mul(g.lane(lanes, "Coef"), p, p)
		g.store(p, g.lane(lanes, "P"))
		other := g.cmp(ltOQ, top, l)
		g.addWhere(other, g.loaded(g.constant(1)), atTop)
		g.sub(rest, atTop, atTop)
		g.store(atTop, g.lane(lanes, "AtTop"))
		g.blend(other, g.oneMinus(p), rest)
		g.store(rest, g.lane(lanes, "Q"))
		g.sub(top, l, l)
		g.sub(g.lane(lanes, "Log"), l, l)
		g.store(l, g.lane(lanes, "LogP"))
		x.advance()
	})
	g.ret()
}

// tileClassGrads emits the gradients of a separable loss for the classes of an index.
func (g isa) tileClassGrads() {
	g.text("tileClassGrads", "func(e, z *A, index *int, k, tiles int, lanes *A)",
		"takes e from tileStats and lanes from tileClass, with -φ', and stores in e scale -φ' (coef e - 1 at the class),",
		"at a maximum of p > 1/2 scale -φ' atTop.")
	x := tileRows{g: g, e: g.param("e"), z: g.param("z"), index: g.param("index"), k: g.param("k")}
	half, one := g.hold(0.5), g.hold(1)
	g.tilePass(func(lanes reg.GPVirtual) {
		x.lanes = lanes
		hot, scale := x.hot(), g.loaded(g.lane(lanes, "Scale"))
		top, coef, atTop := g.loaded(g.lane(lanes, "Max")), g.loaded(g.lane(lanes, "Coef")), g.loaded(g.lane(lanes, "AtTop"))
		g.mul(g.lane(lanes, "Fall"), scale, scale)
		sure := g.cmp(gtOQ, half, g.loaded(g.lane(lanes, "Top")))
		g.columns(x.k, func(off reg.GPVirtual) {
			y := g.vec()
			g.mul(col(x.e, off), coef, y)
			g.subWhere(hot(off, 0), one, y)
			g.blend(g.maskAnd(g.cmp(eqOQ, col(x.z, off), top), sure), atTop, y)
			g.mul(scale, y, y)
			g.store(y, col(x.e, off))
		})
		x.advance()
	})
	g.ret()
}

// classOf is the element of which p and 1-p lie in lanes.
func (g isa) classOf(lanes reg.GPVirtual, l func() reg.VecVirtual, t reg.VecVirtual, p, rest string) element {
	number := func(name string) reg.VecVirtual { return g.loaded(g.lane(lanes, name)) }
	return element{l: l, t: t, p: func() reg.VecVirtual { return number(p) },
		u: func(reg.VecVirtual) reg.VecVirtual { return number(rest) }}
}

// topExps emits the exponentials of the maxima.
func (g isa) topExps() {
	g.text("topExps", "func(lanes *A)", "takes M and shift of rows from lanes and stores, as Coef, exp(M) 2^-shift.")
	lanes, x, e := g.param("lanes"), g.vec(), g.vec()
	g.load(g.lane(lanes, "Max"), x)
	n := g.loaded(g.lane(lanes, "Shift"))
	g.expShifted(g.expConstsInMemory(), x, g.shiftOf(n), e)
	g.store(e, g.lane(lanes, "Coef"))
	g.ret()
}

// oddsClass emits what classTerm takes, of rows of any length.
func (g isa) oddsClass() {
	g.text("oddsClass", "func(lanes *A)", "takes the odds of rows from lanes, and of a class of each z - M and, as p, its",
		"exponential over that of M, and stores log p, p and 1-p of the class.")
	lanes := g.param("lanes")
	odds, less, inv, log, p := g.vec(), g.vec(), g.vec(), g.vec(), g.vec()
	g.load(g.lane(lanes, "Odds"), odds)
	g.load(g.lane(lanes, "Less"), less)
	g.log1p(odds, inv, log)
	g.mul(inv, odds, odds)
	g.mul(g.lane(lanes, "P"), inv, p)
	u := g.oneMinus(p)
	g.blend(g.cmp(eqOQ, g.constant(0), less), odds, u)
	g.sub(log, less, less)
	g.store(less, g.lane(lanes, "LogP"))
	g.store(p, g.lane(lanes, "P"))
	g.store(u, g.lane(lanes, "Q"))
	g.ret()
}
