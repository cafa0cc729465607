package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// The softmax of ordinary rows of prepared logits
//
//	y = b z + hi + low,   b = factor + factorLow,
//
// which are numbers, near each other and not large. Hi is a multiple of a grid, and so is m, next
// to the largest y: hi - m is exact, and what else y - m = u + q has,
//
//	u = factor z + (hi - m),   q = factorLow z + low,
//
// keeps the digits that the exponential needs.

// preparedRows emits the kernels.
func (a *asm) preparedRows() {
	a.preparedEnds()
	a.findPrepared()
	a.preparedExps()
	a.preparedLogs()
}

// preparedEnds emits the search for the smallest and the largest.
func (a *asm) preparedEnds() {
	a.Kernel("preparedEnds", "z, hi *T, n int, factor T", "least, most float64",
		"preparedEnds returns the smallest and the largest of factor z + hi, or of z where hi is nil, NaN where\n"+
			"there is one; n is a positive multiple of the block.", func() {
			a.preparedPointers("z", "hi")
			factor, least, most := a.Arg("factor"), a.Row(unroll), a.Row(unroll)
			each(func(i int) { a.Fill(least[i], math.Inf(1)) })
			each(func(i int) { a.Fill(most[i], math.Inf(-1)) })
			a.loop(unroll*a.Lanes(), func() {
				x := a.roughly(factor)
				each(func(i int) { a.Op(Fmin, least[i], least[i], x[i]) })
				each(func(i int) { a.Op(Fmax, most[i], most[i], x[i]) })
				a.Drop(x...)
			})
			each(func(i int) { a.OpOne(Fneg, least[i], least[i]) })
			end := func(name string, x []Vec, negative bool) {
				y := x[0]
				a.Op(Fmax, y, y, x[1])
				for lanes := a.Lanes(); lanes > 1; lanes /= 2 {
					a.Op(Fmaxp, y, y, y)
				}
				if negative {
					a.OpOne(Fneg, y, y)
				}
				if !a.F64 {
					a.Conv(Fcvtl, y, y)
				}
				a.F("FMOVD F%d, %s", y, a.Place(name))
			}
			end("least", least, true)
			end("most", most, false)
		})
}

// findPrepared emits the search for one.
func (a *asm) findPrepared() {
	a.Kernel("findPrepared", "z, hi *T, n int, factor, m T", "left uint64",
		"findPrepared is find for factor z + hi, or for z where hi is nil.", func() {
			a.preparedPointers("z", "hi")
			factor, m := a.Arg("factor"), a.Arg("m")
			a.search(m, "R7", func() []Vec { return a.roughly(factor) })
		})
}

// preparedPointers loads n and those of names.
func (a *asm) preparedPointers(names ...string) {
	places := map[string]string{"e": "R0", "dst": "R0", "z": "R1", "t": "R3", "hi": "R5", "low": "R10", "sums": "R4"}
	a.Pointer("n", "R2")
	for _, name := range names {
		a.Pointer(name, places[name])
	}
}

// roughly emits what rows are compared by: z, or factor z + hi.
func (a *asm) roughly(factor Vec) (x []Vec) {
	x = a.Row(unroll)
	z, hi := a.Row(unroll), a.Row(unroll)
	a.Load("R1", x...)
	a.F("CBZ R5, plain")
	each(func(i int) { a.Move(z[i], x[i]) })
	a.Load("R5", hi...)
	each(func(i int) { a.Move(x[i], hi[i]) })
	each(func(i int) { a.Op(Fmla, x[i], z[i], factor) })
	a.Label("plain")
	a.Release(z, hi)
	return x
}

// preparedLess is the registers of y - m.
type preparedLess struct {
	minus             Vec // -m
	factor, factorLow Lane
}

// preparedLess emits them: the function has the arguments minus, factor and factorLow.
func (a *asm) preparedLess() preparedLess {
	return preparedLess{a.Arg("minus"), Lane{Of: a.Arg("factor")}, Lane{Of: a.Arg("factorLow")}}
}

// preparedParts emits z, c = hi - m, and u and q.
func (a *asm) preparedParts(p preparedLess) (z, c, u, q []Vec) {
	z, c, u, q = a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Row(unroll)
	a.Load("R1", z...)
	each(func(i int) { a.Move(c[i], p.minus) })
	each(func(i int) { a.OpLane(Fmul, q[i], z[i], p.factorLow) })
	a.F("CBZ R5, plain")
	a.Load("R5", c...)
	a.Load("R10", q...)
	each(func(i int) { a.Op(Fadd, c[i], c[i], p.minus) })
	each(func(i int) { a.OpLane(Fmla, q[i], z[i], p.factorLow) })
	a.Label("plain")
	each(func(i int) { a.Move(u[i], c[i]) })
	each(func(i int) { a.OpLane(Fmla, u[i], z[i], p.factor) })
	return z, c, u, q
}

// preparedExps emits exponentials and sums: with d = y - m the exponent is n = rint(d log2 e), and
// n grid exact for the first digits grid of ln 2, so that c - n grid + factor z is rounded once.
func (a *asm) preparedExps() {
	a.Kernel("preparedExps", "sums *[3]float64, e, z, t, hi, low *T, n int, minus, factor, factorLow T", "signs uint64",
		"preparedExps stores exp(y - m) in e, unless that is nil, and Σ exp(y - m), Σ t and Σ t (y - m) in sums, and\n"+
			"returns the or of the bits of t, which may be nil; n is a positive multiple of the block.", func() {
			a.preparedPointers("e", "z", "t", "hi", "low")
			const short, long = 355. / (1 << 9), 190530846196. / (1 << 38)
			grid, rest, middle := short, math.Ln2-short, 0x1.8p23
			if a.F64 {
				grid, rest, middle = long, math.Ln2-long, 0x1.8p52
			}
			p, c := a.preparedLess(), a.expNumbers(a.Hold(0), a.Hold(middle), a.Hold(1))
			a.Drop(c.least)
			ln2 := a.HoldLanes(grid, rest)
			sums, signs := a.Row(3), a.Take()
			for _, v := range append(sums, signs) {
				a.Zero(v)
			}
			a.loop(unroll*a.Lanes(), func() {
				z, from, u, q := a.preparedParts(p)
				t, n := a.Row(unroll), a.Row(unroll)
				each(func(i int) { a.Move(t[i], c.magic) })
				each(func(i int) { a.OpLane(Fmla, t[i], u[i], c.log2e) })
				each(func(i int) { a.Op(Fsub, n[i], t[i], c.magic) })
				each(func(i int) { a.Op(Fadd, u[i], u[i], q[i]) })
				each(func(i int) { a.OpLane(Fmls, from[i], n[i], ln2[0]) })
				each(func(i int) { a.OpLane(Fmls, q[i], n[i], ln2[1]) })
				each(func(i int) { a.OpLane(Fmla, from[i], z[i], p.factor) })
				each(func(i int) { a.Op(Fadd, from[i], from[i], q[i]) })
				a.Release(z, q)
				a.reduced(c, from, t, n, nil)
				y := a.Row(unroll)
				a.raised(c, y, from, t)
				a.Release(from, t)
				a.F("CBZ R0, unkept")
				a.Store("R0", y...)
				a.Label("unkept")
				a.F("CBZ R3, unlabelled")
				a.preparedLabels(u, sums[1], sums[2], signs)
				a.Label("unlabelled")
				a.Op(Fadd, y[0], y[0], y[1])
				a.sum(sums[0], y[0], y[1])
				a.Release(u, y)
			})
			a.Wide(func() {
				for _, s := range sums {
					a.Conv(Faddpd, s, s)
				}
			})
			a.preparedPointers("sums")
			for i, s := range sums {
				a.F("FMOVD F%d, %d(R4)", s, 8*i)
			}
			a.resultBits("signs", signs)
		})
}

// preparedLabels emits the sums of t and of t d. It overwrites d.
func (a *asm) preparedLabels(d []Vec, mass, dot, signs Vec) {
	t, x := a.Row(unroll), a.Take()
	a.Load("R3", t...)
	each(func(i int) { a.Or(signs, signs, t[i]) })
	a.Op(Fmul, d[0], d[0], t[0])
	a.Op(Fmla, d[0], d[1], t[1])
	a.Op(Fadd, t[0], t[0], t[1])
	a.sum(dot, d[0], x)
	a.sum(mass, t[0], x)
	a.Drop(x)
	a.Drop(t...)
}

// preparedLogs emits the logarithms of the softmax.
func (a *asm) preparedLogs() {
	a.Kernel("preparedLogs", "dst, z, hi, low *T, n int, minus, factor, factorLow, log T", "",
		"preparedLogs stores (y - m) - log in dst; n is a positive multiple of the block.", func() {
			a.preparedPointers("dst", "z", "hi", "low")
			p, log := a.preparedLess(), a.Arg("log")
			a.loop(unroll*a.Lanes(), func() {
				z, c, u, q := a.preparedParts(p)
				each(func(i int) { a.Op(Fsub, q[i], q[i], log) })
				each(func(i int) { a.Op(Fadd, u[i], u[i], q[i]) })
				a.Store("R0", u...)
				a.Release(z, c, u, q)
			})
		})
}
