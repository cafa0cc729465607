package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The losses of elements: what each makes of a question.

// byLikelihood is a loss to which the labels are those of the likely class and of the other one,
// and which returns its derivative by |z|.
func byLikelihood(prepare func(g isa, c questionConsts, par reg.GPVirtual) questionLoss) func(g isa, c questionConsts,
	par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		emit := prepare(g, c, par)
		return func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			loss, bySize := emit(q, func() (likely, other reg.VecVirtual) {
				yes, no := labels()
				p, other := q.positive(), g.vec()
				g.move(yes, other)
				g.blend(p, no, other)
				g.blend(p, yes, no)
				return no, other
			})
			slope = g.zeros(1)[0]
			g.sub(bySize, slope, slope)
			g.blend(q.positive(), bySize, slope)
			return loss, slope
		}
	}
}

// crossEntropyQuestion: loss = (t + u) log1p(e) + u |z| for the labels t of the likely class and u,
// slope = (u - t e) p.
func crossEntropyQuestion(g isa, c questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		square, tail := g.atanh(c, q.s)
		loss, slope = g.log1pOf(q.s, square, tail), g.vec()
		t, u := labels()
		g.move(u, slope)
		g.nmadd(q.e, t, slope)
		g.mul(q.p, slope, slope)
		g.add(u, t, t)
		g.mul(t, loss, loss)
		g.madd(g.whereLabelled(q.size, u), u, loss)
		return loss, slope
	}
}

// The slope of a separable loss is u h p - t h' (1-p) with the likely class's p, t and h' = -φ'(log
// p), and u and h of the other one.

// polyQuestion: the likely class's φ is (1+a) (1-p) and what -l has beyond 1-p,
//
//	-l - (1-p) = s² ((2+e) p + 2 s tail).
func polyQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	park := g.places(2)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		size := park(0, q.size)
		square, tail := g.atanh(c, q.s)
		l := g.log1pOf(q.s, square, tail)
		beyond, rest, far := g.vec(), g.vec(), g.vec()
		g.add(q.s, q.s, q.s)
		g.add(g.constant(2), q.e, beyond)
		g.mul(q.p, beyond, beyond)
		g.madd(tail, q.s, beyond)
		g.mul(square, beyond, beyond)
		g.mul(q.e, q.p, rest)
		g.madd(g.parameter(par, 1), rest, beyond)
		g.add(size, l, far)
		g.madd(g.parameter(par, 0), q.p, far)
		near := park(1, beyond)
		t, u := labels()
		loss, slope = g.vec(), g.vec()
		g.mul(near, t, loss)
		g.madd(g.whereLabelled(far, u), u, loss)
		a, h := g.parameter(par, 0), g.vec()
		g.load(c.exp.one, h)
		g.madd(a, rest, h)
		g.mul(u, h, h)
		g.mul(q.p, h, slope)
		g.rsub(g.parameter(par, 1), rest, a) // 1 + a - a (1-p)
		g.mul(t, a, a)
		g.nmadd(a, rest, slope)
		return loss, slope
	}
}

// gceQuestion is gceTerm for both classes.
func gceQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	term := g.gceTermBy(par, func(x float64) Op { return g.constant(x) })
	park := g.places(4)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		square, tail := g.atanh(c, q.s)
		far, near := g.log1pOf(q.s, square, tail), g.zeros(1)[0]
		rest := g.vec()
		g.mul(q.e, q.p, rest)
		g.sub(far, near, near)
		g.sub(q.size, near, far)
		p, r, keptFar := park(0, q.p), park(1, rest), park(2, far)
		t, u := labels()
		keptU := park(3, u)
		loss, slope = g.zeros(1)[0], g.vec()
		h := term(element{l: near, t: t}, loss)
		g.mul(t, h, h)
		g.mul(r, h, slope)
		u, far = g.vec(), g.vec()
		g.load(keptU, u)
		g.load(keptFar, far)
		h = term(element{l: far, t: u}, loss)
		g.mul(u, h, h)
		g.msub2(p, h, slope)
		g.mul(g.parameter(par, 1), loss, loss)
		return loss, slope
	}
}

// focalQuestion: with w = (1-p)^a = exp(a log(1-p)), where log(1-p) is the other class's l,
//
//	φ = -w l, -φ' = w (1 - a p l/(1-p)),  l/(1-p) = -(1+s) (1 + s² tail) of the likely class.
func focalQuestion(squared bool) func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		park, one := g.places(6), c.exp.one
		return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			square, tail := g.atanh(c, q.s)
			l := g.log1pOf(q.s, square, tail)
			far, ratio, rest, h := g.vec(), g.vec(), g.vec(), g.vec()
			g.horner(one, square, tail)
			g.add(one, q.s, ratio)
			g.mul(tail, ratio, ratio) // -l/(1-p)
			g.load(g.constant(-lowest64), far)
			g.min(q.size, far, far) // beyond, p is 0
			g.add(l, far, far)
			g.mul(q.e, q.p, rest)
			g.add(one, q.e, h)
			g.mul(far, h, h) // that of the other class
			g.mul(rest, h, h)
			g.mul(g.parameter(par, 0), h, h)
			g.add(one, h, h)
			g.mul(q.p, h, h)
			g.mul(g.parameter(par, 0), ratio, ratio)
			g.mul(q.p, ratio, ratio)
			g.add(one, ratio, ratio)
			g.mul(rest, ratio, ratio)
			keptH, keptRatio, keptL, keptSize := park(0, h), park(1, ratio), park(2, l), park(3, q.size)
			near, other := g.vec(), g.vec()
			if squared {
				g.mul(rest, rest, near)
				g.mul(q.p, q.p, other)
			} else {
				g.mul(g.parameter(par, 0), far, far)
				g.expNegative(c, far, near)
				g.mul(keptL, g.parameter(par, 0), far)
			}
			w := park(4, near)
			if !squared {
				g.expNegative(c, far, other)
			}
			wOther := park(5, other)
			t, u := labels()
			loss, slope = g.vec(), g.vec()
			g.mul(w, t, t)
			g.mul(wOther, u, u)
			g.mul(keptL, t, loss)
			g.load(keptSize, slope)
			g.add(keptL, slope, slope)
			g.madd(g.whereLabelled(slope, u), u, loss)
			g.mul(keptRatio, t, t)
			g.load(keptH, slope)
			g.msub(t, u, slope)
			return loss, slope
		}
	}
}

// smoothQuestion is smoothTerm for both classes.
func smoothQuestion(g isa, _ questionConsts, par reg.GPVirtual) questionLoss {
	n := g.smoothCount()
	park := g.places(2)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		rest, s := g.vec(), g.vec()
		g.mul(q.e, q.p, rest)
		g.sub(rest, q.p, s)
		v, w := g.polynomials(par, 1, n, s)
		g.horner(g.parameter(par, 0), rest, v)
		near, nearSlope := park(0, v), park(1, w)
		g.sub(q.p, rest, s)
		v, w = g.polynomials(par, 1, n, s)
		g.horner(g.parameter(par, 0), q.p, v)
		t, u := labels()
		g.mul(u, v, v)
		g.mul(u, w, w)
		loss, slope = g.vec(), g.vec()
		g.load(near, loss)
		g.horner(v, t, loss)
		g.load(nearSlope, slope)
		g.rsub(w, t, slope)
		g.mul(q.p, slope, slope)
		g.mul(rest, slope, slope)
		return loss, slope
	}
}

// maeQuestion: with the labels t of the likely class and u and d = p - t = (1-t) - rest, rest - u
// of the other, loss = Σ |d|, slope = p rest (sign d - sign d of the other).
func maeQuestion(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		rest, d, zero := g.vec(), g.vec(), g.zeros(1)[0]
		g.mul(q.e, q.p, rest)
		t, u := labels()
		g.load(g.constant(1), d)
		g.sub(t, d, d)
		g.sub(rest, d, d)
		g.sub(u, rest, u)
		loss, slope = g.vec(), g.sign(d, zero)
		g.mul(d, slope, loss)
		other := g.sign(u, zero)
		g.madd(u, other, loss)
		g.sub(other, slope, slope)
		g.mul(q.p, slope, slope)
		g.mul(rest, slope, slope)
		return loss, slope
	}
}

// klQuestion is cross entropy with the logarithms of the labels.
func klQuestion(g isa, c questionConsts, _ reg.GPVirtual) questionLoss {
	park := g.places(3)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		square, tail := g.atanh(c, q.s)
		l, near, far := g.log1pOf(q.s, square, tail), g.zeros(1)[0], g.vec()
		g.sub(l, near, near)
		g.sub(q.size, near, far)
		slope = g.vec()
		t, u := labels()
		g.move(u, slope)
		g.nmadd(q.e, t, slope)
		g.mul(q.p, slope, slope)
		keptSlope, keptNear := park(0, slope), park(1, near)
		log := func(u reg.VecVirtual) reg.VecVirtual { return g.labelLog(c, u) }
		term := park(2, g.klTermBy(far, u, log))
		near, slope = g.vec(), g.vec()
		g.load(keptNear, near)
		loss = g.klTermBy(near, t, log)
		g.add(term, loss, loss)
		g.load(keptSlope, slope)
		return loss, slope
	}
}
