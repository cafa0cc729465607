package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The tempered softmax of a row: with d = z - M it is p = x^f of x = 1 + c (mu - d), f = -1/c.
// Where d is -Inf p is 0.

// temperedConsts are what the powers take.
type temperedConsts struct {
	c, mu, f, low, most, none Op
	exp                       expConsts
	shift                     expShift
	tables                    temperedTables // of float64 with AVX-512
}

func (g isa) temperedConsts() (k temperedConsts) {
	k = temperedConsts{c: g.held("c"), mu: g.held("mu"), f: g.held("f"), low: g.constant(g.lowest()),
		most: g.constant(0x1p1000), none: g.infinity(-1), exp: g.expConstsInMemory(), shift: g.prepareShift(g.constant(0))}
	if !g.f64 {
		k.most = g.constant(0x1p100)
	}
	if g.tabled() {
		k.tables = g.temperedTables()
		k.tables.logs.q = g.constants(log1pLongest)
	}
	return k
}

// tabled reports whether a row's powers are by tables, which take less time than divisions.
func (g isa) tabled() bool { return g.avx512 && g.f64 }

// log emits log(1+x) times f, and 1/(1+x).
func (k temperedConsts) log(g isa, x, inverse, l reg.VecVirtual) {
	if !g.tabled() {
		g.log1p(x, inverse, l)
		g.mul(k.f, l, l)
		return
	}
	minus, inv := g.minusLog1p(k.tables.logs, true, x, nil)
	g.move(inv, inverse)
	g.mul(k.f, minus, minus)
	g.negateAll(minus)
	g.move(minus, l)
}

// powers emits the exponentials of x.
func (k temperedConsts) powers(g isa, x ...reg.VecVirtual) (e []reg.VecVirtual) {
	for i, y := range x {
		x[i] = g.vec()
		g.load(k.low, x[i])
		g.max(y, x[i], x[i])
	}
	if g.tabled() {
		return g.exp2(k.tables.powers, g.constant(math.Log2E), x...)
	}
	for _, y := range x {
		e = append(e, g.vec())
		g.expShifted(k.exp, y, k.shift, e[len(e)-1])
	}
	return e
}

// temperedLog emits log p and 1/x, 0 where p is 0 for sure: some is where it is not. bad takes the
// lanes of an x too large for the logarithm. It overwrites d.
func (g isa) temperedLog(k temperedConsts, d reg.VecVirtual, bad mask) (l, inverse reg.VecVirtual, some mask) {
	l, inverse = g.vec(), g.vec()
	some = g.cmp(neqUQ, k.none, d)
	x := g.vec()
	g.load(k.mu, x)
	g.sub(d, x, x)
	g.mul(k.c, x, x)
	g.keep(some, x, x) // what takes its time is not computed
	g.orInto(g.cmp(nltUQ, k.most, x), bad)
	k.log(g, x, inverse, l)
	g.keep(some, inverse, inverse)
	return l, inverse, some
}

// temperedSums emits the sums that a step of the normaliser takes.
func (g isa) temperedSums() {
	g.text("temperedSums", "func(d *A, n int, c, mu, f A) (s0, s1, s2 float64, bad uint32)",
		"returns Σ x^f, Σ x^(f-1) and Σ x^(f-2) for x = 1 + c (mu - d), without the d that are -Inf; bad != 0 when an "+
			"x is too large.")
	d, n := g.param("d"), g.param("n")
	k, sums, bad := g.temperedConsts(), g.zeros(3), g.noLanes()
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		l, inverse, some := g.temperedLog(k, g.get(d, i, v, m), bad)
		p := k.powers(g, l)[0]
		g.keep(some, p, p)
		if m != nil {
			g.keep(*m, p, p)
		}
		g.addPowers(p, inverse, sums)
	})
	Store(g.maskBits(bad), Return("bad"))
	g.powerSums(sums)
}

// addPowers adds p, p/x and p/x² to sums. It overwrites p.
func (g isa) addPowers(p, inverse reg.VecVirtual, sums []reg.VecVirtual) {
	g.add(p, sums[0], sums[0])
	g.mul(inverse, p, p)
	g.add(p, sums[1], sums[1])
	g.madd(inverse, p, sums[2])
}

// powerSums ends a kernel with addPowers.
func (g isa) powerSums(sums []reg.VecVirtual) {
	for i, name := range []string{"s0", "s1", "s2"} {
		doubleResult(g.doubleTotal(sums[i:i+1]), name)
	}
	g.ret()
}

func (g isa) temperedPowers() {
	g.text("temperedPowers",
		"func(log, p, pow, inverse, d *A, n int, c, mu, f, e A) (s0, s1, s2 float64, bad uint32)",
		"is temperedSums and stores log p, p = x^f, p^e unless pow is nil, where that is 1/x, for a d of -Inf 0, and 1/x.")
	log, p, pow, inverse := g.param("log"), g.param("p"), g.param("pow"), g.param("inverse")
	d, n, e := g.param("d"), g.param("n"), g.held("e")
	k, sums, bad := g.temperedConsts(), g.zeros(3), g.noLanes()
	g.interleaved(n, func(i reg.GPVirtual, v int, m *mask) {
		l, inv, some := g.temperedLog(k, g.get(d, i, v, m), bad)
		stored := g.vec()
		g.load(k.none, stored)
		g.blend(some, l, stored)
		g.put(stored, log, i, v, m)
		g.put(inv, inverse, i, v, m)
	})
	// Apart: a chain of both would be too long.
	either(pow, func(pow reg.GPVirtual) {
		g.interleaved(n, func(i reg.GPVirtual, v int, m *mask) {
			l := g.get(log, i, v, m)
			some, arguments := g.cmp(neqUQ, k.none, l), []reg.VecVirtual{l}
			if pow != nil {
				x := g.vec()
				g.mul(e, l, x)
				arguments = append(arguments, x)
			}
			powers := k.powers(g, arguments...)
			for j, to := range []reg.GPVirtual{p, pow}[:len(powers)] {
				g.keep(some, powers[j], powers[j])
				g.put(powers[j], to, i, v, m)
			}
			if m != nil {
				g.keep(*m, powers[0], powers[0])
			}
			g.addPowers(powers[0], g.get(inverse, i, v, m), sums)
		})
	})
	Store(g.maskBits(bad), Return("bad"))
	g.powerSums(sums)
}

func (g isa) temperedWhole() {
	g.text("temperedWhole", "func(p, inverse, d *A, k, n int, c, mu A) (s0, s1, s2 float64)",
		"is temperedSums of k numbers d for f = -n, 0 < n < 16, and stores p = x^-n and 1/x.")
	p, inverse, d, n := g.param("p"), g.param("inverse"), g.param("d"), g.param("n")
	c, none, sums := g.broadcast("c"), g.hold(math.Inf(-1)), g.zeros(3)
	most := g.broadcast("mu")
	g.horner(g.constant(1), c, most)
	g.loop(g.param("k"), 1, func(i reg.GPVirtual, v int, m *mask) {
		y, x := g.get(d, i, v, m), g.vec()
		some := g.cmp(neqUQ, none, y)
		g.load(most, x)
		g.nmadd(c, y, x)
		g.keep(some, g.inverse(x), x)
		g.put(x, inverse, i, v, m)
		power := g.wholePower(n, x)
		g.put(power, p, i, v, m)
		if m != nil {
			g.keep(*m, power, power)
		}
		g.addPowers(power, x, sums)
	})
	g.powerSums(sums)
}

// wholePower emits x^n for 0 < n < 16, a product with a factor for each bit of n.
func (g isa) wholePower(n reg.GPVirtual, x reg.VecVirtual) (power reg.VecVirtual) {
	square, done := g.vec(), label("done")
	power = g.vec()
	g.load(g.constant(1), power)
	g.move(x, square)
	for bit := range 4 {
		none := label("none")
		TESTQ(U32(1<<bit), n)
		JEQ(LabelRef(none))
		g.mul(square, power, power)
		Label(none)
		if bit < 3 {
			CMPQ(n, Imm(2<<bit))
			JLT(LabelRef(done))
			g.mul(square, square, square)
		}
	}
	Label(done)
	return power
}

// temperedShift: with s = step/x and w = c s the logarithm of p changes by
//
//	-D = -s (1 - w/2 + w²/3 - w³/4 + …),
//
// p by the factor exp(-D), and 1/x by 1/(1+w).
func (g isa) temperedShift() {
	g.text("temperedShift", "func(log, p, pow, inverse *A, n int, c, step, e A)",
		"takes what temperedPowers stored to mu + step, a step so small that s w⁴, w⁴ and D⁶ are nothing; pow is nil "+
			"where it is 1/x.")
	log, p, pow, inverse := g.param("log"), g.param("p"), g.param("pow"), g.param("inverse")
	n, c, step, e, one := g.param("n"), g.broadcast("c"), g.broadcast("step"), g.broadcast("e"), g.constant(1)
	half, third := g.constant(0.5), g.constant(1./3)
	either(pow, func(pow reg.GPVirtual) {
		g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
			inv, w, d := g.get(inverse, i, v, m), g.vec(), g.vec()
			g.mul(step, inv, d)
			g.mul(c, d, w)
			s := g.loaded(g.constant(1. / 4))
			g.rsub(third, w, s)
			g.rsub(half, w, s)
			g.mul(w, s, s)
			g.nmadd(s, d, d) // D
			l := g.get(log, i, v, m)
			g.sub(d, l, l)
			g.put(l, log, i, v, m)
			y := g.get(p, i, v, m)
			g.timesExpMinus(d, y)
			g.put(y, p, i, v, m)
			g.mul(e, d, d)
			if pow == nil {
				g.timesExpMinus(d, inv)
				g.put(inv, inverse, i, v, m)
				return
			}
			y = g.get(pow, i, v, m)
			g.timesExpMinus(d, y)
			g.put(y, pow, i, v, m)
			g.load(one, s)
			g.sub(w, s, s)
			g.rsub(one, w, s)
			g.rsub(one, w, s) // 1 - w + w² - w³
			g.mul(s, inv, inv)
			g.put(inv, inverse, i, v, m)
		})
	})
	g.ret()
}

// timesExpMinus multiplies y by exp(-x) for a small x, of which the sixth power is nothing.
func (g isa) timesExpMinus(x, y reg.VecVirtual) {
	s := g.loaded(g.constant(-1. / 120))
	for _, q := range []float64{1. / 24, -1. / 6, 1. / 2, -1} {
		g.horner(g.constant(q), x, s)
	}
	g.mul(x, s, s) // exp(-x) - 1
	g.madd(y, s, y)
}

func (g isa) temperedMoments() {
	g.text("temperedMoments", "func(t *T, p, pow, inverse *float64, n int) (v, e, o A)",
		"returns Σ (p - t) pow/x, Σ p/x and Σ p pow of what temperedPowers stored.")
	t, p, pow, inverse, n := g.param("t"), g.param("p"), g.param("pow"), g.param("inverse"), g.param("n")
	sums := g.zeros(3)
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		y, w, inv := g.getFloat64(p, i, v, m), g.getFloat64(pow, i, v, m), g.getFloat64(inverse, i, v, m)
		d := g.vec()
		g.sub(g.get(t, i, v, m), y, d)
		g.madd(y, inv, sums[1])
		g.madd(y, w, sums[2])
		g.mul(w, inv, inv)
		g.madd(d, inv, sums[0])
	})
	for i, name := range []string{"v", "e", "o"} {
		g.result(g.total(sums[i:i+1]), name)
	}
	g.ret()
}

func (g isa) temperedGrad() {
	g.text("temperedGrad", "func(grad, t *T, p, pow, inverse *float64, n int, a, f A)",
		"stores f ((p - t) pow - a p)/x of what temperedPowers stored.")
	grad, t, p, pow, inverse := g.param("grad"), g.param("t"), g.param("p"), g.param("pow"), g.param("inverse")
	n, a, f := g.param("n"), g.broadcast("a"), g.broadcast("f")
	g.loop(n, 1, func(i reg.GPVirtual, v int, m *mask) {
		y, w, inv := g.getFloat64(p, i, v, m), g.getFloat64(pow, i, v, m), g.getFloat64(inverse, i, v, m)
		d := g.vec()
		g.sub(g.get(t, i, v, m), y, d)
		g.mul(w, d, d)
		g.nmadd(a, y, d)
		g.mul(inv, d, d)
		g.mul(f, d, d)
		g.put(d, grad, i, v, m)
	})
	g.ret()
}

// temperedLoss: where both powers are below exp(-1/2) their difference does not cancel, and expm1
// would.
