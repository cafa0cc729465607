package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The bi-tempered loss of float32 elements where 1/(T2-1) and 1/(1-T1) are the same whole number n,
// with AVX-512. For y = (T2-1) |z| the tempered softmax of (z, 0) is
//
//	p = b^-n,   q = (b+y)^-n
//
// with the b >= 1 of which the sum is 1: b - 1 = s^n R(s) for s = 1/(1+y), where R is a polynomial
// for every sixteenth of s.

// What the kernel takes behind the numbers of other bi-tempered elements.
const (
	wholeLabels = temperedPars + iota // -e log2(exp(1))
	wholeBits                         // of n, the lowest first: each, and 1 less that
	wholeTables = 24                  // R, the coefficients from the highest degree on: a vector on
	wholeCount  = 16
	wholeTerms  = 9
	wholePars   = wholeTables + wholeTerms*wholeCount
	wholeDigits = 4 // of n
)

var temperedWhole = sigmoidLoss{name: "sigmoidTemperedWhole",
	doc:     "The loss is the question BiTempered of a T2 that spec.WholeExponent is for; par is a temperedPlan's.",
	prepare: byLikelihood(temperedWholeQuestion), exact: true, logs: none, ways: 2, size: true, given: true}

// temperedWholeQuestion: see above and [temperedQuestion]. With 1 - p^e = (b-1)/b and 1 - q^e =
// (b-1+y)/(b+y)
//
//	slope = (d' p/(b+y) - d q/b)/(p (b+y) + q b).
//
// What the sum of p and q has beside 1 counts where a label is near p, and there alone.
func temperedWholeQuestion(g isa, _ questionConsts, par reg.GPVirtual) questionLoss {
	tables, power, root := g.temperedTables(), g.powerByMasks(par, wholeBits), g.wholeRoot(par)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		minus, alpha, b, far, inverse := g.wholeBases(par, root, power, q.minus)
		beta, byB, byFar := g.vec(), g.vec(), g.vec()
		g.sub(minus, alpha, beta)
		g.mul(far, inverse, byB)
		g.mul(b, inverse, byFar)
		g.mul(byB, alpha, alpha)
		g.mul(byFar, beta, beta)
		p, rest := power(byB), power(byFar)
		t, u := labels()
		d, other := g.temperedErrors(t, u, rest)
		beside := g.vec()
		g.sub(g.constant(1), p, beside)
		g.add(rest, beside, beside)
		g.keep(g.cmp(gtOQ, g.constant(0x1p-10), rest), beside, beside)
		g.add(beside, d, d)
		slope, sum := g.vec(), g.vec()
		g.mul(p, byB, sum)
		g.madd(rest, byFar, sum)
		g.mul(p, byFar, p)
		g.mul(rest, byB, rest)
		g.mul(d, rest, slope)
		g.msub2(other, p, slope)
		g.mul(inverse, slope, slope)
		g.mul(g.nearInverse(sum), slope, slope)
		loss = g.temperedBesides(par, t, u, d, other, alpha, beta)
		g.madd(g.parameter(par, parE), beside, loss)
		for i, less := range g.wholeLabelPowers(par, tables, t, u) {
			g.madd([]reg.VecVirtual{t, u}[i], less, loss)
		}
		g.mul(g.parameter(par, parFactor), loss, loss)
		return loss, slope
	}
}

// temperedWholeByLabel is of the same elements.
var temperedWholeByLabel = sigmoidLoss{name: "temperedWholeByLabel", doc: temperedWhole.doc,
	prepare: byLikelihood(temperedWholeSlope), logs: none, ways: 2, size: true}

// temperedWholeSlope is (u^e - t^e + p^e - q^e)/e, where p^e - q^e = 1/b - 1/(b+y) = y/(b (b+y)).
func temperedWholeSlope(g isa, _ questionConsts, par reg.GPVirtual) questionLoss {
	tables, power, root := g.temperedTables(), g.powerByMasks(par, wholeBits), g.wholeRoot(par)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (_, d reg.VecVirtual) {
		minus, _, _, _, inverse := g.wholeBases(par, root, power, g.atLeast(-0x1p500, q.minus)) // -Inf, too
		t, u := labels()
		less := g.wholeLabelPowers(par, tables, t, u)
		d = g.vec()
		g.sub(less[0], less[1], d)
		g.nmadd(minus, inverse, d)
		g.mul(g.parameter(par, parByC), d, d) // 1/e
		return nil, d
	}
}

// wholeBases emits -y, b - 1, b, b+y and 1/(b (b+y)) for size = -|z|.
func (g isa) wholeBases(par reg.GPVirtual, root, power func(s reg.VecVirtual) reg.VecVirtual, size reg.VecVirtual) (
	minus, alpha, b, far, inverse reg.VecVirtual) {
	minus, b, far = g.parameter(par, parC), g.vec(), g.vec()
	g.mul(size, minus, minus)
	sum, product := g.vec(), g.vec()
	g.load(g.constant(1), sum)
	g.sub(minus, sum, sum)
	s := g.inverse(sum)
	alpha = root(s)
	g.mul(power(s), alpha, alpha)
	g.add(g.constant(1), alpha, b)
	g.sub(minus, b, far)
	g.mul(far, b, product)
	return minus, alpha, b, far, g.inverse(product)
}

// wholeLabelPowers emits t^e - 1 and u^e - 1, and keeps t and u.
func (g isa) wholeLabelPowers(par reg.GPVirtual, tables temperedTables, t, u reg.VecVirtual) []reg.VecVirtual {
	var less []reg.VecVirtual
	x, y, least := g.vec(), g.vec(), g.constant(leastLabel)
	g.load(least, x)
	g.load(least, y)
	g.max(t, x, x)
	g.max(u, y, y)
	logs := g.lookUpLogs(tables.logs, nil, x, y)
	for _, v := range g.parts(tables.powers, g.parameter(par, wholeLabels), logs...) {
		g.sub(g.constant(1), v.s, v.s)
		g.madd(v.d, v.q, v.s)
		less = append(less, v.s)
	}
	return less
}

// wholeRoot returns what emits R(s).
func (g isa) wholeRoot(par reg.GPVirtual) func(s reg.VecVirtual) reg.VecVirtual {
	scale := g.hold(fineScale)
	return func(s reg.VecVirtual) (v reg.VecVirtual) {
		index, n, x := g.vec(), g.vec(), g.vec()
		g.load(g.constant(0x1.8p52), index)
		VFMADD231PD_RD_SAE(scale, s, index)
		emitted()
		g.sub(g.constant(0x1.8p52), index, n)
		g.sub(g.constant(0.5/fineScale), s, x)
		g.nmadd(g.constant(1./fineScale), n, x) // from the middle
		for i := range wholeTerms {
			c, at := g.vec(), Mem{Base: par, Disp: g.floatSize() * (wholeTables + i*wholeCount)}
			g.load(at, c)
			VPERMT2PD(at.Offset(wholeCount/2*g.floatSize()), index, c)
			emitted()
			if v != nil {
				g.madd(v, x, c)
			}
			v = c
		}
		return v
	}
}

// powerByMasks returns what emits x^n for the n of which the bits stand at par as those of
// [isa.power]. It keeps x.
func (g isa) powerByMasks(par reg.GPVirtual, at int) func(x reg.VecVirtual) reg.VecVirtual {
	var bits []reg.OpmaskVirtual
	for i := 1; i < wholeDigits; i++ {
		k := K()
		g.pick(VCMPPS_BCST, VCMPPD_BCST, Imm(neqUQ), Mem{Base: par, Disp: g.floatSize() * (at + 2*i)}, g.zeros(1)[0], k)
		bits = append(bits, k)
	}
	return func(x reg.VecVirtual) reg.VecVirtual {
		w, square := g.factor(x, par, at), x
		for _, k := range bits {
			last := square
			square = g.vec()
			g.mul(last, last, square)
			g.pick(VMULPS, VMULPD, square, w, k, w)
		}
		return w
	}
}
