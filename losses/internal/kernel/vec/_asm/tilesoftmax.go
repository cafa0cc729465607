package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileMax emits the row maxima.
func (g isa) tileMax(z, k reg.GPVirtual) (top reg.VecVirtual) {
	top = g.vec()
	g.load(g.infinity(-1), top)
	g.columns(k, func(off reg.GPVirtual) {
		x := g.loaded(col(z, off))
		g.max(top, x, top)
	})
	return top
}

// beyondBound returns the bits of the rows of which the maxima are beyond bound.
func (g isa) beyondBound(top reg.VecVirtual) (rejected reg.GPVirtual) {
	size := g.loaded(g.abs())
	g.and(top, size, size)
	b := g.loaded(g.constant(g.bound()))
	return g.maskBits(g.cmp(nltUQ, b, size))
}

// aroundTop emits, of row maxima, the bits of those beyond bound, the clamp and the shift of the
// exponentials.
func (g isa) aroundTop(top reg.VecVirtual) (low reg.VecVirtual, shift expShift, rejected reg.GPVirtual) {
	rejected = g.beyondBound(top)
	low = g.vec()
	g.add(g.constant(g.lowest()), top, low)
	n, magic := g.vec(), g.magic()
	g.load(magic, n)
	g.madd(g.constant(math.Log2E), top, n)
	g.sub(magic, n, n)
	return low, g.shiftOf(n), rejected
}

// softmaxNumbers emits what a row's softmax needs from r and e_a = exp(M) 2^-shift, and stores it
// in lanes. It overwrites r.
func (g isa) softmaxNumbers(lanes reg.GPVirtual, r, ea reg.VecVirtual) {
	total, coef := g.vec(), g.vec()
	g.add(ea, r, total)
	g.load(g.constant(1), coef)
	g.div(total, coef, coef)
	log, inv, rest, _ := g.logOdds(r, ea)
	g.store(log, g.lane(lanes, "Log"))
	g.store(inv, g.lane(lanes, "Top"))
	g.store(rest, g.lane(lanes, "Rest"))
	g.store(coef, g.lane(lanes, "Coef"))
}

// logOdds emits, of the odds r/e_a against the maximum, log = log1p(odds) with its parts, inv = p_a
// = 1/(1 + odds) and rest = 1 - p_a. It overwrites r.
func (g isa) logOdds(r, ea reg.VecVirtual) (log, inv, rest reg.VecVirtual, parts logParts) {
	log, inv, rest = g.vec(), g.vec(), g.vec()
	g.div(ea, r, r)
	parts = g.log1p(r, inv, log)
	g.mul(inv, r, rest)
	return log, inv, rest, parts
}

// logOddsOf is logOdds for the others r of a total. It divides less often, and adds what quotients
// have lost: a sure row's loss and gradient are what its others have, to the roundings of two
// exponentials.
func (g isa) logOddsOf(r running, ea reg.VecVirtual, all rowTotal) (log, inv, rest reg.VecVirtual, parts logParts) {
	log, inv, rest = g.vec(), g.vec(), g.vec()
	lost, less := g.normalize(r), g.vec()
	g.move(r.sum, rest)
	g.move(lost, less)
	g.overTotal(rest, less, all)
	g.add(less, rest, rest)
	g.mul(all.inverse, ea, inv)
	odds, u, c := g.vec(), g.vec(), g.vec()
	g.div(ea, r.sum, odds)
	g.nmadd(ea, odds, r.sum)
	g.add(r.sum, lost, lost) // what the odds have lost, times e_a
	if all.under != nil {
		g.nmadd(all.under, odds, lost)
	}
	g.add(g.constant(1), odds, u)
	g.sub(g.constant(1), u, c)
	g.sub(c, odds, c)   // what u has lost
	g.nmadd(rest, c, c) // over u, as rest is 1 - 1/u
	g.madd(all.inverse, lost, c)
	return log, inv, rest, g.log(u, c, log)
}

// maxima finds the first of the largest logits of each row, so that others as large count among the
// others of the row and are summed as exactly.
type maxima struct {
	top    Op
	unseen mask // the rows whose maximum has not come yet
}

func (g isa) maxima(top Op) maxima { return maxima{top, g.allLanes()} }

// first returns the mask of the rows of which v holds the first maximum.
func (g isa) first(x maxima, v Op) mask {
	a, b := v, x.top
	if _, ok := v.(reg.VecVirtual); ok {
		a, b = b, a
	}
	if !g.avx512 {
		return g.firstOf(x, g.cmp(eqOQ, a, b))
	}
	m := mask{op: K()}
	g.set().Pick(VCMPPS, VCMPPD, Imm(eqOQ), a, b, x.unseen.op, m.op) // with what follows, whatever is emitted in turns
	g.maskDrop(m, x.unseen)
	emitted()
	return m
}

// firstOf is first for the rows of eq.
func (g isa) firstOf(x maxima, eq mask) mask {
	m := g.maskAnd(eq, x.unseen)
	g.maskDrop(eq, x.unseen)
	return m
}

func (g isa) tileStats() {
	e, z, k, declined := g.tileStatsOf("stores exp(z) 2^-shift")
	c := g.lessExpConsts()
	g.tilePass(func(lanes reg.GPVirtual) {
		top := g.tileMax(z, k)
		low, shift, rejected := g.aroundTop(top)
		storeDeclined(rejected, declined)
		g.store(top, g.lane(lanes, "Max"))
		ea := g.vec()
		g.expShifted(c, top, shift, ea)
		g.store(ea, g.lane(lanes, "Coef"))
		r, m := g.compensated(), g.maxima(top)
		g.columns(k, func(off reg.GPVirtual) {
			x, y := g.vec(), g.vec()
			g.max(col(z, off), low, x)
			g.expShifted(c, x, shift, y)
			g.store(y, col(e, off))
			g.drop(g.first(m, col(z, off)), y)
			g.addTo(r, y)
		})
		g.store(g.value(r), g.lane(lanes, "Odds"))
		advance(k, g.column(), e, z)
	})
	g.tilePass(func(lanes reg.GPVirtual) {
		g.softmaxNumbers(lanes, g.loaded(g.lane(lanes, "Odds")), g.loaded(g.lane(lanes, "Coef")))
	})
	g.ret()
}

// tileStatsOf begins the function tileStats.
func (g isa) tileStatsOf(doc string) (e, z, k, declined reg.GPVirtual) {
	g.text("tileStats", "func(e, z *T, k, tiles int, declined *uint32, lanes *T)",
		doc, "of tiles in e and the softmax's numbers in the lanes of each; declined has, for each tile, the bits of",
		"the rows that are for the specification.")
	return g.param("e"), g.param("z"), g.param("k"), g.param("declined")
}

// storeDeclined stores the bits of the rows of a tile that are for the specification.
func storeDeclined(rows, declined reg.GPVirtual) {
	MOVL(rows, Mem{Base: declined})
	ADDQ(Imm(4), declined)
}

// shortTileStats emits tileStats for logits of float32, whose z - M has the digits that their
// exponentials take.
func (g isa) shortTileStats() {
	e, z, k, declined := g.tileStatsOf("stores exp(z - M)")
	c, low := g.unshiftedExpConsts(), g.loaded(g.constant(g.lowest()))
	g.tilePass(func(lanes reg.GPVirtual) {
		top := g.tileMax(z, k)
		storeDeclined(g.beyondBound(top), declined)
		g.store(top, g.lane(lanes, "Max"))
		r, m := g.zeros(1)[0], g.maxima(top)
		g.columns(k, func(off reg.GPVirtual) {
			x, y := g.loaded(col(z, off)), g.vec()
			g.sub(top, x, x)
			g.max(x, low, x)
			g.expShifted(c, x, expShift{}, y)
			g.store(y, col(e, off))
			g.drop(g.first(m, col(z, off)), y)
			g.add(y, r, r)
		})
		g.store(r, g.lane(lanes, "Odds"))
		advance(k, g.column(), e, z)
	})
	g.tilePass(func(lanes reg.GPVirtual) {
		odds, inv, log := g.loaded(g.lane(lanes, "Odds")), g.vec(), g.vec()
		g.log1p(odds, inv, log)
		g.store(log, g.lane(lanes, "Log"))
		g.store(inv, g.lane(lanes, "Top"))
		g.store(inv, g.lane(lanes, "Coef"))
		g.mul(inv, odds, odds)
		g.store(odds, g.lane(lanes, "Rest"))
	})
	g.ret()
}

func (g isa) tileSoftmax() {
	g.text("tileSoftmax", "func(e, z *T, k int, lanes *T)",
		"takes e and lanes from tileStats and stores the softmax in e.")
	e, z, k, lanes := g.param("e"), g.param("z"), g.param("k"), g.param("lanes")
	c, inv, top := g.vec(), g.vec(), g.vec()
	g.load(g.lane(lanes, "Coef"), c)
	g.load(g.lane(lanes, "Top"), inv)
	g.load(g.lane(lanes, "Max"), top)
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.mul(col(e, off), c, y)
		g.blend(g.cmp(eqOQ, col(z, off), top), inv, y)
		g.store(y, col(e, off))
	})
	g.ret()
}

func (g isa) tileShift() {
	g.text("tileShift", "func(dst, z *T, k int, lanes *T)", "stores (z - M) - log1p(r), the log-softmax, in dst.")
	dst, z, k, lanes := g.param("dst"), g.param("z"), g.param("k"), g.param("lanes")
	top, log := g.loaded(g.lane(lanes, "Max")), g.loaded(g.lane(lanes, "Log"))
	g.columns(k, func(off reg.GPVirtual) {
		y := g.loaded(col(z, off))
		g.sub(top, y, y)
		g.sub(log, y, y)
		g.store(y, col(dst, off))
	})
	g.ret()
}

func (g isa) tileRests() {
	g.text("tileRests", "func(dst, p, z *T, k int, lanes *T)",
		"takes p from tileSoftmax and lanes from tileStats and stores 1 - p in dst, without cancellation.")
	dst, p, z, k, lanes := g.param("dst"), g.param("p"), g.param("z"), g.param("k"), g.param("lanes")
	one, rest, top := g.hold(1), g.loaded(g.lane(lanes, "Rest")), g.loaded(g.lane(lanes, "Max"))
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.load(one, y)
		g.sub(col(p, off), y, y)
		g.blend(g.cmp(eqOQ, col(z, off), top), rest, y)
		g.store(y, col(dst, off))
	})
	g.ret()
}

func (g isa) tileBack() {
	g.text("tileBack", "func(u, p, rest *T, k int, lanes *T)",
		"stores f (u - p S), S the sum of the row's u, in u, and where p > 1/2 f (rest S - the sum of its other u).")
	u, p, rest, k, lanes := g.param("u"), g.param("p"), g.param("rest"), g.param("k"), g.param("lanes")
	half, others, sum, f := g.hold(0.5), g.vec(), g.vec(), g.vec()
	g.zero(others)
	g.zero(sum)
	sure := func(off reg.GPVirtual) (y reg.VecVirtual, m mask) {
		y = g.loaded(col(p, off))
		return y, g.cmp(gtOQ, half, y)
	}
	g.columns(k, func(off reg.GPVirtual) {
		x := g.loaded(col(u, off))
		_, m := sure(off)
		g.addWhere(m, x, sum)
		g.drop(m, x)
		g.add(x, others, others)
	})
	g.add(others, sum, sum)
	g.load(g.lane(lanes, "Scale"), f)
	g.columns(k, func(off reg.GPVirtual) {
		x, top := g.loaded(col(u, off)), g.vec()
		y, m := sure(off)
		g.nmadd(y, sum, x)
		g.mul(col(rest, off), sum, top)
		g.sub(others, top, top)
		g.blend(m, top, x)
		g.mul(f, x, x)
		g.store(x, col(u, off))
	})
	g.ret()
}
