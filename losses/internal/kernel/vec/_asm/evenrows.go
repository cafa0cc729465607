package main

import (
	"math"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Even and sure rows of a block of a separable loss: no class of theirs is likely, or none but one,
// which is computed apart from the others. What is done once a row is done for W of them at once,
// in float64, in lanes.

// The numbers of a row that the kernels of terms take beside the limit: those of powTerms, of
// losses for which l is computed, of smooth ones and of steep ones. In the last, y is -(rate +
// rateLow) e with e = exp(z) 2^-shift rowFactor for the logits z, which are no smaller than low.
var (
	powNumbers    = []string{"a", "aLow", "low", "shift", "rem"}
	classNumbers  = []string{"m", "log", "c"}
	smoothNumbers = []string{"c"}
	steepNumbers  = []string{"low", "shift", "rate", "rateLow", "lse", "lseLow", "c", "byB"}
)

// What the kernels of these rows take: bounds of an even row's p, |M| and |M| + log1p(r), and the
// loss's numbers.
const (
	evenMost  = iota // of p
	evenTop          // of |M|
	evenLse          // of |M| + log1p(r)
	evenFirst        // of the numbers of the loss: a, what float32 has lost of it, and what low is beyond M
	evenPars  = evenFirst + 3
)

// An evenRow is what the numbers of rows are made of, in float64: M, its exponential, the shift,
// log1p(r) and c of p = c e. par are the numbers of the loss.
type evenRow struct {
	m, em, shift, log, c reg.VecVirtual
	par                  func(i int) reg.VecVirtual
}

// below returns a limit just below the exponential of M.
func (g isa) below(r evenRow) reg.VecVirtual {
	g.mul(g.constant(belowTop), r.em, r.em)
	return r.em
}

// evenRows emits the kernels of the file.
func (g isa) evenRows() {
	g.evenOdds("evenPow", powNumbers, "par are a, what float32 has lost of it, and what low is beyond M.", isa.powOfRow)
	g.evenOdds("evenClass", classNumbers, "", isa.classOfRow)
	g.evenOdds("evenSmooth", smoothNumbers, "par is what c is multiplied by.", isa.smoothOfRow)
	g.evenOdds("evenSteep", steepNumbers, "par are what c is multiplied by, and byB.", isa.steepOfRow)
	g.evenFactors()
	g.blockCombine()
}

// evenOdds emits the kernel of a list of numbers, which row emits behind a sure row's limit.
func (g isa) evenOdds(name string, names []string, doc string, row func(g isa, r evenRow) (numbers []reg.VecVirtual)) {
	g.text(name, "func(numbers *T, coef, sum, tops, class *float64, par *float64, lanes *T) (even uint32)",
		"takes lanes from blockExpSums and sums of exponentials, tops times that of M among them: once or, of a sure row, "+
			"whose other p are small, not at all. It stores c of p = c e in coef, log p, p and 1-p of M in class and, for "+
			"kernels of terms, no limit, but of a sure row one below M, and of both", strings.Join(names, ", ")+".",
		"even has the bits of these rows. par begins with the bounds of p, |M| and |M| + log1p(r).", doc)
	lanes, par := g.param("lanes"), g.param("par")
	to, coef, sums, tops, class := g.param("numbers"), g.param("coef"), g.param("sum"), g.param("tops"), g.param("class")
	wide, rounds := isa{avx512: g.avx512, f64: true}, isa{avx512: g.avx512, f64: true, narrow: true}
	number := func(i int) reg.VecVirtual { return wide.parameter(par, i) }
	bits := g.byHalves(func(half int) mask {
		m, n, em := wide.vec(), wide.vec(), wide.vec()
		rounds.fetch(g.halfOf(g.lane(lanes, "Max"), half), m)
		rounds.fetch(g.halfOf(g.lane(lanes, "Shift"), half), n)
		at := func(p reg.GPVirtual) Mem { return Mem{Base: p, Disp: half * wide.column()} }
		odds := wide.loaded(at(sums))
		wide.expShifted(wide.expConstsInMemory(), m, wide.shiftOf(n), em)
		least, by, inv, log, size := wide.vec(), wide.vec(), wide.vec(), wide.vec(), wide.vec()
		wide.load(wide.constant(spread), least)
		wide.mul(em, least, least)
		wide.mul(at(tops), least, least)
		even := wide.cmp(gtOQ, least, odds) // of a sure row there is anything else
		wide.load(wide.constant(1), by)
		wide.div(em, by, by)
		wide.mul(by, odds, odds)
		wide.sub(at(tops), odds, odds)
		wide.log1p(odds, inv, log)
		ofMost := func(name string) Mem { return wide.ofTile(class, half, name) }
		wide.store(inv, ofMost("P"))
		wide.mul(inv, odds, odds)
		wide.store(odds, ofMost("Q"))
		wide.load(wide.constant(0), size)
		sure := wide.cmp(eqOQ, at(tops), size)
		wide.sub(log, size, size)
		wide.store(size, ofMost("LogP"))
		wide.mul(at(tops), inv, size)
		wide.keepWhere(even, ltOQ, number(evenMost), size)
		wide.load(wide.abs(), size)
		wide.and(m, size, size)
		wide.keepWhere(even, ltOQ, number(evenTop), size)
		wide.add(log, size, size)
		wide.keepWhere(even, ltOQ, number(evenLse), size)
		wide.mul(inv, by, by)
		wide.store(by, at(coef))
		all := row(wide, evenRow{m, em, n, log, by, func(i int) reg.VecVirtual { return number(evenFirst + i) }})
		limit := wide.vec()
		wide.load(wide.infinity(1), limit)
		wide.blend(sure, all[0], limit)
		all[0] = limit
		for i, x := range all {
			rounds.leave(x, g.halfOf(Mem{Base: to, Disp: i * g.column()}, half))
		}
		return even
	})
	Store(bits, Return("even"))
	g.ret()
}

// byHalves emits body for both halves of the lanes, in float64, and returns the bits of all.
func (g isa) byHalves(body func(half int) mask) (bits reg.GPVirtual) {
	var low, high mask
	if g.avx512 {
		interleave(func() { low = body(0) }, func() { high = body(1) })
	} else { // registers are few
		low, high = body(0), body(1)
	}
	wide := isa{avx512: g.avx512, f64: true}
	bits, upper := wide.maskBits(low), wide.maskBits(high)
	SHLL(Imm(uint64(g.lanes()/2)), upper)
	ORL(upper, bits)
	return bits
}

// ofTile returns where the number of that name lies of a tile of those that p has the numbers of.
func (g isa) ofTile(p reg.GPVirtual, tile int, name string) Mem {
	return g.lane(p, name).Offset(tile * len(lanes) * g.column())
}

// halfOf returns where half of the numbers of a lane lies.
func (g isa) halfOf(m Mem, half int) Mem { return m.Offset(half * g.column() / 2) }

// splitNumber returns x rounded to float32, and the rest.
func (g isa) splitNumber(x reg.VecVirtual) (high, rest reg.VecVirtual) {
	high, rest = g.vec(), g.vec()
	VCVTPS2PD(isa{avx512: g.avx512, f64: true, narrow: true}.narrowed(x), high)
	emitted()
	g.sub(high, x, rest)
	return high, rest
}

// powOfRow: log p^a = a z - top, top = a (m + log), of which only the part beyond n ln 2 counts.
func (g isa) powOfRow(r evenRow) []reg.VecVirtual {
	a, low, am, n, rem := r.par(0), r.par(2), g.vec(), g.vec(), g.vec()
	g.add(r.m, low, low)
	g.mul(a, r.m, am)
	g.move(am, rem)
	g.msub2(a, r.m, rem) // what the product has lost
	g.mul(a, r.log, r.log)
	g.add(r.log, am, n)
	g.mul(g.constant(math.Log2E), n, n)
	g.add(g.magic(), n, n)
	g.sub(g.magic(), n, n)
	g.nmadd(g.constant(log2Low), n, rem)
	g.add(r.log, rem, rem)
	g.nmadd(g.constant(log2High), n, am) // exact
	g.add(am, rem, rem)
	g.sub(g.constant(1-belowTop), r.m, r.m)
	return []reg.VecVirtual{r.m, a, r.par(1), low, n, rem}
}

func (g isa) classOfRow(r evenRow) []reg.VecVirtual {
	return []reg.VecVirtual{g.below(r), r.m, r.log, r.c}
}

func (g isa) smoothOfRow(r evenRow) []reg.VecVirtual {
	c := r.par(0)
	g.mul(r.c, c, c)
	return []reg.VecVirtual{g.below(r), c}
}

func (g isa) steepOfRow(r evenRow) []reg.VecVirtual {
	low, rate := g.vec(), r.par(0)
	g.load(g.constant(-steepReach), low)
	g.add(r.m, low, low)
	g.mul(r.c, rate, rate)
	g.add(r.m, r.log, r.log)
	rate, rateLow := g.splitNumber(rate)
	lse, lseLow := g.splitNumber(r.log)
	return []reg.VecVirtual{g.below(r), low, r.shift, rate, rateLow, lse, lseLow, r.c, r.par(1)}
}

// What evenFactors takes: what the sum of terms is multiplied by, and what -t φ'(l) is of what the
// kernels of terms store: a number and a multiple of c.
const (
	evenFactor = iota
	evenSlope
	evenSlopeC
	evenFactorPars
)

// evenFactors emits what comes between the terms of even and sure rows and their gradients.
func (g isa) evenFactors() {
	g.text("evenFactors", "func(numbers *T, loss, coef, sum, mass, labels, class, tops *float64, scale *T, par *float64) "+
		"(done uint32)",
		"takes coef and class from kernels of these rows, where class has φ and -φ' of M too, sum and mass from those of "+
			"terms, and the labels of M, 0 for even rows. It stores the losses, what blockCombine takes, for the factors scale "+
			"of the gradients, and in tops the gradients at M of sure rows. It returns the bits of the rows for which that "+
			"will do: of no number that is too large. par are the factor of a sum, and of a mass a number and a multiple of c.")
	to, losses, coef, labels := g.param("numbers"), g.param("loss"), g.param("coef"), g.param("labels")
	class, tops := g.param("class"), g.param("tops")
	sums, masses, scales, par := g.param("sum"), g.param("mass"), g.param("scale"), g.param("par")
	wide, rounds := isa{avx512: g.avx512, f64: true}, isa{avx512: g.avx512, f64: true, narrow: true}
	bits := g.byHalves(func(half int) mask {
		at := func(p reg.GPVirtual) Mem { return Mem{Base: p, Disp: half * wide.column()} }
		loss, mass, f, a, slope := wide.parameter(par, evenFactor), wide.loaded(at(masses)), wide.vec(), wide.vec(),
			wide.parameter(par, evenSlopeC)
		size, x := wide.vec(), wide.vec()
		wide.mul(at(sums), loss, loss)
		wide.mul(at(coef), slope, slope)
		wide.add(wide.parameter(par, evenSlope), slope, slope)
		ofMost := func(name string) Mem { return wide.ofTile(class, half, name) }
		label, others, own := wide.loaded(at(labels)), wide.vec(), wide.vec()
		wide.load(wide.constant(0), own)
		unlabelled := wide.cmp(eqOQ, own, label)
		of := func(name string) {
			wide.load(ofMost(name), own)
			wide.mul(label, own, own)
			wide.drop(unlabelled, own)
		}
		of("Phi")
		wide.add(own, loss, loss)
		wide.store(loss, at(losses))
		of("Fall")
		wide.mul(slope, mass, others)
		wide.move(own, a)
		wide.div(slope, a, a)
		wide.add(mass, a, a)
		wide.mul(at(coef), a, a)
		wide.move(others, mass)
		wide.add(own, mass, mass)
		rounds.fetch(g.halfOf(Mem{Base: scales}, half), f)
		wide.nmadd(ofMost("Q"), mass, others)
		wide.mul(f, others, others)
		wide.store(others, at(tops))
		wide.load(wide.abs(), size)
		wide.and(f, size, size)
		wide.mul(size, mass, x)
		wide.and(wide.abs(), x, x)
		done := wide.cmp(leOQ, wide.constant(mostLift), x)
		wide.keepWhere(done, leOQ, wide.constant(math.MaxFloat32/4), mass)
		wide.mul(loss, size, x)
		wide.and(wide.abs(), x, x)
		wide.keepWhere(done, leOQ, wide.constant(mostLift), x)
		wide.sub(loss, loss, x)
		wide.keepWhere(done, eqOQ, x, x) // the loss is a number, whatever its factor
		wide.mul(slope, f, f)
		wide.mul(f, a, a)
		f, fLow := wide.splitNumber(f)
		wide.load(wide.abs(), size)
		wide.and(f, size, size)
		wide.keepWhere(done, gtOQ, wide.constant(0x1p-100), size)
		wide.keepWhere(done, ltOQ, wide.constant(0x1p100), size)
		a, aLow := wide.splitNumber(a)
		for i, x := range []reg.VecVirtual{a, aLow, f, fLow} {
			rounds.leave(x, g.halfOf(Mem{Base: to, Disp: i * g.column()}, half))
		}
		return done
	})
	Store(bits, Return("done"))
	g.ret()
}

// blockCombine emits combineClosely for rows of a block.
func (g isa) blockCombine() {
	g.text("blockCombine", "func(p, t *T, k, n int, lanes *T)",
		"is combineClosely for n rows of k elements, of which lanes holds a, aLow, f and fLow.")
	k := g.param("k")
	g.blockRows(k, []string{"p", "t"}, func(p []reg.GPVirtual, row reg.GPVirtual) {
		var numbers [4]reg.VecVirtual
		for i := range numbers {
			numbers[i] = g.vec()
			g.bcast(Mem{Base: row, Disp: i * g.column()}, numbers[i])
		}
		g.combineRowClosely(p[0], p[1], k, numbers)
	})
	g.ret()
}
