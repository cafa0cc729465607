package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The derivatives of losses of elements by their labels: see the specification's ByLabel. They are
// emitted as the slope of a [sigmoidLoss], which has no loss: by the label u of the class that is
// not the likely one, of which that is t.

// parFloor is exp(C), behind the parameters of a question.
const parFloor = 3

// byLabels compute in float64.
var byLabels = []sigmoidLoss{
	{name: "absoluteByLabel", doc: "The loss is that of sigmoidMAE.",
		prepare: byLikelihood(absoluteByLabel), exact: true, logs: none, ways: 3},
	{name: "divergenceByLabel", doc: "The loss is that of sigmoidKL, of labels that are 0 or at least 2⁻¹⁰⁰⁰.",
		prepare: byLikelihood(divergenceByLabel), exact: true, logs: ofLabels, ways: 2, size: true},
	{name: "sparsemaxByLabel", doc: "The loss is the question Sparsemax.",
		prepare: byLikelihood(sparsemaxByLabel), logs: none, ways: 2, size: true},
	{name: "entmaxByLabel", doc: "The loss is the question Entmax15.",
		prepare: byLikelihood(entmaxByLabel), logs: none, ways: 2, size: true},
	{name: "symmetricByLabel", doc: "The loss is the question Symmetric; par is A, B, C and exp(C).",
		prepare: byLikelihood(symmetricByLabel), exact: true, logs: none, ways: 2},
	{name: "temperedByLabel",
		doc: "The loss is the question BiTempered, of the logits that temperedLogits stored in dst, and of labels " +
			"that are 0 or at least 2⁻¹⁰⁰⁰; par is a temperedPlan's.",
		prepare: byLikelihood(temperedByLabel), exact: true, logs: none, ways: 2, logits: true},
}

// byLabel emits the kernel of one.
func (g isa) byLabel(f sigmoidLoss) {
	g.text(f.name, "func(dst *float64, z, yes, no *T, n int, par *A)",
		"stores the derivatives of n elements of logits (z, 0) by the labels yes, with no, or 1-yes where that is nil.",
		f.doc)
	dst, z, yes, no, n, par := g.param("dst"), g.param("z"), g.param("yes"), g.param("no"), g.param("n"), g.param("par")
	c, zero := g.questionConsts(f), g.constant(0)
	emits := []questionLoss{f.prepare(g, c, par)}
	for g.avx512 && f.logits && len(emits) < f.ways { // each with places of its own
		emits = append(emits, f.prepare(g, c, par))
	}
	one := func(i reg.GPVirtual, v int, m *mask, given bool) {
		x := g.vec()
		if f.logits {
			x = g.getFloat64(dst, i, v, m)
		} else {
			x = g.get(z, i, v, m)
		}
		positive := func() mask { return g.cmp(gtOQ, g.zeros(1)[0], g.get(z, i, v, m)) } // again where registers are few
		if g.avx512 {
			kept := g.cmp(gtOQ, zero, x)
			positive = func() mask { return kept }
		}
		var q question
		if f.size { // that of -Inf is infinite here
			g.noInfinity(x)
			g.or(g.constant(math.Copysign(0, -1)), x, x)
			q.minus = x
		} else {
			q = g.question(c, x, nil)
		}
		q.positive = positive
		_, d := emits[v%len(emits)](q, func() (t, u reg.VecVirtual) {
			t, u = g.get(yes, i, v, m), g.vec()
			if given {
				return t, g.get(no, i, v, m)
			}
			g.other(t, u)
			return t, u
		})
		g.putFloat64(d, dst, i, v, m)
	}
	both := label("both")
	done := label("return")
	TESTQ(no, no)
	JNE(LabelRef(both))
	loop := func(given bool) {
		i, left := GP64(), GP64()
		XORQ(i, i)
		MOVQ(n, left)
		if g.avx512 {
			g.groups(f.ways, i, left, nil, nil, func(v int) { one(i, v, nil, given) })
		}
		g.rest(i, left, func(m *mask) { one(i, 0, m, given) })
	}
	loop(false)
	JMP(LabelRef(done))
	Label(both)
	loop(true)
	Label(done)
	g.ret()
}

// absoluteByLabel is sign(p - t) - sign(rest - u).
func absoluteByLabel(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (_, d reg.VecVirtual) {
		_, likely, other := g.distances(q, labels)
		zero := g.zeros(1)[0]
		d = g.sign(likely, zero)
		g.sub(g.sign(other, zero), d, d)
		return nil, d
	}
}

// divergenceByLabel is |z| - log(t/u).
func divergenceByLabel(g isa, c questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (_, d reg.VecVirtual) {
		t, u := labels()
		noT, noU := g.cmp(eqOQ, g.constant(0), t), g.cmp(eqOQ, g.constant(0), u)
		x := g.inverse(g.atLeast(leastLabel, u))
		g.mul(g.atLeast(leastLabel, t), x, x)
		if g.looksUp() {
			d = g.lookUpLogs(c.mantissas, nil, x)[0]
		} else {
			d = g.labelLog(c, x)
			g.negateAll(d)
		}
		g.blend(noT, g.infinity(1), d)
		g.blend(noU, g.infinity(-1), d)
		g.sub(q.minus, d, d)
		return nil, d
	}
}

// sparsemaxByLabel is u - t + |z|.
func sparsemaxByLabel(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (_, d reg.VecVirtual) {
		t, u := labels()
		g.sub(t, u, u)
		g.sub(q.minus, u, u)
		return nil, u
	}
}

// entmaxByLabel is 2 (√u - √t) + |z|.
func entmaxByLabel(g isa, _ questionConsts, _ reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (_, d reg.VecVirtual) {
		t, u := labels()
		d = g.rootOfLabel(u)
		g.sub(g.rootOfLabel(t), d, d)
		g.add(d, d, d)
		g.sub(q.minus, d, d)
		return nil, d
	}
}

// rootOfLabel emits √t.
func (g isa) rootOfLabel(t reg.VecVirtual) reg.VecVirtual {
	root := g.vec()
	if !g.avx512 {
		g.sqrt(t, root)
		return root
	}
	some, inverse := g.cmp(neqUQ, g.constant(0), t), g.vec()
	VRSQRT14PD(t, inverse)
	emitted()
	g.keep(some, g.rootOf(t, inverse), root)
	return root
}

// symmetricByLabel is A |z| + B (p/t - rest/u), without p/t where t is at most exp(C), and so for
// rest/u.
func symmetricByLabel(g isa, _ questionConsts, par reg.GPVirtual) questionLoss {
	return func(q question, labels func() (likely, other reg.VecVirtual)) (_, d reg.VecVirtual) {
		a, rest := g.parameter(par, 0), g.vec()
		d = g.vec()
		g.mul(a, q.minus, q.minus)
		g.negateAll(q.minus)
		g.keep(g.cmp(neqUQ, g.constant(0), a), q.minus, d) // which may be infinite
		g.mul(q.e, q.p, rest)
		g.madd(g.constant(0), q.p, d)
		t, u := labels()
		floor, other := g.parameter(par, parFloor), g.vec()
		some, someOther := g.cmp(gtOQ, floor, t), g.cmp(gtOQ, floor, u)
		g.max(t, floor, t)
		g.max(u, floor, u)
		g.mul(t, u, other)
		inverse := g.inverse(other)
		g.mul(inverse, u, u)
		g.mul(q.p, u, u)
		g.mul(inverse, t, t)
		g.mul(rest, t, t)
		g.keep(some, u, u)
		g.keep(someOther, t, t)
		g.sub(t, u, u)
		g.madd(g.parameter(par, 1), u, d)
		return nil, d
	}
}

// temperedByLabel is with e = 1-T1
//
//	(u^e - t^e)/e + p^e (1 - exp(-e |w|))/e
func temperedByLabel(g isa, c questionConsts, par reg.GPVirtual) questionLoss {
	park := g.places(5)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (_, d reg.VecVirtual) {
		near, _ := g.minusLog1p(c.tempered.logs, true, q.e, q.p)
		minus := park(0, q.minus)
		keptNear := park(1, near)
		less := park(2, g.powerLess(c, par, g.loaded(minus)))
		power, _ := g.powerAndRest(c, par, g.loaded(keptNear))
		g.mul(less, power, power)
		kept := park(2, power)
		t, u := labels()
		keptT, keptU := park(3, t), park(4, u)
		first := park(0, g.powerOfLabel(c, par, keptT))
		d = g.powerOfLabel(c, par, keptU)
		g.sub(first, d, d)
		g.sub(kept, d, d)
		by := g.parameter(par, parE)
		g.add(g.constant(1), by, by)
		g.mul(g.parameter(par, parFactor), by, by)
		g.mul(by, d, d)
		return nil, d
	}
}

// powerOfLabel emits t^e - 1.
func (g isa) powerOfLabel(c questionConsts, par reg.GPVirtual, t Op) reg.VecVirtual {
	less, x := g.powerLess(c, par, g.logOfLabel(c, t)), g.vec()
	g.load(t, x)
	g.blend(g.cmp(eqOQ, g.constant(0), x), g.constant(-1), less)
	return less
}
