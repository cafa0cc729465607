package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileOptions emits tileCrossEntropyGrad for a gradient with an additional term, that of a multiple
// of lse², and of logits as they are or prepared.
func (g isa) tileOptions(prepared bool) {
	doc := []string{"is tileCrossEntropyGrad with the gradient f ((S + extra lse) p - t), extra as the factors lie, and " +
		"stores lse, too."}
	const sig = "func(e, z, t *T, k, tiles int, f *T, step int, extra *T, extraStep int, loss, lse *float64, declined " +
		"*uint32, lanes"
	if prepared {
		g.text("tilePrepared", sig+", hi, low *T, factor float64)", append(doc,
			"The logits are factor z + hi + low, hi a multiple of 2^-9. It declines rows whose loss is not finite.")...)
	} else {
		g.text("tileZLoss", sig+" *T)", doc...)
	}
	e, z, t, k, lanes := g.param("e"), g.param("z"), g.param("t"), g.param("k"), g.param("lanes")
	var x tileLogits = &plainTile{g: g, z: z, k: k}
	if prepared {
		x = &preparedTile{g: g, z: z, k: k, hi: g.param("hi"), low: g.param("low")}
	}
	Label("tile")
	MOVL(x.prepare(), Mem{Base: g.param("declined")})
	r, others, own, dot := g.compensated(), g.compensated(), g.zeros(1)[0], g.running(1)[0]
	zero, bad := g.hold(0), g.noLanes()
	g.columns(k, func(off reg.GPVirtual) {
		y, d, first := x.column(off)
		g.store(y, col(e, off))
		g.drop(first, y)
		g.addTo(r, y)
		lab, other := g.vec(), g.vec()
		g.load(col(t, off), lab)
		g.move(lab, other)
		g.drop(first, other)
		g.addTo(others, other)
		g.addWhere(first, lab, own)
		g.load(col(t, off), lab)
		g.orInto(g.invalid(lab), bad)
		g.keep(g.cmp(neqUQ, zero, lab), d, d)
		g.mul(lab, d, d)
		g.addTo(dot, d)
	})
	g.optionNumbers(e, t, k, lanes, x, crossEntropySums{r, others, dot, own, bad})
	g.storeDoubles(g.lane(lanes, "Loss"), nil, g.param("loss"))
	g.storeDoubles(g.lane(lanes, "Max"), g.lane(lanes, "Log"), g.param("lse"))
	advance(k, g.column(), e, z, t)
	ADDQ(Imm(uint64(8*g.lanes())), address(Param("loss")))
	ADDQ(Imm(uint64(8*g.lanes())), address(Param("lse")))
	ADDQ(Imm(4), address(Param("declined")))
	ADDQ(g.param("step"), address(Param("f")))
	ADDQ(g.param("extraStep"), address(Param("extra")))
	moreTiles()
	g.ret()
}

// optionNumbers emits the losses and the gradients from the sums.
func (g isa) optionNumbers(e, t, k, lanes reg.GPVirtual, x tileLogits, s crossEntropySums) {
	mass, inf := g.vec(), g.constant(math.Inf(1))
	g.add(g.value(s.others), s.own, mass)
	bad := g.parkMask(s.bad)
	own, others, dot, whole := g.park(s.own), g.park(s.others.sum), g.park(g.value(s.dot)), g.park(mass)
	kept := [2]Op{g.kept(s.r.sum), g.kept(s.r.lost)}
	top, more, ea := x.top()
	log, inv, q, parts := g.logOdds(g.value(s.r), ea)
	g.add(g.lost(parts, log), more, more)
	// loss = mass log1p(r) - dot
	loss := g.vec()
	g.move(log, loss)
	g.msub(dot, g.loaded(whole), loss)
	g.store(loss, g.lane(lanes, "Loss"))
	half := g.vec()
	g.load(g.constant(0.5), half)
	sure := g.sureOf(g.cmp(gtOQ, half, inv), g.loaded(whole), inv, q, own, others)
	// At the maximum of p > 1/2 it is f (others - mass q + extra lse p).
	g.rsub(others, g.loaded(whole), q)
	kq, kInv := g.park(q), g.park(inv)
	kSure := g.parkMask(sure)
	// The additional term is extra lse = add + less.
	extra, lse, less, add, lack := g.vec(), g.vec(), g.vec(), g.vec(), g.vec()
	g.twoSum(top, log, lse, lack)
	g.add(lack, more, more)
	g.move(lse, add)
	g.twoSum(add, more, lse, less)
	g.load(Mem{Base: g.param("extra")}, extra)
	g.store(lse, g.lane(lanes, "Max"))
	g.store(less, g.lane(lanes, "Log"))
	g.mul(extra, less, less)
	g.mul(extra, lse, add)
	g.move(add, lack)
	g.msub2(extra, lse, lack) // what the product has lost
	g.add(lack, less, less)
	sum, lost := g.vec(), g.vec()
	g.twoSum(g.loaded(whole), add, sum, lost)
	g.add(lost, less, less)
	end := g.maskOf(bad)
	for _, y := range []reg.VecVirtual{loss, sum} {
		size, most := g.vec(), g.vec()
		g.load(g.abs(), size)
		g.and(y, size, size)
		if g.load(inf, most); y == sum {
			g.load(g.constant(1e30), most)
		}
		g.orInto(g.cmp(nltUQ, most, size), end)
	}
	ORL(g.maskBits(end), Mem{Base: g.param("declined")})
	q = g.loaded(kq)
	g.madd(add, g.loaded(kInv), q)
	_, _, ea = x.top()
	g.divBySum(sum, less, ea, running{g.loaded(kept[0]), g.loaded(kept[1])})
	g.add(less, sum, sum)
	f := g.vec()
	g.load(Mem{Base: g.param("f")}, f)
	sure = g.maskOf(kSure)
	g.columns(k, func(off reg.GPVirtual) {
		y := g.vec()
		g.load(col(e, off), y)
		g.msub(col(t, off), sum, y)
		g.blend(g.maskAnd(sure, x.maximum(off)), q, y)
		g.mul(f, y, y)
		g.store(y, col(e, off))
	})
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
