package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Blocks: W rows, W the lanes of a vector, of more classes than go into a tile and too few for what
// is done once a row to be little. Each row is summed where it lies, into vectors; these are
// transposed, so that what a row has one of is computed for all rows at once, in lanes.

// What a row is summed up to, a vector each.
const (
	blockOdds   = iota     // the exponentials but that of the maximum
	blockOthers = iota + 1 // the labels but its own; every sum is followed by what it has lost
	blockDot    = iota + 2 // Σ t (z - M)
	blockOwn    = iota + 3 // the label of the maximum
	blockSums
)

// blockCrossEntropy emits tileCrossEntropy for blocks.
func (g isa) blockCrossEntropy(grad bool) {
	if grad {
		g.text("blockCrossEntropyGrad",
			"func(e, z, t *T, k, n int, f *T, loss *float64, work, lanes *T) (declined uint32)",
			"stores the losses of n rows of k elements, W at most, and the gradients in e; declined has the bits of the "+
				"rows that are for the specification or have an invalid label.")
	} else {
		g.text("blockCrossEntropy", "func(z, t *T, k, n int, loss *float64, work, lanes *T) (declined uint32)",
			"is blockCrossEntropyGrad without the gradients.")
	}
	k, work, lanes := g.param("k"), g.param("work"), g.param("lanes")
	shift, rejected := g.blockMaxima(k, work, lanes)
	g.blockTerms(k, work, lanes, grad, shift, rejected)
	s := crossEntropySums{r: g.blockOdds(work, lanes), bad: g.noLanes()}
	s.own = g.collapsed(work, blockOwn, g.add)
	s.others, s.dot = g.collapsedSum(work, blockOthers), g.collapsedSum(work, blockDot)
	f := GP64()
	if grad {
		f = g.param("f")
	}
	x := g.crossEntropyNumbers(lanes, Mem{Base: f}, s, grad)
	ORL(x.bad, rejected)
	Store(rejected, Return("declined"))
	g.storeDoubles(x.loss, nil, g.param("loss"))
	if grad {
		g.store(x.coef, g.lane(lanes, "Coef"))
		g.store(x.low, g.lane(lanes, "Lost"))
		g.store(x.f, g.lane(lanes, "Scale"))
		g.store(x.q, g.lane(lanes, "AtTop"))
		mark := g.vec() // NaN, which no logit equals
		g.load(g.constant(math.NaN()), mark)
		top := g.vec()
		g.load(g.lane(lanes, "Max"), top)
		g.blend(x.sure, top, mark)
		g.store(mark, g.lane(lanes, "Max"))
		g.blockGradients(k, lanes)
	}
	g.ret()
}

// blockMaxima emits what blockTerms takes of the rows' maxima, in lanes, and in the lane Coef their
// exponentials. rejected has the bits of the rows that are for the specification.
func (g isa) blockMaxima(k, work, lanes reg.GPVirtual) (shift expShift, rejected reg.GPVirtual) {
	g.blockRows(k, lanes, []string{"z"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		g.store(g.rowMax(p[0], k), g.blockSum(work, lanes, row)(0))
	})
	top := g.collapsed(work, 0, g.max)
	low, shift, rejected := g.aroundTop(top)
	ea := g.vec()
	g.expShifted(g.expConstsInMemory(), top, shift, ea)
	g.store(ea, g.lane(lanes, "Coef"))
	g.store(top, g.lane(lanes, "Max"))
	g.store(low, g.lane(lanes, "Low"))
	g.store(shift.n.(reg.VecVirtual), g.lane(lanes, "Shift"))
	return shift, rejected
}

// blockOdds returns the sums of the exponentials but those of the first maxima.
func (g isa) blockOdds(work, lanes reg.GPVirtual) running {
	r, ties := g.collapsedSum(work, blockOdds), g.vec()
	g.load(g.lane(lanes, "Ties"), ties)
	g.mul(g.lane(lanes, "Coef"), ties, ties)
	g.addTo(r, ties)
	return r
}

// blockRows emits body for the n rows that pointers begin at; row is where in the first number of
// lanes that of the row lies.
func (g isa) blockRows(k, lanes reg.GPVirtual, pointers []string, body func(p []reg.GPVirtual, row reg.GPVirtual)) {
	var p []reg.GPVirtual
	for _, name := range pointers {
		p = append(p, g.param(name))
	}
	n, row := g.param("n"), GP64()
	MOVQ(lanes, row)
	next := label("row")
	Label(next)
	body(p, row)
	for _, p := range p {
		LEAQ(Mem{Base: p, Index: k, Scale: uint8(g.size())}, p)
	}
	ADDQ(Imm(uint64(g.floatSize())), row)
	DECQ(n)
	JNE(LabelRef(next))
}

// blockSum returns where the vectors of a row lie.
func (g isa) blockSum(work, lanes, row reg.GPVirtual) func(which int) Mem {
	i := GP64()
	MOVQ(row, i)
	SUBQ(lanes, i)
	SHLQ(Imm(uint64(log2(g.lanes()))), i)
	return func(which int) Mem {
		return Mem{Base: work, Index: i, Scale: 1, Disp: which * g.lanes() * g.column()}
	}
}

// foldedAt is folded with the sum in memory, followed by what it has lost after W vectors, where
// registers are few.
func (g isa) foldedAt(m Mem) folded {
	if g.avx512 && !g.f64 {
		return g.folded(true)
	}
	v, lost := g.zeros(2), m
	lost.Disp += g.lanes() * g.column()
	g.store(v[0], m)
	g.store(v[0], lost)
	return folded{[2]reg.VecVirtual(v), m, lost}
}

// ofRow returns a number of a row in all lanes.
func (g isa) ofRow(row reg.GPVirtual, name string) reg.VecVirtual {
	v := g.vec()
	g.bcast(g.lane(row, name), v)
	return v
}

// rowMax returns the largest of each lane of a row.
func (g isa) rowMax(z, k reg.GPVirtual) reg.VecVirtual {
	acc := []reg.VecVirtual{g.vec(), g.vec()}
	for _, a := range acc {
		g.load(g.infinity(-1), a)
	}
	g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(z, i, v, m)
		if m != nil {
			y := g.vec()
			g.load(g.infinity(-1), y)
			g.blend(*m, x, y)
			x = y
		}
		g.max(acc[v%2], x, acc[v%2])
	})
	g.max(acc[1], acc[0], acc[0])
	return acc[0]
}

// blockTerms emits the sums of every row, where each lane of its vectors has a maximum of its own,
// if any, and how many these are beside one, in the lane Ties. It adds the rows with a label of a
// sign to rejected.
func (g isa) blockTerms(k, work, lanes reg.GPVirtual, store bool, shift expShift, rejected reg.GPVirtual) {
	c, pointers := g.expConstsInMemory(), []string{"z", "t"}
	if g.avx512 {
		c = g.expConsts()
	}
	if store {
		pointers = append(pointers, "e")
	}
	g.blockRows(k, lanes, pointers, func(p []reg.GPVirtual, row reg.GPVirtual) {
		top, low, by := g.park(g.ofRow(row, "Max")), g.park(g.ofRow(row, "Low")), shift
		by.n = g.park(g.ofRow(row, "Shift"))
		at := g.blockSum(work, lanes, row)
		odds, others, dot := g.foldedAt(at(blockOdds)), g.foldedAt(at(blockOthers)), g.foldedAt(at(blockDot))
		own, signs := g.zeros(1)[0], g.zeros(1)[0]
		seen, count := g.maxima(top), GP64()
		MOVQ(I64(-1), count)
		fold := func() {
			g.fold(odds)
			g.fold(others)
			g.fold(dot)
		}
		g.fours(k, func(i reg.GPVirtual, v int, m *mask) {
			z, lab, x, y := g.get(p[0], i, v, m), g.get(p[1], i, v, m), g.vec(), g.vec()
			g.load(low, x)
			g.max(z, x, x)
			g.expShifted(c, x, by, y)
			if store {
				g.put(y, p[2], i, v, m)
			}
			first := g.firstOf(seen, g.cmp(eqOQ, top, z))
			if m != nil {
				first = g.maskAnd(*m, first)
			}
			ties := GP64()
			POPCNTL(g.maskBits(first), ties.As32())
			ADDQ(ties, count)
			g.or(lab, signs, signs)
			g.addWhere(first, lab, own)
			g.sub(top, z, z)
			g.keep(g.cmp(neqUQ, g.constant(0), lab), z, z)
			g.madd(lab, z, dot.inner[v%2])
			if m != nil {
				g.keep(*m, y, y)
			}
			g.drop(first, y)
			g.add(y, odds.inner[v%2], odds.inner[v%2])
			g.drop(first, lab)
			g.add(lab, others.inner[v%2], others.inner[v%2])
		}, fold)
		if g.avx512 && !g.f64 {
			for i, x := range []folded{odds, others, dot} {
				g.store(x.sum, at(2*i))
				g.store(x.lost, at(2*i+1))
			}
		}
		g.store(own, at(blockOwn))
		g.storeCount(count, g.lane(row, "Ties"))
		bits, sign := g.signBits(signs), GP64()
		XORQ(sign, sign)
		TESTL(bits, bits)
		SETNE(sign.As8())
		shift := GP64()
		MOVQ(row, shift)
		SUBQ(lanes, shift)
		SHRQ(Imm(uint64(log2(g.size()))), shift)
		SHLXQ(shift, sign, sign)
		ORL(sign.As32(), rejected)
	})
}

// storeCount stores an integer as a number.
func (g isa) storeCount(count reg.GPVirtual, to Mem) {
	x := XMM()
	g.pick(VXORPS, VXORPD, x, x, x)
	if g.f64 {
		VCVTSI2SDQ(count, x, x)
	} else {
		VCVTSI2SSQ(count, x, x)
	}
	g.pick(VMOVSS, VMOVSD, x, to)
}

// fours emits body for the vectors of n elements, four at a time, after which comes fold. Those
// that are left come as the first two, the first and the second with the mask of the tail: sums of
// the first and third and of the others are as long.
func (g isa) fours(n reg.GPVirtual, body func(i reg.GPVirtual, v int, m *mask), fold func()) {
	i, left := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, left)
	several := func(count int, otherwise string) {
		CMPQ(left, Imm(uint64(count*g.lanes())))
		JLT(LabelRef(otherwise))
		for v := range count {
			body(i, v, nil)
		}
		ADDQ(Imm(uint64(count*g.lanes())), i)
		SUBQ(Imm(uint64(count*g.lanes())), left)
	}
	four, two, one, tail, done := label("four"), label("two"), label("one"), label("tail"), label("done")
	Label(four)
	several(4, two)
	fold()
	JMP(LabelRef(four))
	Label(two)
	several(2, one)
	Label(one)
	several(1, tail)
	Label(tail)
	TESTQ(left, left)
	JEQ(LabelRef(done))
	m := g.tail(left)
	body(i, 1, &m)
	Label(done)
	fold()
}

// blockGradients emits (Coef + Lost) e - f t, at a maximum that the lane Max has that of AtTop.
func (g isa) blockGradients(k, lanes reg.GPVirtual) {
	g.blockRows(k, lanes, []string{"e", "z", "t"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		coef, low, f := g.ofRow(row, "Coef"), g.ofRow(row, "Lost"), g.ofRow(row, "Scale")
		q, top := g.ofRow(row, "AtTop"), g.ofRow(row, "Max")
		g.loop(k, 4, func(i reg.GPVirtual, v int, m *mask) {
			y, lab := g.get(p[0], i, v, m), g.get(p[2], i, v, m)
			g.mul(f, lab, lab)
			g.combined(y, lab, coef, low)
			g.blend(g.cmp(eqOQ, top, g.get(p[1], i, v, m)), q, y)
			g.put(y, p[0], i, v, m)
		})
	})
}
