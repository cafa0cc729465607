package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The gradients of cross entropy by the labels, w f (keep y + mix Σ prior y + more) with
// y = (z - M) - log1p(r), and 0 of labels t that are not above a number; the lanes Scale, Max and
// Log have f, M and log1p(r).

const (
	labelGradsArgs = "above A) (odd uint32)"
	labelGradsDoc  = "t, w and prior may be nil. odd has the bits of the rows with a NaN among them, as an infinite y " +
		"makes of a 0."
)

// labelGradsOf are those of one row, or of the columns of a tile.
type labelGradsOf struct {
	g        isa
	top, log reg.VecVirtual
	add      reg.VecVirtual // Σ prior y, then mix times that
	keep, f  reg.VecVirtual
	above    reg.VecVirtual
	odd      mask
}

func (g isa) labelGradsOf(top, log reg.VecVirtual) *labelGradsOf {
	return &labelGradsOf{g: g, top: top, log: log, add: g.zeros(1)[0], odd: g.noLanes()}
}

// where emits body for a p that is not nil; without a p there is none.
func where(p reg.GPVirtual, body func()) {
	if p == nil {
		return
	}
	none := label("none")
	TESTQ(p, p)
	JEQ(LabelRef(none))
	body()
	Label(none)
}

// either emits body for a p that is not nil and another, given nil, for one that is.
func either(p reg.GPVirtual, body func(p reg.GPVirtual)) {
	none, done := label("none"), label("done")
	TESTQ(p, p)
	JEQ(LabelRef(none))
	body(p)
	JMP(LabelRef(done))
	Label(none)
	body(nil)
	Label(done)
}

// logP returns y in the place of z.
func (l *labelGradsOf) logP(z reg.VecVirtual) reg.VecVirtual {
	l.g.sub(l.top, z, z)
	l.g.sub(l.log, z, z)
	return z
}

// prepare readies what the gradients take, of the factors f.
func (l *labelGradsOf) prepare(f reg.VecVirtual) {
	g := l.g
	l.keep, l.f, l.above = g.broadcast("keep"), f, g.broadcast("above")
	g.mul(g.broadcast("mix"), l.add, l.add)
}

// grad makes the gradients of y; label and weight return those at t and w. The factor, which is
// most often below 1, comes last: until then what is small is no denormal number.
func (l *labelGradsOf) grad(y reg.VecVirtual, t, w reg.GPVirtual, label, weight func() Op) {
	g := l.g
	g.horner(l.add, l.keep, y)
	where(t, func() { g.keep(g.cmp(ltOQ, label(), l.above), y, y) })
	where(w, func() { g.mul(weight(), y, y) })
	g.mul(l.f, y, y)
	g.orInto(g.cmp(neqUQ, y, y), l.odd)
}

func (g isa) labelGrads() {
	g.text("labelGrads", "func(dst, z, t, w, prior *T, k, n int, lanes *T, keep, mix, more, "+labelGradsArgs,
		"stores the gradients by the labels of n rows of k elements.", labelGradsDoc)
	k, t, w, prior := g.param("k"), g.param("t"), g.param("w"), g.param("prior")
	odd, step := GP32(), GP64() // from one row of labels to the next, if there are any
	XORL(odd, odd)
	XORQ(step, step)
	where(t, func() { MOVQ(k, step) })
	where(prior, func() { // of all rows first: what a sum waits for would hold up the gradients
		g.blockRows(k, []string{"z"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
			l := g.labelGradsOf(g.ofRow(row, "Max"), g.ofRow(row, "Log"))
			g.pick(VMOVSS, VMOVSD, l.priorMean(p[0], prior, k).AsX(), g.lane(row, "Mean"))
		})
	})
	g.blockRows(k, []string{"dst", "z"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		l := g.labelGradsOf(g.ofRow(row, "Max"), g.ofRow(row, "Log"))
		where(prior, func() { g.bcast(g.lane(row, "Mean"), l.add) })
		l.prepare(g.ofRow(row, "Scale"))
		g.add(g.broadcast("more"), l.add, l.add)
		grads := func(t, w reg.GPVirtual) {
			g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
				y := l.logP(g.get(p[1], i, v, m))
				l.grad(y, t, w, func() Op { return g.get(t, i, v, m) }, func() Op { return g.get(w, i, v, m) })
				g.put(y, p[0], i, v, m)
			})
		}
		alike, done := label("alike"), label("done")
		some := GP64()
		MOVQ(t, some)
		ORQ(w, some)
		JEQ(LabelRef(alike))
		grads(t, w)
		JMP(LabelRef(done))
		Label(alike)
		grads(nil, nil)
		Label(done)
		LEAQ(Mem{Base: t, Index: step, Scale: uint8(g.size())}, t)
		g.orRow(g.maskBits(l.odd), row, odd)
	})
	Store(odd, Return("odd"))
	g.ret()
}

// priorMean returns Σ prior y of a row in the lowest lane.
func (l *labelGradsOf) priorMean(z, prior, k reg.GPVirtual) reg.VecVirtual {
	g := l.g
	if g.f64 {
		sum := g.zeros(2)
		g.loop(k, 2, func(i reg.GPVirtual, v int, m *mask) {
			g.madd(l.logP(g.get(z, i, v, m)), g.get(prior, i, v, m), sum[v])
		})
		return g.total(sum)
	}
	sum := g.folded(true)
	g.fours(k, func(i reg.GPVirtual, v int, m *mask) {
		g.madd(l.logP(g.get(z, i, v, m)), g.get(prior, i, v, m), sum.inner[v%2])
	}, func() { g.fold(sum) })
	x := g.foldedTotal(sum)
	VCVTSD2SS(x.AsX(), x.AsX(), x.AsX())
	return x
}

func (g isa) tileLabelGrads() {
	g.text("tileLabelGrads", "func(dst, z, t, w, prior *T, k int, lanes *T, keep, mix, "+labelGradsArgs,
		"is labelGrads for a tile.", labelGradsDoc)
	dst, z, t, w, prior := g.param("dst"), g.param("z"), g.param("t"), g.param("w"), g.param("prior")
	k, lanes, top, log, f := g.param("k"), g.param("lanes"), g.vec(), g.vec(), g.vec()
	g.load(g.lane(lanes, "Max"), top)
	g.load(g.lane(lanes, "Log"), log)
	g.load(g.lane(lanes, "Scale"), f)
	l, i := g.labelGradsOf(top, log), GP64()
	column := func(p, off reg.GPVirtual) reg.VecVirtual {
		x := g.vec()
		g.load(col(p, off), x)
		return x
	}
	ofClass := func(p reg.GPVirtual) Op {
		x := g.vec()
		g.bcast(Mem{Base: p, Index: i, Scale: uint8(g.size())}, x)
		return x
	}
	where(prior, func() {
		sum := g.compensated()
		XORQ(i, i)
		g.columns(k, func(off reg.GPVirtual) {
			y := l.logP(column(z, off))
			g.mul(ofClass(prior), y, y)
			g.addTo(sum, y)
			INCQ(i)
		})
		g.move(g.value(sum), l.add)
	})
	l.prepare(f)
	XORQ(i, i)
	g.columns(k, func(off reg.GPVirtual) {
		y := l.logP(column(z, off))
		l.grad(y, t, w, func() Op { return col(t, off) }, func() Op { return ofClass(w) })
		g.store(y, col(dst, off))
		INCQ(i)
	})
	Store(g.maskBits(l.odd), Return("odd"))
	g.ret()
}
