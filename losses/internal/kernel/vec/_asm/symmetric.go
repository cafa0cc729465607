package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The question Symmetric in float32.
var singleQuestions = []sigmoidLoss{
	{name: "sigmoidReverseShares",
		doc:     "The loss is the question Symmetric of A = 0 and a no that is nil; par is A, B and -C.",
		prepare: singleQuestion(false, false), logs: none, ways: 2},
	{name: "sigmoidSymmetricShares", doc: "The loss is the question Symmetric of a no that is nil; par is A, B and -C.",
		prepare: singleQuestion(true, false), ways: 2, staged: 2},
	{name: "sigmoidReverseMasses",
		doc:     "The loss is the question Symmetric of A = 0 and a no that is not nil; par is A, B and -C.",
		prepare: singleQuestion(false, true), logs: none, ways: 1, given: true},
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
		logs, park := g.shortLogs(!given), g.places(9)
		return func(qu question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual) {
			p, q, positive := g.vec(), g.vec(), qu.positive()
			rest, lost := g.product(qu.e, qu.p)
			both, rounded := g.product(rest, qu.p)
			g.madd(lost, qu.p, rounded)
			keptBoth, keptRounded := park(0, both), park(1, rounded)
			g.move(rest, p)
			g.move(qu.p, q)
			g.blend(positive, p, q)
			g.blend(positive, qu.p, p)
			keptP, keptQ, l, minus := park(2, p), park(3, q), Op(nil), Op(nil)
			if crossed {
				l, minus = park(4, qu.log()), park(5, qu.minus)
			}
			t, u := labels()
			keptT, keptU := park(6, t), park(7, u)
			var a, b reg.VecVirtual
			if given {
				a, b = g.massLogs(logs, par, t, u)
			} else {
				a, b = g.shareLogs(logs, par, t, u)
			}
			loss, slope = g.vec(), g.vec()
			if crossed {
				keptA := park(8, a)
				l := g.loaded(l)
				t, u := g.loaded(keptT), g.loaded(keptU)
				far, alpha := g.vec(), g.parameter(par, 0)
				if given {
					mass := g.vec()
					g.add(t, u, mass)
					g.mul(mass, l, l)
				}
				g.move(t, far)
				g.blend(qu.positive(), u, far)
				g.subFar(g.loaded(minus), far, l)
				g.mul(alpha, l, loss)
				g.mul(keptQ, t, slope)
				g.msub2(keptP, u, slope)
				g.mul(alpha, slope, slope)
				a = g.loaded(keptA)
			} else {
				g.zero(loss)
				g.zero(slope)
			}
			beta, d := g.parameter(par, 1), g.vec()
			g.mul(beta, a, a)
			g.mul(beta, b, b)
			g.madd(keptP, a, loss)
			g.madd(keptQ, b, loss)
			g.sub(b, a, d)
			g.madd(keptRounded, d, slope)
			pq := g.loaded(keptBoth)
			less, off := g.product(pq, b) // pq a - less is off, too, at t = 1/2
			g.msub2(pq, a, less)
			g.sub(off, slope, slope)
			g.add(less, slope, slope)
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

// shortLogs are the numbers of -log u for u = 2^k m, 3/4 <= m < 3/2, by the m_i = i/steps next to
// m, whose inverse is rounded:
//
//	-log m = log(1/m_i) - r Q(r),  r = m/m_i - 1, and m - 1 for m_i = 1,
//
// with |r| <= 1/60 for 40 steps, with AVX-512, and |r| <= 1/15 for 10.
type shortLogs struct {
	inverse, first table
	steps          logSteps
	q              []Op
	shares         bool // u is no more than 1
}

func (g isa) shortLogs(shares bool) (c shortLogs) {
	steps, q := g.logSteps()
	c.shares, c.steps, c.q = shares, steps, g.constants(q)
	inverse := func(i float64) float64 { return float64(float32(steps.number / steps.at(i))) }
	c.inverse = g.tableOf("shortInverses", inverse)
	c.first = g.tableOf("shortLogs", func(i float64) float64 { return math.Log(inverse(i)) })
	return c
}

// logSteps are the i/number for 3/4 <= i/number < 3/2 by which tables of logarithms go: their count
// is a power of two.
type logSteps struct{ number, first, count float64 }

// logSteps returns them with the coefficients of log1p(r)/r for what is left.
func (g isa) logSteps() (s logSteps, q []float64) {
	if !g.avx512 {
		return logSteps{10, 8, 8}, log1pTenth
	}
	return logSteps{40, 30, 32}, log1pSingle
}

// at returns the i of which the low bits are those.
func (s logSteps) at(bits float64) (i float64) {
	return s.first + math.Mod(bits+s.count-math.Mod(s.first, s.count), s.count)
}

// log1pSingle are the coefficients of log1p(r)/r, to 2e-9 for |r| <= 1/60 and 1.3e-8 for |r| <=
// 1/48.
var log1pSingle = []float64{-0.25, 0.333388889, -0.5, 1}

// log1pTenth are the coefficients of log1p(r)/r, to 5e-10 for |r| <= 1/15 and 1e-9 for |r| <= 1/14.
var log1pTenth = []float64{-0.167401672, 0.200839924, -0.249998922, 0.333332102, -0.5, 1}

// shortLog emits -log(u + low) for what u has lost near 1, or no low: +Inf for 0, but with AVX2
// some number above 87 for what is not normal.
func (g isa) shortLog(c shortLogs, u, low reg.VecVirtual) (log reg.VecVirtual) {
	r, k := g.shortSplit(u, c.shares)
	inverse, q := g.vec(), g.vec()
	log = g.vec()
	g.load(g.magic(), log)
	g.madd(g.constant(c.steps.number), r, log)
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

// shortSplit emits the m and k of [shortLogs].
func (g isa) shortSplit(u reg.VecVirtual, share bool) (m, k reg.VecVirtual) {
	m, k = g.vec(), g.vec()
	if !g.avx512 {
		size := g.vec()
		g.and(g.abs(), u, size) // a label may be -0
		g.isub(g.bitsOf(uint64(math.Float32bits(0.75))), size, k)
		VPSRAD(Imm(23), k, k)
		VPSLLD(Imm(23), k, m)
		g.isub(m, size, m)
		VCVTDQ2PS(k, k)
		return m, k
	}
	const threeQuarters = 3 // the interval of VGETMANTPS that begins there
	VGETMANTPS(Imm(threeQuarters), u, m)
	emitted()
	if share { // that times 4/3 is a number: 3/2 * 4/3 is 2 when rounded
		g.mul(g.constant(4./3), u, k)
		VGETEXPPS(k, k)
		emitted()
		return m, k
	}
	VGETEXPPS(u, k)
	emitted()
	g.pick(VADDPS_BCST, nil, g.constant(1), k, g.cmp(ltOQ, g.constant(1), m).op, k)
	return m, k
}
