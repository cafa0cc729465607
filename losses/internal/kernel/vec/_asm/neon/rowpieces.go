package main

import (
	"math"

	. "softloss/internal/_asm/neon"
	. "softloss/losses/internal/kernel/vec/_asm/rowplan"
)

// Losses of float32 elements by pieces as amd64's sigmoidRows and sigmoidMarginRows have them: with
// a = |z|, the middle m of its interval, x = m - a and F = exp(-k a) for the k of the interval
//
//	loss = t F N + u (R + beyond),   slope by -a = t F (k N + N') + u R'
//
// for the labels t of the likely class and u, and polynomials N and R in x, where beyond is a less
// the end of the intervals, or 0. With a margin N of a likely no takes another x, and 1 for F, and
// R of a likely yes does not grow beyond the intervals.

// Where a turn has the addresses of rows, less what is the same for all of them, one a lane; and
// what it adds to offsets.
const (
	firstRow = 10 // R10 and those that follow
	rowsFrom = 19
)

// rowPieces emits the kernels.
func (a *asm) rowPieces() {
	for _, margin := range []bool{false, true} {
		name, formula := "sigmoidRows",
			"φ = -(1-p)^a l, of an a for each class, or -l + a (1-p), by pieces; par is its plan's."
		if margin {
			name, formula = "sigmoidMarginRows", "φ of the asymmetric loss with a margin, by pieces; par is its plan's."
		}
		a.Kernel32(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float32", "",
			name+sigmoidDoc+formula, func() {
				a.Pointer("par", "R7")
				a.F("SUB $%d, R7, R%d", RowBase, rowsFrom)
				one := a.Hold(1)
				a.sigmoidTurns(one, func(_ Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
					return a.rowPiece(margin, one, z, labels)
				})
			})
	}
}

// rowPiece emits the losses of a turn as [sigmoidTurn] does.
func (a *asm) rowPiece(margin bool, one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (
	loss, slope []Vec) {
	yes := a.likelyYes()
	a.sizes(z)
	offset, x := a.rowOf(one, z, yes)
	near, nearX := offset, x
	if margin {
		near, nearX = a.fromMargin(z, x, offset, yes)
	}
	a.Drop(yes...)
	a.addresses(near)
	if margin {
		a.Drop(near...)
	}
	number := a.rowNumbers(RowTable)
	k := number()
	f := a.rowFall(one, z, k)
	if margin { // N is not raised, but lifted
		raised := f
		f, yes = a.Row(unroll), a.likelyYes()
		each(func(i int) { a.Fill(f[i], math.Exp2(-RowLift)) })
		each(func(i int) { a.Insert(f[i], raised[i], yes[i]) })
		a.Drop(raised...)
		a.Drop(yes...)
	}
	v, falls := a.piece(number, RowTerms, nearX, false)
	low := a.Take()
	a.F("FMOVS %d(R7), F%d", 4*RowLow, low)
	each(func(i int) { a.OpLane(Fmla, falls[i], v[i], Lane{Of: low}) })
	each(func(i int) { a.Op(Fmla, falls[i], v[i], k[i]) })
	a.Drop(low)
	a.Drop(k...)
	if margin {
		a.addresses(offset)
		a.Drop(nearX...)
	}
	a.Drop(offset...)
	far, farSlope := a.piece(a.rowNumbers(RowFars), RowEach, x, true)
	a.Drop(x...)
	if margin {
		a.fallBeyond(one, z, farSlope)
	}
	t, u, positive := labels()
	end := a.Take()
	a.Fill(end, RowEnd)
	each(func(i int) { a.Op(Fmax, z[i], z[i], end) })
	each(func(i int) { a.Op(Fsub, z[i], z[i], end) })
	a.Drop(end)
	if margin {
		zero := a.Take()
		a.Zero(zero)
		each(func(i int) { a.Insert(z[i], zero, positive[i]) })
		a.Drop(zero)
	}
	a.where(z, u)
	each(func(i int) { a.Op(Fmul, far[i], far[i], u[i]) })
	each(func(i int) { a.Op(Fmla, far[i], z[i], u[i]) })
	each(func(i int) { a.Op(Fmul, v[i], v[i], t[i]) })
	each(func(i int) { a.Op(Fmla, far[i], v[i], f[i]) })
	pair, slope := v, z
	each(func(i int) { a.Op(Fmul, pair[i], t[i], f[i]) })
	each(func(i int) { a.OpOne(Fneg, slope[i], pair[i]) })
	each(func(i int) { a.Op(Fmla, slope[i], t[i], f[i]) })
	each(func(i int) { a.Op(Fmul, slope[i], slope[i], falls[i]) }) // the least first
	each(func(i int) { a.Op(Fmla, slope[i], farSlope[i], u[i]) })
	each(func(i int) { a.Op(Fmla, slope[i], falls[i], pair[i]) })
	a.Release(f, v, falls, t, u, farSlope)
	rise := a.Row(unroll) // by a, not by x
	each(func(i int) { a.OpOne(Fneg, rise[i], slope[i]) })
	each(func(i int) { a.Insert(slope[i], rise[i], positive[i]) })
	a.Release(rise, positive)
	return far, slope
}

// likelyYes emits where z > 0, or is no number, before the labels are loaded.
func (a *asm) likelyYes() (yes []Vec) {
	yes = a.Row(unroll)
	a.LoadAt("R1", yes...)
	each(func(i int) { a.OpOne(Cmgtz, yes[i], yes[i]) })
	return yes
}

// rowOf emits where the row of each a = |z| begins, for the likely class that yes says, and x.
func (a *asm) rowOf(one Vec, z, yes []Vec) (offset, x []Vec) {
	x = a.Row(unroll)
	y, by := a.Row(unroll), a.Take()
	a.Fill(by, RowEnd)
	each(func(i int) { a.Umin(x[i], z[i], by) }) // a number where z is none
	c := a.HoldLanes(1./RowWidth, RowWidth)
	each(func(i int) { a.Move(y[i], one) })
	each(func(i int) { a.OpLane(Fmla, y[i], x[i], c[0]) })
	offset = a.interval(y)
	end := a.Row(unroll)
	each(func(i int) { a.Op(Fmin, end[i], by, z[i]) }) // NaN where z is
	each(func(i int) { a.Fill(x[i], -RowWidth) })
	each(func(i int) { a.OpLane(Fmla, x[i], y[i], c[1]) })
	each(func(i int) { a.Op(Fsub, x[i], x[i], end[i]) })
	a.Drop(end...)
	a.FillBits(by, RowCount*RowBytes)
	each(func(i int) { a.And(y[i], yes[i], by) })
	each(func(i int) { a.Iadd(offset[i], offset[i], y[i]) })
	a.Drop(by, c[0].Of)
	a.Drop(y...)
	return offset, x
}

// fromMargin emits, where no is likely, the offset of the interval of c - a, and that less the
// interval's middle; elsewhere the offset and x that it is given.
func (a *asm) fromMargin(z, x, offset, yes []Vec) (near, nearX []Vec) {
	const toMargins = (RowMargins-RowTable)*4 + RowBase - ((127+RowLeast)<<RowPlaces-1)*RowBytes
	low, off, y, c := a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Take()
	nearX = a.Row(unroll)
	a.Fill(c, RowEnd)
	each(func(i int) { a.Op(Fmin, y[i], z[i], c) })
	a.F("FMOVD %d(R7), F%d", 4*RowFinal, c)
	end := a.Take()
	a.Repeat(end, Lane{Of: c})
	each(func(i int) { a.Repeat(low[i], Lane{Of: c, Index: 1}) })
	each(func(i int) { a.Op(Fsub, nearX[i], end, y[i]) })
	each(func(i int) { a.Op(Fsub, off[i], end, nearX[i]) })
	each(func(i int) { a.Op(Fsub, off[i], off[i], y[i]) })
	each(func(i int) { a.Op(Fadd, low[i], low[i], off[i]) })
	each(func(i int) { a.Op(Fadd, y[i], nearX[i], low[i]) })
	a.Fill(c, math.Ldexp(1-0x1p-6, RowLeast)) // in the row of zeros
	each(func(i int) { a.Op(Fmaxnm, y[i], y[i], c) })
	a.Drop(end)
	a.Drop(off...)
	near = a.interval(y)
	a.FillBits(c, toMargins)
	each(func(i int) { a.Iadd(near[i], near[i], c) })
	each(func(i int) { a.Insert(near[i], offset[i], yes[i]) })
	each(func(i int) { a.Op(Fsub, nearX[i], nearX[i], y[i]) })
	each(func(i int) { a.Op(Fadd, nearX[i], nearX[i], low[i]) })
	each(func(i int) { a.Insert(nearX[i], x[i], yes[i]) })
	a.Drop(c)
	a.Release(low, y)
	return near, nearX
}

// fallBeyond emits the product of x and exp(-a) less that of the end of the intervals where yes is
// likely and a is beyond that.
func (a *asm) fallBeyond(one Vec, z, x []Vec) {
	yes := a.likelyYes()
	end, beyond := a.Take(), a.Row(unroll)
	a.Fill(end, RowEnd)
	each(func(i int) { a.Op(Fmax, beyond[i], z[i], end) })
	each(func(i int) { a.Op(Fsub, beyond[i], beyond[i], end) })
	each(func(i int) { a.And(beyond[i], beyond[i], yes[i]) })
	a.Drop(yes...)
	a.Or(end, beyond[0], beyond[1])
	a.F("VMOV V%d.D[0], R%d", end, firstRow)
	a.F("VMOV V%d.D[1], R%d", end, firstRow+1)
	a.F("ORR R%d, R%d, R%d", firstRow, firstRow+1, firstRow)
	a.F("CBZ R%d, within", firstRow)
	a.Drop(end)
	c := a.raisedExp(one, 0)
	t := a.reduce(c, beyond)
	each(func(i int) { a.Op(Fmls, x[i], x[i], beyond[i]) })
	each(func(i int) { a.Iadd(t[i], t[i], one) })
	each(func(i int) { a.Op(Fmul, x[i], x[i], t[i]) })
	each(func(i int) { a.OpLane(Fmul, x[i], x[i], c.back) })
	c.release(a)
	a.Release(t, beyond)
	a.Label("within")
}

// interval emits the number of y's interval as an offset, and in y its middle, a number of few
// digits.
func (a *asm) interval(y []Vec) (offset []Vec) {
	const bits = 23 - RowPlaces // that tell numbers of an interval apart
	offset = a.Row(unroll)
	half := a.Take()
	a.FillBits(half, 1<<(bits-1))
	each(func(i int) { a.Ushr(offset[i], y[i], bits) })
	each(func(i int) { a.Shl(y[i], offset[i], bits) })
	each(func(i int) { a.Or(y[i], y[i], half) })
	each(func(i int) { a.Shl(offset[i], offset[i], RowBytesLog) })
	a.Drop(half)
	return offset
}

// addresses emits those of the rows at offsets.
func (a *asm) addresses(offset []Vec) {
	for i, v := range offset {
		for lane := range 4 {
			r := firstRow + 4*i + lane
			a.F("VMOV V%d.S[%d], R%d", v, lane, r)
			a.F("ADD R%d, R%d, R%d", rowsFrom, r, r)
		}
	}
}

// rowNumbers returns what emits one number after another of the rows, which begin first numbers
// on from their addresses: four at once, which are transposed.
func (a *asm) rowNumbers(first int) func() []Vec {
	var numbers [][]Vec
	return func() []Vec {
		if numbers == nil {
			for range 4 {
				numbers = append(numbers, a.Row(unroll))
			}
			each(func(i int) {
				var row [4]Vec
				for lane := range row {
					row[lane] = a.Take()
					a.F("FMOVQ %d(R%d), F%d", 4*first, firstRow+4*i+lane, row[lane])
				}
				even := a.Take() // of the first two numbers, as row[0] is then; row[2] and row[3] are of the others
				a.Zip(1, even, row[0], row[2])
				a.Zip(2, row[2], row[0], row[2])
				a.Zip(1, row[0], row[1], row[3])
				a.Zip(2, row[3], row[1], row[3])
				for of := range 2 {
					a.Zip(of+1, numbers[of][i], even, row[0])
					a.Zip(of+1, numbers[of+2][i], row[2], row[3])
				}
				a.Drop(row[:]...)
				a.Drop(even)
			})
			first += 4
		}
		v := numbers[0]
		if numbers = numbers[1:]; len(numbers) == 0 {
			numbers = nil
		}
		return v
	}
}

// piece emits the polynomial in x of n numbers, and its derivative, which is closely with one
// rounding of its size.
func (a *asm) piece(number func() []Vec, n int, x []Vec, closely bool) (v, derivative []Vec) {
	v = number()
	for j := 1; j < n; j++ {
		c, last := number(), v
		var lowest []Vec
		if closely && j == n-2 {
			lowest = a.Row(unroll)
			each(func(i int) { a.Move(lowest[i], c[i]) })
		}
		each(func(i int) { a.Op(Fmla, c[i], last[i], x[i]) })
		v = c
		switch {
		case j == 1:
			derivative = last
			continue
		case closely && j == n-1:
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

// rowFall emits F 2^RowRaise for the k of rows, of the sizes z.
func (a *asm) rowFall(one Vec, z, k []Vec) (f []Vec) {
	x, low, t, n, most := a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Row(unroll), a.Take()
	c := a.raisedExp(one, RowRaise-offset)
	a.Fill(most, -RowLowest)
	each(func(i int) { a.Op(Fmin, n[i], most, z[i]) })
	each(func(i int) { a.Op(Fmul, x[i], n[i], k[i]) })
	each(func(i int) { a.OpOne(Fneg, low[i], x[i]) })
	each(func(i int) { a.Op(Fmla, low[i], n[i], k[i]) })
	each(func(i int) { a.Op(Fmin, x[i], x[i], most) })
	a.F("FMOVS %d(R7), F%d", 4*RowLow, most)
	each(func(i int) { a.OpLane(Fmla, low[i], n[i], Lane{Of: most}) })
	each(func(i int) { a.Move(t[i], c.magic) })
	each(func(i int) { a.OpLane(Fmls, t[i], x[i], c.log2e) })
	each(func(i int) { a.Op(Fsub, n[i], t[i], c.magic) })
	each(func(i int) { a.OpLane(Fmla, x[i], n[i], c.ln2hi) })
	each(func(i int) { a.OpLane(Fmla, low[i], n[i], c.ln2lo) })
	each(func(i int) { a.Op(Fadd, x[i], x[i], low[i]) })
	a.Drop(most, c.least, c.magic)
	a.Drop(low...)
	a.reduced(c, x, t, n, nil)
	c.q.release(a)
	f = a.Row(unroll)
	a.raised(c, f, x, t)
	a.Drop(c.log2e.Of)
	a.Release(x, t)
	return f
}
