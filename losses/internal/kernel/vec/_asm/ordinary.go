package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels that compute the softmax of a whole ordinary row: no clamp, no mask, and the maximum
// is left out of the sums.

// gap is how far apart the logits of an ordinary row may be: all exponentials are normal numbers.
func (g isa) gap() float64 {
	if g.f64 {
		return 700
	}
	return 86
}

// logits are how the kernels of ordinary rows come by the logits, which need not be those in
// memory.
type logits interface {
	// signature returns the beginning of a kernel's name, its parameters beside those of every
	// kernel, its first results and what its documentation says of them.
	signature() (name, ins, outs string, doc []string)
	// load loads the parameters.
	load(z reg.GPVirtual)
	// get loads what stands for vector v at i: its largest is the row's largest logit.
	get(i reg.GPVirtual, v int, m *mask) reg.VecVirtual
	// unit stores in x a logit for what get returns in its lowest lane.
	unit(x reg.VecVirtual)
	// bound is the size of the largest logit that it takes.
	bound() float64
	// prepare stores the first results for the largest, top of get, at a.
	prepare(top reg.VecVirtual, a reg.GPVirtual)
	// exp returns the exponentials of vector v at i and what emits its logits less the largest.
	exp(i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, less func() reg.VecVirtual)
}

// ordinary emits the kernels for ordinary rows.
func (g isa) ordinary() {
	each := func(x func() logits) {
		g.odds(x(), true, true)
		g.odds(x(), false, true)
		g.odds(x(), true, false)
		g.odds(x(), false, false)
	}
	each(func() logits { return &plain{g: g} })
	each(func() logits { return &prepared{g: g} })
	each(func() logits { return &prepared{g: g, shifted: true} })
}

// odds emits the kernels for ordinary rows: with store they keep the exponentials, with labels they
// sum those too.
func (g isa) odds(x logits, store, labels bool) {
	name, in, out, doc := x.signature()
	ins := "z"
	if labels {
		name, ins, out = name+"Dot", "z, t", out+", dot, mass"
		doc = append(doc, "dot is Σ t (z - m), mass Σ t without that of m.")
	}
	if store {
		name, ins = name+"Exps", "e, "+ins
		doc = append(doc, "The exponentials are stored in e.")
	}
	doc = append(doc,
		"ok is 0 for rows that are not ordinary: logits far apart, no numbers or large, or a label with a sign or NaN.",
		"It prefetches ahead elements in advance.")
	g.text(name, "func("+ins+" *T, n int, "+in+"ahead int) ("+out+" float64, a int, ok uint32)", doc...)
	z, n := g.param("z"), g.param("n")
	x.load(z)
	var e, t reg.GPVirtual
	streams := []reg.GPVirtual{z}
	if store {
		e = g.param("e")
		streams = append(streams, e)
	}
	if labels {
		t = g.param("t")
		streams = append(streams, t)
	}
	zero := GP32()
	XORL(zero, zero)
	Store(zero, Return("ok"))
	top := g.vec()
	g.bcast(g.extremes(x, n, !labels, "declined"), top)
	a := g.position(x, n, top)
	Store(a, Return("a"))
	x.prepare(top, a)

	ahead, far := g.param("ahead"), GP64()
	twos := g.avx512 || !labels
	sum := g.folded(twos)
	var dot, mass folded
	signs := g.zeros(1)[0] // the labels' bits
	if labels {
		dot, mass = g.folded(twos), g.folded(twos)
	}
	// one adds the vector v at i; tail are its lanes, others those without the maximum.
	one := func(i reg.GPVirtual, v int, tail, others *mask) {
		if v == 0 {
			LEAQ(Mem{Base: i, Index: ahead, Scale: 1}, far)
		}
		for _, p := range streams {
			g.prefetch(p, far, v)
		}
		var lab reg.VecVirtual
		if labels { // before the store, which may be to the same place of another page
			lab = g.get(t, i, v, tail)
		}
		y, less := x.exp(i, v, tail)
		if store {
			g.put(y, e, i, v, tail)
		}
		add := func(x *folded, y reg.VecVirtual) { g.take(x, v, y) }
		if others != nil {
			add = func(x *folded, y reg.VecVirtual) {
				g.keep(*others, y, y)
				g.add(y, x.inner[0], x.inner[0])
			}
		}
		add(&sum, y)
		if !labels {
			return
		}
		g.or(lab, signs, signs)
		d := less()
		if others != nil {
			g.keep(*others, d, d)
		}
		g.madd(lab, d, dot.inner[v%2])
		add(&mass, lab)
	}
	fold := func() {
		g.fold(sum)
		if labels {
			g.fold(dot)
			g.fold(mass)
		}
	}
	g.aroundMaximum(n, a, one, fold)
	total := g.foldedTotal(sum)
	doubleResult(total, "sum")
	if labels {
		bits := g.signBits(signs)
		TESTL(bits, bits)
		JNE(LabelRef("declined"))
		d := g.foldedTotal(dot)
		doubleResult(d, "dot")
		doubleResult(g.foldedTotal(mass), "mass")
		VUCOMISD(d.AsX(), d.AsX()) // a NaN logit, which the exponent's arithmetic hides, or label
		JP(LabelRef("declined"))
	}
	ok := GP32()
	MOVL(U32(1), ok)
	Store(ok, Return("ok"))
	Label("declined")
	g.ret()
}

// extremes emits the search for the largest logit, which it returns, and the smallest, and jumps to
// declined unless they are those of an ordinary row.
// With nan it finds NaNs, too, before anything is stored, perhaps over them.
func (g isa) extremes(z logits, n reg.GPVirtual, nan bool, declined string) (most reg.VecVirtual) {
	hi, lo, none := make([]reg.VecVirtual, 4), make([]reg.VecVirtual, 4), g.zeros(2)
	for i := range hi {
		hi[i], lo[i] = g.vec(), g.vec()
		g.load(g.infinity(-1), hi[i])
		g.load(g.infinity(1), lo[i])
	}
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x := z.get(i, v, m)
		if nan {
			g.madd(g.constant(0), x, none[v%2])
		}
		if m == nil {
			g.max(hi[v], x, hi[v])
			g.min(lo[v], x, lo[v])
			return
		}
		high, low := g.vec(), g.vec()
		g.load(g.infinity(-1), high)
		g.load(g.infinity(1), low)
		g.blend(*m, x, high)
		g.blend(*m, x, low)
		g.max(hi[0], high, hi[0])
		g.min(lo[0], low, lo[0])
	})
	for v := range 3 {
		g.max(hi[v+1], hi[0], hi[0])
		g.min(lo[v+1], lo[0], lo[0])
	}
	most, least := g.reduce(hi[0], g.max), g.reduce(lo[0], g.min)
	if nan {
		sum := g.total(none)
		g.compare(sum.AsX(), sum)
		JP(LabelRef(declined))
	}
	top, gap := XMM(), XMM()
	g.move(most, top)
	g.pick(VSUBSS, VSUBSD, least.AsX(), most.AsX(), gap)
	z.unit(top)
	z.unit(gap)
	compare := func(x float64, y reg.VecVirtual, jump func(Op)) {
		g.compare(g.constant(x), y)
		jump(LabelRef(declined))
		JP(LabelRef(declined))
	}
	compare(g.gap(), gap, JAE)
	compare(z.bound(), top, JAE)
	compare(-z.bound(), top, JBE)
	return most
}

// position emits the search for the first place of top, which there is.
func (g isa) position(z logits, n reg.GPVirtual, top reg.VecVirtual) (a reg.GPVirtual) {
	a = GP64()
	last, bits, pos := GP64(), GP32(), GP64()
	XORQ(a, a)
	MOVQ(n, last)
	scan, tail, found := label("scan"), label("last"), label("found")
	SUBQ(Imm(uint64(g.lanes())), last)
	JLT(LabelRef(tail))
	Label(scan)
	MOVL(g.maskBits(g.cmp(eqOQ, z.get(a, 0, nil), top)), bits)
	TESTL(bits, bits)
	JNE(LabelRef(found))
	ADDQ(Imm(uint64(g.lanes())), a)
	CMPQ(a, last)
	JLE(LabelRef(scan))
	Label(tail)
	left := GP64()
	MOVQ(n, left)
	SUBQ(a, left)
	tm := g.tail(left)
	MOVL(g.maskBits(g.maskAnd(tm, g.cmp(eqOQ, z.get(a, 0, &tm), top))), bits)
	Label(found)
	BSFL(bits, bits)
	MOVL(bits, pos.As32())
	ADDQ(pos, a)
	return a
}

// aroundMaximum emits one for all vectors of a row of n elements with the maximum at a, in groups
// of four, after each of which comes fold; in the group of the maximum and in the last one vectors
// come with masks.
func (g isa) aroundMaximum(n, a reg.GPVirtual, one func(i reg.GPVirtual, v int, m, others *mask), fold func()) {
	group := 4 * g.lanes()
	i, limit, left := GP64(), GP64(), GP64()
	XORQ(i, i)
	MOVQ(a, limit)
	ANDQ(I32(int32(-group)), limit)
	fast, careful, done := label("fast"), label("careful"), label("summed")
	Label(fast)
	CMPQ(i, limit)
	JGE(LabelRef(careful))
	for v := range 4 {
		one(i, v, nil, nil)
	}
	fold()
	ADDQ(Imm(uint64(group)), i)
	JMP(LabelRef(fast))
	Label(careful)
	CMPQ(i, n)
	JGE(LabelRef(done))
	MOVQ(n, left)
	SUBQ(i, left)
	lanes := GP64()
	MOVQ(U64(uint64(g.lanes())), lanes)
	CMPQ(left, lanes)
	CMOVQGT(lanes, left)
	m := g.tail(left)
	pos := GP64()
	MOVQ(a, pos)
	SUBQ(i, pos)
	others := g.butLane(m, pos)
	one(i, 0, &m, &others)
	ADDQ(Imm(uint64(g.lanes())), i)
	TESTQ(U32(uint32(group-1)), i)
	JNE(LabelRef(careful))
	fold()
	MOVQ(n, limit)
	ANDQ(I32(int32(-group)), limit)
	JMP(LabelRef(fast))
	Label(done)
}

// compare sets the flags to the lowest lane of y beside x.
func (g isa) compare(x Op, y reg.VecVirtual) {
	if g.f64 {
		VUCOMISD(x, y.AsX())
	} else {
		VUCOMISS(x, y.AsX())
	}
}
