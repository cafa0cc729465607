package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The tiles of losses that are no sum of a term a class.

// tileLosses is tilePass with pointers p to tiles of k columns, and labelGrad, which may be nil. It
// returns.
func (g isa) tileLosses(k, labelGrad reg.GPVirtual, p []reg.GPVirtual, body func(lanes reg.GPVirtual)) {
	g.tilePass(func(lanes reg.GPVirtual) {
		body(lanes)
		advance(k, g.column(), p...)
		where(labelGrad, func() { advance(k, g.column(), labelGrad) })
	})
	g.ret()
}

// decline adds the rows of bad to those of the tile that are for the specification.
func (g isa) decline(bad mask) {
	ORL(g.maskBits(bad), Mem{Base: g.param("declined")})
	ADDQ(Imm(4), address(Param("declined")))
}

// labelSums are what the labels of a tile's rows have been summed up to, with the cross entropy S
// log - dot, S their sum.
type labelSums struct{ others, own, sum, entropy reg.VecVirtual }

// tileLabels emits the sums of the labels in t; bad has the bits of the rows with an invalid one.
// each is given the place of a column, its logits less M, and the mask of the rows whose first
// maximum it is.
func (g isa) tileLabels(z, t, k, lanes reg.GPVirtual,
	each func(off reg.GPVirtual, d reg.VecVirtual, first mask)) (s labelSums, bad mask) {
	top, zero, m := g.vec(), g.zeros(1)[0], maxima{}
	g.load(g.lane(lanes, "Max"), top)
	m = g.maxima(top)
	acc, least := g.zeros(3), g.zeros(1)[0]
	s.others, s.own = acc[0], acc[1]
	dot := acc[2]
	g.columns(k, func(off reg.GPVirtual) {
		lab, other, d := g.loaded(col(t, off)), g.vec(), g.loaded(col(z, off))
		first := g.first(m, d)
		g.min(lab, least, least)
		g.move(lab, other)
		g.drop(first, other)
		g.add(other, s.others, s.others)
		g.blend(first, lab, s.own)
		g.sub(top, d, d)
		kept := g.vec()
		g.keep(g.cmp(neqUQ, zero, lab), d, kept)
		g.madd(lab, kept, dot)
		each(off, d, first)
	})
	s.sum, s.entropy = g.vec(), g.vec()
	g.add(s.others, s.own, s.sum)
	bad = g.negative(least)
	g.notFinite(s.sum, bad)
	g.load(g.lane(lanes, "Log"), s.entropy)
	g.msub(dot, s.sum, s.entropy)
	return s, bad
}

// notFinite adds to bad the rows where x is NaN or infinite.
func (g isa) notFinite(x reg.VecVirtual, bad mask) {
	d := g.vec()
	g.sub(x, x, d)
	g.orInto(g.cmp(neqUQ, g.constant(0), d), bad)
}

// rowGradients are the numbers of a gradient f (e (a + b h) + c - d t), f atTop at a maximum of p >
// 1/2; b and c are nil for 0, d for 1.
type rowGradients struct{ a, b, c, d, atTop, f Op }

// tileGradients emits the gradients of a tile, in e.
func (g isa) tileGradients(e, h, z, t, k, lanes reg.GPVirtual, x rowGradients) {
	top, inv, half := g.loaded(g.lane(lanes, "Max")), g.loaded(g.lane(lanes, "Top")), g.loaded(g.constant(0.5))
	sure := g.cmp(gtOQ, half, inv)
	g.columns(k, func(off reg.GPVirtual) {
		y, f := g.vec(), g.vec()
		g.load(x.a, f)
		if x.b != nil {
			g.madd(x.b, g.expected(h, off), f)
		}
		g.mul(col(e, off), f, y)
		if x.c != nil {
			g.add(x.c, y, y)
		}
		if x.d != nil {
			d := g.vec()
			g.load(x.d, d)
			g.nmadd(col(t, off), d, y)
		} else {
			g.sub(col(t, off), y, y)
		}
		g.blend(g.maskAnd(sure, g.cmp(eqOQ, col(z, off), top)), x.atTop, y)
		g.mul(x.f, y, y)
		g.store(y, col(e, off))
	})
}

// expected loads a column of h, which may be -Inf where p is 0.
func (g isa) expected(h, off reg.GPVirtual) reg.VecVirtual {
	x := g.loaded(g.constant(-1e30))
	g.max(col(h, off), x, x)
	return x
}

// tileExpectation emits alpha times cross entropy and beta times R = Σ p h,
//
//	grad_k = f (alpha (S p_k - t_k) + beta p_k (h_k - R)),
//
// and at a maximum of p > 1/2, of q = 1 - p and the labels others beside it, f (alpha (others - S
// q) - beta p Σ p_k (h_k - h)).
func (g isa) tileExpectation() {
	g.text("tileExpectation", "func(e, h, z, t *A, k, tiles, grad int, declined *uint32, lanes, par *A)",
		"takes e and lanes of tiles from tileStats, stores the losses par[0] C + par[1] Σ p h in lanes, C the cross "+
			"entropy, and unless grad is 0 the gradients in e. declined, for each tile, takes the bits of the rows with an "+
			"invalid label, or a loss that is not finite, too.")
	e, h, z, t, k := g.param("e"), g.param("h"), g.param("z"), g.param("t"), g.param("k")
	g.tileLosses(k, nil, []reg.GPVirtual{e, h, z, t}, func(lanes reg.GPVirtual) {
		g.tileExpectationOf(e, h, z, t, k, lanes, g.param("par"))
	})
}

// tileExpectationOf is tileExpectation of one tile.
func (g isa) tileExpectationOf(e, h, z, t, k, lanes, par reg.GPVirtual) {
	at := g.zeros(1)[0] // h of the maximum
	s, bad := g.tileLabels(z, t, k, lanes, func(off reg.GPVirtual, _ reg.VecVirtual, first mask) {
		g.blend(first, g.expected(h, off), at)
	})
	acc := g.zeros(2)
	sum, apart := acc[0], acc[1] // Σ e h, Σ e (h - at)
	g.columns(k, func(off reg.GPVirtual) {
		x := g.expected(h, off)
		g.madd(col(e, off), x, sum)
		g.sub(at, x, x)
		g.madd(col(e, off), x, apart)
	})
	alpha, beta, coef := g.parameter(par, 0), g.parameter(par, 1), g.loaded(g.lane(lanes, "Coef"))
	g.mul(coef, sum, sum) // R
	loss := g.vec()
	g.mul(beta, sum, loss)
	g.madd(alpha, s.entropy, loss)
	g.store(loss, g.lane(lanes, "Loss"))
	g.notFinite(loss, bad)
	g.decline(bad)
	where(g.param("grad"), func() {
		rest, inv, f := g.vec(), g.vec(), g.vec()
		g.load(g.lane(lanes, "Rest"), rest)
		g.load(g.lane(lanes, "Top"), inv)
		g.load(g.lane(lanes, "Scale"), f)
		g.mul(coef, apart, apart)
		g.mul(inv, apart, apart)
		g.mul(beta, apart, apart)
		g.rsub(s.others, s.sum, rest) // others - S q
		g.msub(apart, alpha, rest)
		a, b := g.vec(), g.vec()
		g.mul(beta, sum, a)
		g.msub2(alpha, s.sum, a) // alpha S - beta R
		g.mul(coef, a, a)
		g.mul(coef, beta, b)
		g.tileGradients(e, h, z, t, k, lanes, rowGradients{a: a, b: b, d: alpha, atTop: rest, f: f})
	})
}

// tileNCE emits the normalized cross entropy C/D, D = -Σ l over all K classes,
//
//	grad_k = f/D ((S - K loss) p_k + loss - t_k),
//
// and at a maximum of p > 1/2, of q = 1 - p and the labels others beside it, f/D (others - (K-1)
// loss - (S - K loss) q).
func (g isa) tileNCE() {
	g.text("tileNCE", "func(labelGrad, e, z, t *A, k, tiles, grad int, declined *uint32, lanes, par *A)",
		"takes e and lanes of tiles from tileStats, stores the losses in lanes and unless grad is 0 the gradients in e; "+
			"par is k. declined, for each tile, takes the bits of the rows with an invalid label, or a loss of which a part "+
			"is not finite, too. Unless labelGrad is nil it stores l/Σ l there.")
	labelGrad := g.param("labelGrad")
	e, z, t, k := g.param("e"), g.param("z"), g.param("t"), g.param("k")
	g.tileLosses(k, labelGrad, []reg.GPVirtual{e, z, t}, func(lanes reg.GPVirtual) {
		g.tileNCEOf(labelGrad, e, z, t, k, lanes, g.param("par"))
	})
}

// tileNCEOf is tileNCE of one tile.
func (g isa) tileNCEOf(labelGrad, e, z, t, k, lanes, par reg.GPVirtual) {
	sum := g.zeros(1)[0]
	s, bad := g.tileLabels(z, t, k, lanes, func(_ reg.GPVirtual, d reg.VecVirtual, _ mask) { g.add(d, sum, sum) })
	count, whole, loss, f := g.parameter(par, 0), g.loaded(g.lane(lanes, "Log")), g.vec(), g.vec()
	g.msub(sum, count, whole) // D
	g.notFinite(whole, bad)
	where(labelGrad, func() {
		top, log := g.loaded(g.lane(lanes, "Max")), g.loaded(g.lane(lanes, "Log"))
		minus := g.minus(whole)
		g.columns(k, func(off reg.GPVirtual) {
			l := g.loaded(col(z, off))
			g.sub(top, l, l)
			g.sub(log, l, l)
			g.div(minus, l, l)
			g.store(l, col(labelGrad, off))
		})
	})
	g.load(g.lane(lanes, "Scale"), f)
	g.div(whole, s.entropy, loss)
	g.notFinite(loss, bad)
	g.store(loss, g.lane(lanes, "Loss"))
	g.decline(bad)
	where(g.param("grad"), func() {
		a, top, coef, rest := g.vec(), g.vec(), g.vec(), g.vec()
		g.div(whole, f, f)
		g.move(s.sum, a)
		g.nmadd(count, loss, a) // S - K loss
		g.add(g.constant(-1), count, count)
		g.move(s.others, top)
		g.nmadd(count, loss, top)
		g.load(g.lane(lanes, "Rest"), rest)
		g.nmadd(a, rest, top)
		g.load(g.lane(lanes, "Coef"), coef)
		g.mul(coef, a, a)
		g.tileGradients(e, nil, z, t, k, lanes, rowGradients{a: a, c: loss, atTop: top, f: f})
	})
}
