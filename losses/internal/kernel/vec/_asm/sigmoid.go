package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Losses of elements that are rows of two classes with the logits (z, 0). One class is the likely
// one, with e = exp(-|z|) and
//
//	p = 1/(1+e),  log p = -log1p(e);   of the other  p = e/(1+e),  log p = -(|z| + log1p(e))
//
// so that nothing cancels.

// question is the softmax of an element: |z|, NaN for z = +Inf, e, the likely class's p, and s =
// e/(2+e), of which log1p(e) is made; positive says where yes is the likely class.
type question struct {
	size, e, p, s reg.VecVirtual
	positive      func() mask
}

// sigmoidLoss is a loss of such rows. What prepare emits comes before the loop; the function it
// returns takes what emits the labels of both classes and returns the loss and its derivative by z.
type sigmoidLoss struct {
	name, doc string
	prepare   func(g isa, c questionConsts, par reg.GPVirtual) questionLoss
	exact     bool // differences magnify what short polynomials leave
}

type questionLoss func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual)

// sigmoidCrossEntropy computes in the element type.
var sigmoidCrossEntropy = sigmoidLoss{name: "sigmoidCrossEntropy", prepare: byLikelihood(crossEntropyQuestion)}

// sigmoids compute in float64.
var sigmoids = []sigmoidLoss{
	{name: "sigmoidPoly", doc: "φ = -l + a (1-p); par is a and 1+a.", prepare: byLikelihood(polyQuestion)},
	{name: "sigmoidGCE", doc: "φ = (1 - p^a)/a; par is a and 1/a.", prepare: byLikelihood(gceQuestion)},
	{name: "sigmoidFocal", doc: "φ = -(1-p)^a l; par is a.", prepare: byLikelihood(focalQuestion(false))},
	{name: "sigmoidFocal2", doc: "φ = -(1-p)² l; par is 2.", prepare: byLikelihood(focalQuestion(true))},
	{name: "sigmoidMAE", doc: "The loss is the sum of |p - t| of both classes.", prepare: byLikelihood(maeQuestion),
		exact: true},
	{name: "sigmoidKL", doc: "The loss is the sum of t (log t - l) of both classes.", prepare: byLikelihood(klQuestion),
		exact: true},
	{name: "sigmoidAsymmetric", doc: "φ = -(1-p)^γ l of each class; par is an asymmetricPar.",
		prepare: asymmetricQuestion(false)},
	{name: "sigmoidAsymmetricMargin", doc: "φ = -(1-p)^γ l of yes, -d^γ log(1-d) of no, d = max(1-p-margin, 0); par " +
		"is an asymmetricPar.", prepare: asymmetricQuestion(true), exact: true},
}

func (g isa) sigmoid(f sigmoidLoss) {
	g.text(f.name, "func(loss *float64, grad, z, yes, no, scales *T, n int, scale A, par *A) (bad uint32)",
		"stores the losses of n elements of logits (z, 0) and labels (yes, no), (yes, 1-yes) where no is nil, and, "+
			"where grad is not nil, scale times their derivatives by z, and times scales where that is not nil.", f.doc,
		"bad != 0 when no is nil and a label is not in [0, 1].")
	loss, grad, z, scales := g.param("loss"), g.param("grad"), g.param("z"), g.param("scales")
	yes, no, n, par, bad := g.param("yes"), g.param("no"), g.param("n"), g.param("par"), GP32()
	XORL(bad, bad)
	scale, c := g.held("scale"), g.questionConsts(f.exact)
	emit := f.prepare(g, c, par)
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		var kept *mask
		q := g.question(c, g.get(z, i, v, m))
		q.positive = func() mask { // found twice where registers are few
			if kept == nil || !g.avx512 {
				p := g.cmp(gtOQ, g.zeros(1)[0], g.get(z, i, v, m))
				kept = &p
			}
			return *kept
		}
		l, d := emit(q, func() (_, other reg.VecVirtual) {
			given, done := label("given"), label("done")
			y, other := g.get(yes, i, v, m), g.vec()
			TESTQ(no, no)
			JNE(LabelRef(given))
			g.orOutside(y, other, bad)
			JMP(LabelRef(done))
			Label(given)
			g.move(g.get(no, i, v, m), other)
			Label(done)
			return y, other
		})
		g.putLoss(l, loss, i, v, m)
		valueOnly, common := label("value"), label("common")
		TESTQ(grad, grad)
		JEQ(LabelRef(valueOnly))
		if g.narrow { // rounded as where each element has its own factor, which is a float32
			VCVTPS2PD(g.narrowed(d), d)
		}
		g.mul(scale, d, d)
		TESTQ(scales, scales)
		JEQ(LabelRef(common))
		g.mul(g.get(scales, i, v, m), d, d)
		Label(common)
		g.put(d, grad, i, v, m)
		Label(valueOnly)
	})
	Store(bad, Return("bad"))
	g.ret()
}

// orOutside stores 1 - t in other and adds to bad whether a t is not in [0, 1].
func (g isa) orOutside(t, other reg.VecVirtual, bad reg.GPVirtual) {
	least := g.vec()
	g.load(g.constant(1), other)
	g.sub(t, other, other)
	g.min(t, other, least)
	ORL(g.maskBits(g.cmp(ngeUQ, g.constant(0), least)), bad)
}

// putLoss stores vector v of the losses at i.
func (g isa) putLoss(x reg.VecVirtual, p, i reg.GPVirtual, v int, m *mask) {
	if g.f64 {
		g.putFloat64(x, p, i, v, m)
		return
	}
	wide := isa{avx512: g.avx512, f64: true}
	for half, y := range g.halves(x) {
		to := at(p, i, wide, (2*v+half)*wide.bytes())
		if m == nil {
			g.store(y, to)
			continue
		}
		wide.storeTail(y, g.halfMask(*m, half), to)
	}
}

// questionConsts are the numbers of a question.
type questionConsts struct {
	exp   expConsts
	shift expShift
	low   Op   // where exp is 0
	atanh []Op // (atanh(s)/s - 1)/s² in s², for s <= 1/3
}

func (g isa) questionConsts(exact bool) (c questionConsts) {
	if c.exp = g.expConstsInMemory(); g.avx512 && !g.f64 {
		c.exp = g.expConsts()
	}
	if g.narrow && !exact {
		c.exp.q = g.shortExp(func(x float64) Op { return g.constant(x) })
	}
	c.low = g.hold(g.lowest())
	if !g.avx512 {
		c.shift = g.prepareShift(g.constant(0))
		c.shift.n = g.park(c.shift.n.(reg.VecVirtual))
	}
	atanh := []float64{0.0781529346318860002, 0.0374606949312179557, 0.0542258973446758828, 0.0586713946446953233,
		0.0666758932063522566, 0.0769227198220571244, 0.0909090994898757902, 0.111111110991182868,
		0.142857142858000504, 0.199999999999997613, 0.333333333333333334}
	switch {
	case !g.f64:
		atanh = []float64{0.116121674374490649, 0.10853287353049823, 0.142961790295768664, 0.19999853165368411,
			0.333333336602653466}
	case g.narrow: // to 1e-11
		atanh = []float64{0.103938115390515899, 0.0873235045716857868, 0.111323556712830182, 0.142851528586336462,
			0.200000053850021437, 0.333333333250117569}
	}
	for _, x := range atanh {
		c.atanh = append(c.atanh, g.constant(x))
	}
	return c
}

// question emits what the losses have in common. It overwrites z.
func (g isa) question(c questionConsts, z reg.VecVirtual) (q question) {
	q.size, q.e, q.p, q.s = g.vec(), g.vec(), g.vec(), g.vec()
	g.blend(g.cmp(eqOQ, g.infinity(1), z), g.constant(math.NaN()), z)
	g.load(g.abs(), q.size)
	g.and(z, q.size, q.size)
	g.expNegative(c, q.size, q.e)
	g.add(c.exp.one, q.e, z)
	g.add(g.constant(2), q.e, q.s)
	if g.narrow || !g.f64 { // one division for both
		inverse := g.vec()
		g.mul(z, q.s, inverse)
		g.load(c.exp.one, q.p)
		g.div(inverse, q.p, inverse)
		g.mul(q.s, inverse, q.p)
		g.mul(z, inverse, q.s)
		g.mul(q.e, q.s, q.s)
		return q
	}
	g.load(c.exp.one, q.p)
	g.div(z, q.p, q.p)
	g.div(q.s, q.e, q.s)
	return q
}

// expNegative emits e = exp(-x) for x >= 0.
func (g isa) expNegative(c questionConsts, x, e reg.VecVirtual) {
	y, low := g.vec(), c.low
	if !g.avx512 {
		low = g.vec()
		g.load(c.low, low)
	}
	g.load(g.constant(math.Copysign(0, -1)), y)
	g.or(x, y, y)
	g.max(y, low, y)
	g.expShifted(c.exp, y, c.shift, e)
}

// atanh emits s² and tail with log1p(e) = 2 atanh(s) = 2 (s + s³ tail).
func (g isa) atanh(c questionConsts, s reg.VecVirtual) (square, tail reg.VecVirtual) {
	square, tail = g.vec(), g.vec()
	g.mul(s, s, square)
	g.load(c.atanh[0], tail)
	for _, x := range c.atanh[1:] {
		g.horner(x, square, tail)
	}
	return square, tail
}

// log1pOf emits 2 (s + s³ tail).
func (g isa) log1pOf(s, square, tail reg.VecVirtual) reg.VecVirtual {
	l := g.vec()
	g.mul(s, square, l)
	g.mul(tail, l, l)
	g.add(s, l, l)
	g.add(l, l, l)
	return l
}
