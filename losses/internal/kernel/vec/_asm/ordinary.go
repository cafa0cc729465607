package main

import (
	"math"

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
	// are says in documentation which logits these are, unless it is those in memory.
	are() string
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
	// largest returns the largest logit and its exponential, of which others are multiples, in
	// float64, where they are no results.
	largest() (m, em reg.VecVirtual)
	// measures returns what finds out by the exponentials which logits are far from the largest.
	measures() *farthest
	// farthest is the largest number that this may find for an ordinary row.
	farthest() float64
	// exp returns the exponentials of vector v at i and what emits numbers d of its logits.
	exp(i reg.GPVirtual, v int, m *mask) (e reg.VecVirtual, less func() reg.VecVirtual)
	// times makes of Σ t d, where others are Σ t, that of the logits less the largest, in float64.
	times(dot, others reg.VecVirtual)
}

// ordinary emits the kernels for ordinary rows.
func (g isa) ordinary() {
	each := func(x func() logits, masked bool) {
		g.odds(x, true, true, masked)
		g.odds(x, false, true, masked)
		g.odds(x, true, false, masked)
		g.odds(x, false, false, masked)
	}
	each(func() logits { return &plain{g: g} }, false)
	each(func() logits { return &divided{plain{g: g}} }, true)
	each(func() logits { return g.newShifted(0, false) }, true)
}

// odds emits the kernels for ordinary rows, with masked for those that are ordinary but for logits
// of -Inf, too: with store they keep the exponentials, with labels they sum those too.
func (g isa) odds(logits func() logits, store, labels, masked bool) {
	x := logits()
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
		"ok is 0 for rows that are not ordinary: logits far apart, no numbers or large, or a label with a sign or NaN.")
	if masked {
		doc = append(doc, "Logits may be -Inf, of which the exponentials are 0, beside labels of 0.")
	}
	doc = append(doc, "It prefetches ahead elements in advance.")
	g.text(name, "func("+ins+" *T, n int, "+in+"ahead int) ("+out+" float64, a int, ok uint32)", doc...)
	z, n := g.param("z"), g.param("n")
	x.load(z)
	var e, t reg.GPVirtual
	if store {
		e = g.param("e")
	}
	if labels {
		t = g.param("t")
	}
	zero := GP32()
	XORL(zero, zero)
	Store(zero, Return("ok"))
	row := ordinaryRow{isa: g, x: x, z: z, t: t, e: e, n: n, ahead: g.param("ahead")}
	found := row.look()
	if masked {
		g.compare(g.infinity(-1), found.least)
		JEQ(LabelRef("masked"))
	}
	row.results(row.top(found, "declined"))
	if masked {
		JMP(LabelRef("done"))
		Label("masked")
		row.x, row.masked = logits(), true
		row.x.load(z)
		row.results(row.top(row.unmasked(row.look()), "declined"))
		Label("done")
	}
	ok := GP32()
	MOVL(U32(1), ok)
	Store(ok, Return("ok"))
	Label("declined")
	g.ret()
}

// results stores the results of a row with the largest logit top, at a.
func (r *ordinaryRow) results(top reg.VecVirtual, a reg.GPVirtual) {
	Store(a, Return("a"))
	r.x.prepare(top, a)
	s := r.sums(a, "declined")
	doubleResult(s.odds, "sum")
	if r.t != nil {
		doubleResult(s.dot, "dot")
		doubleResult(s.others, "mass")
	}
}

// unmasked returns e with the least logit but those of -Inf.
func (r *ordinaryRow) unmasked(e extremes) extremes {
	top := r.vec()
	r.bcast(e.most, top)
	others := r.extremes(finite{r.x, r.isa, r.park(top)}, r.n, true, true)
	e.least, e.none = others.least, others.none
	return e
}

// finite are logits with top for those of -Inf.
type finite struct {
	logits
	g   isa
	top Op
}

func (f finite) get(i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x := f.logits.get(i, v, m)
	f.g.blend(f.g.cmp(eqOQ, f.g.infinity(-1), x), f.top, x)
	return x
}

// ordinaryRow is a row of n logits x, with the pointers to what a kernel reads and writes of it: e
// is nil where the exponentials are not kept, t without labels.
type ordinaryRow struct {
	isa
	x        logits
	labels   target
	z, t, e  reg.GPVirtual
	n, ahead reg.GPVirtual // and how many elements in advance it prefetches, nil for the parameter
	late     bool          // exponentials may be stored of a row that turns out not to be ordinary
	masked   bool          // logits may be -Inf
}

// look emits the first look at the row. With late the exponentials find those that are far away and
// NaNs themselves, as the sums of labels find NaNs.
func (r *ordinaryRow) look() extremes {
	return r.extremes(r.x, r.n, !r.late, !r.late && r.t == nil)
}

// top emits the search for the place a of the largest logit, which it returns in every lane, and
// jumps to declined unless e are those of an ordinary row.
func (r *ordinaryRow) top(e extremes, declined string) (top reg.VecVirtual, a reg.GPVirtual) {
	r.declines(e, r.x, declined)
	top = r.vec()
	r.bcast(e.most, top)
	return top, r.placeIn(r.x, r.n, r.groupOf(e, top), top)
}

// sums emits the sums without the maximum at a: of labels those of what is summed. It jumps to
// declined where a label is none.
func (r *ordinaryRow) sums(a reg.GPVirtual, declined string) (s rowSums) {
	g, labels := r.isa, r.t != nil
	if r.late {
		r.x.measures().begin(g)
	}
	far, twos := GP64(), g.avx512 || !labels
	exps := g.folded(twos)
	all := []folded{exps}
	var dots, masses, lesses folded
	signs := g.zeros(1)[0] // the labels' bits
	if labels {
		dots, masses = g.folded(twos), g.folded(twos)
		all = append(all, dots, masses)
	}
	if r.labels.smooths {
		lesses = g.folded(false)
		lesses.sum, lesses.lost = g.spill(lesses.inner[0]), g.spill(lesses.inner[0])
		all = append(all, lesses)
	}
	var asides []func()
	// one adds the vector v at i; tail are its lanes, others those without the maximum.
	one := func(i reg.GPVirtual, v int, tail, others *mask) {
		switch {
		case labels && !g.avx512: // whose loop of labels the pages ahead make slower
			r.fetchAll(i, v, far)
		case v == 0:
			asides = append(asides, r.fetchAhead(i, far, tail == nil))
		}
		var lab reg.VecVirtual
		if labels { // before the store, which may be to the same place of another page
			lab = g.get(r.t, i, v, tail)
		}
		y, less := r.x.exp(i, v, tail)
		if r.masked {
			g.drop(r.infinite(i, v, tail), y)
		}
		if r.e != nil {
			g.put(y, r.e, i, v, tail)
		}
		add := func(x *folded, y reg.VecVirtual) { g.take(x, v, y) }
		if others != nil {
			add = func(x *folded, y reg.VecVirtual) { g.addWhere(*others, y, x.inner[0]) }
		}
		add(&exps, y)
		if labels {
			g.or(lab, signs, signs)
			r.labels.summed(g, lab, i, v, tail)
		} else if !r.labels.smooths {
			return
		}
		d := less()
		if r.masked {
			none, sign := r.infinite(i, v, tail), g.zeros(1)[0]
			g.drop(none, d)
			g.sub(lab, sign, sign)
			g.keep(none, sign, sign)
			g.or(sign, signs, signs)
		}
		switch {
		case !labels:
		case others != nil:
			g.maddWhere(*others, lab, d, dots.inner[v%2])
		default:
			g.madd(lab, d, dots.inner[v%2])
		}
		if labels {
			add(&masses, lab)
		}
		if r.labels.smooths {
			add(&lesses, d)
		}
	}
	g.aroundMaximum(r.n, a, one, func() {
		for _, x := range all {
			g.fold(x)
		}
	})
	if len(asides) > 0 {
		over := label("over")
		JMP(LabelRef(over))
		for _, aside := range asides {
			aside()
		}
		Label(over)
	}
	if r.late {
		r.x.measures().declines(g, r.x.farthest(), declined)
	}
	s.odds = g.finiteTotal(exps)
	if r.labels.smooths {
		s.less = g.finiteTotal(lesses)
	}
	if labels {
		bits := g.signBits(signs)
		TESTL(bits, bits)
		JNE(LabelRef(declined))
		s.dot = g.finiteTotal(dots)
		s.others = g.finiteTotal(masses)
		r.x.times(s.dot, s.others)
		VUCOMISD(s.dot.AsX(), s.dot.AsX()) // a NaN logit, which the exponent's arithmetic hides, or label
		JP(LabelRef(declined))
	}
	return s
}

// infinite returns the mask of the logits of -Inf of vector v at i.
func (r *ordinaryRow) infinite(i reg.GPVirtual, v int, m *mask) mask {
	return r.cmp(eqOQ, r.isa.infinity(-1), r.x.get(i, v, m))
}

// fetchAll emits prefetches for vector v at i, ahead elements in advance, of all that the sums read
// and write.
func (r *ordinaryRow) fetchAll(i reg.GPVirtual, v int, far reg.GPVirtual) {
	switch {
	case v != 0:
	case r.ahead == nil:
		MOVQ(address(Param("ahead")), far)
		ADDQ(i, far)
	default:
		LEAQ(Mem{Base: i, Index: r.ahead, Scale: 1}, far)
	}
	for _, p := range []reg.GPVirtual{r.z, r.e, r.t} {
		if p != nil {
			r.prefetch(p, far, v)
		}
	}
}

// fetchAhead emits fetchAll for the vector at i, or with four for as many, where ahead is not 0: it
// returns what emits that out of the way. Where it is 0 the processor fetches ahead by itself, but
// within a page: the next one of labels and exponentials is asked for, by its first line. That of
// logits is not: the search for their maximum waits for it anyway, and more at a time are in each
// other's way.
func (r *ordinaryRow) fetchAhead(i, far reg.GPVirtual, four bool) (aside func()) {
	all, fetched := label("all"), label("fetched")
	if r.ahead == nil {
		MOVQ(address(Param("ahead")), far)
	} else {
		MOVQ(r.ahead, far)
	}
	TESTQ(far, far)
	JNE(LabelRef(all))
	for _, p := range []reg.GPVirtual{r.e, r.t} {
		if p != nil {
			LEAQ(at(p, i, r.isa, page/2), far)
			ANDQ(I32(-page), far)
			PREFETCHT0(Mem{Base: far})
		}
	}
	Label(fetched)
	return func() {
		Label(all)
		r.fetchAll(i, 0, far)
		for v := 1; v < 4 && four; v++ {
			r.fetchAll(i, v, far)
		}
		JMP(LabelRef(fetched))
	}
}

// page is the size of a page of memory.
const page = 4096

// farthest finds out by its exponent how far a logit is from the largest, where most holds numbers
// of which the low bits say so: the largest of every lane, as unsigned integers, which those of NaN
// and of infinite numbers are, too.
type farthest struct{ most reg.VecVirtual }

// begin readies f, nothing of which is done without.
func (f *farthest) begin(g isa) { f.most = g.zeros(1)[0] }

// take takes the numbers t, those of m only, unless that is nil.
func (f *farthest) take(g isa, t reg.VecVirtual, m *mask) {
	switch {
	case f.most == nil:
	case m == nil:
		VPMAXUD(t, f.most, f.most)
	case g.avx512 && !g.f64:
		VPMAXUD(t, f.most, m.op, f.most)
	default:
		near := g.vec()
		g.keep(*m, t, near)
		VPMAXUD(near, f.most, f.most)
	}
}

// declines jumps to declined where an exponential was no normal number. Both halves of float64's
// are such integers: only the lower one tells near ones apart.
func (f *farthest) declines(g isa, most float64, declined string) {
	least, bits := g.constant(most), GP32()
	if g.avx512 {
		k := K()
		VPCMPUD(Imm(6), g.loaded(least), f.most, k) // above
		KMOVW(k, bits)
		TESTL(bits, bits)
	} else {
		VPMAXUD(least, f.most, f.most)
		VPCMPEQD(least, f.most, f.most)
		VMOVMSKPS(f.most, bits)
		CMPL(bits, U32(0xff))
	}
	JNE(LabelRef(declined))
	f.most = nil
}

// mostPowers is by how many powers of two the exponentials of an ordinary row may differ: those of
// gap, rounded.
func (g isa) mostPowers() float64 { return math.Floor(g.gap() * math.Log2E) }

// extremes are the largest logit of a row and the smallest, which may be nil, the largest in each
// lane and which group of four vectors is the first that has it; what is left of the row is the
// last one. none is NaN where a logit is, or nil.
type extremes struct{ most, least, hi, group, none reg.VecVirtual }

// extremes emits the search for them, for the smallest with least. With nan it finds NaNs, too,
// before anything is stored, perhaps over them.
func (g isa) extremes(z logits, n reg.GPVirtual, least, nan bool) (e extremes) {
	e.hi, e.group = g.vec(), g.zeros(1)[0]
	inner, lowest, now := g.vec(), g.vec(), g.zeros(1)[0]
	var lo [2]reg.VecVirtual
	var none []reg.VecVirtual
	if nan {
		none = g.zeros(2)
	}
	g.load(g.infinity(-1), lowest)
	g.move(lowest, e.hi)
	g.move(lowest, inner)
	for v := range lo {
		if least {
			lo[v] = g.vec()
			g.load(g.infinity(1), lo[v])
		}
	}
	g.fours(n, func(i reg.GPVirtual, v int, m *mask) {
		x := z.get(i, v, m)
		if nan {
			g.madd(g.constant(0), x, none[v%2])
		}
		if m == nil {
			g.max(inner, x, inner)
			if least {
				g.min(lo[v%2], x, lo[v%2])
			}
			return
		}
		high := g.vec()
		g.move(lowest, high)
		g.blend(*m, x, high)
		g.max(inner, high, inner)
		if least {
			low := g.loaded(g.infinity(1))
			g.blend(*m, x, low)
			g.min(lo[0], low, lo[0])
		}
	}, func() {
		g.blend(g.cmp(gtOQ, e.hi, inner), now, e.group)
		g.max(inner, e.hi, e.hi)
		g.add(g.constant(1), now, now)
		g.move(lowest, inner)
	})
	e.most = g.reduce(e.hi, g.max)
	if least {
		g.min(lo[1], lo[0], lo[0])
		e.least = g.reduce(lo[0], g.min)
	}
	if nan {
		e.none = g.total(none)
	}
	return e
}

// declines jumps to declined unless e are those of an ordinary row.
func (g isa) declines(e extremes, z logits, declined string) {
	if e.none != nil {
		g.compare(e.none.AsX(), e.none)
		JP(LabelRef(declined))
	}
	top := XMM()
	g.move(e.most, top)
	z.unit(top)
	compare := func(x float64, y reg.VecVirtual, jump func(Op)) {
		g.compare(g.constant(x), y)
		jump(LabelRef(declined))
		JP(LabelRef(declined))
	}
	if e.least != nil {
		gap := XMM()
		g.pick(VSUBSS, VSUBSD, e.least.AsX(), e.most.AsX(), gap)
		z.unit(gap)
		compare(g.gap(), gap, JAE)
	}
	compare(z.bound(), top, JAE)
	compare(-z.bound(), top, JBE)
}

// groupOf returns the first group that has the largest logit, which is top in every lane.
func (g isa) groupOf(e extremes, top reg.VecVirtual) (group reg.GPVirtual) {
	x, group := g.vec(), GP64()
	g.load(g.infinity(1), x)
	g.blend(g.cmp(eqOQ, e.hi, top), e.group, x)
	if first := g.reduce(x, g.min).AsX(); g.f64 {
		VCVTTSD2SIQ(first, group)
	} else {
		VCVTTSS2SIQ(first, group)
	}
	return group
}

// placeIn emits the search for the first place of top, which is in that group and in none before.
func (g isa) placeIn(z logits, n, group reg.GPVirtual, top reg.VecVirtual) (a reg.GPVirtual) {
	a = GP64()
	last, places, size := GP64(), GP64(), 4*g.lanes()
	few, found := label("few"), label("place")
	MOVQ(n, last)
	SUBQ(Imm(uint64(size)), last)
	JLT(LabelRef(few))
	MOVQ(group, a)
	SHLQ(Imm(uint64(log2(size))), a)
	CMPQ(a, last)
	CMOVQGT(last, a) // to where four vectors are left
	XORQ(places, places)
	for v := range 4 {
		bits := g.maskBits(g.cmp(eqOQ, z.get(a, v, nil), top)).As64()
		SHLQ(Imm(uint64(v*g.lanes())), bits)
		ORQ(bits, places)
	}
	BSFQ(places, places)
	JEQ(LabelRef(few)) // there are so many groups that their numbers were rounded
	ADDQ(places, a)
	JMP(LabelRef(found))
	Label(few)
	MOVQ(g.position(z, n, top), a)
	Label(found)
	return a
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
