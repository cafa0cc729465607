package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The question Symmetric in float32, with AVX-512.
var singleQuestions = []sigmoidLoss{
	{name: "sigmoidReverseShares",
		doc:     "The loss is the question Symmetric of A = 0 and a no that is nil; par is A, B and -C.",
		prepare: singleQuestion(false, false), ways: 2},
	{name: "sigmoidSymmetricShares", doc: "The loss is the question Symmetric of a no that is nil; par is A, B and -C.",
		prepare: singleQuestion(true, false), ways: 2},
	{name: "sigmoidReverseMasses",
		doc:     "The loss is the question Symmetric of A = 0 and a no that is not nil; par is A, B and -C.",
		prepare: singleQuestion(false, true), ways: 1, given: true},
	{name: "sigmoidSymmetricMasses",
		doc:     "The loss is the question Symmetric of a no that is not nil; par is A, B and -C.",
		prepare: singleQuestion(true, true), ways: 1, given: true},
}

// singleQuestion: with the probabilities p and q of yes and no, and a = -log t and b = -log u of
// their labels, at most -C, the loss is A C + B (p a + q b), its derivative A C' + B p q (a - b),
// of which the product p q is taken with what rounding took from it, and so is a - b: it is 0 at t
// = 1/2. crossed says that A is not 0, given that u is no 1 - t that was rounded.
func singleQuestion(crossed, given bool) func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	return func(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
		logs := g.shortLogs()
		return func(qu question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			p, q, positive := g.vec(), g.vec(), qu.positive()
			rest, lost := g.product(qu.e, qu.p)
			both, rounded := g.product(rest, qu.p)
			g.madd(lost, qu.p, rounded)
			g.move(rest, p)
			g.move(qu.p, q)
			g.blend(positive, p, q)
			g.blend(positive, qu.p, p)
			l := reg.VecVirtual(nil)
			if crossed {
				l = qu.log()
			}
			t, u := labels()
			var a, b reg.VecVirtual
			if given {
				a, b = g.massLogs(logs, par, t, u)
			} else {
				a, b = g.shareLogs(logs, par, t, u)
			}
			loss, slope = g.vec(), g.vec()
			if crossed {
				far, alpha := g.vec(), g.parameter(par, 0)
				if given {
					mass := g.vec()
					g.add(t, u, mass)
					g.mul(mass, l, l)
				}
				g.move(t, far)
				g.blend(positive, u, far)
				g.subFar(qu.minus, far, l)
				g.mul(alpha, l, loss)
				g.mul(q, t, slope)
				g.msub2(p, u, slope)
				g.mul(alpha, slope, slope)
			} else {
				g.zero(loss)
				g.zero(slope)
			}
			beta, d, off := g.parameter(par, 1), g.vec(), g.vec()
			g.mul(beta, a, a)
			g.mul(beta, b, b)
			g.madd(p, a, loss)
			g.madd(q, b, loss)
			g.sub(b, a, d)
			g.sub(a, d, off)
			g.add(off, b, b) // a - b is what d has lost, from here on
			g.sub(off, d, off)
			g.sub(off, a, a)
			g.sub(b, a, a)
			g.madd(rounded, d, slope)
			g.madd(both, a, slope)
			g.madd(both, d, slope)
			return loss, slope
		}
	}
}

// shareLogs emits -log t and -log u, at most par[2], for the label t and u = 1 - t rounded.
func (g isa) shareLogs(c shortLogs, par reg.GPVirtual, t, u reg.VecVirtual) (a, b reg.VecVirtual) {
	lost := g.vec()
	g.other(u, lost)
	g.sub(t, lost, lost)
	a, b = g.shortLog(c, t, nil), g.shortLog(c, u, lost)
	most := g.parameter(par, 2)
	g.min(a, most, a)
	g.min(b, most, b)
	return a, b
}

// massLogs emits -log t and -log u, at most par[2], for labels t and u, the larger of which may be
// 1 less the other, with the digits of that: see [isa.lostBeside].
func (g isa) massLogs(c shortLogs, par reg.GPVirtual, t, u reg.VecVirtual) (a, b reg.VecVirtual) {
	large, small, lost, beside, size := g.vec(), g.vec(), g.vec(), g.vec(), g.vec()
	g.max(t, u, large)
	g.min(t, u, small)
	g.other(large, lost)
	g.sub(small, lost, lost)
	g.and(g.abs(), lost, size)
	g.keep(g.cmp(ngeUQ, g.constant(0x1.8p-51), size), lost, lost)
	g.keep(g.cmp(gtOQ, u, t), lost, beside)
	g.sub(beside, lost, lost)
	most := g.parameter(par, 2)
	a, b = g.shortLog(c, t, beside), g.shortLog(c, u, lost)
	g.min(a, most, a)
	g.min(b, most, b)
	return a, b
}

// shortLogs are the numbers of -log u for u = 2^k m, 3/4 <= m < 3/2, by the m_i = i/40 next to m,
// whose inverse is rounded:
//
//	-log m = log(1/m_i) - r Q(r),  r = m/m_i - 1,  |r| <= 1/60, and m - 1 for m_i = 1.
type shortLogs struct {
	inverse, first table
	q              []Op
}

func (g isa) shortLogs() (c shortLogs) {
	inverse := func(i float64) float64 { // the low bits of 30, 31, …, 60 are 30, 31, 0, …, 28
		if i < 30 {
			i += 32
		}
		return float64(float32(40 / i))
	}
	c.inverse = g.tableOf("shortInverses", inverse)
	c.first = g.tableOf("shortLogs", func(i float64) float64 { return math.Log(inverse(i)) })
	c.q = g.constants(log1pSingle)
	return c
}

// log1pSingle are the coefficients of log1p(r)/r, to 2e-9 for |r| <= 1/60 and 1.3e-8 for |r| <=
// 1/48.
var log1pSingle = []float64{-0.25, 0.333388889, -0.5, 1}

// shortLog emits -log(u + low) for what u has lost near 1, or no low, +Inf for 0.
func (g isa) shortLog(c shortLogs, u, low reg.VecVirtual) (log reg.VecVirtual) {
	const threeQuarters = 3 // the interval of VGETMANTPS that begins there
	r, k, inverse, q := g.vec(), g.vec(), g.vec(), g.vec()
	log = g.vec()
	VGETMANTPS(Imm(threeQuarters), u, r)
	emitted()
	VGETEXPPS(u, k)
	emitted()
	g.pick(VADDPS_BCST, nil, g.constant(1), k, g.cmp(ltOQ, g.constant(1), r).op, k)
	g.load(g.magic(), log)
	g.madd(g.constant(40), r, log)
	g.move(log, inverse)
	g.lookup(c.inverse, inverse)
	g.lookup(c.first, log)
	g.msub(g.constant(1), inverse, r)
	if low != nil {
		g.add(low, r, r)
	}
	g.load(c.q[0], q)
	for _, x := range c.q[1:] {
		g.horner(x, r, q)
	}
	g.nmadd(r, q, log)
	g.nmadd(g.constant(math.Ln2), k, log) // the largest number last, which rounds most
	return log
}
