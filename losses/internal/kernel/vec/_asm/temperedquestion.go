package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The bi-tempered loss of elements. With c = T2-1 the tempered softmax of (z, 0) is the softmax of
// (w, 0) for
//
//	|w| = log1p(y)/c,   y = c |z| exp(-c L),   L = log1p(exp(-|w|))

// What the kernels of bi-tempered elements take, with e = 1-T1.
const (
	parE      = iota // e
	parEPower        // e log2(exp(1))
	parC
	parCPower
	parByC    // 1/c
	parReach  // 1/a of the start v (1 - g(1 - v/b) s⁴), v = log1p(c |z|)/c, s = max(1 - v/a, 0)
	parNear   // 1/b
	parFactor // 1/(e (1+e))
	parSmall  // what is a small last step for a row
	parStart  // the coefficients of g, from the highest degree on

	startTerms   = 3
	temperedPars = parStart + startTerms
)

// farLogit is a |w| beyond those of finite logits: the powers of its exponential are 0.
const farLogit = 1 << 20

// temperedTables are those of powers and logarithms, with AVX-512, for what is exact and for a
// step.
type temperedTables struct {
	powers, shortPowers powers
	logs, shortLogs     mantissas
}

func (g isa) temperedTables() (t temperedTables) {
	t.powers, t.logs = g.powers(true), g.mantissas(true)
	t.shortPowers, t.shortLogs = t.powers, t.logs
	if g.narrow {
		t.shortPowers.q, t.shortLogs.q = g.constants(shortPowers), g.constants(log1pShort)
	}
	return t
}

// minusLog1p emits -log1p(x) of x >= 0, and 1/(1+x) where inverse is nil. With AVX-512 it is by
// logs, and what rounding takes from 1+x counts if it is exact.
func (g isa) minusLog1p(logs mantissas, exact bool, x, inverse reg.VecVirtual) (minus, inv reg.VecVirtual) {
	if !g.avx512 {
		minus, inv = g.vec(), g.vec()
		g.log1p(x, inv, minus)
		g.negateAll(minus)
		return minus, inv
	}
	sum, low := g.vec(), g.vec()
	g.add(g.constant(1), x, sum)
	if inv = inverse; inv == nil {
		inv = g.nearInverse(sum)
	}
	if !exact {
		return g.lookUpLogs(logs, nil, sum)[0], inv
	}
	g.sub(g.constant(1), sum, low)
	g.sub(low, x, low)
	minus = g.lookUpLogs(logs, nil, sum)[0]
	g.nmadd(low, inv, minus)
	return minus, inv
}

// nearInverse emits 1/x, for float32 elements, and short, to 4e-9 with AVX-512.
func (g isa) nearInverse(x reg.VecVirtual) reg.VecVirtual {
	if g.looksUp() || g.avx512 && g.short {
		return g.shortInverse(x)
	}
	return g.inverse(x)
}

// expOfMinus emits exp(c x) for x <= 0 and the parameter c.
func (g isa) expOfMinus(c questionConsts, p powers, par reg.GPVirtual, x reg.VecVirtual) reg.VecVirtual {
	if g.avx512 {
		return g.exp2(p, g.parameter(par, parCPower), x)[0]
	}
	y, e := g.parameter(par, parC), g.vec()
	g.mul(x, y, y)
	g.expBounded(c, g.atLeast(g.lowest(), y), e)
	return e
}

// ratePower emits p = exp(e x) as s + d q, where s is 1 for a p near 1.
func (g isa) ratePower(c questionConsts, par reg.GPVirtual, x reg.VecVirtual) (s, d, q reg.VecVirtual) {
	if g.avx512 {
		v := g.parts(c.tempered.powers, g.parameter(par, parEPower), x)[0]
		return v.s, v.d, v.q
	}
	y := g.parameter(par, parE)
	g.mul(x, y, y)
	s, q = g.expParts(c.exp, g.constant(g.lowest()), y)
	return s, s, q
}

// powerAndRest emits p = exp(e x) and 1 - p.
func (g isa) powerAndRest(c questionConsts, par reg.GPVirtual, x reg.VecVirtual) (p, rest reg.VecVirtual) {
	rest = g.vec()
	g.load(g.constant(1), rest)
	p, d, q := g.ratePower(c, par, x)
	g.sub(p, rest, rest)
	g.nmadd(d, q, rest)
	g.madd(d, q, p)
	return p, rest
}

// powerLess emits exp(e x) - 1.
func (g isa) powerLess(c questionConsts, par reg.GPVirtual, x reg.VecVirtual) reg.VecVirtual {
	s, d, q := g.ratePower(c, par, x)
	less := g.vec()
	g.sub(g.constant(1), s, less)
	g.madd(d, q, less)
	return less
}

// temperedLogits emits w for the logits z, NaN for +Inf, by steps of the third order.
func (g isa) temperedLogits(name string, steps int) {
	if !g.narrow {
		steps++
	}
	g.text(name, "func(w *float64, z *T, n int, par *A)", fmt.Sprintf(
		"stores the logits w of which the softmax with 0 is the tempered one of z with 0, by %d steps; par is a "+
			"temperedPlan's.", steps))
	w, z, n, par := g.param("w"), g.param("z"), g.param("n"), g.param("par")
	c, zero := g.questionConsts(sigmoidLoss{logits: true, exact: true, logs: none}), g.zeros(1)[0]
	park := g.places(4)
	one := func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(z, i, v, m)
		g.noInfinity(y)
		g.and(g.abs(), y, y)
		g.mul(g.parameter(par, parC), y, y)
		far := park(0, y)
		minus, _ := g.minusLog1p(c.tempered.shortLogs, false, y, y)
		s, near, short := g.parameter(par, parReach), g.parameter(par, parNear), g.parameter(par, parStart)
		g.mul(g.parameter(par, parByC), minus, minus) // -v
		g.horner(g.constant(1), minus, s)
		g.max(s, zero, s)
		g.mul(s, s, s)
		g.mul(s, s, s)
		g.horner(g.constant(1), minus, near)
		for i := 1; i < startTerms; i++ {
			g.horner(g.parameter(par, parStart+i), near, short)
		}
		g.mul(short, s, s)
		g.mul(minus, s, s)
		g.sub(s, minus, minus)
		for range steps {
			minus = g.temperedStep(c, par, far, minus, func(i int, v reg.VecVirtual) Op { return park(1+i, v) })
		}
		sign := g.get(z, i, v, m)
		g.and(g.abs(), minus, minus)
		g.blend(g.cmp(eqOQ, g.infinity(-1), sign), g.constant(farLogit), minus)
		g.and(g.constant(math.Copysign(0, -1)), sign, sign)
		g.or(sign, minus, minus)
		g.putFloat64(minus, w, i, v, m)
	}
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	if g.avx512 {
		g.groups(2, i, left, nil, nil, func(v int) { one(i, v, nil) })
	}
	g.rest(i, left, func(m *mask) { one(i, 0, m) })
	g.ret()
}

// temperedStep emits the -|w| that follows upon one, far being c |z|: with q =
// exp(-|w|)/(1+exp(-|w|)), p = 1-q, r = 1/(1+y), the derivative D = q y r of the right side, and D'
// = D (c q r - p), a step of Chebyshev's is
//
//	-s (1 - s D'/2(1-D)),   s = (|w| - log1p(y)/c)/(1-D).
func (g isa) temperedStep(c questionConsts, par reg.GPVirtual, far Op, minus reg.VecVirtual,
	park func(i int, v reg.VecVirtual) Op) reg.VecVirtual {
	keptMinus := park(0, minus)
	var e reg.VecVirtual
	if g.avx512 {
		e = g.exp2(c.tempered.powers, g.constant(math.Log2E), minus)[0]
	} else {
		e = g.vec()
		g.expBounded(c, g.atLeast(g.lowest(), minus), e)
	}
	keptE := park(1, e)
	l, p := g.minusLog1p(c.tempered.logs, !g.narrow, e, nil)
	keptP := park(2, p)
	y := g.expOfMinus(c, c.tempered.powers, par, l)
	g.mul(far, y, y)
	f, r := g.minusLog1p(c.tempered.logs, !g.narrow, y, nil)
	x, d, by, rest := g.vec(), g.vec(), g.parameter(par, parC), g.vec()
	g.mul(keptE, r, x)
	g.mul(keptP, x, x) // q r
	g.mul(x, y, d)     // D
	g.mul(by, x, x)
	g.sub(keptP, x, x)
	g.mul(d, x, x) // D'
	g.load(g.constant(1), rest)
	g.sub(d, rest, rest)
	rest = g.nearInverse(rest)
	g.mul(g.parameter(par, parByC), f, f)
	g.sub(keptMinus, f, f)
	g.mul(rest, f, f) // s
	g.mul(rest, x, x)
	g.mul(f, x, x)
	g.mul(g.constant(0.5), x, x)
	g.nmadd(f, x, f)
	next := g.vec()
	g.load(keptMinus, next)
	g.add(f, next, next)
	return next
}

// temperedQuestion: with α and τ for 1 - p^e and 1 - t^e, d = p - t of both classes, and r = exp(-c
// |w|),
//
//	e (1+e) loss = Σ α (t - e d) - Σ t τ + e (1 - t - u)
//	slope = q^c (d' q^e - E d p^e)/(1 + E r),   E = q/p
//
// for the likely class's p and t, and q and u of the other one.
func temperedQuestion(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	park, store := g.places(8), g.stored(5)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		near, _ := g.minusLog1p(c.tempered.logs, true, q.e, q.p)
		far, rest := g.vec(), g.vec()
		g.add(q.minus, near, far)
		g.mul(q.e, q.p, rest)
		keptE, keptRest, keptFar, minus := park(0, q.e), store(0, rest), park(2, far), park(3, q.minus)
		pow, alpha := g.powerAndRest(c, par, near)
		keptPow, keptAlpha := park(4, pow), store(1, alpha)
		sum := g.vec()
		g.load(g.constant(1), sum)
		g.madd(keptE, g.expOfMinus(c, c.tempered.shortPowers, par, g.loaded(minus)), sum)
		keptSum := park(3, g.nearInverse(sum))
		factor := g.expOfMinus(c, c.tempered.shortPowers, par, g.loaded(keptFar))
		g.mul(keptSum, factor, factor)
		slope = g.vec()
		g.mul(keptE, factor, slope)
		g.mul(keptPow, slope, slope)
		bySlope, byOther := store(2, slope), park(3, factor) // of d and d'
		pow, alpha = g.powerAndRest(c, par, g.loaded(keptFar))
		keptBeta := store(3, alpha)
		g.mul(byOther, pow, pow)
		byOther = store(4, pow)
		t, u := labels()
		keptT, keptU := park(6, t), park(7, u)
		d, other := g.temperedErrors(t, u, g.loaded(keptRest))
		slope = g.vec()
		g.mul(byOther, other, slope)
		g.nmadd(bySlope, d, slope)
		keptSlope := park(0, slope)
		loss = g.temperedBesides(par, g.loaded(keptT), g.loaded(keptU), d, other, keptAlpha, keptBeta)
		keptLoss := park(1, loss)
		for _, t := range []Op{keptT, keptU} {
			less := g.powerLess(c, par, g.logOfLabel(c, t))
			loss = g.vec()
			g.load(keptLoss, loss)
			g.madd(t, less, loss)
			keptLoss = park(1, loss)
		}
		slope = g.vec()
		g.load(keptSlope, slope)
		g.mul(g.parameter(par, parFactor), loss, loss)
		return loss, slope
	}
}

// temperedErrors emits p - t of the likely class, for rest = 1-p, and rest - u.
func (g isa) temperedErrors(t, u, rest reg.VecVirtual) (d, other reg.VecVirtual) {
	d, other = g.complement(t, u), g.vec()
	g.sub(rest, d, d)
	g.sub(u, rest, other)
	return d, other
}

// temperedBesides emits Σ α (t - e d) + e (1 - t - u) of the likely class's label t, d and alpha,
// and u, other and beta.
func (g isa) temperedBesides(par reg.GPVirtual, t, u, d, other reg.VecVirtual, alpha, beta Op) (loss reg.VecVirtual) {
	x, e := g.vec(), g.parameter(par, parE)
	loss = g.vec()
	g.move(t, x)
	g.nmadd(e, d, x)
	g.mul(alpha, x, loss)
	g.move(u, x)
	g.nmadd(e, other, x)
	g.madd(beta, x, loss)
	g.madd(e, g.lostLabels(t, u), loss)
	return loss
}

// leastLabel stands for the logarithm of a label 0.
const leastLabel = 0x1p-1000

// logOfLabel emits the logarithm of a label, of a small number for 0.
func (g isa) logOfLabel(c questionConsts, t Op) reg.VecVirtual {
	x := g.vec()
	g.load(g.constant(leastLabel), x)
	g.max(t, x, x)
	if !g.avx512 {
		return g.labelLog(c, x)
	}
	l := g.lookUpLogs(c.tempered.logs, nil, x)[0]
	g.negateAll(l)
	return l
}
