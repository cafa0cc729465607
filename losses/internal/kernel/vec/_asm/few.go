package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fewWork is room for what fewTerms stores of the most classes that go into a tile, in bytes.
const fewWork = 1024

// fewCrossEntropy emits tileCrossEntropy of a single row where it lies, for batches of fewer rows
// than a tile is worth. What it computes of every class it computes for a vector of them; the sums
// add up two classes at a time, as a tile's add up its columns, so that the results are the same
// bit for bit.
func (g isa) fewCrossEntropy(grad bool) {
	if grad {
		g.text("fewCrossEntropyGrad", "func(e, z, t *T, k int, f A) (loss A, ok uint32)",
			"is tileCrossEntropyGrad for one row of k elements; ok is 0 for one that is for the specification or has an "+
				"invalid label.")
	} else {
		g.text("fewCrossEntropy", "func(z, t *T, k int) (loss A, ok uint32)",
			"is fewCrossEntropyGrad without the gradients.")
	}
	z, t, k := g.param("z"), g.param("t"), g.param("k")
	ok := GP32()
	XORL(ok, ok)
	Store(ok, Return("ok"))
	row := isa{f64: g.f64} // shorter vectors divide faster
	var e reg.GPVirtual
	var f Op
	if grad {
		e, f = g.param("e"), row.broadcast("f")
	}
	work, lanes := GP64(), GP64()
	LEAQ(g.local(fewWork), work)
	LEAQ(g.local(row.lane(lanes, "Coef").Disp+g.column()), lanes)
	top := g.largest(k, func(i reg.GPVirtual, v int, m *mask) reg.VecVirtual { return g.get(z, i, v, m) })
	c := g.tileExp()
	rejected := c.prepare(top)
	TESTL(rejected, rejected)
	JNE(LabelRef("declined"))
	a := g.position(&plain{g: g, z: z}, k, top)
	ea, first, own := g.vec(), row.vec(), row.zeros(1)[0]
	under := g.spill(c.expOfTop(top, ea))
	g.store(ea, row.lane(lanes, "Coef"))
	row.bcast(at(t, a, g, 0), first)
	row.add(first, own, own)
	invalid := g.fewTerms(e, z, t, k, a, work, top,
		c.far(top, func(v reg.VecVirtual, _ string) Op { return g.park(v) }))
	TESTL(invalid, invalid)
	JNE(LabelRef("declined"))
	s := g.fewSums(work, k)
	s.own, s.under, s.bad = own, under, row.noLanes()
	x := row.crossEntropyNumbers(lanes, f, s, grad)
	TESTL(x.bad, x.bad)
	JNE(LabelRef("declined"))
	row.compare(x.loss.AsX(), x.loss)
	JP(LabelRef("declined"))
	row.result(x.loss, "loss")
	if grad {
		g.fewGradients(e, t, k, a, x)
	}
	MOVL(U32(1), ok)
	Store(ok, Return("ok"))
	Label("declined")
	g.ret()
}

// fewGradients is columnGradients of a row whose maximum is at a.
func (g isa) fewGradients(e, t, k, a reg.GPVirtual, x crossEntropyResults) {
	row, none := isa{f64: g.f64}, label("none")
	coef, low, f := g.all(x.coef), g.all(x.low), g.all(x.f)
	g.loop(k, 1, func(i reg.GPVirtual, v int, m *mask) {
		y, lab := g.get(e, i, v, m), g.get(t, i, v, m)
		g.mul(f, lab, lab)
		g.combined(y, lab, coef, low)
		g.put(y, e, i, v, m)
	})
	bits := row.maskBits(x.sure)
	TESTL(bits, bits)
	JEQ(LabelRef(none))
	row.pick(VMOVSS, VMOVSD, x.q.AsX(), at(e, a, g, 0))
	Label(none)
}

// all returns the lowest lane of x in all lanes.
func (g isa) all(x reg.VecVirtual) reg.VecVirtual {
	v := g.vec()
	g.bcast(x.AsX(), v)
	return v
}

// fewTerms stores in work, for vector after vector, what fewSums adds up, transposed: y = exp(z)
// 2^-shift and the label t, 0 for the maximum at a, and t (z - M). With e it stores all y there. It
// returns other bits than 0 where a label is invalid.
func (g isa) fewTerms(e, z, t, k, a, work reg.GPVirtual, top reg.VecVirtual, c tileExp) reg.GPVirtual {
	bad, zero := g.noLanes(), g.zeros(1)[0]
	to := GP64()
	MOVQ(work, to)
	g.loop(k, 1, func(i reg.GPVirtual, v int, m *mask) {
		y := g.vec()
		c.exp(g.get(z, i, v, m), y)
		if e != nil {
			g.put(y, e, i, v, m)
		}
		if m != nil {
			g.keep(*m, y, y)
		}
		lab, d := g.get(t, i, v, m), g.get(z, i, v, m)
		g.orInto(g.invalid(lab), bad)
		g.sub(top, d, d)
		g.keep(g.cmp(neqUQ, zero, lab), d, d)
		g.mul(lab, d, d)
		pos := GP64()
		MOVQ(a, pos)
		SUBQ(i, pos)
		others := g.butLane(g.allLanes(), pos)
		g.keep(others, y, y)
		g.keep(others, lab, lab)
		terms := []reg.VecVirtual{y, lab, d, zero}[:g.quad()]
		terms = g.transpose(terms)
		if g.f64 {
			terms = append(terms, d)
		}
		for j, v := range terms {
			g.store(v, Mem{Base: to, Disp: j * g.column()})
		}
		ADDQ(U32(uint32(len(terms)*g.column())), to)
	})
	return g.maskBits(bad)
}

// fewSums emits the sums of what fewTerms has stored in work of k classes, and perhaps of some
// zeros behind them. The sums of a class's terms, of float64 but the last one, are in one register.
func (g isa) fewSums(work, k reg.GPVirtual) (s crossEntropySums) {
	row := isa{f64: g.f64}
	sum, lost, dot := XMM(), XMM(), XMM()
	for _, x := range []reg.VecVirtual{sum, lost, dot} {
		VXORPS(x, x, x)
	}
	from, left, next, done := GP64(), GP64(), label("sum"), label("summed")
	MOVQ(work, from)
	MOVQ(k, left)
	Label(next)
	size := 4
	if g.f64 {
		size = 3
	}
	for c := 0; c < g.lanes(); c += 2 {
		terms := func(i int) Mem { return Mem{Base: from, Disp: i%g.quad()*g.column() + i/g.quad()*16} }
		product := func(i int) Mem { return Mem{Base: from, Disp: 2*g.column() + 8*i} }
		y, t, d := XMM(), XMM(), XMM()
		VMOVUPS(terms(c), y)
		row.add(terms(c+1), y, y)
		row.add(y, sum, t)
		row.sub(t, sum, d)
		row.add(y, d, d)
		row.add(d, lost, lost)
		VMOVAPS(t, sum)
		if g.f64 {
			VMOVSD(product(c), y)
			VADDSD(product(c+1), y, y)
			VADDSD(y, dot, dot)
		}
		SUBQ(Imm(2), left)
		JLE(LabelRef(done))
	}
	ADDQ(U32(uint32(size*g.column())), from)
	JMP(LabelRef(next))
	Label(done)
	all := func(x reg.VecVirtual, i int) reg.VecVirtual {
		y := XMM()
		if g.f64 {
			VPERMILPD(Imm(uint64(3*i)), x, y)
		} else {
			VPERMILPS(Imm(uint64(0x55*i)), x, y)
		}
		return row.all(y)
	}
	s.r, s.others = running{all(sum, 0), all(lost, 0)}, running{all(sum, 1), all(lost, 1)}
	if g.f64 {
		s.dot = running{sum: all(dot, 0)}
	} else {
		s.dot = running{all(sum, 2), all(lost, 2)}
	}
	return s
}
