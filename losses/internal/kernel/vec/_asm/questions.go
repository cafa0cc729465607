package main

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The losses of elements that are no sums of terms of one class each. With L = log1p(e), q = e p
// and the labels t of the likely class and u
//
//	C = (t + u) L + u |z|,   C' = (t e - u) p,   H = L + q |z|
//
// are cross entropy, its derivative by -|z|, and the entropy.

// crossed emits C, C' and -q |z|, which is 0 where q is.
func (g isa) crossed(q question, l, t, u reg.VecVirtual) (loss, slope, far reg.VecVirtual) {
	slope, loss, far = g.vec(), g.vec(), g.finiteMinus(q)
	g.move(u, slope)
	g.msub2(q.e, t, slope)
	g.mul(q.p, slope, slope)
	g.add(u, t, loss)
	g.mul(l, loss, loss)
	g.subLabelled(q.minus, u, loss)
	g.mul(q.e, far, far)
	g.mul(q.p, far, far)
	return loss, slope, far
}

// finiteMinus emits -|z|, a number far from the largest for a z of -Inf.
func (g isa) finiteMinus(q question) reg.VecVirtual {
	if g.looksUp() { // it is one
		minus := g.vec()
		g.move(q.minus, minus)
		return minus
	}
	if g.f64 {
		return g.atLeast(-0x1p1000, q.minus)
	}
	return g.atLeast(-0x1p60, q.minus)
}

// normalisedQuestion: with D = 2L + |z| the loss is C/D, its derivative (t - u) H/D². shares says
// that the larger label is 1 less the other, rounded.
func normalisedQuestion(shares bool) func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			l, minus := q.log(), g.finiteMinus(q) // the other class of a z of -Inf takes the whole sum
			by, overSquare := g.normalisers(l, minus)
			x := g.vec()
			g.mul(q.e, q.p, x)
			g.rsub(l, minus, x)
			entropy := overSquare(x)
			t, u := labels()
			loss, slope = g.vec(), g.vec()
			g.sub(u, t, slope)
			if shares { // 1 - 2 min(t, u) is exact
				smaller, size := g.vec(), g.vec()
				g.min(t, u, smaller)
				g.load(g.constant(1), size)
				g.nmadd(g.constant(2), smaller, size)
				g.and(g.constant(math.Copysign(0, -1)), slope, slope)
				g.or(size, slope, slope)
			}
			g.mul(entropy, slope, slope)
			g.add(t, u, loss)
			g.mul(l, loss, loss)
			g.nmadd(minus, u, loss)
			g.mul(by, loss, loss)
			return loss, slope
		}
	}
}

// normalisers emits 1/D for D = 2 l - minus, and returns what emits x/D².
func (g isa) normalisers(l, minus reg.VecVirtual) (by reg.VecVirtual, overSquare func(reg.VecVirtual) reg.VecVirtual) {
	d, twice := g.vec(), g.vec()
	g.add(l, l, twice)
	g.sub(minus, twice, d)
	if g.f64 {
		square := g.vec()
		by = g.inverse(d)
		g.mul(by, by, square)
		return by, func(x reg.VecVirtual) reg.VecVirtual {
			g.mul(x, square, square)
			return square
		}
	}
	size, larger, smaller := g.vec(), g.vec(), g.vec()
	g.and(g.abs(), minus, size)
	g.min(size, twice, smaller)
	g.max(size, twice, larger)
	low := g.lostOfSum(d, larger, smaller)
	product, lost := g.product(d, d)
	g.add(low, low, twice)
	g.madd(twice, d, lost)
	by = g.vec()
	square := g.inverseOf(product, lost)
	g.mul(square, low, by)
	g.madd(square, d, by)
	return by, func(x reg.VecVirtual) reg.VecVirtual { return g.quotient(x, square, product, lost) }
}

// penalisedQuestion: the loss is C - A H, its derivative C' - A p q |z|.
func penalisedQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		l := q.log()
		t, u := labels()
		loss, slope, far := g.crossed(q, l, t, u)
		a, x := g.parameter(par, 0), g.vec()
		g.mul(q.p, far, x)
		g.madd(a, x, slope)
		g.sub(far, l, far)
		g.nmadd(a, far, loss)
		return loss, slope
	}
}

// penalisedSingle: with w = -A e |z|, whose e may be denormal where it is not, the loss is (t + u -
// A) l + u |z| + w p, its derivative p (t e - u + w p).
func penalisedSingle(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		a, w := g.parameter(par, 0), g.atLeast(pieceLowest, q.minus)
		g.mul(g.constant(unraise), w, w)
		g.mul(a, w, w)
		g.mul(q.raised, w, w)
		g.mul(q.p, w, w)
		l := q.log()
		t, u := labels()
		loss, slope = g.vec(), g.vec()
		g.move(u, slope)
		g.msub2(q.e, t, slope)
		g.add(w, slope, slope)
		g.mul(q.p, slope, slope)
		g.add(t, u, loss)
		g.sub(a, loss, loss)
		g.horner(w, l, loss)
		g.subFar(q.minus, u, loss)
		return loss, slope
	}
}

// symmetricQuestion: with the logarithms a of t and b of u, at least C, the loss is A C - B (p a +
// q b), its derivative A C' + B p q (a - b).
func symmetricQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	park := g.places(7)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		l := q.log()
		t, u := labels()
		keptT, keptU := park(4, t), park(5, u)
		loss, slope, _ = g.crossed(q, l, t, u)
		a, rest := g.parameter(par, 0), g.vec()
		g.keep(g.cmp(neqUQ, g.constant(0), a), loss, loss) // which may be infinite
		g.mul(a, loss, loss)
		g.mul(a, slope, slope)
		g.mul(q.e, q.p, rest)
		p, r, keptLoss, keptSlope := park(0, q.p), park(1, rest), park(2, loss), park(3, slope)
		near, far := g.labelLogs(c, par, keptT, keptU, func(v reg.VecVirtual) Op { return park(6, v) })
		b, d := g.parameter(par, 1), g.vec()
		loss, slope = g.vec(), g.vec()
		g.sub(far, near, d)
		g.mul(p, d, d)
		g.mul(r, d, d)
		g.load(keptSlope, slope)
		g.madd(b, d, slope)
		g.mul(p, near, near)
		g.mul(r, far, far)
		g.add(far, near, near)
		g.load(keptLoss, loss)
		g.nmadd(b, near, loss)
		return loss, slope
	}
}

// labelLogs emits log t and log u, at least par[2], for labels t and u that stand in memory.
func (g isa) labelLogs(c questionConsts, par reg.GPVirtual, t, u Op, park func(v reg.VecVirtual) Op) (
	a, b reg.VecVirtual) {
	if !g.looksUp() {
		first := park(g.logBeside(c, par, t, u))
		b, a = g.logBeside(c, par, u, t), g.vec()
		g.load(first, a)
		return a, b
	}
	x, y := g.vec(), g.vec()
	g.load(t, x)
	g.load(u, y)
	logs := g.lookUpLogs(c.mantissas, nil, x, y)
	for i, small := range []reg.VecVirtual{g.lostBeside(t, u), g.lostBeside(u, t)} {
		least := g.parameter(par, 2)
		g.load([]Op{t, u}[i], x)
		g.sub(logs[i], small, small)
		g.max(small, least, small)
		g.blend(g.cmp(neqUQ, g.constant(0), x), small, least)
		logs[i] = least
	}
	return logs[0], logs[1]
}

// logBeside emits log t, at least par[2], for labels t and u that stand in memory.
func (g isa) logBeside(c questionConsts, par reg.GPVirtual, t, u Op) reg.VecVirtual {
	small, x := g.lostBeside(t, u), g.vec()
	g.load(t, x)
	least := g.parameter(par, 2)
	some := g.cmp(gtOQ, g.constant(0x1p-1000), x)
	k, m := g.split(x)
	s, sum := g.vec(), g.vec()
	g.sub(g.constant(1), m, s)
	g.add(g.constant(1), m, sum)
	g.mul(g.inverse(sum), s, s)
	log := g.logOf(c, k, s, small)
	g.max(log, least, log)
	g.blend(some, log, least)
	return least
}

// lostBeside emits what the logarithm of a label t lacks where t is 1 less a small label u, and has
// lost digits of that: what rounding took from t, and 0 elsewhere.
func (g isa) lostBeside(t, u Op) reg.VecVirtual {
	x, other, lost, size, small := g.vec(), g.vec(), g.vec(), g.vec(), g.vec()
	g.load(t, x)
	g.load(u, other)
	g.load(g.constant(1), lost)
	g.sub(x, lost, lost)
	g.sub(other, lost, lost)
	g.load(g.abs(), size)
	g.and(lost, size, size)
	m := g.maskAnd(g.cmp(gtOQ, g.constant(0.75), x), g.cmp(gtOQ, g.constant(0), other))
	g.keep(g.maskAnd(m, g.cmp(ngeUQ, g.constant(0x1.8p-51), size)), lost, small)
	return small
}
