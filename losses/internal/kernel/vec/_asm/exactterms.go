package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of separable losses that compute in float64: for rows with few large exponentials and
// for tiles.

// labelSigns is what the kernels of a row say of labels.
const labelSigns = "bad is not 0 where a t has a sign; a NaN makes mass NaN, an infinite t infinite or NaN."

// exactTerms emits the kernel of a separable loss for a row with few large exponentials, for which
// those of float32 are not exact enough.
func (g isa) exactTerms(s separable) {
	g.text(s.name+"Exact", "func(h, phi, z, t *T, n, top int, m, log A, par *A) (sum, mass A, bad uint32)",
		"stores h = -t φ'(l) with l = (z - m) - log and returns Σ t φ(l) and Σ h, for p = exp(l) <= "+
			"1/2, as if the label at top", "were 0; at n there is none. Unless phi is nil it stores φ(l) there.", s.doc,
		labelSigns)
	h, z, t, n, par := g.param("h"), g.param("z"), g.param("t"), g.param("n"), g.param("par")
	phi := g.param("phi")
	m, log := g.held("m"), g.held("log")
	exp, body, sums := g.scaledExp(g.expConstsInMemory, g.constant(0)), s.prepare(g, par), g.termSums()
	g.aroundMaximum(n, g.param("top"), func(i reg.GPVirtual, v int, k, others *mask) {
		lab := sums.label(g, t, i, v, k)
		if others != nil {
			g.keep(*others, lab, lab)
		}
		l := g.logP(m, log, z, i, v, k)
		out := body(element{l: same(l), t: lab, p: func() reg.VecVirtual {
			x := g.vec()
			g.load(g.constant(g.lowest()), x)
			g.max(l, x, x)
			return exp(x)
		}, u: g.oneMinus, phi: g.keepPhi(phi, func(x reg.VecVirtual) { g.put(x, phi, i, v, k) })}, sums.sum.inner[v%2])
		g.mul(lab, out, out)
		g.add(out, sums.mass.inner[v%2], sums.mass.inner[v%2])
		g.put(out, h, i, v, k)
	}, func() { sums.fold(g) })
	g.sums(sums, g.foldedTotal(sums.mass))
}

// logP emits l = (z - m) - log of a vector of the row z.
func (g isa) logP(m, log Op, z, i reg.GPVirtual, v int, k *mask) (l reg.VecVirtual) {
	l = g.get(z, i, v, k)
	g.sub(m, l, l)
	g.sub(log, l, l)
	return l
}

// termSums are what the kernels of a row of a separable loss add up, and the labels' signs.
//
// mass may be that of one large label almost alone: what its sum is rounded by would be in every
// gradient. Of float32 it is nothing: its terms are added up in float64 where they are stored, and
// lost is what these are rounded by.
type termSums struct {
	sum, mass   folded
	lost, signs reg.VecVirtual
}

func (g isa) termSums() termSums { return g.termSumsIn(g.folded(!g.f64)) }

// termSumsIn is termSums with sum.
func (g isa) termSumsIn(sum folded) (s termSums) {
	if s.sum = sum; g.f64 {
		s.mass = g.folded(false)
	} else {
		s.lost = g.zeros(1)[0]
	}
	s.signs = g.zeros(1)[0]
	return s
}

// fold is that of both.
func (s termSums) fold(g isa) {
	g.fold(s.sum)
	if g.f64 {
		g.fold(s.mass)
	}
}

// massTotal adds up the mass, in float64: of float32 the n terms at h.
func (g isa) massTotal(s termSums, h, n reg.GPVirtual) reg.VecVirtual {
	if g.f64 {
		return g.foldedTotal(s.mass)
	}
	wide := isa{avx512: g.avx512, f64: true, narrow: true}
	acc := append(g.halves(s.lost), wide.zeros(2)...)
	wide.loop(n, len(acc), func(i reg.GPVirtual, v int, m *mask) {
		wide.add(wide.get(h, i, v, m), acc[v], acc[v])
	})
	return wide.total(acc)
}

// label loads labels.
func (s termSums) label(g isa, t, i reg.GPVirtual, v int, k *mask) (lab reg.VecVirtual) {
	lab = g.get(t, i, v, k)
	g.or(lab, s.signs, s.signs)
	return lab
}

// sums ends a kernel of terms.
func (g isa) sums(s termSums, mass reg.VecVirtual) {
	doubleResult(mass, "mass")
	doubleResult(g.foldedTotal(s.sum), "sum")
	Store(g.signBits(s.signs), Return("bad"))
	g.ret()
}

// tileTerms emits the kernel of a separable loss for tiles.
func (g isa) tileTerms(s separable) {
	g.text(s.name+"Tile", "func(h, phi, e, z, t *A, k, tiles int, declined *uint32, lanes, par *A)",
		"takes e and lanes from tileStats, stores h = -t φ'(l) in h, 0 at a maximum of p > 1/2, and in lanes Σ t φ(l) and "+
			"what tileCombine takes. Unless phi is nil it stores φ(l) there.", s.doc,
		"declined, for each tile, takes the bits of the rows with an invalid label, or too large a Σ h, too.")
	h, e, z, t, k := g.param("h"), g.param("e"), g.param("z"), g.param("t"), g.param("k")
	phi, par := g.param("phi"), g.param("par")
	body := s.prepare(g, par)
	g.tilePass(func(lanes reg.GPVirtual) {
		top, log, coef := g.holdLane(lanes, "Max"), g.holdLane(lanes, "Log"), g.holdLane(lanes, "Coef")
		sure, acc := g.sureMax(lanes), g.zeros(3)
		sum, mass, own := acc[0], acc[1], acc[2]
		least := g.zeros(1)[0]
		g.columns(k, func(off reg.GPVirtual) {
			lab, other := g.loaded(col(t, off)), g.vec()
			g.min(lab, least, least)
			g.move(lab, other)
			most := g.cmp(eqOQ, col(z, off), sure)
			g.drop(most, other)
			g.blend(most, lab, own)
			out := body(element{l: func() reg.VecVirtual {
				l := g.loaded(col(z, off))
				g.sub(top, l, l)
				g.sub(log, l, l)
				return l
			}, t: other, p: func() reg.VecVirtual {
				p := g.loaded(col(e, off))
				g.mul(coef, p, p)
				return p
			}, u: g.oneMinus, phi: g.keepPhi(phi, func(x reg.VecVirtual) { g.store(x, col(phi, off)) })}, sum)
			g.mul(other, out, out)
			g.add(out, mass, mass)
			g.store(out, col(h, off))
		})
		g.blend(g.negative(least), g.loaded(g.constant(math.NaN())), own)
		for i, name := range []string{"Loss", "Mass", "Own"} {
			g.store(acc[i], g.lane(lanes, name))
		}
		advance(k, g.column(), h, e, z, t)
		where(phi, func() { advance(k, g.column(), phi) })
	})
	body = s.anywhere(g, par)
	g.tilePass(func(lanes reg.GPVirtual) { g.finishTile(body, lanes) })
	phi = g.param("phi")
	where(phi, func() {
		z := g.param("z")
		g.tilePass(func(lanes reg.GPVirtual) {
			sure, own := g.sureMax(lanes), g.loaded(g.lane(lanes, "Phi"))
			g.columns(k, func(off reg.GPVirtual) {
				x := g.loaded(col(phi, off))
				g.blend(g.cmp(eqOQ, col(z, off), sure), own, x)
				g.store(x, col(phi, off))
			})
			advance(k, g.column(), z, phi)
		})
	})
	g.ret()
}

// sureMax returns the maxima of p > 1/2, of other rows NaN.
func (g isa) sureMax(lanes reg.GPVirtual) reg.VecVirtual {
	return g.sureTop(lanes, "Max", g.cmp(gtOQ, g.constant(0.5), g.loaded(g.lane(lanes, "Top"))))
}

// finishTile emits what the maxima of p > 1/2 add to the sums of the others of a tile's rows, by
// the terms of a separable loss for p of any size.
func (g isa) finishTile(terms func(x element, sum reg.VecVirtual) (h reg.VecVirtual), lanes reg.GPVirtual) {
	sum, own := g.loaded(g.lane(lanes, "Loss")), g.loaded(g.lane(lanes, "Own"))
	most := g.classOf(lanes, func() reg.VecVirtual { return g.minus(g.lane(lanes, "Log")) }, own, "Top", "Rest")
	most.phi = func(value func() reg.VecVirtual) { g.store(value(), g.lane(lanes, "Phi")) }
	h := terms(most, sum)
	g.store(sum, g.lane(lanes, "Loss"))
	mass, others := g.loaded(g.lane(lanes, "Mass")), g.loaded(g.lane(lanes, "Mass"))
	g.madd(own, h, mass)
	largest := math.MaxFloat64
	if g.short {
		largest = math.MaxFloat32
	}
	g.decline(g.cmp(nleUQ, g.loaded(g.constant(largest)), mass)) // that of a label that is none is NaN
	g.storeMass(lanes, mass, others)
}

// storeMass emits what tileCombine takes of Σ -t φ'(l), mass, and that without the maxima of p >
// 1/2. It overwrites both.
func (g isa) storeMass(lanes reg.GPVirtual, mass, others reg.VecVirtual) {
	g.nmadd(g.lane(lanes, "Rest"), mass, others)
	g.store(others, g.lane(lanes, "AtTop"))
	g.mul(g.lane(lanes, "Coef"), mass, mass)
	g.store(mass, g.lane(lanes, "Coef"))
}

// tileCombine emits the gradients of tiles.
func (g isa) tileCombine() {
	g.text("tileCombine", "func(e, h, z *A, k, tiles int, lanes *A)",
		"stores scale (coef e - h) in e, at a maximum of p > 1/2 scale atTop.")
	e, h, z, k := g.param("e"), g.param("h"), g.param("z"), g.param("k")
	g.tilePass(func(lanes reg.GPVirtual) {
		numbers := make([]reg.VecVirtual, 3)
		for i, name := range []string{"Coef", "AtTop", "Scale"} {
			numbers[i] = g.loaded(g.lane(lanes, name))
		}
		coef, atTop, scale, sure := numbers[0], numbers[1], numbers[2], g.sureMax(lanes)
		g.columns(k, func(off reg.GPVirtual) {
			y := g.vec()
			g.mul(col(e, off), coef, y)
			g.sub(col(h, off), y, y)
			g.blend(g.cmp(eqOQ, col(z, off), sure), atTop, y)
			g.mul(scale, y, y)
			g.store(y, col(e, off))
		})
		advance(k, g.column(), e, h, z)
	})
	g.ret()
}
