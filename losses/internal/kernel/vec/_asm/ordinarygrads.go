package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What the kernels of ordinary rows leave of each, numbers of float64 but for the last.
const (
	ordinaryMax  = iota // the largest logit
	ordinaryOdds        // the odds against it
	ordinaryMass        // Σ t, but not of an index that is not smoothed
	ordinaryDot         // Σ t (z - m)
	ordinaryLess        // Σ (z - m), where labels are smoothed
	ordinaryTop         // where the largest stands
	ordinaryNumbers
)

// ordinaryGrads emits the kernels of the gradients of ordinary rows, of logits in memory and of
// prepared ones.
func (g isa) ordinaryGrads() {
	for _, labels := range []bool{true, false} {
		held, smoothing := 6, 5
		if labels {
			held, smoothing = 3, 2
		}
		g.gradsOf(&plain{g: g, keeps: true, held: held}, target{}, "ordinary", labels)
		g.gradsOf(&divided{plain{g: g, keeps: true, held: held}}, target{}, "divided", labels)
		s := g.newShifted(held, !labels)
		s.keeps = true
		g.gradsOf(s, target{}, "shifted", labels)
		g.gradsOf(&plain{g: g, keeps: true, held: smoothing}, target{smooths: true}, "smoothed", labels)
	}
	g.gradsOf(&plain{g: g, keeps: true, held: 2}, target{smooths: true, cuts: true}, "cut", true)
	g.gradsOf(&plain{g: g, keeps: true, held: 3}, target{weighs: true}, "weighed", true)
}

// gradsOf emits one of them, from the first look at a row to its end: what is once a row stays in
// registers. On a stack it would wait for what is stored in gradients that no cache holds.
func (g isa) gradsOf(x logits, t target, name string, labels bool) {
	_, in, _, _ := x.signature()
	ins, doc := t.signature(labels)
	if !t.made() {
		in = "extra *T, extraStep int, " + in
		doc = "The gradients have an additional term, f extra lse p, lse = m + log1p(r), with an extra each, extraStep " +
			"bytes apart, unless extra is nil."
	}
	if labels {
		name, ins = name+"Grads", "e, z, target *T, "+ins
	} else {
		name, ins = name+"IndexGrads", "e, z *T, target *int, "+ins
	}
	g.text(name, "func("+ins+"f *T, numbers *float64, k, n, step int, "+in+"ahead int) (done int)",
		"stores in e the gradients of cross entropy of n rows of k elements, times their factors f, which are step bytes "+
			"apart, and in numbers what the losses are made of. It ends before a row that is not ordinary or has an invalid "+
			"label, and returns how many it has done. It prefetches ahead elements in advance.", x.are(), doc)
	row := ordinaryRow{isa: g, x: x, labels: t, z: g.param("z"), e: g.param("e"), n: g.param("k"), late: true}
	if labels {
		row.t = g.param("target")
	}
	x.load(row.z)
	i, next, last, end := GP64(), label("row"), label("last"), label("end")
	XORQ(i, i)
	seen := row.look()
	Label(next)
	top, a := row.top(seen, end)
	x.prepare(top, a)
	row.labels.begin(g, i)
	grad := g.ordinaryGrad(&row, x, i, a, row.sums(a, end), end)
	INCQ(i)
	CMPQ(i, address(Param("n")))
	JGE(LabelRef(last))
	LEAQ(Mem{Base: row.z, Index: row.n, Scale: uint8(g.size())}, row.z)
	seen.become(g, row.look()) // which the gradients need not wait for, as they do for the sums
	grad()
	for _, p := range []reg.GPVirtual{row.e, row.t} {
		if p != nil {
			LEAQ(Mem{Base: p, Index: row.n, Scale: uint8(g.size())}, p)
		}
	}
	JMP(LabelRef(next))
	Label(last)
	grad()
	Label(end)
	Store(i, Return("done"))
	g.ret()
}

// become makes e the extremes of another row, without the smallest logit.
func (e *extremes) become(g isa, o extremes) {
	g.move(o.most, e.most)
	g.move(o.hi, e.hi)
	g.move(o.group, e.group)
}

// ordinaryGrad emits what the gradient of the row numbered i is made of, with the maximum at a, and
// returns what emits that. Numbers are float64 and in the lowest lane.
func (g isa) ordinaryGrad(row *ordinaryRow, x logits, i, a reg.GPVirtual, s rowSums, declined string) (grad func()) {
	w := isa{avx512: g.avx512, f64: true}
	one, r, size, mass := w.constant(1), XMM(), XMM(), XMM()
	m, em := x.largest()
	VDIVSD(em, s.odds.AsX(), r)
	more, f := row.lseTerm(i, m, r), g.numberOf(i, g.param("f"), "step") // the logarithm first: registers are few
	VMOVSD(one, mass)
	VANDPD(w.abs(), f, size)
	VMAXSD(size, mass, size) // NaN for NaN
	class := GP64()
	if row.t != nil {
		VADDSD(row.labels.ofMaximum(g, row.t, a), s.others.AsX(), mass)
	} else {
		MOVQ(address(Param("target")), class)
		MOVQ(Mem{Base: class, Index: i, Scale: 8}, class)
		if row.labels.smooths {
			s.dot = g.wideNumber(at(row.z, class, g, 0))
			VSUBSD(m, s.dot, s.dot)
		}
	}
	mixed := row.labels.smooth(row.n, &s, mass, row.t != nil)
	p, coef, own, all := XMM(), XMM(), XMM(), XMM() // p = 1 + r
	VADDSD(one, r, p)
	VANDPD(w.abs(), more, all)
	VADDSD(mass, all, all)
	VMULSD(size, all, size)
	VUCOMISD(w.constant(g.largestNumber()/4), size)
	JA(LabelRef(declined))
	JP(LabelRef(declined))
	VADDSD(more, mass, all)
	VADDSD(em, s.odds.AsX(), coef)
	VDIVSD(coef, all, coef)
	ofTop := XMM()
	VDIVSD(p, more, ofTop)
	numbers := GP64()
	IMUL3Q(Imm(8*ordinaryNumbers), i, numbers)
	ADDQ(address(Param("numbers")), numbers)
	leave := func(x reg.VecVirtual, which int) { VMOVSD(x.AsX(), Mem{Base: numbers, Disp: 8 * which}) }
	leave(m, ordinaryMax)
	leave(r, ordinaryOdds)
	MOVQ(a, Mem{Base: numbers, Disp: 8 * ordinaryTop})
	if row.labels.smooths {
		leave(s.less, ordinaryLess)
	}
	if row.t != nil || row.labels.smooths {
		leave(mass, ordinaryMass)
		leave(s.dot, ordinaryDot)
	}
	if row.t != nil {
		VDIVSD(p, r, own)
		VMULSD(mass, own, own)
		VSUBSD(own, s.others.AsX(), own)
		VADDSD(ofTop, own, own)
		VMULSD(f, own, own) // f (others - mass (1 - p_a) + extra lse p_a)
		kept := g.keptNumbers(append([]reg.VecVirtual{coef, f, own, r}, mixed.numbers()...)...)
		return func() {
			x := kept()
			row.combine(g.everyLane(x[0]), g.everyLane(x[1]), x[4:])
			g.storeSure(x[2], x[3], at(row.e, a, g, 0))
		}
	}
	at, ofClass, other := func(c reg.GPVirtual) Mem { return at(row.e, c, g, 0) }, XMM(), label("other")
	VMULSD(g.wideNumber(at(class)), coef, ofClass) // mass p_y
	if row.labels.smooths {
		VSUBSD(mixed.keep, ofClass, ofClass)
		VSUBSD(mixed.add, ofClass, ofClass)
	} else {
		VSUBSD(one, ofClass, ofClass)
		s.others = XMM()
		VXORPD(s.others, s.others, s.others)
	}
	CMPQ(class, a)
	JNE(LabelRef(other))
	VDIVSD(p, r, ofClass)
	VMULSD(mass, ofClass, ofClass)
	VSUBSD(ofClass, s.others, ofClass)
	VADDSD(ofTop, ofClass, ofClass)
	Label(other)
	VMULSD(f, ofClass, ofClass)
	VMULSD(f, coef, coef)
	if row.labels.smooths {
		VDIVSD(p, mass, own)
		VSUBSD(mixed.add, own, own)
		VMULSD(f, own, own)
		VMULSD(f, mixed.add, mixed.add)
	} else {
		VMULSD(f, all, own)
		VDIVSD(p, own, own)
	}
	kept := g.keptNumbers(append([]reg.VecVirtual{coef, ofClass, own, r}, mixed.numbers()...)...)
	return func() {
		x := kept()
		row.combineIndex(g.everyLane(x[0]), x[4:])
		g.storeSure(x[2], x[3], at(a))
		g.storeNumber(x[1], at(class))
	}
}

// lseTerm returns extra lse of row i for the largest logit m and the odds r against it, 0 without
// an extra.
func (row *ordinaryRow) lseTerm(i reg.GPVirtual, m, r reg.VecVirtual) (term reg.VecVirtual) {
	g := row.isa
	w, none := isa{avx512: g.avx512, f64: true}, label("none")
	term = XMM()
	VXORPD(term, term, term)
	if row.labels.made() {
		return term
	}
	extra := g.param("extra")
	TESTQ(extra, extra)
	JEQ(LabelRef(none))
	odds, inv, log := w.vec(), w.vec(), w.vec()
	w.bcast(r, odds) // all of it, or the rest were live from the beginning
	w.log1p(odds, inv, log)
	VADDSD(m, log.AsX(), term)
	VMULSD(g.numberOf(i, extra, "extraStep"), term, term)
	Label(none)
	return term
}

// numberOf returns number i of those at p, step bytes apart, in float64.
func (g isa) numberOf(i, p reg.GPVirtual, step string) reg.VecVirtual {
	at := GP64()
	MOVQ(address(Param(step)), at)
	IMULQ(i, at)
	ADDQ(p, at)
	return g.wideNumber(Mem{Base: at})
}

// keptNumbers keeps numbers, for AVX2 in memory, where registers are few, and returns what brings
// them back.
func (g isa) keptNumbers(xs ...reg.VecVirtual) func() []reg.VecVirtual {
	if g.avx512 {
		return func() []reg.VecVirtual { return xs }
	}
	m := g.local(8 * len(xs))
	for i, x := range xs {
		VMOVSD(x, m.Offset(8*i))
	}
	return func() (back []reg.VecVirtual) {
		for i := range xs {
			x := XMM()
			VMOVSD(m.Offset(8*i), x)
			back = append(back, x)
		}
		return back
	}
}

// storeSure stores own where the odds r say that it is of a class with p > 1/2.
func (g isa) storeSure(own, r reg.VecVirtual, to Mem) {
	spread := label("spread")
	VUCOMISD(isa{avx512: g.avx512, f64: true}.constant(1), r)
	JAE(LabelRef(spread))
	g.storeNumber(own, to)
	Label(spread)
}

// wideNumber returns the number x, the lowest of a register's, in float64.
func (g isa) wideNumber(x Op) reg.VecVirtual {
	y := XMM()
	if v, ok := x.(reg.VecVirtual); ok {
		g.move(v.AsX(), y)
	} else {
		g.pick(VMOVSS, VMOVSD, x, y)
	}
	if !g.f64 {
		VCVTSS2SD(y, y, y)
	}
	return y
}

// storeNumber stores x, a float64, rounded to an element.
func (g isa) storeNumber(x reg.VecVirtual, to Mem) {
	g.pick(VMOVSS, VMOVSD, g.roundedNumber(x), to)
}

// everyLane returns x, a float64, rounded to an element, in every lane.
func (g isa) everyLane(x reg.VecVirtual) reg.VecVirtual {
	v := g.vec()
	g.bcast(g.roundedNumber(x), v)
	return v
}

// roundedNumber returns x, a float64, rounded to an element.
func (g isa) roundedNumber(x reg.VecVirtual) reg.VecVirtual {
	if g.f64 {
		return x
	}
	y := XMM()
	VCVTSD2SS(x, x, y)
	return y
}
