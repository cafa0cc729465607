package main

import (
	"math"

	. "softloss/internal/_asm/neon"
)

// Losses of elements that are rows of two classes with the logits (z, 0). One class is the likely
// one, with e = exp(-|z|) and
//
//	p = 1/(1+e),  log p = -log1p(e);   of the other  p = e/(1+e),  log p = -(|z| + log1p(e))
//
// so that nothing cancels.

// question is the softmax of an element: |z|, NaN for z = +Inf, e, the likely class's p, and s =
// e/(2+e), of which log1p(e) is made.
type question struct{ size, e, p, s []Vec }

// questionLoss emits the loss and its derivative by |z|, given what emits the labels of both
// classes. It drops the registers of the question.
type questionLoss func(q question, labels func() (likely, other []Vec)) (loss, slope []Vec)

// sigmoid emits the kernel of a loss: what prepare emits comes before the loop.
func (a *asm) sigmoid(name, formula string, prepare func(c questionConsts) questionLoss) {
	a.wideKernel(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float64", "",
		name+sigmoidDoc+formula, func() { a.sigmoidLoop(prepare) })
}

// sigmoid64 is sigmoid for elements of float64 alone.
func (a *asm) sigmoid64(name, formula string, prepare func(c questionConsts) questionLoss) {
	a.Kernel64(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float64", "",
		name+sigmoidDoc+formula, a.wide(func() { a.sigmoidLoop(prepare) }))
}

// sigmoidReloading is sigmoid for a loss that needs the registers: its numbers are loaded every
// turn.
func (a *asm) sigmoidReloading(name, formula string, turn sigmoidTurn) {
	a.wideKernel(name, "loss *float64, grad, z, yes, no *T, n int, scale T, par *float64", "",
		name+sigmoidDoc+formula, func() {
			a.Pointer("par", "R7")
			a.sigmoidTurns(a.Hold(1), turn)
		})
}

// sigmoidTurn emits the losses of a turn and their derivatives by the logits z, given what emits
// the labels of both classes and where z > 0. It drops the registers of z, and those that the other
// emits.
type sigmoidTurn func(one Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec)

const sigmoidDoc = ` stores the losses of n elements of logits (z, 0) and labels (yes, no), 1 - yes where no is nil,
and, where grad is not nil, scale times their derivatives by z; n is a positive multiple of the block.
`

// sigmoidCrossEntropy computes in the element type.
func (a *asm) sigmoidCrossEntropy() {
	name := "sigmoidCrossEntropy"
	a.Kernel(name, "loss *float64, grad, z, yes, no *T, n int, scale T", "",
		name+sigmoidDoc+"φ = -l.", func() {
			a.elements64 = a.F64
			a.sigmoidLoop(a.crossEntropyQuestion)
		})
}

func (a *asm) sigmoidLoop(prepare func(c questionConsts) questionLoss) {
	c := a.questionConsts(a.Hold(1))
	emit := prepare(c)
	a.sigmoidTurns(c.exp.one, func(_ Vec, z []Vec, labels func() (likely, other, positive []Vec)) (loss, slope []Vec) {
		var positive []Vec
		loss, slope = emit(a.question(c, z), func() (likely, other []Vec) {
			likely, other, positive = labels()
			return likely, other
		})
		d := a.signed(slope, positive)
		a.Release(slope, positive)
		return loss, d
	})
}

// signed emits x where positive, and -x elsewhere.
func (a *asm) signed(x, positive []Vec) (y []Vec) {
	y = a.Row(unroll)
	each(func(i int) { a.Zero(y[i]) })
	each(func(i int) { a.Op(Fsub, y[i], y[i], x[i]) })
	each(func(i int) { a.Insert(y[i], x[i], positive[i]) })
	return y
}

// sigmoidTurns emits the loop.
func (a *asm) sigmoidTurns(one Vec, turn sigmoidTurn) {
	for i, name := range []string{"loss", "z", "n", "yes", "no", "grad"} {
		a.Pointer(name, []string{"R0", "R1", "R2", "R3", "R4", "R5"}[i])
	}
	load := a.wideLoad
	if !a.F64 {
		load = func(r string, x []Vec) { a.Load(r, x...) }
	}
	a.loop(unroll*a.Lanes(), func() {
		z := a.Row(unroll)
		a.F("MOVD R1, R6")
		load("R6", z)
		loss, slope := turn(one, z, func() (likely, other, positive []Vec) {
			positive, likely, other = a.Row(unroll), a.Row(unroll), a.Row(unroll)
			yes := a.Row(unroll)
			load("R1", positive)
			load("R3", yes)
			each(func(i int) { a.Op(Fsub, likely[i], one, yes[i]) })
			a.F("CBZ R4, shares")
			load("R4", likely)
			a.Label("shares")
			each(func(i int) { a.OpOne(Cmgtz, positive[i], positive[i]) })
			each(func(i int) { a.Move(other[i], yes[i]) })
			each(func(i int) { a.Insert(other[i], likely[i], positive[i]) })
			each(func(i int) { a.Insert(likely[i], yes[i], positive[i]) })
			a.Drop(yes...)
			return likely, other, positive
		})
		a.storeLosses("R0", loss)
		a.F("CBZ R5, value")
		a.storeScaled("R5", slope)
		a.Label("value")
		a.Release(loss, slope)
	})
}

// storeLosses stores x, which may be numbers of float64 already, as those. It overwrites x.
func (a *asm) storeLosses(r string, x []Vec) {
	if a.F64 || len(x) > unroll {
		a.Store(r, x...)
		return
	}
	wide := a.Row(2)
	for _, x := range x {
		a.Conv(Fcvtl, wide[0], x)
		a.Conv(Fcvtl2, wide[1], x)
		a.Wide(func() { a.Store(r, wide...) })
	}
	a.Drop(wide...)
}

// storeScaled stores x, rounded to the element type, times the argument scale of that type. It
// overwrites x.
func (a *asm) storeScaled(r string, x []Vec) {
	was := a.F64
	if a.F64 && !a.elements64 {
		a.Conv(Fcvtn, x[0], x[0])
		a.Conv(Fcvtn2, x[0], x[1])
		x, a.F64 = x[:1], false
	}
	scale := a.Arg("scale")
	for _, x := range x {
		a.Op(Fmul, x, x, scale)
	}
	a.Store(r, x...)
	a.Drop(scale)
	a.F64 = was
}

// questionConsts are the numbers of a question.
type questionConsts struct {
	exp   expConsts
	atanh polynomial // (atanh(s)/s - 1)/s² in s², for s <= 1/3
}

// release gives back the registers of all but one.
func (c questionConsts) release(a *asm) {
	c.exp.release(a)
	c.atanh.release(a)
}

func (a *asm) questionConsts(one Vec) (c questionConsts) {
	atanh := []float64{0.333333333333333334, 0.199999999999997613, 0.142857142858000504, 0.111111110991182868,
		0.0909090994898757902, 0.0769227198220571244, 0.0666758932063522566, 0.0586713946446953233,
		0.0542258973446758828, 0.0374606949312179557, 0.0781529346318860002}
	if !a.F64 {
		atanh = []float64{0.333333336602653466, 0.19999853165368411, 0.142961790295768664, 0.10853287353049823,
			0.116121674374490649}
	}
	c.exp = a.raisedExp(one, 0)
	c.atanh = a.polynomial(atanh)
	return c
}

// raisedExp emits the numbers of falling exponentials that a power of two multiplies.
func (a *asm) raisedExp(one Vec, power float64) expConsts {
	most, middle := 746., 0x1.8p52
	if !a.F64 {
		most, middle = 104.5, 0x1.8p23
	}
	c := a.expNumbers(a.Hold(most+math.Round(power*math.Ln2)), a.Hold(middle+offset+power), one)
	c.falling = true
	return c
}

// question emits what the losses have in common. It overwrites z.
func (a *asm) question(c questionConsts, z []Vec) (q question) {
	q.size = z
	q.e, q.p = a.fall(c.exp, z)
	q.s = a.Row(unroll)
	each(func(i int) { a.Fill(q.s[i], 2) })
	each(func(i int) { a.Op(Fadd, q.s[i], q.s[i], q.e[i]) })
	each(func(i int) { a.Op(Fadd, q.p[i], q.e[i], c.exp.one) })
	if !a.F64 || a.elements64 {
		each(func(i int) { a.Op(Fdiv, q.s[i], q.e[i], q.s[i]) })
		each(func(i int) { a.Op(Fdiv, q.p[i], c.exp.one, q.p[i]) })
		return q
	}
	inverse := a.Row(unroll) // one division for both
	each(func(i int) { a.Op(Fmul, inverse[i], q.p[i], q.s[i]) })
	each(func(i int) { a.Op(Fdiv, inverse[i], c.exp.one, inverse[i]) })
	each(func(i int) { a.Op(Fmul, q.s[i], q.s[i], inverse[i]) })
	each(func(i int) { a.Op(Fmul, q.p[i], q.p[i], inverse[i]) })
	each(func(i int) { a.Op(Fmul, q.p[i], q.p[i], q.e[i]) })
	q.p, q.s = q.s, q.p
	a.Drop(inverse...)
	return q
}

// classes emits p of both classes, the likely one and the other. It drops z.
func (a *asm) classes(c expConsts, z []Vec) (p, rest []Vec) {
	rest, p = a.fall(c, z)
	a.Drop(z...)
	each(func(i int) { a.Op(Fadd, p[i], rest[i], c.one) })
	each(func(i int) { a.Op(Fdiv, p[i], c.one, p[i]) })
	each(func(i int) { a.Op(Fmul, rest[i], rest[i], p[i]) })
	return p, rest
}

// fall emits |z| in the place of z, as sizes does, and exp(-|z|), and returns free registers too.
func (a *asm) fall(c expConsts, z []Vec) (e, free []Vec) {
	a.sizes(z)
	e = a.Row(unroll)
	t := a.reduceOf(c, e, z)
	free = a.Row(unroll)
	a.raised(c, free, e, t)
	a.Drop(t...)
	a.keepNaN(c, e, free)
	return e, free
}

// sizes emits |z| in the place of z, NaN for +Inf.
func (a *asm) sizes(z []Vec) {
	y := a.Row(unroll)
	each(func(i int) { a.Fill(y[i], math.Inf(1)) })
	each(func(i int) { a.Op(Fcmeq, y[i], y[i], z[i]) }) // all ones are a NaN
	each(func(i int) { a.OpOne(Fabs, z[i], z[i]) })
	each(func(i int) { a.Or(z[i], z[i], y[i]) })
	a.Drop(y...)
}

// keepNaN emits the exponential of which raised has emitted p, NaN where x is, in the place of x.
func (a *asm) keepNaN(c expConsts, x, p []Vec) {
	zero := a.Take()
	a.Zero(zero)
	each(func(i int) { a.Op(Fmul, x[i], x[i], zero) })
	each(func(i int) { a.OpLane(Fmla, x[i], p[i], c.back) })
	a.Drop(zero)
}

// log1p emits l = log1p(e) = 2 atanh(s) = 2 (s + s³ tail), and returns s² and tail too.
func (a *asm) log1p(c questionConsts, s []Vec) (l, square, tail []Vec) {
	square, l = a.Row(unroll), a.Row(unroll)
	each(func(i int) { a.Op(Fmul, square[i], s[i], s[i]) })
	each(func(i int) { a.Op(Fmul, l[i], square[i], square[i]) })
	tail = a.value(c.atanh, square, l)
	cube := a.Row(unroll)
	each(func(i int) { a.Op(Fmul, cube[i], square[i], s[i]) })
	each(func(i int) { a.Move(l[i], s[i]) })
	each(func(i int) { a.Op(Fmla, l[i], cube[i], tail[i]) })
	each(func(i int) { a.Op(Fadd, l[i], l[i], l[i]) })
	a.Drop(cube...)
	return l, square, tail
}

// where emits x = 0 where t is not positive.
func (a *asm) where(x, t []Vec) {
	mask := a.Row(unroll)
	each(func(i int) { a.OpOne(Cmgtz, mask[i], t[i]) })
	each(func(i int) { a.And(x[i], x[i], mask[i]) })
	a.Drop(mask...)
}
