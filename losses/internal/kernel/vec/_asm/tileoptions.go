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
	n := &optionNumbers{g: g, lanes: lanes, m: func() reg.VecVirtual { return g.loaded(high) }, more: g.park(more),
		park:    func(v reg.VecVirtual, _ string) Op { return g.park(v) },
		decline: func(rows mask) { ORL(g.maskBits(rows), rejected) }}
	n.sums(s)
	n.logs(s.r, nil)
	sure := g.parkMask(n.losses(Mem{Base: g.param("loss")}))
	g.withExtra(func(extra reg.GPVirtual) { n.addExtra(Mem{Base: extra}, Mem{Base: g.param("lse")}) })
	y = n.results(Mem{Base: g.param("f")})
	y.sure = g.maskOf(sure)
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

// optionNumbers are what crossEntropyNumbers computes, for rows with options, in parts. What a part
// leaves to others is parked: those of tiles are passes of their own.
type optionNumbers struct {
	g       isa
	lanes   reg.GPVirtual
	m       func() reg.VecVirtual // the maxima are m + more, which is nil for 0
	more    Op
	park    func(v reg.VecVirtual, lane string) Op
	decline func(rows mask)

	labels                  crossEntropySums
	whole, own, others, dot Op // of the labels: S, as massOf returns it, and Σ t (y - M)

	log, k, rest Op // log1p(r), in the lane Log, too, and its parts
	all          rowTotal
	q, inv       Op // at a maximum of p > 1/2 the gradient is f q, with p = inv

	mass, less Op // S + extra lse, and what that has lost
}

// sums takes the sums of the labels, with Σ t (y - m) for dot.
func (x *optionNumbers) sums(s crossEntropySums) {
	g := x.g
	x.labels = s
	mass, less := g.massOf(s)
	x.whole, x.less, x.own, x.others = x.park(mass, "Mass"), x.park(less, "Less"), x.park(s.own, "P"),
		x.park(s.others.sum, "Fall")
	dot := g.value(s.dot)
	if x.more != nil {
		g.nmadd(x.others, g.loaded(x.more), dot)
	}
	x.dot = x.park(dot, "High")
}

// logs takes the sum of the exponentials, and what that of the maximum has lost, or nil.
func (x *optionNumbers) logs(r running, under Op) {
	g, ea := x.g, x.g.vec()
	g.load(g.lane(x.lanes, "Coef"), ea)
	x.all = g.totalOf(ea, under, r, x.park)
	log, inv, q, parts := g.logOddsOf(r, ea, x.all)
	g.store(log, g.lane(x.lanes, "Log"))
	x.log, x.k, x.rest = x.park(log, "Log"), x.park(parts.k, "Power"), x.park(parts.rest, "Left")
	x.q, x.inv = x.park(q, "Q"), x.park(inv, "LogP")
}

// losses stores the losses, S log1p(r) - dot, and returns the rows of which the largest
// exponential is sure.
func (x *optionNumbers) losses(to Mem) (sure mask) {
	g, mass, loss := x.g, x.g.loaded(x.whole), x.g.vec()
	g.load(x.log, loss)
	g.msub(x.dot, mass, loss)
	g.storeDoubles(loss, nil, to)
	size, most := g.vec(), g.vec()
	g.load(g.abs(), size)
	g.and(loss, size, size)
	g.load(g.infinity(1), most)
	x.decline(g.cmp(nltUQ, most, size))
	half, inv, q := g.vec(), g.loaded(x.inv), g.vec()
	g.load(x.q, q)
	g.load(g.constant(0.5), half)
	sure = g.sureOf(g.cmp(gtOQ, half, inv), mass, inv, q, x.own, x.others)
	g.rsub(x.others, mass, q) // others - mass q
	x.q, x.mass = x.park(q, "AtTop"), x.park(mass, "Added")
	return sure
}

// addExtra adds extra lse to the mass, and stores lse = m + log + more.
func (x *optionNumbers) addExtra(extra, to Mem) {
	g, log := x.g, x.g.loaded(x.log)
	tail := g.lost(logParts{g.loaded(x.k), g.loaded(x.rest)}, log)
	if x.more != nil {
		g.add(x.more, tail, tail)
	}
	sum, lse, lost := g.vec(), g.vec(), g.vec()
	g.twoSum(x.m(), log, sum, lost)
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
	g.madd(x.inv, term, q)
	g.twoSum(g.loaded(x.mass), term, sum, gone)
	g.add(x.less, gone, gone)
	g.add(lost, gone, gone)
	for _, changed := range []struct {
		v  reg.VecVirtual
		in Op
	}{{q, x.q}, {sum, x.mass}, {gone, x.less}} {
		g.load(changed.v, changed.in)
	}
}

// declineLost declines the rows of which the term f lse shows what lse has lost; see
// spec.ShowsLost.
func (x *optionNumbers) declineLost(f, lse reg.VecVirtual) {
	g := x.g
	if g.f64 {
		return
	}
	size, by, half := g.vec(), g.vec(), g.vec()
	g.load(g.abs(), size)
	g.and(f, size, by)
	g.and(lse, size, size)
	lost := g.cmp(ltOQ, g.constant(1), size)
	g.load(g.constant(0.5), half)
	g.add(half, size, size)
	g.mul(by, size, size)
	g.mul(x.mass, half, half)
	g.keepWhere(lost, gtOQ, half, size)
	x.decline(lost)
}

// results returns them with the factors f, but for the rows of sure and bad.
func (x *optionNumbers) results(from Mem) (y crossEntropyResults) {
	g, f := x.g, x.g.vec()
	g.load(from, f)
	size, mass, less := g.vec(), g.loaded(x.mass), g.vec()
	g.load(g.abs(), size)
	g.and(mass, size, size)
	x.decline(g.tooLarge(size, f, g.largestMass()))
	if x.labels.mayShow(g) {
		x.decline(g.tooLarge(g.loaded(x.whole), f, g.mostMass(x.lanes, x.labels)))
	}
	y.q = g.vec()
	g.load(x.q, y.q)
	g.mul(f, y.q, y.q)
	q, by := g.park(y.q), g.park(f)
	g.load(x.less, less)
	coef, low := g.coefficients(mass, less, by, x.all)
	y.coef, y.low, y.f, y.q = g.loaded(coef), g.loaded(low), g.loaded(by), g.loaded(q)
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
