package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// text begins a function; sig is its Go signature with T for the element type.
func (g isa) text(name, sig string, doc ...string) {
	TEXT(name+g.suffix(), attr.NOSPLIT, goSignature(sig, g.goType(), g.goFloat()))
	Pragma("noescape")
	Doc(wrap(name + g.suffix() + " " + strings.Join(doc, " "))...)
	labels = 0
	recordAdapter(g, name, sig)
}

// wrap breaks a text into lines for comments of 100 columns.
func wrap(text string) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > 97 {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// ret ends a function.
func (g isa) ret() {
	VZEROUPPER()
	RET()
}

var labels int

// label returns a name that is new in this function.
func label(s string) string {
	labels++
	return fmt.Sprintf("%s%d", s, labels)
}

func (g isa) param(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// arg is where a parameter of the element type lies.
func (g isa) arg(name string) Mem { return address(Param(name)) }

// broadcast loads a parameter of the element type into all lanes.
func (g isa) broadcast(name string) reg.VecVirtual {
	v := g.vec()
	g.bcast(g.arg(name), v)
	return v
}

// held is broadcast, parked.
func (g isa) held(name string) Op { return g.park(g.broadcast(name)) }

// park returns v, for AVX2 in memory, where registers are few.
func (g isa) park(v reg.VecVirtual) Op {
	if g.avx512 {
		return v
	}
	return g.spill(v)
}

// places is park for loops, whose copies share n places.
func (g isa) places(n int) func(i int, v reg.VecVirtual) Op {
	if g.avx512 {
		return func(_ int, v reg.VecVirtual) Op { return v }
	}
	var ms []Mem
	for range n {
		ms = append(ms, AllocLocal(g.column()))
	}
	return func(i int, v reg.VecVirtual) Op {
		g.store(v, ms[i])
		return ms[i]
	}
}

// spill returns v in memory.
func (g isa) spill(v reg.VecVirtual) Op {
	m := AllocLocal(g.column())
	g.store(v, m)
	return m
}

// result stores the lowest lane of v as a result.
func (g isa) result(v reg.VecVirtual, name string) {
	if g.f64 {
		VMOVSD(v.AsX(), address(Return(name)))
	} else {
		VMOVSS(v.AsX(), address(Return(name)))
	}
}

func address(c gotypes.Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// pointer and where it stands: element i of it is at(…).
func at(p reg.GPVirtual, i reg.GPVirtual, g isa, disp int) Mem {
	return Mem{Base: p, Index: i, Scale: uint8(g.size()), Disp: disp}
}

// loop emits body over n elements: unroll vectors at once, then one, then the tail. body gets the
// index register, the number of the vector in the unrolled group and, for the tail, its mask.
func (g isa) loop(n reg.GPVirtual, unroll int, body func(i reg.GPVirtual, v int, m *mask)) {
	i := GP64()
	XORQ(i, i)
	left := GP64()
	MOVQ(n, left)
	big, small, tail, done := label("big"), label("small"), label("tail"), label("done")
	if unroll > 1 {
		Label(big)
		CMPQ(left, Imm(uint64(unroll*g.lanes())))
		JLT(LabelRef(small))
		for v := range unroll {
			body(i, v, nil)
		}
		ADDQ(Imm(uint64(unroll*g.lanes())), i)
		SUBQ(Imm(uint64(unroll*g.lanes())), left)
		JMP(LabelRef(big))
	}
	Label(small)
	CMPQ(left, Imm(uint64(g.lanes())))
	JLT(LabelRef(tail))
	body(i, 0, nil)
	ADDQ(Imm(uint64(g.lanes())), i)
	SUBQ(Imm(uint64(g.lanes())), left)
	JMP(LabelRef(small))
	Label(tail)
	TESTQ(left, left)
	JEQ(LabelRef(done))
	m := g.tail(left)
	body(i, 0, &m)
	Label(done)
}

// get loads vector v of p at i, with zeros past the tail.
func (g isa) get(p, i reg.GPVirtual, v int, m *mask) reg.VecVirtual {
	x := g.vec()
	if m == nil {
		g.fetch(at(p, i, g, v*g.bytes()), x)
	} else {
		g.loadTail(at(p, i, g, 0), *m, x)
	}
	return x
}

// put stores vector v of p at i.
func (g isa) put(x Op, p, i reg.GPVirtual, v int, m *mask) {
	if m == nil {
		g.leave(x, at(p, i, g, v*g.bytes()))
	} else {
		g.storeTail(x, *m, at(p, i, g, 0))
	}
}

// zeros returns n vectors of zeros.
func (g isa) zeros(n int) []reg.VecVirtual {
	vs := make([]reg.VecVirtual, n)
	for i := range vs {
		vs[i] = g.vec()
		g.zero(vs[i])
	}
	return vs
}

// total adds up the lanes of all vectors.
func (g isa) total(vs []reg.VecVirtual) reg.VecVirtual {
	for len(vs) > 1 {
		g.add(vs[len(vs)-1], vs[0], vs[0])
		vs = vs[:len(vs)-1]
	}
	return g.reduce(vs[0], g.add)
}

// running is a sum with what its roundings have lost (Dekker 1971), so that a long row of small
// numbers beside a large one counts; or the sum alone, where lost is nil.
type running struct{ sum, lost reg.VecVirtual }

// running returns n sums, of float64 without what is lost.
func (g isa) running(n int) []running {
	rs := make([]running, n)
	for i := range rs {
		if rs[i] = (running{sum: g.zeros(1)[0]}); !g.f64 {
			rs[i].lost = g.zeros(1)[0]
		}
	}
	return rs
}

// compensated returns a sum with what is lost, for any type: for the columns of a tile, which are
// added one after the other.
func (g isa) compensated() running {
	v := g.zeros(2)
	return running{v[0], v[1]}
}

// addTo adds y to r. The next sum does not wait for what this one has lost.
func (g isa) addTo(r running, y Op) {
	if r.lost == nil {
		g.add(y, r.sum, r.sum)
		return
	}
	t, d := g.vec(), g.vec()
	g.add(y, r.sum, t)
	g.sub(t, r.sum, d)
	g.add(y, d, d)
	g.add(d, r.lost, r.lost)
	g.move(t, r.sum)
}

// folded is a running sum to which four vectors are added at a time, for the price of one: inner
// takes them, where registers allow by twos, and fold adds it to the sum, which lies in memory
// where they are few.
type folded struct {
	inner     [2]reg.VecVirtual // one register, or two
	sum, lost Op
}

func (g isa) folded(twos bool) folded {
	v := g.zeros(1)[0]
	inner := [2]reg.VecVirtual{v, v}
	if twos {
		inner[1] = g.zeros(1)[0]
	}
	if g.avx512 && !g.f64 {
		return folded{inner, g.zeros(1)[0], g.zeros(1)[0]}
	}
	return folded{inner, g.spill(inner[0]), g.spill(inner[0])}
}

func (g isa) fold(x folded) {
	sum, t, d := g.vec(), g.vec(), g.vec()
	if x.inner[0] != x.inner[1] {
		g.add(x.inner[1], x.inner[0], x.inner[0])
		g.zero(x.inner[1])
	}
	g.load(x.sum, sum)
	g.add(x.inner[0], sum, t)
	g.load(t, x.sum)
	g.sub(t, sum, d)
	g.add(x.inner[0], d, d)
	g.add(x.lost, d, d)
	g.load(d, x.lost)
	g.zero(x.inner[0])
}

// foldedTotal adds up the lanes of x, in float64.
func (g isa) foldedTotal(x folded) reg.VecVirtual {
	g.fold(x)
	r := running{g.vec(), g.vec()}
	g.load(x.sum, r.sum)
	g.load(x.lost, r.lost)
	return g.runningTotal([]running{r})
}

// value returns r as one number in every lane.
func (g isa) value(r running) reg.VecVirtual {
	if r.lost != nil {
		g.dropInfinite(r)
		g.add(r.lost, r.sum, r.sum)
	}
	return r.sum
}

// dropInfinite makes lost 0 where the sum is infinite: there it is no number.
func (g isa) dropInfinite(r running) {
	finite := g.vec()
	g.sub(r.lost, r.lost, finite)
	g.keep(g.cmp(eqOQ, finite, finite), r.lost, r.lost)
}

// runningTotal adds up the lanes of all sums.
func (g isa) runningTotal(rs []running) reg.VecVirtual {
	var vs []reg.VecVirtual
	for _, r := range rs {
		vs = append(vs, r.sum)
		if r.lost != nil {
			g.dropInfinite(r)
			vs = append(vs, r.lost)
		}
	}
	return g.doubleTotal(vs)
}

// doubleTotal is total, in float64 once it is across lanes.
func (g isa) doubleTotal(vs []reg.VecVirtual) reg.VecVirtual {
	if g.f64 {
		return g.total(vs)
	}
	wide := g
	wide.f64 = true
	var halves []reg.VecVirtual
	for _, v := range vs {
		lo, hi := g.vec(), g.vec()
		if g.avx512 {
			h := YMM()
			VEXTRACTF64X4(Imm(1), v, h)
			VCVTPS2PD(h, hi)
			VCVTPS2PD(v.AsY(), lo)
		} else {
			h := XMM()
			VEXTRACTF128(Imm(1), v, h)
			VCVTPS2PD(h, hi)
			VCVTPS2PD(v.AsX(), lo)
		}
		halves = append(halves, lo, hi)
	}
	return wide.total(halves)
}

// doubleResult stores the lowest lane of v, a float64.
func doubleResult(v reg.VecVirtual, name string) { VMOVSD(v.AsX(), address(Return(name))) }

func (g isa) maxExp() {
	g.text("maxExp", "func(z *T, n int) (m, shift, em A)", "returns the largest of n >= 1 elements, and",
		"shift and em with exp(m) = 2^shift em, where em is in [√½, √2]. NaN is passed over; when",
		"there is nothing else, m is -Inf. For an infinite m the last two mean nothing.")
	z, n := g.param("z"), g.param("n")
	acc := make([]reg.VecVirtual, 4)
	minusInf := g.infinity(-1)
	for i := range acc {
		acc[i] = g.vec()
		g.load(minusInf, acc[i])
	}
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		if m == nil {
			g.max(acc[v], g.get(z, i, v, m), acc[v])
			return
		}
		x := g.vec()
		g.load(minusInf, x)
		g.blend(*m, g.get(z, i, v, m), x)
		g.max(acc[0], x, acc[0])
	})
	for _, a := range acc[1:] {
		g.max(a, acc[0], acc[0])
	}
	m := g.reduce(acc[0], g.max)
	g.result(m, "m")
	all, n2, em := g.vec(), g.vec(), g.vec()
	g.bcast(m, all)
	c := g.expConsts()
	g.load(c.magic, n2)
	g.madd(c.log2e, all, n2)
	g.sub(c.magic, n2, n2)
	g.expShifted(c, all, g.shiftOf(n2), em)
	g.result(n2, "shift")
	g.result(em, "em")
	g.ret()
}

func (g isa) find() {
	g.text("find", "func(z *T, n int, m A) (a int)", "returns the first position of m, or n.")
	z, n := g.param("z"), g.param("n")
	all := g.broadcast("m")
	i := GP64()
	XORQ(i, i)
	scan, tail, found, done := label("scan"), label("last"), label("found"), label("end")
	left := GP64()
	MOVQ(n, left)
	bits := GP32()
	Label(scan)
	CMPQ(left, Imm(uint64(g.lanes())))
	JLT(LabelRef(tail))
	MOVL(g.maskBits(g.cmp(eqOQ, at(z, i, g, 0), all)), bits)
	TESTL(bits, bits)
	JNE(LabelRef(found))
	ADDQ(Imm(uint64(g.lanes())), i)
	SUBQ(Imm(uint64(g.lanes())), left)
	JMP(LabelRef(scan))
	Label(tail)
	TESTQ(left, left)
	JEQ(LabelRef(done))
	tm := g.tail(left)
	MOVL(g.maskBits(g.maskAnd(tm, g.cmp(eqOQ, g.get(z, i, 0, &tm), all))), bits)
	TESTL(bits, bits)
	JNE(LabelRef(found))
	ADDQ(left, i)
	JMP(LabelRef(done))
	Label(found)
	BSFL(bits, bits)
	pos := GP64()
	MOVL(bits, pos.As32())
	ADDQ(pos, i)
	Label(done)
	Store(i, Return("a"))
	g.ret()
}

func (g isa) sum() {
	g.text("sum", "func(x *T, n int) (sum float64)", "returns Σ x.")
	x, n := g.param("x"), g.param("n")
	acc := g.zeros(4)
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) { g.add(g.get(x, i, v, m), acc[v], acc[v]) })
	doubleResult(g.doubleTotal(acc), "sum")
	g.ret()
}

func (g isa) exps(store bool) {
	name, sig, doc := "sumExp", "func(z *T, n int, low, shift A, ahead int) (sum float64)", "returns Σ exp(max(z, low)) 2^-shift."
	if store {
		name, sig, doc = "exps", "func(e, z *T, n int, low, shift A, ahead int) (sum float64)", "stores exp(max(z, low)) 2^-shift in e and returns the sum."
	}
	g.text(name, sig, doc, "NaN stays NaN. The results must not overflow. It prefetches so many bytes ahead.")
	z, n, ahead := g.param("z"), g.param("n"), g.param("ahead")
	var e, eAhead reg.GPVirtual
	if store {
		e, eAhead = g.param("e"), GP64()
		MOVQ(ahead, eAhead)
		ADDQ(e, eAhead)
	}
	ADDQ(z, ahead)
	c := g.expConsts()
	low, shift := g.broadcast("low"), g.prepareShift(g.arg("shift"))
	sum := g.running(2)
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x, y := g.clamped(z, i, v, m, low), g.vec()
		g.prefetch(ahead, i, v)
		if store {
			g.prefetch(eAhead, i, v)
		}
		g.expShifted(c, x, shift, y)
		if store {
			g.put(y, e, i, v, m)
		}
		if m != nil {
			g.keep(*m, y, y)
		}
		g.addTo(sum[v], y)
	})
	doubleResult(g.runningTotal(sum), "sum")
	g.ret()
}

// prefetch asks for the memory of vector v of p at i.
func (g isa) prefetch(p, i reg.GPVirtual, v int) { PREFETCHT0(at(p, i, g, v*g.bytes())) }

// clamped loads max(z, low), NaN for NaN.
func (g isa) clamped(z, i reg.GPVirtual, v int, m *mask, low Op) reg.VecVirtual {
	x := g.vec()
	if m == nil && !g.narrow {
		g.max(at(z, i, g, v*g.bytes()), low, x)
		return x
	}
	g.max(g.get(z, i, v, m), low, x)
	return x
}

func (g isa) expDot(store bool) {
	name, sig := "sumExpDot", "func(z, t *T, n int, m, low, shift A, ahead int) (sum, dot, mass float64, bad uint32)"
	doc := "returns sum = Σ exp(max(z, low)) 2^-shift, dot = Σ_{t≠0} t (z - m), mass = Σ t,"
	if store {
		name, sig = "expsDot", "func(e, z, t *T, n int, m, low, shift A, ahead int) (sum, dot, mass float64, bad uint32)"
		doc = "stores exp(max(z, low)) 2^-shift in e and returns its sum, dot = Σ_{t≠0} t (z - m), mass = Σ t,"
	}
	g.text(name, sig, doc, "and bad != 0 when a t is negative; a NaN makes mass NaN and an infinite t makes it infinite.", "It prefetches z and t so many bytes ahead.")
	z, t, n := g.param("z"), g.param("t"), g.param("n")
	zAhead, tAhead, eAhead := g.param("ahead"), GP64(), GP64()
	MOVQ(zAhead, tAhead)
	MOVQ(zAhead, eAhead)
	ADDQ(z, zAhead)
	ADDQ(t, tAhead)
	var e reg.GPVirtual
	if store {
		e = g.param("e")
	}
	if store {
		ADDQ(e, eAhead)
	}
	c := g.expConsts()
	top, low, shift := g.broadcast("m"), g.broadcast("low"), g.prepareShift(g.arg("shift"))
	unroll := 2
	if !g.avx512 {
		unroll = 1
	}
	sum, dot, mass := g.running(unroll), g.running(unroll), g.running(unroll)
	least, zero := g.zeros(1)[0], g.zeros(1)[0]
	g.loop(n, len(sum), func(i reg.GPVirtual, v int, m *mask) {
		g.prefetch(zAhead, i, v)
		g.prefetch(tAhead, i, v)
		if store {
			g.prefetch(eAhead, i, v)
		}
		y := g.vec()
		g.expShifted(c, g.clamped(z, i, v, m, low), shift, y)
		if store {
			g.put(y, e, i, v, m)
		}
		if m != nil {
			g.keep(*m, y, y)
		}
		g.addTo(sum[v], y)
		lab, d := g.get(t, i, v, m), g.vec()
		g.min(lab, least, least)
		g.addTo(mass[v], lab)
		if m == nil {
			g.load(at(z, i, g, v*g.bytes()), d)
		} else {
			g.loadTail(at(z, i, g, 0), *m, d)
		}
		g.sub(top, d, d)
		g.keep(g.cmp(neqUQ, zero, lab), d, d)
		g.mul(lab, d, d)
		g.addTo(dot[v], d)
	})
	doubleResult(g.runningTotal(sum), "sum")
	doubleResult(g.runningTotal(dot), "dot")
	doubleResult(g.runningTotal(mass), "mass")
	Store(g.maskBits(g.cmp(ltOQ, zero, least)), Return("bad"))
	g.ret()
}

// lowest is where exp is 0.
func (g isa) lowest() float64 {
	if g.f64 {
		return lowest64
	}
	return lowest32
}

func (g isa) combine() {
	g.text("combine", "func(p, t *T, n int, a, f A)", "stores f (a p - t) in p.")
	p, t, n := g.param("p"), g.param("t"), g.param("n")
	a, f := g.broadcast("a"), g.broadcast("f")
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(p, i, v, m)
		if m == nil && !g.narrow {
			g.msub(at(t, i, g, v*g.bytes()), a, x)
		} else {
			g.msub(g.get(t, i, v, m), a, x)
		}
		g.mul(f, x, x)
		g.put(x, p, i, v, m)
	})
	g.ret()
}

func (g isa) scale() {
	g.text("scale", "func(p *T, n int, a A)", "stores a p in p.")
	p, n := g.param("p"), g.param("n")
	a := g.broadcast("a")
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(p, i, v, m)
		g.mul(a, y, y)
		g.put(y, p, i, v, m)
	})
	g.ret()
}

func (g isa) shift() {
	g.text("shift", "func(dst, z *T, n int, m, c A)", "stores (z - m) - c in dst.")
	dst, z, n := g.param("dst"), g.param("z"), g.param("n")
	top, c := g.broadcast("m"), g.broadcast("c")
	g.loop(n, 4, func(i reg.GPVirtual, v int, m *mask) {
		y := g.get(z, i, v, m)
		g.sub(top, y, y)
		g.sub(c, y, y)
		g.put(y, dst, i, v, m)
	})
	g.ret()
}

func (g isa) labelSums() {
	g.text("labelSums", "func(t *T, n int) (mass float64, nnz A, bad uint32)", "returns Σ t, the number of t > 0, and bad as expsDot does.")
	t, n := g.param("t"), g.param("n")
	mass, nnz := g.running(2), g.zeros(2)
	zero, bad, one := g.zeros(1)[0], g.noLanes(), g.constant(1)
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		g.orInto(g.invalid(x), bad)
		g.addTo(mass[v], x)
		g.addWhere(g.cmp(gtOQ, zero, x), one, nnz[v])
	})
	doubleResult(g.runningTotal(mass), "mass")
	g.result(g.total(nnz), "nnz")
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

func (g isa) smooth() {
	g.text("smooth", "func(dst, t *T, n int, keep, cut, add A)", "stores max(keep t - cut, 0) + add in dst.")
	dst, t, n := g.param("dst"), g.param("t"), g.param("n")
	keep, cut, add := g.broadcast("keep"), g.broadcast("cut"), g.broadcast("add")
	zero := g.zeros(1)[0]
	g.loop(n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(t, i, v, m)
		g.msub(cut, keep, x)
		g.max(zero, x, x)
		g.add(add, x, x)
		g.put(x, dst, i, v, m)
	})
	g.ret()
}

func (g isa) maeSum() {
	g.text("maeSum", "func(e *float64, t *T, n int, c, sa A) (sum, delta A, bad uint32)",
		"returns Σ |p - t| and Σ (sa - sign(p - t)) e for p = c e, and bad as expsDot does.")
	e, t, n := g.param("e"), g.param("t"), g.param("n")
	c, sa := g.broadcast("c"), g.broadcast("sa")
	sum, delta := g.zeros(1), g.zeros(1)
	zero, bad := g.zeros(1)[0], g.noLanes()
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		x, lab := g.getFloat64(e, i, v, m), g.get(t, i, v, m)
		g.orInto(g.invalid(lab), bad)
		d := g.vec()
		g.mul(c, x, d)
		g.sub(lab, d, d)
		s := g.sign(d, zero)
		u := g.vec()
		g.mul(s, d, u)
		g.add(u, sum[v], sum[v])
		g.sub(s, sa, s)
		g.madd(s, x, delta[v])
	})
	g.result(g.total(sum), "sum")
	g.result(g.total(delta), "delta")
	Store(g.maskBits(bad), Return("bad"))
	g.ret()
}

// sign returns the sign of d, 0 for 0, NaN for NaN.
func (g isa) sign(d, zero reg.VecVirtual) reg.VecVirtual {
	s := g.vec()
	g.move(d, s)
	g.blend(g.cmp(gtOQ, zero, d), g.constant(1), s)
	g.blend(g.cmp(ltOQ, zero, d), g.constant(-1), s)
	return s
}

func (g isa) maeGrad() {
	g.text("maeGrad", "func(dst *T, e *float64, t *T, n int, c, sa, delta, f A)", "stores f e ((sign(p - t) - sa) + delta) in dst for p = c e.")
	dst, e, t, n := g.param("dst"), g.param("e"), g.param("t"), g.param("n")
	c, sa, delta, f := g.broadcast("c"), g.broadcast("sa"), g.broadcast("delta"), g.broadcast("f")
	zero := g.zeros(1)[0]
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		p, lab := g.getFloat64(e, i, v, m), g.get(t, i, v, m)
		d := g.vec()
		g.mul(c, p, d)
		g.sub(lab, d, d)
		s := g.sign(d, zero)
		g.sub(sa, s, s)
		g.add(delta, s, s)
		g.mul(f, p, p)
		g.mul(s, p, p)
		g.put(p, dst, i, v, m)
	})
	g.ret()
}
