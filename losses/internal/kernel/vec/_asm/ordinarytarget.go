package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// target is how the kernels of the gradients of ordinary rows come by their labels, which are those
// in memory, t, or made of them while they are read: with weighs t times a weight each, with
// smooths keep u + add, u = t or with cuts max(t - cut, 0), and add = each + share Σ u. What is
// summed of a row is u then, and z - m, of which the sums of labels are made.
type target struct {
	weighs, smooths, cuts bool

	cut Op
}

// made reports whether the labels are not those in memory.
func (t *target) made() bool { return t.weighs || t.smooths }

// signature returns the parameters of a kernel and what its documentation says.
func (t *target) signature(labels bool) (ins, doc string) {
	switch {
	case t.weighs:
		return "weights, low *T, ", "The labels are multiplied by weights + low, float64 by weights alone."
	case t.cuts:
		return "cuts *T, keep, each float64, ", "The labels are keep u + each, u = max(t - cut, 0), with a cut of every row."
	case t.smooths && labels:
		return "keep, each, share float64, ", "The labels are keep t + each + share Σ t."
	case t.smooths:
		return "keep, each float64, ", "The labels are keep for the class, and each more for all."
	}
	return "", ""
}

// begin readies the numbers of row i of labels.
func (t *target) begin(g isa, i reg.GPVirtual) {
	if t.cuts {
		cut := g.vec()
		g.bcast(at(g.param("cuts"), i, g, 0), cut)
		t.cut = g.park(cut)
	}
}

// summed makes what is summed of the labels x, vector v at i.
func (t *target) summed(g isa, x reg.VecVirtual, i reg.GPVirtual, v int, m *mask) {
	switch {
	case t.weighs && g.f64:
		g.mul(g.get(g.param("weights"), i, v, m), x, x)
	case t.weighs: // rounded once
		y := g.get(g.param("low"), i, v, m)
		g.mul(x, y, y)
		g.horner(y, g.get(g.param("weights"), i, v, m), x)
	case t.cuts:
		g.sub(t.cut, x, x)
		g.max(x, g.zeros(1)[0], x) // NaN for NaN
	}
}

// ofMaximum returns what is summed of the label of the largest logit, at a, in float64.
func (t *target) ofMaximum(g isa, labels, a reg.GPVirtual) (own reg.VecVirtual) {
	own = g.wideNumber(at(labels, a, g, 0))
	switch {
	case t.weighs:
		w := g.wideNumber(at(g.param("weights"), a, g, 0))
		if !g.f64 {
			VADDSD(g.wideNumber(at(g.param("low"), a, g, 0)), w, w)
		}
		VMULSD(w, own, own)
	case t.cuts:
		zero := XMM()
		VXORPD(zero, zero, zero)
		VSUBSD(g.wideNumber(t.cut), own, own)
		VMAXSD(own, zero, own) // NaN for NaN
	}
	return own
}

// rowSums are the sums of a row in float64, without its largest logit m: of the exponentials, of
// what is summed of labels, that times z - m, and z - m.
type rowSums struct{ odds, others, dot, less reg.VecVirtual }

// smoothedBy are the numbers of float64 that smoothed labels take.
type smoothedBy struct{ keep, add reg.VecVirtual }

// smooth makes the sums of labels of those of what is summed, of which mass is the sum of all. Of
// an index others are what is added to all classes but one.
func (t *target) smooth(k reg.GPVirtual, s *rowSums, mass reg.VecVirtual, labels bool) (x smoothedBy) {
	if !t.smooths {
		return x
	}
	x = smoothedBy{XMM(), XMM()}
	VMOVSD(address(Param("keep")), x.keep)
	VMOVSD(address(Param("each")), x.add)
	all := XMM()
	VXORPD(all, all, all)
	VCVTSI2SDQ(k, all, all)
	mix := func(y, times reg.VecVirtual) {
		VMULSD(x.keep, y.AsX(), y.AsX())
		VFMADD231SD(times.AsX(), x.add, y.AsX())
	}
	if labels && !t.cuts {
		VFMADD231SD(address(Param("share")), mass, x.add)
	}
	mix(mass, all)
	mix(s.dot, s.less)
	VSUBSD(isa{f64: true}.constant(1), all, all)
	if labels {
		mix(s.others, all)
	} else {
		s.others = XMM()
		VMULSD(x.add, all, s.others)
	}
	return x
}

// numbers returns those of x, if any.
func (x smoothedBy) numbers() []reg.VecVirtual {
	if x.keep == nil {
		return nil
	}
	return []reg.VecVirtual{x.keep, x.add}
}

// combine emits f (coef e - t) for exponentials e and labels t, with the numbers of smoothing.
func (r *ordinaryRow) combine(coef, f reg.VecVirtual, smoothed []reg.VecVirtual) {
	g, t := r.isa, &r.labels
	if !t.made() {
		g.combineRow(r.e, r.t, r.n, coef, f)
		return
	}
	var keep, add reg.VecVirtual
	if t.smooths {
		keep, add = g.everyLane(smoothed[0]), g.everyLane(smoothed[1])
	}
	g.loop(r.n, 2, func(i reg.GPVirtual, v int, m *mask) {
		x, y := g.get(r.e, i, v, m), g.get(r.t, i, v, m)
		t.summed(g, y, i, v, m)
		if t.smooths {
			g.horner(add, keep, y)
		}
		g.msub(y, coef, x)
		g.mul(f, x, x)
		g.put(x, r.e, i, v, m)
	})
}

// combineIndex emits coef e for exponentials e, less what smoothing adds to labels.
func (r *ordinaryRow) combineIndex(coef reg.VecVirtual, smoothed []reg.VecVirtual) {
	g := r.isa
	if !r.labels.smooths {
		g.scaleRow(r.e, r.n, coef)
		return
	}
	add := g.everyLane(smoothed[1])
	g.loop(r.n, 4, func(i reg.GPVirtual, v int, m *mask) {
		x := g.get(r.e, i, v, m)
		g.msub(add, coef, x)
		g.put(x, r.e, i, v, m)
	})
}
