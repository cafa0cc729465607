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
			block, logits := *g.ordinaryBlockOf(labels), g.preparedLogits(shifted)
			if shifted {
				return &ordinaryShifted{ordinaryBlock: block, exps: shiftedExp{g: g, alone: !labels}, y: logits}
			}
			return &ordinaryDivided{block, logits}
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
		if name == "ordinaryShifted" || name == "ordinaryIndexShifted" {
			params, are = ", "+shiftedParams, []string{shiftedAre}
		}
		text = append(text, are...)
	}
	return params, append(text, "It declines rows whose loss is not finite, and those in which extra lse shows what lse "+
		"has lost.")
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
	g.tilePairs(func(lanes []reg.GPVirtual) {
		rows := make([]*optionNumbers, len(lanes))
		each := func(body func(i int)) {
			var bodies []func()
			for i := range lanes {
				bodies = append(bodies, func() { body(i) })
			}
			interleave(bodies...)
		}
		each(func(i int) {
			s := crossEntropySums{bad: g.noLanes(), hot: index, reach: lanesReach}
			rows[i] = &optionNumbers{g: g, lanes: lanes[i]}
			rows[i].m, rows[i].more = x.maxima(lanes[i])
			g.loadSums(lanes[i], s.exponentials())
			rows[i].logs(s.r)
			g.loadSums(lanes[i], s.labels(g.f64))
			rows[i].sums(s)
			rows[i].losses()
			g.storeDoubles(rows[i].loss, nil, Mem{Base: g.param("loss"), Disp: 8 * g.lanes() * i})
		})
		g.withExtra(func(extra reg.GPVirtual) {
			step, lse := g.param("extraStep"), g.param("lse")
			each(func(i int) { rows[i].addExtra(nthOf(extra, step, i), Mem{Base: lse, Disp: 8 * g.lanes() * i}) })
		})
		f, step := g.param("f"), g.param("step")
		each(func(i int) {
			y := rows[i].results(nthOf(f, step, i))
			ORL(y.bad, Mem{Base: declined, Disp: 4 * i})
			g.keepResults(lanes[i], y)
		})
		n := len(lanes)
		ADDQ(Imm(uint64(4*n)), declined)
		ADDQ(U32(uint32(8*g.lanes()*n)), address(Param("loss")))
		ADDQ(U32(uint32(8*g.lanes()*n)), address(Param("lse")))
		for range n {
			ADDQ(step, address(Param("f")))
			ADDQ(g.param("extraStep"), address(Param("extra")))
		}
	})
	g.tileColumns(index)
	g.ret()
}

// nthOf is number i of those that lie step bytes apart, 0 or 1.
func nthOf(p, step reg.GPVirtual, i int) Mem {
	if i == 0 {
		return Mem{Base: p}
	}
	return Mem{Base: p, Index: step, Scale: uint8(i)}
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
	high := g.park(m)
	n := &optionNumbers{g: g, lanes: lanes, m: func() reg.VecVirtual { return g.loaded(high) }, more: g.park(more)}
	n.sums(s)
	n.logs(s.r)
	n.losses()
	g.storeDoubles(n.loss, nil, Mem{Base: g.param("loss")})
	g.withExtra(func(extra reg.GPVirtual) { n.addExtra(Mem{Base: extra}, Mem{Base: g.param("lse")}) })
	y = n.results(Mem{Base: g.param("f")})
	ORL(y.bad, rejected)
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
		g.text(name, "func("+ins+", k, n int, f, extra *T, loss, lse *float64, work, lanes *T"+params+
			") (declined uint32)", doc...)
		k, x := g.param("k"), logits(labels)
		s, rejected := g.ordinarySums(x, k, true, labels)
		s.reach = nearReach
		y := g.blockResults(x, s, rejected)
		g.ordinaryGradients(k, y, labels)
		g.ordinaryEnd(rejected)
	}
}

// withExtra emits body for where there is an extra.
func (g isa) withExtra(body func(extra reg.GPVirtual)) {
	extra, none := g.param("extra"), label("none")
	TESTQ(extra, extra)
	JEQ(LabelRef(none))
	body(extra)
	Label(none)
}

// optionNumbers are what crossEntropyNumbers computes, for rows with options, in parts, so that
// those of two tiles are emitted in turns.
type optionNumbers struct {
	g     isa
	lanes reg.GPVirtual
	m     func() reg.VecVirtual // the maxima are m + more, which is nil for 0
	more  Op

	labels                        crossEntropySums
	whole, rest, own, others, dot Op // of the labels: what massOf returns, and Σ t (y - M)

	log   reg.VecVirtual // log1p(r), in the lane Log, too
	parts logParts
	all   rowTotal

	loss       reg.VecVirtual
	mass, less reg.VecVirtual // S + extra lse, and what that has lost
	q, inv     Op             // at a maximum of p > 1/2 the gradient is f q, with p = inv
	sure, bad  Op
}

// sums takes the sums of the labels, with Σ t (y - m) for dot.
func (x *optionNumbers) sums(s crossEntropySums) {
	g := x.g
	x.labels, x.bad = s, g.parkMask(s.bad)
	mass, less := g.massOf(s)
	x.whole, x.rest, x.own, x.others = g.park(mass), g.park(less), g.park(s.own), g.park(s.others.sum)
	dot := g.value(s.dot)
	if x.more != nil {
		g.nmadd(x.others, g.loaded(x.more), dot)
	}
	x.dot = g.park(dot)
}

// logs takes the sum of the exponentials.
func (x *optionNumbers) logs(r running) {
	g, ea := x.g, x.g.vec()
	g.load(g.lane(x.lanes, "Coef"), ea)
	x.all = g.totalOf(x.lanes, ea, r)
	var inv, q reg.VecVirtual
	x.log, inv, q, x.parts = g.logOddsOf(g.finite(r), ea, x.all.inverse)
	g.store(x.log, g.lane(x.lanes, "Log"))
	x.q, x.inv = g.park(q), g.park(inv)
}

// losses emits the losses, S log1p(r) - dot, and what an extra adds to.
func (x *optionNumbers) losses() {
	g, mass := x.g, x.g.loaded(x.whole)
	x.loss = g.vec()
	g.move(x.log, x.loss)
	g.msub(x.dot, mass, x.loss)
	bad, size, most := g.maskOf(x.bad), g.vec(), g.vec()
	g.load(g.abs(), size)
	g.and(x.loss, size, size)
	g.load(g.infinity(1), most)
	g.orInto(g.cmp(nltUQ, most, size), bad)
	x.bad = g.parkMask(bad)
	half, inv, q := g.vec(), g.loaded(x.inv), g.loaded(x.q)
	g.load(g.constant(0.5), half)
	x.sure = g.parkMask(g.sureOf(g.cmp(gtOQ, half, inv), mass, inv, q, x.own, x.others))
	g.rsub(x.others, mass, q) // others - mass q
	x.q, x.mass, x.less = g.park(q), mass, g.loaded(x.rest)
}

// addExtra adds extra lse to the mass, and stores lse = m + log + more.
func (x *optionNumbers) addExtra(extra, to Mem) {
	g, tail := x.g, x.g.lost(x.parts, x.log)
	if x.more != nil {
		g.add(x.more, tail, tail)
	}
	sum, lse, lost := g.vec(), g.vec(), g.vec()
	g.twoSum(x.m(), x.log, sum, lost)
	g.add(lost, tail, tail)
	g.twoSum(sum, tail, lse, lost)
	g.storeDoubles(lse, lost, to)
	f, term, gone := g.vec(), g.vec(), g.vec()
	g.load(extra, f)
	x.declineLost(f, lse)
	g.mul(f, lost, lost)
	g.mul(f, lse, term)
	g.msub(term, f, lse) // what the product has lost
	g.add(lse, lost, lost)
	q := g.loaded(x.q)
	g.madd(term, g.loaded(x.inv), q)
	if !g.avx512 {
		g.store(q, x.q)
	}
	g.twoSum(x.mass, term, sum, gone)
	g.move(sum, x.mass)
	g.add(gone, x.less, x.less)
	g.add(lost, x.less, x.less)
}

// declineLost adds the rows to bad of which the term f lse shows what lse has lost; see
// spec.ShowsLost.
func (x *optionNumbers) declineLost(f, lse reg.VecVirtual) {
	g := x.g
	if g.f64 {
		return
	}
	size, by, half, bad := g.vec(), g.vec(), g.vec(), g.maskOf(x.bad)
	g.load(g.abs(), size)
	g.and(f, size, by)
	g.and(lse, size, size)
	lost := g.cmp(ltOQ, g.constant(1), size)
	g.load(g.constant(0.5), half)
	g.add(half, size, size)
	g.mul(by, size, size)
	g.mul(x.mass, half, half)
	g.keepWhere(lost, gtOQ, half, size)
	g.orInto(lost, bad)
	if !g.avx512 {
		g.store(bad.op.(reg.VecVirtual), x.bad)
	}
}

// results returns them with the factors f.
func (x *optionNumbers) results(from Mem) (y crossEntropyResults) {
	g, f, end := x.g, x.g.vec(), x.g.maskOf(x.bad)
	g.load(from, f)
	size := g.vec()
	g.load(g.abs(), size)
	g.and(x.mass, size, size)
	g.orInto(g.tooLarge(size, f, g.largestMass()), end)
	if x.labels.mayShow(g) {
		g.orInto(g.tooLarge(g.loaded(x.whole), f, g.mostMass(x.lanes, x.labels)), end)
	}
	y.bad = g.maskBits(end)
	y.q = g.loaded(x.q)
	g.mul(f, y.q, y.q)
	q, by := g.park(y.q), g.park(f)
	coef, low := g.coefficients(x.mass, x.less, by, x.all)
	y.coef, y.low, y.f, y.q, y.sure = g.loaded(coef), g.loaded(low), g.loaded(by), g.loaded(q), g.maskOf(x.sure)
	return y
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
