package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The question Symmetric in float32, with AVX-512: its terms do not cancel.
var sigmoidShortSymmetric = sigmoidLoss{name: "sigmoidShortSymmetric", doc: "The loss is the question Symmetric; par is A, B and -C.",
	prepare: byLikelihood(shortSymmetricQuestion), ways: 2, exact: true}

// shortSymmetricQuestion is symmetricQuestion in float32.
func shortSymmetricQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	logs, most := g.shortLogs(), g.mostLost()
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		l := q.log()
		t, u := labels()
		near, far := g.labelFalls(logs, most, par, t, u)
		a, b := g.parameter(par, 0), g.parameter(par, 1)
		g.mul(a, t, t)
		g.mul(a, u, u)
		slope, loss = g.vec(), t
		g.move(u, slope)
		g.msub2(q.e, t, slope)
		g.mul(q.p, slope, slope)
		g.add(u, t, loss)
		g.mul(l, loss, loss)
		g.subFar(q.minus, u, loss)
		g.mul(b, near, near)
		g.mul(b, far, far)
		rest, both := g.vec(), g.vec()
		g.mul(q.e, q.p, rest)
		g.mul(q.p, rest, both)
		g.nmadd(near, both, slope)
		g.madd(far, both, slope)
		g.madd(q.p, near, loss)
		g.madd(rest, far, loss)
		return loss, slope
	}
}

// labelFalls emits -log t and -log u, at most par[2], of labels t and u. Where the larger of the two is
// 1 less the other, and has lost digits of that, what rounding took from it counts.
func (g isa) labelFalls(c shortLogs, mostLost Op, par reg.GPVirtual, t, u reg.VecVirtual) (a, b reg.VecVirtual) {
	lost, size := g.vec(), g.vec()
	g.load(g.constant(1), lost)
	g.max(u, t, size)
	g.sub(size, lost, lost)
	g.min(u, t, size)
	g.sub(size, lost, lost)
	g.load(g.abs(), size)
	g.and(lost, size, size)
	small := g.cmp(leOQ, mostLost, size)
	fall := func(x, beside reg.VecVirtual) reg.VecVirtual {
		larger, most := K(), g.parameter(par, 2)
		f := g.shortLog(c, x)
		g.pick(VCMPPS, nil, Imm(gtOQ), beside, x, small.op, larger)
		g.pick(VSUBPS, nil, lost, f, larger, f)
		g.min(f, most, f)
		return f
	}
	return fall(t, u), fall(u, t)
}

// mostLost emits how much may be lost: with a label 1 - yes what rounding to float32 takes, and else
// what says that the labels sum to 1.
func (g isa) mostLost() Op {
	no, p, v := g.param("no"), GP64(), g.vec()
	rounded := GP64()
	LEAQ(g.constant(0x1p-24), rounded)
	LEAQ(g.constant(0x1p-51), p)
	TESTQ(no, no)
	CMOVQEQ(rounded, p)
	g.bcast(Mem{Base: p}, v)
	return v
}

// shortLogs are the numbers of -log u for u = 2^k m, 3/4 <= m < 3/2, by the m_i = i/40 next to m, whose
// inverse is rounded:
//
//	-log m = log(1/m_i) - r Q(r),  r = m/m_i - 1,  |r| <= 1/60, and m - 1 for m_i = 1.
type shortLogs struct {
	inverse, first shortTable
	q              []Op
}

// shortTable is 32 numbers, of which the upper half stands in memory.
type shortTable struct {
	low  reg.VecVirtual
	high Mem
}

func (t shortTable) lookup(index reg.VecVirtual) {
	VPERMI2PS(t.high, t.low, index)
	emitted()
}

func (g isa) shortLogs() (c shortLogs) {
	inverse := func(i int) float64 { // the low bits of 30, 31, …, 60 are 30, 31, 0, …, 28
		if i < 30 {
			i += 32
		}
		return float64(float32(40 / float64(i)))
	}
	c.inverse = g.shortTable("shortInverses", inverse)
	c.first = g.shortTable("shortLogs", func(i int) float64 { return math.Log(inverse(i)) })
	c.q = g.constants([]float64{-0.25, 0.333388889, -0.5, 1}) // to 2e-9
	return c
}

func (g isa) shortTable(name string, f func(i int) float64) (t shortTable) {
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 32 {
		DATA(4*i, U32(math.Float32bits(float32(f(i)))))
	}
	t.low, t.high = g.vec(), m.Offset(64)
	g.load(m, t.low)
	return t
}

// shortLog emits -log u, +Inf for 0.
func (g isa) shortLog(c shortLogs, u reg.VecVirtual) (log reg.VecVirtual) {
	const threeQuarters = 3 // the interval of VGETMANTPS that begins there
	r, k, inverse, q := g.vec(), g.vec(), g.vec(), g.vec()
	log = g.vec()
	VGETMANTPS(Imm(threeQuarters), u, r)
	emitted()
	g.mul(g.constant(4./3), u, k)
	VGETEXPPS(k, k)
	emitted()
	g.load(g.magic(), log)
	g.madd(g.constant(40), r, log)
	g.move(log, inverse)
	c.inverse.lookup(inverse)
	c.first.lookup(log)
	g.msub(g.constant(1), inverse, r)
	g.nmadd(g.constant(math.Ln2), k, log)
	g.load(c.q[0], q)
	for _, x := range c.q[1:] {
		g.horner(x, r, q)
	}
	g.nmadd(r, q, log)
	return log
}
