package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predictions that nearly agree in all classes.

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
// it takes that of the first class and, of what is left, the mean by q. Of what is left then, x, it
// is y = x - log1p(E) with E = Σ q (exp(x) - 1), and p/q - 1 = (exp(x) - 1 - E)/(1 + E).
func (g isa) closeRatios() {
	g.text("closeRatios", "func(apart *bool, w, mean *A, z, other *T, q *A, k, n int, f A)",
		"stores w = p/q - 1 of n rows of k classes and adds f w to mean, p and q the softmaxes of z and other. It passes "+
			"over rows that are apart, and makes apart true where logarithms of p/q differ by as much as",
		fmt.Sprintf("%.3g.", closeRange))
	apart, k, double := g.param("apart"), g.param("k"), g
	double.narrow = false
	r := &closeRow{isa: g, c: g.expConstsInMemory(), f: g.held("f"), w: g.param("w"), mean: g.param("mean"),
		z: g.param("z"), other: g.param("other"), q: g.param("q"), before: GP64(), last: GP64()}
	LEAQ(Mem{Base: k, Disp: -1}, r.before)
	LEAQ(Mem{Base: k, Disp: -g.lanes()}, r.last)
	overlap := GP64()
	MOVQ(k, overlap)
	NEGQ(overlap)
	ANDQ(Imm(uint64(g.lanes()-1)), overlap)
	r.counted = g.parkMask(g.tail(overlap))
	double.eachRow(k, g.param("n"), []reg.GPVirtual{r.w, r.mean, r.q}, nil, func() {
		few, done := label("few"), label("done")
		r.far = label("far")
		CMPB(Mem{Base: apart}, Imm(0))
		JNE(LabelRef(done))
		CMPQ(k, Imm(uint64(g.lanes())))
		JLT(LabelRef(few))
		r.many()
		JMP(LabelRef(done))
		Label(few)
		g.partial(k, r.few)
		JMP(LabelRef(done))
		Label(r.far)
		MOVB(Imm(1), Mem{Base: apart})
		Label(done)
		INCQ(apart)
		g.nextRow(k, r.z, r.other)
	})
	g.ret()
}

// closeRange is where predictions are apart: the logarithm of p/q, and that of p over the mean of
// such predictions, are below log(2)/2 then.
const closeRange = 1. / 6

// closeRow is a row of closeRatios. Of rows of at least a vector the last one overlaps the one
// before it, counted are the lanes of both, and the others are those of before elements. at and low
// are taken from the differences of the logits.
type closeRow struct {
	isa
	c                    expConsts
	w, mean, z, other, q reg.GPVirtual
	before, last         reg.GPVirtual
	counted, f, at, low  Op
	far                  string // where rows that are apart end
}

// many is a row of at least a vector. The last vector stays in registers: what is stored under a
// mask, or partly stored again, is long in coming back.
func (r *closeRow) many() {
	lastMass := r.getFloat64(r.q, r.last, 0, nil)
	r.drop(r.maskOf(r.counted), lastMass)
	mass := r.park(lastMass)
	r.centre(func(add func(x, mass reg.VecVirtual, v int)) {
		add(r.difference(r.last, 0, nil), r.loaded(mass), 0)
		r.wholes(r.before, 2, func(i reg.GPVirtual, v int) {
			add(r.difference(i, v, nil), r.getFloat64(r.q, i, v, nil), v)
		})
	})
	e, excess := r.ratio(r.last, 0, nil), r.zeros(2)
	r.madd(mass, e, excess[0])
	lastE := r.park(e)
	r.wholes(r.before, 2, func(i reg.GPVirtual, v int) {
		e := r.ratio(i, v, nil)
		r.putFloat64(e, r.w, i, v, nil)
		r.madd(e, r.getFloat64(r.q, i, v, nil), excess[v])
	})
	finish, lastMean := r.finish(excess), r.park(r.getFloat64(r.mean, r.last, 0, nil))
	r.wholes(r.before, 2, func(i reg.GPVirtual, v int) {
		finish(r.getFloat64(r.w, i, v, nil), r.getFloat64(r.mean, i, v, nil), i, v, nil)
	})
	finish(r.loaded(lastE), r.loaded(lastMean), r.last, 0, nil)
}

// few is a row of less than a vector.
func (r *closeRow) few(m *mask) {
	i, excess := GP64(), r.zeros(1)
	XORQ(i, i)
	r.centre(func(add func(x, mass reg.VecVirtual, v int)) {
		add(r.difference(i, 0, m), r.getFloat64(r.q, i, 0, m), 0)
	})
	e := r.ratio(i, 0, m)
	r.madd(e, r.getFloat64(r.q, i, 0, m), excess[0])
	r.finish(excess)(e, r.getFloat64(r.mean, i, 0, m), i, 0, m)
}

// centre emits at and low, and leaves rows that are apart; each adds all differences less that of
// the first class, with their q.
func (r *closeRow) centre(each func(add func(x, mass reg.VecVirtual, v int))) {
	first, second, mean, ends := r.vec(), r.vec(), r.zeros(2), r.zeros(2)
	elements := isa{avx512: r.avx512, f64: !r.narrow}
	r.bcast(elements.wideNumber(Mem{Base: r.z}), first)
	r.bcast(elements.wideNumber(Mem{Base: r.other}), second)
	at, low := r.isa.difference(first, second)
	r.at, r.low = r.park(at), r.park(low)
	each(func(x, mass reg.VecVirtual, v int) {
		r.madd(x, mass, mean[v])
		r.max(x, ends[0], ends[0])
		r.min(x, ends[1], ends[1])
	})
	shift, whole, lost, span, end := r.vec(), r.vec(), r.vec(), r.vec(), r.vec()
	r.bcast(r.total(mean), shift)
	r.bcast(r.reduce(ends[0], r.max), span)
	r.bcast(r.reduce(ends[1], r.min), end)
	r.sub(end, span, span)
	r.sub(shift, shift, end) // NaN for NaN
	r.add(end, span, span)
	bits := r.maskBits(r.cmp(ltOQ, r.constant(closeRange), span))
	TESTL(bits, bits)
	JEQ(LabelRef(r.far))
	r.twoSum(r.loaded(r.at), shift, whole, lost)
	r.add(r.low, lost, lost)
	r.at, r.low = r.park(whole), r.park(lost)
}

// difference returns a difference of the logits less at and low, 0 outside m.
func (r *closeRow) difference(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x, lost := r.isa.difference(r.get(r.z, i, v, m), r.get(r.other, i, v, m))
	r.sub(r.at, x, x)
	r.sub(r.low, lost, lost)
	r.add(lost, x, x)
	if m != nil {
		r.keep(*m, x, x)
	}
	return x
}

// ratio returns exp(x) - 1 of that difference.
func (r *closeRow) ratio(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	return r.expLess1(r.c, r.difference(i, v, m))
}

// finish returns what stores the results of a vector, of the sum E.
func (r *closeRow) finish(excess []reg.VecVirtual) func(e, mean reg.VecVirtual, i reg.GPVirtual, v int, m *mask) {
	all, inverse, sum := r.vec(), r.vec(), r.vec()
	r.bcast(r.total(excess), all)
	r.load(r.constant(1), inverse)
	r.add(all, inverse, sum)
	r.div(sum, inverse, inverse)
	return func(e, mean reg.VecVirtual, i reg.GPVirtual, v int, m *mask) {
		r.sub(all, e, e)
		r.mul(inverse, e, e)
		r.putFloat64(e, r.w, i, v, m)
		r.madd(r.f, e, mean)
		r.putFloat64(mean, r.mean, i, v, m)
	}
}

// closeDivergence: with a = w - v, v the mean of all w, d = log((1+w)/(1+v)) is that of (1+s)/(1-s)
// for s = a/(2+w+v), 2s + s R with R in s² as of [fdlibmLog], and h is q a/2 (d + R): nothing
// cancels.
func (g isa) closeDivergence() {
	g.text("closeDivergence", "func(h, d, p, q, mean *A, n int)",
		"stores d = log p - log m, p and h = p d - (p - m), with w in d before, p = q (1 + w) and m = q (1 + mean).")
	h, d, p, q, mean := g.param("h"), g.param("d"), g.param("p"), g.param("q"), g.param("mean")
	c, two, half := g.constants(g.logCoefficients()), g.hold(2), g.hold(0.5)
	g.loop(g.param("n"), 2, func(i reg.GPVirtual, v int, m *mask) {
		w, from, mass := g.get(d, i, v, m), g.get(mean, i, v, m), g.get(q, i, v, m)
		a, s, square, tail := g.vec(), g.vec(), g.vec(), g.vec()
		g.sub(from, w, a)
		g.add(from, w, s)
		g.add(two, s, s)
		g.div(s, a, s)
		g.mul(half, a, a)
		g.mul(mass, a, a)
		g.horner(mass, mass, w) // p
		g.put(w, p, i, v, m)
		g.mul(s, s, square)
		g.load(c[0], tail)
		for _, c := range c[1:] {
			g.horner(c, square, tail)
		}
		g.mul(square, tail, tail) // R
		g.add(two, tail, square)
		g.mul(square, s, s)
		g.put(s, d, i, v, m)
		g.add(tail, s, s)
		g.mul(a, s, s)
		g.put(s, h, i, v, m)
	})
	g.ret()
}
