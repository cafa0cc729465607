package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Options: cross entropy of logits as they are or prepared, and a gradient with an additional term,
// that of a multiple of lse².

// options emits the kernels of tiles and blocks for all that logits can be prepared by.
func (g isa) options() {
	g.tileOptions("tileZLoss", func() tileLogits { return &plainTile{g} })
	g.blockOptions("blockZLoss", func() blockLogits { return &plainBlock{g: g} })
	g.ordinaryOptions("ordinaryZLoss", func(labels bool) ordinaryLogits { return g.ordinaryBlockOf(labels) })
	for _, shifted := range []bool{false, true} {
		name := "Divided"
		if shifted {
			name = "Shifted"
		}
		g.tileOptions("tile"+name, func() tileLogits {
			return &preparedTile{preparedLogits: g.preparedLogits(shifted)}
		})
		g.blockOptions("block"+name, func() blockLogits {
			return &preparedBlock{preparedLogits: g.preparedLogits(shifted)}
		})
		g.ordinaryOptions("ordinary"+name, func(labels bool) ordinaryLogits {
			logits := g.preparedLogits(shifted)
			if shifted {
				return &ordinaryPrepared{preparedBlock{preparedLogits: logits}}
			}
			return &ordinaryDivided{*g.ordinaryBlockOf(labels), logits}
		})
		g.preparedLess(strings.ToLower(name)+"Less", shifted)
		g.tileLess("tile"+name+"Less", shifted)
	}
}

// optionParams returns the parameters of a kernel of that name behind the others, and its
// documentation.
func optionParams(name, doc string) (params string, text []string) {
	text = []string{doc,
		"with the gradient f ((S + extra lse) p - t), extra as the factors lie, and stores lse, too; where " +
			"extra is nil it is 0, and lse not stored."}
	if !strings.HasSuffix(name, "ZLoss") {
		var are []string
		params, are = preparedParams(strings.HasSuffix(name, "Shifted"))
		text = append(text, are...)
	}
	return params, append(text, "It declines rows whose loss is not finite.")
}

// preparedParams returns the parameters that logits are prepared by, and what these are.
func preparedParams(shifted bool) (params string, are []string) {
	if shifted {
		return ", hi, low *T, factor, factorLow float64", []string{"The logits are factor z + hi + low, hi a multiple of " +
			"the grid.", factorLow}
	}
	return ", factor, factorLow float64", []string{"The logits are factor z.", factorLow}
}

// tileOptions emits kernels for tiles, with labels and with an index, in passes as
// tileCrossEntropy's.
func (g isa) tileOptions(name string, logits func() tileLogits) {
	for _, index := range []bool{false, true} {
		name, ins, is := name, "e, z, t *T", "is tileCrossEntropyGrad"
		if index {
			name, ins, is = strings.Replace(name, "tile", "tileIndex", 1), "e, z *T, index *int", "is tileCrossEntropyIndexGrad"
		}
		params, doc := optionParams(name, is)
		g.text(name, "func("+ins+", k, tiles int, f *T, step int, extra *T, extraStep int, loss, lse *float64, declined "+
			"*uint32, lanes *T"+params+")", doc...)
		g.tileOption(logits(), index)
	}
}

// tileOption emits one of tileOptions.
func (g isa) tileOption(x tileLogits, index bool) {
	x.sums(index)
	declined := g.param("declined")
	g.tilePass(func(lanes reg.GPVirtual) {
		m, more := x.maxima(lanes)
		y := g.optionNumbers(lanes, m, more, g.keptSums(lanes, index))
		ORL(y.bad, Mem{Base: declined})
		ADDQ(Imm(4), declined)
		g.optionResults(lanes)
		g.keepResults(lanes, y)
		ADDQ(Imm(uint64(8*g.lanes())), address(Param("loss")))
		ADDQ(Imm(uint64(8*g.lanes())), address(Param("lse")))
		ADDQ(g.param("step"), address(Param("f")))
		ADDQ(g.param("extraStep"), address(Param("extra")))
	})
	g.tileColumns(index)
	g.ret()
}

// blockOptions emits a kernel for blocks.
func (g isa) blockOptions(name string, logits func() blockLogits) {
	params, doc := optionParams(name, "is blockCrossEntropyGrad")
	g.text(name, "func(e, z, t *T, k, n int, f, extra *T, loss, lse *float64, work, lanes *T"+params+") (declined uint32)",
		doc...)
	k, x := g.param("k"), logits()
	s, rejected := g.blockTerms(x, k, true)
	y := g.blockResults(x, s, rejected)
	Store(rejected, Return("declined"))
	g.blockGradients(k, y)
	g.ret()
}

// blockResults stores the losses and, where there is an extra, lse of a block, and adds the rows to
// rejected that are none.
func (g isa) blockResults(x blockLogits, s crossEntropySums, rejected reg.GPVirtual) (y crossEntropyResults) {
	lanes := g.param("lanes")
	m, more := x.top(lanes, &s)
	y = g.optionNumbers(lanes, m, more, s)
	ORL(y.bad, rejected)
	g.optionResults(lanes)
	return y
}

// ordinaryOptions emits kernels for blocks of ordinary rows, with labels and with an index.
func (g isa) ordinaryOptions(name string, logits func(labels bool) ordinaryLogits) {
	for _, labels := range []bool{true, false} {
		name, ins, is := name, "e, z, t *T", "is ordinaryBlockGrad"
		if !labels {
			name, ins, is = strings.Replace(name, "ordinary", "ordinaryIndex", 1), "e, z *T, index *int",
				"is ordinaryIndexBlockGrad"
		}
		params, doc := optionParams(name, is)
		g.framed(name, "func("+ins+", k, n int, f, extra *T, loss, lse *float64, work, lanes *T"+params+
			") (declined uint32)", doc...)
		k, x := g.param("k"), logits(labels)
		s, rejected := g.ordinarySums(x, k, true, labels)
		y := g.blockResults(x, s, rejected)
		g.ordinaryGradients(k, y, labels)
		g.ordinaryEnd(rejected)
	}
}

// optionResults stores losses and, where there is an extra, lse.
func (g isa) optionResults(lanes reg.GPVirtual) {
	g.storeDoubles(g.lane(lanes, "Loss"), nil, g.param("loss"))
	g.withExtra(func(reg.GPVirtual) {
		g.storeDoubles(g.lane(lanes, "LSE"), g.lane(lanes, "LSELost"), g.param("lse"))
	})
}

// withExtra emits body for where there is an extra.
func (g isa) withExtra(body func(extra reg.GPVirtual)) {
	extra, none := g.param("extra"), label("none")
	TESTQ(extra, extra)
	JEQ(LabelRef(none))
	body(extra)
	Label(none)
}

// optionNumbers emits what crossEntropyNumbers does, with losses, log1p(r), and lse as a sum of two
// numbers, in lanes. The maxima are m + more; dot is Σ t (y - m).
func (g isa) optionNumbers(lanes reg.GPVirtual, m, more reg.VecVirtual, s crossEntropySums) (x crossEntropyResults) {
	bad := g.parkMask(s.bad)
	whole, rest := g.massOf(s)
	mass, less, own, others := g.park(whole), g.park(rest), g.park(s.own), g.park(s.others.sum)
	// loss = mass log1p(r) - dot
	loss := g.value(s.dot)
	g.nmadd(others, more, loss) // dot now
	dot, high, low := g.park(loss), g.park(m), g.park(more)
	ea := g.vec()
	g.load(g.lane(lanes, "Coef"), ea)
	all := g.totalOf(lanes, ea, s.r)
	log, inv, q, parts := g.logOddsOf(g.finite(s.r), ea, all.inverse)
	g.store(log, g.lane(lanes, "Log"))
	loss = g.vec()
	g.move(log, loss)
	g.msub(dot, g.loaded(mass), loss)
	g.store(loss, g.lane(lanes, "Loss"))
	half := g.vec()
	g.load(g.constant(0.5), half)
	sure := g.parkMask(g.sureOf(g.cmp(gtOQ, half, inv), g.loaded(mass), inv, q, own, others))
	// At the maximum of p > 1/2 it is f (others - mass q + extra lse p).
	g.rsub(others, g.loaded(mass), q)
	kq, kInv := g.park(q), g.park(inv)
	zeros := g.zeros(2)
	add, lack := zeros[0], zeros[1]
	g.withExtra(func(extra reg.GPVirtual) {
		tail := g.lost(parts, log)
		g.add(low, tail, tail)
		g.lseTerm(lanes, extra, g.loaded(high), log, tail, add, lack)
	})
	// S + extra lse = sum + less
	sum, gone := g.vec(), g.vec()
	g.twoSum(g.loaded(mass), add, sum, gone)
	g.add(less, gone, gone)
	g.add(lack, gone, gone)
	end, size, most, f := g.maskOf(bad), g.vec(), g.vec(), g.vec()
	g.load(Mem{Base: g.param("f")}, f)
	g.orInto(g.tooLarge(sum, f), end)
	g.load(g.abs(), size)
	g.and(loss, size, size)
	g.load(g.infinity(1), most)
	g.orInto(g.cmp(nltUQ, most, size), end)
	x.bad = g.maskBits(end)
	x.q = g.loaded(kq)
	g.madd(add, g.loaded(kInv), x.q)
	g.mul(f, x.q, x.q)
	kq = g.park(x.q)
	kf := g.park(f)
	coef, lowCoef := g.coefficients(sum, gone, kf, all)
	x.coef, x.low, x.f, x.q, x.sure = g.loaded(coef), g.loaded(lowCoef), g.loaded(kf), g.loaded(kq), g.maskOf(sure)
	return x
}

// lseTerm stores extra lse in term, and what that has lost in lost, for lse = m + log + more, which
// it stores in the lanes LSE and LSELost.
func (g isa) lseTerm(lanes, extra reg.GPVirtual, m, log, more, term, lost reg.VecVirtual) {
	x, lse, whole := g.vec(), g.vec(), g.vec()
	g.twoSum(m, log, lse, whole)
	g.add(whole, more, more)
	g.twoSum(lse, more, whole, lost)
	g.store(whole, g.lane(lanes, "LSE"))
	g.store(lost, g.lane(lanes, "LSELost"))
	g.load(Mem{Base: extra}, x)
	g.mul(x, lost, lost)
	g.mul(x, whole, term)
	g.move(term, lse)
	g.msub2(x, whole, lse) // what the product has lost
	g.add(lse, lost, lost)
}

// sureOf returns the rows of those with p > 1/2 whose others - mass q is of smaller numbers than
// mass p - own.
func (g isa) sureOf(half mask, mass, inv, q reg.VecVirtual, own, others Op) mask {
	p, rest := g.vec(), g.vec()
	g.mul(mass, inv, p)
	g.max(own, p, p)
	g.mul(mass, q, rest)
	g.max(others, rest, rest)
	return g.maskAnd(half, g.cmp(ltOQ, p, rest))
}

// twoSum emits sum + lost = a + b, sum the rounded one.
func (g isa) twoSum(a, b, sum, lost reg.VecVirtual) {
	d, x := g.vec(), g.vec()
	g.add(a, b, sum)
	g.sub(a, sum, d)
	g.sub(d, sum, x)
	g.sub(x, a, x)
	g.sub(d, b, lost)
	g.add(x, lost, lost)
}
