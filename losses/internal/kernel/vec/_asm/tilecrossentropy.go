package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileCrossEntropy emits the kernels for labels, or for the classes of an index, which are one-hot
// labels and give the same results bit for bit.
func (g isa) tileCrossEntropy(grad, index bool) {
	name, labels := "tileCrossEntropy", "z, t *T"
	if index {
		name, labels = name+"Index", "z *T, index *int"
	}
	if grad {
		g.text(name+"Grad", "func(e, "+labels+", k, tiles int, f *T, step int, loss *float64, declined *uint32, lanes *T)",
			"stores the losses of tiles and, in e, their gradients; the factors f of a tile lie step bytes behind those of "+
				"the last. declined has, for each tile, the bits of the rows that are for the specification or have an "+
				"invalid label. The lanes Max and Log are those of the last tile.")
	} else {
		g.text(name, "func("+labels+", k, tiles int, loss *float64, declined *uint32, lanes *T)",
			"is "+name+"Grad without the gradients.")
	}
	x := tileRows{g: g, z: g.param("z"), k: g.param("k"), lanes: g.param("lanes"), c: g.expConstsOfTile()}
	loss, declined, moved := g.param("loss"), g.param("declined"), []reg.GPVirtual{x.z}
	if index {
		x.index = g.param("index")
	} else {
		x.t = g.param("t")
		moved = append(moved, x.t)
	}
	var factor reg.GPVirtual
	if grad {
		x.e, factor = g.param("e"), g.param("f")
		moved = append(moved, x.e)
	}
	Label("tile")
	rejected := x.prepare()
	var sums crossEntropySums
	if index {
		sums = x.classSums()
	} else {
		var signs reg.VecVirtual
		sums, signs = x.labelSums()
		ORL(g.signBits(signs), rejected)
	}
	y := g.crossEntropyNumbers(x.lanes, Mem{Base: factor}, sums, grad)
	ORL(y.bad, rejected)
	MOVL(rejected, Mem{Base: declined})
	g.storeDoubles(y.loss, nil, loss)
	if grad {
		if index {
			x.classGradients(y)
		} else {
			g.crossEntropyGradients(x.e, x.t, x.k, x.lanes, y)
		}
		ADDQ(address(Param("step")), factor)
	}
	advance(x.k, g.column(), moved...)
	if index {
		ADDQ(Imm(uint64(8*g.lanes())), x.index)
	}
	ADDQ(Imm(uint64(8*g.lanes())), loss)
	ADDQ(Imm(4), declined)
	moreTiles()
	g.ret()
}

// tileRows are the rows of a tile: pointers, of which e, t and index may be nil, and, once they are
// prepared, what their exponentials need.
type tileRows struct {
	g                        isa
	e, z, t, index, k, lanes reg.GPVirtual
	c                        expConsts
	most, least              Op
	shift                    expShift
	m                        maxima
}

// prepare emits the search for the maxima, and returns the rows beyond bound.
func (x *tileRows) prepare() (rejected reg.GPVirtual) {
	g := x.g
	top, low, shift, rejected := g.tileMax(x.z, x.k)
	ea := g.vec()
	g.expShifted(x.c, top, shift, ea)
	g.store(ea, g.lane(x.lanes, "Coef")) // registers are few
	g.store(top, g.lane(x.lanes, "Max"))
	x.most, x.least = g.parkLane(top, x.lanes, "Max"), g.parkLane(low, x.lanes, "Low")
	shift.n = g.parkLane(shift.n.(reg.VecVirtual), x.lanes, "Shift")
	x.shift, x.m = shift, g.maxima(x.most)
	return rejected
}

// exp returns the exponentials of a column, and keeps them where there is an e.
func (x *tileRows) exp(off reg.GPVirtual, i int) (y reg.VecVirtual) {
	g, v, y := x.g, x.g.vec(), x.g.vec()
	g.load(x.least, v)
	g.max(nth(x.z, off, i, g), v, v)
	g.expShifted(x.c, v, x.shift, y)
	if x.e != nil {
		g.store(y, nth(x.e, off, i, g))
	}
	return y
}

// columnTerms returns what is summed up of column i behind the one at off, of which y are the
// exponentials, z the logits and first the maxima. It may overwrite y and z.
type columnTerms func(off reg.GPVirtual, i int, y, z reg.VecVirtual, first mask) []reg.VecVirtual

// sum emits the sums of all columns.
func (x *tileRows) sum(to []running, terms columnTerms) {
	g := x.g
	g.pairSums(x.k, x.lanes, to, x.exp, func(off reg.GPVirtual, i int, y reg.VecVirtual) []reg.VecVirtual {
		z := g.vec()
		g.load(nth(x.z, off, i, g), z)
		return terms(off, i, y, z, g.first(x.m, z))
	})
}

// pairSums emits sums of what terms returns for the exponentials y of every column, which exp
// emits: column i behind the one at off. Two columns are added up before they are added to the
// sums.
func (g isa) pairSums(k, lanes reg.GPVirtual, to []running, exp func(off reg.GPVirtual, i int) (y reg.VecVirtual),
	terms func(off reg.GPVirtual, i int, y reg.VecVirtual) []reg.VecVirtual) {
	g.columnPairs(k, func(off reg.GPVirtual, n int) {
		var sums []reg.VecVirtual
		kept := make([]Op, len(to)) // of the first column, where registers are few in memory
		for i, y := range g.ahead(n, func(i int) reg.VecVirtual { return exp(off, i) }) {
			sums = terms(off, i, y())
			for j, v := range sums {
				if i > 0 {
					g.add(kept[j], v, v)
				} else if n > 1 {
					kept[j] = g.parkLane(v, lanes, []string{"Odds", "Mass", "Less"}[j])
				}
			}
		}
		for j, to := range to {
			g.addTo(to, sums[j])
		}
	})
}

// labelSums emits the sums of a tile with labels, and returns the signs of these, too.
func (x *tileRows) labelSums() (s crossEntropySums, signs reg.VecVirtual) {
	g, zero := x.g, x.g.hold(0)
	s = crossEntropySums{r: g.compensated(), others: g.compensated(), dot: g.running(1)[0], own: g.zeros(1)[0]}
	signs = g.zeros(1)[0]
	to := []running{s.r, s.others, s.dot}
	x.sum(to, func(off reg.GPVirtual, i int, y, z reg.VecVirtual, first mask) []reg.VecVirtual {
		lab := g.vec()
		g.load(nth(x.t, off, i, g), lab)
		g.drop(first, y)
		g.or(lab, signs, signs)
		g.addWhere(first, lab, s.own)
		g.drop(first, lab)
		g.sub(x.most, z, z)
		g.mulWhere(g.cmp(neqUQ, zero, lab), lab, z)
		return []reg.VecVirtual{y, lab, z}
	})
	s.bad = g.noLanes()
	return s, signs
}

// classSums emits labelSums of the one-hot labels of classes.
func (x *tileRows) classSums() (s crossEntropySums) {
	g := x.g
	class, number, v := g.parkLane(g.classes(x.index, 0), x.lanes, "P"), g.zeros(1)[0], g.zeros(2)
	own, dot := v[0], v[1]
	s.r = g.compensated()
	x.sum([]running{s.r}, func(off reg.GPVirtual, i int, y, z reg.VecVirtual, first mask) []reg.VecVirtual {
		hot := g.cmp(eqOQ, class, number)
		g.drop(first, y)
		g.add(g.constant(1), number, number)
		g.sub(x.most, z, z)
		g.blend(hot, z, dot)
		g.blend(g.maskAnd(hot, first), g.constant(1), own)
		return []reg.VecVirtual{y}
	})
	others := g.vec()
	g.other(own, others)
	s.others, s.own, s.dot, s.bad = running{others, g.zeros(1)[0]}, own, running{sum: dot}, g.noLanes()
	return s
}

// classGradients emits crossEntropyGradients for the one-hot labels of classes.
func (x *tileRows) classGradients(y crossEntropyResults) {
	g := x.g
	top, class, number := g.sureTop(x.lanes, y.sure), g.parkLane(g.classes(x.index, 0), x.lanes, "P"), g.zeros(1)[0]
	none := g.vec()
	g.mul(g.constant(0), y.f, none)
	g.columns(x.k, func(off reg.GPVirtual) {
		v, lab := g.vec(), g.vec()
		g.load(col(x.e, off), v)
		g.move(none, lab)
		g.blend(g.cmp(eqOQ, class, number), y.f, lab)
		g.add(g.constant(1), number, number)
		most := g.cmp(eqOQ, top, v)
		g.combined(v, lab, y.coef, y.low)
		g.blend(most, y.q, v)
		g.store(v, col(x.e, off))
	})
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
