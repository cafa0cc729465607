package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (g isa) tileCrossEntropy(grad bool) {
	if grad {
		g.text("tileCrossEntropyGrad",
			"func(e, z, t *T, k, tiles int, f *T, step int, loss *float64, declined *uint32, lanes *T)",
			"stores the losses of tiles and, in e, their gradients; the factors f of a tile lie step bytes behind those of "+
				"the last. declined has, for each tile, the bits of the rows that are for the specification or have an "+
				"invalid label. The lanes Max and Log are those of the last tile.")
	} else {
		g.text("tileCrossEntropy", "func(z, t *T, k, tiles int, loss *float64, declined *uint32, lanes *T)",
			"is tileCrossEntropyGrad without the gradients.")
	}
	z, t, k, lanes := g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	loss, declined, moved := g.param("loss"), g.param("declined"), []reg.GPVirtual{z, t}
	var e, factor reg.GPVirtual
	if grad {
		e, factor = g.param("e"), g.param("f")
		moved = append(moved, e)
	}
	c := g.expConstsOfTile()
	Label("tile")
	top, low, shift, rejected := g.tileMax(z, k)
	ea := g.vec()
	g.expShifted(c, top, shift, ea)
	g.store(ea, g.lane(lanes, "Coef")) // registers are few
	r, others, own, dot := g.compensated(), g.compensated(), g.zeros(1)[0], g.running(1)[0]
	most := g.park(top)
	shift.n = g.park(shift.n.(reg.VecVirtual))
	m := g.maxima(most)
	zero, signs := g.hold(0), g.zeros(1)[0]
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
		g.or(lab, signs, signs)
		g.addWhere(first, lab, own)
		g.drop(first, lab)
		g.addTo(others, lab)
		g.sub(most, v, v)
		g.mulWhere(g.cmp(neqUQ, zero, lab), lab, v)
		g.addTo(dot, v)
	})
	g.store(g.loaded(most), g.lane(lanes, "Max"))
	ORL(g.signBits(signs), rejected)
	x := g.crossEntropyNumbers(lanes, Mem{Base: factor}, crossEntropySums{r, others, dot, own, g.noLanes()}, grad)
	ORL(x.bad, rejected)
	MOVL(rejected, Mem{Base: declined})
	g.storeDoubles(x.loss, nil, loss)
	if grad {
		g.crossEntropyGradients(e, t, k, lanes, x)
		ADDQ(address(Param("step")), factor)
	}
	advance(k, g.column(), moved...)
	ADDQ(Imm(uint64(8*g.lanes())), loss)
	ADDQ(Imm(4), declined)
	moreTiles()
	g.ret()
}

// crossEntropyGradients makes the gradients of x of the exponentials: f (mass p - t), at a maximum
// of p > 1/2 f (others - mass q).
func (g isa) crossEntropyGradients(e, t, k, lanes reg.GPVirtual, x crossEntropyResults) {
	top := g.sureTop(lanes, x.sure)
	g.columns(k, func(off reg.GPVirtual) {
		y, lab := g.vec(), g.vec()
		g.load(col(e, off), y)
		g.load(col(t, off), lab)
		g.gradient(y, lab, top, x)
		g.store(y, col(e, off))
	})
}

// storeDoubles stores the lanes of x, or of x + y, in memory of float64.
func (g isa) storeDoubles(x, y Op, to reg.GPVirtual) {
	doubles := func(x Op) []reg.VecVirtual {
		if g.f64 {
			return []reg.VecVirtual{g.loaded(x)}
		}
		return g.halves(g.loaded(x))
	}
	wide := g
	wide.f64 = true
	parts := doubles(x)
	if y != nil {
		for i, v := range doubles(y) {
			wide.add(v, parts[i], parts[i])
		}
	}
	for i, v := range parts {
		g.store(v, Mem{Base: to, Disp: i * g.column()})
	}
}

// crossEntropySums are what the columns of a tile have been summed up to: the exponentials but that
// of the maximum, the labels but its own, that, and Σ t (z - M); bad are the rows with an invalid
// label.
type crossEntropySums struct {
	r, others, dot running
	own            reg.VecVirtual
	bad            mask
}

// crossEntropyResults are the losses, the bits of the rows with an invalid label or too large a
// factor, and what gradients are made of: (coef + low) e - f t, or q at a maximum of p > 1/2, in
// the rows of sure.
type crossEntropyResults struct {
	loss, coef, low, f, q reg.VecVirtual
	sure                  mask
	bad                   reg.GPVirtual
}

// crossEntropyNumbers emits the results, with grad what gradients are made of, too. exp(M) 2^-shift
// comes in the lane Coef, the factors in scale.
func (g isa) crossEntropyNumbers(lanes reg.GPVirtual, scale Op, s crossEntropySums, grad bool) (
	x crossEntropyResults) {
	r, others, bad, own := s.r, s.others, s.bad, s.own
	var coef, low, f Op
	mass, ea := g.vec(), g.vec()
	g.load(g.lane(lanes, "Coef"), ea)
	if grad {
		var less reg.VecVirtual
		mass, less = g.massOf(s)
		scale := g.loaded(scale)
		g.orInto(g.tooLarge(mass, scale), bad)
		f = g.park(scale)
		coef, low = g.coefficients(mass, less, f, ea, r)
	} else {
		inf := g.vec()
		g.add(g.value(others), own, mass)
		g.load(g.infinity(1), inf)
		g.orInto(g.cmp(nltUQ, inf, mass), bad)
	}
	x.bad = g.maskBits(bad)
	log, inv, q, _ := g.logOdds(g.finite(r), ea)
	half := g.vec()
	g.load(g.constant(0.5), half)
	x.sure = g.cmp(gtOQ, half, inv) // one maximum, and p_a > 1/2
	if grad {                       // and others - mass q is of smaller numbers than mass p - t
		x.sure = g.sureOf(x.sure, mass, inv, q, own, others.sum)
	}
	g.store(log, g.lane(lanes, "Log"))
	// loss = mass log1p(r) - dot
	g.msub(g.value(s.dot), mass, log)
	x.loss = log
	if grad {
		x.coef, x.low, x.f, x.q = g.loaded(coef), g.loaded(low), g.loaded(f), q
		g.rsub(others.sum, mass, q)
		g.mul(x.f, q, q) // q = f (others - q mass)
	}
	return x
}

// massOf returns Σ t, and what that has lost. s.others.sum is then the value of s.others.
func (g isa) massOf(s crossEntropySums) (mass, less reg.VecVirtual) {
	less = g.normalize(s.others)
	mass, lost := g.vec(), g.vec()
	g.twoSum(s.others.sum, s.own, mass, lost)
	g.add(lost, less, less)
	return mass, less
}

// tooLarge returns the rows of which mass f is no number or so large that a gradient might be none.
func (g isa) tooLarge(mass, f reg.VecVirtual) mask {
	size, most := g.vec(), g.vec()
	g.load(g.constant(g.largestNumber()/4), most)
	g.mul(mass, f, size)
	g.and(g.abs(), size, size)
	return g.cmp(nltUQ, most, size)
}

// coefficients returns f (x + less)/(ea + r), parked, and what that has lost.
func (g isa) coefficients(x, less reg.VecVirtual, f Op, ea reg.VecVirtual, r running) (coef, low Op) {
	quotient, product := g.vec(), g.vec()
	g.move(x, quotient)
	g.divBySum(quotient, less, ea, r)
	g.mul(f, quotient, product)
	g.mul(f, less, less)
	g.msub(product, g.loaded(f), quotient) // what the product has lost
	g.add(quotient, less, less)
	return g.park(product), g.park(less)
}

// combined makes (coef + low) y - lab of the exponentials y, lab the labels times f. It overwrites
// lab.
func (g isa) combined(y, lab, coef, low reg.VecVirtual) {
	g.msub2(y, low, lab)
	g.horner(lab, coef, y)
}

// divBySum divides x + less, less what x has lost, by ea + r, of which it keeps what the sum and r
// have lost.
func (g isa) divBySum(x, less, ea reg.VecVirtual, r running) {
	s, lost, small, whole := g.vec(), g.vec(), g.vec(), g.vec()
	g.add(ea, r.sum, s)
	g.max(ea, r.sum, lost)
	g.min(ea, r.sum, small)
	g.sub(s, lost, lost)
	g.add(small, lost, lost)
	g.add(r.lost, lost, lost)
	g.move(x, whole)
	g.div(s, x, x)
	g.nmadd(s, x, whole) // what the quotient has lost
	g.add(whole, less, less)
	g.nmadd(x, lost, less)
	g.div(s, less, less)
}
