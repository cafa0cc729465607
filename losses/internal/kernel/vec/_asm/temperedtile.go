package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The bi-tempered loss of a tile's rows. With L = -log of the largest p of the tempered softmax,
// the other p are exp(-L - w) for
//
//	w = log1p(y)/c,   y = c (M - z) exp(-c L),   L = log1p(Σ exp(-w))
//
// which is solved as for elements, from the softmax's L on.

// temperedTile is what the parts of the kernel share.
type temperedTile struct {
	isa
	c                         questionConsts
	e, h, z, t, k, lanes, par reg.GPVirtual
	bad                       reg.GPVirtual                    // the bits of rows that are rejected
	place                     func(i int, v reg.VecVirtual) Op // there are 10
	labelGrad                 reg.GPVirtual

	sums        accumulators // of a step
	parts       accumulators // loss, Σ t, Σ v and Σ p/x below the maximum and there, and the labels' signs
	log         Op           // L
	factor      Op           // c exp(-c L)
	shrink      Op           // exp(-c L)
	top, others Op           // exp(-L) and 1 less that

	whole bool // 1/c and 1/e are n
	lost  Op   // 1 - exp(-c L), for whole
}

func (g isa) temperedTile() {
	g.text("temperedTile",
		"func(labelGrad, e, h, z, t *A, k, tiles, steps, soft, grad int, declined *uint32, lanes, par *A, n int)",
		"takes lanes from tileStats, stores the bi-tempered losses of tiles there and unless grad is 0 the gradients in e; "+
			"it overwrites h. par is a temperedPlan's; soft is 0 for labels that are 0 or 1; n is 1/c and 1/e where these are "+
			"the same whole number below 16 to the digits of float32, or 0. declined, for each tile, takes the bits of the "+
			"rows with an invalid label, a p of 0, a loss that is not finite, or a last step that was not "+
			"small, too. Unless labelGrad is nil it stores the gradients by the labels there, where soft is not 0.")
	x := temperedTile{isa: g, k: g.param("k"), par: g.param("par"), place: g.places(10)}
	x.c = g.questionConsts(sigmoidLoss{logits: true, exact: true, logs: none})
	x.sums, x.parts = g.accumulators(3), g.accumulators(7)
	n, whole := g.param("n"), label("whole")
	TESTQ(n, n)
	JNE(LabelRef(whole))
	x.rows()
	Label(whole)
	x.whole = true
	x.rows()
}

// rows emits all of the kernel.
func (x temperedTile) rows() {
	g := x.isa
	x.solve()
	x.e, x.h, x.t, x.labelGrad = g.param("e"), g.param("h"), g.param("t"), g.param("labelGrad")
	x.pass(func() {
		x.losses()
		grad, done := g.param("grad"), label("done")
		TESTQ(grad, grad)
		JEQ(LabelRef(done))
		x.gradients()
		Label(done)
		x.reject()
		advance(x.k, g.column(), x.e, x.h, x.t)
		where(x.labelGrad, func() { advance(x.k, g.column(), x.labelGrad) })
	})
	g.ret()
}

// pass is tilePass with the logits of each tile.
func (g *temperedTile) pass(body func()) {
	g.z = g.param("z")
	g.tilePass(func(lanes reg.GPVirtual) {
		g.lanes, g.log = lanes, g.lane(lanes, "Log")
		body()
		advance(g.k, g.isa.column(), g.z)
	})
}

// reject adds the bits of a tile's rows that are rejected to those that there are, and goes on to
// those of the next.
func (g *temperedTile) reject() {
	declined := g.param("declined")
	ORL(g.bad, Mem{Base: declined})
	ADDQ(Imm(4), address(Param("declined")))
}

// column emits y, and where the logit is not the maximum.
func (g temperedTile) column(off reg.GPVirtual) (y reg.VecVirtual, apart Op) {
	y = g.vec()
	g.load(g.lane(g.lanes, "Max"), y)
	m := g.cmp(neqUQ, col(g.z, off), y)
	g.sub(col(g.z, off), y, y)
	g.mul(g.factor, y, y)
	return y, g.placeMask(m)
}

// placeMask is parkMask in the last place.
func (g temperedTile) placeMask(m mask) Op {
	if g.avx512 {
		return m.op
	}
	return g.place(8, m.op.(reg.VecVirtual))
}

// power emits exp(x) for x <= 0.
func (g temperedTile) power(x reg.VecVirtual) reg.VecVirtual {
	if g.avx512 {
		return g.exp2(g.c.tempered.powers, g.constant(math.Log2E), x)[0]
	}
	e := g.vec()
	g.expBounded(g.c, g.atLeast(g.lowest(), x), e)
	return e
}

// minus emits -x.
func (g isa) minus(x Op) reg.VecVirtual {
	y := g.zeros(1)[0]
	g.sub(x, y, y)
	return y
}

// orBad adds the rows of a mask to those that are rejected.
func (g temperedTile) orBad(m mask) { ORL(g.maskBits(m), g.bad) }

// solve emits L, by steps of the third order: with S, A and B for the sums of E = exp(-w), E r and
// E r² of the other classes, r = y/(1+y), the derivative D = A/(1+S) of the right side, and D' =
// ((1+c) B - c A)/(1+S)
// - D²,
//
//	s (1 + s D'/2(1-D)),   s = (log1p(S) - L)/(1-D).
//
// What one makes of 1e-8 is nothing: all but the last are computed to no more digits. A step is one
// of all tiles: its numbers come out of a long chain, for which those of the next tile need not
// wait.
func (g *temperedTile) solve() {
	steps, next, exact := g.param("steps"), label("step"), label("exact")
	g.pass(func() {
		ties := g.loaded(g.constant(-1))
		g.columns(g.k, func(off reg.GPVirtual) {
			top := g.loaded(g.lane(g.lanes, "Max"))
			g.addWhere(g.cmp(eqOQ, col(g.z, off), top), g.constant(1), ties)
		})
		g.store(ties, g.lane(g.lanes, "Ties"))
	})
	short := *g
	short.short = true
	short.c.tempered.powers.q, short.c.tempered.logs.q = g.constants(shortPowers), g.constants(log1pShort)
	short.c.exp.q = g.constants(shortExp)
	Label(next)
	CMPQ(steps, Imm(1))
	JEQ(LabelRef(exact))
	short.pass(func() { short.step() })
	DECQ(steps)
	JMP(LabelRef(next))
	Label(exact)
	declined := g.param("declined")
	g.pass(func() {
		size := g.step()
		g.and(g.abs(), size, size)
		ORL(g.maskBits(g.cmp(nltUQ, g.parameter(g.par, parSmall), size)), Mem{Base: declined})
		ADDQ(Imm(4), declined)
	})
}

// step emits a step of solve, and returns it. Short, it takes no more digits than shortPowers and
// log1pShort have.
func (g *temperedTile) step() (s reg.VecVirtual) {
	park, sums := g.place, g.sums
	f := g.expOfMinus(g.c, g.c.tempered.powers, g.par, g.minus(g.log))
	g.mul(g.parameter(g.par, parC), f, f)
	g.factor = park(0, f)
	sums.clear()
	g.columns(g.k, func(off reg.GPVirtual) {
		y, apart := g.column(off)
		keptY := park(1, y)
		e, inverse := g.class(y, 2)
		r := g.loaded(inverse)
		g.mul(keptY, r, r)
		keptR := park(2, r)
		g.addWhere(g.maskOf(apart), e, sums.at[0])
		g.mul(keptR, e, e) // 0 at the maximum
		sums.add(1, e)
		sums.madd(2, keptR, e)
	})
	sum := g.vec()
	g.load(sums.at[0], sum)
	g.add(g.lane(g.lanes, "Ties"), sum, sum)
	s, inverse := g.minusLog1p(g.c.tempered.logs, !g.short, sum, nil)
	g.add(g.log, s, s) // (L - log1p(S))
	a, b, c := g.vec(), g.vec(), g.parameter(g.par, parC)
	g.load(sums.at[1], a)
	g.load(sums.at[2], b)
	g.mul(b, c, sum)
	g.add(sum, b, b)
	g.nmadd(a, c, b)
	g.mul(inverse, b, b)
	g.mul(inverse, a, a) // D
	g.nmadd(a, a, b)     // D'
	rest := g.vec()
	g.other(a, rest)
	rest = g.nearInverse(rest)
	g.mul(rest, s, s)
	g.mul(rest, b, b)
	g.mul(s, b, b)
	g.mul(g.constant(-0.5), b, b)
	g.load(g.constant(0.5), a)
	g.min(b, a, b)
	g.load(g.constant(-0.5), a)
	g.max(b, a, b)
	g.madd(s, b, s)
	g.load(g.log, a)
	g.sub(s, a, a)
	g.max(a, g.zeros(1)[0], a)
	g.store(a, g.log)
	return s
}

// class emits E = exp(-w), and in a place 1/(1+y).
func (g *temperedTile) class(y reg.VecVirtual, place int) (e reg.VecVirtual, inverse Op) {
	if g.whole {
		x := g.vec()
		g.add(g.constant(1), y, x)
		x = g.nearInverse(x)
		return g.wholePower(g.param("n"), x), g.place(place, x)
	}
	w, r := g.minusLog1p(g.c.tempered.logs, !g.short, y, nil)
	inverse = g.place(place, r)
	g.mul(g.parameter(g.par, parByC), w, w)
	return g.power(w), inverse
}

// losses emits the losses, and stores v = d p^e/x in e and p/x in h: see [temperedQuestion].
func (g *temperedTile) losses() {
	park := g.place
	g.bad = GP32()
	XORL(g.bad, g.bad)
	minus := g.minus(g.log)
	p := g.power(minus)
	rest := g.vec()
	g.other(p, rest)
	g.top, g.others = park(0, p), park(1, rest)
	if g.whole {
		q, lost := g.powerAndRest(g.c, g.par, minus)
		g.shrink, g.lost = park(2, q), park(9, lost)
	} else {
		g.shrink = park(2, g.expOfMinus(g.c, g.c.tempered.powers, g.par, minus))
	}
	f := g.parameter(g.par, parC)
	g.mul(g.shrink, f, f)
	g.factor = park(3, f)
	g.parts.clear()
	g.columns(g.k, func(off reg.GPVirtual) { g.lossColumn(off) })
	loss, e := g.vec(), g.parameter(g.par, parE)
	g.load(g.constant(1), loss)
	g.sub(g.parts.at[1], loss, loss)
	g.mul(e, loss, loss)
	g.add(g.parts.at[0], loss, loss)
	g.mul(g.parameter(g.par, parFactor), loss, loss)
	g.store(loss, g.lane(g.lanes, "Loss"))
	infinite := g.noLanes()
	g.notFinite(loss, infinite) // as of a label that is not
	g.orBad(infinite)
	ORL(g.signBits(g.loaded(g.parts.at[6])), g.bad)
}

func (g *temperedTile) lossColumn(off reg.GPVirtual) {
	y, apart := g.column(off)
	g.orBad(g.cmp(nltUQ, g.constant(0x1p1000), y))
	p, inverse, powerAndRest := g.powers(y)
	share := g.vec()
	g.mul(inverse, p, share)
	g.store(share, col(g.h, off))
	g.addApart(4, apart, share)
	t, d := g.vec(), g.vec()
	g.load(col(g.t, off), t)
	g.orSigns(t)
	g.parts.add(1, t)
	g.other(t, d)
	g.sub(g.others, d, d)
	g.sub(t, p, p)
	g.blend(g.maskOf(apart), p, d)
	keptD := g.place(6, d)
	pow, alpha := powerAndRest()
	keptAlpha := g.place(7, alpha)
	v, x := g.vec(), g.parameter(g.par, parE)
	g.mul(keptD, pow, v)
	g.mul(inverse, v, v)
	g.store(v, col(g.e, off))
	g.addApart(2, apart, v)
	t = g.vec()
	g.load(col(g.t, off), t)
	g.nmadd(keptD, x, t)
	g.parts.madd(0, keptAlpha, t) // α (t - e d)
	soft, hard := g.param("soft"), label("hard")
	TESTQ(soft, soft)
	JEQ(LabelRef(hard))
	less := g.powerLess(g.c, g.par, g.logOfLabel(g.c, col(g.t, off)))
	where(g.labelGrad, func() {
		y, x, lab := g.vec(), g.vec(), g.vec()
		g.load(keptAlpha, y)
		g.load(col(g.t, off), lab)
		g.load(g.constant(-1), x) // of a label 0
		g.blend(g.cmp(neqUQ, g.constant(0), lab), less, x)
		g.add(x, y, y)
		g.div(g.parameter(g.par, parE), y, y)
		g.store(y, col(g.labelGrad, off))
	})
	g.parts.madd(0, col(g.t, off), less)
	Label(hard)
}

// powers emits p, and in a place 1/x, and returns what emits p^e and 1 - p^e. It overwrites y.
func (g *temperedTile) powers(y reg.VecVirtual) (
	p reg.VecVirtual, inverse Op, powerAndRest func() (pow, rest reg.VecVirtual)) {
	if g.whole { // p^e is 1/x = s/(1+y), and 1 - p^e = 1 - s + y/x, for s = exp(-c L)
		p, inverse = g.class(y, 4)
		g.mul(g.top, p, p)
		r := g.loaded(inverse)
		g.mul(g.shrink, r, r)
		inverse = g.place(4, r)
		g.horner(g.lost, r, y)
		keptRest := g.place(5, y)
		return p, inverse, func() (pow, rest reg.VecVirtual) {
			pow = g.vec()
			g.load(inverse, pow)
			return pow, g.loaded(keptRest)
		}
	}
	w, r := g.minusLog1p(g.c.tempered.logs, true, y, nil)
	g.mul(g.shrink, r, r)
	inverse = g.place(4, r)
	g.mul(g.parameter(g.par, parByC), w, w)
	l := g.vec()
	g.move(w, l)
	g.sub(g.log, l, l)
	logP := g.place(5, l)
	p = g.power(w)
	g.mul(g.top, p, p)
	return p, inverse, func() (pow, rest reg.VecVirtual) { return g.powerAndRest(g.c, g.par, g.loaded(logP)) }
}

// orSigns adds the signs of labels to those that there are.
func (g *temperedTile) orSigns(t reg.VecVirtual) {
	x := g.vec()
	g.or(g.parts.at[6], t, x)
	g.store(x, g.parts.at[6])
}

// addApart adds v to part i where the logit is not the maximum, and to the next elsewhere.
func (g *temperedTile) addApart(i int, apart Op, v reg.VecVirtual) {
	m, top := g.maskOf(apart), g.allLanes()
	g.addWhere(m, v, g.parts.at[i])
	g.maskDrop(m, top)
	g.addWhere(top, v, g.parts.at[i+1])
}

// gradients emits f (v - p/x Σ v / Σ p/x), at the maximum by the sums without it.
func (g *temperedTile) gradients() {
	sum, inverse, f := g.vec(), g.vec(), g.vec()
	g.load(g.parts.at[4], sum)
	g.add(g.parts.at[5], sum, sum)
	inverse = g.inverse(sum)
	g.load(g.lane(g.lanes, "Scale"), f)
	g.mul(inverse, f, f)
	factor := g.place(0, f)
	g.columns(g.k, func(off reg.GPVirtual) {
		top := g.loaded(g.lane(g.lanes, "Max"))
		most := g.cmp(eqOQ, col(g.z, off), top)
		v, share, x, y := g.loaded(col(g.e, off)), g.loaded(col(g.h, off)), g.vec(), g.vec()
		// v (Σ p/x - p/x) - p/x (Σ v - v), at the maximum; elsewhere nothing is gained by leaving out the
		// class.
		g.load(g.parts.at[5], x)
		g.load(g.parts.at[3], y)
		g.subWhere(most, share, x)
		g.subWhere(most, v, y)
		g.add(g.parts.at[4], x, x)
		g.add(g.parts.at[2], y, y)
		g.mul(v, x, x)
		g.nmadd(share, y, x)
		g.mul(factor, x, x)
		g.store(x, col(g.e, off))
	})
}

// accumulators are sums, for AVX2 in memory.
type accumulators struct {
	g  isa
	at []Op
}

func (g isa) accumulators(n int) (a accumulators) {
	a.g = g
	for range n {
		if g.avx512 {
			a.at = append(a.at, g.vec())
		} else {
			a.at = append(a.at, g.local(g.column()))
		}
	}
	return a
}

// clear sets all to 0.
func (a accumulators) clear() {
	zero := a.g.zeros(1)[0]
	for _, at := range a.at {
		a.g.store(zero, at)
	}
}

// add adds v to sum i.
func (a accumulators) add(i int, v reg.VecVirtual) {
	if a.g.avx512 {
		a.g.add(v, a.at[i], a.at[i])
		return
	}
	x := a.g.vec()
	a.g.load(a.at[i], x)
	a.g.add(v, x, x)
	a.g.store(x, a.at[i])
}

// madd adds x y to sum i.
func (a accumulators) madd(i int, x Op, y reg.VecVirtual) {
	if a.g.avx512 {
		a.g.madd(x, y, a.at[i])
		return
	}
	sum := a.g.vec()
	a.g.load(a.at[i], sum)
	a.g.madd(x, y, sum)
	a.g.store(sum, a.at[i])
}
