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
	alone     bool // there are not the registers for two vectors at once
}

type questionLoss func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual)

// sigmoidCrossEntropy computes in the element type.
var sigmoidCrossEntropy = sigmoidLoss{name: "sigmoidCrossEntropy", prepare: byLikelihood(crossEntropyQuestion)}

// sigmoids compute in float64.
var sigmoids = []sigmoidLoss{
	{name: "sigmoidPoly", doc: "φ = -l + a (1-p); par is a and 1+a.", prepare: byLikelihood(polyQuestion)},
	{name: "sigmoidGCE", doc: "φ = (1 - p^a)/a; par is a and 1/a.", prepare: byLikelihood(gceQuestion), alone: true},
	{name: "sigmoidFocal", doc: "φ = -(1-p)^a l; par is a.", prepare: byLikelihood(focalQuestion(false)), alone: true},
	{name: "sigmoidFocal2", doc: "φ = -(1-p)² l; par is 2.", prepare: byLikelihood(focalQuestion(true))},
	{name: "sigmoidSmooth", doc: "The loss is that of smoothExact.", prepare: byLikelihood(smoothQuestion)},
	{name: "sigmoidMAE", doc: "The loss is the sum of |p - t| of both classes.", prepare: byLikelihood(maeQuestion),
		exact: true},
	{name: "sigmoidKL", doc: "The loss is the sum of t (log t - l) of both classes.", prepare: byLikelihood(klQuestion),
		exact: true, alone: true},
	{name: "sigmoidAsymmetric", doc: "φ = -(1-p)^γ l of each class; par is a plan's.",
		prepare: asymmetricQuestion(false)},
	{name: "sigmoidAsymmetricMargin", doc: "φ = -(1-p)^γ l of yes, -d^γ log(1-d) of no, d = max(1-p-margin, 0); par " +
		"is a plan's.", prepare: asymmetricQuestion(true), exact: true, alone: true},
}

func (g isa) sigmoid(f sigmoidLoss) {
	g.text(f.name, "func(loss *float64, grad, z, yes, no, scales *T, n int, scale A, par *A) (bad uint32)",
		"stores the losses of n elements of logits (z, 0) and labels (yes, no), (yes, 1-yes) where no is nil, and, "+
			"where grad is not nil, scale times their derivatives by z, and times scales where that is not nil.", f.doc,
		"bad != 0 when no is nil and a label is not in [0, 1].")
	loss, grad, z, scales := g.param("loss"), g.param("grad"), g.param("z"), g.param("scales")
	yes, no, n, par, bad := g.param("yes"), g.param("no"), g.param("n"), g.param("par"), GP32()
	XORL(bad, bad)
	scale, c, zero := g.heldFactor("scale"), g.questionConsts(f.exact), g.constant(0)
	emit := f.prepare(g, c, par)
	// one computes a vector; plain is a gradient and shares without factors of their own.
	one := func(i reg.GPVirtual, v int, m *mask, plain bool) {
		x := g.get(z, i, v, m)
		positive := func() mask { return g.cmp(gtOQ, g.zeros(1)[0], g.get(z, i, v, m)) } // again where registers are few
		if g.avx512 {
			kept := g.cmp(gtOQ, zero, x)
			positive = func() mask { return kept }
		}
		q := g.question(c, x)
		q.positive = positive
		l, d := emit(q, func() (_, other reg.VecVirtual) {
			y, other := g.get(yes, i, v, m), g.vec()
			if plain {
				g.orOutside(y, other, bad)
				return y, other
			}
			given, done := label("given"), label("done")
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
		if plain {
			g.putScaled(d, scale, nil, grad, i, v, m)
			return
		}
		valueOnly := label("value")
		TESTQ(grad, grad)
		JEQ(LabelRef(valueOnly))
		g.putScaled(d, scale, &scales, grad, i, v, m)
		Label(valueOnly)
	}
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	if g.avx512 && !f.alone {
		g.pairs(i, left, []reg.GPVirtual{no, scales}, grad, func(v int) { one(i, v, nil, true) })
	}
	g.rest(i, left, func(m *mask) { one(i, 0, m, false) })
	Store(bad, Return("bad"))
	g.ret()
}

// pairs emits the loop over pairs of vectors, which do not wait for each other, as long as there are
// two left. It is skipped when one of the pointers without is not nil, or with is.
func (g isa) pairs(i, left reg.GPVirtual, without []reg.GPVirtual, with reg.GPVirtual, body func(v int)) {
	next, done := label("pair"), label("single")
	for _, p := range without {
		TESTQ(p, p)
		JNE(LabelRef(done))
	}
	TESTQ(with, with)
	JEQ(LabelRef(done))
	Label(next)
	CMPQ(left, Imm(uint64(2*g.lanes())))
	JLT(LabelRef(done))
	interleave(func() { body(0) }, func() { body(1) })
	ADDQ(Imm(uint64(2*g.lanes())), i)
	SUBQ(Imm(uint64(2*g.lanes())), left)
	JMP(LabelRef(next))
	Label(done)
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

// heldFactor is held of a factor of gradients, in the type of the elements.
func (g isa) heldFactor(name string) Op {
	if !g.narrow {
		return g.held(name)
	}
	x, v := XMM(), g.half()
	VXORPS(x, x, x)
	VCVTSD2SS(g.arg(name), x, x)
	VBROADCASTSS(x, v)
	return g.park(v)
}

// half returns a register for a vector of float32 in memory that is one of float64 here.
func (g isa) half() reg.VecVirtual {
	if g.avx512 {
		return YMM()
	}
	return XMM()
}

// putScaled stores vector v of the gradients at i: d times scale, and times its own factor where
// scales is not nil, in the type of the elements.
func (g isa) putScaled(d reg.VecVirtual, scale Op, scales *reg.GPVirtual, grad, i reg.GPVirtual, v int, m *mask) {
	to, y := at(grad, i, g, v*g.bytes()), d
	if g.narrow {
		y = g.narrowed(d)
		VMULPS(scale, y, y)
	} else {
		g.mul(scale, y, y)
	}
	if scales != nil {
		common := label("common")
		TESTQ(*scales, *scales)
		JEQ(LabelRef(common))
		g.timesOwn(y, at(*scales, i, g, v*g.bytes()), m)
		Label(common)
	}
	switch {
	case !g.narrow:
		g.put(y, grad, i, v, m)
	case m == nil:
		VMOVUPS(y, to)
	case g.avx512:
		VMOVUPS(y, m.op, to)
	default:
		VMASKMOVPS(y, m.memory, to)
	}
}

// timesOwn multiplies y, in the type of the elements, by the factors there.
func (g isa) timesOwn(y reg.VecVirtual, from Mem, m *mask) {
	switch {
	case g.narrow && m == nil:
		VMULPS(from, y, y)
	case g.narrow && g.avx512:
		f := g.half()
		VMOVUPS_Z(from, m.op, f)
		VMULPS(f, y, y)
	case g.narrow:
		f := g.half()
		VMASKMOVPS(from, m.memory, f)
		VMULPS(f, y, y)
	case m == nil:
		g.mul(from, y, y)
	default:
		f := g.vec()
		g.loadTail(from, *m, f)
		g.mul(f, y, y)
	}
}

// questionConsts are the numbers of a question.
type questionConsts struct {
	exp   expConsts
	shift expShift
	atanh []Op // (atanh(s)/s - 1)/s² in s², for s <= 1/3
	log   []Op // the same for s <= 3 - √8, of float64
}

func (g isa) questionConsts(exact bool) (c questionConsts) {
	c.exp = g.expConstsInMemory()
	if g.narrow && !exact {
		c.exp.q = g.shortExp(func(x float64) Op { return g.constant(x) })
	}
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
	case g.narrow && !exact: // to 1e-11
		atanh = []float64{0.103938115390515899, 0.0873235045716857868, 0.111323556712830182, 0.142851528586336462,
			0.200000053850021437, 0.333333333250117569}
	}
	for _, x := range atanh {
		c.atanh = append(c.atanh, g.constant(x))
	}
	for _, x := range fdlibmLog {
		c.log = append(c.log, g.constant(x/2))
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
	product := g.vec()
	g.mul(z, q.s, product)
	inverse := g.inverse(product) // one for both
	g.mul(q.s, inverse, q.p)
	g.mul(z, inverse, q.s)
	g.mul(q.e, q.s, q.s)
	return q
}

// inverse emits 1/x for normal x and 1/x; with AVX-512 by two steps from a short one, as the divider
// has enough to do.
func (g isa) inverse(x reg.VecVirtual) (y reg.VecVirtual) {
	y = g.vec()
	one := g.constant(1)
	if !g.avx512 {
		g.load(one, y)
		g.div(x, y, y)
		return y
	}
	rest := g.vec()
	g.pick(VRCP14PS, VRCP14PD, x, y)
	g.load(one, rest)
	g.nmadd(x, y, rest)
	if !g.f64 {
		g.madd(y, rest, y)
		return y
	}
	g.horner(rest, rest, rest) // of the third order
	g.madd(y, rest, y)
	g.load(one, rest)
	g.nmadd(x, y, rest)
	g.madd(y, rest, y)
	return y
}

// expNegative emits e = exp(-x) for x >= 0.
func (g isa) expNegative(c questionConsts, x, e reg.VecVirtual) {
	y, low := g.vec(), g.vec()
	g.load(g.constant(g.lowest()), low)
	g.load(g.constant(math.Copysign(0, -1)), y)
	g.or(x, y, y)
	g.max(y, low, y)
	t, n := g.vec(), g.vec()
	g.load(c.exp.magic, t)
	g.madd(c.exp.log2e, y, t) // n in the low bits
	g.sub(c.exp.magic, t, n)
	if g.narrow { // exact enough
		g.nmadd(g.constant(math.Ln2), n, y)
	} else {
		g.nmadd(c.exp.ln2hi, n, y)
		g.nmadd(c.exp.ln2lo, n, y)
	}
	square := g.vec()
	g.mul(y, y, square)
	g.madd(g.estrin(c.exp.q, y, square), square, y)
	g.add(c.exp.one, y, e)
	g.timesPower(y, t, n, c.shift, e)
}

// estrin emits the polynomial in x of the coefficients, highest degree first, by halves that do not
// wait for each other.
func (g isa) estrin(c []Op, x, square reg.VecVirtual) reg.VecVirtual {
	powers := []reg.VecVirtual{x, square}
	var eval func(c []Op) reg.VecVirtual
	eval = func(c []Op) reg.VecVirtual {
		v := g.vec()
		if len(c) == 1 {
			g.load(c[0], v)
			return v
		}
		k, at := 1, 0 // the degree that the lower half is below, a power of 2
		for 2*k < len(c) {
			k, at = 2*k, at+1
		}
		for at >= len(powers) {
			last, p := powers[len(powers)-1], g.vec()
			g.mul(last, last, p)
			powers = append(powers, p)
		}
		if k == 1 {
			g.load(c[0], v)
			g.horner(c[1], x, v)
			return v
		}
		high := eval(c[:len(c)-k])
		low := eval(c[len(c)-k:])
		g.madd(high, powers[at], low)
		return low
	}
	return eval(c)
}

// atanh emits s² and tail with log1p(e) = 2 atanh(s) = 2 (s + s³ tail).
func (g isa) atanh(c questionConsts, s reg.VecVirtual) (square, tail reg.VecVirtual) {
	return g.series(c.atanh, s)
}

func (g isa) series(coefficients []Op, s reg.VecVirtual) (square, tail reg.VecVirtual) {
	square = g.vec()
	g.mul(s, s, square)
	fourth := g.vec()
	g.mul(square, square, fourth)
	return square, g.estrin(coefficients, square, fourth)
}

// log1pOf emits 2 (s + s³ tail).
func (g isa) log1pOf(s, square, tail reg.VecVirtual) reg.VecVirtual {
	l, cube := g.vec(), g.vec()
	g.add(s, s, l)
	g.mul(l, square, cube)
	g.madd(tail, cube, l)
	return l
}
