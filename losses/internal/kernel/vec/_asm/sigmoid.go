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

// question is the softmax of an element: minus = -|z|, NaN for z = +Inf, e and the likely class's
// p; raised is e before it may be denormal, 2^pieceRaise times as large, eLow and pLow are what e
// and p have lost. log emits l = log1p(e), beyond emits that and its excess over the 1-p that it is
// given, positive where yes is the likely class, decline sets bad where a mask is.
type question struct {
	minus, e, p reg.VecVirtual
	raised      reg.VecVirtual
	eLow, pLow  reg.VecVirtual
	log         func() reg.VecVirtual
	beyond      func(rest reg.VecVirtual) (l, beyond reg.VecVirtual)
	positive    func() mask
	decline     func(m mask)
	row         *rowPiece
}

// sigmoidLoss is a loss of such rows. What prepare emits comes before the loop; the function it
// returns takes what emits the labels of both classes and returns the loss and its derivative by z.
type sigmoidLoss struct {
	name, doc string
	prepare   func(g isa, c questionConsts, par reg.GPVirtual) questionLoss
	logs      logKind
	exact     bool // differences magnify what short polynomials leave, or quotients what rounding does
	ways      int  // how many vectors of float32 elements there are the registers for at once, with AVX-512
	alone     bool // there are not those for two vectors of float64 elements
	logits    bool // it takes other logits, of the signs of z, from loss
	size      bool // it takes |z| alone of a question
	given     bool // it is worth a loop for several vectors of labels that are given for both classes
	odds      bool // it takes raised alone of a question
	raises    bool // it takes raised of a question of float32
	pairs     bool // it takes eLow and pLow of a question of float32
	rows      bool // it takes row of a question
	margin    bool // of a loss with a margin
	staged    int  // where one vector is computed at once, as many questions come before what is made of them
}

// logKind says which logarithms a loss takes.
type logKind uint8

const (
	ofLikely  logKind = iota // l
	excess                   // l and what it has beyond 1-p
	ofLabels                 // those of labels and probabilities in one
	ofMargin                 // l, and that of 1-d of the asymmetric loss
	andLabels                // l and those of labels
	closely                  // l of float32, with what rounding takes from 2+e
	none
)

type questionLoss func(q question, labels func() (yes, no reg.VecVirtual)) (loss, slope reg.VecVirtual)

// sigmoidCrossEntropy computes in the element type.
var sigmoidCrossEntropy = sigmoidLoss{name: "sigmoidCrossEntropy", prepare: byLikelihood(crossEntropyQuestion), ways: 3,
	given: true}

// sigmoidShifted is that of logits that are float64, for float32 elements, with AVX-512.
var sigmoidShifted = sigmoidLoss{name: "sigmoidShifted",
	doc:     "φ = -l, of the logits that elementLogits stored in loss.",
	prepare: byLikelihood(crossEntropyQuestion), ways: 2, logits: true, given: true}

// sigmoidSingles are those that compute in float32.
var sigmoidSingles = []sigmoidLoss{
	{name: "sigmoidPolySingle", doc: "φ = -l + a (1-p); par is a.",
		prepare: byLikelihood(polySingle), exact: true, ways: 3},
	{name: "sigmoidNormalisedShares", doc: "The loss is the question Normalised of a no that is nil.",
		prepare: byLikelihood(normalisedQuestion(true)), exact: true, logs: closely, ways: 2},
	{name: "sigmoidNormalisedMasses", doc: "The loss is the question Normalised of a no that is not nil.",
		prepare: byLikelihood(normalisedQuestion(false)), exact: true, logs: closely, ways: 2, given: true},
	{name: "sigmoidPenalisedSingle", doc: "The loss is the question Penalised; par is A.",
		prepare: byLikelihood(penalisedSingle), exact: true, raises: true, ways: 3, given: true},
}

// sigmoids compute in float64.
var sigmoids = []sigmoidLoss{
	{name: "sigmoidPoly", doc: "φ = -l + a (1-p); par is a and 1+a.",
		prepare: byLikelihood(polyQuestion), logs: excess, ways: 2},
	{name: "sigmoidGCE", doc: "φ = (1 - p^a)/a; par is a, 1/a and -a log2 e.",
		prepare: byLikelihood(gceQuestion), ways: 2, alone: true, staged: 3},
	{name: "sigmoidFocal", doc: "φ = -(1-p)^a l; par is a, any number and -a log2 e.",
		prepare: byLikelihood(focalQuestion(false)), ways: 2, staged: 3},
	{name: "sigmoidFocal2", doc: "φ = -(1-p)² l; par is 2.",
		prepare: byLikelihood(focalQuestion(true)), ways: 3, staged: 3},
	{name: "sigmoidSmooth", doc: "The loss is that of smoothExact.",
		prepare: byLikelihood(smoothQuestion), logs: none, ways: 2, staged: 3},
	{name: "sigmoidNormalised", doc: "The loss is the question Normalised.",
		prepare: byLikelihood(normalisedQuestion(false)), ways: 2},
	{name: "sigmoidPenalised", doc: "The loss is the question Penalised; par is A.",
		prepare: byLikelihood(penalisedQuestion), exact: true, ways: 2},
	{name: "sigmoidSymmetric", doc: "The loss is the question Symmetric; par is A, B and C.",
		prepare: byLikelihood(symmetricQuestion), exact: true, logs: andLabels, ways: 1, alone: true, staged: 2},
	{name: "sigmoidSparsemax", doc: "The loss is the question Sparsemax.",
		prepare: byLikelihood(sparsemaxQuestion), logs: none, ways: 2, size: true},
	{name: "sigmoidEntmax", doc: "The loss is the question Entmax15.",
		prepare: byLikelihood(entmaxQuestion), logs: none, ways: 2, size: true},
	{name: "sigmoidTempered",
		doc:     "The loss is the question BiTempered, of the logits that temperedLogits stored in loss.",
		prepare: byLikelihood(temperedQuestion), exact: true, logs: none, ways: 2, alone: true, logits: true},
	{name: "sigmoidMAE", doc: "The loss is the sum of |p - t| of both classes.",
		prepare: byLikelihood(maeQuestion), exact: true, logs: none, ways: 3, given: true, staged: 3},
	{name: "sigmoidMAEShares", doc: "The loss is that of sigmoidMAE, of a no that is nil.",
		prepare: maeShares, exact: true, logs: none, ways: 3, staged: 3},
	{name: "sigmoidKL", doc: "The loss is the sum of t (log t - l) of both classes.",
		prepare: byLikelihood(klQuestion), exact: true, logs: ofLabels, ways: 2, alone: true, given: true, staged: 3},
	{name: "sigmoidAsymmetric", doc: "φ = -(1-p)^γ l of each class; par is a plan's.",
		prepare: asymmetricQuestion(false), ways: 2, staged: 3},
	{name: "sigmoidAsymmetricMargin",
		doc:     "φ = -(1-p)^γ l of yes, -d^γ log(1-d) of no, d = max(1-p-margin, 0); par is a plan's.",
		prepare: asymmetricQuestion(true), exact: true, logs: ofMargin, ways: 2, alone: true, given: true, staged: 2},
}

func (g isa) sigmoid(f sigmoidLoss) {
	g.text(f.name, "func(loss *float64, grad, z, yes, no, scales *T, n int, scale A, par *A) (bad uint32)",
		"stores the losses of n elements of logits (z, 0) and labels (yes, no), (yes, 1-yes) where no is nil, and, "+
			"where grad is not nil, scale times their derivatives by z, and times scales where that is not nil.", f.doc,
		"bad != 0 when no is nil and a label is not in [0, 1], with AVX-512 when one is -0 too.")
	loss, grad, z, scales := g.param("loss"), g.param("grad"), g.param("z"), g.param("scales")
	yes, no, n, par, bad := g.param("yes"), g.param("no"), g.param("n"), g.param("par"), GP32()
	XORL(bad, bad)
	scale, c, zero := g.heldFactor("scale"), g.questionConsts(f), g.constant(0)
	check, checked := g.outside(bad)
	emits := []questionLoss{f.prepare(g, c, par)}
	for f.logits && len(emits) < f.atOnce(g) { // what they keep in memory is their own
		emits = append(emits, f.prepare(g, c, par))
	}
	var park func(i int, v reg.VecVirtual) Op
	if f.rows {
		park = g.stored(keptParts * f.staged)
	}
	keepRow := func(v int) func(part int, x reg.VecVirtual) Mem {
		return func(part int, x reg.VecVirtual) Mem { return park(keptParts*v+part, x).(Mem) }
	}
	ask := func(i reg.GPVirtual, v int, m *mask) question {
		x, low := g.vec(), reg.VecVirtual(nil)
		switch {
		case f.logits && g.f64:
			x = g.getFloat64(loss, i, v, m)
		case f.logits:
			x, low = g.getPair(loss, i, v, m)
		default:
			x = g.get(z, i, v, m)
		}
		positive := func() mask { return g.cmp(gtOQ, g.zeros(1)[0], g.get(z, i, v, m)) } // again where registers are few
		if g.avx512 {
			kept := g.cmp(gtOQ, zero, x)
			positive = func() mask { return kept }
		}
		q := g.question(c, x, low)
		q.positive = positive
		q.decline = func(m mask) { ORL(g.maskBits(m), bad) }
		if f.rows {
			q.row = g.rowPiece(c, par, q, keepRow(v),
				func() mask { return g.cmp(nleUQ, g.constant(0), g.get(z, i, v, m)) })
		}
		return q
	}
	// answer computes a vector; several says that there is a gradient, without factors of its own, and
	// given then whether no is not nil.
	answer := func(q question, i reg.GPVirtual, v int, m *mask, several, given bool) {
		l, d := emits[v%len(emits)](q, func() (_, other reg.VecVirtual) {
			y, other := g.get(yes, i, v, m), g.vec()
			switch {
			case several && given:
				return y, g.get(no, i, v, m)
			case several:
				g.other(y, other)
				check(y, other)
				return y, other
			}
			given, done := label("given"), label("done")
			TESTQ(no, no)
			JNE(LabelRef(given))
			g.other(y, other)
			check(y, other)
			JMP(LabelRef(done))
			Label(given)
			g.move(g.get(no, i, v, m), other)
			Label(done)
			return y, other
		})
		g.putLoss(l, loss, i, v, m)
		if several {
			g.putScaled(d, scale, nil, grad, i, v, m)
			return
		}
		valueOnly := label("value")
		TESTQ(grad, grad)
		JEQ(LabelRef(valueOnly))
		g.putScaled(d, scale, &scales, grad, i, v, m)
		Label(valueOnly)
	}
	one := func(i reg.GPVirtual, v int, m *mask, several, given bool) {
		answer(ask(i, v, m), i, v, m, several, given)
	}
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	if f.staged > 0 && f.atOnce(g) == 1 {
		if !f.rows {
			park = g.stored(4 * f.staged)
		}
		g.group(f.staged, i, left, []reg.GPVirtual{no, scales}, []reg.GPVirtual{grad}, func() {
			asked := make([]func() question, f.staged)
			for v := range asked {
				if q := ask(i, v, nil); f.rows {
					asked[v] = g.parkRow(q, keepRow(v))
				} else {
					asked[v] = g.parkQuestion(f, q, func(j int, x reg.VecVirtual) Op { return park(4*v+j, x) })
				}
			}
			if f.rows {
				for v, q := range asked {
					asked[v] = g.parkNear(q, keepRow(v))
				}
			}
			for v, q := range asked {
				answer(q(), i, v, nil, true, false)
			}
		})
	}
	if n := f.atOnce(g); n > 1 {
		g.groups(n, i, left, []reg.GPVirtual{no, scales}, []reg.GPVirtual{grad}, func(v int) { one(i, v, nil, true, false) })
		if f.given {
			g.groups(n, i, left, []reg.GPVirtual{scales}, []reg.GPVirtual{no, grad}, func(v int) { one(i, v, nil, true, true) })
		}
	}
	g.rest(i, left, func(m *mask) { one(i, 0, m, false, false) })
	checked()
	Store(bad, Return("bad"))
	g.ret()
}

// groups emits the loop over n vectors at once, which do not wait for each other, as long as there
// are as many left. It is skipped when one of the pointers without is not nil, or one of with is.
func (g isa) groups(n int, i, left reg.GPVirtual, without, with []reg.GPVirtual, body func(v int)) {
	g.group(n, i, left, without, with, func() {
		bodies := make([]func(), n)
		for v := range bodies {
			bodies[v] = func() { body(v) }
		}
		interleave(bodies...)
	})
}

// parkQuestion returns what loads a question that is stored in places.
func (g isa) parkQuestion(f sigmoidLoss, q question, park func(j int, x reg.VecVirtual) Op) func() question {
	parts := []*reg.VecVirtual{&q.raised}
	if !f.odds {
		parts = []*reg.VecVirtual{&q.e, &q.minus, &q.p}
	}
	if q.log != nil {
		l := q.log()
		q.log = func() reg.VecVirtual { return l }
		parts = append(parts, &l)
	}
	var kept []Op
	for j, x := range parts {
		kept = append(kept, park(j, *x))
	}
	return func() question {
		for j, x := range parts {
			*x = g.loaded(kept[j])
		}
		return q
	}
}

// group emits the loop of groups over what body emits for n vectors.
func (g isa) group(n int, i, left reg.GPVirtual, without, with []reg.GPVirtual, body func()) {
	next, done := label("group"), label("single")
	for _, p := range without {
		TESTQ(p, p)
		JNE(LabelRef(done))
	}
	for _, p := range with {
		TESTQ(p, p)
		JEQ(LabelRef(done))
	}
	Label(next)
	CMPQ(left, Imm(uint64(n*g.lanes())))
	JLT(LabelRef(done))
	body()
	ADDQ(Imm(uint64(n*g.lanes())), i)
	SUBQ(Imm(uint64(n*g.lanes())), left)
	JMP(LabelRef(next))
	Label(done)
}

// other stores 1 - t in other.
func (g isa) other(t, other reg.VecVirtual) {
	g.load(g.constant(1), other)
	g.sub(t, other, other)
}

// orOutside adds to bad whether a t is not in [0, 1]; other is 1 - t.
func (g isa) orOutside(t, other reg.VecVirtual, bad reg.GPVirtual) {
	least := g.vec()
	g.min(t, other, least)
	ORL(g.maskBits(g.cmp(ngeUQ, g.constant(0), least)), bad)
}

// outside is orOutside for all labels: add emits what it does for some, end what comes last. With
// AVX-512 -0 is outside too: of other numbers those up to 1 have the bits up to those of 1.
func (g isa) outside(bad reg.GPVirtual) (add func(t, other reg.VecVirtual), end func()) {
	if !g.avx512 {
		return func(t, other reg.VecVirtual) { g.orOutside(t, other, bad) }, func() {}
	}
	most := g.zeros(1)[0]
	return func(t, _ reg.VecVirtual) { g.pick(VPMAXUD, VPMAXUQ, t, most, most) }, func() {
		k := K()
		g.pick(VPCMPUD_BCST, VPCMPUQ_BCST, Imm(6), g.constant(1), most, k) // above
		ORL(g.maskBits(mask{op: k}), bad)
	}
}

// negate changes the sign of x where m is set.
func (g isa) negate(m mask, x reg.VecVirtual) {
	sign := g.constant(math.Copysign(0, -1))
	if g.avx512 {
		g.pick(VXORPS_BCST, VXORPD_BCST, sign, x, m.op, x)
		return
	}
	y := g.vec()
	g.and(sign, m.op, y)
	g.pick(VXORPS, VXORPD, y, x, x)
}

// atOnce returns how many vectors are computed at once.
func (f sigmoidLoss) atOnce(g isa) int {
	switch {
	case !g.avx512 || g.size() == 8 && f.alone:
		return 1
	case g.size() == 8:
		return 2
	}
	return f.ways
}
