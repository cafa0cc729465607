package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// klTerm returns t (log t - l), 0 for t = 0, where l is emitted behind the logarithm, so that it
// takes no register there. keep is given what emits log t - l for t > 0.
func (g isa) klTerm(l func() reg.VecVirtual, t reg.VecVirtual, keep func(ratio func() reg.VecVirtual)) reg.VecVirtual {
	return g.klTermBy(l, t, func(u reg.VecVirtual) reg.VecVirtual {
		log := g.vec()
		g.short = g.rounded() // which is shorter with AVX2
		g.logBy(fdlibmLog, u, nil, log)
		return log
	}, keep)
}

// klTermBy is klTerm with the logarithm of positive normal numbers.
func (g isa) klTermBy(l func() reg.VecVirtual, t reg.VecVirtual, logOf func(u reg.VecVirtual) reg.VecVirtual,
	keep func(ratio func() reg.VecVirtual)) reg.VecVirtual {
	u := g.vec()
	g.move(t, u)
	// Where t may be denormal log t is log(2^200 t) - 200 log 2.
	const power = 200
	var small mask
	if !g.rounded() {
		scale := g.vec()
		small = g.cmp(ltOQ, g.constant(0x1p-1000), t)
		g.load(g.constant(1), scale)
		g.blend(small, g.constant(0x1p200), scale)
		g.mul(scale, u, u)
	}
	log := logOf(u)
	if !g.rounded() {
		c := g.zeros(1)[0]
		g.blend(small, g.constant(power*0.6931471805599453), c)
		g.sub(c, log, log)
	}
	g.sub(l(), log, log)
	if keep != nil {
		keep(same(log))
	}
	g.mul(t, log, log)
	out := g.vec()
	g.keep(g.cmp(neqUQ, g.constant(0), t), log, out)
	return out
}

// A klAdder adds klTerm to a sum, and gives its derivative by t, (log t - l) + 1, to store.
type klAdder func(l func() reg.VecVirtual, t, sum reg.VecVirtual, store func(v reg.VecVirtual))

// addKLTerm returns a klAdder: by tables where results are rounded to float32. It stores where p is
// not nil, never without a p.
func (g isa) addKLTerm(p reg.GPVirtual) klAdder {
	keep := func(t reg.VecVirtual, store func(v reg.VecVirtual)) func(ratio func() reg.VecVirtual) {
		return g.keepPhi(p, func(ratio reg.VecVirtual) {
			x, log := g.loaded(g.constant(1)), g.vec()
			g.add(ratio, x, x)
			g.load(g.infinity(-1), log)
			g.addWhere(g.cmp(eqOQ, g.constant(0), t), log, x)
			store(x)
		})
	}
	if !g.avx512 || !g.rounded() {
		return func(l func() reg.VecVirtual, t, sum reg.VecVirtual, store func(v reg.VecVirtual)) {
			g.add(g.klTerm(l, t, keep(t, store)), sum, sum)
		}
	}
	table := g.mantissas(true)
	return func(l func() reg.VecVirtual, t, sum reg.VecVirtual, store func(v reg.VecVirtual)) {
		x, u := l(), g.vec()
		g.move(t, u)
		minus := g.lookUpLogs(table, nil, u)[0]
		g.add(minus, x, x)
		keep(t, store)(func() reg.VecVirtual { return g.minus(x) })
		g.subLabelled(x, t, sum)
	}
}

func (g isa) klTerms() {
	g.text("klTerms", "func(labelGrad, z, t *T, n int, m, log A) (sum, mass float64, bad uint32)",
		"returns Σ t (log t - l) with l = (z - m) - log, and Σ t. Unless labelGrad is nil it stores (log t - l) + 1 there.",
		labelSigns)
	labelGrad, z, t, n := g.param("labelGrad"), g.param("z"), g.param("t"), g.param("n")
	m, log := g.held("m"), g.held("log")
	sums := termSums{sum: g.folded(false), mass: g.folded(false), signs: g.zeros(1)[0]}
	either(labelGrad, func(labelGrad reg.GPVirtual) {
		term, unroll, emit := g.addKLTerm(labelGrad), 2, interleave
		if labelGrad != nil || !g.avx512 && !g.rounded() { // there is a branch, or registers are few
			unroll, emit = 1, inTurn
		}
		g.loopBy(n, unroll, func(i reg.GPVirtual, v int, k *mask) {
			lab := sums.label(g, t, i, v, k)
			g.add(lab, sums.mass.inner[0], sums.mass.inner[0])
			term(func() reg.VecVirtual {
				l := g.get(z, i, v, k)
				g.sub(m, l, l)
				g.sub(log, l, l)
				return l
			}, lab, sums.sum.inner[0], func(x reg.VecVirtual) { g.put(x, labelGrad, i, v, k) })
		}, emit)
	})
	g.sums(sums, g.foldedTotal(sums.mass))
}

// The places of a row's numbers in what klSingleTerms takes and stores.
const (
	klSum   = 0
	klSize  = 8
	klShift = 16
	klRest  = 20
	klLeast = 24
	klSizes = 32 // of all
)

// klSingleTerms is klTerms in float32: log t - l is a difference of a number that is exact and z,
// rounded once.
func (g isa) klSingleTerms() {
	g.text("klSingleTerms", "func(numbers *float64, labelGrad, z, t *T, k, n int)",
		"stores Σ t d and Σ t |d| for d = (log t - z) + c, of n rows of k labels t, and for a |c| up to 256 that is a "+
			"multiple of 2^-14, and the least label that is not 0: sums, c, rest and the least label stand in numbers, row by "+
			"row. Unless labelGrad is nil it stores d + 1 + rest there. With AVX2 labels that are denormal count for some "+
			"others.")
	numbers, labelGrad, z, t, k := g.param("numbers"), g.param("labelGrad"), g.param("z"), g.param("t"), g.param("k")
	n := g.param("n")
	logs := g.splitLogs()
	either(labelGrad, func(labelGrad reg.GPVirtual) {
		rows := []reg.GPVirtual{z, t}
		if labelGrad != nil {
			rows = append(rows, labelGrad)
		}
		g.eachRow(k, n, rows, nil, func() { g.klSingleRow(logs, numbers, labelGrad, z, t, k) })
	})
	g.ret()
}

// klSingleRow is klSingleTerms for one row, after which numbers are those of the next.
func (g isa) klSingleRow(logs splitLogs, numbers, labelGrad, z, t, k reg.GPVirtual) {
	c, sum, size, least := g.vec(), g.folded(true), g.zeros(2), g.vec()
	g.bcast(Mem{Base: numbers, Disp: klShift}, c)
	g.load(g.infinity(1), least)
	var more, rest reg.VecVirtual // c + 1, and rest
	if labelGrad != nil {
		more, rest = g.vec(), g.vec()
		g.add(g.constant(1), c, more)
		g.bcast(Mem{Base: numbers, Disp: klRest}, rest)
	}
	g.fours(k, func(i reg.GPVirtual, v int, m *mask) {
		lab, z := g.get(t, i, v, m), g.get(z, i, v, m)
		high, low := g.splitLog(logs, lab)
		if labelGrad != nil {
			y, small := g.vec(), g.vec()
			g.sub(high, more, y)
			g.sub(z, y, y)
			g.sub(low, rest, small)
			g.add(small, y, y)
			if !g.avx512 { // where the parts of a 0 are finite
				g.blend(g.cmp(eqOQ, g.constant(0), lab), g.loaded(g.infinity(-1)), y)
			}
			g.put(y, labelGrad, i, v, m)
		}
		d := high
		g.sub(c, d, d)
		g.add(z, d, d) // with the other sign
		if g.avx512 {
			some := g.cmp(neqUQ, g.constant(0), lab)
			VMINPS(lab, least, some.op, least)
			VFNMADD231PS(low, lab, some.op, sum.inner[v%2])
			VFNMADD231PS(d, lab, some.op, sum.inner[v%2])
			g.and(g.abs(), d, d)
			VFMADD231PS(d, lab, some.op, size[v%2])
			return
		}
		none, seen := g.cmp(eqOQ, g.constant(0), lab), g.vec()
		g.or(none.op, lab, seen) // a NaN for 0
		g.min(least, seen, least)
		g.drop(none, d)
		g.nmadd(low, lab, sum.inner[v%2])
		g.nmadd(d, lab, sum.inner[v%2])
		g.and(g.abs(), d, d)
		g.madd(d, lab, size[v%2])
	}, func() { g.fold(sum) })
	VMOVSD(g.foldedTotal(sum).AsX(), Mem{Base: numbers, Disp: klSum})
	total := g.total(size).AsX()
	VCVTSS2SD(total, total, total) // rounded as it is: it is compared with sum alone
	VMOVSD(total, Mem{Base: numbers, Disp: klSize})
	VMOVSS(g.reduce(least, g.min).AsX(), Mem{Base: numbers, Disp: klLeast})
	ADDQ(Imm(klSizes), numbers)
}

func (g isa) klGrad() {
	g.text("klGrad", "func(dst *T, e *float64, t *T, n int, a, f A)", "stores f (a e - t) in dst.")
	dst, e, t, n := g.param("dst"), g.param("e"), g.param("t"), g.param("n")
	a, f := g.broadcast("a"), g.broadcast("f")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.getFloat64(e, i, v, m)
		g.msub(g.get(t, i, v, m), a, x)
		g.mul(f, x, x)
		g.put(x, dst, i, v, m)
	})
	g.ret()
}

func (g isa) klTile() {
	g.text("klTile", "func(labelGrad, z, t *A, k, tiles int, declined *uint32, lanes *A, most A)",
		"takes lanes of tiles from tileStats and stores in them Σ t (log t - l) and what tileCombine takes; declined, for",
		"each tile, takes the bits of the rows with an invalid label, without a softmax, or of which the labels' sum is",
		"more than most, too. Unless labelGrad is nil it stores (log t - l) + 1 there.")
	labelGrad := g.param("labelGrad")
	z, t, k := g.param("z"), g.param("t"), g.param("k")
	term := g.addKLTerm(labelGrad)
	g.tileLosses(k, labelGrad, []reg.GPVirtual{z, t}, func(lanes reg.GPVirtual) {
		top, log := g.holdLane(lanes, "Max"), g.holdLane(lanes, "Log")
		acc := g.zeros(3)
		sum, others, mass, least := acc[0], acc[1], acc[2], g.zeros(1)[0]
		g.columns(k, func(off reg.GPVirtual) {
			lab, l, other := g.loaded(col(t, off)), g.loaded(col(z, off)), g.vec()
			g.min(lab, least, least)
			g.add(lab, mass, mass)
			g.move(lab, other)
			g.drop(g.cmp(eqOQ, top, l), other)
			g.add(other, others, others)
			g.sub(top, l, l)
			g.sub(log, l, l)
			term(same(l), lab, sum, func(x reg.VecVirtual) { g.store(x, col(labelGrad, off)) })
		})
		g.store(sum, g.lane(lanes, "Loss"))
		bad := g.cmp(nleUQ, g.broadcast("most"), mass)
		g.orInto(g.negative(least), bad)
		logs := g.loaded(log)
		g.orInto(g.cmp(neqUQ, logs, logs), bad)
		g.storeMass(lanes, mass, others)
		g.decline(bad)
	})
}

// klQuestion is cross entropy with the logarithms of the labels, t log(t/p) + u log(u/q), and what
// the larger label lacks.
func klQuestion(g isa, c questionConsts, _ reg.GPVirtual) questionLoss {
	if g.narrow {
		return g.klOfRatios(c)
	}
	park := g.places(4)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		l, near, far, slope := q.log(), g.zeros(1)[0], g.vec(), g.vec()
		g.sub(l, near, near)
		g.add(q.minus, near, far)
		t, u := labels()
		g.move(u, slope)
		g.msub2(q.e, t, slope)
		g.mul(q.p, slope, slope)
		keptSlope, keptNear, lost := park(0, slope), park(1, near), park(3, g.lostLabels(t, u))
		log := func(u reg.VecVirtual) reg.VecVirtual { return g.labelLog(c, u) }
		term := park(2, g.klTermBy(same(far), u, log, nil))
		near, slope = g.vec(), g.vec()
		g.load(keptNear, near)
		loss = g.klTermBy(same(near), t, log, nil)
		g.add(term, loss, loss)
		g.add(lost, loss, loss)
		g.load(keptSlope, slope)
		return loss, slope
	}
}

// klOfRatios is klQuestion for results that are rounded to float32, with 1/p = 1+e and log(u/q) =
// log(u (1+e)) + |z|.
func (g isa) klOfRatios(c questionConsts) questionLoss {
	park := g.places(5)
	return func(q question, labels func() (likely, other reg.VecVirtual)) (loss, slope reg.VecVirtual) {
		near, far, low := g.vec(), g.vec(), g.vec()
		t, u := labels()
		slope = g.vec()
		g.move(u, slope)
		g.msub2(q.e, t, slope)
		g.mul(q.p, slope, slope)
		g.move(t, near) // t + t e, and what rounding takes from it
		g.madd(q.e, t, near)
		g.sub(t, near, low)
		g.msub2(q.e, t, low)
		g.move(u, far)
		g.madd(q.e, u, far)
		loss = g.lostLabels(t, u)
		if g.looksUp() {
			logs := g.lookUpLogs(c.mantissas, low, near, far)
			g.add(q.minus, logs[1], logs[1])
			g.subLabelled(logs[0], t, loss)
			g.subLabelled(logs[1], u, loss)
			return loss, slope
		}
		keptSlope, keptT, keptU, keptFar := park(0, slope), park(1, t), park(2, u), park(3, far)
		keptLoss := park(4, loss)
		add := func(log reg.VecVirtual, t Op) { // where t is not 0
			label := g.loaded(t)
			g.keep(g.cmp(neqUQ, g.constant(0), label), log, log)
			g.madd(label, log, loss)
		}
		log := g.labelLogBeside(c, near, low)
		loss = g.loaded(keptLoss)
		add(log, keptT)
		keptLoss = park(4, loss)
		log = g.labelLog(c, g.loaded(keptFar))
		g.sub(q.minus, log, log)
		loss = g.loaded(keptLoss)
		add(log, keptU)
		return loss, g.loaded(keptSlope)
	}
}

// lostLabels emits 1 - t - u for the label t of the likely class, or little for it where t is
// small, beside which it is little too.
func (g isa) lostLabels(t, u reg.VecVirtual) reg.VecVirtual {
	lost := g.vec()
	g.other(t, lost)
	g.sub(u, lost, lost)
	return lost
}
