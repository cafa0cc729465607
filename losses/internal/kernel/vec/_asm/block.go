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
	blockOdds   = iota     // the exponentials but those of maxima
	blockOthers = iota + 1 // the labels but theirs; every sum is followed by what it has lost
	blockDot    = iota + 2 // Σ t (z - M)
	blockOwn    = iota + 3 // the labels of maxima
	blockTops              // their exponentials, where tops of the logits wants them
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
	k := g.param("k")
	s, rejected := g.blockTerms(&plainBlock{g: g}, k, grad)
	f, lanes := GP64(), g.param("lanes")
	if grad {
		f = g.param("f")
	}
	x := g.crossEntropyNumbers(lanes, Mem{Base: f}, s, grad)
	ORL(x.bad, rejected)
	Store(rejected, Return("declined"))
	g.storeDoubles(x.loss, nil, Mem{Base: g.param("loss")})
	if grad {
		g.blockGradients(k, x)
	}
	g.ret()
}

// blockTerms emits the sums of all rows, with store their exponentials, too. rejected are the rows
// with a label of a sign and those that x rejects. Each lane of a row's vectors has a maximum of
// its own, if any; how many these are beside one stands in the lane Ties, and r has them, too.
func (g isa) blockTerms(x blockLogits, k reg.GPVirtual, store bool) (s crossEntropySums, rejected reg.GPVirtual) {
	rejected = x.prepare(k)
	return g.sumsOfBlock(x, k, rejected, store, true), rejected
}

// sumsOfBlock is blockTerms after what x prepares; without labels their sums are missing.
func (g isa) sumsOfBlock(x blockLogits, k, rejected reg.GPVirtual, store, labels bool) (s crossEntropySums) {
	pointers := []string{"z"}
	if labels {
		pointers = append(pointers, "t")
	}
	if store {
		pointers = append(pointers, "e")
	}
	g.blockRows(k, pointers, func(p []reg.GPVirtual, row reg.GPVirtual) {
		x.row(p[0], row)
		at := g.blockSum(row)
		sums := map[int]folded{blockOdds: g.foldedAt(at(blockOdds))}
		var own Op
		var signs reg.VecVirtual
		if labels {
			sums[blockOthers], sums[blockDot] = g.foldedAt(at(blockOthers)), g.foldedAt(at(blockDot))
			own, signs = g.zeroAt(at(blockOwn)), g.zeros(1)[0]
		}
		tops := x.tops(at(blockTops))
		var seen maxima
		var count reg.GPVirtual
		if !x.single() {
			seen, count = g.maxima(nil), GP64()
			MOVQ(I64(-1), count)
		}
		add := func(which, v int, y reg.VecVirtual) {
			inner := sums[which].inner[v%2]
			g.add(y, inner, inner)
		}
		g.fours(k, func(i reg.GPVirtual, v int, m *mask) {
			y, most, less := x.exp(p[0], i, v, m)
			var lab reg.VecVirtual
			if labels {
				lab = g.get(p[1], i, v, m)
			}
			if store {
				g.put(y, p[len(p)-1], i, v, m)
			}
			top := most
			if count != nil {
				top = g.firstOf(seen, most)
			}
			if m != nil {
				top = g.maskAnd(*m, top)
				g.keep(*m, y, y)
			}
			if count != nil {
				ties := GP64()
				POPCNTL(g.maskBits(top), ties.As32())
				ADDQ(ties, count)
			}
			if tops != nil {
				g.addWhere(top, y, tops)
			}
			g.drop(top, y)
			add(blockOdds, v, y)
			if !labels {
				return
			}
			g.or(lab, signs, signs)
			g.addWhere(top, lab, own)
			g.drop(top, lab)
			add(blockOthers, v, lab)
			d := less(lab)
			g.madd(lab, d, sums[blockDot].inner[v%2])
		}, func() {
			for _, which := range blockFolded(labels) {
				g.fold(sums[which])
			}
		})
		if g.avx512 {
			if labels {
				g.store(own, at(blockOwn))
			}
			if tops != nil {
				g.store(tops, at(blockTops))
			}
		}
		if count != nil {
			g.storeCount(count, g.lane(row, "Ties"))
		}
		if g.avx512 && !g.f64 {
			for _, which := range blockFolded(labels) {
				g.store(sums[which].sum, at(which))
				g.store(sums[which].lost, at(which+1))
			}
		}
		if labels {
			g.orSign(signs, row, rejected)
		}
	})
	work, lanes := g.param("work"), g.param("lanes")
	s = crossEntropySums{r: g.collapsedSum(work, blockOdds), bad: g.noLanes()}
	if ties := x.topExps(work, lanes); !x.single() {
		g.mul(g.lane(lanes, "Ties"), ties, ties)
		g.addTo(s.r, ties)
	}
	if labels {
		s.own = g.collapsed(work, blockOwn, g.add)
		s.others, s.dot = g.collapsedSum(work, blockOthers), g.collapsedSum(work, blockDot)
	}
	return s
}

// blockFolded returns the folded sums of a block.
func blockFolded(labels bool) []int {
	if labels {
		return []int{blockOdds, blockOthers, blockDot}
	}
	return []int{blockOdds}
}

// orSign adds the row to rejected where a lane of signs has one.
func (g isa) orSign(signs reg.VecVirtual, row, rejected reg.GPVirtual) {
	g.orRow(g.signBits(signs), row, rejected)
}

// orRow adds the row to rejected unless bits is 0.
func (g isa) orRow(bits, row, rejected reg.GPVirtual) {
	sign, shift := GP64(), GP64()
	XORQ(sign, sign)
	TESTL(bits, bits)
	SETNE(sign.As8())
	MOVQ(row, shift)
	SUBQ(address(Param("lanes")), shift)
	SHRQ(Imm(uint64(log2(g.size()))), shift)
	SHLXQ(shift, sign, sign)
	ORL(sign.As32(), rejected)
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
	four, two, one, tail := label("four"), label("two"), label("one"), label("tail")
	Label(four)
	several(4, two)
	fold()
	JMP(LabelRef(four))
	Label(two)
	several(2, one)
	Label(one)
	several(1, tail)
	Label(tail)
	g.partial(left, func(m *mask) { body(i, 1, m) })
	fold()
}

// blockGradients makes the gradients of x of the exponentials.
func (g isa) blockGradients(k reg.GPVirtual, x crossEntropyResults) {
	lanes := g.param("lanes")
	g.keepResults(lanes, x)
	g.blockRows(k, []string{"e", "t"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		x := crossEntropyResults{coef: g.ofRow(row, "Coef"), low: g.ofRow(row, "Lost"), f: g.ofRow(row, "Scale"),
			q: g.ofRow(row, "AtTop")}
		top := g.ofRow(row, "Mark")
		g.rewrite(p[0], k, func(y reg.VecVirtual, i reg.GPVirtual, v int) {
			g.gradient(y, g.get(p[1], i, v, nil), top, x)
		})
	})
}

// keepResults stores what gradients are made of in lanes.
func (g isa) keepResults(lanes reg.GPVirtual, x crossEntropyResults) {
	g.store(g.sureTop(lanes, "Coef", x.sure), g.lane(lanes, "Mark"))
	g.keepCoefficients(lanes, x)
}

// keepCoefficients is keepResults but for the maxima that are sure.
func (g isa) keepCoefficients(lanes reg.GPVirtual, x crossEntropyResults) {
	g.store(x.coef, g.lane(lanes, "Coef"))
	g.store(x.low, g.lane(lanes, "Lost"))
	g.store(x.f, g.lane(lanes, "Scale"))
	g.store(x.q, g.lane(lanes, "AtTop"))
}

// rewrite emits body for the vectors y of a row of k elements at p, v vectors behind i, which body
// overwrites. The last ones, of which some may be others' too, are read first and stored last: a
// store of some lanes would hold up what is read behind it.
func (g isa) rewrite(p, k reg.GPVirtual, body func(y reg.VecVirtual, i reg.GPVirtual, v int)) {
	last := GP64()
	MOVQ(k, last)
	SUBQ(Imm(uint64(g.lanes())), last)
	end := g.get(p, last, 0, nil)
	body(end, last, 0)
	g.wholes(k, 4, func(i reg.GPVirtual, v int) {
		y := g.get(p, i, v, nil)
		body(y, i, v)
		g.put(y, p, i, v, nil)
	})
	g.put(end, p, last, 0, nil)
}

// sureTop returns the maxima, or their exponentials, in the lane of that name, and NaN, which none
// equals, where they are not sure.
func (g isa) sureTop(lanes reg.GPVirtual, name string, sure mask) reg.VecVirtual {
	top, ea := g.vec(), g.vec()
	g.load(g.constant(math.NaN()), top)
	g.load(g.lane(lanes, name), ea)
	g.blend(sure, ea, top)
	return top
}

// gradient makes (coef + low) y - f lab of the exponentials y, q where they are top. It overwrites
// lab.
func (g isa) gradient(y, lab, top reg.VecVirtual, x crossEntropyResults) {
	most := g.cmp(eqOQ, top, y)
	g.mul(x.f, lab, lab)
	g.combined(y, lab, x.coef, x.low)
	g.blend(most, x.q, y)
}
