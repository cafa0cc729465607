package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expConsts are the numbers of the exponential
//
//	exp(x) = 2^n exp(r),  n = rint(x log2 e),  r = x - n ln 2,  |r| <= ln(2)/2,
//	exp(r) = 1 + r + r² q(r),
//
// q the Chebyshev interpolant of (exp(r)-1-r)/r²: relative error 1.0e-8 for float32, 1.7e-17 for
// float64.
type expConsts struct {
	log2e, magic, ln2hi, ln2lo, one Op
	q                               []Op // highest degree first
	first                           Op   // the coefficient of r, where that is not x - n ln 2 itself
	less                            bool // they are those of lessExpConsts
}

// offset is what the exponent is raised by before the last multiplication takes it
// back, so that AVX2, which has no scaling instruction, gets denormal results right.
func (g isa) offset() float64 {
	if g.f64 {
		return 100
	}
	return 64
}

func (g isa) expConsts() expConsts { return g.expConstsBy(g.hold) }

// expConstsInMemory are for code that needs the registers.
func (g isa) expConstsInMemory() expConsts { return g.expConstsBy(g.inMemory) }

// inMemory is hold without a register.
func (g isa) inMemory(x float64) Op { return g.constant(x) }

// expConstsOfBlock are those of which a block needs the registers, but for the first ones and that
// to begin with: to take it from memory for all lanes takes an arithmetic unit's time.
func (g isa) expConstsOfBlock() expConsts {
	c := g.expConstsInMemory()
	c.log2e, c.magic = g.hold(math.Log2E), g.hold(g.magicNumber())
	if g.avx512 {
		c.q[0] = g.loaded(c.q[0])
	}
	return c
}

// lessExpConsts are, with AVX2, those of exp(r) 2^-offset, and magic has the bias of exponents in
// the low bits: what n makes is then a normal number, by which to multiply is all that is left.
func (g isa) lessExpConsts() expConsts {
	c := g.expConsts()
	if g.avx512 {
		return c
	}
	less := g.expConstsBy(func(x float64) Op { return g.constant(x * math.Exp2(-g.offset())) })
	c.q, c.first, c.one, c.less = less.q, less.first, less.one, true
	c.magic = g.constant(g.magicNumber() + g.bias())
	return c
}

// unshiftedExpConsts are lessExpConsts for no shift at all, to the digits of float32: what n ln 2
// is rounded by does not count there.
func (g isa) unshiftedExpConsts() expConsts {
	c := g.lessExpConsts()
	c.ln2lo = nil
	if !g.avx512 {
		c.magic = g.constant(g.magicNumber() + g.bias() + g.offset())
	}
	return c
}

// bias is that of the exponent of a normal number.
func (g isa) bias() float64 {
	if g.f64 {
		return 1023
	}
	return 127
}

// reducedConsts are those by which the argument is reduced, and the last coefficients.
func (g isa) reducedConsts(hold func(x float64) Op) (c expConsts) {
	hi, lo := math.Ln2, 0x1.abc9e3b39803fp-56
	if !g.f64 {
		hi = float64(float32(math.Ln2))
		lo = math.Ln2 - hi
	}
	c.log2e, c.magic, c.ln2hi, c.ln2lo, c.one = hold(math.Log2E), hold(g.magicNumber()), hold(hi), hold(lo), hold(1)
	c.first = c.one
	return c
}

func (g isa) expConstsBy(hold func(x float64) Op) (c expConsts) {
	c = g.reducedConsts(hold)
	q := []float64{
		2.510042415700506678762e-8, 2.762013871973399556876e-7, 0.000002755726837868419287267,
		0.00002480152119021772765082, 0.0001984126986310596874839,
		0.00138888889172817933075, 0.008333333333330051346372, 0.04166666666662399151589, 0.1666666666666666745588, 0.5,
	}
	if !g.f64 {
		q = []float64{0.001392621346633244303707, 0.00836320297157585494652, 0.04166655443768593889945,
			0.1666657684599397631061, 0.5}
	}
	if g.short {
		q = shortExp
	}
	for _, x := range q {
		c.q = append(c.q, hold(x))
	}
	return c
}

// expShifted emits e = exp(x) 2^-shift for x already clamped from below; shift is prepared by
// expShift.
func (g isa) expShifted(c expConsts, x reg.VecVirtual, shift expShift, e reg.VecVirtual) {
	t, n, r := g.vec(), g.vec(), g.vec()
	g.load(c.magic, t)
	g.madd(c.log2e, x, t) // n in the low bits
	g.sub(c.magic, t, n)
	g.move(x, r)
	g.nmadd(c.ln2hi, n, r)
	if c.ln2lo != nil {
		g.nmadd(c.ln2lo, n, r)
	}
	g.expOf(c, r, t, n, shift, e)
}

// expOf emits e = exp(r) 2^(n-shift), with n also in the low bits of t. It overwrites t and n.
func (g isa) expOf(c expConsts, r, t, n reg.VecVirtual, shift expShift, e reg.VecVirtual) {
	g.expPolynomial(c, r, e)
	if c.less {
		g.addToExponent(shift.n, t)
		g.mul(t, e, e)
		return
	}
	g.timesPower(r, t, n, shift, e)
}

// addToExponent makes the low bits of t those of an exponent, to which it adds n, unless that is
// nil.
func (g isa) addToExponent(n Op, t reg.VecVirtual) {
	if g.f64 {
		VPSLLQ(Imm(52), t, t)
		if n != nil {
			VPADDQ(n, t, t)
		}
		return
	}
	VPSLLD(Imm(23), t, t)
	if n != nil {
		VPADDD(n, t, t)
	}
}

// expPolynomial emits e = exp(r) for a reduced r.
func (g isa) expPolynomial(c expConsts, r, e reg.VecVirtual) {
	g.load(c.q[0], e)
	for _, q := range c.q[1:] {
		g.horner(q, r, e)
	}
	g.horner(c.first, r, e)
	g.horner(c.one, r, e)
}

// timesPower multiplies e by 2^(n-shift), with n also in the low bits of t; NaN where r is NaN. It
// overwrites t and n.
func (g isa) timesPower(r, t, n reg.VecVirtual, shift expShift, e reg.VecVirtual) {
	if g.avx512 {
		if shift.n != nil {
			g.sub(shift.n, n, n)
		}
		g.pick(VSCALEFPS, VSCALEFPD, n, e, e)
		return
	}
	if g.addToExponent(shift.n, t); g.f64 {
		VPADDQ(t, e, e)
	} else {
		VPADDD(t, e, e)
	}
	g.mul(shift.back, e, e)
	g.madd(g.constant(0), r, e) // integer arithmetic has made something of a NaN: bring it back
}

// expShift is a power of two by which exponentials are divided.
type expShift struct {
	n    Op // AVX-512: the power, nil for 0; AVX2: offset minus power, in the bits of the exponent
	back Op // AVX2: 2^-offset
}

// prepareShift readies a scalar shift, which is an integer in a float.
func (g isa) prepareShift(shift Mem) expShift {
	v := g.vec()
	g.bcast(shift, v)
	if g.avx512 {
		return expShift{n: v}
	}
	return g.shiftOf(v)
}

// shiftOf readies a vector of shifts.
func (g isa) shiftOf(v reg.VecVirtual) expShift {
	if g.avx512 {
		return g.shiftBy(v)
	}
	t := g.vec()
	if g.f64 {
		g.load(g.constant(0x1.8p52+g.offset()), t)
		g.sub(v, t, t)
		VPSLLQ(Imm(52), t, t)
	} else {
		g.load(g.constant(0x1.8p23+g.offset()), t)
		g.sub(v, t, t)
		VPSLLD(Imm(23), t, t)
	}
	return g.shiftBy(t)
}

// shiftBy is the shift of such an n.
func (g isa) shiftBy(n Op) expShift {
	if g.avx512 {
		return expShift{n: n}
	}
	return expShift{n: n, back: g.constant(math.Exp2(-g.offset()))}
}

// log1p emits inv = 1/(1+r) and dst = log(1+r) for r in [0, 2^20], NaN for NaN, after fdlibm's
// log1p.
func (g isa) log1p(r, inv, dst reg.VecVirtual) logParts {
	u, one := g.vec(), g.constant(1)
	g.add(one, r, u)
	g.load(one, inv)
	g.div(u, inv, inv)
	return g.log1pOfSum(r, u, inv, dst)
}

// log1pOfSum is log1p with u = 1+r and the inverse of that.
func (g isa) log1pOfSum(r, u, inv, dst reg.VecVirtual) logParts {
	c := g.vec()
	// c = r - (u - 1), the error of the sum, over u.
	g.sub(g.constant(1), u, c)
	g.sub(c, r, c)
	g.mul(inv, c, c)
	return g.log(u, c, dst)
}

// logParts are of what a logarithm is rounded to: rest + k log 2.
type logParts struct{ k, rest reg.VecVirtual }

// lost emits what the logarithm x has lost when it was rounded.
func (g isa) lost(p logParts, x reg.VecVirtual) reg.VecVirtual {
	y := g.loaded(g.constant(g.log2High()))
	g.mul(p.k, y, y) // exact
	g.sub(x, y, y)
	g.add(p.rest, y, y)
	return y
}

// log2High is the first digits of log 2, so few that small multiples are exact.
func (g isa) log2High() float64 {
	if g.f64 {
		return log2High
	}
	return 6.9313812256e-01
}

const log2High, log2Low, log2Low32 = 6.93147180369123816490e-01, 1.90821492927058770002e-10, 9.0580006145e-06

// fdlibmLog are the coefficients of R in log(1+f) = 2s + s R, s = f/(2+f), in s², without the
// factor s².
var fdlibmLog = []float64{1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
	2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01}

// log emits dst = log(u) + c for positive normal u and a small c, which it overwrites; NaN for NaN.
func (g isa) log(u, c, dst reg.VecVirtual) logParts {
	return g.logBy(g.logCoefficients(), u, c, dst)
}

// logCoefficients are those of [fdlibmLog], or fewer where they are not for float64.
func (g isa) logCoefficients() []float64 {
	if !g.f64 || g.short {
		return []float64{0.24279078841, 0.28498786688, 0.40000972152, 0.66666662693}
	}
	return fdlibmLog
}

// logBy is log with the coefficients of R in [fdlibmLog]. c may be nil, which is 0.
func (g isa) logBy(coefficients []float64, u, c, dst reg.VecVirtual) logParts {
	one := g.constant(1)
	k, m := g.split(u)
	f, s, z := g.vec(), g.vec(), g.vec()
	g.sub(one, m, f)
	g.add(g.constant(2), f, s)
	g.ratio(f, s, s)
	g.mul(s, s, z)
	hi, lo := g.log2High(), log2Low
	if !g.f64 {
		lo = log2Low32
	}
	p := g.loaded(g.constant(coefficients[0]))
	for _, x := range coefficients[1:] {
		g.horner(g.constant(x), z, p)
	}
	if g.short && !g.avx512 { // k hi + (s (2 + R) + (k lo + c)), of an s that was rounded
		g.horner(g.constant(2), z, p)
		c = g.plusProduct(g.constant(lo), k, c)
		g.madd(s, p, c)
		g.move(c, dst)
		g.madd(g.constant(hi), k, dst)
		return logParts{k, c}
	}
	g.mul(z, p, p) // R
	h := g.vec()
	g.mul(f, f, h)
	g.mul(g.constant(0.5), h, h)
	// k hi + (f - (h - (s (h + R) + (k lo + c))))
	g.add(h, p, p)
	c = g.plusProduct(g.constant(lo), k, c)
	g.madd(s, p, c)
	g.sub(c, h, h)
	g.sub(h, f, f)
	g.move(f, dst)
	g.madd(g.constant(hi), k, dst)
	return logParts{k, f}
}

// plusProduct returns c + a b, in the place of a c that is not nil.
func (g isa) plusProduct(a Op, b, c reg.VecVirtual) reg.VecVirtual {
	if c == nil {
		c = g.vec()
		g.mul(a, b, c)
		return c
	}
	g.madd(a, b, c)
	return c
}

// ratio emits dst = a/b for normal b, of which the inverse is normal.
func (g isa) ratio(a, b, dst reg.VecVirtual) {
	if g.short && g.avx512 {
		g.mul(g.shortInverse(b), a, dst)
		return
	}
	g.div(b, a, dst)
}

// split emits k and m with u = 2^k m and m in [√½, √2), for positive normal u; NaN for NaN.
func (g isa) split(u reg.VecVirtual) (k, m reg.VecVirtual) {
	k, m = g.vec(), g.vec()
	t := g.vec()
	switch half := math.Float64bits(math.Sqrt2 / 2); {
	case g.f64 && g.avx512: // the exponent may be negative
		g.load(g.bitsOf(half), t)
		g.isub(t, u, k)
		VPSRAQ(Imm(52), k, k)
		VPSLLQ(Imm(52), k, t)
		g.isub(t, u, m)
		VCVTQQ2PD(k, k)
	case g.f64: // that plus its bias is not
		const bias = 1023 << 52
		VPADDQ(g.bitsOf(bias-half), u, k)
		VPAND(g.bitsOf(0xfff<<52), k, t)
		VPADDQ(g.bitsOf(bias), u, m)
		g.isub(t, m, m)
		VPSRLQ(Imm(52), k, k)
		VPOR(g.bitsOf(math.Float64bits(0x1p52)), k, k)
		g.sub(g.constant(0x1p52+1023), k, k)
	default:
		half := g.bitsOf(uint64(math.Float32bits(math.Sqrt2 / 2)))
		g.load(half, t)
		g.isub(t, u, k)
		VPSRAD(Imm(23), k, k)
		VPSLLD(Imm(23), k, t)
		g.isub(t, u, m)
		VCVTDQ2PS(k, k)
	}
	return k, m
}

func (g isa) isub(a, b, dst Op) {
	if g.broadcasts(a) {
		g.pick(VPSUBD_BCST, VPSUBQ_BCST, a, b, dst)
		return
	}
	if g.f64 {
		VPSUBQ(a, b, dst)
		return
	}
	VPSUBD(a, b, dst)
}
