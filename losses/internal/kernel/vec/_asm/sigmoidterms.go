package main

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The losses of elements: what each makes of a question.

// byLikelihood is a loss to which the labels are those of the likely class and of the other one,
// and which returns its derivative by -|z|.
func byLikelihood(prepare func(g isa, c questionConsts, par reg.GPVirtual) questionLoss) func(g isa, c questionConsts,
	par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		emit := prepare(g, c, par)
		return func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			loss, slope = emit(q, func() (likely, other reg.VecVirtual) {
				yes, no := labels()
				p, other := q.positive(), g.vec()
				g.move(yes, other)
				g.blend(p, no, other)
				g.blend(p, yes, no)
				return no, other
			})
			g.negate(q.positive(), slope)
			return loss, slope
		}
	}
}

// crossEntropyQuestion: loss = t l + u (l + |z|) with l = log1p(e) for the labels t of the likely
// class and u, slope = (t e - u) p.
func crossEntropyQuestion(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		loss, slope = q.log(), g.vec()
		t, u := labels()
		g.move(u, slope)
		g.msub2(q.e, t, slope)
		g.mul(q.p, slope, slope)
		g.sub(loss, q.minus, q.minus)
		g.mul(t, loss, loss)
		g.subFar(q.minus, u, loss)
		return loss, slope
	}
}

// The slope of a separable loss is t h' (1-p) - u h p with the likely class's p, t and h' = -φ'(log
// p), and u and h of the other one.

// polyQuestion: the likely class's φ is (1+a) (1-p) and what -l has beyond 1-p.
func polyQuestion(g isa, _ questionConsts, par reg.GPVirtual) questionLoss {
	park := g.places(2)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		minus, rest, far := park(0, q.minus), g.vec(), g.vec()
		g.mul(q.e, q.p, rest)
		l, beyond := q.beyond(rest)
		g.madd(g.parameter(par, 1), rest, beyond)
		if g.avx512 {
			g.sub(l, minus, far)
		} else {
			g.load(minus, far)
			g.sub(l, far, far)
		}
		g.nmadd(g.parameter(par, 0), q.p, far)
		near := park(1, beyond)
		t, u := labels()
		loss, slope = g.vec(), g.vec()
		g.mul(near, t, loss)
		g.subFar(far, u, loss)
		a, h := g.parameter(par, 0), g.vec()
		g.load(g.constant(1), h)
		g.madd(a, rest, h)
		g.mul(u, h, h)
		g.mul(q.p, h, slope)
		g.rsub(g.parameter(par, 1), rest, a) // 1 + a - a (1-p)
		g.mul(t, a, a)
		g.msub2(a, rest, slope)
		return loss, slope
	}
}

// polySingle is polyQuestion in float32, of no a below 0: to cross entropy and its slope come a p
// (t e + u) and a p² e (t - u).
func polySingle(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		loss, slope = q.log(), g.vec()
		t, u := labels()
		a, sum, less := g.parameter(par, 0), g.vec(), g.vec()
		g.mul(q.p, a, a)
		g.move(u, sum)
		g.madd(q.e, t, sum)
		g.move(u, slope)
		g.msub2(q.e, t, slope)
		g.sub(u, t, less)
		g.sub(loss, q.minus, q.minus)
		g.mul(t, loss, loss)
		g.madd(a, sum, loss)
		g.mul(q.e, a, a)
		g.madd(a, less, slope)
		g.mul(q.p, slope, slope)
		g.subFar(q.minus, u, loss)
		return loss, slope
	}
}

// subFar takes u x from sum for the x of the other class, nothing where the label u is 0.
func (g isa) subFar(x, u, sum reg.VecVirtual) {
	if g.looksUp() { // it is finite
		g.nmadd(x, u, sum)
		return
	}
	g.subLabelled(x, u, sum)
}

// gceQuestion is gceTerm for both classes.
func gceQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	if g.looksUp() {
		return g.gceByTables(c, par)
	}
	term := g.gceTermBy(par, func(x float64) Op { return g.constant(x) })
	park := g.places(4)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		l, near, far, rest := q.log(), g.zeros(1)[0], g.vec(), g.vec()
		g.mul(q.e, q.p, rest)
		g.sub(l, near, near)
		g.add(q.minus, near, far)
		p, r, keptFar := park(0, q.p), park(1, rest), park(2, far)
		t, u := labels()
		keptU := park(3, u)
		loss, slope = g.zeros(1)[0], g.vec()
		h := term(element{l: same(near), t: t}, loss)
		g.mul(t, h, h)
		g.mul(r, h, slope)
		u, far = g.vec(), g.vec()
		g.load(keptU, u)
		g.load(keptFar, far)
		h = term(element{l: same(far), t: u}, loss)
		g.mul(u, h, h)
		g.nmadd(p, h, slope)
		g.mul(g.parameter(par, 1), loss, loss)
		return loss, slope
	}
}

// gceByTables: 1 - w and w = p^a = s + d q, so that neither cancels where a l is small.
func (g isa) gceByTables(c questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		near, far, rest := q.log(), g.vec(), g.vec()
		g.mul(q.e, q.p, rest)
		g.sub(q.minus, near, far)
		powers := g.parts(c.powers, g.parameter(par, 2), near, far)
		loss, slope = g.zeros(1)[0], g.vec()
		t, u := labels()
		for i, t := range []reg.VecVirtual{t, u} {
			x, v := powers[i], g.vec()
			g.load(g.constant(1), v)
			g.sub(x.s, v, v)
			g.nmadd(x.d, x.q, v)
			g.madd(t, v, loss)
			g.madd(x.d, x.q, x.s)
			g.mul(t, x.s, x.s)
		}
		g.mul(rest, powers[0].s, slope)
		g.nmadd(q.p, powers[1].s, slope)
		g.mul(g.parameter(par, 1), loss, loss)
		return loss, slope
	}
}

// focalQuestion: with p and q = 1-p, l = -log p and w = q^a = exp(a log q), where -log q is the
// other class's l,
//
//	φ = w l,   -φ' q = w (q + a p l).
func focalQuestion(squared bool) func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		park := g.places(6)
		return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			l, far, rest, near, other := q.log(), g.vec(), g.vec(), g.vec(), g.vec()
			g.mul(q.e, q.p, rest)
			minus := q.minus
			if !g.looksUp() { // a product with 0 is none with infinity
				minus = g.atLeast(-0x1p500, minus)
			}
			g.sub(minus, l, far)
			g.mul(g.parameter(par, 0), q.p, near)
			g.horner(rest, l, near)
			g.mul(g.parameter(par, 0), rest, other)
			g.horner(q.p, far, other)
			keptL, keptMinus, keptNear, keptOther := park(0, l), park(1, q.minus), park(2, near), park(3, other)
			var w, wOther Op
			if squared {
				g.mul(rest, rest, rest)
				g.mul(q.p, q.p, q.p)
				w, wOther = park(4, rest), park(5, q.p)
			} else {
				w, wOther = g.expsOfNegative(c, par, far, l, func(i int, v reg.VecVirtual) Op { return park(4+i, v) })
			}
			t, u := labels()
			g.mul(w, t, t)
			g.mul(wOther, u, u)
			loss, slope, far = g.vec(), g.vec(), g.vec()
			g.mul(keptL, t, loss)
			if g.avx512 {
				g.sub(keptL, keptMinus, far)
			} else {
				g.load(keptMinus, far)
				g.sub(keptL, far, far)
			}
			g.subFar(far, u, loss)
			g.mul(keptNear, t, slope)
			g.nmadd(keptOther, u, slope)
			return loss, slope
		}
	}
}

// smoothQuestion is smoothTerm for both classes, whose 2p-1 are s and -s.
func smoothQuestion(g isa, _ questionConsts, par reg.GPVirtual) questionLoss {
	n := g.smoothCount()
	park := g.places(4)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		rest, s, square := g.vec(), g.vec(), g.vec()
		g.mul(q.e, q.p, rest)
		g.sub(rest, q.p, s)
		g.mul(s, s, square)
		v, vFar := g.mirrored(par, 1, n, s, square)
		g.horner(g.parameter(par, 0), rest, v)
		g.horner(g.parameter(par, 0), q.p, vFar)
		near, far := park(0, v), park(1, vFar)
		w, wFar := g.mirrored(par, 1+n, n, s, square)
		nearSlope, farSlope := park(2, w), park(3, wFar)
		t, u := labels()
		loss, slope = g.vec(), g.vec()
		g.mul(far, u, loss)
		g.madd(near, t, loss)
		g.mul(farSlope, u, u)
		g.load(nearSlope, slope)
		g.msub(u, t, slope)
		g.mul(q.p, slope, slope)
		g.mul(rest, slope, slope)
		return loss, slope
	}
}

// mirrored emits the polynomial of n coefficients, an even number, at par[i] in s and in -s: those
// of even and of odd powers, in s², make both.
func (g isa) mirrored(par reg.GPVirtual, i, n int, s, square reg.VecVirtual) (plus, minus reg.VecVirtual) {
	odd, even := g.parameter(par, i), g.parameter(par, i+1)
	for j := 2; j < n; j += 2 {
		g.hornerMemory(par, i+j, square, odd)
		g.hornerMemory(par, i+j+1, square, even)
	}
	plus = g.vec()
	g.move(even, plus)
	g.madd(odd, s, plus)
	g.nmadd(odd, s, even)
	return plus, even
}

// maeQuestion: with the labels t of the likely class and u and d = p - t = complement - rest, rest
// - u of the other, loss = Σ |d|, slope = p rest (sign d of the other - sign d).
func maeQuestion(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		rest, d, other := g.distances(q, labels)
		zero := g.zeros(1)[0]
		loss, slope = g.vec(), g.sign(d, zero)
		g.mul(d, slope, loss)
		sign := g.sign(other, zero)
		g.madd(other, sign, loss)
		g.sub(slope, sign, slope)
		g.mul(q.p, slope, slope)
		g.mul(rest, slope, slope)
		return loss, slope
	}
}

// distances emits rest, the probability of the class that is not likely, and how far the
// probabilities of the likely class and of the other are above their labels.
func (g isa) distances(q question, labels func() (likely, other reg.VecVirtual)) (rest, likely, other reg.VecVirtual) {
	rest = g.vec()
	g.mul(q.e, q.p, rest)
	t, u := labels()
	d := g.complement(t, u)
	g.sub(rest, d, d)
	g.sub(u, rest, u)
	return rest, d, u
}

// maeShares: d is u - rest, and that of the other class its opposite.
func maeShares(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		rest, d := g.vec(), g.vec()
		g.mul(q.e, q.p, rest)
		u, no := labels()
		g.blend(q.positive(), no, u)
		g.sub(u, rest, d)
		loss, slope = g.vec(), g.vec()
		g.add(d, d, loss)
		g.and(g.abs(), loss, loss)
		g.add(rest, rest, slope)
		g.mul(q.p, slope, slope)
		g.keep(g.cmp(neqUQ, g.constant(0), d), slope, slope)
		g.negate(q.positive(), d)
		g.and(g.constant(math.Copysign(0, -1)), d, d)
		g.or(d, slope, slope)
		return loss, slope
	}
}

// complement emits 1 - t for the label t beside u: that, where t has lost digits of it.
func (g isa) complement(t, u reg.VecVirtual) reg.VecVirtual {
	c := g.vec()
	g.other(t, c)
	return g.complementBy(c, u)
}

// complementBy is complement for c = 1 - t, which it overwrites.
func (g isa) complementBy(c, u reg.VecVirtual) reg.VecVirtual {
	off := g.vec()
	g.sub(u, c, off)
	g.and(g.abs(), off, off)
	near := g.cmp(leOQ, g.constant(0x1p-51), off)
	if g.f64 && !g.narrow { // for float32 u is near enough to 1 - t whatever it is
		g.keepWhere(near, gtOQ, g.constant(0), u)
		g.keepWhere(near, ltOQ, g.constant(0.25), u)
	}
	g.blend(near, u, c)
	return c
}
