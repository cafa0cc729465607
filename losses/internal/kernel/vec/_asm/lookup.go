package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Exponentials and logarithms of float64 by tables, with AVX-512, which looks up 16 numbers in one
// instruction: short enough polynomials are left that float32's elements take less time in float64
// than in pairs of float32.

// looksUp reports whether there are tables.
func (g isa) looksUp() bool { return g.avx512 && g.narrow }

// table is as many numbers as two vectors have, the upper half of which stands in memory, or with
// AVX2 those of one vector there.
type table struct {
	low  reg.VecVirtual
	high Mem
}

// lookup emits the numbers of t at the lowest bits of the lanes of index, which it overwrites.
func (g isa) lookup(t table, index reg.VecVirtual) {
	if !g.avx512 {
		VPERMPS(t.high, index, index)
		return
	}
	g.pick(VPERMI2PS, VPERMI2PD, t.high, t.low, index)
}

// tableOf returns a table of f(0), f(1), …
func (g isa) tableOf(name string, f func(i float64) float64) (t table) {
	n := 2 * g.lanes()
	if !g.avx512 {
		n = g.lanes()
	}
	name = fmt.Sprint(name, n)
	m, ok := constants[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i := range n {
			bits := constBits(g.f64, f(float64(i)))
			if g.f64 {
				DATA(8*i, U64(bits))
			} else {
				DATA(4*i, U32(uint32(bits)))
			}
		}
		constants[name] = m
	}
	if !g.avx512 {
		return table{high: m}
	}
	t.low, t.high = g.vec(), m.Offset(64)
	g.load(m, t.low)
	return t
}

// powers are the numbers of 2^x = 2^n 2^f with n a multiple of 1/16 and |f| <= 1/32: 2^f is 1 + f
// Q(f).
type powers struct {
	table table // 2^(i/16)
	q     []Op  // the coefficients of Q, highest degree first
}

// The coefficients of Q to 3e-9 and 5e-12.
var (
	shortPowers = []float64{0.0555050852519696268, 0.240233551569887209, 0.693147180559945309}
	longPowers  = []float64{0.00961827953383276611, 0.0555054107828372611, 0.240226506940738119, 0.693147180400995134}
)

func (g isa) powers(exact bool) (c powers) {
	c.table = g.tableOf("powers", func(i float64) float64 { return math.Exp2(i / 16) })
	q := shortPowers
	if exact {
		q = []float64{0.000154037239807492564, 0.00133337815767842687, 0.00961812910691953787, 0.0555041086566392989,
			0.240226506959100751, 0.693147180559945753}
	}
	c.q = g.constants(q)
	return c
}

// parts are those of 2^x, s + d q with s = 2^n and d = s f.
type parts struct{ s, d, q reg.VecVirtual }

// parts emits those for the products of x and a factor, which do not wait for each other.
func (g isa) parts(c powers, factor Op, x ...reg.VecVirtual) []parts {
	all, n, magic := make([]parts, len(x)), make([]reg.VecVirtual, len(x)), g.constant(0x1.8p52/16)
	for i, x := range x {
		all[i], n[i] = parts{g.vec(), g.vec(), g.vec()}, g.vec()
		g.load(magic, all[i].s)
		g.madd(factor, x, all[i].s) // 16 n in the low bits
	}
	for i, v := range all {
		g.sub(magic, v.s, n[i])
	}
	for i, v := range all {
		g.load(factor, v.d)
		g.msub(n[i], x[i], v.d) // f
		g.lookup(c.table, v.s)
		g.pick(VSCALEFPS, VSCALEFPD, n[i], v.s, v.s)
		g.load(c.q[0], v.q)
	}
	for _, k := range c.q[1:] {
		for _, v := range all {
			g.horner(k, v.d, v.q)
		}
	}
	for _, v := range all {
		g.mul(v.s, v.d, v.d)
	}
	return all
}

// exp2 emits the powers of 2 of the products of x and a factor.
func (g isa) exp2(c powers, factor Op, x ...reg.VecVirtual) (e []reg.VecVirtual) {
	for _, v := range g.parts(c, factor, x...) {
		g.madd(v.d, v.q, v.s)
		e = append(e, v.s)
	}
	return e
}

// scaledExp returns what emits exp(x) 2^-shift for x that is not below the lowest; where the memory
// holds float32, to the digits that its sums and products are rounded to.
func (g isa) scaledExp(consts func() expConsts, shift Mem) func(x reg.VecVirtual) (e reg.VecVirtual) {
	if g.looksUp() {
		c, by := g.powers(false), g.vec()
		c.q = g.constants(longPowers)
		g.bcast(shift, by)
		return func(x reg.VecVirtual) reg.VecVirtual {
			y := g.vec()
			g.load(by, y)
			g.msub2(g.constant(math.Log2E), x, y)
			return g.exp2(c, g.constant(1), y)[0]
		}
	}
	c, by := consts(), g.prepareShift(shift)
	if g.narrow {
		c.q = g.constants(shortExp)
	}
	return func(x reg.VecVirtual) (e reg.VecVirtual) {
		e = g.vec()
		g.expShifted(c, x, by, e)
		return e
	}
}

// logs are the numbers of l = log(1+e) and p = 1/(1+e), 0 <= e <= 1, by the e_i = i/15 next to e:
//
//	r = (1+e)/(1+e_i) - 1,  |r| <= 1/30, and e for e_i = 0
//	l = log(1+e_i) + r Q(r)
//	l - (1-p) = log(1+e_i) - e_i/(1+e_i) + e_i r p + r² Q(r)
type logs struct {
	inverse, first table // 1/(1+e_i), and what is added to Q's product
	q              []Op  // the coefficients of Q, highest degree first
}

func (g isa) logs(excess bool) (c logs) {
	c.inverse = g.tableOf("inverses", func(i float64) float64 { return 15 / (15 + i) })
	if excess {
		c.first = g.tableOf("excess", func(i float64) float64 { return math.Log1p(i/15) - i/(15+i) })
		c.q = g.constants([]float64{0.830016564014825202, -0.801106792320197128, 0.750003175127556439,
			-0.666666379879868917, 0.499999999699072359}) // to 4e-9
		return c
	}
	c.first = g.tableOf("logs", func(i float64) float64 { return -math.Log(15 / (15 + i)) })
	c.q = g.constants(log1pShort)
	return c
}

// The coefficients of log1p(r)/r for -1/32 <= r <= 1/30, to 3e-8, 1e-15 and 2e-17.
var (
	log1pShort = []float64{-0.249341453915863714, 0.333540358325248235, -0.500000409993163491, 0.999999973116186419}
	log1pLong  = []float64{-0.124284800379419514, 0.143085340107373373, -0.166667967331853418, 0.19999985306122299,
		-0.249999999406948754, 0.333333333363730167, -0.50000000000006367, 0.999999999999999013}
	log1pLongest = []float64{0.110389376326995414, -0.1252305911338501, 0.14285867135509267, -0.166666488864646689,
		0.199999999106139276, -0.250000000050976279, 0.333333333333492687, -0.499999999999996059, 1}
)

// constants are those of numbers.
func (g isa) constants(x []float64) (c []Op) {
	for _, x := range x {
		c = append(c, g.constant(x))
	}
	return c
}

// lookUp emits a question. For z = -Inf its minus is a finite number, the product of which with 0
// is 0, and with any other factor infinite when rounded to float32. It overwrites z.
func (g isa) lookUp(c questionConsts, z reg.VecVirtual) (q question) {
	const (
		negative = 0b11<<2 | 0b10 // of VRANGEPD: the smaller number, as a negative one
		noLogit  = 0x300022       // of VFIXUPIMMPD: a NaN for a NaN and +Inf
	)
	y := g.vec()
	VRANGEPD_BCST(Imm(negative), g.constant(0x1p500), z, y)
	emitted()
	VFIXUPIMMPD_BCST(Imm(0), g.bitsOf(noLogit), z, y)
	emitted()
	if q.minus = y; c.loss.size {
		return q
	}
	q.e = g.exp2(c.powers, g.constant(math.Log2E), y)[0]
	if c.logs.q != nil {
		g.lookUpLikely(c, &q)
		return q
	}
	sum := g.vec()
	g.add(g.constant(1), q.e, sum)
	if c.loss.logs == ofLabels { // p is for the gradient alone
		q.p = g.shortInverse(sum)
	} else {
		q.p = g.inverse(sum)
	}
	return q
}

// lookUpLikely emits what a question has of logs.
func (g isa) lookUpLikely(c questionConsts, q *question) {
	i, inverse, r := g.vec(), g.vec(), g.vec()
	g.load(g.constant(0x1.8p52), i)
	g.madd(g.constant(15), q.e, i)
	g.move(i, inverse)
	g.lookup(c.logs.inverse, inverse)
	g.sub(g.constant(1), inverse, r)
	g.madd(inverse, q.e, r)
	square, p := g.vec(), g.vec() // 1/(1+r) = (1-r) (1 + r² + r⁴ + …)
	g.mul(r, r, square)
	g.nmadd(r, inverse, inverse)
	g.move(square, p)
	g.horner(square, square, p)
	g.horner(inverse, inverse, p)
	if c.loss.exact {
		rest, sum := g.vec(), g.vec()
		g.load(g.constant(1), rest)
		g.add(g.constant(1), q.e, sum)
		g.nmadd(sum, p, rest)
		g.madd(p, rest, p)
	}
	q.p = p
	q.log = func() reg.VecVirtual {
		g.lookup(c.logs.first, i)
		g.madd(r, g.estrin(c.logs.q, r, square), i)
		return i
	}
	q.beyond = func(rest reg.VecVirtual) (l, beyond reg.VecVirtual) {
		l, beyond = g.vec(), g.vec()
		g.sub(g.constant(0x1.8p52), i, l) // 15 e_i
		g.lookup(c.logs.first, i)
		g.move(i, beyond)
		g.madd(square, g.estrin(c.logs.q, r, square), beyond)
		g.mul(g.constant(1./15), r, r)
		g.mul(p, r, r)
		g.madd(l, r, beyond)
		g.add(beyond, rest, l)
		return l, beyond
	}
}

// mantissas are the numbers of log u for u = 2^k m, 3/4 <= m < 3/2, by the m_i = i/20 next to m:
//
//	log m = log m_i + r Q(r),  r = m/m_i - 1,  |r| <= 1/30, and m - 1 for m_i = 1.
type mantissas struct {
	inverse, minusLog table // 1/m_i and -log m_i
	q                 []Op  // the coefficients of Q, highest degree first
}

func (g isa) mantissas(exact bool) (c mantissas) {
	// The low bits of 15, 16, …, 30 are 15, 0, …, 14.
	m := func(i float64) float64 { return (16 + math.Mod(i+1, 16) - 1) / 20 }
	c.inverse = g.tableOf("mantissas", func(i float64) float64 { return 1 / m(i) })
	c.minusLog = g.tableOf("mantissaLogs", func(i float64) float64 { return math.Log(1 / m(i)) })
	q := log1pShort
	if exact {
		q = log1pLong
	}
	c.q = g.constants(q)
	return c
}

// lookUpLogs emits -log u of positive normal u, which it overwrites. What rounding took from the
// first is low, unless that is nil: it counts where u is near 1.
func (g isa) lookUpLogs(c mantissas, low reg.VecVirtual, u ...reg.VecVirtual) (logs []reg.VecVirtual) {
	var r, q []reg.VecVirtual
	const threeQuarters = 3 // the interval of VGETMANTPD that begins there
	for i, u := range u {
		inverse := g.vec()
		r, q, logs = append(r, g.vec()), append(q, g.vec()), append(logs, g.vec())
		VGETMANTPD(Imm(threeQuarters), u, r[i])
		g.mul(g.constant(4./3), u, u)
		VGETEXPPD(u, u) // the k of u = 2^k m, as 3/2 * 4/3 is 2 when rounded
		g.load(g.constant(0x1.8p52), logs[i])
		g.madd(g.constant(20), r[i], logs[i])
		g.move(logs[i], inverse)
		g.lookup(c.inverse, inverse)
		g.lookup(c.minusLog, logs[i])
		g.msub(g.constant(1), inverse, r[i])
		if i == 0 && low != nil {
			g.add(low, r[i], r[i])
		}
		g.nmadd(g.constant(math.Ln2), u, logs[i])
	}
	for i := range u {
		g.load(c.q[0], q[i])
	}
	for _, x := range c.q[1:] {
		for i := range u {
			g.horner(x, r[i], q[i])
		}
	}
	for i := range u {
		g.nmadd(r[i], q[i], logs[i])
	}
	return logs
}
