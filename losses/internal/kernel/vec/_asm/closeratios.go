package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predictions that nearly agree in all classes.

func (g isa) disagree() {
	g.text("disagree", "func(apart *bool, p, q *A, k, n int, share, least A)",
		"makes apart true of the rows, of n of k classes, where |p - q| < share q - least does not hold everywhere.")
	apart, p, q, k := g.param("apart"), g.param("p"), g.param("q"), g.param("k")
	share, least := g.broadcast("share"), g.broadcast("least")
	g.eachRow(k, g.param("n"), []reg.GPVirtual{p, q}, nil, func() {
		found := g.noLanes()
		g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
			x, bound := g.get(p, i, v, m), g.get(q, i, v, m)
			g.sub(bound, x, x)
			g.and(g.abs(), x, x)
			g.msub(least, share, bound)
			far := g.cmp(nltUQ, bound, x)
			if m != nil {
				far = g.maskAnd(*m, far)
			}
			g.orInto(far, found)
		})
		bits, far := g.maskBits(found), GP8()
		TESTL(bits, bits)
		SETNE(far)
		ORB(far, Mem{Base: apart})
		INCQ(apart)
	})
	g.ret()
}

// difference returns a - b and what it has lost. It overwrites both.
func (g isa) difference(a, b reg.VecVirtual) (x, lost reg.VecVirtual) {
	x, lost = g.vec(), g.vec()
	back := g.vec()
	g.sub(b, a, x)
	g.sub(a, x, back)
	g.sub(back, x, lost)
	g.sub(lost, a, lost)
	g.add(back, b, b)
	g.sub(b, lost, lost)
	return x, lost
}

// closeRatios: of y = log(p/q) it is known that Σ q exp(y) = 1. From the difference of the logits
// it takes that of the first class, of what is left the mean by q, and of what is left of that, x,
// log1p(E) with E = Σ q (exp(x) - 1). p/q - 1 is then (exp(x) - 1 - E)/(1 + E).
func (g isa) closeRatios() {
	g.text("closeRatios", "func(y, less, sum, z, other, q *A, k, n int)",
		"stores log(p/q) of n rows of k classes in y and adds p/q - 1 to sum, p and q the softmaxes of z and other. It "+
			"overwrites less.")
	k, r := g.param("k"), &closeRow{isa: g, c: g.expConstsInMemory(), y: g.param("y"), less: g.param("less"),
		sum: g.param("sum"), z: g.param("z"), other: g.param("other"), q: g.param("q"), before: GP64(), last: GP64()}
	LEAQ(Mem{Base: k, Disp: -1}, r.before)
	LEAQ(Mem{Base: k, Disp: -g.lanes()}, r.last)
	overlap := GP64()
	MOVQ(k, overlap)
	NEGQ(overlap)
	ANDQ(Imm(uint64(g.lanes()-1)), overlap)
	r.counted = g.parkMask(g.tail(overlap))
	g.eachRow(k, g.param("n"), []reg.GPVirtual{r.y, r.less, r.sum, r.z, r.other, r.q}, nil, func() {
		few, done := label("few"), label("done")
		CMPQ(k, Imm(uint64(g.lanes())))
		JLT(LabelRef(few))
		r.many()
		JMP(LabelRef(done))
		Label(few)
		g.partial(k, r.few)
		Label(done)
	})
	g.ret()
}

// closeRow is a row of closeRatios. Of rows of at least a vector the last one overlaps the one
// before it, counted are the lanes of both, and the others are those of before elements. at and low
// are taken from the differences of the logits.
type closeRow struct {
	isa
	c                         expConsts
	y, less, sum, z, other, q reg.GPVirtual
	before, last              reg.GPVirtual
	counted, at, low          Op
}

// many is a row of at least a vector. The last vector stays in registers: what is stored under a
// mask, or partly stored again, is long in coming back.
func (r *closeRow) many() {
	lastMass := r.get(r.q, r.last, 0, nil)
	r.drop(r.maskOf(r.counted), lastMass)
	mass := r.park(lastMass)
	r.centre(func(mean []reg.VecVirtual) {
		r.madd(mass, r.difference(r.last, 0, nil), mean[0])
		r.wholes(r.before, 2, func(i reg.GPVirtual, v int) {
			r.madd(r.difference(i, v, nil), r.get(r.q, i, v, nil), mean[v])
		})
	})
	x, e := r.ratio(r.last, 0, nil)
	excess := r.zeros(2)
	r.madd(mass, e, excess[0])
	lastX, lastE := r.park(x), r.park(e)
	r.wholes(r.before, 2, func(i reg.GPVirtual, v int) {
		x, e := r.ratio(i, v, nil)
		r.put(x, r.y, i, v, nil)
		r.put(e, r.less, i, v, nil)
		r.madd(e, r.get(r.q, i, v, nil), excess[v])
	})
	finish, lastSum := r.finish(excess), r.park(r.get(r.sum, r.last, 0, nil))
	r.wholes(r.before, 2, func(i reg.GPVirtual, v int) {
		finish(r.get(r.y, i, v, nil), r.get(r.less, i, v, nil), r.get(r.sum, i, v, nil), i, v, nil)
	})
	finish(r.loaded(lastX), r.loaded(lastE), r.loaded(lastSum), r.last, 0, nil)
}

// few is a row of less than a vector.
func (r *closeRow) few(m *mask) {
	i, excess := GP64(), r.zeros(1)
	XORQ(i, i)
	r.centre(func(mean []reg.VecVirtual) { r.madd(r.difference(i, 0, m), r.get(r.q, i, 0, m), mean[0]) })
	x, e := r.ratio(i, 0, m)
	r.madd(e, r.get(r.q, i, 0, m), excess[0])
	r.finish(excess)(x, e, r.get(r.sum, i, 0, m), i, 0, m)
}

// centre emits at and low; add adds the differences less that of the first class, times q, to mean.
func (r *closeRow) centre(add func(mean []reg.VecVirtual)) {
	first, second, mean := r.vec(), r.vec(), r.zeros(2)
	r.bcast(Mem{Base: r.z}, first)
	r.bcast(Mem{Base: r.other}, second)
	at, low := r.isa.difference(first, second)
	r.at, r.low = r.park(at), r.park(low)
	add(mean)
	shift, whole, lost := r.vec(), r.vec(), r.vec()
	r.bcast(r.total(mean), shift)
	r.twoSum(r.loaded(r.at), shift, whole, lost)
	r.add(r.low, lost, lost)
	r.at, r.low = r.park(whole), r.park(lost)
}

// difference returns a difference of the logits less at and low.
func (r *closeRow) difference(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x, lost := r.isa.difference(r.get(r.z, i, v, m), r.get(r.other, i, v, m))
	r.sub(r.at, x, x)
	r.sub(r.low, lost, lost)
	r.add(lost, x, x)
	return x
}

// ratio returns that difference, x, and exp(x) - 1.
func (r *closeRow) ratio(i reg.GPVirtual, v int, m *mask) (x, e reg.VecVirtual) {
	x = r.difference(i, v, m)
	if m != nil {
		r.keep(*m, x, x)
	}
	return x, r.expLess1(r.c, x)
}

// log1pClose are the coefficients of log1p(E)/E for E up to 1/64, highest degree first.
var log1pClose = []float64{-1. / 8, 1. / 7, -1. / 6, 1. / 5, -1. / 4, 1. / 3, -1. / 2, 1}

// finish returns what stores the results of a vector, of the sum E.
func (r *closeRow) finish(excess []reg.VecVirtual) func(x, e, sum reg.VecVirtual, i reg.GPVirtual, v int, m *mask) {
	all, inverse, sum, square := r.vec(), r.vec(), r.vec(), r.vec()
	r.bcast(r.total(excess), all)
	r.load(r.constant(1), inverse)
	r.add(all, inverse, sum)
	r.div(sum, inverse, inverse)
	r.mul(all, all, square)
	log := r.estrin(r.constants(log1pClose), all, square)
	r.mul(all, log, log)
	return func(x, e, sum reg.VecVirtual, i reg.GPVirtual, v int, m *mask) {
		r.sub(log, x, x)
		r.put(x, r.y, i, v, m)
		r.sub(all, e, e)
		r.madd(inverse, e, sum)
		r.put(sum, r.sum, i, v, m)
	}
}
