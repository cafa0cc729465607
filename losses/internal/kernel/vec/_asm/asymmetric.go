package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What the asymmetric loss takes, each a number: the exponents, the margin, and the exponents bit
// by bit as factorBits of [isa.power]; of no with a margin the exponent less 1, and its last bit.
const (
	parPos = iota
	parNeg
	parMargin
	parPosBits
	parNegBits = parPosBits + 2*powerBits
	parLast    = parNegBits + 2*powerBits

	asymmetricPars = parLast + 2
	powerBits      = 3
)

// power emits x^k for the k of which the bits stand at par: b and 1-b for each, from the lowest on.
// It overwrites x.
func (g isa) power(x reg.VecVirtual, par reg.GPVirtual, at int) reg.VecVirtual {
	w := g.factor(x, par, at)
	for i := 1; i < powerBits; i++ {
		g.mul(x, x, x)
		g.mul(g.factor(x, par, at+2*i), w, w)
	}
	return w
}

// factor emits x or 1, as the numbers b and 1-b at par say.
func (g isa) factor(x reg.VecVirtual, par reg.GPVirtual, at int) reg.VecVirtual {
	b, f := g.parameter(par, at), g.parameter(par, at+1)
	g.madd(b, x, f)
	return f
}

// asymmetricQuestion: with p and q = 1-p of yes, l = -log p and m = -log q
//
//	loss = t q^γ l,   slope = -t q^γ (q + γ p l)
//
// for the label t of yes; of no, without a margin, the same with p and q exchanged, and minus.
func asymmetricQuestion(margin bool) func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		park := g.places(8)
		return func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			near, far, rest := q.log(), g.vec(), g.vec()
			g.sub(q.minus, near, far)
			g.mul(q.e, q.p, rest)
			positive := q.positive()
			choose := func(i int, likely, other reg.VecVirtual) Op { // that of yes
				x := g.vec()
				g.move(other, x)
				g.blend(positive, likely, x)
				return park(i, x)
			}
			p, rests := choose(0, q.p, rest), choose(1, rest, q.p)
			l, m := choose(2, near, far), Op(nil)
			if !margin {
				m = choose(3, far, near)
			}
			t, u := labels()
			keptU := park(4, u)
			loss, slope = g.side(par, parPos, parPosBits, p, rests, l, t)
			if !margin {
				keptLoss, keptSlope := park(5, loss), park(6, slope)
				u = g.vec()
				g.load(keptU, u)
				loss, slope = g.side(par, parNeg, parNegBits, rests, p, m, u)
				g.add(keptLoss, loss, loss)
				g.sub(keptSlope, slope, slope)
				return loss, slope
			}
			keptLoss, keptSlope := park(5, loss), park(6, slope)
			loss, slope = g.marginSide(c, par, func(v reg.VecVirtual) Op { return park(7, v) }, rests, p, keptU)
			g.add(keptLoss, loss, loss)
			g.sub(keptSlope, slope, slope)
			return loss, slope
		}
	}
}

// side emits t q^γ l and t q^γ (q + γ p l) for one class of the label t, l = -log p and q = 1-p. It
// overwrites t.
func (g isa) side(par reg.GPVirtual, gamma, bits int, p, q, l Op, t reg.VecVirtual) (loss, slope reg.VecVirtual) {
	x := g.vec()
	g.load(q, x)
	w := g.power(x, par, bits)
	loss = g.vec()
	g.load(l, loss)
	far := loss
	if g.looksUp() { // l is finite
		g.load(loss, x)
	} else {
		far = g.whereLabelled(loss, t)
		g.load(g.constant(-lowest64), x)
		g.min(loss, x, x) // beyond, p is 0
	}
	g.mul(w, t, t)
	g.mul(p, x, x)
	g.mul(far, t, far)
	slope = g.vec()
	g.load(q, slope)
	g.madd(g.parameter(par, gamma), x, slope)
	g.mul(t, slope, slope)
	return far, slope
}

// marginSide emits the loss u d^γ n and its derivative u p q (d^γ/r + γ d^(γ-1) n) of no for its
// label u, with the p and q = 1-p of no, d = q - margin, r = 1-d = p + margin and n = -log r, 0
// where d is not above 0.
func (g isa) marginSide(c questionConsts, par reg.GPVirtual, park func(v reg.VecVirtual) Op, p, q, label Op) (loss,
	slope reg.VecVirtual) {
	margin := g.parameter(par, parMargin)
	d, r := g.vec(), g.vec()
	g.load(q, d)
	g.sub(margin, d, d)
	g.add(p, margin, r)
	keptD := park(d)
	n, inverse := g.marginLog(c, d, r)
	d = g.vec()
	g.load(keptD, d)
	above := g.cmp(gtOQ, g.constant(0), d)
	u := g.vec()
	g.load(label, u)
	g.keep(above, u, u)
	x := g.vec()
	g.move(d, x)
	w1 := g.power(x, par, parNegBits)
	w := g.factor(d, par, parLast)
	g.mul(w1, w, w) // d^γ
	loss = g.vec()
	g.mul(w, n, loss)
	g.mul(u, loss, loss)
	g.mul(w1, n, n)
	g.mul(g.parameter(par, parNeg), n, n)
	g.madd(inverse, w, n)
	g.mul(u, n, n)
	g.mul(p, n, n)
	g.mul(q, n, n)
	return loss, n
}

// marginLog emits -log r and 1/r for r = 1-d. It overwrites d and r.
func (g isa) marginLog(c questionConsts, d, r reg.VecVirtual) (n, inverse reg.VecVirtual) {
	small := g.vec() // what rounding took from r, which counts where it is near 1
	g.load(g.constant(1), small)
	g.sub(r, small, small)
	g.sub(d, small, small)
	if g.looksUp() {
		inverse = g.shortInverse(r)
		return g.lookUpLogs(c.mantissas, small, r)[0], inverse
	}
	k, m := g.split(r)
	f, s := g.vec(), g.vec()
	g.sub(g.constant(1), m, f)
	g.add(g.constant(1), m, m)
	g.mul(r, m, s)
	inverse = g.inverse(s)
	g.mul(inverse, r, s)
	g.mul(f, s, s)
	g.mul(m, inverse, inverse)
	g.keep(g.cmp(gtOQ, g.constant(0.5), r), small, small)
	g.mul(inverse, small, small)
	log := g.logOf(c, k, s, small)
	n = g.zeros(1)[0]
	g.sub(log, n, n)
	return n, inverse
}

// logOf emits k log 2 + 2 atanh(s) + small, for s = (m-1)/(m+1) and k of split.
func (g isa) logOf(c questionConsts, k, s, small reg.VecVirtual) reg.VecVirtual {
	square, tail := g.series(c.log, s)
	l := g.log1pOf(s, square, tail)
	g.add(small, l, l)
	g.madd(g.constant(log2Low), k, l)
	g.madd(g.constant(log2High), k, l)
	return l
}

// labelLog emits log t of a positive normal label.
func (g isa) labelLog(c questionConsts, t reg.VecVirtual) reg.VecVirtual {
	return g.labelLogBeside(c, t, g.zeros(1)[0])
}

// labelLogBeside emits log(t + small) for a small that counts where t is near 1.
func (g isa) labelLogBeside(c questionConsts, t, small reg.VecVirtual) reg.VecVirtual {
	k, m := g.split(t)
	s, sum := g.vec(), g.vec()
	g.sub(g.constant(1), m, s)
	g.add(g.constant(1), m, sum)
	g.mul(g.inverse(sum), s, s)
	return g.logOf(c, k, s, small)
}
