package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// Losses of float32 elements of which both classes have the same φ, by pieces of a = |z|, as
// amd64's sigmoidDensePieces has them: with x = m - a for the middle m of an interval and
// F = exp(-k a) for its k
//
//	loss = t F N + u (R + beyond),   slope by -a = t F (k N + N') + u R'
//
// for the labels t of the likely class and u, and polynomials N and R in x, where beyond is a less
// the end of the intervals, or 0. The number of an interval is the integer next to denseScale/(a +
// denseFrom).

// What the kernel takes: what float32 has lost of the last k, which all have besides, and what a is
// cut at in F; and tables of denseCount numbers, from that of denseFirst on: the middle, k, and the
// coefficients of R and N from that of the highest degree on. F is 2^pieceRaise times what it is,
// lest it is denormal, and N less.
const (
	denseLow     = iota
	denseMost    = 4 * iota // a vector on
	denseNumbers = 4 * iota

	denseMiddle = 0
	denseRate   = denseMiddle + 1
	denseTerms  = 8
	denseFar    = denseRate + 1
	denseNear   = denseFar + denseTerms
	denseEach   = denseNear + denseTerms

	denseCount = 16
	piecesPars = denseNumbers + denseEach*denseCount
	pieceRaise = 24

	denseFrom  = 4.8
	denseFirst = 4
	denseScale = denseFrom * (denseFirst + denseCount - 0.54)
	denseEnd   = denseScale/(denseFirst-0.48) - denseFrom
)

// densePieces emits the kernel.
func (a *asm) densePieces() {
	name := "sigmoidDensePieces"
	a.Kernel32(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float32", "",
		name+sigmoidDoc+"φ = -l + a (1-p), by pieces; par is its plan's.", func() {
			a.Pointer("par", "R7")
			one := a.Hold(1)
			a.sigmoidTurns(one, a.densePiece)
		})
}

// densePiece emits the losses of a turn as [sigmoidTurn] does.
func (a *asm) densePiece(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
	a.sizes(z)
	index, x := a.denseIndex(z)
	a.F("ADD $%d, R7, R10", 4*denseNumbers)
	middle := a.lookUp(index)
	each(func(i int) { a.Op(Fsub, x[i], middle[i], x[i]) })
	a.Release(middle)
	rate := a.lookUp(index)
	f := a.denseFall(one, z, rate)
	far, farSlope := a.piece(index, x, true)
	near, falls := a.piece(index, x, false)
	low := a.Take()
	a.vectorOf(low, 0)
	each(func(i int) { a.OpLane(Fmla, falls[i], near[i], Lane{Of: low}) })
	each(func(i int) { a.Op(Fmla, falls[i], near[i], rate[i]) })
	a.Drop(low)
	a.Release(index, x, rate)
	t, u, positive := labels()
	end := a.Take()
	a.Fill(end, denseEnd)
	each(func(i int) { a.Op(Fmax, z[i], z[i], end) })
	each(func(i int) { a.Op(Fsub, z[i], z[i], end) })
	a.Drop(end)
	a.where(z, u)
	each(func(i int) { a.Op(Fmul, far[i], far[i], u[i]) })
	each(func(i int) { a.Op(Fmla, far[i], z[i], u[i]) })
	each(func(i int) { a.Op(Fmul, farSlope[i], farSlope[i], u[i]) })
	each(func(i int) { a.Op(Fmul, near[i], near[i], t[i]) })
	each(func(i int) { a.Op(Fmla, far[i], near[i], f[i]) })
	each(func(i int) { a.Op(Fmul, f[i], f[i], t[i]) })
	each(func(i int) { a.Op(Fmla, farSlope[i], falls[i], f[i]) })
	a.Release(z, f, near, falls, t, u)
	rise := a.Row(unroll) // by a, not by x
	each(func(i int) { a.Zero(rise[i]) })
	each(func(i int) { a.Op(Fsub, rise[i], rise[i], farSlope[i]) })
	each(func(i int) { a.Insert(farSlope[i], rise[i], positive[i]) })
	a.Release(rise, positive)
	return far, farSlope
}

// denseIndex emits which bytes of a table are those of a's number, and a, at most denseEnd.
func (a *asm) denseIndex(z []Vec) (index, x []Vec) {
	index, x = a.Row(unroll), a.Row(unroll)
	y := a.Take()
	a.Fill(y, denseEnd)
	each(func(i int) { a.Op(Fmin, x[i], z[i], y) })
	a.Fill(y, denseFrom)
	each(func(i int) { a.Op(Fadd, index[i], x[i], y) })
	a.Fill(y, denseScale)
	each(func(i int) { a.Op(Fdiv, index[i], y, index[i]) })
	a.Fill(y, 0x1.8p23)
	each(func(i int) { a.Op(Fadd, index[i], index[i], y) })
	number := a.Row(unroll)
	each(func(i int) { a.Move(number[i], index[i]) })
	const each4, bytes, first = 0x04040404, 0x03020100, 0x4b400000 + denseFirst
	a.FillBits(y, each4)
	each(func(i int) { a.FillBits(index[i], (bytes-each4*first)&0xffffffff) })
	each(func(i int) { a.Imla(index[i], number[i], y) })
	a.Drop(y)
	a.Drop(number...)
	return index, x
}

// lookUp emits the numbers at index of the table at R10, and advances that.
func (a *asm) lookUp(index []Vec) (v []Vec) {
	table := a.Row(denseCount / 4)
	a.Load("R10", table...)
	v = a.Row(unroll)
	each(func(i int) { a.Table(v[i], table, index[i]) })
	a.Drop(table...)
	return v
}

// piece emits a polynomial of the tables at R10, and its derivative, which is closely with one
// rounding of its size.
func (a *asm) piece(index, x []Vec, closely bool) (v, derivative []Vec) {
	v = a.lookUp(index)
	for j := 1; j < denseTerms; j++ {
		c, last := a.lookUp(index), v
		var lowest []Vec
		if closely && j == denseTerms-2 {
			lowest = a.Row(unroll)
			each(func(i int) { a.Move(lowest[i], c[i]) })
		}
		each(func(i int) { a.Op(Fmla, c[i], last[i], x[i]) })
		v = c
		switch {
		case j == 1:
			derivative = last
			continue
		case closely && j == denseTerms-1:
			a.Drop(last...) // the derivative is there
			continue
		case lowest != nil: // one rounding of the derivative's size is left
			each(func(i int) { a.Op(Fadd, last[i], last[i], last[i]) })
		}
		each(func(i int) { a.Op(Fmla, last[i], derivative[i], x[i]) })
		a.Drop(derivative...)
		if derivative = last; lowest != nil {
			each(func(i int) { a.Op(Fmla, lowest[i], derivative[i], x[i]) })
			a.Drop(derivative...)
			derivative = lowest
		}
	}
	return v, derivative
}

// denseFall emits F for a rate, of the sizes z.
func (a *asm) denseFall(one Vec, z, rate []Vec) (f []Vec) {
	c := a.raisedExp(one, pieceRaise)
	x, low, t, n := a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.vectorOf(low[i], denseMost/4) })
	each(func(i int) { a.Op(Fmin, low[i], low[i], z[i]) })
	each(func(i int) { a.Move(t[i], c.magic) })
	each(func(i int) { a.Op(Fmul, n[i], low[i], rate[i]) })
	each(func(i int) { a.OpLane(Fmls, t[i], n[i], c.log2e) })
	each(func(i int) { a.Op(Fsub, n[i], t[i], c.magic) })
	const ln2 = 0x1.62e4p-1 // whose products with whole numbers up to 255 are exact
	ln2s := a.HoldLanes(ln2, math.Ln2-ln2)
	each(func(i int) { a.OpLane(Fmul, x[i], n[i], ln2s[0]) })
	each(func(i int) { a.Op(Fmla, x[i], low[i], rate[i]) })
	lost := a.Take()
	a.vectorOf(lost, 0)
	each(func(i int) { a.OpLane(Fmul, low[i], low[i], Lane{Of: lost}) })
	each(func(i int) { a.OpLane(Fmla, low[i], n[i], ln2s[1]) })
	each(func(i int) { a.Op(Fadd, x[i], x[i], low[i]) })
	a.Drop(low...)
	a.Drop(lost, ln2s[0].Of)
	a.reduced(c, x, t, n, nil)
	f = a.Row(unroll)
	a.power(c, f, x, t)
	c.release(a)
	a.Release(x, t)
	return f
}
