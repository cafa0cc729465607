package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// Questions of float32 elements, in float32, with what rounding took from e and p.

// questionSingle emits the kernel of such a loss. A register repeats the numbers of shares where no
// is nil, and of given labels elsewhere.
func (a *asm) questionSingle(name, formula string, shares, given []float64, turn func(labels Vec) sigmoidTurn) {
	a.Kernel32(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float64", "",
		name+sigmoidDoc+formula, func() {
			one, of := a.Hold(1), a.Take()
			a.pointers("par", "R7", "no", "R4")
			a.Fill(of, shares...)
			a.F("CBZ R4, begin")
			a.Fill(of, given...)
			a.Label("begin")
			a.sigmoidTurns(one, turn(of))
		})
}

// A closeQuestion is the softmax of an element: e, p of the likely class, and the share that each
// lacks.
type closeQuestion struct{ e, lost, p, off []Vec }

// closeQuestion emits it. It overwrites z by |z|.
func (a *asm) closeQuestion(one Vec, z []Vec) (q closeQuestion) {
	c := a.raisedExp(one, 0)
	q.e, q.lost = a.exactFall(c, z)
	c.release(a)
	q.p = a.Row(unroll)
	q.off = a.likelihood(one, q.p, q.e)
	x := a.Row(unroll)
	each(func(i int) { a.Op(Fmul, x[i], q.e[i], q.p[i]) })
	each(func(i int) { a.Op(Fmls, q.off[i], x[i], q.lost[i]) })
	a.Drop(x...)
	return q
}

// logRatio are the coefficients of log1p(e)/e in 2p-1.
var logRatio = []float64{0.693147180817, 0.386294303904, -0.113703551331, 0.0529314290558, -0.0301568952968,
	0.0187063060079, -0.0112001485349, 0.00553057883505, -0.00184429839116, 0.000295095305405}

// ratio emits log1p(e)/e, times what e lacks.
func (a *asm) ratio(one Vec, q closeQuestion) (y []Vec) {
	c := a.polynomial(logRatio)
	c.lost = func(d Vec) { a.Fill(d, logRatio[0]-float64(float32(logRatio[0]))) }
	s := a.Row(unroll)
	square := a.mirror(one, s, q.p)
	y = a.valueBeside(c, s, square, q.lost)
	c.release(a)
	a.Release(s, square)
	return y
}

const symmetricPar = "par is the vectors A, -B, A, -B and C, C, C, C."

// symmetricSingle: with the logarithms a of t and b of u, at least C, the loss is A (L (t + u) + u
// |z|) - B (p a + q b), its derivative A (u p - t q) - B p q (a - b). The parameters are the lanes
// A and -B, and C again and again. The labels' number is what [asm.shortLogs] takes.
func (a *asm) symmetricSingle(crossed bool) func(near Vec) sigmoidTurn {
	return func(near Vec) sigmoidTurn {
		return func(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
			t, u, positive := labels()
			ln, lu := a.shortLogs(one, near, t, u)
			q := a.closeQuestion(one, z)
			if crossed {
				l := a.ratio(one, q)
				loss = a.Row(unroll)
				each(func(i int) { a.Op(Fmul, l[i], l[i], q.e[i]) })
				each(func(i int) { a.Op(Fadd, loss[i], t[i], u[i]) })
				each(func(i int) { a.Op(Fmul, loss[i], loss[i], l[i]) })
				a.Drop(l...)
				a.where(z, u)
				each(func(i int) { a.Op(Fmla, loss[i], z[i], u[i]) })
			}
			a.Drop(z...)
			rest, both, rounded := a.shareProducts(q)
			if slope = a.Row(unroll); !crossed {
				loss = a.Row(unroll)
				each(func(i int) { a.Zero(loss[i]) })
				each(func(i int) { a.Zero(slope[i]) })
			} else {
				par := a.Take()
				a.vectorOf(par, 0)
				each(func(i int) { a.Op(Fmul, slope[i], u[i], q.p[i]) })
				each(func(i int) { a.Op(Fmls, slope[i], t[i], rest[i]) })
				each(func(i int) { a.OpLane(Fmul, slope[i], slope[i], Lane{Of: par}) })
				each(func(i int) { a.OpLane(Fmul, loss[i], loss[i], Lane{Of: par}) })
				a.Drop(par)
			}
			each(func(i int) { a.Op(Fmla, loss[i], q.p[i], ln[i]) })
			each(func(i int) { a.Op(Fmla, loss[i], rest[i], lu[i]) })
			each(func(i int) { a.Op(Fsub, ln[i], ln[i], lu[i]) })
			each(func(i int) { a.Op(Fmla, slope[i], rounded[i], ln[i]) })
			each(func(i int) { a.Op(Fmla, slope[i], both[i], ln[i]) })
			d := a.signed(slope, positive)
			a.Release(t, u, positive, ln, lu, q.p, rest, both, rounded, slope)
			return loss, d
		}
	}
}

// shareProducts emits q and p q with what rounding took from that, and makes p what it is. It drops
// all else.
func (a *asm) shareProducts(q closeQuestion) (rest, both, rounded []Vec) {
	rest, both, rounded = a.Row(unroll), a.Row(unroll), a.Row(unroll)
	x := q.lost
	each(func(i int) { a.Op(Fadd, x[i], q.lost[i], q.off[i]) }) // what q lacks
	each(func(i int) { a.Op(Fmul, rest[i], q.e[i], q.p[i]) })
	each(func(i int) { a.OpOne(Fneg, rounded[i], rest[i]) })
	each(func(i int) { a.Op(Fmla, rounded[i], q.e[i], q.p[i]) })
	each(func(i int) { a.Op(Fmla, rounded[i], rest[i], x[i]) })
	each(func(i int) { a.Op(Fmul, both[i], rest[i], q.p[i]) })
	each(func(i int) { a.OpOne(Fneg, x[i], both[i]) })
	each(func(i int) { a.Op(Fmla, x[i], rest[i], q.p[i]) })
	each(func(i int) { a.Op(Fmla, x[i], both[i], q.off[i]) })
	each(func(i int) { a.Op(Fadd, rest[i], rest[i], rounded[i]) })
	each(func(i int) { a.Op(Fmul, rounded[i], rounded[i], q.p[i]) })
	each(func(i int) { a.Op(Fadd, rounded[i], rounded[i], x[i]) })
	each(func(i int) { a.Op(Fmla, q.p[i], q.p[i], q.off[i]) })
	a.Release(q.e, q.lost, q.off)
	return rest, both, rounded
}

// logOfSum are the coefficients of (log1p(f) - f)/f², -1/4 <= f < 1/2.
var logOfSum = []float64{-0.500000008192, 0.333334544424, -0.250000548305, 0.199906069135, -0.166477606369,
	0.144820499459, -0.131622803178, 0.104484859559, -0.0449107831159}

// shortLogs emits -B log t and -B log u, the logarithms at least C, with what the larger label has
// lost of 1 less the other where that is at most near. The parameters are those of
// [asm.symmetricSingle].
func (a *asm) shortLogs(one, near Vec, t, u []Vec) (ln, lu []Vec) {
	lost, small, mask := a.Row(unroll), a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fmax, lost[i], t[i], u[i]) })
	each(func(i int) { a.Op(Fmin, small[i], t[i], u[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], one, lost[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], lost[i], small[i]) })
	each(func(i int) { a.OpOne(Fabs, small[i], lost[i]) })
	each(func(i int) { a.Op(Fcmge, small[i], near, small[i]) })
	each(func(i int) { a.And(lost[i], lost[i], small[i]) })
	each(func(i int) { a.Op(Fcmgt, mask[i], t[i], u[i]) })
	each(func(i int) { a.And(mask[i], mask[i], lost[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], lost[i], mask[i]) })
	a.Drop(small...)
	c := a.polynomial(logOfSum)
	ln = a.shortLog(c, one, t, mask)
	lu = a.shortLog(c, one, u, lost)
	c.release(a)
	return ln, lu
}

// shortLog emits -B log(x + low) as [asm.logSingle] does.
func (a *asm) shortLog(c polynomial, one Vec, x, low []Vec) (log []Vec) {
	log = a.Row(unroll)
	each(func(i int) { a.OpOne(Fabs, log[i], x[i]) }) // a label may be -0
	a.logSingle(c, one, log, low)
	y := a.Take()
	a.vectorOf(y, 1)
	each(func(i int) { a.Op(Fmax, log[i], log[i], y) })
	a.vectorOf(y, 0)
	each(func(i int) { a.OpLane(Fmul, log[i], log[i], Lane{Of: y, Index: 1}) })
	a.Drop(y)
	return log
}

// logSingle emits log(f + low) in the place of f, for an f = 2^k m with 3/4 <= m < 3/2, some number
// below -87 for 0, and a low that counts near 1, or nil. It drops low.
func (a *asm) logSingle(c polynomial, one Vec, f, low []Vec) {
	const mantissa, bias, first = 23, 127, 0.75
	k, y := a.Row(unroll), a.Take()
	bits := func(b uint32) { a.Fill(y, float64(math.Float32frombits(b))) }
	bits(math.Float32bits(1) - math.Float32bits(first))
	each(func(i int) { a.Iadd(f[i], f[i], y) }) // its exponent is k + bias
	each(func(i int) { a.Ushr(k[i], f[i], mantissa) })
	a.Fill(y, 1<<mantissa)
	each(func(i int) { a.Or(k[i], k[i], y) })
	a.Fill(y, 1<<mantissa+bias)
	each(func(i int) { a.Op(Fsub, k[i], k[i], y) })
	bits(1<<mantissa - 1)
	each(func(i int) { a.And(f[i], f[i], y) })
	a.Fill(y, first)
	each(func(i int) { a.Iadd(f[i], f[i], y) })
	each(func(i int) { a.Op(Fsub, f[i], f[i], one) })
	if low != nil {
		each(func(i int) { a.Op(Fadd, f[i], f[i], low[i]) })
	} else {
		low = a.Row(unroll)
	}
	square := low
	each(func(i int) { a.Op(Fmul, square[i], f[i], f[i]) })
	r := a.value(c, f, square)
	each(func(i int) { a.Op(Fmla, f[i], r[i], square[i]) })
	a.Fill(y, math.Ln2)
	each(func(i int) { a.Op(Fmla, f[i], k[i], y) })
	a.Drop(y)
	a.Release(k, square, r)
}

// normalisedSingle: with D = 2L + |z| the loss is C/D, its derivative (u - t) H/D² with
// H = L + e p |z|. Of shares |u - t| is 1 less twice the smaller: the labels' numbers are how
// often that is taken, and what from at least.
func (a *asm) normalisedSingle(of Vec) sigmoidTurn {
	return func(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
		q := a.closeQuestion(one, z)
		entropy := a.ratio(one, q) // L/e
		far, l, lost := q.off, a.Row(unroll), a.Row(unroll)
		each(func(i int) { a.Op(Fmla, q.p[i], q.p[i], q.off[i]) })
		each(func(i int) { a.Fill(far[i], 0x1p60) }) // the other class of a z of -Inf takes the whole sum
		each(func(i int) { a.Op(Fmin, far[i], far[i], z[i]) })
		each(func(i int) { a.Op(Fmul, l[i], entropy[i], q.e[i]) })
		each(func(i int) { a.OpOne(Fneg, lost[i], l[i]) })
		each(func(i int) { a.Op(Fmla, lost[i], entropy[i], q.e[i]) })
		part := q.p // p |z| and what e lacks
		each(func(i int) { a.Op(Fmul, part[i], part[i], far[i]) })
		each(func(i int) { a.Op(Fmla, part[i], part[i], q.lost[i]) })
		each(func(i int) { a.Move(entropy[i], lost[i]) })
		each(func(i int) { a.Op(Fmla, entropy[i], part[i], q.e[i]) })
		each(func(i int) { a.Op(Fadd, entropy[i], entropy[i], l[i]) })
		a.Release(z, q.e, q.lost, q.p)
		by, over := a.normalisers(one, entropy, l, lost, far)
		t, u, positive := labels()
		slope, smaller, sign := a.Row(unroll), a.Row(unroll), a.Row(unroll)
		base := a.Take()
		a.Repeat(base, Lane{Of: of, Index: 1})
		each(func(i int) { a.Op(Fmin, smaller[i], t[i], u[i]) })
		each(func(i int) { a.Op(Fmax, slope[i], t[i], u[i]) })
		each(func(i int) { a.Op(Fmax, slope[i], slope[i], base) })
		each(func(i int) { a.OpLane(Fmls, slope[i], smaller[i], Lane{Of: of}) })
		each(func(i int) { a.Op(Fcmgt, sign[i], u[i], t[i]) })
		each(func(i int) { a.Op(Fmul, slope[i], slope[i], over[i]) })
		a.Drop(base)
		a.Drop(smaller...)
		d := a.signed(slope, sign)
		a.Release(slope, sign)
		slope = a.signed(d, positive)
		loss = lost
		each(func(i int) { a.Op(Fadd, t[i], t[i], u[i]) })
		each(func(i int) { a.Op(Fmul, loss[i], t[i], lost[i]) })
		each(func(i int) { a.Op(Fmla, loss[i], t[i], l[i]) })
		each(func(i int) { a.Op(Fmla, loss[i], far[i], u[i]) })
		each(func(i int) { a.Op(Fmul, loss[i], loss[i], by[i]) })
		a.Release(over, l, far, by, t, u, positive, d)
		return loss, slope
	}
}

// normalisers emits 1/D and h/D² for D = 2 (l + lost) + far, the latter rounded once. It drops h.
func (a *asm) normalisers(one Vec, h, l, lost, far []Vec) (by, over []Vec) {
	d, twice, low, x := a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fadd, twice[i], l[i], l[i]) })
	each(func(i int) { a.Op(Fadd, d[i], twice[i], far[i]) })
	each(func(i int) { a.Op(Fmax, low[i], twice[i], far[i]) })
	each(func(i int) { a.Op(Fmin, x[i], twice[i], far[i]) })
	each(func(i int) { a.Op(Fsub, low[i], low[i], d[i]) })
	each(func(i int) { a.Op(Fadd, low[i], low[i], x[i]) }) // what rounding took from D
	each(func(i int) { a.Op(Fadd, low[i], low[i], lost[i]) })
	each(func(i int) { a.Op(Fadd, low[i], low[i], lost[i]) })
	product, rounded := twice, x
	each(func(i int) { a.Op(Fmul, product[i], d[i], d[i]) })
	each(func(i int) { a.OpOne(Fneg, rounded[i], product[i]) })
	each(func(i int) { a.Op(Fmla, rounded[i], d[i], d[i]) })
	square := a.Row(unroll)
	by, over = a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fdiv, square[i], one, product[i]) })
	each(func(i int) { a.Op(Fadd, by[i], low[i], low[i]) })
	each(func(i int) { a.Op(Fmla, rounded[i], by[i], d[i]) })
	each(func(i int) { a.Move(by[i], one) })
	each(func(i int) { a.Op(Fmls, by[i], product[i], square[i]) })
	each(func(i int) { a.Op(Fmls, by[i], rounded[i], square[i]) })
	each(func(i int) { a.Op(Fmla, square[i], square[i], by[i]) })
	each(func(i int) { a.Op(Fmul, over[i], h[i], square[i]) })
	each(func(i int) { a.Op(Fmls, h[i], product[i], over[i]) })
	each(func(i int) { a.Op(Fmls, h[i], rounded[i], over[i]) })
	each(func(i int) { a.Op(Fmla, over[i], h[i], square[i]) })
	each(func(i int) { a.Op(Fmul, by[i], square[i], d[i]) })
	each(func(i int) { a.OpOne(Fneg, rounded[i], by[i]) })
	each(func(i int) { a.Op(Fmla, rounded[i], square[i], d[i]) })
	each(func(i int) { a.Op(Fmla, rounded[i], square[i], low[i]) })
	each(func(i int) { a.Op(Fadd, by[i], by[i], rounded[i]) })
	a.Release(h, square, d, twice, low, x)
	return by, over
}
