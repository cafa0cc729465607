package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// logConsts are the numbers of the logarithm
//
//	log x = k log 2 + log(1+f),  x = 2^k (1+f),  √½ <= 1+f < √2,
//	log(1+f) = f - (f²/2 - s (f²/2 + R)),  s = f/(2+f),  R = Σ_i c_i s^(2i+2),
//
// of fdlibm's log, in float64. Those that are used once are loaded then.
type logConsts struct{ tail polynomial }

func (a *asm) logConsts() logConsts {
	return logConsts{a.polynomial([]float64{6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
		2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01})}
}

// log emits log(x) of positive normal numbers of float64. It overwrites x.
func (a *asm) log(c logConsts, x []Vec) (log []Vec) {
	const mantissa, bias = 52, 1023
	root := math.Float64bits(math.Sqrt2 / 2)
	k, y := a.Row(unroll), a.Row(unroll)
	fill := func(v float64) { each(func(i int) { a.Fill(y[i], v) }) }
	bits := func(b uint64) { fill(math.Float64frombits(b)) }
	bits(math.Float64bits(1) - root)
	each(func(i int) { a.Iadd(x[i], x[i], y[i]) }) // its exponent is k + bias
	each(func(i int) { a.Ushr(k[i], x[i], mantissa) })
	bits(math.Float64bits(1 << mantissa))
	each(func(i int) { a.Or(k[i], k[i], y[i]) })
	fill(1<<mantissa + bias)
	each(func(i int) { a.Op(Fsub, k[i], k[i], y[i]) })
	bits(1<<mantissa - 1)
	each(func(i int) { a.And(x[i], x[i], y[i]) })
	bits(root)
	each(func(i int) { a.Iadd(x[i], x[i], y[i]) })
	fill(1)
	each(func(i int) { a.Op(Fsub, x[i], x[i], y[i]) }) // f
	s, square, fourth := a.Row(unroll), a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Fill(s[i], 2) })
	each(func(i int) { a.Op(Fadd, s[i], s[i], x[i]) })
	each(func(i int) { a.Op(Fdiv, s[i], x[i], s[i]) })
	each(func(i int) { a.Op(Fmul, square[i], s[i], s[i]) })
	each(func(i int) { a.Op(Fmul, fourth[i], square[i], square[i]) })
	r := a.value(c.tail, square, fourth)
	each(func(i int) { a.Op(Fmul, r[i], r[i], square[i]) })
	half := fourth
	fill(0.5)
	each(func(i int) { a.Op(Fmul, half[i], x[i], x[i]) })
	each(func(i int) { a.Op(Fmul, half[i], half[i], y[i]) })
	each(func(i int) { a.Op(Fadd, r[i], r[i], half[i]) })
	fill(0x1.a39ef35793c76p-33) // log 2 less what is below
	each(func(i int) { a.Op(Fmul, y[i], y[i], k[i]) })
	each(func(i int) { a.Op(Fmla, y[i], s[i], r[i]) })
	each(func(i int) { a.Op(Fsub, y[i], half[i], y[i]) })
	each(func(i int) { a.Op(Fsub, y[i], y[i], x[i]) })
	each(func(i int) { a.Fill(s[i], 0x1.62e42feep-1) })
	each(func(i int) { a.Op(Fmul, k[i], k[i], s[i]) })
	each(func(i int) { a.Op(Fsub, k[i], k[i], y[i]) })
	a.Release(x, y, s, square, fourth, r)
	return k
}

// labelLog emits log(t) of labels, of any number where t is 0.
func (a *asm) labelLog(c logConsts, t []Vec) (log []Vec) {
	if !a.elements64 {
		x := a.Row(unroll)
		each(func(i int) { a.Move(x[i], t[i]) })
		return a.log(c, x) // no number of float32 is denormal in float64
	}
	return a.raisedLog(t, 0x1p-1000, 200, func(x []Vec) []Vec { return a.log(c, x) })
}

// raisedLog emits log(t) of a t that may be denormal: below least it is log(2^power t) - power
// log 2. log emits logarithms and drops its argument.
func (a *asm) raisedLog(t []Vec, least, power float64, log func(x []Vec) []Vec) []Vec {
	x, small, y := a.Row(unroll), a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Move(x[i], t[i]) })
	each(func(i int) { a.Fill(small[i], least) })
	each(func(i int) { a.Op(Fcmgt, small[i], small[i], t[i]) })
	each(func(i int) { a.Fill(y[i], math.Exp2(power)) })
	each(func(i int) { a.Op(Fmul, y[i], y[i], t[i]) })
	each(func(i int) { a.Insert(x[i], y[i], small[i]) })
	a.Drop(y...)
	x = log(x)
	y = a.Row(unroll)
	each(func(i int) { a.Fill(y[i], power*math.Ln2) })
	each(func(i int) { a.And(y[i], y[i], small[i]) })
	each(func(i int) { a.Op(Fsub, x[i], x[i], y[i]) })
	a.Release(small, y)
	return x
}

// klTerms emits the sum of a row.
func (a *asm) klTerms() {
	a.wideKernel("klTerms", "z, t *T, n int, m, log float64", "sum float64",
		"klTerms returns Σ t (log t - l) of the labels that are not 0, with l = (z - m) - log; n is a positive\n"+
			"multiple of the block.", func() {
			a.pointers("z", "R1", "t", "R3", "n", "R2")
			m, log, sum := a.Arg("m"), a.Arg("log"), a.Take()
			a.Zero(sum)
			c := a.logConsts()
			a.loop(unroll*2, func() {
				l, t := a.Row(unroll), a.Row(unroll)
				a.wideLoad("R1", l)
				a.wideLoad("R3", t)
				each(func(i int) { a.Op(Fsub, l[i], l[i], m) })
				each(func(i int) { a.Op(Fsub, l[i], l[i], log) })
				x := a.labelLog(c, t)
				each(func(i int) { a.Op(Fsub, x[i], x[i], l[i]) })
				a.where(x, t)
				each(func(i int) { a.Op(Fmla, sum, x[i], t[i]) })
				a.Release(l, t, x)
			})
			a.total("sum", sum)
		})
}

// klSlopes emits the derivatives by the labels.
func (a *asm) klSlopes() {
	a.wideKernel("klSlopes", "y, z, t *T, n int, m, log float64", "",
		"klSlopes stores log t + 1 - l in y, -Inf for t = 0, with l = (z - m) - log; n is a positive multiple of\n"+
			"the block.", func() {
			a.pointers("y", "R0", "z", "R1", "t", "R3", "n", "R2")
			m, log, c := a.Arg("m"), a.Arg("log"), a.logConsts()
			a.loop(unroll*2, func() {
				l, t := a.Row(unroll), a.Row(unroll)
				a.wideLoad("R1", l)
				a.wideLoad("R3", t)
				x := a.labelLog(c, t)
				y := a.Row(unroll)
				each(func(i int) { a.Zero(y[i]) })
				each(func(i int) { a.Op(Fcmgt, t[i], t[i], y[i]) })
				each(func(i int) { a.Fill(y[i], math.Inf(-1)) })
				each(func(i int) { a.Insert(y[i], x[i], t[i]) })
				each(func(i int) { a.Fill(x[i], 1) })
				each(func(i int) { a.Op(Fadd, y[i], y[i], x[i]) })
				each(func(i int) { a.Op(Fsub, l[i], l[i], m) })
				each(func(i int) { a.Op(Fsub, l[i], l[i], log) })
				each(func(i int) { a.Op(Fsub, y[i], y[i], l[i]) })
				a.wideStore("R0", y)
				a.Release(l, t, x, y)
			})
		})
}

// klOfElements is cross entropy with the logarithms of the labels, t log(t/p) + u log(u/q), and
// what the larger label lacks of the digits of the smaller one.
func (a *asm) klOfElements(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
	c := a.questionConsts(one)
	q := a.question(c, z)
	near, square, tail := a.log1p(c, q.s)
	c.release(a)
	a.Release(square, tail, q.s)
	far := q.size
	each(func(i int) { a.Op(Fadd, far[i], far[i], near[i]) })
	t, u, positive := labels()
	x := a.Row(unroll)
	each(func(i int) { a.Move(x[i], u[i]) })
	each(func(i int) { a.Op(Fmls, x[i], t[i], q.e[i]) })
	each(func(i int) { a.Op(Fmul, x[i], x[i], q.p[i]) })
	a.Release(q.e, q.p)
	slope = a.signed(x, positive)
	a.Release(x, positive)
	for _, y := range []struct{ minus, t []Vec }{{near, t}, {far, u}} {
		log := a.logConsts()
		x := a.labelLog(log, y.t)
		log.tail.release(a)
		each(func(i int) { a.Op(Fadd, x[i], x[i], y.minus[i]) })
		a.where(x, y.t)
		each(func(i int) { a.Op(Fmul, y.minus[i], x[i], y.t[i]) })
		a.Drop(x...)
	}
	lost, least := a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fmax, lost[i], t[i], u[i]) })
	each(func(i int) { a.Op(Fmin, least[i], t[i], u[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], one, lost[i]) })
	each(func(i int) { a.Op(Fsub, lost[i], lost[i], least[i]) })
	each(func(i int) { a.Op(Fadd, near[i], near[i], far[i]) })
	each(func(i int) { a.Op(Fadd, near[i], near[i], lost[i]) })
	a.Release(far, t, u, lost, least)
	return near, slope
}
