package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// questionConsts are the numbers of a question.
type questionConsts struct {
	loss  sigmoidLoss
	exp   expConsts
	shift expShift
	atanh []Op // (atanh(s)/s - 1)/s² in s², for s <= 1/3
	log   []Op // the same for s <= 3 - √8, of float64

	single singleTables // instead, of float32 with AVX-512

	powers    powers // instead, with tables of float64
	logs      logs
	mantissas mantissas
	tempered  temperedTables // of [temperedQuestion]
}

func (g isa) questionConsts(f sigmoidLoss) (c questionConsts) {
	c.loss = f
	if f.logits && g.avx512 && g.f64 {
		c.tempered = g.temperedTables()
	}
	if g.looksUp() {
		if c.powers = c.tempered.powers; !f.logits {
			c.powers = g.powers(f.exact)
		}
		if f.logs == ofLikely || f.logs == excess || f.logs == ofMargin || f.logs == andLabels {
			c.logs = g.logs(f.logs == excess)
		}
		if f.logs == ofLabels || f.logs == ofMargin || f.logs == andLabels {
			c.mantissas = g.mantissas(f.logs != ofMargin)
		}
		return c
	}
	for _, x := range fdlibmLog {
		c.log = append(c.log, g.constant(x/2))
	}
	if g.avx512 && !g.f64 {
		c.single = g.singleTables(f.exact)
	}
	c.exp = g.expConstsInMemory()
	if !g.f64 && f.exact { // of which products are exact
		c.exp.ln2hi, c.exp.ln2lo = g.constant(g.log2High()), g.constant(log2Low32)
	}
	if g.narrow && !f.exact {
		c.exp.q = g.constants(shortExp)
	}
	if !g.avx512 {
		c.shift = g.prepareShift(g.constant(0))
		c.shift.n = g.park(c.shift.n.(reg.VecVirtual))
	}
	atanh := []float64{0.0781529346318860002, 0.0374606949312179557, 0.0542258973446758828, 0.0586713946446953233,
		0.0666758932063522566, 0.0769227198220571244, 0.0909090994898757902, 0.111111110991182868,
		0.142857142858000504, 0.199999999999997613, 0.333333333333333334}
	switch {
	case !g.f64:
		atanh = []float64{0.116121674374490649, 0.10853287353049823, 0.142961790295768664, 0.19999853165368411,
			0.333333336602653466}
	case g.narrow && !f.exact: // to 1e-11
		atanh = []float64{0.103938115390515899, 0.0873235045716857868, 0.111323556712830182, 0.142851528586336462,
			0.200000053850021437, 0.333333333250117569}
	}
	for _, x := range atanh {
		c.atanh = append(c.atanh, g.constant(x))
	}
	return c
}

// question emits what the losses have in common, with what float32 has lost of z, or nil. It
// overwrites z and low.
func (g isa) question(c questionConsts, z, low reg.VecVirtual) (q question) {
	if g.looksUp() {
		return g.lookUp(c, z)
	}
	q.minus = z
	if low != nil {
		low = g.lowOfMinus(z, low)
	}
	g.noInfinity(z)
	g.or(g.constant(math.Copysign(0, -1)), z, z)
	if c.loss.size {
		return q
	}
	if c.loss.odds {
		q.raised = g.expRaised(c, z, low)
		return q
	}
	if g.avx512 && !g.f64 { // by tables
		switch {
		case c.loss.pairs:
			q.e, q.eLow = g.expPair(c.single, g.atLeast(g.lowest(), z), nil)
		case c.loss.raises:
			q.raised = g.expRaised(c, z, low)
			q.e = g.unraised(q.raised)
		default:
			q.e = g.expSingle(c.single, g.atLeast(g.lowest(), z), low)
		}
		sum := g.vec()
		g.add(g.constant(1), q.e, sum)
		if c.loss.pairs {
			q.p, q.pLow = g.inversePair(sum, q)
		} else {
			q.p = g.inverseOfSum(sum, q.e)
		}
		q.log = func() reg.VecVirtual { return g.singleLog1p(c.single.singleLogs, q.e, q.eLow) }
		return q
	}
	q.p = g.vec()
	if c.loss.raises {
		q.raised = g.expRaised(c, z, low)
		q.e = g.unraised(q.raised)
	} else {
		q.e = g.vec()
		g.expBounded(c, g.atLeast(g.lowest(), z), q.e)
	}
	sum := g.vec()
	g.add(g.constant(1), q.e, sum)
	if c.loss.logs == none || c.loss.logs == ofLabels && g.narrow {
		q.p = g.inverseOfSum(sum, q.e)
		return q
	}
	s := g.vec()
	g.add(g.constant(2), q.e, s)
	switch {
	case g.f64:
		product := g.vec()
		g.mul(sum, s, product)
		inverse := g.inverse(product) // one for both
		g.mul(s, inverse, q.p)
		g.mul(sum, inverse, s)
		g.mul(q.e, s, s)
	case c.loss.logs == closely:
		q.p = g.inverseOfSum(sum, q.e)
		s = g.quotient(q.e, g.inverse(s), s, g.lostOfSum(s, g.constant(2), q.e))
	case c.loss.exact:
		q.p = g.inverseOfSum(sum, q.e)
		g.div(s, q.e, s)
	default:
		q.p = g.inverse(sum)
		g.div(s, q.e, s)
	}
	q.log = func() reg.VecVirtual {
		square, tail := g.atanh(c, s)
		return g.log1pOf(s, square, tail)
	}
	q.beyond = func(reg.VecVirtual) (l, beyond reg.VecVirtual) { // s² ((2+e) p + 2 s tail)
		square, tail := g.atanh(c, s)
		l, beyond = g.log1pOf(s, square, tail), g.vec()
		g.add(s, s, s)
		g.add(g.constant(2), q.e, beyond)
		g.mul(q.p, beyond, beyond)
		g.madd(tail, s, beyond)
		g.mul(square, beyond, beyond)
		return l, beyond
	}
	return q
}

// expRaised emits exp(z + low) 2^pieceRaise for z <= 0, where low is nil or what z has lost. It
// overwrites z.
func (g isa) expRaised(c questionConsts, z, low reg.VecVirtual) (raised reg.VecVirtual) {
	z = g.atLeast(pieceLowest, z)
	if g.avx512 {
		return g.expSingle(g.raised(c.single), z, low)
	}
	c.shift.back, raised = g.constant(math.Exp2(pieceRaise-g.offset())), g.vec()
	g.expBounded(c, z, raised)
	return raised
}

// unraised emits raised 2^-pieceRaise.
func (g isa) unraised(raised reg.VecVirtual) reg.VecVirtual {
	e := g.vec()
	g.mul(g.constant(unraise), raised, e)
	return e
}

// lowOfMinus emits what -|z| has beside its float32, for z and what that has. It stays small where
// z is large, and then without effect.
func (g isa) lowOfMinus(z, low reg.VecVirtual) reg.VecVirtual {
	const (
		smaller = 0b10 // of VRANGEPS: the number of the smaller size, with the sign of the first
		negated = 0xd2 // low, of the other sign where z has none
	)
	VRANGEPS_BCST(Imm(smaller), g.constant(0x1p-10), low, low)
	emitted()
	VPTERNLOGD_BCST(Imm(negated), g.constant(math.Copysign(0, -1)), z, low)
	emitted()
	return low
}

// atLeast emits the larger of x and a number, NaN for NaN.
func (g isa) atLeast(least float64, x reg.VecVirtual) reg.VecVirtual {
	y := g.vec()
	g.load(g.constant(least), y)
	g.max(x, y, y)
	return y
}

// noInfinity makes a NaN of +Inf.
func (g isa) noInfinity(z reg.VecVirtual) {
	if !g.avx512 {
		g.blend(g.cmp(eqOQ, g.infinity(1), z), g.constant(math.NaN()), z)
		return
	}
	g.pick(VFIXUPIMMPS_BCST, VFIXUPIMMPD_BCST, Imm(0), g.bitsOf(3<<20), z, z)
}

// expBounded emits e = exp(y) for lowest <= y <= 0. It overwrites y.
func (g isa) expBounded(c questionConsts, y, e reg.VecVirtual) {
	t, n := g.vec(), g.vec()
	g.load(c.exp.magic, t)
	g.madd(c.exp.log2e, y, t) // n in the low bits
	g.sub(c.exp.magic, t, n)
	if g.narrow { // exact enough
		g.nmadd(g.constant(math.Ln2), n, y)
	} else {
		g.nmadd(c.exp.ln2hi, n, y)
		g.nmadd(c.exp.ln2lo, n, y)
	}
	g.expReduced(c, y, t, n, e)
}

// expReduced emits e = exp(y) 2^n, with n also in the low bits of t. It overwrites y, t and n.
func (g isa) expReduced(c questionConsts, y, t, n, e reg.VecVirtual) {
	g.expm1Reduced(c, y)
	g.add(c.exp.one, y, e)
	g.timesPower(y, t, n, c.shift, e)
}

// expm1Reduced emits exp(y) - 1 in y.
func (g isa) expm1Reduced(c questionConsts, y reg.VecVirtual) {
	square := g.vec()
	g.mul(y, y, square)
	g.madd(g.estrin(c.exp.q, y, square), square, y)
}

// estrin emits the polynomial in x of the coefficients, highest degree first, by halves that do not
// wait for each other.
func (g isa) estrin(c []Op, x, square reg.VecVirtual) reg.VecVirtual {
	return g.estrinBy(len(c), x, square, func(i int) reg.VecVirtual {
		v := g.vec()
		g.load(c[i], v)
		return v
	}, func(i int) reg.VecVirtual {
		v := g.vec()
		g.load(c[i], v)
		g.horner(c[i+1], x, v)
		return v
	})
}

// estrinBy is estrin of n coefficients: one emits a coefficient, pair the polynomial of that and
// the next.
func (g isa) estrinBy(n int, x, square reg.VecVirtual, one, pair func(i int) reg.VecVirtual) reg.VecVirtual {
	powers := []reg.VecVirtual{x, square}
	var eval func(i, n int) reg.VecVirtual
	eval = func(i, n int) reg.VecVirtual {
		switch n {
		case 1:
			return one(i)
		case 2:
			return pair(i)
		}
		k, at := 1, 0 // the degree that the lower half is below, a power of 2
		for 2*k < n {
			k, at = 2*k, at+1
		}
		for at >= len(powers) {
			last, p := powers[len(powers)-1], g.vec()
			g.mul(last, last, p)
			powers = append(powers, p)
		}
		high := eval(i, n-k)
		low := eval(i+n-k, k)
		g.madd(high, powers[at], low)
		return low
	}
	return eval(0, n)
}

// atanh emits s² and tail with log1p(e) = 2 atanh(s) = 2 (s + s³ tail).
func (g isa) atanh(c questionConsts, s reg.VecVirtual) (square, tail reg.VecVirtual) {
	return g.series(c.atanh, s)
}

func (g isa) series(coefficients []Op, s reg.VecVirtual) (square, tail reg.VecVirtual) {
	square = g.vec()
	g.mul(s, s, square)
	fourth := g.vec()
	g.mul(square, square, fourth)
	return square, g.estrin(coefficients, square, fourth)
}

// log1pOf emits 2 (s + s³ tail).
func (g isa) log1pOf(s, square, tail reg.VecVirtual) reg.VecVirtual {
	l, cube := g.vec(), g.vec()
	g.add(s, s, l)
	g.mul(l, square, cube)
	g.madd(tail, cube, l)
	return l
}

// expsOfNegative emits exp(-a x) and exp(-a y) for x, y >= 0; par is a, … and -a log2 e, and two
// places are parked in. It overwrites x and y.
func (g isa) expsOfNegative(c questionConsts, par reg.GPVirtual, x, y reg.VecVirtual,
	park func(i int, v reg.VecVirtual) Op) (e, f Op) {
	if g.looksUp() {
		both := g.exp2(c.powers, g.parameter(par, 2), x, y)
		return both[0], both[1]
	}
	kept := park(0, y)
	exp := func(x reg.VecVirtual) reg.VecVirtual {
		e := g.vec()
		g.mul(g.parameter(par, 0), x, x)
		g.or(g.constant(math.Copysign(0, -1)), x, x)
		g.expBounded(c, g.atLeast(g.lowest(), x), e)
		return e
	}
	e = park(1, exp(x))
	y = g.vec()
	g.load(kept, y)
	return e, park(0, exp(y))
}
