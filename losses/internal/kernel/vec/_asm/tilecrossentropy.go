package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (g isa) tileCrossEntropy(grad bool) {
	if grad {
		g.text("tileCrossEntropyGrad", "func(e, z, t *T, k int, lanes *T) (rejected, bad uint32)",
			"stores the losses in lanes and the gradients in e; rejected has the bits of the rows that are for the "+
				"specification, bad of those with an invalid label.")
	} else {
		g.text("tileCrossEntropy", "func(z, t *T, k int, lanes *T) (rejected, bad uint32)",
			"is tileCrossEntropyGrad without the gradients.")
	}
	z, t, k, lanes := g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	var e reg.GPVirtual
	if grad {
		e = g.param("e")
	}
	top, low, shift, rejected := g.tileMax(z, k)
	Store(rejected, Return("rejected"))
	c := g.expConsts()
	ea := g.vec()
	g.expShifted(c, top, shift, ea)
	g.store(ea, g.lane(lanes, "Coef")) // registers are few
	r, others, own, dot := g.compensated(), g.compensated(), g.zeros(1)[0], g.running(1)[0]
	most := g.park(top)
	shift.n = g.park(shift.n.(reg.VecVirtual))
	m := g.maxima(most)
	zero := g.hold(0)
	bad := g.noLanes()
	g.columns(k, func(off reg.GPVirtual) {
		x, y := g.vec(), g.vec()
		g.max(col(z, off), low, x)
		g.expShifted(c, x, shift, y)
		if grad {
			g.store(y, col(e, off))
		}
		v, lab := g.vec(), g.vec()
		g.load(col(z, off), v)
		g.load(col(t, off), lab)
		first := g.first(m, v)
		g.drop(first, y)
		g.addTo(r, y)
		other := g.vec()
		g.move(lab, other)
		g.drop(first, other)
		g.addTo(others, other)
		g.addWhere(first, lab, own)
		g.orInto(g.invalid(lab), bad)
		g.sub(most, v, v)
		g.keep(g.cmp(neqUQ, zero, lab), v, v)
		g.mul(lab, v, v)
		g.addTo(dot, v)
	})
	top = g.loaded(most)
	coef, f, q, sure := g.crossEntropyNumbers(lanes, top, crossEntropySums{r, others, dot, own, bad}, grad)
	if !grad {
		g.ret()
		return
	}
	// grad = f (mass p - t), at a maximum of p > 1/2 f (others - mass q).
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.load(col(e, off), y)
		g.msub(col(t, off), coef, y)
		g.blend(g.maskAnd(sure, g.cmp(eqOQ, col(z, off), top)), q, y)
		g.mul(f, y, y)
		g.store(y, col(e, off))
	})
	g.ret()
}

// crossEntropySums are what the columns of a tile have been summed up to: the exponentials but that
// of the maximum, the labels but its own, that, and Σ t (z - M); bad are the rows with an invalid label.
type crossEntropySums struct {
	r, others, dot running
	own            reg.VecVirtual
	bad            mask
}

// crossEntropyNumbers stores the losses and the result bad, and emits with grad what gradients are
// made of: f (coef e - t), or f q at a maximum of p > 1/2, in the rows of sure. exp(M) 2^-shift comes in
// the lane Coef.
func (g isa) crossEntropyNumbers(lanes reg.GPVirtual, top reg.VecVirtual, s crossEntropySums, grad bool) (
	coef, f, q reg.VecVirtual, sure mask) {
	r, others, bad, own := s.r, s.others, s.bad, s.own
	var keptCoef, keptF Op
	mass := g.vec()
	g.add(g.value(others), own, mass)
	inf := g.vec()
	g.load(g.infinity(1), inf)
	g.orInto(g.cmp(nltUQ, inf, mass), bad)
	ea := g.vec()
	g.load(g.lane(lanes, "Coef"), ea)
	if grad { // mass / Σ e
		f, coef = g.vec(), g.vec()
		g.load(g.lane(lanes, "Scale"), f)
		g.move(mass, coef)
		g.divBySum(coef, ea, r)
		keptCoef, keptF = g.park(coef), g.park(f)
	}
	Store(g.maskBits(bad), Return("bad"))
	log, inv, q, _ := g.softmaxNumbers(lanes, top, g.value(r), ea)
	half := g.vec()
	g.load(g.constant(0.5), half)
	sure = g.cmp(gtOQ, half, inv) // one maximum, and p_a > 1/2
	if grad {                     // and others - mass q is of smaller numbers than mass p - t
		sure = g.sureOf(sure, mass, inv, q, own, others.sum)
	}
	// loss = mass log1p(r) - dot
	g.msub(g.value(s.dot), mass, log)
	g.store(log, g.lane(lanes, "Loss"))
	if grad {
		g.rsub(others.sum, mass, q) // q = others - q mass
		coef, f = g.loaded(keptCoef), g.loaded(keptF)
	}
	return coef, f, q, sure
}

// divBySum divides x by ea + r, of which it keeps what the sum's rounding and r's have lost.
func (g isa) divBySum(x, ea reg.VecVirtual, r running) {
	s, lost, small := g.vec(), g.vec(), g.vec()
	g.add(ea, r.sum, s)
	g.max(ea, r.sum, lost)
	g.min(ea, r.sum, small)
	g.sub(s, lost, lost)
	g.add(small, lost, lost)
	g.add(r.lost, lost, lost)
	g.div(s, x, x)
	g.div(s, lost, lost)
	g.nmadd(x, lost, x)
}
